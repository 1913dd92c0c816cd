"""Delivering: claimed, sent side by side, and noted. Whatever dies in between is tried again."""

import logging
import random
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actions.webhooks import ask_for_delivery
from helpdesk.encryption import LostKey
from helpdesk.models import Delivery, DeliveryAttempt, Webhook
from helpdesk.webhooks import claiming, signing
from helpdesk.webhooks.payload import NotToBeTold, body_of
from helpdesk.webhooks.sending import Letter, Outcome, send

log = logging.getLogger(__name__)
SLICE = 5.0  # seconds in which new deliveries are taken up
LOOK_EVERY = 0.3  # seconds
FIRST_PAUSE = 5.0  # seconds; doubled with each try
LONGEST_PAUSE = 3600.0
LONGEST_WAIT = 3600.0  # of a whole subscription whose receiver asks for it
FEWEST_TRIES = 3  # before an event is given up, however late it is tried first
State = Delivery.State


def deliver(seconds: float = SLICE) -> int:
    """Try what is due, for some seconds; returns how many tries there were.

    The requests run in threads, all that touches the database in this one.
    """
    waiting = claiming.claim(claiming.SLOTS)
    if not waiting:
        return 0
    until = time.monotonic() + seconds
    flying: dict[Future[Outcome], tuple[Delivery, Letter]] = {}
    tried = 0
    with ThreadPoolExecutor(claiming.SLOTS) as pool:
        while waiting or flying:
            for delivery in waiting:
                if (letter := _letter(delivery)) is not None:
                    flying[pool.submit(send, letter)] = (delivery, letter)
            done, _rest = wait(flying, timeout=LOOK_EVERY, return_when=FIRST_COMPLETED)
            for future in done:
                delivery, letter = flying.pop(future)
                _note(delivery, letter, future.result())
                tried += 1
            room = claiming.SLOTS - len(flying)
            waiting = claiming.claim(room) if time.monotonic() < until else []
    if claiming.has_work():
        ask_for_delivery()
    return tried


def _letter(delivery: Delivery) -> Letter | None:
    """What to send; None if there is nothing to be sent, which is noted."""
    webhook = delivery.webhook
    try:
        body = body_of(delivery)
        secrets = signing.secrets_of(webhook)
    except NotToBeTold as why:
        _own(delivery).update(
            state=State.DROPPED,
            last_error=str(why),
            ended_at=timezone.now(),
            lease=None,
            leased_until=None,
        )
        return None
    except DatabaseError:
        raise  # the lease runs out, and it is tried again
    except LostKey as lost:
        _note(delivery, None, Outcome(at=timezone.now(), error=str(lost)[:500]))
        return None
    except Exception as error:
        log.exception("Delivery %s could not be written", delivery.pk)
        words = _("A fault of the helpdesk itself (%(kind)s). See the log.")
        words %= {"kind": type(error).__name__}
        _note(delivery, None, Outcome(at=timezone.now(), error=words))
        return None
    timestamp = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": "Helpdesk",
        signing.EVENT: delivery.event,
        signing.EVENT_ID: str(delivery.event_id),
        signing.DELIVERY_ID: str(delivery.uuid),
        signing.ATTEMPT: str(delivery.attempts),
        signing.TIMESTAMP: str(timestamp),
        signing.SIGNATURE: signing.signature(secrets, timestamp, body),
    }
    return Letter(url=webhook.url, headers=headers, body=body, secrets=tuple(secrets))


def _note(delivery: Delivery, letter: Letter | None, outcome: Outcome) -> None:
    """Write down how a try went, unless the lease was lost to another worker meanwhile."""
    changes = _changes(delivery, outcome)
    with transaction.atomic():
        if not _own(delivery).update(**changes, lease=None, leased_until=None):
            return
        DeliveryAttempt.objects.create(
            delivery_id=delivery.pk,
            number=delivery.attempts,
            at=outcome.at,
            milliseconds=outcome.milliseconds,
            status=outcome.status,
            error=outcome.error,
            request=letter.kept(letter.body.decode()) if letter else "",
            answer=outcome.answer,
        )
        _count(delivery.webhook, outcome, died=changes["state"] == State.DEAD)


def _changes(delivery: Delivery, outcome: Outcome) -> dict:
    now = timezone.now()
    if outcome.is_success:
        return {"state": State.DELIVERED, "ended_at": now, "last_error": ""}
    is_over = now >= delivery.give_up_at and delivery.tries >= FEWEST_TRIES
    if is_over or outcome.status == 410:
        return {"state": State.DEAD, "ended_at": now, "last_error": outcome.error}
    pause = timedelta(seconds=_pause(delivery.tries, outcome.retry_after))
    return {"state": State.WAITING, "due_at": now + pause, "last_error": outcome.error}


def _pause(tries: int, retry_after: float | None) -> float:
    """Seconds until the next try: doubled each time, spread, and not before the receiver says."""
    usual = min(FIRST_PAUSE * 2 ** min(tries - 1, 20), LONGEST_PAUSE) * random.uniform(0.8, 1.2)
    return max(usual, min(retry_after or 0.0, 24 * LONGEST_PAUSE))


def _count(webhook: Webhook, outcome: Outcome, *, died: bool) -> None:
    now, row = timezone.now(), Webhook.objects.filter(pk=webhook.pk)
    if outcome.is_success:
        row.update(
            delivered=F("delivered") + 1, last_success_at=now, failing_since=None, last_error=""
        )
        return
    row.update(failed=F("failed") + 1, died=F("died") + int(died), last_error=outcome.error)
    row.filter(failing_since=None).update(failing_since=now)
    if outcome.status in (429, 503) and outcome.retry_after:
        seconds = min(outcome.retry_after, LONGEST_WAIT)
        row.update(wait_until=now + timedelta(seconds=seconds))
    if outcome.status == 410:
        _end(row)


def _end(row) -> None:
    """The receiver wants no more: nothing is sent any longer, what waits is given up."""
    now, words = timezone.now(), _("The receiver ended the subscription (410).")
    row.update(state=Webhook.State.ENDED, last_error=words)
    waiting = Delivery.objects.filter(webhook__in=row, state=State.WAITING)
    number = waiting.update(state=State.DEAD, ended_at=now, last_error=words)
    row.update(died=F("died") + number)


def _own(delivery: Delivery):
    return Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease, state=State.WAITING)
