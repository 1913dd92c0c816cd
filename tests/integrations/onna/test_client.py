"""The Onna client against a server that misbehaves."""

import json
import re
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from integrations.connector import ConnectorError, NewAttachment, NewComment
from integrations.exchange import Limits
from integrations.services.onna import envelopes, tus, uploads
from integrations.services.onna.client import Client
from integrations.services.onna.setup import PRODUCTION, OnnaSetup

SECRET, TOKEN = "very-secret-indeed", "token-of-the-day"
FIELDS = {"title": "Printer jams", "status": "open", "priority": "normal", "tags": ["a"]}


class Fake:
    """A server whose answers a test puts in a queue by method and path; the last one stays."""

    def __init__(self):
        self.calls, self.answers = [], {}
        self.answer("POST", "/oauth/token", {"access_token": TOKEN, "expires_in": 3599})

    def answer(self, method, path, *bodies, status=200, **headers):
        said = [(status, body, headers) if not isinstance(body, tuple) else body for body in bodies]
        self.answers[method, path] = said

    def asked(self, method, path):
        return [call for call in self.calls if call[:2] == (method, path)]


@contextmanager
def serving(fake):
    class Handler(BaseHTTPRequestHandler):
        def handle_one(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            path = self.path.partition("?")[0]
            fake.calls.append((self.command, path, dict(self.headers), body))
            queue = fake.answers.get((self.command, path)) or [(404, {}, {})]
            said = queue.pop(0) if len(queue) > 1 else queue[0]
            if callable(said[1]):
                said = said[1](self, body)
            if said is None:  # cut
                self.close_connection = True
                return
            status, content, headers = said
            text = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        do_GET = do_POST = do_DELETE = do_HEAD = do_PATCH = do_PUT = handle_one  # noqa: N815

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def fake():
    return Fake()


@pytest.fixture
def connect(fake, open_session):
    with serving(fake) as address:

        def connected(memory=None, **setup):
            entered = {
                "base_url": address,
                "client_id": "me",
                "client_secret": SECRET,
                "folder": "fd1",
                **setup,
            }
            patient = partial(open_session, limits=Limits(read_seconds=20, total_seconds=40))
            return Client(entered, open_session=patient, memory=memory)

        yield connected


def create(client, **fields):
    return client.create({**FIELDS, **fields}, "i/c/t")


# Signing in --------------------------------------------------------------------------------------


def test_a_token_is_fetched_once_and_kept(fake, connect):
    fake.answer("POST", "/resources/tickets", {"onna_id": "tk1"}, status=201)
    memory = {}
    client = connect(memory)
    create(client), create(client), create(connect(memory))
    [(_method, _path, headers, form)] = fake.asked("POST", "/oauth/token")
    assert form == b"client_id=me&client_secret=very-secret-indeed&grant_type=client_credentials"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in headers
    calls = fake.asked("POST", "/resources/tickets")
    assert {call[2]["Authorization"] for call in calls} == {f"Bearer {TOKEN}"}
    assert memory["token"] == TOKEN and memory["ends"] > datetime.now(UTC).timestamp() + 3000


def test_a_token_is_renewed_before_it_ends(fake, connect):
    fake.answer("DELETE", "/resources/tickets/tk1", "", status=204)
    soon = datetime.now(UTC).timestamp() + 30
    client = connect({"token": "old", "ends": soon})
    client.delete("tk1")
    assert fake.asked("DELETE", "/resources/tickets/tk1")[0][2]["Authorization"].endswith(TOKEN)


def test_a_refused_token_is_renewed_once_and_the_call_repeated(fake, connect):
    refused = (401, envelopes.write_errors(401, "Expired."), {})
    made = (201, {"onna_id": "tk1"}, {})
    fake.answer("POST", "/resources/tickets", refused, made)
    client = connect({"token": "old", "ends": 0})
    assert create(client).id == "tk1"
    assert len(fake.asked("POST", "/oauth/token")) == 1


def test_a_refusal_with_a_new_token_stops_the_connection(fake, connect):
    fake.answer("POST", "/resources/tickets", envelopes.write_errors(401, "No."), status=401)
    with pytest.raises(ConnectorError) as refused:
        create(connect({"token": "old", "ends": 0}))
    assert (refused.value.scope, refused.value.permanent) == ("connection", True)
    assert len(fake.asked("POST", "/resources/tickets")) == 2
    with pytest.raises(ConnectorError):
        create(connect())  # a token fetched for this very call is not fetched again
    assert len(fake.asked("POST", "/oauth/token")) == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, envelopes.write_errors(401, "Wrong client.")),
        (422, envelopes.write_framework("field required", ["body", "client_id"], "missing")),
        (500, envelopes.write_errors(500, "Down.")),
        (200, {"token_type": "bearer"}),
        (200, {"access_token": "a\nb"}),
        (200, "<html>Sign in</html>"),
        (200, []),
    ],
)
def test_without_a_token_nothing_was_done(fake, connect, status, body):
    fake.answer("POST", "/oauth/token", body, status=status)
    client = connect()
    with pytest.raises(ConnectorError) as failed:
        create(client)
    assert (failed.value.scope, failed.value.maybe_done) == ("connection", False)
    assert client.writes == 0 and not fake.asked("POST", "/resources/tickets")


