"""What helpdesk shows of the mirror without knowing it: a panel of the ticket, marks in lists."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.actor import STAFF, Actor
from helpdesk.models import Ticket
from integrations.connector import load_connector
from integrations.mirror.due import FINISHED
from integrations.models import Connection, Link

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
}


def sync_panel(ticket: Ticket, actor: Actor) -> tuple[str, dict[str, Any]] | None:
    """Where a ticket is mirrored and how that goes; None for customers and unmirrored tickets."""
    if actor.role not in STAFF:
        return None
    links = Link.objects.filter(ticket=ticket).exclude(state__in=FINISHED)
    rows = [_row(link) for link in links.select_related("connection").order_by("pk")]
    if not rows:
        return None
    return "integrations/panel.html", {"ticket": ticket, "links": rows}


def mirror_marks(ticket_ids: Iterable[int], actor: Actor) -> dict[int, dict[str, str]]:
    """`{"state", "words"}` of each mirrored ticket, the one that needs a person first."""
    if actor.role not in STAFF:
        return {}
    links = Link.objects.filter(ticket_id__in=list(ticket_ids)).exclude(state__in=FINISHED)
    marks: dict[int, dict[str, str]] = {}
    for link in links.select_related("connection").order_by("pk"):
        if link.ticket_id in marks and not link.needs_person:
            continue
        names = {"name": link.connection.name, "state": link.get_state_display()}
        state = "problem" if link.needs_person else "ok" if link.state == Link.State.OK else "wait"
        marks[link.ticket_id] = {"state": state, "words": _("%(name)s: %(state)s") % names}
    return marks


def field_words(name: str) -> str:
    """A field's name for people; a custom field by its key."""
    return str(FIELD_WORDS.get(name, name.removeprefix("custom.")))


def _row(link: Link) -> dict[str, Any]:
    connection = link.connection
    return {
        "link": link,
        "service": load_connector(connection.service).title,
        "connection": connection,
        "is_connection_stopped": connection.state != Connection.State.ACTIVE,
        "state": _state_words(link),
        "tone": "problem" if link.needs_person else "ok" if link.state == Link.State.OK else "wait",
        "remote": f"#{link.remote_number}" if link.remote_number else link.remote_id,
        "conflicts": [
            {**conflict, "words": field_words(conflict["field"])}
            for conflict in link.conflicts
            if conflict["winner"] == Connection.Winner.ASK
        ],
        "lost": [
            {**conflict, "words": field_words(conflict["field"])}
            for conflict in link.conflicts
            if conflict["winner"] != Connection.Winner.ASK
        ],
        "left_out": link.left_out,
    }


def _state_words(link: Link) -> str:
    if link.state == Link.State.OK and link.due_at is not None:
        return _("being sent")
    return str(link.get_state_display())
