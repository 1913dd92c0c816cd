"""What happened is recorded with the change itself, and announced afterwards."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.models import Change, Comment, Lock, Ticket
from helpdesk.models.ticket_fields import Diff, described
from helpdesk.nudging import ask_once
from helpdesk.storing import stored

log = logging.getLogger(__name__)
BATCH = 200
ANNOUNCE_TASK = "helpdesk.announce"


class Collision(ValidationError):
    """What the caller sets was changed since the version it saw.

    `difference` lists `{"field", "from", "to", "by", "at", "version"}` for each such change.
    """

    def __init__(self, difference: list[dict]):
        self.difference = difference
        names = ", ".join(sorted({one["field"] for one in difference}))
        super().__init__(
            _("Changed meanwhile: %(names)s. Look at the difference and try again.")
            % {"names": names},
            code="collision",
        )


def record(
    kind: str,
    ticket: Ticket,
    *,
    by: Actor,
    fields: Diff | None = None,
    said: dict | None = None,
    comment: Comment | None = None,
    at: datetime | None = None,
    silent: bool = False,
    cause: Change | None = None,
    undoes: Change | None = None,
) -> Change:
    """Record what a verb did, in its transaction, and nudge the announcer when it commits.

    `fields` is a diff of `Ticket.set_fields`; `said` is added as it is.
    """
    [change] = record_all(
        [
            new_change(
                kind,
                ticket,
                by=by,
                fields=fields,
                said=said,
                comment=comment,
                at=at,
                silent=silent,
                cause=cause,
                undoes=undoes,
            )
        ]
    )
    return change


def new_change(
    kind: str,
    ticket: Ticket,
    *,
    by: Actor,
    fields: Diff | None = None,
    said: dict | None = None,
    comment: Comment | None = None,
    at: datetime | None = None,
    silent: bool = False,
    cause: Change | None = None,
    undoes: Change | None = None,
) -> Change:
    now = timezone.now()
    return Change(
        ticket=ticket,
        version=ticket.version,
        kind=kind,
        at=at or now,
        recorded_at=now,
        person_id=by.person_id,
        person_name=by.name[:200],
        key_id=by.key_id,
        origin=by.origin,
        comment=comment,
        fields={**described(ticket, fields or {}), **(said or {})},
        silent=silent,
        cause=cause,
        undoes=undoes,
        request_id=by.request_id,
        on_behalf_of_id=by.on_behalf_of_id,
        change_set=by.change_set,
    )


def record_all(changes: list[Change]) -> list[Change]:
    recorded = stored(changes)
    if all(run is not nudge for _sids, run, *_rest in connection.run_on_commit):
        transaction.on_commit(nudge, robust=True)
    return recorded


def nudge() -> None:
    """Ask for `announce` to run. It may be lost: the periodic run comes within seconds."""
    ask_once(ANNOUNCE_TASK)


def refuse_collision(
    ticket: Ticket,
    base: int | None,
    names: set[str],
    *,
    replying: bool = False,
    but_by: int | None = None,
) -> None:
    """Raise Collision if one of the names was changed since version `base`.

    `custom` names are given as `custom.<key>`. `replying` also refuses over public comments and
    recipients that came since. What the person `but_by` did is no surprise to them.
    """
    if base is None or base >= ticket.version:
        return
    difference = []
    since = ticket.changes.filter(version__gt=base).order_by("version")
    if but_by is not None:
        since = since.exclude(Q(person_id=but_by) & Q(person_id__isnull=False))
    for change in since.select_related("comment"):
        touched = {name: value for name, value in change.fields.items() if name in names}
        if replying and change.kind == Change.Kind.REPLIED:
            touched["comment"] = {"to": change.comment.body[:500] if change.comment else ""}
        if replying and "recipients" in change.fields:
            touched["recipients"] = change.fields["recipients"]
        for name, value in touched.items():
            difference.append(
                {
                    "field": name,
                    **value,
                    "by": change.person_name,
                    "at": change.at.isoformat(),
                    "version": change.version,
                }
            )
    if difference:
        raise Collision(difference)


# Announcing --------------------------------------------------------------------------------------


@cache
def subscribers() -> tuple[Callable[[list[Change]], None], ...]:
    return tuple(import_string(name) for name in settings.SUBSCRIBERS)


def announce() -> int:
    """Hand every unannounced change to the subscribers, oldest first; return how many there were.

    One run at a time: a lock row is held by the transaction, so that a crash frees it.
    """
    announced = 0
    waiting = Change.objects.filter(announced_at=None, announce_error="")
    while waiting.exists():  # before the lock: an idle helpdesk writes nothing
        with transaction.atomic():
            if not _take_lock():
                return announced
            batch = list(waiting.select_related("ticket").order_by("pk")[:BATCH])
            _announce_batch(batch)
        announced += len(batch)
    return announced


def _take_lock() -> bool:
    Lock.objects.bulk_create([Lock(name="announce")], ignore_conflicts=True)
    rows = Lock.objects.filter(name="announce")
    return rows.select_for_update(skip_locked=True).first() is not None


def _announce_batch(batch: list[Change]) -> None:
    if not batch:
        return
    try:
        with transaction.atomic():
            for subscriber in subscribers():
                subscriber(batch)
    except Exception:
        log.exception("A subscriber refused a batch; its changes are announced one by one")
        for change in batch:
            _announce_one(change)
    unfailed = [change.pk for change in batch if not change.announce_error]
    Change.objects.filter(pk__in=unfailed).update(announced_at=timezone.now())


def _announce_one(change: Change) -> None:
    try:
        with transaction.atomic():
            for subscriber in subscribers():
                subscriber([change])
    except Exception as error:
        log.exception("Change %s was set aside", change.pk)
        change.announce_error = f"{type(error).__name__}: {error}"[:2000]
        change.save(update_fields=["announce_error"])
