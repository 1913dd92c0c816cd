"""Comments at our Apideck endpoint."""

import uuid

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Comment
from tests.factories import make_agent, make_comment, make_ticket
from tests.integrations.apideck.served.caller import NOWHERE, ids, refused

pytestmark = pytest.mark.django_db
BY = system("rule")


@pytest.fixture
def ticket():
    return make_ticket()


@pytest.fixture
def path(ticket):
    return f"/tickets/{ticket.uuid}/comments"


def say(api, path: str, body: str, headers=None) -> str:
    answer = api.call("POST", path, {"body": body}, headers=headers)
    assert answer.status_code == 201, answer.content
    return answer.json()["data"]["id"]


def test_a_comment_is_said_read_edited_and_deleted(api, ticket, path):
    identity = say(api, path, "Still broken")
    comment = Comment.objects.get(uuid=identity)
    assert comment.public and comment.origin == "compat:apideck" and comment.format == "plain"
    shown = api.data(f"{path}/{identity}")
    assert shown["body"] == "Still broken" and shown["created_at"] == shown["updated_at"]
    answer = api.call("PATCH", f"{path}/{identity}", {"body": "<p>Works <b>now</b></p>"})
    assert answer.json()["data"] == {"id": identity} and answer.json()["operation"] == "update"
    shown = api.data(f"{path}/{identity}")
    assert shown["body"] == "<p>Works <b>now</b></p>" and shown["updated_at"] > shown["created_at"]
    answer = api.call("DELETE", f"{path}/{identity}")
    assert answer.json()["operation"] == "delete"
    refused(api.get(f"{path}/{identity}"), 404)
    assert api.data(path) == []


def test_an_edit_without_a_body_changes_nothing(api, ticket, path):
    identity = say(api, path, "Words")
    assert api.call("PATCH", f"{path}/{identity}", {}).status_code == 200
    assert api.data(f"{path}/{identity}")["body"] == "Words"
    for body in ({"body": None}, {"body": "  "}, {"body": 7}):
        assert "body" in refused(api.call("PATCH", f"{path}/{identity}", body), 400)
    for body in ({}, {"body": ""}, {"body": ["x"]}):
        assert "body" in refused(api.call("POST", path, body), 400)


def test_our_notes_never_appear(api, ticket, path):
    note = make_comment(ticket, "Between us", public=False)
    said = make_comment(ticket, "To all")
    assert ids(api.data(path)) == [str(said.uuid)]
    assert api.get(path).json()["meta"]["total_count"] == 1
    for method in ("GET", "PATCH", "DELETE"):
        answer = api.call(method, f"{path}/{note.uuid}", {"body": "x"})
        other = api.call(method, f"{path}/{NOWHERE}", {"body": "x"})
        assert refused(answer, 404) == refused(other, 404)
    note.refresh_from_db()
    assert note.body == "Between us" and note.deleted_at is None


def test_redacted_words_are_gone(api, ticket, path):
    comment = make_comment(ticket, "A secret")
    actions.redact_comment(comment, by=BY)
    assert [one["body"] for one in api.data(path)] == [""]
    refused(api.call("PATCH", f"{path}/{comment.uuid}", {"body": "New"}), 400)


def test_the_author_is_named_by_id(api, ticket, path):
    agent = make_agent()
    make_comment(ticket, author=agent)
    make_comment(ticket)
    assert [one["created_by"] for one in api.data(path)] == [str(agent.uuid), None]


@pytest.mark.parametrize("by", ["created_at", "updated_at"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_comments_are_paged_in_order_though_more_is_said(api, ticket, path, by, direction):
    said = [str(make_comment(ticket, f"Words {number}").uuid) for number in range(5)]
    first = Comment.objects.get(uuid=said[0])
    actions.edit_comment(first, by=BY, body="Edited")
    expected = [*said[1:], said[0]] if by == "updated_at" else said
    expected = expected[::-1] if direction == "desc" else expected
    asked = {"limit": "2", "sort[by]": by, "sort[direction]": direction}
    body = api.get(path, asked).json()
    make_comment(ticket, "In between")
    walked = ids(body["data"])
    cursor = body["meta"]["cursors"]["next"]
    while cursor:
        page = api.get(path, {**asked, "cursor": cursor}).json()
        walked += ids(page["data"])
        cursor = page["meta"]["cursors"]["next"]
    assert [one for one in walked if one in said] == expected
    assert len(walked) == len(set(walked))


def test_a_cursor_belongs_to_one_conversation(api, ticket, path):
    other = make_ticket()
    for one in (ticket, other):
        make_comment(one)
        make_comment(one)
    cursor = api.get(path, {"limit": "1"}).json()["meta"]["cursors"]["next"]
    there = f"/tickets/{other.uuid}/comments"
    refused(api.get(there, {"cursor": cursor}), 400, "InvalidCursorError")


def test_a_repeated_comment_of_the_same_origin_is_the_first(api, ticket, path):
    part = f"{uuid.uuid4()}/7/{uuid.uuid4()}/{uuid.uuid4()}"
    headers = {"Helpdesk-Origin": part}
    first = say(api, path, "Once", headers)
    assert say(api, path, "Twice", headers) == first
    assert Comment.objects.get().body == "Once"


def test_the_vendor_s_parameters_of_one_comment_are_taken(api, ticket, path):
    identity = say(api, path, "Words")
    answer = api.get(f"{path}/{identity}", {"limit": "20", "cursor": "", "fields": "body"})
    assert answer.json()["data"] == {"id": identity, "body": "Words"}
    refused(api.get(f"{path}/{identity}", {"limit": "0"}), 400)
