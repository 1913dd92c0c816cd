"""Fetching from a real server: stored first, put away after, one at a time."""

import imaplib
import poplib
import re
import threading
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from helpdesk.mail import fetching, receiving
from helpdesk.mail.fetching import running
from helpdesk.mail.fetching.imap import ImapServer
from helpdesk.management.commands import fetch_mail
from helpdesk.models import Mailbox, StoredMessage, Ticket
from tests.mail.messages import make_mailbox, message

pytestmark = pytest.mark.django_db
State = StoredMessage.State


@pytest.fixture
def make_box(mail_server, account):
    def make(protocol: str = "imap", **fields) -> Mailbox:
        mailbox = make_mailbox(
            protocol=protocol,
            host="127.0.0.1",
            port=getattr(mail_server, protocol),
            security=Mailbox.Security.NONE,
            username=account,
            **fields,
        )
        mailbox.password = "secret"
        mailbox.save()
        return mailbox

    return make


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_mail_is_fetched_once_and_deleted_on_the_server(mail_server, account, make_box, protocol):
    mailbox = make_box(protocol, afterwards="delete")
    mail_server.put(account, *(message(f"Words {number}") for number in range(3)))
    look = fetching.fetch(mailbox)
    assert (look.stored, look.error) == (3, "")
    assert Ticket.objects.count() == 3
    assert mail_server.count(account) == 0
    assert fetching.fetch(mailbox).stored == 0


def test_mail_is_moved_to_the_folder_for_fetched_mail(mail_server, account, make_box):
    mailbox = make_box(done_folder="Erledigt für heute")
    mail_server.put(account, message())
    assert fetching.fetch(mailbox).stored == 1
    assert mail_server.count(account) == 0
    assert mail_server.count(account, '"Erledigt f&APw-r heute"') == 1


@pytest.mark.parametrize("lacks", ["", "MOVE"])
@pytest.mark.parametrize("afterwards", ["delete", "move", "keep"])
def test_what_somebody_else_marked_as_deleted_is_left_to_them(
    mail_server, account, make_box, monkeypatch, afterwards, lacks
):
    can = ImapServer._can
    monkeypatch.setattr(ImapServer, "_can", lambda self, name: name != lacks and can(self, name))
    mail_server.put(account, message("Of somebody"))
    client = mail_server.client(account)
    client.select("INBOX")
    client.store("1", "+FLAGS", r"(\Deleted)")
    mail_server.put(account, message())
    assert fetching.fetch(make_box(afterwards=afterwards)).stored == 1
    client.noop()
    assert client.search(None, "DELETED")[1] == [b"1"]
    client.logout()


def test_mail_is_kept_on_the_server_and_not_fetched_again(mail_server, account, make_box):
    mailbox = make_box(afterwards="keep")
    mail_server.put(account, message())
    assert fetching.fetch(mailbox).stored == 1
    again = fetching.fetch(mailbox)
    assert (again.stored, again.known) == (0, 0)
    assert mail_server.count(account) == 1


def test_a_bad_message_does_not_stop_the_next(mail_server, account, make_box, monkeypatch):
    mailbox = make_box()
    mail_server.put(account, message("First"), message("Second"), message("Third"))
    read = receiving.parsing.read

    def failing(raw, came_at):
        if b"Second" in raw:
            raise RuntimeError("broken")
        return read(raw, came_at)

    monkeypatch.setattr(receiving.parsing, "read", failing)
    assert fetching.fetch(mailbox).stored == 3
    assert Ticket.objects.count() == 2
    waiting = StoredMessage.objects.get(state=State.STORED)
    for _again in range(2):
        StoredMessage.objects.update(due_at=waiting.stored_at)
        receiving.work_due()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (State.QUARANTINED, "RuntimeError: broken")
    assert mail_server.count(account) == 0


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_of_a_message_too_large_only_the_head_is_taken(mail_server, account, make_box, protocol):
    mailbox = make_box(protocol, max_megabytes=1, afterwards="delete")
    mail_server.put(account, message("x" * 70 + "\n" + "y" * 1_200_000), message("Small"))
    look = fetching.fetch(mailbox)
    assert (look.stored, look.too_large) == (1, 1)
    large = StoredMessage.objects.get(state=State.QUARANTINED)
    assert (large.is_whole, large.subject) == (False, "Printer on fire")
    assert large.size > 1_200_000
    assert mail_server.count(account) == 1
    assert fetching.fetch(mailbox).too_large == 0


def test_what_was_stored_before_a_crash_is_not_doubled(mail_server, account, make_box, monkeypatch):
    mailbox = make_box()
    mail_server.put(account, message())

    def dying(self, key):
        raise ConnectionResetError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(ImapServer, "put_away", dying)
        assert "gone" in fetching.fetch(mailbox).error
    assert mail_server.count(account) == 1
    look = fetching.fetch(mailbox)
    assert (look.stored, look.known, Ticket.objects.count()) == (0, 1, 1)
    assert mail_server.count(account) == 0


def test_one_process_at_a_mailbox(make_box):
    mailbox = make_box()
    assert running._take(mailbox)
    assert fetching.fetch(mailbox) is None


