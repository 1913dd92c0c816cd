"""Tables for those who count: pages of JSON, or all rows as lines."""

from collections.abc import Iterator
from datetime import UTC
from itertools import chain

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.api import since
from helpdesk.api.base import PAGING, ApiView, answer
from helpdesk.api.projection import fields_in
from helpdesk.api.schemas import reporting as schemas
from helpdesk.filter_lookups import moment_in
from helpdesk.filters import SortKey
from helpdesk.reports.columns import VERSION, Table
from helpdesk.reports.lines import csv_lines, json_lines
from helpdesk.reports.tables import COMMENTS, DAILY, STATUS_INTERVALS, TABLES, TICKETS

WINDOW = (since.SINCE, since.BEFORE)
FORMAT = "format"
PAGES = "json"
LINES = {
    "jsonl": (json_lines, schemas.JSON_LINES),
    "csv": (csv_lines, f"{schemas.CSV}; charset=utf-8"),
}
ONE_ANSWER = tuple(name for name in PAGING if name != "fields")  # refused where all rows come
VERSIONED = {"Reporting-Version": VERSION}


class Report(ApiView):
    """One table. Rows are those that the key sees, without what only sandboxes hold."""

    params = (*WINDOW, FORMAT, *PAGING)
    table: Table

    def told(self, request) -> HttpResponse:
        _refuse_untimely(request.GET)
        params, until = since.closed_window(request.GET)
        form = params.get(FORMAT, PAGES)
        if form in LINES:
            return self._lines(params, until, form)
        if form != PAGES:
            words = _("Choose one of %(names)s.") % {"names": ", ".join([PAGES, *LINES])}
            raise ValidationError({FORMAT: words})
        ends = {"next_since": until, "gone": self._gone(params)} if until else None
        return self.list_of(
            self._rows(params, until),
            [SortKey(self.table.written if until else "id")],
            lambda found: self.table.shaped(found, self.actor),
            VERSIONED,
            params=params,
            more=ends,
        )

    def _rows(self, params: QueryDict, until: str | None):
        if until is None:
            return self.table.rows(self.actor)
        begin, end = (moment_in(params[name]) for name in WINDOW)
        return self.table.window(self.actor, begin, end)

    def _lines(self, params: QueryDict, until: str | None, form: str) -> HttpResponse:
        if wrong := {name: _("All rows come at once.") for name in ONE_ANSWER if name in params}:
            raise ValidationError(wrong)
        names = fields_in(params, self.reads) or [one.name for one in self.table.columns]
        write, kind = LINES[form]
        begun = (timezone.now() - since.LATE).astimezone(UTC).isoformat().replace("+00:00", "Z")
        order = self.table.written if until else "id"
        rows = self._rows(params, until)
        headers = {**VERSIONED, "Next-Since": until or begun}
        headers["Content-Disposition"] = f'attachment; filename="{self.table.name}.{form}"'
        if until:
            headers["Link"] = f'<{self._gone(params)}>; rel="gone"'
        lines = _begun(write(self.table, rows, self.actor, list(names), order))
        return StreamingHttpResponse(lines, content_type=kind, headers=headers)

    def _gone(self, params: QueryDict) -> str:
        return self.url(f"{reverse('api:reporting-gone')}?{since.words(params)}")


class TicketsReport(Report):
    table, reads = TICKETS, schemas.TicketReport

    @schemas.tickets_report
    def get(self, request) -> HttpResponse:
        return self.told(request)


class StatusIntervalsReport(Report):
    table, reads = STATUS_INTERVALS, schemas.StatusIntervalReport

    @schemas.intervals_report
    def get(self, request) -> HttpResponse:
        return self.told(request)


class CommentsReport(Report):
    table, reads = COMMENTS, schemas.CommentReport

    @schemas.comments_report
    def get(self, request) -> HttpResponse:
        return self.told(request)


class DailyReport(Report):
    table, reads = DAILY, schemas.DailyReport

    @schemas.daily_report
    def get(self, request) -> HttpResponse:
        return self.told(request)


class GoneReport(ApiView):
    """Tickets whose rows a copy should drop: deleted, merged, or moved out of sight."""

    params = (*WINDOW, *PAGING)
    reads = schemas.GoneReport

    @schemas.gone_report
    def get(self, request) -> HttpResponse:
        params = since.from_the_beginning(request.GET)
        _refuse_untimely(params)
        params, until = since.closed_window(params)
        return self.list_of(
            since.gone(params, self.actor),
            [SortKey("updated_at")],
            lambda found: [_without_title(since.gone_shape(row, self.actor)) for row in found],
            VERSIONED,
            params=params,
            more={"next_since": until},
        )


class Index(ApiView):
    reads = schemas.ReportIndex

    @schemas.index_report
    def get(self, request) -> HttpResponse:
        tables = [
            {
                "name": table.name,
                "description": table.words,
                "url": self.url(reverse(f"api:reporting-{table.name}")),
                "columns": [
                    {
                        "name": column.name,
                        "kind": column.kind,
                        "nullable": column.nullable,
                        "description": column.words,
                    }
                    for column in table.columns
                ],
            }
            for table in TABLES.values()
        ]
        return answer({"version": VERSION, "tables": tables}, headers=VERSIONED)


def _refuse_untimely(params: QueryDict) -> None:
    """Raise ValidationError by parameter for what is no time, and for an end without beginning."""
    errors = {}
    for name in WINDOW:
        try:
            moment_in(params.get(name, "-1d"))
        except ValidationError as error:
            errors[name] = error.messages
    if since.BEFORE in params and since.SINCE not in params:
        errors[since.SINCE] = _("Say since when.")
    if errors:
        raise ValidationError(errors)


def _begun(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines, the first of them read: what fails at once is still told as a failure."""
    first = next(lines, b"")
    return chain([first], lines)


def _without_title(shape: dict) -> dict:
    into = shape.pop("merged_into")
    return {**shape, "merged_into_id": into["id"] if into else None}
