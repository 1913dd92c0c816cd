"""Repairing what a drift check found: what both sides agreed on is corrected, the mirror does it.

No value is sent or stored from here. Once the agreed halves say which side changed, the ordinary
exchange of the ticket carries it over.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from helpdesk.models import Ticket
from integrations import mirror
from integrations.merge import CUSTOM
from integrations.mirror.due import FINISHED
from integrations.models import Connection, Link, Record

SIDES = ("ours", "theirs", "policy")
AT_ONCE = 200


def repair(connection: Connection, row: Record, side: str) -> bool:
    """Repair one ticket of a report; returns whether there was something to do.

    `side` says which value counts, or that the connection's rule decides. What is missing on one
    side is made there whatever `side` says, except that `theirs` unlinks what is gone there.
    """
    found = row.content
    kind = found["kind"]
    if kind == "missing_here":
        done = _bring_here(connection, found)
    elif kind == "missing_there":
        done = _bring_there(connection, found)
    elif kind == "gone":
        done = _again_there(found) if side != "theirs" else _unlink(found)
    else:
        done = _agree(found, side)
    if done:
        row.content = {**found, "repaired": side}
        row.save(update_fields=["content"])
        mirror.nudge()
    return done


def _agree(found: dict[str, Any], side: str) -> bool:
    with transaction.atomic():
        link = _locked(found["link"])
        if link is None or not link.remote_id:
            return False
        for one in found["fields"]:
            ours, theirs = _halves(one, side)
            _put(link.agreed_ours, one["field"], ours)
            _put(link.agreed_theirs, one["field"], theirs)
            if side != "policy":
                link.decisions[one["field"]] = side
        link.due_at, link.must_read, link.urgency = timezone.now(), True, Link.Urgency.DRIFT
        link.save(
            update_fields=[
                "agreed_ours",
                "agreed_theirs",
                "decisions",
                "due_at",
                "must_read",
                "urgency",
            ]
        )
    return True


def _halves(one: dict[str, Any], side: str) -> tuple[Any, Any]:
    """What counts as agreed, so that the other side's value is the change; None: nothing is."""
    if side == "ours":
        return one["read"], one["theirs"]
    if side == "theirs":
        return one["ours"], one["written"]
    return None, None


def _put(half: dict[str, Any], name: str, value: Any) -> None:
    if name.startswith(CUSTOM):
        half.setdefault("custom", {})
        half, name = half["custom"], name.removeprefix(CUSTOM)
    if value is None:
        half.pop(name, None)
    else:
        half[name] = value


def _bring_here(connection: Connection, found: dict[str, Any]) -> bool:
    known = {"connection": connection, "remote_id": found["remote_id"]}
    if found["ticket"] and Ticket.objects.filter(pk=found["ticket"], deleted_at=None).exists():
        if Link.objects.filter(connection=connection, ticket_id=found["ticket"]).exists():
            return False
        link, _made = Link.objects.get_or_create(**known, defaults={"ticket_id": found["ticket"]})
    else:
        link, _made = Link.objects.get_or_create(**known)
    return _due(link.pk)


def _bring_there(connection: Connection, found: dict[str, Any]) -> bool:
    if found["link"]:
        return _due(found["link"])
    ticket = Ticket.objects.filter(pk=found["ticket"], deleted_at=None).first()
    if ticket is None:
        return False
    mirror.begin(connection, ticket)
    return True


def _again_there(found: dict[str, Any]) -> bool:
    """Make the ticket there anew: what was agreed with the old one counts no more."""
    with transaction.atomic():
        link = _locked(found["link"])
        if link is None or link.ticket_id is None or link.remote_id != found["remote_id"]:
            return False
        link.comment_links.all().delete()
        link.attachment_links.all().delete()
        link.agreed_ours, link.agreed_theirs = {}, {}
        link.remote_id = link.remote_number = link.remote_url = link.error = ""
        link.remote_updated_at = link.attempt_began_at = None
        link.state, link.attempts = Link.State.WAITING, 0
        link.due_at, link.must_read, link.urgency = timezone.now(), False, Link.Urgency.DRIFT
        link.save()
    return True


def _unlink(found: dict[str, Any]) -> bool:
    rows = Link.objects.filter(pk=found["link"]).exclude(state__in=FINISHED)
    return bool(rows.update(state=Link.State.ENDED, due_at=None, error=""))


def _due(pk: int) -> bool:
    rows = Link.objects.filter(pk=pk).exclude(state__in=FINISHED)
    return bool(
        rows.update(
            due_at=timezone.now(),
            must_read=True,
            urgency=Link.Urgency.DRIFT,
            state=Link.State.WAITING,
            attempts=0,
        )
    )


def _locked(pk: int | None) -> Link | None:
    rows = Link.objects.select_for_update(of=("self",)).exclude(state__in=FINISHED)
    return rows.filter(pk=pk).first()
