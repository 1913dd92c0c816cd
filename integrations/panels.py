"""What helpdesk shows of the mirror without knowing it: a panel of the ticket, marks in lists."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.actor import STAFF, Actor
from helpdesk.models import Ticket
from helpdesk.permissions import can
from integrations.connector import load_connector
from integrations.merge import CUSTOM
from integrations.mirror.conversation import COMMENT
from integrations.mirror.due import FINISHED
from integrations.models import Connection, Link
from integrations.operations.pending import Pending, pending_of

SHOWN = 3  # values that lost against the other side's
MOST = 80  # characters of such a value
FIELD_WORDS = {
    "title": gettext_lazy("subject"),
    "body": gettext_lazy("description"),
    "status": gettext_lazy("status"),
    "priority": gettext_lazy("priority"),
    "requester": gettext_lazy("requester"),
    "assignee": gettext_lazy("assignee"),
    "tags": gettext_lazy("tags"),
    "due_at": gettext_lazy("due"),
    "resolution": gettext_lazy("resolution"),
    "resolution_comment": gettext_lazy("resolution comment"),
    "type": gettext_lazy("type"),
    "assignees": gettext_lazy("assignees"),
    "custom": gettext_lazy("custom fields"),
}


def sync_panel(ticket: Ticket, actor: Actor) -> tuple[str, dict[str, Any]] | None:
    """Where a ticket is mirrored and how that goes, or where it could be; None for customers."""
    if actor.role not in STAFF:
        return None
    context = mirrored(ticket, actor)
    if not context["rows"] and not context["ended"] and not context["offered"]:
        return None
    return "integrations/panel.html", context


def mirrored(ticket: Ticket, actor: Actor) -> dict[str, Any]:
    """What panel and page show of a ticket's mirrors: one statement, and one where there is none.

    `rows` are its links, `ended` those that a person unlinked, `offered` connections without one.
    """
    links = list(Link.objects.filter(ticket=ticket).select_related("connection").order_by("pk"))
    live = [link for link in links if link.state != Link.State.ENDED]
    may_change = can(actor, "change", ticket) and not ticket.is_deleted
    return {
        "ticket": ticket,
        "rows": [_row(link, ticket) for link in live],
        "ended": [link for link in links if link.state == Link.State.ENDED] if may_change else [],
        "offered": list(_offered(ticket)) if may_change and not live else [],
        "may_change": may_change,
    }


def mirror_marks(ticket_ids: Iterable[int], actor: Actor) -> dict[int, dict[str, str]]:
    """`{"state", "words"}` of each mirrored ticket, the one that needs a person first."""
    if actor.role not in STAFF:
        return {}
    links = Link.objects.filter(ticket_id__in=list(ticket_ids)).exclude(state__in=FINISHED)
    marks: dict[int, dict[str, str]] = {}
    for link in links.select_related("connection").order_by("pk"):
        if link.ticket_id in marks and not link.needs_person:
            continue
        words = f"{link.connection.name}: {state_words(link)}"
        marks[link.ticket_id] = {"state": _mark(link), "words": words}
    return marks


def field_words(name: str) -> str:
    """A field's name for people; a custom field by its key."""
    if name.startswith(COMMENT):
        return _("a reply")
    return str(FIELD_WORDS.get(name, name.removeprefix(CUSTOM)))


def value_words(value: Any) -> str:
    """A value of either side, short and for people."""
    if isinstance(value, dict):
        value = value.get("name") or value.get("email") or ""
    if isinstance(value, list):
        value = ", ".join(value_words(one) for one in value)
    words = " ".join(str(value if value is not None else "").split())
    return words if len(words) <= MOST else f"{words[: MOST - 1]}…"


def state_words(link: Link) -> str:
    """How a link stands, in words."""
    if link.state == Link.State.OK and link.due_at is not None:
        return _("being sent")
    if link.state == Link.State.WAITING and link.error:
        return _("being tried again")
    return str(link.get_state_display())


def _row(link: Link, ticket: Ticket) -> dict[str, Any]:
    connection = link.connection
    waiting = [_waiting_words(one) for one in pending_of(connection, link, ticket)]
    conflicts = [
        {
            **conflict,
            "words": field_words(conflict["field"]),
            "agreed": value_words(_half(link, conflict["field"])),
            "ours": value_words(conflict["ours"]),
            "theirs": value_words(conflict["theirs"]),
        }
        for conflict in link.conflicts
    ]
    return {
        "link": link,
        "service": load_connector(connection.service).title,
        "connection": connection,
        "is_stopped": connection.state != Connection.State.ACTIVE,
        "mark": _mark(link),
        "words": state_words(link),
        "is_paused": link.state == Link.State.PAUSED,
        "is_maybe": link.state == Link.State.MAYBE_CREATED,
        "pending": waiting,
        "left_out": [str(FIELD_WORDS.get(words, words)) for words in link.left_out],
        "more_pending": max(len(waiting) - SHOWN, 0),
        "remote": f"#{link.remote_number}" if link.remote_number else link.remote_id,
        "undecided": [one for one in conflicts if one["winner"] == Connection.Winner.ASK],
        "lost": [
            {**one, "lost": one["theirs"] if one["winner"] == "ours" else one["ours"]}
            for one in conflicts
            if one["winner"] != Connection.Winner.ASK
        ][-SHOWN:],
    }


def _waiting_words(one: Pending) -> dict[str, Any]:
    return {
        "words": field_words(one.field),
        "ours": value_words(one.ours),
        "agreed": value_words(one.agreed),
        "theirs": value_words(one.theirs),
        "is_fixed": one.is_fixed,
    }


def _half(link: Link, name: str) -> Any:
    """Our value as both sides last agreed on it."""
    if name.startswith(CUSTOM):
        return (link.agreed_ours.get("custom") or {}).get(name.removeprefix(CUSTOM))
    return link.agreed_ours.get(name)


def _mark(link: Link) -> str:
    if link.state == Link.State.PAUSED and not link.error:
        return "waiting"  # as a person wished
    if link.needs_person:
        return "conflict"
    is_in_step = link.state == Link.State.OK and link.due_at is None
    return "synced" if is_in_step or link.state == Link.State.ELSEWHERE else "waiting"


def _offered(ticket: Ticket) -> QuerySet[Connection]:
    """Connections of the ticket's queue that it could be sent over."""
    rows = Connection.objects.filter(queue_id=ticket.queue_id, state=Connection.State.ACTIVE)
    rows = rows.exclude(direction=Connection.Direction.IN)
    return rows.exclude(links__ticket=ticket).order_by("name", "pk")
