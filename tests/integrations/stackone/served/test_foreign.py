"""What a body or parameter names and its caller may not see answers as what nobody has."""

import pytest

from helpdesk.models import Ticket
from tests.factories import make_key
from tests.hostile.world import MADE_UP_UUID, SECRET_WORD, World
from tests.integrations.stackone.served.caller import Caller, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World()


@pytest.fixture
def api(world):
    return Caller(make_key(queues=[world.ours.queue])[1], world.ours.queue.slug)


MEMBERS = {  # member of a body → what of the others' it names, and whether in a list
    "creator_id": ("customer", False),
    "reporters": ("customer", True),
    "assignees": ("agent", True),
    "parent_id": ("ticket", False),
    "organization_id": ("organisation", False),
    "project_id": ("queue", False),
    "collections": ("queue", True),
    "component_ids": ("team", True),
}


def foreign(world, noun):
    side = world.theirs
    return side.agent.memberships.get().team if noun == "team" else getattr(side, noun)


@pytest.mark.parametrize("member", MEMBERS)
def test_in_a_body(world, api, member):
    noun, is_list = MEMBERS[member]
    row, before = foreign(world, noun), list(Ticket.objects.values_list("pk", "version"))
    pairs = [(str(row.uuid), MADE_UP_UUID)]
    if noun == "queue":
        pairs.append((row.slug, "queue-nobody-has"))
    for pair in pairs:
        told = []
        for value in pair:
            body = {"title": "T", member: [value] if is_list else value}
            said = refused(api.post("/tickets", body), 400)
            assert member in said and SECRET_WORD not in said.replace(value, "")
            told.append(said.replace(value, "…"))
            if member != "creator_id":
                ours = f"/tickets/{world.ours.ticket.uuid}"
                assert refused(api.patch(ours, body), 400).replace(value, "…") == told[-1]
        assert told[0] == told[1]
    assert list(Ticket.objects.values_list("pk", "version")) == before


def test_in_a_list(world, api):
    for path in ("/tickets", "/users", "/ticket_types", "/projects", "/collections"):
        assert SECRET_WORD not in api.get(path, raw="true").content.decode()
    path = f"/projects/{world.ours.queue.uuid}/components"
    assert SECRET_WORD not in api.get(path).content.decode()
