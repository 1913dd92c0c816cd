"""Webhooks: subscribed, changed, tested, their events told again. Who may: administrators, keys
that reach all queues, and sandbox keys."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import query
from helpdesk.actor import Actor, Role
from helpdesk.encryption import encrypt
from helpdesk.models import Delivery, DeliveryAttempt, Queue, Ticket, Webhook
from helpdesk.models.configuration import configuration
from helpdesk.nudging import ask_for
from helpdesk.reach import why_unreachable
from helpdesk.text import one_line
from helpdesk.webhooks.audience import actor_of, may_hear
from helpdesk.webhooks.events import EVENTS, TEST

DELIVER_TASK = "helpdesk.deliver_webhooks"
PATIENCE = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=30)
MOST = 50  # subscriptions of one key
BATCH = 1000
State = Delivery.State


def may_subscribe(by: Actor) -> bool:
    if not by.can_write:
        return False
    if by.role == Role.KEY:
        return by.queues is None or _is_sandboxed(by)
    return by.role in (Role.ADMIN, Role.SYSTEM)


@transaction.atomic
def make_webhook(webhook: Webhook, queues: Iterable[Queue], *, by: Actor) -> str:
    """Store a new subscription of a key or an administrator; returns its secret, this once."""
    _authorise(by)
    webhook.key_id = by.key_id
    webhook.owner_id = None if by.key_id else by.person_id
    if by.key_id and Webhook.objects.filter(key=by.key_id).count() >= MOST:
        raise ValidationError(_("At most %(limit)s subscriptions.") % {"limit": MOST})
    queues = list(queues)
    _refuse_wrong(webhook, queues)
    secret = _new_secret()
    webhook.secret = encrypt(secret)
    webhook.save()
    webhook.queues.set(queues)
    return secret


@transaction.atomic
def change_webhook(webhook: Webhook, queues: Iterable[Queue] | None, *, by: Actor) -> Webhook:
    """Store what was set on a subscription; `queues` None leaves them.

    One that becomes active again tells all that waits, as if it had just happened.
    """
    _authorise(by)
    former = Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)
    queues = None if queues is None else list(queues)
    _refuse_wrong(webhook, queues or (), former)
    if webhook.state != former.state or webhook.url != former.url:
        webhook.wait_until = webhook.failing_since = None
        webhook.last_error = ""
        _begin_anew(webhook.deliveries.filter(state=State.WAITING))
    webhook.save(
        update_fields=[
            *("name", "url", "events", "query", "with_internal", "state"),
            *("wait_until", "failing_since", "last_error"),
        ]
    )
    if queues is not None:
        webhook.queues.set(queues)
    return webhook


@transaction.atomic
def rotate_webhook_secret(webhook: Webhook, *, by: Actor, overlap: timedelta) -> str:
    """Give it a new secret and return it; until the overlap ends both sign what is sent."""
    _authorise(by)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        words = _("Between 0 and %(hours)s hours.")
        hours = LONGEST_OVERLAP // timedelta(hours=1)
        raise ValidationError({"overlap_hours": words % {"hours": hours}})
    webhook = Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)
    secret = _new_secret()
    webhook.former_secret = webhook.secret if overlap else ""
    webhook.former_until = timezone.now() + overlap if overlap else None
    webhook.secret = encrypt(secret)
    webhook.save(update_fields=["secret", "former_secret", "former_until"])
    return secret


def remove_webhook(webhook: Webhook, *, by: Actor) -> None:
    """Remove a subscription with its log. What is being sent arrives perhaps still."""
    _authorise(by)
    Webhook.objects.filter(pk=webhook.pk).update(state=Webhook.State.PAUSED)
    rows = webhook.deliveries.order_by("pk")
    while ids := list(rows.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            DeliveryAttempt.objects.filter(delivery__in=ids).delete()
            Delivery.objects.filter(pk__in=ids).delete()
    webhook.delete()


def send_test(webhook: Webhook, *, by: Actor) -> Delivery:
    """Tell it a test, which waits for nothing and nothing waits for."""
    _authorise(by)
    if webhook.state != Webhook.State.ACTIVE:
        raise ValidationError(_("It is not active, so that nothing is sent."))
    delivery = Delivery.objects.create(
        webhook=webhook, event=TEST, give_up_at=timezone.now() + PATIENCE
    )
    ask_for_delivery()
    return delivery


@transaction.atomic
def replay(webhook: Webhook, delivery: Delivery, *, by: Actor) -> Delivery:
    """Tell an event once more, under its own id. One that waits is tried at once."""
    _authorise(by)
    _begin_anew(webhook.deliveries.filter(pk=delivery.pk))
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def replay_dead(webhook: Webhook, *, by: Actor) -> int:
    """Tell every event that was given up once more; returns how many."""
    _authorise(by)
    return _begin_anew(webhook.deliveries.filter(state=State.DEAD))


def ask_for_delivery() -> None:
    """Ask for deliveries once the transaction commits; lost, the clock asks within seconds."""
    if all(run is not _nudge for _sids, run, *_rest in connection.run_on_commit):
        transaction.on_commit(_nudge, robust=True)


def _nudge() -> None:
    ask_for(DELIVER_TASK)


def _begin_anew(deliveries) -> int:
    now = timezone.now()
    number = deliveries.update(
        state=State.WAITING, due_at=now, give_up_at=now + PATIENCE, tries=0, ended_at=None
    )
    ask_for_delivery()
    return number


def _new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


def _authorise(by: Actor) -> None:
    if not may_subscribe(by):
        words = _("Only a key of all queues that writes, or a sandbox key, may have webhooks.")
        raise PermissionDenied(words)


def _is_sandboxed(by: Actor) -> bool:
    return bool(by.queues) and by.queues <= frozenset(configuration().sandboxes)


def _refuse_wrong(webhook: Webhook, queues: Iterable[Queue], former: Webhook | None = None) -> None:
    """Raise ValidationError by field for what could never be told. What is as it was before is no
    reason: a subscription can be paused whatever became of its address or query meanwhile."""

    def is_new(name: str) -> bool:
        return former is None or getattr(former, name) != getattr(webhook, name)

    errors = {}
    webhook.name = one_line(webhook.name)
    if not webhook.name:
        errors["name"] = _("Enter a name.")
    if is_new("url") and (words := _wrong_address(webhook.url)):
        errors["url"] = words
    if unknown := [one for one in webhook.events if one not in EVENTS]:
        words = _("There is no event “%(name)s”. Known: %(names)s.")
        errors["events"] = words % {"name": str(unknown[0])[:60], "names": ", ".join(EVENTS)}
    elif is_new("events") and (words := _out_of_scope(webhook)):
        errors["events"] = words
    if is_new("query"):
        errors |= _wrong_query(webhook)
    if any(queue.is_sandbox for queue in queues) and not _owns_sandbox(webhook, queues):
        errors["queues"] = _("There is no such queue.")
    if errors:
        raise ValidationError(errors)


def _out_of_scope(webhook: Webhook) -> str:
    """Events whose tickets, comments or files the scopes of the key do not let it read."""
    actor = actor_of(webhook)
    heard = [name for name in EVENTS if actor is not None and may_hear(actor, name)]
    unheard = [name for name in webhook.events or EVENTS if name not in heard]
    if actor is None or (heard and not (webhook.events and unheard)):
        return ""
    return _("The scopes of this key do not reach “%(name)s”.") % {"name": unheard[0]}


def _wrong_query(webhook: Webhook) -> dict:
    actor = actor_of(webhook)
    if actor is None:
        return {"query": _("The key of this webhook is expired or revoked.")}
    asked = query.read(webhook.query)
    asked.narrow(Ticket.objects.none(), actor)
    try:
        asked.refuse("query")
    except ValidationError as error:
        return error.message_dict
    return {"query": _("A webhook has no order.")} if asked.sort else {}


def _owns_sandbox(webhook: Webhook, queues: Iterable[Queue]) -> bool:
    own = webhook.key.sandbox_id if webhook.key and webhook.key.is_sandbox else None
    return all(queue.pk == own for queue in queues)


def _wrong_address(url: str) -> str:
    """What is wrong with an address, as far as it can be told without asking the network."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        usable = usable and not any(c.isspace() or not c.isprintable() for c in url)
        usable = usable and url.isascii() and len(url) <= 2000
    except ValueError:
        usable = False
    if not usable:
        return _("Give an address that begins with https:// and has no spaces.")
    if parts.username is not None or parts.password is not None:
        return _("An address with a user or password in it is not taken.")
    return why_unreachable(parts.hostname)
