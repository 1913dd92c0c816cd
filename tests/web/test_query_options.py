"""What the search box offers to go on with, at the word where one writes."""

import re
from html import unescape

import pytest

from tests.factories import make_agent, make_field, make_queue, make_tag, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt", email="maren@desk.example")
    client.force_login(person)
    return person


def offered(client, q: str, at: int | None = None) -> list[str]:
    """What would be put in place of the word."""
    place = len(q) if at is None else at
    answer = client.get("/search/options/", {"q": q, "at": place})
    assert answer.status_code == 200
    return [unescape(one) for one in re.findall(r'data-insert="([^"]*)"', answer.content.decode())]


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("sta", "status:"),
        ("printer prio", "priority:"),
        ("-ta", "-tag:"),
        ("priority:ur", "priority:urgent"),
        ("is:unr", "is:unresolved"),
        ("assignee:m", "assignee:me"),
        ("updated:<", "updated:<1d"),
        ("sort:-upd", "sort:-updated"),
        ("priority:low,hi", "priority:low,high"),
        ("custom.reg", "custom.region:"),
        ("reg", "custom.region:"),
        ("custom.region:e", "custom.region:EU"),
        ("-status:ope", "-status:Open"),
    ],
)
def test_a_begun_word_is_gone_on_with(client, agent, q, first):
    make_field("region", "choice", ["EU", "US"])
    assert offered(client, q)[0] == first


def test_names_with_blanks_come_in_quotes(client, agent):
    make_tag("very important")
    assert offered(client, "tag:very") == ['tag:"very important"']
    assert offered(client, 'tag:"very i') == ['tag:"very important"']


def test_people_come_by_name_and_stand_as_address(client, agent):
    make_user("Marina Customer", email="marina@lumen.example")
    assert offered(client, "requester:marina") == ["requester:marina@lumen.example"]
    assert offered(client, "assignee:mar") == ["assignee:maren@desk.example"]


def test_only_the_word_at_the_caret_counts(client, agent):
    assert offered(client, "priority:ur printer", at=11)[0] == "priority:urgent"
    assert offered(client, "priority:ur printer") == []
    assert offered(client, "printer ", at=8) == []


def test_queues_that_one_does_not_see_are_not_named(client, agent):
    make_queue("Elsewhere")
    assert offered(client, "queue:else") == []


@pytest.mark.parametrize("q", ["colour:r", "a:b:c", '"', ":", "custom.:x", "\x00is:", "é:é"])
def test_what_means_nothing_offers_nothing(client, agent, q):
    assert offered(client, q) == []