def test_a_sign_in_that_is_cut_leaves_nothing_in_doubt(fake, connect):
    fake.answer("POST", "/oauth/token", lambda *_said: None)
    with pytest.raises(ConnectorError) as failed:
        create(connect())
    assert (failed.value.maybe_done, failed.value.permanent) == (False, False)


def test_no_secret_reaches_the_journal(fake, connect, journal):
    fake.answer("GET", "/oauth/user", {"id": SECRET, "name": TOKEN})
    fake.answer("GET", "/folders/fd1", {"name": "Mine"})
    connect().check()
    connect({"token": "kept-token", "ends": 0}).session.redactor.text("x")
    text = "".join(entry.request_body + entry.response_body + entry.url for entry in journal)
    assert journal and SECRET not in text and TOKEN not in text
    client = connect({"token": "kept-token", "ends": 0})
    assert client.session.redactor.text("a kept-token b") == "a [redacted] b"


# Setup and choices -------------------------------------------------------------------------------


def test_the_setup_has_an_address_of_its_own():
    said = {"client_id": "me", "client_secret": "s", "folder": "fd1"}
    form = OnnaSetup(said)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["base_url"] == PRODUCTION
    assert not OnnaSetup({}).is_valid()
    stored = OnnaSetup({**said, "client_secret": ""}, stored={"client_secret": "kept"})
    assert stored.is_valid() and stored.cleaned_data["client_secret"] == "kept"


def test_the_connection_and_its_folder_are_checked(fake, connect):
    fake.answer("GET", "/oauth/user", {"id": "a@x", "name": "Ann", "surname": "Lee"})
    fake.answer("GET", "/folders/fd1", {"onna_id": "fd1", "name": "Mine"})
    assert connect().check() == "Connected as Ann Lee. Tickets go into the folder “Mine”."
    with pytest.raises(ConnectorError, match="no folder “fd9”") as wrong:
        connect(folder="fd9").check()
    assert wrong.value.scope == "connection"


def test_workspaces_are_listed_to_the_end(fake, connect):
    pages = [{"items": [{"@uid": "w1", "title": "One"}], "cursor": "c"}]
    pages += [{"items": [{"onna_id": "w2", "name": "Two"}], "cursor": "c"}]
    fake.answer("GET", "/workspaces", *pages)
    found = connect().choices("workspace")
    assert [(one.key, one.text) for one in found] == [("w1", "One"), ("w2", "Two")]
    fake.answer("GET", "/folders/fd1", {"name": "Mine"})
    assert [one.text for one in connect().choices("folder")] == ["Mine"]
    with pytest.raises(ConnectorError, match="cannot list"):
        connect(folder="").choices("folder")
    fake.answer("GET", "/workspaces", {"nothing": 1})
    with pytest.raises(ConnectorError, match="without its items"):
        connect().choices("workspace")


def test_what_the_setup_decides_shows_in_the_capabilities(connect):
    plain = connect().capabilities
    assert not plain.repeatable_create and not plain.can_find and not plain.list
    assert "custom_words" not in plain.fields
    assert connect(same_ref_replaces=True).capabilities.repeatable_create
    assert connect({"installation": "x"}).capabilities.repeatable_create
    assert "custom_words" in connect(custom_fields="tags").capabilities.fields


# Tickets -----------------------------------------------------------------------------------------


