"""A report in words: figures with their change, and lists that hold the same tickets."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from helpdesk.addresses import address
from helpdesk.query import write
from helpdesk.reports.overview import Overview, Part, Work
from helpdesk.reports.percentiles import Times
from helpdesk.reports.periods import DAY, Period
from helpdesk.templatetags.look import duration, grouped

BEFORE, DURING = Part.BEFORE, Part.DURING
NOTHING = "–"
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Figure:
    """`detail` says more of the same days, `change` what was otherwise in the days before."""

    label: str
    value: str
    url: str = ""
    detail: str = ""
    change: str = ""


class Lists:
    """The addresses of lists that hold what a number counts, as typed queries."""

    def __init__(self, period: Period, place: dict[str, str]):
        self.period, self.place = period, {"merged_into": "none", **place}

    def created(self, **more: str) -> str:
        return self._address(self._within("created_at") | more)

    def resolved(self, **more: str) -> str:
        ended = {"category": "resolved,closed"}
        return self._address(ended | self._within("resolved_at") | more)

    def backlog(self, **more: str) -> str:
        """Empty for days of the past: what was unresolved then no list tells."""
        if not self.period.is_current:
            return ""
        return self._address({"category": "unresolved"} | more)

    def _within(self, name: str) -> dict[str, str]:
        first, beyond = self.period.first, self.period.last + DAY
        return {f"{name}_after": first.isoformat(), f"{name}_before": beyond.isoformat()}

    def _address(self, params: dict[str, str]) -> str:
        said = write({**self.place, **params})
        return f"{address('tickets')}?{urlencode({'q': said})}"


def figures_of(found: Overview, lists: Lists) -> list[Figure]:
    work = found.work
    return [
        _came(pgettext("tickets", "Created"), work.created, lists.created()),
        _came(pgettext("tickets", "Resolved"), work.resolved, lists.resolved()),
        _backlog(work, lists),
        _came(_("Reopened"), found.reopened, ""),
        _times(_("First response, median"), found.first_response),
        _times(_("Resolution, median"), found.resolution),
        _kept(found),
    ]


def span(time: timedelta | None) -> str:
    return NOTHING if time is None else duration(time.total_seconds())


def _came(label: str, counts: dict, url: str) -> Figure:
    now, before = counts[DURING], counts[BEFORE]
    return Figure(label, grouped(now), url if now else "", change=_counted_change(now, before))


def _backlog(work: Work, lists: Lists) -> Figure:
    now, before = work.backlog, work.backlog_before
    url = lists.backlog() if now else ""
    return Figure(_("Backlog at the end"), grouped(now), url, change=_counted_change(now, before))


def _counted_change(now: int, before: int) -> str:
    if now == before:
        return _("as many before")
    sign = "+" if now > before else MINUS
    said = {"change": f"{sign}{grouped(abs(now - before))}", "before": grouped(before)}
    return _("%(change)s, from %(before)s") % said


def _times(label: str, times: dict[str, Times]) -> Figure:
    now, before = (times.get(part, Times()) for part in (DURING, BEFORE))
    if now.median is None:
        return Figure(label, NOTHING, change=_no_change(span(before.median)))
    detail = _("90 %% within %(time)s") % {"time": span(now.ninth)}
    return Figure(label, span(now.median), detail=detail, change=_time_change(now, before))


def _time_change(now: Times, before: Times) -> str:
    if before.median is None:
        return _("none before")
    more = now.median - before.median
    if span(now.median) == span(before.median):
        return _("as long before")
    sign = "+" if more > timedelta(0) else MINUS
    said = {"change": f"{sign}{span(abs(more))}", "before": span(before.median)}
    return _("%(change)s, from %(before)s") % said


def _kept(found: Overview) -> Figure:
    """Of what was resolved and had a due time: how much by then."""
    label = _("Due time kept")
    now, before = (found.share_kept(part) for part in (DURING, BEFORE))
    if now is None:
        return Figure(label, NOTHING, change=_no_change(_percent(before)))
    number = {"kept": grouped(found.kept[DURING]), "all": grouped(found.due[DURING])}
    detail = _("%(kept)s of %(all)s") % number
    return Figure(label, _percent(now), detail=detail, change=_share_change(now, before))


def _share_change(now: float, before: float | None) -> str:
    if before is None:
        return _("none before")
    points = round(now * 100) - round(before * 100)
    if not points:
        return _("the same before")
    sign = "+" if points > 0 else MINUS
    said = {"change": f"{sign}{abs(points)}", "before": _percent(before)}
    return _("%(change)s points, from %(before)s") % said


def _no_change(before: str) -> str:
    return "" if before == NOTHING else _("%(before)s before") % {"before": before}


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{round(share * 100)}\N{THIN SPACE}%"
