"""One stored message made into what it means: tried three times, then kept in quarantine.

Each message is claimed by one statement, read outside any transaction, and takes effect in one. A
process that dies on the way leaves a claim that ends by itself. Whatever one message does, the next
one is worked on.
"""

import logging
import time
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError
from django.db.models import F
from django.utils import timezone

from helpdesk.mail import joining, parsing, story
from helpdesk.mail.joining import Refused
from helpdesk.mail.judging import REFUSE, judge
from helpdesk.mail.showing import TOO_SLOW
from helpdesk.mail.store import raw_of, store
from helpdesk.mail.time_box import TookTooLong, at_most
from helpdesk.models import Mailbox, StoredMessage

log = logging.getLogger(__name__)
TRIES = 3
CLAIMED_FOR = timedelta(minutes=5)
AGAIN_AFTER = timedelta(seconds=30)
SLICE = 20.0  # seconds
READ_SECONDS = 20.0  # of processor time for one message; the worst of the corpus takes less than 2
State = StoredMessage.State


def receive(raw: bytes, mailbox: Mailbox, **how) -> StoredMessage:
    """Store a message and work on it at once. See `store`; raises TooLarge."""
    message, is_new = store(raw, mailbox, **how)
    if is_new or message.state == State.STORED:
        work(message)
    return message


def work_due(seconds: float = SLICE) -> int:
    """Work on what waits, oldest first, for so many seconds; returns how many were done."""
    ends, done = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        due = StoredMessage.objects.filter(state=State.STORED, due_at__lte=timezone.now())
        message = due.select_related("mailbox__queue").order_by("due_at", "pk").first()
        if message is None:
            break
        work(message)
        done += 1
    return done


def work(message: StoredMessage) -> None:
    """Work on a message that waits; does nothing if another process is at it."""
    if not _claim(message):
        return
    try:
        _work(message)
    except Refused as refused:
        quarantine(message, str(refused))
    except PermissionDenied as error:
        quarantine(message, str(error))
    except ValidationError as error:
        quarantine(message, " ".join(error.messages))
    except OperationalError as error:  # the database is busy or away: the message is not at fault
        log.warning("Message %s waits for the database: %s", message.pk, error)
        _wait(message, tries=message.tries - 1)
    except Exception as error:
        log.exception("Message %s failed", message.pk)
        words = f"{type(error).__name__}: {error}"
        if message.tries >= TRIES:
            quarantine(message, words)
        else:
            _wait(message, reason=words[:500])


def quarantine(message: StoredMessage, reason: str) -> None:
    message.state, message.reason = State.QUARANTINED, reason[:500]
    message.worked_at = timezone.now()
    fields = ["state", "reason", "worked_at", "story", "kind", "sender", "subject"]
    rows = StoredMessage.objects.filter(pk=message.pk, state=State.STORED)
    rows.update(**{name: getattr(message, name) for name in fields})


def _claim(message: StoredMessage) -> bool:
    now = timezone.now()
    free = StoredMessage.objects.filter(pk=message.pk, state=State.STORED, due_at__lte=now)
    if not free.update(tries=F("tries") + 1, due_at=now + CLAIMED_FOR):
        return False
    message.tries += 1
    message.state = State.STORED
    if message.tries > TRIES:  # it ended the process each time
        quarantine(message, story.reason("tried"))
        return False
    return True


def _work(message: StoredMessage) -> None:
    raw = raw_of(message)
    try:
        with at_most(READ_SECONDS):
            mail = parsing.read(raw, message.came_at)
    except TookTooLong as error:
        message.story = {"effect": REFUSE, "reason": TOO_SLOW}
        raise Refused(story.reason(TOO_SLOW)) from error
    del raw
    message.subject = mail.subject[:500]
    judgement = judge(mail, message)
    message.story = judgement.story
    message.kind = judgement.kind.name
    message.sender = judgement.address[:254]
    joining.join(mail, message, judgement)


def _wait(message: StoredMessage, **fields) -> None:
    due_at = timezone.now() + AGAIN_AFTER
    rows = StoredMessage.objects.filter(pk=message.pk, state=State.STORED)
    try:
        rows.update(due_at=due_at, **fields)
    except OperationalError:
        return  # its claim ends by itself
