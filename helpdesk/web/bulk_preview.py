"""What a change of selected tickets would do: what changes, who is written to, what is skipped."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Q
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.models import Participant, Priority, Ticket, User
from helpdesk.models.configuration import configuration
from helpdesk.web.bulk_errand import Errand, Wanted
from helpdesk.web.chips import label_of

LISTED = 20  # names and skipped tickets that are shown; the rest is counted
ORDER = ("assignee", "team", "status", "priority", "custom", "tags")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that changes: from what, if it is the same for all, to what, on how many."""

    label: str
    before: str
    after: str
    count: int


@dataclass(slots=True)
class Preview:
    errand: Errand
    changing: list[Ticket]
    skipped: list[tuple[Ticket, str]]
    gone: int  # tickets that can no longer be seen
    lines: list[Line]
    readers: list[User]
    reader_count: int

    @property
    def skipped_count(self) -> int:
        return len(self.skipped) + self.gone

    @property
    def skipped_shown(self) -> list[tuple[Ticket, str]]:
        return self.skipped[:LISTED]

    @property
    def skipped_more(self) -> int:
        return self.skipped_count - len(self.skipped_shown)

    @property
    def readers_more(self) -> int:
        return self.reader_count - len(self.readers)


def preview_of(ids: list[int], wanted: Wanted, by: Actor) -> Preview:
    """Judge every ticket of a selection. The number of statements does not grow with it."""
    errand = Errand(wanted, by)
    tickets = list(Ticket.objects.visible_to(by).filter(pk__in=ids).order_by("pk"))
    changing, skipped = [], []
    for ticket in tickets if wanted else ():
        if reason := errand.refusal(ticket):
            skipped.append((ticket, reason))
        else:
            changing.append(ticket)
    readers, count = _readers(changing) if wanted.body and wanted.public else ([], 0)
    gone = len(ids) - len(tickets)
    return Preview(errand, changing, skipped, gone, _lines(errand, changing), readers, count)


def _readers(tickets: list[Ticket]) -> tuple[list[User], int]:
    """Who gets a public reply by mail: requesters and those copied in. The first few, and all."""
    ids = [ticket.pk for ticket in tickets]
    copied = Participant.objects.filter(ticket__in=ids, kind=Participant.Kind.CC)
    asking = {ticket.requester_id for ticket in tickets} - {None}
    people = User.objects.filter(Q(pk__in=asking) | Q(pk__in=copied.values("person")))
    people = people.filter(erased_at=None, email__isnull=False).exclude(email="")
    found = list(people.order_by("name_folded", "pk")[: LISTED + 1])
    return found[:LISTED], people.count() if len(found) > LISTED else len(found)


def _lines(errand: Errand, tickets: list[Ticket]) -> list[Line]:
    former: dict[tuple[str, str], Counter] = {}
    if errand.wanted.into or errand.wanted.delete:
        return []
    for ticket in tickets:
        for name, (before, after) in _differences(errand, ticket).items():
            former.setdefault((name, after), Counter())[before] += 1
    lines = []
    for (name, after), counted in former.items():
        before = next(iter(counted)) if len(counted) == 1 else ""
        lines.append(Line(name, before, after, sum(counted.values())))
    return lines


def _differences(errand: Errand, ticket: Ticket) -> dict[str, tuple[str, str]]:
    """By label the words before and after; tags stand as what is added and taken away."""
    fields, known, said = errand.fields(ticket), configuration(), {}
    nobody = _("Nobody")
    if "assignee" in fields:
        said[label_of("assignee")] = ("", str(fields["assignee"] or nobody))
    if "team" in fields:
        now = known.teams.get(ticket.team_id)
        said[label_of("team")] = (str(now or ""), str(fields["team"] or nobody))
    if "status" in fields:
        said[label_of("status")] = (str(known.statuses[ticket.status_id]), str(fields["status"]))
    if "priority" in fields:
        names = dict(Priority.choices)
        before, after = names[ticket.priority], names[fields["priority"]]
        said[label_of("priority")] = (str(before), str(after))
    if "snoozed_until" in fields:
        until = timezone.localtime(fields["snoozed_until"])
        said[_("Snoozed until")] = ("", dateformat.format(until, _("D j M, H:i")))
    for key in fields.get("custom", ()):
        said[known.fields[key].name] = ("", errand.custom_words[key])
    if "tags" in fields:
        had = {tag.name_folded for tag in ticket.tag_list}
        for key, name in errand.added.items():
            if key not in had:
                said[_("Tag added: %(name)s") % {"name": name}] = ("", "")
        for key in errand.removed & had:
            said[_("Tag taken away: %(name)s") % {"name": key}] = ("", "")
    return said
