"""The instance and its tags."""

import pytest

from helpdesk.models import TagCategory
from tests.factories import (
    default_queue,
    make_agent,
    make_field,
    make_queue,
    make_tag,
)

pytestmark = pytest.mark.django_db


def test_the_instance_describes_the_queue(api):
    field = make_field("region", "choices", ["EU", "US"], required=True)
    make_field("elsewhere").queues.set([make_queue()])
    agent = make_agent("Alex Wilber")
    make_agent("Far Away", queues=[make_queue()])
    item = api.get("/instance", timezone="2").json()["item"]
    assert item["id"] == str(default_queue().uuid) and item["enabled"] is True
    [definition] = item["customFields"]
    assert definition["id"] == str(field.uuid) and definition["type"]["key"] == "list"
    assert definition["isMultiple"] and definition["isMandatory"]
    assert [option["text"] for option in definition["options"]] == ["EU", "US"]
    assert [person["email"] for person in item["assignees"]["peoples"]] == [agent.email]
    assert {"Open", "Waiting", "Closed"} <= {state["label"] for state in item["workflows"]}


def test_tags_come_with_their_categories(api):
    category = TagCategory.objects.create(name="Topics")
    TagCategory.objects.create(name="Empty")
    tag = make_tag("vpn")
    tag.category = category
    tag.save()
    make_tag("loose")
    items = {item["text"]: item for item in api.get("/tags").json()["items"]}
    assert items["Topics"]["id"] == str(category.uuid)
    assert items["Topics"]["tags"] == [{"text": "vpn", "deleted": False}]
    assert items["Empty"]["tags"] == []
    assert items[""]["tags"] == [{"text": "loose", "deleted": False}]
    assert api.create(tags=[{"tagCategoryId": items[""]["id"], "text": "new"}])["tags"] == ["new"]
