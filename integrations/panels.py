"""What helpdesk shows of the mirror without knowing it: a panel of the ticket, marks in lists."""

from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from helpdesk import prepared
from helpdesk.actor import STAFF, Actor, Role
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
MAY_BE_MIRRORED = "may_be_mirrored"  # an annotation of tickets
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
    if actor.role not in STAFF or not getattr(ticket, MAY_BE_MIRRORED, True):
        return None
    context = mirrored(ticket, actor)
    if not context["rows"] and not context["ended"] and not context["offered"]:
        return None
    return "integrations/panel.html", context


def _asked() -> dict[str, Combinable]:
    """An annotation of the ticket: whether the panel could have anything to say."""
    links = Link.objects.filter(ticket=OuterRef("pk"))
    connections = _sending().filter(queue=OuterRef("queue"))
    either = ExpressionWrapper(Exists(links) | Exists(connections), output_field=BooleanField())
    return {MAY_BE_MIRRORED: either}


sync_panel.asks = _asked


def mirrored(ticket: Ticket, actor: Actor) -> dict[str, Any]:
    """What panel and page show of a ticket's mirrors: one statement, and one where there is none.

    `rows` are its links, `ended` those that a person unlinked, `offered` connections without one.
    """
    links = prepared.rows("mirrors", _links, number=ticket.pk)
    live = [link for link in links if link.state != Link.State.ENDED]
    may_change = can(actor, "change", ticket) and not ticket.is_deleted
    return {
        "ticket": ticket,
        "rows": [_row(link, ticket) for link in live],
        "ended": [link for link in links if link.state == Link.State.ENDED] if may_change else [],
        "offered": _offered(ticket) if may_change and not live else [],
        "may_change": may_change,
    }


def mirror_marks(ticket_ids: Iterable[int], actor: Actor) -> dict[int, dict[str, str]]:
    """`{"state", "words"}` of each mirrored ticket, the one that needs a person first."""
    if actor.role not in STAFF:
        return {}
    marks: dict[int, dict[str, str]] = {}
    for link in prepared.rows("marks", _unfinished, **prepared.among(ticket_ids)):
        if link.ticket_id in marks and not link.needs_person:
            continue
        words = f"{link.connection.name}: {state_words(link)}"
        marks[link.ticket_id] = {"state": _mark(link), "words": words}
    return marks


def home_notices(actor: Actor) -> list[dict[str, str]]:
    """Connections that need a person, for those who may look after them: one statement."""
    if actor.role != Role.ADMIN:
        return []
    needing = Q(links__state__in=(Link.State.CONFLICT, Link.State.MAYBE_CREATED, Link.State.ERROR))
    rows = Connection.objects.annotate(wrong=Count("links", filter=needing)).filter(
        Q(wrong__gt=0) | Q(state=Connection.State.FAILED)
    )
    notices = []
    for row in rows.order_by("name", "pk"):
        words = ngettext(
            "%(name)s: %(count)s ticket needs a person",
            "%(name)s: %(count)s tickets need a person",
            row.wrong,
        )
        if not row.wrong:
            words = _("%(name)s stopped and needs a person")
        url = reverse("connection-failures" if row.wrong else "connection", args=[row.uuid])
        said = words % {"name": row.name, "count": row.wrong}
        notices.append({"words": said, "url": url, "icon": "mirror"})
    return notices


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


def _unfinished(**numbers: int) -> QuerySet[Link]:
    links = Link.objects.filter(ticket_id__in=numbers.values()).exclude(state__in=FINISHED)
    return links.select_related("connection").order_by("pk")


def _links(number: int) -> QuerySet[Link]:
    return Link.objects.filter(ticket=number).select_related("connection").order_by("pk")


def _offered(ticket: Ticket) -> list[Connection]:
    """Connections of the ticket's queue that it could be sent over."""
    return prepared.rows("offered", _offering, queue=ticket.queue_id, number=ticket.pk)


def _offering(queue: int, number: int) -> QuerySet[Connection]:
    rows = _sending().filter(queue=queue)
    return rows.exclude(links__ticket=number).order_by("name", "pk")


def _sending() -> QuerySet[Connection]:
    rows = Connection.objects.filter(state=Connection.State.ACTIVE)
    return rows.exclude(direction=Connection.Direction.IN)
