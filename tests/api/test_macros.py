"""Macros over the API: what they put into the form, and whose they are."""

import pytest

from helpdesk.models import Status

pytestmark = pytest.mark.django_db


def test_a_macro_is_made_read_changed_and_removed(api):
    waiting = Status.objects.get(name="Waiting")
    sets = {"status": waiting.pk, "priority": "high", "assignee": "me", "add_tags": ["log"]}
    made = api.post("macros/", {"name": "Ask", "body": "Which file?", "sets": sets})
    assert made.status_code == 201
    said = made.json()
    said = said.get("data", said)
    assert said["sets"] == sets and said["says"] == "reply"
    path = f"macros/{said['id']}/"
    assert api.patch(path, {"says": "note"}).status_code == 200
    changed = api.get(path).json()
    changed = changed.get("data", changed)
    assert changed["says"] == "note" and changed["sets"] == sets
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    "sets",
    [
        {"priority": "highest"},
        {"status": 99_999},
        {"status": "Waiting"},
        {"assignee": True},
        {"assignee": 99_999},
        {"add_tags": "log"},
        {"title": "x"},
    ],
)
def test_what_makes_no_sense_is_refused_by_name(api, sets):
    answer = api.post("macros/", {"name": "Ask", "body": "x", "sets": sets})
    assert answer.status_code == 400 and "sets" in answer.content.decode()


def test_a_macro_that_does_nothing_is_refused(api):
    assert api.post("macros/", {"name": "Empty"}).status_code == 400