def test_a_ticket_goes_with_its_conversation(fake, connect):
    fake.answer("POST", "/resources/tickets", {"onna_id": "tk1", "onna_url": "u"}, status=201)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    comment = NewComment(body="Words", public=True, created_at=at)
    made = connect().create(FIELDS, "i/c/t", comments=[comment])
    assert (made.id, made.url, made.reference) == ("tk1", "u", "i/c/t")
    written = connect().written(FIELDS)
    assert {name: made.theirs[name] for name in written} == written
    [(_method, _path, headers, body)] = fake.asked("POST", "/resources/tickets")
    assert headers["Helpdesk-Origin"] == "i/c/t"
    said = json.loads(body)
    assert (said["ref"], said["onna_parent_id"]) == ("i/c/t", "fd1")
    assert said["comments"][0]["creation_date"] == "2026-01-01T00:00:00.000000+00:00"


def test_a_note_never_leaves(fake, connect):
    note = NewComment(body="A nuisance", public=False)
    with pytest.raises(ConnectorError, match="private"):
        connect().create(FIELDS, "i/c/t", comments=[note])
    assert not fake.calls


def test_a_change_is_a_create_with_the_same_reference(fake, connect):
    fake.answer("POST", "/resources/tickets", {"onna_id": "tk2"}, status=201)
    assert connect().replace("tk1", FIELDS, reference="i/c/t").id == "tk2"
    [call] = fake.asked("POST", "/resources/tickets")
    assert json.loads(call[3])["comments"] == []


def test_too_many_comments_are_said_before_anything_leaves(fake, connect):
    many = [NewComment(body="x", public=True)] * 5001
    with pytest.raises(ConnectorError, match="at most 5000") as refused:
        connect().create(FIELDS, "i/c/t", comments=many)
    assert refused.value.permanent and not fake.calls


@pytest.mark.parametrize(
    ("status", "body", "words", "scope", "permanent", "maybe_done"),
    [
        (403, envelopes.write_errors(403, "Not yours."), "Not yours.", "connection", True, False),
        (404, envelopes.write_errors(404, "No folder."), "No folder.", "ticket", True, False),
        (422, envelopes.write_errors(422, "ref: empty."), "ref: empty.", "ticket", True, False),
        (422, {"detail": [{"loc": ["body", "ref"], "msg": "empty", "type": "x"}]},
         "ref: empty", "ticket", True, False),
        (422, {"status": "422", "code": "XX422_unprocessable_entity"},
         "XX422_unprocessable_entity", "ticket", True, False),
        (429, {}, "no more calls", "connection", False, False),
        (500, envelopes.write_errors(500, "Oops."), "Oops.", "ticket", False, True),
        (503, "<html>", "out of order", "connection", False, True),
        (302, "", "another address", "connection", True, False),
        (201, "<html>", "not JSON", "connection", False, True),
        (201, {}, "no onna_id", "ticket", False, True),
        (201, [], "no onna_id", "ticket", False, True),
        (201, {"onna_id": ""}, "no onna_id", "ticket", False, True),
    ],
)  # fmt: skip
def test_failures_of_a_create(fake, connect, status, body, words, scope, permanent, maybe_done):
    fake.answer("POST", "/resources/tickets", body, status=status)
    with pytest.raises(ConnectorError, match=re.escape(words)) as failed:
        create(connect())
    error = failed.value
    assert (error.scope, error.permanent, error.maybe_done) == (scope, permanent, maybe_done)


def test_a_lost_answer_leaves_a_create_in_doubt(fake, connect):
    fake.answer("POST", "/resources/tickets", lambda *_said: None)
    client = connect()
    with pytest.raises(ConnectorError) as lost:
        create(client)
    assert lost.value.maybe_done and client.writes == 1


def test_reading_and_deleting(fake, connect):
    fake.answer("GET", "/resources/tickets/tk1", {"onna_id": "tk1", "status": "In progress"})
    assert connect().read("tk1").fields["status"] == "started"
    fake.answer("GET", "/resources/tickets/tk1", {"no": "id"})
    with pytest.raises(ConnectorError, match="no ticket"):
        connect().read("tk1")
    with pytest.raises(ConnectorError) as gone:
        connect().delete("../folders/fd1")
    assert gone.value.gone and fake.asked("DELETE", "/resources/tickets/..%2Ffolders%2Ffd1")


# Files -------------------------------------------------------------------------------------------


