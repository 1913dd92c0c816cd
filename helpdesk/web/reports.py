"""Reports: what came, what was done and what is left, of some days, a queue and a team."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk.addresses import address
from helpdesk.doors.pages import agent
from helpdesk.doors.patience import TooSlow, patience
from helpdesk.reports.overview import Overview, overview
from helpdesk.web.exporting import BOM, line
from helpdesk.web.report_charts import charts_of
from helpdesk.web.report_figures import Lists, figures_of
from helpdesk.web.report_form import ReportForm
from helpdesk.web.report_tables import TABLES, people_of, queues_of, rows_of, tags_of

ROWS = 50  # of a table on the page; its file has all
PAGE = "reports/page.html"


@agent
@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """The page. Its address is the report: days, queue and team."""
    form, found, refused = _found(request)
    if found is None:
        return refused
    lists = Lists(found.period, form.place)
    people, queues = people_of(found, lists), queues_of(found, lists, request.actor)
    context = {
        "form": form,
        "found": found,
        "figures": figures_of(found, lists),
        "charts": charts_of(found),
        "people": people[:ROWS],
        "people_more": max(0, len(people) - ROWS),
        "queues": queues[:ROWS],
        "queues_more": max(0, len(queues) - ROWS),
        "tags": tags_of(found, lists),
        "is_empty": not people and not queues,
        "words": urlencode(form.words),
        "month": f"{address('reports')}?{urlencode({'period': '90', **form.place})}",
    }
    return render(request, PAGE, context)


@agent
@require_safe
def table(request: HttpRequest, kind: str) -> HttpResponse:
    """One of its tables as a file; what the page refuses is refused here, too, on the page."""
    if kind not in TABLES:
        raise Http404
    _form, found, refused = _found(request)
    if found is None:
        return refused
    answer = HttpResponse(_lines(kind, found, request), content_type="text/csv; charset=utf-8")
    days = f"{found.period.first}-{found.period.last}"
    answer["Content-Disposition"] = f'attachment; filename="{kind}-{days}.csv"'
    return answer


def _found(request: HttpRequest) -> tuple[ReportForm, Overview | None, HttpResponse | None]:
    """The report, or the page that says why there is none."""
    form = ReportForm(request.GET, request.actor)
    if not form.is_valid():
        return form, None, render(request, PAGE, {"form": form}, status=422)
    try:
        with patience():
            return form, overview(form.tickets(), form.period), None
    except TooSlow:
        words = _(
            "This took longer than %(seconds)s s and was stopped. Choose fewer days, a queue or"
            " a team."
        ) % {"seconds": settings.STATEMENT_SECONDS}
        return form, None, render(request, PAGE, {"form": form, "stopped": words}, status=503)


def _lines(kind: str, found: Overview, request: HttpRequest) -> Iterable[str]:
    rows = rows_of(kind, found, request.actor)
    return [BOM, *(line([str(cell) for cell in row]) for row in rows)]
