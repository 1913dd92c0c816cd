"""Files with odd names, odd sizes and odd claims."""

import tracemalloc

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from helpdesk.models import Attachment, Comment, Job
from tests.factories import default_queue, make_agent, make_key, make_ticket, make_user
from tests.hostile.inert import faults_in
from tests.hostile.world import signed_in

pytestmark = pytest.mark.django_db
MB = 1024 * 1024
NAMES = [
    "../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "C:\\boot.ini",
    "a" * 300 + ".txt",
    "\u00e9" * 300 + ".txt",
    "\u202egnp.exe",
    "con",
    ".htaccess",
    "...",
    "no ending",
    "two.tar.gz.exe.txt",
    'quote".txt',
    "semi;colon.txt",
    "per%00cent.txt",
    "-rf",
    "*",
]


@pytest.fixture
def ticket(db):
    return make_ticket("Files")


@pytest.fixture
def agent(ticket) -> Client:
    return signed_in(make_agent("Ann"))


def say(client: Client, ticket, *files, body="See the file"):
    path = reverse("ticket-comments", args=[ticket.pk])
    return client.post(path, {"kind": "note", "body": body, "files": list(files)})


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_any_name_is_kept_under_a_safe_one(agent, ticket, name, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    answer = say(agent, ticket, SimpleUploadedFile(name or "x", b"words"))
    assert answer.status_code == 302
    file = Attachment.objects.get()
    assert file.name and len(file.name.encode()) <= 255
    assert not {"/", "\\", "\0", "\n"} & set(file.name) and file.name not in (".", "..")
    stored = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(stored) == 1 and stored[0].read_bytes() == b"words"
    got = agent.get(reverse("attachment", args=[file.uuid]))
    assert b"".join(got.streaming_content) == b"words"
    assert got["Content-Disposition"].startswith("attachment")


def test_an_empty_file_is_a_file(agent, ticket):
    assert say(agent, ticket, SimpleUploadedFile("empty.txt", b"")).status_code == 302
    file = Attachment.objects.get()
    assert file.size == 0
    assert b"".join(agent.get(reverse("attachment", args=[file.uuid])).streaming_content) == b""


LIARS = [
    (b"<html><script>alert(1)</script></html>", "image/png"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/png"),
    (b"<?xml version='1.0'?><svg onload='alert(1)'/>", "image/jpeg"),
    (b"GIF89a/*<script>alert(1)</script>*/=1", "text/html"),
    (b"%PDF-1.4 <script>", "image/gif"),
    (b"MZ\x90\x00", "text/plain"),
]


@pytest.mark.parametrize(("content", "claimed"), LIARS)
def test_a_file_is_what_its_content_says_and_no_page(agent, ticket, content, claimed):
    say(agent, ticket, SimpleUploadedFile("picture.png", content, content_type=claimed))
    file = Attachment.objects.get()
    got = agent.get(reverse("attachment", args=[file.uuid]))
    assert got["X-Content-Type-Options"] == "nosniff"
    assert "html" not in got["Content-Type"] and "svg" not in got["Content-Type"]
    if not content.startswith(b"GIF"):
        assert got["Content-Disposition"].startswith("attachment"), file.content_type


def test_the_same_file_twice_is_two_files(agent, ticket):
    twice = [SimpleUploadedFile("a.txt", b"words") for _ in range(2)]
    say(agent, ticket, *twice)
    assert Attachment.objects.filter(ticket=ticket).count() == 2


def test_too_many_files_are_refused_with_the_limit(agent, ticket):
    many = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(60)]
    answer = say(agent, ticket, *many)
    assert answer.status_code == 422 and "50" in answer.content.decode()
    assert not Comment.objects.exists()


class Upload:
    """A form with one file of zeros, made while it is read: nothing of it lies in memory."""

    HEAD = (
        b'--edge\r\nContent-Disposition: form-data; name="kind"\r\n\r\nnote\r\n'
        b'--edge\r\nContent-Disposition: form-data; name="body"\r\n\r\nMy long answer\r\n'
        b'--edge\r\nContent-Disposition: form-data; name="%s"; filename="big.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n"
    )
    TAIL = b"\r\n--edge--\r\n"

    def __init__(self, field: str, size: int):
        self.parts = [self.HEAD % field.encode(), size, self.TAIL]
        self.length = len(self.parts[0]) + size + len(self.TAIL)
        self.was_read = 0

    def read(self, wanted: int = -1) -> bytes:
        wanted = MB if wanted is None or wanted < 0 else wanted
        while self.parts:
            part = self.parts[0]
            if isinstance(part, int):
                chunk, rest = bytes(min(wanted, part)), part - min(wanted, part)
            else:
                chunk, rest = part[:wanted], part[wanted:]
            self.parts[0] = rest
            if not rest:
                self.parts.pop(0)
            if chunk:
                self.was_read += len(chunk)
                return chunk
        return b""

    readline = read  # a server's stream has one

    def sent_by(self, client: Client, path: str, **more):
        return client.request(
            PATH_INFO=path,
            REQUEST_METHOD="POST",
            CONTENT_TYPE="multipart/form-data; boundary=edge",
            CONTENT_LENGTH=str(self.length),
            **{"wsgi.input": self, **more},
        )


def test_a_file_of_100_mb_is_refused_in_words_and_takes_no_memory(agent, ticket):
    upload = Upload("files", 100 * MB)
    tracemalloc.start()
    answer = upload.sent_by(agent, reverse("ticket-comments", args=[ticket.pk]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    page = answer.content.decode()
    assert answer.status_code in (413, 422)
    assert "50 MB" in page and "My long answer" in page, "what was written must not be lost"
    assert peak < 25 * MB
    assert not Attachment.objects.exists() and not Comment.objects.exists()


@pytest.mark.parametrize("where", ["api", "teamswork"])
def test_a_file_of_100_mb_is_refused_by_an_api_before_it_is_read(ticket, where):
    secret = make_key(queues=[default_queue()])[1]
    upload = Upload("file" if where == "api" else "files", 100 * MB)
    path = f"/api/v1/tickets/{ticket.pk}/attachments/"
    more = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    if where == "teamswork":
        path = f"/compat/teamswork/ticketing/v1/tickets/{ticket.uuid}/attachments"
        more = {"QUERY_STRING": f"key={secret}"}
    answer = upload.sent_by(Client(), path, **more)
    assert answer.status_code == 413, answer.content[:300]
    assert b"50 MB" in answer.content
    assert upload.was_read < MB


TABLES = {
    "nothing": b"",
    "blanks": b"  \n \n",
    "UTF-16": "id,title\n1,\u00c5ngstr\u00f6m\n".encode("utf-16"),
    "UTF-16 without a mark": "id,title\n1,T\n".encode("utf-16-le"),
    "UTF-8 with a mark": b"\xef\xbb\xbfid,title\n1,T\n",
    "Latin 1": b"id,title\n1,M\xfcller\n",
    "two encodings": b"id,title\n1,M\xfcller\n2,M\xc3\xbcller\n3,\xff\xfe\x00\n",
    "half a character": b"id,title\n1,\xe2\x82",
    "Shift JIS": "id,title\n1,\u65e5\u672c\u8a9e\n".encode("shift_jis"),
    "a quote without end": b'id,title\n1,"T\n2,U\n',
    "a program": bytes(range(256)) * 40,
    "one long line": b"a," * 200_000,
    "a column twice": b"id,id\n1,2\n",
    "more cells than columns": b"id,title\n1,T,more,and more\n2\n",
    "a NUL": b"id,title\n1,T\x00T\n",
    "a page": b"<html><script>alert(1)</script></html>",
}


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES)
def test_a_table_of_any_bytes_is_taken_or_refused_in_words(ticket, content):
    admin = signed_in(make_user("Ada", "admin"))
    answer = admin.post(reverse("imports"), {"file": SimpleUploadedFile("t.csv", content)})
    if answer.status_code == 422:
        assert "field-error" in answer.content.decode() and not Job.objects.exists()
        return
    assert answer.status_code == 302
    page = admin.get(answer["Location"])
    assert page.status_code == 200 and not faults_in(page.content.decode())


def test_a_form_without_end_is_no_fault_of_ours(agent, ticket):
    path = reverse("ticket-comments", args=[ticket.pk])
    for content in (
        b"",
        b"--edge",
        b"--edge\r\nContent-Disposition: form-data\r\n\r\nx",
        b"\0" * 99,
    ):
        answer = agent.post(path, content, content_type="multipart/form-data; boundary=edge")
        assert answer.status_code in (400, 422)
    answer = agent.post(path, b"x", content_type="multipart/form-data")
    assert answer.status_code in (400, 422)