class TusServer:
    """One upload by the standard, cut where a test says."""

    def __init__(self, fake, resource, cuts=()):
        self.content, self.length, self.said = b"", None, ""
        self.cuts = list(cuts)
        path = f"/upload/{resource}/tus"
        fake.answer("POST", path, self.post)
        fake.answer("HEAD", path, self.head)
        fake.answer("PATCH", path, self.patch)

    def post(self, handler, _body):
        self.length = int(handler.headers["Upload-Length"])
        self.said, self.content = handler.headers["Upload-Metadata"], b""
        return 200, "", {}

    def head(self, _handler, _body):
        if self.length is None:
            return 404, "", {}
        headers = {"Upload_Offset": str(len(self.content)), "Upload_Length": str(self.length)}
        return 200, "", {**headers, "Upload_Metadata": self.said}

    def patch(self, handler, body):
        if int(handler.headers["Upload-Offset"]) != len(self.content):
            return 412, envelopes.write_errors(412, "Elsewhere."), {}
        if self.cuts and (cut := self.cuts.pop(0)) is not None:
            self.content += body[:cut]
            return None
        self.content += body
        return 200, "", {}


FILE = NewAttachment(name="log ä.txt", content=b"0123456789" * 3)


def test_a_file_goes_on_where_it_was_cut(fake, connect, monkeypatch):
    monkeypatch.setattr(uploads, "PIECE", 8)
    there = TusServer(fake, "tk1", cuts=[None, 5, 0, None, 3])
    added = connect().add_attachment("tk1", FILE, reference="i/c/t/f")
    assert there.content == FILE.content and added.id == "tk1"
    assert tus.read_metadata(there.said) == {"name": "log ä.txt", "ref": "i/c/t/f"}
    call = fake.asked("PATCH", "/upload/tk1/tus")[0]
    assert call[2]["Tus-Resumable"] == "1.0.0"
    assert call[2]["Content-Type"] == "application/offset+octet-stream"


def test_a_file_goes_on_in_a_later_job(fake, connect, monkeypatch):
    monkeypatch.setattr(uploads, "PIECE", 8)
    there = TusServer(fake, "tk1", cuts=[None, 0, 0, 0, 0, 0, 0])
    with pytest.raises(ConnectorError) as failed:
        connect().add_attachment("tk1", FILE, reference="i/c/t/f")
    assert (failed.value.permanent, failed.value.maybe_done) == (False, False)
    assert there.content == FILE.content[:8]
    there.cuts = []
    connect().add_attachment("tk1", FILE, reference="i/c/t/f")
    assert there.content == FILE.content
    sent = len(fake.asked("PATCH", "/upload/tk1/tus"))
    connect().add_attachment("tk1", FILE, reference="i/c/t/f")  # all of it is there
    assert len(fake.asked("PATCH", "/upload/tk1/tus")) == sent


def test_a_further_file_lies_beside_the_ticket(fake, connect):
    TusServer(fake, "tk1")
    beside = TusServer(fake, "fs1")
    fake.answer("POST", "/resources/files", {"onna_id": "fs1"}, status=201)
    connect().add_attachment("tk1", FILE, reference="i/c/t/f")
    second = NewAttachment(name="b.txt", content=b"b")
    assert connect().add_attachment("tk1", second, reference="i/c/t/g").id == "fs1"
    assert beside.content == b"b"
    [call] = fake.asked("POST", "/resources/files")
    said = json.loads(call[3])
    assert said == {"onna_parent_id": "fd1", "ref": "i/c/t/g", "url": "", "name": "b.txt"}


def test_a_service_without_pieces_takes_the_file_whole(fake, connect):
    fake.answer("POST", "/upload/tk1/tus", envelopes.write_errors(405, "No."), status=405)
    fake.answer("PUT", "/upload/tk1/tus", "", status=201)
    connect().add_attachment("tk1", FILE, reference="i/c/t/f")
    assert fake.asked("PUT", "/upload/tk1/tus")[0][3] == FILE.content


def test_an_empty_file_and_a_link(fake, connect):
    TusServer(fake, "tk1")
    connect().add_attachment("tk1", NewAttachment(name="empty", content=b""), reference="r")
    assert not fake.asked("PATCH", "/upload/tk1/tus")
    with pytest.raises(ConnectorError, match="link") as unable:
        connect().add_attachment("tk1", NewAttachment(name="x", url="https://x.example/"))
    assert unable.value.permanent


def test_an_answer_that_speaks_of_no_upload_means_that_there_is_none(fake, connect):
    for method in ("HEAD", "POST", "PATCH"):
        fake.answer(method, "/upload/tk1/tus", "")
    assert connect().add_attachment("tk1", FILE, reference="r").id == "tk1"


def test_a_wrong_offset_there_is_said(fake, connect):
    fake.answer("HEAD", "/upload/tk1/tus", "", Upload_Offset="many")
    with pytest.raises(ConnectorError, match="how far"):
        connect().add_attachment("tk1", FILE, reference="r")
