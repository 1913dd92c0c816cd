"""The tables of a report: for its page with links, and as rows of a file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from helpdesk.lookup import visible_queues
from helpdesk.models.configuration import configuration
from helpdesk.reports.overview import Overview, Part, Person, Work
from helpdesk.web.report_figures import Lists, span

DURING = Part.DURING
Cell = str | int


@dataclass(frozen=True, slots=True)
class Line:
    """What one person or queue did; addresses are empty where there is nothing to list."""

    name: str
    work: Work
    created_url: str
    resolved_url: str
    backlog_url: str

    @property
    def created(self) -> int:
        return self.work.created[DURING]

    @property
    def resolved(self) -> int:
        return self.work.resolved[DURING]

    @property
    def backlog(self) -> int:
        return self.work.backlog

    @property
    def answered(self) -> str:
        return span(self.work.answered)


@dataclass(frozen=True, slots=True)
class TagLine:
    name: str
    number: int
    url: str


def people_of(found: Overview, lists: Lists) -> list[Line]:
    """Who resolved most comes first."""
    rows = [
        _line(_called(person), work, lists, "assignee", person.called)
        for person, work in found.people.items()
        if not work.is_empty
    ]
    return sorted(rows, key=lambda one: (-one.resolved, -one.backlog, one.name.casefold()))


def queues_of(found: Overview, lists: Lists, actor) -> list[Line]:
    """Where most was created comes first. Of a queue that the actor does not see, in which a
    ticket is shared with them, there is no list."""
    named, seen = configuration().queues, visible_queues(actor)
    rows = [
        _line(named[pk].name, work, lists, "queue", named[pk].slug if pk in seen else "")
        for pk, work in found.queues.items()
        if not work.is_empty and pk in named
    ]
    return sorted(rows, key=lambda one: (-one.created, -one.backlog, one.name.casefold()))


def tags_of(found: Overview, lists: Lists) -> list[TagLine]:
    known = configuration().tags
    tags = [(known[pk].name, number) for pk, number in found.tags if pk in known]
    return [TagLine(name, number, lists.created(tag=name)) for name, number in tags]


def rows_of(kind: str, found: Overview, actor) -> Iterable[list[Cell]]:
    """A table as rows of a file, its head first; times in seconds. `kind` is of TABLES."""
    lists = Lists(found.period, {})
    if kind == "days":
        yield [_("Day"), *_flow(), _("Backlog at the end")]
        for day in found.days:
            yield [day.day.isoformat(), day.created, day.resolved, day.backlog]
    elif kind == "tags":
        yield [_("Tag"), pgettext("tickets", "Created")]
        for tag in tags_of(found, lists):
            yield [tag.name, tag.number]
    else:
        is_people = kind == "assignees"
        lines = people_of(found, lists) if is_people else queues_of(found, lists, actor)
        times = _("First response, median, in seconds")
        first = _("Assignee") if is_people else _("Queue")
        yield [first, *_flow(), times, _("Backlog at the end")]
        for line in lines:
            answered = _seconds(line.work.answered)
            yield [line.name, line.created, line.resolved, answered, line.backlog]


TABLES = ("days", "assignees", "queues", "tags")


def _line(name: str, work: Work, lists: Lists, filter_name: str, called: str) -> Line:
    """`called` is what the list's filter takes for it; empty where it takes none."""
    by = {filter_name: called}
    return Line(
        name,
        work,
        lists.created(**by) if called and work.created[DURING] else "",
        lists.resolved(**by) if called and work.resolved[DURING] else "",
        lists.backlog(**by) if called and work.backlog else "",
    )


def _called(person: Person) -> str:
    if person.pk is None:
        return _("Nobody")
    return person.name or _("Somebody")


def _seconds(time: timedelta | None) -> Cell:
    return "" if time is None else int(time.total_seconds())


def _flow() -> list[str]:
    """The heads of what came and went."""
    return [pgettext("tickets", "Created"), pgettext("tickets", "Resolved")]
