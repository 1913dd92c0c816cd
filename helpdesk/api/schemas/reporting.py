"""How the tables of reports are described: serializers made of their columns."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from helpdesk.api.schemas.common import PAGE_PARAMETERS, operation, page_of
from helpdesk.reports.columns import Column, Kind, Table
from helpdesk.reports.tables import COMMENTS, DAILY, STATUS_INTERVALS, TICKETS

TAG = "Reporting"
FIELDS = {
    Kind.NUMBER: serializers.IntegerField,
    Kind.TEXT: serializers.CharField,
    Kind.MOMENT: serializers.DateTimeField,
    Kind.DAY: serializers.DateField,
    Kind.TRUTH: serializers.BooleanField,
}
JSON_LINES, CSV = "application/x-ndjson", "text/csv"


def _field(column: Column) -> serializers.Field:
    return FIELDS[column.kind](help_text=column.words, allow_null=column.nullable)


def serializer_of(table: Table) -> type[serializers.Serializer]:
    fields = {column.name: _field(column) for column in table.columns}
    return type(inline_serializer(f"{table.entity}Report", fields))


TicketReport, StatusIntervalReport, CommentReport, DailyReport = map(
    serializer_of, (TICKETS, STATUS_INTERVALS, COMMENTS, DAILY)
)


class GoneReport(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    reason = serializers.ChoiceField(["deleted", "merged", "moved"])
    merged_into_id = serializers.IntegerField(allow_null=True)
    updated_at = serializers.DateTimeField()


class ReportColumn(serializers.Serializer):
    name = serializers.CharField()
    kind = serializers.ChoiceField([str(kind) for kind in Kind])
    nullable = serializers.BooleanField()
    description = serializers.CharField()


class ReportTable(serializers.Serializer):
    name = serializers.CharField()
    description = serializers.CharField()
    url = serializers.URLField()
    columns = ReportColumn(many=True)


class ReportIndex(serializers.Serializer):
    version = serializers.CharField(help_text="Grows by a tenth with a column, by one with less.")
    tables = ReportTable(many=True)


WINDOW = [
    OpenApiParameter(
        "updated_since", OpenApiTypes.STR, description="What was written from this moment on."
    ),
    OpenApiParameter(
        "updated_at_before", OpenApiTypes.STR, description="The end of such a window."
    ),
]
FORMAT = OpenApiParameter(
    "format",
    {"type": "string", "enum": ["json", "jsonl", "csv"], "default": "json"},
    description="Pages of JSON, or all rows at once as JSON lines or CSV.",
)
WORDS = """Pages of JSON; with `format=jsonl` or `format=csv` all rows in one answer, whatever their
number. With `updated_since` a window in time that ends five seconds ago: it answers `next_since`,
where the next one begins, and `gone`, the address of the tickets whose rows a copy should drop; as
the headers `Next-Since` and `Link` where all rows come at once."""


def _described(name: str, summary: str, table: Table, reads: type[serializers.Serializer]):
    lines = {(200, kind): OpenApiTypes.STR for kind in (JSON_LINES, CSV)}
    return operation(
        f"reporting_{name}",
        summary,
        TAG,
        {200: page_of(reads, since=True), **lines},
        parameters=[*WINDOW, FORMAT, *PAGE_PARAMETERS],
        fails=(400, 403),
        description=f"{table.words} {WORDS}",
    )


tickets_report = _described("tickets", "Tickets with their metrics", TICKETS, TicketReport)
intervals_report = _described(
    "status_intervals", "Stays in statuses", STATUS_INTERVALS, StatusIntervalReport
)
comments_report = _described("comments", "Comments without words", COMMENTS, CommentReport)
daily_report = _described("daily", "Counts of each day", DAILY, DailyReport)
gone_report = operation(
    "reporting_gone",
    "Tickets whose rows are gone",
    TAG,
    {200: page_of(GoneReport, since=True)},
    parameters=[
        OpenApiParameter("updated_since", OpenApiTypes.STR, required=True),
        WINDOW[1],
        *PAGE_PARAMETERS,
    ],
    fails=(400, 403),
    description="Drop their rows, those in the other tables too.",
)
index_report = operation(
    "reporting_index",
    "Tables and their columns",
    TAG,
    {200: ReportIndex},
    fails=(400, 403),
    description="The contract: columns come, and go only with another major version.",
)
