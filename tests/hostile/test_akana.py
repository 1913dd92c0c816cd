"""Foreign ids in what a client of the Akana endpoint says: as ids that nobody has."""

import json

import pytest

from helpdesk.models import Ticket
from tests.hostile.world import MADE_UP_UUID, SECRET_WORD, World
from tests.integrations.akana.caller import Caller, ticket

pytestmark = pytest.mark.django_db
NOUNS = {"UserID": "customer", "AuthorID": "customer", "APIID": "queue", "ItemID": "ticket"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def api(world):
    return Caller(world.visitors["writing key"].secret)


def told(answer, identity: str) -> tuple[int, str]:
    return answer.status_code, answer.content.decode().replace(identity, "…")


@pytest.mark.parametrize(
    "name", ["APIID", "AppID", "AuthorID", "ItemID", "RetrievingUserID", "Tag"]
)
def test_a_foreign_id_in_a_list_s_parameter_finds_what_a_made_up_one_finds(world, api, name):
    theirs = getattr(world.theirs, NOUNS.get(name, "ticket"))
    answers = []
    for identity in (str(theirs.uuid), MADE_UP_UUID):
        answers.append(told(api.get("/api/tickets", **{name: f"{identity}.support"}), identity))
    assert answers[0] == answers[1] and answers[0][0] == 200
    assert SECRET_WORD not in answers[0][1]


@pytest.mark.parametrize("name", ["APIID", "AppID", "UserID"])
def test_a_foreign_id_in_a_new_ticket_is_only_kept(world, api, name):
    theirs = getattr(world.theirs, NOUNS.get(name, "ticket"))
    shown = []
    for identity in (str(theirs.uuid), MADE_UP_UUID):
        made = api.create(**{name: f"{identity}.support"})
        found = api.read(made) | {"TicketID": "", "Created": "", "PubDate": "", "Published": ""}
        shown.append(json.dumps(found).replace(identity, "…"))
        kept = Ticket.objects.get(uuid=made.partition(".")[0])
        assert kept.requester is None and kept.queue == world.ours.queue
    assert shown[0] == shown[1] and SECRET_WORD not in shown[0]


def test_a_foreign_person_is_not_the_author_of_a_comment(world, api):
    identity, shown = str(world.ours.ticket.uuid), []
    for person in (str(world.theirs.customer.uuid), MADE_UP_UUID):
        body = {"Content": "x", "UserID": f"{person}.support"}
        assert api.post(f"/api/tickets/{identity}/comments", body).status_code == 200
        shown.append(api.said(identity)["Comment"][-1]["UserName"])
    assert shown[0] == shown[1] and SECRET_WORD not in shown[0]
    assert not world.ours.ticket.comments.filter(author=world.theirs.customer).exists()


def test_foreign_files_are_as_files_that_nobody_has(world, api):
    words = []
    for place, name in (
        (str(world.theirs.ticket.uuid), world.theirs.file.name),
        (MADE_UP_UUID, "nobody.txt"),
    ):
        named = {"BoardItemArtifact": {"ContextID": f"{place}.support", "FileName": name}}
        answer = api.post("/api/tickets", ticket(BoardItemArtifacts=named))
        assert answer.status_code == 400
        words.append(answer.content.decode().replace(place, "…").replace(name, "…"))
    assert words[0] == words[1]
