"""Who asked: the requester's panel and their other open tickets."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils import timezone

from helpdesk import prepared
from helpdesk.actor import Actor
from helpdesk.addresses import address
from helpdesk.doors.pages import zone_named
from helpdesk.models import Ticket, User
from helpdesk.models.configuration import configuration

SHOWN = 5


@dataclass
class Requester:
    """The panel: a person, the hour at their place, and what else they wait for."""

    person: User | None
    name: str
    organisation: str = ""
    local_time: datetime | None = None
    place: str = ""
    others: list[dict] = field(default_factory=list)
    has_more: bool = False
    all_url: str = ""

    @property
    def local_time_words(self) -> str:
        return f"{self.local_time:%H:%M}" if self.local_time else ""


def requester_of(ticket: Ticket, actor: Actor) -> Requester:
    """One statement, for the others."""
    person = ticket.requester
    panel = Requester(person=person, name=ticket.requester_words)
    if ticket.organisation_id:
        panel.organisation = str(ticket.organisation)
    if person is None:
        return panel
    if (zone := zone_named(person.timezone)) is not None:
        panel.local_time = timezone.now().astimezone(zone)
        panel.place = person.timezone.rpartition("/")[2].replace("_", " ")
    others = _others(ticket, actor)
    panel.others, panel.has_more = others[:SHOWN], len(others) > SHOWN
    panel.all_url = address("tickets") + "?" + urlencode({"requester": person.pk})
    return panel


def _others(ticket: Ticket, actor: Actor) -> list[dict]:
    ids = {"requester": ticket.requester_id, "number": ticket.pk}
    found = prepared.seen_by(actor, "others of the requester", _asked, **ids)
    for row in found:
        row["status"] = configuration().statuses[row["status_id"]].name
    return found


def _asked(actor: Actor, requester: int, number: int) -> QuerySet:
    rows = Ticket.objects.visible_to(actor).outside_sandboxes()
    rows = rows.unresolved().filter(requester_id=requester).exclude(pk=number)
    names = ("pk", "title", "status_id", "status_category")
    return rows.order_by("-last_activity_at", "-pk").values(*names)[: SHOWN + 1]
