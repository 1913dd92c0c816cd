"""Links that are not in step: found, tried again, left, settled and unlinked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.models import Ticket
from helpdesk.text import fold
from integrations import mirror
from integrations.connecting import client_of
from integrations.mirror import carrying, files, turns
from integrations.mirror.due import FINISHED
from integrations.models import Connection, Link

SORTS = {
    "error": Q(state=Link.State.ERROR),
    "conflict": Q(state=Link.State.CONFLICT),
    "maybe_created": Q(state=Link.State.MAYBE_CREATED),
    "gone": Q(state=Link.State.GONE),
    "paused": Q(state=Link.State.PAUSED),
    "retrying": Q(state=Link.State.WAITING) & ~Q(error=""),
}
ANY = Q()
for _one in SORTS.values():
    ANY |= _one
PAGE = 50
AT_ONCE = 500
SETTLED_AT_ONCE = 100
POLICIES = ("ours", "theirs", "later")


def listing(
    connection: Connection, actor: Actor, *, sort: str = "", text: str = ""
) -> QuerySet[Link]:
    """Links that are not in step, the newest first, of tickets that the actor sees.

    `sort` is one of SORTS or empty; `text` a ticket's number, or words of the subject, the error
    or the number there.
    """
    rows = connection.links.filter(SORTS.get(sort, ANY)).exclude(state__in=FINISHED)
    rows = rows.filter(seen_by(actor))
    if text := text.strip():
        number = text.removeprefix("#")
        said = Q(error__icontains=text) | Q(remote_number__iexact=number) | Q(remote_id=text)
        said |= Q(ticket__title_folded__contains=fold(text))
        if number.isascii() and number.isdecimal() and len(number) < 19:
            said |= Q(ticket_id=int(number))
        rows = rows.filter(said)
    return rows.select_related("ticket").order_by("-pk")


def seen_by(actor: Actor) -> Q:
    """Links the actor may know of: of tickets that it sees, and of none yet for who configures."""
    return Q(ticket=None) | Q(ticket__in=Ticket.objects.visible_to(actor))


def counts(connection: Connection, actor: Actor) -> dict[str, int]:
    """How many of each of SORTS, in one statement."""
    rows = connection.links.exclude(state__in=FINISHED).filter(ANY).filter(seen_by(actor))
    named = {f"of_{name}": Count("pk", filter=one) for name, one in SORTS.items()}
    return {name.removeprefix("of_"): count for name, count in rows.aggregate(**named).items()}


def retry_all(links: QuerySet[Link]) -> int:
    """Try the newest of them again, AT_ONCE at most; returns how many.

    What was maybe created waits for a person, a conflict for a choice: trying changes neither.
    """
    waits = (Link.State.MAYBE_CREATED, Link.State.CONFLICT)
    ids = list(links.exclude(state__in=waits).values_list("pk", flat=True)[:AT_ONCE])
    return mirror.retry_all(Link.objects.filter(pk__in=ids))


def skip(link: Link, by: str) -> bool:
    """Leave a ticket as it is until it changes again; what failed stays said."""
    words = _("Skipped by %(person)s until the ticket changes: %(error)s")
    said = words % {"person": by, "error": link.error or link.get_state_display()}
    with transaction.atomic():
        kept = Link.objects.select_for_update(of=("self",)).get(pk=link.pk)
        if kept.state not in (Link.State.ERROR, Link.State.WAITING, Link.State.GONE):
            return False
        if kept.state == Link.State.WAITING and not kept.error:
            return False
        if kept.state != Link.State.GONE:
            kept.state = Link.State.OK
        kept.error, kept.due_at, kept.must_read, kept.attempts = "", None, False, 0
        kept.left_out = [said, *kept.left_out]
        kept.save(update_fields=["state", "error", "due_at", "must_read", "attempts", "left_out"])
    return True


def pause(link: Link) -> bool:
    """Exchange nothing of this ticket until a person resumes it. What changes is kept."""
    rows = Link.objects.filter(pk=link.pk).exclude(state__in=(*FINISHED, Link.State.PAUSED))
    return bool(rows.update(state=Link.State.PAUSED, error=""))


def arrived(link: Link) -> None:
    """A person looked: the reply or file whose answer was lost is there."""
    with transaction.atomic():
        carrying.settle_sent(link)
        files.settle_sent(link)
        link.attachment_links.filter(sent_at__isnull=False).update(error="")
        rows = Link.objects.filter(pk=link.pk, state=Link.State.MAYBE_CREATED)
        rows.update(state=Link.State.WAITING, error="")
    mirror.retry_all(Link.objects.filter(pk=link.pk))


def undecided(link: Link) -> list[str]:
    """The fields that both sides changed and nobody has decided about."""
    return [one["field"] for one in link.conflicts if one["winner"] == Connection.Winner.ASK]


def settle(link: Link, choices: dict[str, str]) -> int:
    """Decide fields of one link: field → `ours` or `theirs`; returns how many were open."""
    open_now = [(name, side) for name, side in choices.items() if name in undecided(link)]
    for name, side in open_now:
        mirror.settle(link, name, side)
    return len(open_now)


def settle_all(connection: Connection, links: Iterable[Link], policy: str) -> int:
    """Decide every open field of these links by one of POLICIES; returns how many links."""
    settled = 0
    for link in links:
        sides = {name: _side(connection, link, name, policy) for name in undecided(link)}
        settled += bool(settle(link, sides))
    return settled


def _side(connection: Connection, link: Link, name: str, policy: str) -> str:
    if policy != "later":
        return policy
    theirs_at = link.remote_updated_at
    if not client_of(connection).capabilities.dates_changes:
        seen = [one["at"] for one in link.conflicts if one["field"] == name]
        theirs_at = datetime.fromisoformat(seen[-1])
    return turns.later(turns.changed_here_at(connection, link.ticket, name), theirs_at)