def test_a_paused_mailbox_is_left_alone(mail_server, account, make_box):
    mailbox = make_box(paused=True)
    mail_server.put(account, message())
    assert fetching.fetch_due() == 0
    assert fetching.fetch(mailbox) is None
    assert mail_server.count(account) == 1


@pytest.mark.parametrize("later", [0, 0.5], ids=["just before", "meanwhile"])
def test_one_who_waits_is_told_of_mail_at_once(mail_server, account, make_box, later):
    server = ImapServer(make_box())
    if later:
        coming = threading.Timer(later, mail_server.put, [account, message()])
        coming.start()
    else:
        mail_server.put(account, message())
    began = time.monotonic()
    assert server.idle(60)
    assert time.monotonic() - began < 50
    server.close()


def test_one_who_waits_for_long_stays_the_only_one(mail_server, account, make_box, monkeypatch):
    mailbox, held = make_box(), []

    def idle(server, seconds):  # as long as half a lease
        rows = Mailbox.objects.filter(pk=mailbox.pk)
        held.append(rows.get().leased_until - timezone.now())
        rows.update(leased_until=timezone.now() + running.LEASE / 2 - timedelta(seconds=1))
        if len(held) == 4:
            rows.update(paused=True)

    monkeypatch.setattr(ImapServer, "idle", idle)
    look = fetching.fetch(mailbox, seconds=3600, wait=55)
    assert look.error == ""
    assert len(held) == 4, "a pause ends it"
    assert min(held) > running.LEASE / 2


class Ended(Exception):
    """Somebody stops the command."""


@pytest.fixture
def naps(monkeypatch):
    """The command is stopped when it sleeps for the second time."""
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 2:
            raise Ended

    monkeypatch.setattr(fetch_mail.time, "sleep", sleep)
    return slept


@pytest.mark.parametrize("trouble", ["another process", "no server", "POP3"])
def test_the_command_that_stays_is_patient(mail_server, account, make_box, naps, trouble):
    mailbox = make_box("pop3" if trouble == "POP3" else "imap", afterwards="delete")
    if trouble == "another process":
        running._take(mailbox)
    elif trouble == "no server":
        Mailbox.objects.update(port=1)
    else:
        mail_server.put(account, message())
    said = StringIO()
    with pytest.raises(Ended):
        call_command("fetch_mail", mailbox="Support", stay=True, stdout=said, stderr=said)
    words = {"another process": "is at it", "no server": "takes no connections", "POP3": "new 1"}
    assert words[trouble] in said.getvalue()
    assert len(naps) == 2


def test_the_command_fetches_once_and_says_what_is_wrong(mail_server, account, make_box):
    make_box(afterwards="delete")
    mail_server.put(account, message())
    said = StringIO()
    call_command("fetch_mail", stdout=said)
    assert said.getvalue() == "Support: new 1, known 0, too large 0\n"
    Mailbox.objects.update(port=1)
    with pytest.raises(CommandError, match="takes no connections"):
        call_command("fetch_mail")
    with pytest.raises(CommandError, match="no mailbox “Elsewhere”"):
        call_command("fetch_mail", mailbox="Elsewhere")


@pytest.mark.parametrize(
    ("protocol", "changed", "words"),
    [
        ("imap", {"port": 1}, "takes no connections"),
        ("imap", {"host": "10.0.0.1"}, "OUTBOUND_ALLOW"),
        ("imap", {"folder": "Nowhere"}, "no folder “Nowhere”"),
        ("imap", {"security": "tls"}, "TLS"),
        ("pop3", {"port": 1}, "takes no connections"),
    ],
)
def test_what_is_wrong_is_said_in_words_and_tried_again_later(make_box, protocol, changed, words):
    mailbox = make_box(protocol)
    for name, value in changed.items():
        setattr(mailbox, name, value)
    mailbox.save()
    fetching.fetch(mailbox)
    mailbox.refresh_from_db()
    assert words in mailbox.last_error
    assert mailbox.failing_since is not None
    assert mailbox.due_at > mailbox.looked_at
    took = re.compile(r"\([\d.+ ]+ secs\)")  # the server says how long it thought
    said = [took.sub("", one) for one in (fetching.try_out(mailbox)[1], mailbox.last_error)]
    assert said[0] == said[1]


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_a_test_takes_nothing(mail_server, account, make_box, protocol):
    mailbox = make_box(protocol, afterwards="delete")
    mail_server.put(account, message(), message())
    assert fetching.try_out(mailbox) == (2, "")
    assert mail_server.count(account) == 2
    assert not StoredMessage.objects.exists()


def test_how_long_mail_lay_on_the_server_is_known(mail_server, account, make_box):
    mailbox = make_box()
    client = mail_server.client(account)
    client.append("INBOX", None, imaplib.Time2Internaldate(1_700_000_000), message())
    client.logout()
    fetching.fetch(mailbox)
    mailbox.refresh_from_db()
    assert mailbox.lag > 86_400
    assert Ticket.objects.get().created_at.timestamp() == 1_700_000_000


def test_pop3_lines_longer_than_the_standard_are_read(mail_server, account, make_box):
    mailbox = make_box("pop3", afterwards="delete")
    mail_server.put(account, message("short") + b"z" * 50_000)
    assert fetching.fetch(mailbox).stored == 1
    assert poplib._MAXLINE > 50_000
