"""Comments and files through the API."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from helpdesk import actions
from helpdesk.models import Attachment, Comment
from tests.api.conftest import caller, fields_of
from tests.factories import actor_of, make_comment, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89"


@pytest.fixture
def ticket(db):
    return make_ticket()


def a_file(name: str = "log.txt", content: bytes = b"words") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_reply_and_a_note_are_told_apart_by_public(api, ticket):
    path = f"tickets/{ticket.pk}/comments/"
    reply = api.post(path, {"body": "Hello", "public": True})
    note = api.post(path, {"body": "Psst", "public": False, "format": "markdown"})
    assert (reply.status_code, note.status_code) == (201, 201)
    said = api.get(path).json()["results"]
    assert [(one["body"], one["public"], one["format"]) for one in said] == [
        ("Hello", True, "plain"),
        ("Psst", False, "markdown"),
    ]
    assert api.get(reply["Location"]).json() == reply.json() == said[0]
    assert said[0]["author_name"] == api.key.name
    assert said[0]["channel"] == "api"


def test_a_note_is_never_shown_to_a_customer(api):
    customer = make_user()
    ticket = make_ticket(requester=customer)
    api.post(f"tickets/{ticket.pk}/comments/", {"body": "Psst", "public": False})
    assert not Comment.objects.filter(ticket=ticket).shown_to(actor_of(customer)).exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"body": "x"}, "public"),
        ({"body": "x", "public": None}, "public"),
        ({"body": "x", "public": "false"}, "public"),
        ({"body": "x", "public": 0}, "public"),
        ({"public": True}, "body"),
        ({"body": "", "public": True}, "body"),
        ({"body": "x" * 200_001, "public": True}, "body"),
        ({"body": {"a": 1}, "public": True}, "body"),
        ({"body": "x", "public": True, "format": "rtf"}, "format"),
        ({"body": "x", "public": True, "author": "a@example.com"}, "author"),
        ({"body": "x", "public": True, "origin": "web"}, "origin"),
        ({"body": "x", "public": True, "attachments": ["x"]}, "attachments"),
    ],
)
def test_a_comment_that_is_not_right_is_refused_by_its_field(api, ticket, body, field):
    refused = api.post(f"tickets/{ticket.pk}/comments/", body)
    assert {name.split(".")[0] for name in fields_of(refused)} == {field}
    assert not Comment.objects.exists()


def test_a_comment_is_edited_redacted_and_deleted(api, ticket):
    comment = make_comment(ticket, "My card is 4111")
    path = f"tickets/{ticket.pk}/comments/{comment.uuid}/"
    edited = api.patch(path, {"body": "My card is secret"}).json()
    assert edited["body"] == "My card is secret" and edited["edited_at"]
    assert fields_of(api.patch(path, {"public": False})) == ["public"]
    assert fields_of(api.patch(path, {"body": ""})) == ["body"]
    redacted = api.post(f"{path}redact/").json()
    assert redacted["body"] == "" and redacted["redacted_at"]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_a_comment_of_another_ticket_is_not_there(api, ticket):
    comment = make_comment(make_ticket())
    for call in (api.get, api.delete):
        assert call(f"tickets/{ticket.pk}/comments/{comment.pk}/").status_code == 404
    assert (
        api.patch(f"tickets/{ticket.pk}/comments/{comment.pk}/", {"body": "x"}).status_code == 404
    )


def test_a_comment_held_by_its_author_is_not_there(api, ticket):
    comment = make_comment(ticket)
    Comment.objects.filter(pk=comment.pk).update(state="held")
    assert api.get(f"tickets/{ticket.pk}/comments/{comment.pk}/").status_code == 404
    assert api.get(f"tickets/{ticket.pk}/comments/").json()["results"] == []


def test_a_file_is_attached_listed_downloaded_and_removed(api, ticket):
    path = f"tickets/{ticket.pk}/attachments/"
    made = api.upload(path, file=a_file("../evil/log.txt", b"words"))
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["name"], body["size"], body["public"]) == ("log.txt", 5, True)
    assert api.get(path).json()["results"] == [body]
    content = api.get(body["url"])
    assert b"".join(content.streaming_content) == b"words"
    assert content["Content-Disposition"] == 'attachment; filename="log.txt"'
    assert content["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in content["Content-Security-Policy"]
    assert api.delete(body["url"]).status_code == 204
    assert api.get(body["url"]).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "inline"),
    [
        ("a.png", PNG, True),
        (
            "a.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            False,
        ),
        ("a.html", b"<!doctype html><script>alert(1)</script>", False),
        ("a.png", b"<!doctype html><script>alert(1)</script>", False),
        ("a.pdf", b"%PDF-1.4\n", False),
    ],
)
def test_only_pictures_are_shown_all_else_is_saved(api, ticket, name, content, inline):
    made = api.upload(f"tickets/{ticket.pk}/attachments/", file=a_file(name, content)).json()
    response = api.get(made["url"])
    assert response["Content-Disposition"].startswith("inline" if inline else "attachment")
    assert response["Content-Type"] == ("image/png" if inline else "application/octet-stream")


def test_a_link_stands_in_place_of_a_file(api, ticket):
    path = f"tickets/{ticket.pk}/attachments/"
    made = api.post(path, {"url": "https://example.com/spec.pdf", "public": False})
    assert made.status_code == 201
    body = made.json()
    assert (body["link"], body["name"]) == ("https://example.com/spec.pdf", "spec.pdf")
    assert body["public"] is False
    assert api.get(body["url"]).json() == body
    assert fields_of(api.post(path, {"url": "javascript:alert(1)"})) == ["attachments"]


def test_a_file_uploaded_before_comes_with_a_ticket_or_comment(api, ticket):
    first, second = (api.upload("attachments/", file=a_file()).json() for _number in range(2))
    assert first["ticket"] is None
    body = {"body": "See", "public": True, "attachments": [first["uuid"]]}
    said = api.post(f"tickets/{ticket.pk}/comments/", body).json()
    assert [one["uuid"] for one in said["attachments"]] == [first["uuid"]]
    opened = api.post("tickets/", {"title": "x", "attachments": [second["uuid"]]}).json()
    files = api.get(f"tickets/{opened['id']}/attachments/").json()["results"]
    assert [one["uuid"] for one in files] == [second["uuid"]]
    again = api.post("tickets/", {"title": "x", "attachments": [second["uuid"]]})
    assert fields_of(again) == ["attachments"]


def test_a_waiting_file_is_its_keys_alone(api):
    file = api.upload("attachments/", file=a_file()).json()
    other = caller()
    assert api.get(file["url"]).status_code == 200
    assert other.get(file["url"]).status_code == 404
    assert fields_of(other.post("tickets/", {"title": "x", "attachments": [file["uuid"]]})) == [
        "attachments"
    ]


def test_a_file_of_a_foreign_ticket_or_hidden_comment_is_not_there(api, ticket):
    file = api.upload(f"tickets/{ticket.pk}/attachments/", file=a_file()).json()
    stranger = caller(queues=[make_queue()])
    assert stranger.get(file["url"]).status_code == 404
    assert stranger.delete(file["url"]).status_code == 404
    comment = make_comment(ticket, by=actor_of(make_user(role="admin")), attachments=())
    Attachment.objects.filter(uuid=file["uuid"]).update(comment=comment)
    Comment.objects.filter(pk=comment.pk).update(state="held")
    assert api.get(file["url"]).status_code == 404


def test_uploads_that_are_not_one_file_are_refused(api, ticket):
    path = f"tickets/{ticket.pk}/attachments/"
    assert fields_of(api.upload(path)) == ["file"]
    assert fields_of(api.upload(path, file=[a_file(), a_file()])) == ["file"]
    assert fields_of(api.upload(path, file=a_file(), public="maybe")) == ["public"]
    assert fields_of(api.upload(path, file=a_file(), ticket="5")) == ["ticket"]
    assert fields_of(api.upload(path, file="no file")) == ["file"]
    with override_settings(MAX_UPLOAD_MB=0):
        assert fields_of(api.upload(path, file=a_file())) == ["attachments"]
        large = api.upload(path, file=a_file(content=b"x" * 100_000))
        assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert not Attachment.objects.filter(ticket=ticket).exists()


def raw(api, path: str, content: bytes, named: str = "", **headers):
    if named:
        headers["Content-Disposition"] = named
    return api.client.post(
        f"/api/v1/{path}",
        content,
        content_type="application/octet-stream",
        headers={**api.headers, **headers},
    )


def test_a_file_is_sent_as_it_is(api, ticket):
    path = f"tickets/{ticket.pk}/attachments/"
    content = bytes(range(256)) * 12_000  # more than is kept in memory
    named = "attachment; filename*=UTF-8''../%C3%BC%20%D8%A7.bin"
    made = [raw(api, path, content, named, **{"Idempotency-Key": "once"}) for _time in range(2)]
    assert [one.status_code for one in made] == [201, 201], made[0].content
    assert made[0].json() == made[1].json()
    assert (made[0].json()["name"], made[0].json()["size"]) == ("ü ا.bin", len(content))
    assert b"".join(api.get(made[0].json()["url"]).streaming_content) == content
    other = raw(api, path, content, 'attachment; filename="b"', **{"Idempotency-Key": "once"})
    assert other.status_code == 422
    alone = raw(api, "attachments/", b"alone", 'attachment; filename="a"')
    assert alone.status_code == 201 and alone.json()["size"] == 5
    assert fields_of(raw(api, "attachments/", b"", 'attachment; filename="a"')) == ["file"]
    assert Attachment.objects.filter(ticket=ticket).count() == 1
    assert all(one.wsgi_request.FILES["file"].closed for one in (*made, other, alone))


def test_a_file_that_is_sent_as_it_is_must_be_named_and_small_enough(api, ticket):
    path = f"tickets/{ticket.pk}/attachments/"
    for named in ("", "attachment", "attachment; filename=", "; ; =", "attachment; size=5"):
        refused = raw(api, path, b"words", named)
        assert refused.status_code == 400, named
        assert fields_of(refused) == ["Content-Disposition"], named
    with override_settings(MAX_UPLOAD_MB=0):
        assert raw(api, path, b"words", 'attachment; filename="a"').status_code == 413
    assert not Attachment.objects.filter(ticket=ticket).exists()


def test_the_content_of_a_redacted_comment_is_gone(api, ticket):
    file = api.upload("attachments/", file=a_file()).json()
    body = {"body": "See", "public": True, "attachments": [file["uuid"]]}
    said = api.post(f"tickets/{ticket.pk}/comments/", body).json()
    actions.redact_comment(
        Comment.objects.get(uuid=said["uuid"]), by=actor_of(make_user(role="admin"))
    )
    assert api.get(file["url"]).status_code == 404
    assert api.get(said["url"]).json()["attachments"] == []


def test_a_read_key_neither_says_nor_attaches(reader, ticket):
    path = f"tickets/{ticket.pk}/"
    comment = make_comment(ticket)
    assert reader.get(f"{path}comments/{comment.pk}/").status_code == 200
    for response in (
        reader.post(f"{path}comments/", {"body": "x", "public": True}),
        reader.patch(f"{path}comments/{comment.pk}/", {"body": "x"}),
        reader.delete(f"{path}comments/{comment.pk}/"),
        reader.post(f"{path}comments/{comment.pk}/redact/"),
        reader.upload(f"{path}attachments/", file=a_file()),
        reader.upload("attachments/", file=a_file()),
    ):
        assert response.status_code == 403
