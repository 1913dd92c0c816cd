"""Sending: claimed by one statement, sent outside any transaction, and noted.

Whatever dies in between is tried again when its claim ends. If the server had taken the message by
then, it gets it twice, under the same Message-ID: SMTP knows no better.
"""

import logging
import random
import smtplib
import ssl
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import BadHeaderError
from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actions.outgoing import FAILED, PENDING, SENT
from helpdesk.encryption import LostKey
from helpdesk.mail.fetching.server import FetchError, refused_tls
from helpdesk.mail.outgoing.accounts import Servers
from helpdesk.mail.outgoing.forwards import forward_letter
from helpdesk.mail.outgoing.notices import notice_letter
from helpdesk.mail.outgoing.probing import probe_letter
from helpdesk.mail.outgoing.writing import (
    NotToBeSent,
    acknowledgement_letter,
    opening_letter,
    reply_letter,
)
from helpdesk.models import OutgoingMail, Recipient
from helpdesk.outbound.fence import RefusedAddress

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=10)  # longer than a message can take
SLICE = 20.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0  # seconds; doubled with each try
FEWEST_TRIES = 3  # before a message is given up, however late it is tried first
ANY = Q()
State = OutgoingMail.State
WRITERS = {
    OutgoingMail.Kind.REPLY: reply_letter,
    OutgoingMail.Kind.FORWARD: forward_letter,
    OutgoingMail.Kind.ACKNOWLEDGEMENT: acknowledgement_letter,
    OutgoingMail.Kind.NOTICE: notice_letter,
    OutgoingMail.Kind.OPENING: opening_letter,
    OutgoingMail.Kind.PROBE: probe_letter,
}


@dataclass(frozen=True)
class Trouble:
    """Why it was not sent. `is_final`: the server will never take it; `is_of_server`: it takes
    nothing now, whatever the message."""

    words: str
    is_final: bool = False
    is_of_server: bool = False


def send_due(seconds: float = SLICE) -> int:
    """Send what is due, oldest first, for so many seconds; returns how many tries there were."""
    ends, tried, servers = time.monotonic() + seconds, 0, Servers()
    try:
        while time.monotonic() < ends and (mail := claim(servers.usable())) is not None:
            tried += 1
            trouble = _send(mail, servers.of(mail))
            if trouble is not None and trouble.is_of_server:
                servers.leave_out(mail)  # its others would wait for it in vain
    finally:
        for server in servers.opened.values():
            _close(server)
    return tried


def claim(among: Q = ANY) -> OutgoingMail | None:
    """The message that is due longest, leased to the caller. An idle look writes nothing."""
    while True:
        due = _due(timezone.now()).filter(among).order_by("due_at", "pk")
        mail_id = due.values_list("pk", flat=True).first()
        if mail_id is None:
            return None
        now, lease = timezone.now(), uuid.uuid4()
        mine = _due(now).filter(pk=mail_id)
        if mine.update(
            state=State.SENDING, lease=lease, leased_until=now + LEASE, tries=F("tries") + 1
        ):
            rows = OutgoingMail.objects.select_related(
                "comment__author", "ticket", "recipient", "answers", "person", "mailbox__grant"
            )
            return rows.get(pk=mail_id)


def _due(now: datetime):
    free = Q(state=State.WAITING) | Q(state=State.SENDING, leased_until__lte=now)
    return OutgoingMail.objects.filter(free, due_at__lte=now)


def _send(mail: OutgoingMail, server) -> Trouble | None:
    try:
        letter = WRITERS[mail.kind](mail)
    except NotToBeSent as why:
        _note(mail, state=State.DROPPED, ended_at=timezone.now(), last_error=str(why)[:500])
        return None
    except DatabaseError:
        raise  # the lease runs out, and it is tried again
    except Exception as error:
        log.exception("Message %s could not be written", mail.pk)
        words = _("A fault of the helpdesk itself (%(kind)s). See the log.")
        trouble = Trouble(words % {"kind": type(error).__name__})
        _note_trouble(mail, trouble)
        return trouble
    trouble = _hand_over(letter, server)
    if trouble is None:
        _note(mail, state=State.SENT, ended_at=timezone.now(), last_error="", reached=SENT)
    else:
        _note_trouble(mail, trouble)
    return trouble


def _hand_over(letter, server) -> Trouble | None:
    try:
        server.open()  # stays open for the next one
        server.send_messages([letter])
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        return Trouble(_said(code, words), is_final=code >= 500)
    except smtplib.SMTPSenderRefused as error:
        return Trouble(_said(error.smtp_code, error.smtp_error), is_final=error.smtp_code >= 500)
    except smtplib.SMTPDataError as error:
        return Trouble(_said(error.smtp_code, error.smtp_error), is_final=error.smtp_code >= 500)
    except smtplib.SMTPResponseException as error:  # sign-in, greeting: no fault of the message
        _close(server)
        return Trouble(_said(error.smtp_code, error.smtp_error), is_of_server=True)
    except (FetchError, LostKey, RefusedAddress) as error:  # no token for its account
        _close(server)
        return Trouble(str(error), is_of_server=True)
    except ssl.SSLError as error:
        _close(server)
        return Trouble(refused_tls(server.host, error), is_of_server=True)
    except smtplib.SMTPNotSupportedError as error:
        _close(server)
        words = _("%(host)s offers no STARTTLS, or no signing in, at this port: %(error)s")
        return Trouble(words % {"host": server.host, "error": error}, is_of_server=True)
    except (OSError, smtplib.SMTPException) as error:
        _close(server)
        words = _("The mail server can't be reached: %(error)s") % {"error": error}
        return Trouble(words, is_of_server=True)
    except (BadHeaderError, ValueError) as error:
        return Trouble(_("It can't be written as mail: %(error)s") % {"error": error}, True)
    return None


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return _("The mail server said: %(code)s %(words)s") % {"code": code, "words": text}


def _note_trouble(mail: OutgoingMail, trouble: Trouble) -> None:
    now = timezone.now()
    is_over = now >= mail.give_up_at and mail.tries >= FEWEST_TRIES
    if trouble.is_final or is_over:
        _note(
            mail,
            state=State.FAILED,
            ended_at=now,
            last_error=trouble.words[:500],
            reached=FAILED,
        )
        return
    pause = min(FIRST_PAUSE * 2 ** min(mail.tries - 1, 20), LONGEST_PAUSE)
    due_at = now + timedelta(seconds=pause * random.uniform(0.8, 1.2))
    _note(mail, state=State.WAITING, due_at=due_at, last_error=trouble.words[:500])


def _note(mail: OutgoingMail, *, reached: str = "", **fields) -> None:
    """Write down how it went, unless the lease was lost to another worker meanwhile."""
    with transaction.atomic():
        own = OutgoingMail.objects.filter(pk=mail.pk, lease=mail.lease, state=State.SENDING)
        if own.update(**fields, lease=None, leased_until=None) and reached and mail.recipient_id:
            rows = Recipient.objects.filter(pk=mail.recipient_id, state__in=(PENDING, FAILED))
            rows.update(state=reached)


def _close(server) -> None:
    """A backend whose connection broke has none afterwards, and opens one anew."""
    try:
        server.close()
    except (OSError, smtplib.SMTPException) as error:
        log.info("Closing the connection to the mail server: %s", error)
    if getattr(server, "connection", None) is not None:
        server.connection = None
