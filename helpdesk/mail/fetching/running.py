"""One look into a mailbox, under its lease: each message is stored before it is put away."""

import imaplib
import logging
import poplib
import ssl
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from imap_tools.errors import ImapToolsError

from helpdesk.encryption import LostKey
from helpdesk.mail.fetching.imap import ImapServer, said_by
from helpdesk.mail.fetching.pop3 import Pop3Server
from helpdesk.mail.fetching.server import FetchError, Server, Waiting, refused_tls
from helpdesk.mail.receiving import work
from helpdesk.mail.store import store
from helpdesk.models import Mailbox
from helpdesk.outbound.fence import RefusedAddress

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)
RENEW_AFTER = 10.0  # seconds; a pause is noticed as late
SLICE = 60.0  # seconds of one look
LONGEST_WAIT = timedelta(minutes=30)
SERVERS = {Mailbox.Protocol.IMAP: ImapServer, Mailbox.Protocol.POP3: Pop3Server}
Failed = (
    FetchError,
    RefusedAddress,
    LostKey,
    imaplib.IMAP4.error,
    ImapToolsError,
    poplib.error_proto,
    OSError,
)


@dataclass
class Look:
    """What one look brought. `error` is empty if the server was well."""

    stored: int = 0
    known: int = 0
    too_large: int = 0
    lag: int | None = None
    error: str = ""


def fetch_due() -> int:
    """Look into every mailbox whose time has come; returns how many messages came."""
    now, came = timezone.now(), 0
    due = Mailbox.objects.filter(paused=False, due_at__lte=now)
    for mailbox in due.exclude(protocol__in=Mailbox.HANDED_OVER).select_related("queue"):
        look = fetch(mailbox)
        came += look.stored if look else 0
    return came


def fetch(mailbox: Mailbox, *, seconds: float = SLICE, wait: int = 0) -> Look | None:
    """Look into a mailbox, and wait so many seconds for more; None if another process is at it.

    Its state, error and lag are kept. What a message does when it is worked on is its own matter.
    """
    lease = _take(mailbox)
    if lease is None:
        return None
    look = Look()
    try:
        _look(mailbox, lease, look, seconds, wait)
    except Failed as error:
        look.error = words_of(error, mailbox)
        log.warning("Mailbox %s: %s", mailbox.pk, look.error)
    finally:
        _give_back(mailbox, lease, look)
    return look


def try_out(mailbox: Mailbox) -> tuple[int, str]:
    """Sign in and count what waits, taking nothing: `(messages, error in words)`."""
    server = None
    try:
        server = SERVERS[mailbox.protocol](mailbox)
        return sum(1 for _one in server.waiting()), ""
    except Failed as error:
        return 0, words_of(error, mailbox)
    finally:
        if server is not None:
            server.close()


def _look(mailbox: Mailbox, lease, look: Look, seconds: float, wait: int) -> None:
    ends = time.monotonic() + seconds
    server, renewed = SERVERS[mailbox.protocol](mailbox), 0.0
    try:
        while True:
            for waiting in server.waiting():
                now = time.monotonic()
                if now > ends:
                    return
                if now - renewed > RENEW_AFTER:
                    if not _renew(mailbox, lease):
                        return
                    renewed = now
                _take_over(server, mailbox, waiting, look)
            if not wait or not isinstance(server, ImapServer) or time.monotonic() > ends:
                return
            if not _renew(mailbox, lease):  # it is paused, or was taken for dead
                return
            renewed = time.monotonic()
            Mailbox.objects.filter(pk=mailbox.pk).update(looked_at=timezone.now(), last_error="")
            server.idle(int(min(wait, LEASE.total_seconds() / 2)))
    finally:
        server.close()


def _take_over(server: Server, mailbox: Mailbox, waiting: Waiting, look: Look) -> None:
    """Store a message, put its copy on the server away, and only then work on it."""
    if waiting.size > mailbox.max_size:
        head = server.head(waiting.key)
        message, is_new = store(
            head, mailbox, came_at=waiting.came_at, is_whole=False, size=waiting.size
        )
        look.too_large += is_new
        server.leave(waiting.key)
    else:
        raw = server.whole(waiting.key)
        if raw is None:  # taken away meanwhile
            return
        message, is_new = store(raw, mailbox, came_at=waiting.came_at)
        del raw  # reading it again from the database needs the room
        server.put_away(waiting.key)
        look.stored += is_new
        look.known += not is_new
    if waiting.came_at is not None:
        look.lag = max(0, int((message.stored_at - waiting.came_at).total_seconds()))
    if message.state == message.State.STORED:
        message.mailbox = mailbox
        work(message)


def _take(mailbox: Mailbox):
    now, lease = timezone.now(), uuid4()
    free = Q(lease=None) | Q(leased_until__lt=now)
    taken = Mailbox.objects.filter(free, pk=mailbox.pk, paused=False)
    return lease if taken.update(lease=lease, leased_until=now + LEASE) else None


def _renew(mailbox: Mailbox, lease) -> bool:
    held = Mailbox.objects.filter(pk=mailbox.pk, lease=lease, paused=False)
    return bool(held.update(leased_until=timezone.now() + LEASE))


def _give_back(mailbox: Mailbox, lease, look: Look) -> None:
    now = timezone.now()
    changed = {"lease": None, "leased_until": None, "looked_at": now, "last_error": look.error}
    if look.error:
        since = mailbox.failing_since or now
        waited = min(LONGEST_WAIT, max(now - since, timedelta(seconds=mailbox.every)))
        changed |= {"failing_since": since, "due_at": now + waited}
    else:
        changed |= {"failing_since": None, "due_at": now + timedelta(seconds=mailbox.every)}
    if look.lag is not None:
        changed["lag"] = look.lag
    try:
        Mailbox.objects.filter(pk=mailbox.pk, lease=lease).update(**changed)
    except DatabaseError:
        log.warning("Mailbox %s could not be given back; its lease ends by itself", mailbox.pk)


def words_of(error: Exception, mailbox: Mailbox) -> str:
    """What is wrong and what to do, for whoever keeps the mailbox."""
    host = mailbox.host
    if isinstance(error, FetchError | LostKey):
        words = str(error)
    elif isinstance(error, RefusedAddress):
        words = _("%(why)s Add its network to OUTBOUND_ALLOW if it is yours.") % {"why": error}
    elif isinstance(error, ssl.SSLError):
        words = refused_tls(host, error)
    elif isinstance(error, TimeoutError):
        words = _("%(host)s did not answer in time.") % {"host": host}
    elif isinstance(error, ConnectionRefusedError):
        words = _("%(host)s takes no connections at this port.") % {"host": host}
    elif isinstance(error, imaplib.IMAP4.error | ImapToolsError | poplib.error_proto):
        words = _("%(host)s refused: %(why)s") % {"host": host, "why": said_by(error)}
    else:
        words = _("%(host)s can't be reached: %(why)s") % {"host": host, "why": error}
    return str(words)[:500]
