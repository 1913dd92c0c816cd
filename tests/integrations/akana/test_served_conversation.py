"""Our Akana endpoint: comments, actions, marks, files, settings."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Attachment, Comment
from tests.factories import (
    default_queue,
    make_comment,
    make_key,
    make_queue,
    make_ticket,
    make_user,
)
from tests.integrations.akana.caller import NOWHERE, Caller, one, refused

pytestmark = pytest.mark.django_db
BY = system("rule")


def origin(last: int) -> dict:
    parts = [f"0000000{n}-aaaa-4bbb-8ccc-123456789abc" for n in (1, 2, 3, last)]
    return {"Helpdesk-Origin": "/".join(parts)}


def say(api, identity, headers=None, **members) -> str:
    body = {"Content": "Still broken", **members}
    answer = api.post(f"/api/tickets/{identity}/comments", body, headers=headers)
    assert answer.status_code == 200, answer.content
    assert not answer.content.endswith(b"\n")
    return answer.content.decode()


def act(api, identity, name, comments=None):
    body = {"ActionName": name, **({"Comments": comments} if comments else {})}
    return api.post(f"/api/tickets/{identity}/actions", body)


# Comments ----------------------------------------------------------------------------------------


def test_a_comment_is_public_and_listed_oldest_first(api):
    identity = api.create()
    first = say(api, identity, UserID="u7.acme")
    second = say(api, identity, Content="Or not", MediaType="text/plain")
    page = api.said(identity)
    assert (page["totalResults"], page["startIndex"]) == (2, 0)
    assert [item["CommentID"] for item in page["Comment"]] == [first, second]
    shown = page["Comment"][0]
    assert (shown["CommentSubjectID"], shown["UserID"]) == (identity, "u7.acme")
    assert (shown["Content"], shown["MediaType"]) == ("Still broken", "text/markdown")
    assert page["Comment"][1]["UserName"] == "Ledger"
    assert all(comment.public for comment in Comment.objects.all())
    part = api.said(identity, start=1, count=5)
    assert [item["CommentID"] for item in part["Comment"]] == [second]
    assert part["totalResults"] == 2 and api.read(identity)["Comments"] == 2


def test_our_own_notes_are_never_shown(api):
    made = make_ticket()
    make_comment(made, "The secret note", public=False)
    note_file = SimpleUploadedFile("secret.txt", b"x")
    kept = actions.keep_file(note_file, by=BY)
    actions.attach(made, [kept], by=BY, public=False)
    make_comment(made, "A reply")
    identity = str(made.uuid)
    for answer in (
        api.get(f"/api/boards/items/{identity}/commentdetails", IncludeActions="true"),
        api.get(f"/api/tickets/{identity}", IncludeComments="true"),
        api.get("/api/tickets", IncludeComments="true"),
    ):
        assert b"ecret" not in answer.content
    assert api.read(identity)["Comments"] == 1
    refused(api.get(f"/api/boards/items/{identity}/artifacts/secret.txt"), 404)
    note = made.comments.get(public=False)
    refused(api.get(f"/api/boards/items/{note.uuid}/artifacts/secret.txt"), 404)
    refused(api.upload(f"/api/boards/items/comments/{note.uuid}/artifacts"), 404)


def test_a_person_of_ours_says_it_by_name(api):
    ann = make_user("Ann Lee", email="ann@customers.example")
    made = make_ticket(requester=ann)
    made = actions.take_transition(made, "Resolve", by=BY, resolution="fixed")
    say(api, made.uuid, UserID=f"{ann.uuid}.support")
    comment = Comment.objects.get()
    assert comment.author == ann
    made.refresh_from_db()
    assert made.status_category == "open"  # a customer who answers opens it again
    assert api.said(str(made.uuid))["Comment"][0]["UserName"] == "Ann Lee"


def test_the_same_origin_says_it_once(api):
    identity = api.create()
    first = say(api, identity, headers=origin(4))
    assert say(api, identity, headers=origin(4), Content="Again") == first
    assert say(api, identity, headers=origin(5)) != first
    assert Comment.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "Content"),
        ({"Content": " "}, "Content"),
        ({"Content": 7}, "Content"),
        ({"Content": "x", "MediaType": "text/html"}, "MediaType"),
        ({"Content": "x", "UserID": "a b"}, "UserID"),
    ],
)
def test_a_wrong_comment_is_named(api, body, word):
    identity = api.create()
    assert word in refused(api.post(f"/api/tickets/{identity}/comments", body), 400)
    assert not Comment.objects.exists()


# Actions -----------------------------------------------------------------------------------------


def allowed(api, identity) -> list[str]:
    found = api.get(f"/api/workflow/objects/{identity}/actions").json()["Action"]
    return [action["Name"].rpartition(".")[2] for action in found]


def test_actions_move_a_ticket_as_its_workflow_allows(api):
    identity = api.create()
    assert allowed(api, identity) == ["resolve", "close"]
    answer = act(api, identity, "ticket.action.resolve", "New tray")
    assert (answer.status_code, answer.content) == (200, b"RESOLVED")
    made = one(identity)
    assert (made.resolution, made.resolution_comment) == ("fixed", "New tray")
    assert "reopen" in allowed(api, identity) and "resolve" not in allowed(api, identity)
    assert act(api, identity, "ticket.action.reopen", ["It is back", "again"]).content == b"REOPEN"
    assert act(api, identity, "ticket.action.close").content == b"CLOSED"
    assert api.said(identity)["Comment"] == []  # words of an action are no comments


@pytest.mark.parametrize("name", ["ticket.action.reopen", "ticket.action.delete", "", None, 7])
def test_an_action_that_is_not_allowed_answers_400(api, name):
    identity = api.create()
    assert "ActionName" in refused(act(api, identity, name), 400)
    assert api.read(identity)["State"] == "OPEN"


# Marks -------------------------------------------------------------------------------------------


def test_marks_count_users_once(api):
    identity = api.create()

    def mark(user):
        return api.post(f"/api/tickets/{identity}/marks", user, kind="text/plain").content

    assert [mark(user) for user in ("u1.acme", "u2.acme", "u1.acme", " ")] == [
        b"1",
        b"2",
        b"2",
        b"3",
    ]
    shown = api.read(identity)
    assert (shown["Marks"], shown["IsMarked"]) == (3, True)
    assert api.read(identity, RetrievingUserID="u9.acme")["IsMarked"] is False
    other = Caller(make_key(queues=[default_queue()])[1])
    assert (other.read(identity)["Marks"], other.read(identity)["IsMarked"]) == (3, False)
    words = refused(api.post(f"/api/tickets/{identity}/marks", "a b", kind="text/plain"), 400)
    assert "UserID" in words
    refused(api.post(f"/api/tickets/{identity}/marks", "x" * 2000, kind="text/plain"), 413)


# Files -------------------------------------------------------------------------------------------


def uploaded(answer) -> dict:
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert set(found) == {"ContextID", "FileName", "BaseUri", "UriPath"}
    return found


def content(api, path: str) -> bytes:
    answer = api.get(path)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Disposition"].startswith("attachment")
    return b"".join(answer.streaming_content)


def test_files_come_before_their_ticket_and_are_found_afterwards(api):
    first = uploaded(api.upload("/api/boards/items/artifacts", "a b.txt", b"one", part="file"))
    more = f"/api/boards/items/{first['ContextID']}/artifacts"
    second = uploaded(api.upload(more, "b.png", b"two"))
    assert second["ContextID"] == first["ContextID"]
    assert content(api, second["UriPath"]) == b"two"
    named = {"BoardItemArtifact": [first, {**second, "FileName": "b"}]}
    identity = api.create(BoardItemArtifacts=named)
    shown = api.read(identity)["BoardItemArtifacts"]["BoardItemArtifact"]
    assert [file["FileName"] for file in shown] == ["a b.txt", "b.png"]
    assert all(file["ContextID"] == identity for file in shown)
    assert shown[0]["BaseUri"].endswith("/compat/akana")
    assert [content(api, file["UriPath"]) for file in shown] == [b"one", b"two"]
    assert content(api, first["UriPath"]) == b"one"  # as it was told before
    assert one(identity).attachments.filter(public=True).count() == 2
    body = {"BoardItemArtifact": [first]}
    other = api.post("/api/tickets", {**TICKET, "BoardItemArtifacts": body})
    assert "BoardItemArtifacts" in refused(other, 400)


TICKET = {
    "Title": "T",
    "Description": "D",
    "Environment": "Sandbox",
    "Label": ["com.soa.ticket.label.priority.low"],
}


def test_files_come_before_their_comment(api):
    identity = api.create()
    first = uploaded(api.upload("/api/boards/items/comments/artifacts"))
    more = f"/api/boards/items/comments/{first['ContextID']}/artifacts"
    second = uploaded(api.upload(more, "b.txt", b"two"))
    comment = say(api, identity, BoardItemArtifacts={"BoardItemArtifact": [first, second]})
    [said] = api.said(identity)["Comment"]
    shown = said["BoardItemArtifacts"]["BoardItemArtifact"]
    assert [file["ContextID"] for file in shown] == [comment] * 2
    assert "/comments/" in shown[0]["UriPath"]
    assert [content(api, file["UriPath"]) for file in shown] == [b"one line", b"two"]
    assert content(api, f"/api/boards/items/{comment}/artifacts/b.txt") == b"two"
    assert api.read(identity)["BoardItemArtifacts"]["BoardItemArtifact"] == []
    # A file that comes after its comment belongs to the ticket.
    late = uploaded(api.upload(f"/api/boards/items/comments/{comment}/artifacts", "c.txt"))
    assert late["ContextID"] == identity


def test_a_file_for_a_ticket_that_is_there_is_attached_once(api):
    identity = api.create()
    path = f"/api/boards/items/{identity}/artifacts"
    for _ in range(2):
        found = uploaded(api.upload(path, headers=origin(6)))
        assert found["ContextID"] == identity
    assert one(identity).attachments.count() == 1
    assert content(api, found["UriPath"]) == b"one line"


def test_a_repeated_create_with_files_answers_the_first_ticket(api):
    headers = {"Helpdesk-Origin": origin(4)["Helpdesk-Origin"].rpartition("/")[0]}
    file = uploaded(api.upload("/api/boards/items/artifacts"))
    body = {"BoardItemArtifact": [file]}
    first = api.create(headers=headers, BoardItemArtifacts=body)
    assert api.create(headers=headers, BoardItemArtifacts=body) == first
    assert one(first).attachments.count() == 1


def test_what_another_key_uploaded_is_not_there(api):
    file = uploaded(api.upload("/api/boards/items/artifacts"))
    other = Caller(make_key(queues=[default_queue()], rate_limit=1000)[1])
    refused(other.get(file["UriPath"]), 404)
    refused(other.upload(f"/api/boards/items/{file['ContextID']}/artifacts"), 404)
    body = {**TICKET, "BoardItemArtifacts": {"BoardItemArtifact": [file]}}
    refused(other.post("/api/tickets", body), 400)
    assert Attachment.objects.get().ticket is None


def test_uploads_that_are_none_are_refused(api):
    path = "/api/boards/items/artifacts"
    refused(api.post(path, {}), 400)
    refused(api.post(path, "--x--", kind="multipart/form-data; boundary=x"), 400)
    refused(api.post(path, "nonsense", kind="multipart/form-data"), 400)
    refused(api.upload(f"/api/boards/items/{NOWHERE}/artifacts"), 404)
    refused(api.upload("/api/boards/items/comments/x/artifacts"), 404)
    refused(api.get(f"/api/boards/items/{NOWHERE}/artifacts/a.txt"), 404)
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\0b.txt", "x" * 300 + ".txt"])
def test_a_file_is_stored_and_found_under_a_safe_name(api, name):
    found = uploaded(api.upload("/api/boards/items/artifacts", name))
    assert "/" not in found["FileName"] and len(found["FileName"].encode()) <= 255
    assert content(api, found["UriPath"]) == b"one line"


# Settings ----------------------------------------------------------------------------------------


def test_settings_are_kept_and_say_what_a_text_is(api):
    def put(business, **said):
        return api.call("PUT", f"/api/businesses/{business}/ticketsettings", said)

    off = "com.soa.feature.disabled"
    assert put("tenantbusiness.support", MarkdownSupport=off).json() == {"MarkdownSupport": off}
    assert api.read(api.create())["DescriptionMediaType"] == "text/plain"
    after = put(f"{default_queue().uuid}.support", Visibility="x", Unknown="y").json()
    assert after == {"MarkdownSupport": off, "Visibility": "x"}
    assert "MarkdownSupport" in refused(put("tenantbusiness.support"), 400)
    assert "Visibility" in refused(put("tenantbusiness.support", Visibility=7), 400)
    for foreign in (make_queue("Other").uuid, NOWHERE, "x"):
        refused(put(foreign, MarkdownSupport=off), 404)
