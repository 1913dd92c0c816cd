"""A list, or what is selected in it, as a CSV file with the columns that the person sees."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk.actor import Actor
from helpdesk.doors.pages import agent
from helpdesk.doors.paging import page_of
from helpdesk.filters import SortKey
from helpdesk.lookup import number_of
from helpdesk.models import CustomField, Priority, custom_values
from helpdesk.models.configuration import configuration
from helpdesk.models.tickets import Resolution
from helpdesk.reports.lines import FORMULA
from helpdesk.templatetags.look import grouped
from helpdesk.web.columns import Column, chosen_columns
from helpdesk.web.list_query import ListQuery
from helpdesk.web.rows import requester_words, rows_of

MOST = 10_000  # rows
STEP = 500  # rows a statement
BOM = "\ufeff"  # so that spreadsheets read it as UTF-8
Row = dict


@agent
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The whole list of these parameters; with `ticket` only those rows of it."""
    params = request.GET.copy()
    numbers = [one for said in params.pop("ticket", []) if (one := number_of(said))]
    query = ListQuery(params, request.actor)
    words = " ".join(one for found in query.errors.values() for one in found)
    rows = query.tickets.filter(pk__in=numbers) if numbers else query.tickets
    if not words and rows.order_by()[: MOST + 1].count() > MOST:
        limit = _("At most %(limit)s tickets in a file. Narrow the list first.")
        words = limit % {"limit": grouped(MOST)}
    if words:
        context = {"words": words, "back": query.address()}
        return render(request, "bulk/refused.html", context, status=422)
    columns = chosen_columns(request.user, query.view)
    lines = _lines(rows, query.keys, columns, request.actor)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    day = timezone.localdate().isoformat()
    answer["Content-Disposition"] = f'attachment; filename="tickets-{day}.csv"'
    return answer


def _lines(
    rows: QuerySet, keys: list[SortKey], columns: list[Column], actor: Actor
) -> Iterator[str]:
    """A line of names, then each ticket; so many a statement, so that nothing is held open."""
    shown = [column for column in columns if column.key != "mirror"]
    cells = [(_cell_of(column), column.people_key) for column in shown]
    yield BOM + line([*(str(column.label) for column in shown), _("Tags")])
    cursor = ""
    while True:
        page = page_of(rows_of(rows, actor), keys, scope="export", cursor=cursor, limit=STEP)
        people = _people_in(page.rows, [key for _cell, key in cells if key])
        for row in page.rows:
            yield line([*(cell(row, people) for cell, _key in cells), _tags(row)])
        if page.next is None:
            return
        cursor = page.next


def line(cells: list[str]) -> str:
    """One line in which no cell is a formula to a spreadsheet."""
    out = io.StringIO()
    csv.writer(out).writerow([harmless(cell) for cell in cells])
    return out.getvalue()


def harmless(cell: str) -> str:
    """A text that a spreadsheet would take for a formula is marked as text."""
    return f"'{cell}" if cell.lstrip(" \xa0").startswith(FORMULA) else cell


def _cell_of(column: Column) -> Callable[[Row, dict[int, str]], str]:
    if column.key.startswith("custom."):
        field: CustomField = configuration().fields[column.key.removeprefix("custom.")]
        return lambda row, people: custom_values.words(field, row["custom"].get(field.key), people)
    return lambda row, people: PLAIN[column.key](row)


def _tags(row: Row) -> str:
    known = configuration().tags
    tags = [known[pk] for pk in row["tag_ids"] if pk in known and not known[pk].deleted_at]
    return ", ".join(tag.name for tag in sorted(tags, key=lambda tag: tag.name_folded))


def _people_in(rows: list[Row], keys: list[str]) -> dict[int, str]:
    ids = {pk for row in rows for key in keys for pk in row["custom"].get(key) or ()}
    return custom_values.names_of(sorted(ids)) if ids else {}


def _moment(at: datetime | None) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds") if at else ""


def _named(kind: str, column: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        found = getattr(configuration(), kind).get(row[column])
        return found.name if found else ""

    return cell


PLAIN: dict[str, Callable[[Row], str]] = {
    "priority": lambda row: str(Priority(row["priority"]).label),
    "number": lambda row: str(row["id"]),
    "subject": lambda row: row["title"],
    "requester": requester_words,
    "organisation": lambda row: row["company"] or "",
    "queue": _named("queues", "queue_id"),
    "team": _named("teams", "team_id"),
    "type": _named("types", "type_id"),
    "resolution": lambda row: str(Resolution(row["resolution"]).label) if row["resolution"] else "",
    "status": _named("statuses", "status_id"),
    "due": lambda row: _moment(row["due_at"]),
    "created": lambda row: _moment(row["created_at"]),
    "updated": lambda row: _moment(row["updated_at"]),
    "assignee": lambda row: row["owner"] or row["owner_email"] or "",
    "age": lambda row: _moment(row["last_activity_at"]),
}
