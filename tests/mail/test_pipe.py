"""`manage.py receive_mail` as a mail server runs it: a process, a pipe, and an exit code."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from helpdesk.mail.corpus import hostile
from tests.api.processes import OwnDatabase
from tests.mail.messages import message

pytestmark = [
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
STORED = """
import json
from helpdesk.models import StoredMessage
rows = StoredMessage.objects.filter(envelope_to="{recipient}").order_by("pk")
print(json.dumps([
    [one.state, one.ticket.title if one.ticket else "", one.mailbox.queue.slug, one.size]
    for one in rows
]))
"""
SMALL_BOX = """
from helpdesk.models import Mailbox, Queue
queue = Queue.objects.get(is_default=True)
Mailbox.objects.create(
    name="Small", address="small@helpdesk.example", queue=queue, protocol="pipe", max_megabytes=1
)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("pipe")


class Pipe:
    def __init__(self, shared: OwnDatabase) -> None:
        self.shared = shared

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "receive_mail"]
        return subprocess.Popen(
            [*command, *arguments],
            env=self.shared.environment | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def take(self, raw: bytes, *arguments: str, **environment: str) -> tuple[int, str]:
        """The exit code, and what was said about it."""
        task = self.start(*arguments, **environment)
        _out, error = task.communicate(raw)
        return task.returncode, error.decode()

    def stored(self, recipient: str) -> list[list]:
        """`[state, title, queue, size]` of what came for an envelope's recipient."""
        return json.loads(self.shared.run(STORED.format(recipient=recipient)))


@pytest.fixture
def pipe(folder, request) -> Pipe:
    if connection.vendor != "sqlite":
        return Pipe(OwnDatabase(folder))
    if not hasattr(request.module, "_migrated"):
        request.module._migrated = OwnDatabase(folder)
    return Pipe(request.module._migrated)


def test_a_message_is_taken_once_and_becomes_a_ticket_of_the_queue(pipe):
    raw = message(subject="By pipe")
    arguments = ("--queue", "support", "--recipient", "pipe@helpdesk.example")
    assert pipe.take(raw, *arguments) == (0, "")
    assert pipe.take(raw, *arguments) == (0, "")
    assert pipe.stored("pipe@helpdesk.example") == [["worked", "By pipe", "support", len(raw)]]


def test_what_cannot_be_read_is_stored_all_the_same(pipe):
    """A mail server would send it back, or try it for days."""
    deep = next(one.raw for one in hostile.cases() if one.name == "a thousand levels")
    assert pipe.take(b"\xff\x00 no message", "--recipient", "odd@helpdesk.example")[0] == 0
    assert pipe.take(deep, "--recipient", "odd@helpdesk.example")[0] == 0
    states = [row[0] for row in pipe.stored("odd@helpdesk.example")]
    assert states == ["quarantined", "worked"]


def test_a_message_too_large_goes_back_to_its_sender(pipe):
    pipe.shared.run(SMALL_BOX)
    raw = message("x" * 1_100_000)
    code, words = pipe.take(raw, "--mailbox", "Small", "--recipient", "big@helpdesk.example")
    assert (code, "larger than 1 MB" in words) == (65, True)
    assert pipe.stored("big@helpdesk.example") == []


def test_where_there_is_no_such_queue_or_mailbox_it_goes_back(pipe):
    code, words = pipe.take(message(), "--queue", "nowhere")
    assert (code, "There is no queue “nowhere”. Queues: support." in words) == (67, True)
    code, words = pipe.take(message(), "--mailbox", "Nobody")
    assert (code, "There is no mailbox “Nobody”." in words) == (67, True)


def test_without_a_database_it_is_to_be_tried_again(pipe, tmp_path):
    away = "postgres://nobody@127.0.0.1:1/nothing"
    code, words = pipe.take(message(), DATABASE_URL=away)
    assert (code, "try again later" in words) == (75, True)
    empty = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    assert pipe.take(message(), DATABASE_URL=empty)[0] == 75


def test_while_the_database_is_locked_it_is_to_be_tried_again(pipe, folder):
    if connection.vendor != "sqlite":
        pytest.skip("a server's database has no single lock")
    raw, arguments = message(subject="Locked"), ("--recipient", "locked@helpdesk.example")
    pipe.take(message(), "--queue", "support")  # its mailbox is there
    lock = sqlite3.connect(folder / "shared.sqlite3", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        code, words = pipe.take(raw, *arguments)
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    assert (code, "locked" in words) == (75, True)
    assert pipe.take(raw, *arguments) == (0, "")
    assert [row[:2] for row in pipe.stored("locked@helpdesk.example")] == [["worked", "Locked"]]
