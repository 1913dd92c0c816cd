"""Tags and children of one ticket, and the groups of tags."""

import pytest

from helpdesk.models import Tag, TagCategory
from tests.api.conftest import caller, fields_of
from tests.factories import default_queue, make_queue, make_ticket

pytestmark = pytest.mark.django_db


def tags_of(response) -> list[str]:
    assert response.status_code == 200, response.content
    return sorted(response.json()["tags"])


def test_tags_are_added_and_removed_and_the_others_stay(api):
    ticket = make_ticket(tags=["vip", "late"])
    path = f"tickets/{ticket.pk}/tags/"
    changed = api.post(path, {"add": ["new"], "remove": ["LATE"]})
    assert tags_of(changed) == ["new", "vip"]
    assert changed.json()["version"] == ticket.version + 1
    again = api.post(path, {"add": ["New"]})
    assert again.json()["version"] == ticket.version + 1  # nothing changed, nothing recorded
    stale = api.post(path, {"add": ["x"]}, headers={"If-Match": f'"{ticket.version}"'})
    assert stale.status_code == 412


def test_tagging_refuses_what_says_nothing_and_who_may_not(api, reader):
    ticket = make_ticket()
    path = f"tickets/{ticket.pk}/tags/"
    assert fields_of(api.post(path, {})) == ["add"]
    assert fields_of(api.post(path, {"set": ["a"]})) == ["set"]
    assert fields_of(api.post(path, {"add": "vip"})) == ["add"]
    assert reader.post(path, {"add": ["a"]}).status_code == 403
    foreign = caller(queues=[default_queue()])
    hidden = make_ticket(queue=make_queue("Far"))
    assert foreign.post(f"tickets/{hidden.pk}/tags/", {"add": ["a"]}).status_code == 404
    assert not Tag.objects.filter(name="a").exists()


def test_children_are_listed_and_those_out_of_sight_are_not(api):
    parent = make_ticket()
    near, far = make_ticket(parent=parent), make_ticket(parent=parent, queue=make_queue("Far"))
    found = api.get(f"tickets/{parent.pk}/children/?count=exact").json()
    assert [one["id"] for one in found["results"]] == [near.pk, far.pk]
    assert found["count"] == 2
    bound = caller(queues=[default_queue()])
    found = bound.get(f"tickets/{parent.pk}/children/?count=exact").json()
    assert ([one["id"] for one in found["results"]], found["count"]) == ([near.pk], 1)


def test_a_category_of_tags_is_made_changed_removed_and_comes_back(api):
    made = api.post("tag-categories/", {"name": "Mood", "hue": 3})
    assert (made.status_code, made.json()["hue"]) == (201, 3)
    path = f"tag-categories/{made.json()['id']}/"
    assert fields_of(api.post("tag-categories/", {"name": "mood"})) == ["name"]
    assert fields_of(api.patch(path, {"hue": 9})) == ["hue"]
    assert api.patch(path, {"position": 4}).json()["position"] == 4
    api.post("tags/", {"name": "angry", "category": "Mood"})
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert Tag.objects.get(name="angry").category is None
    back = api.post("tag-categories/", {"name": "MOOD"})
    assert back.json()["id"] == made.json()["id"]
    assert TagCategory.objects.get().name == "MOOD"


def test_only_a_key_of_all_queues_writes_categories(api):
    bound = caller(queues=[default_queue()])
    made = api.post("tag-categories/", {"name": "Mood"}).json()["id"]
    assert bound.post("tag-categories/", {"name": "Other"}).status_code == 403
    assert bound.patch(f"tag-categories/{made}/", {"hue": 1}).status_code == 403
    assert bound.delete(f"tag-categories/{made}/").status_code == 403
    assert bound.get(f"tag-categories/{made}/").status_code == 200
