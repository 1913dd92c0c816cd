"""The bodies with which the pages of the API begin: each is taken as it stands."""

import pytest

from helpdesk.api.examples import BODIES
from tests.api.conftest import Caller, caller
from tests.factories import make_ticket

pytestmark = pytest.mark.django_db
SCOPES = ["keys", "webhooks", "tickets:write", "comments:write", "people:write"]
PATHS = {
    "tickets_create": "tickets/",
    "tickets_change": "tickets/{}/",
    "tickets_bulk": "tickets/bulk/",
    "comments_create": "tickets/{}/comments/",
    "users_create": "users/",
    "webhooks_create": "webhooks/",
    "keys_create": "keys/",
}


@pytest.fixture
def owner(db) -> Caller:
    return caller(scopes=SCOPES)


@pytest.mark.parametrize("name", BODIES)
def test_an_example_is_taken_as_it_stands(owner, name):
    call = owner.patch if name.endswith("_change") else owner.post
    answered = call(PATHS[name].format(make_ticket().pk), BODIES[name])
    assert answered.status_code in (200, 201), answered.content


def test_each_stands_beside_its_call_and_words_that_must_be_said_have_one(client):
    document = client.get("/api/v1/schema/").json()
    calls = [one for methods in document["paths"].values() for one in methods.values()]
    bodies = {
        one["operationId"]: one["requestBody"]["content"] for one in calls if "requestBody" in one
    }
    for name, body in BODIES.items():
        assert bodies[name]["application/json"]["example"] == body
        assert all("example" not in one for kind, one in bodies[name].items() if "xml" in kind)
    title = document["components"]["schemas"]["TicketInput"]["properties"]["title"]
    assert "pattern" in title and title["examples"] == ["Text"]
