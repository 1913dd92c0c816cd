"""The keys of a person: shown, changed, refused where two would be the same, switched off."""

import json
import re
from html import unescape

import pytest

from helpdesk.web.shortcuts import SHORTCUTS
from tests.factories import make_agent, make_ticket

pytestmark = pytest.mark.django_db
FIELD = {one.usual: one.field for one in SHORTCUTS}


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def posted(**changed) -> dict[str, str]:
    """What the form sends with some keys changed, by their usual ones."""
    return {one.field: one.usual for one in SHORTCUTS} | {
        FIELD[usual]: key for usual, key in changed.items()
    }


def told(client, path: str = "/tickets/") -> str:
    """What the page tells its scripts of the keys."""
    found = re.search(r'<body[^>]* data-keys="([^"]*)"', client.get(path).content.decode())
    return unescape(found[1]) if found else ""


def test_usual_keys_cost_the_page_nothing(client, agent):
    assert told(client) == ""


def test_a_changed_key_means_what_the_usual_one_did_which_means_nothing_now(client, agent):
    ticket = make_ticket("Keys")
    answer = client.post(
        "/preferences/keys/", posted(**{"j": "n", "n": "b", "g h": "g a", "w": ""})
    )
    assert answer.status_code == 302
    for path in ("/tickets/", f"/tickets/{ticket.pk}/", "/home/"):
        assert json.loads(told(client, path)) == {
            "j": "",
            "n": "j",
            "b": "n",
            "g h": "",
            "g a": "g h",
            "w": "",
        }
    sheet = client.get("/shortcuts/").content.decode()
    assert '<kbd class="key">b</kbd></dt><dd>New ticket' in sheet
    assert "Follow, or not" not in sheet


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("k", "“k” is already “Previous row”"),
        ("jj", "Give one sign"),
        ("g", "begins what is pressed"),
    ],
)
def test_what_cannot_be_a_key_is_refused_in_words_and_nothing_is_saved(client, agent, key, words):
    page = client.post("/preferences/keys/", posted(**{"n": "b", "x": key}))
    assert page.status_code == 422
    said = page.content.decode()
    assert words in said or words in unescape(said)
    assert 'aria-invalid="true"' in said
    agent.refresh_from_db()
    assert "keys" not in agent.preferences


def test_keys_are_switched_off_and_the_usual_ones_come_back(client, agent):
    client.post("/preferences/keys/", posted(n="b") | {"off": "1"})
    assert told(client) == "off"
    assert "Your keys are switched off" in client.get("/shortcuts/").content.decode()
    client.post("/preferences/keys/", {"usual": "1"})
    assert told(client) == ""


def test_no_two_usual_keys_are_the_same():
    assert len({one.usual for one in SHORTCUTS}) == len(SHORTCUTS)
