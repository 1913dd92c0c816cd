"""What the OpenAPI document says of connections."""

from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import serializers

from helpdesk.api.schemas.common import (
    PAGE_PARAMETERS,
    READ_FAILS,
    Small,
    SmallQueue,
    SmallTicket,
    operation,
    page_of,
)

TAG = "Connections"
REF = OpenApiParameter("ref", str, OpenApiParameter.PATH, description="An id or uuid.")
SCOPE = "Takes a key that names the scope `connections:{}`."


class ConnectionRead(Small):
    service = serializers.CharField()
    queue = SmallQueue()
    direction = serializers.CharField(help_text="`both`, `out` or `in`.")
    state = serializers.CharField(help_text="`active`, `paused`, or `failed`: needs a person.")
    words = serializers.CharField(help_text="How it fares, for people.")
    error = serializers.CharField()
    mirrored = serializers.IntegerField(help_text="Tickets that are mirrored.")
    waiting = serializers.IntegerField(help_text="Tickets that wait to be sent.")
    problems = serializers.IntegerField(help_text="Tickets that need a person.")
    oldest_due_at = serializers.DateTimeField(allow_null=True)
    calls_last_hour = serializers.IntegerField()
    failed_calls_last_hour = serializers.IntegerField()
    resumes_at = serializers.DateTimeField(allow_null=True)
    last_success_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class ConnectionLinkRead(serializers.Serializer):
    id = serializers.IntegerField()
    ticket = SmallTicket(allow_null=True)
    remote_id = serializers.CharField()
    remote_number = serializers.CharField()
    remote_url = serializers.CharField()
    state = serializers.CharField()
    words = serializers.CharField(help_text="The state, for people.")
    error = serializers.CharField()
    attempts = serializers.IntegerField()
    due_at = serializers.DateTimeField(allow_null=True)
    last_exchange_at = serializers.DateTimeField(allow_null=True)


class RetryWrite(serializers.Serializer):
    link = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        help_text="One of its links. Left out: those that failed last, up to 500.",
    )


class Retried(serializers.Serializer):
    retried = serializers.IntegerField()


connection_rows = extend_schema_view(
    get=operation(
        "connections_list",
        "List connections",
        TAG,
        {200: page_of(ConnectionRead)},
        parameters=PAGE_PARAMETERS,
        fails=(400, 403),
        description="Those of the key's queues, and how they fare. " + SCOPE.format("read"),
    )
)
connection_row = extend_schema_view(
    get=operation(
        "connections_get",
        "Get a connection",
        TAG,
        {200: ConnectionRead},
        parameters=[REF],
        fails=(*READ_FAILS, 403),
    )
)
connection_links = operation(
    "connections_links",
    "List what is not in step",
    TAG,
    {200: page_of(ConnectionLinkRead)},
    parameters=[REF, *PAGE_PARAMETERS],
    fails=(*READ_FAILS, 403),
)
connection_pause = operation(
    "connections_pause",
    "Pause a connection",
    TAG,
    {200: ConnectionRead},
    parameters=[REF],
    fails=(400, 403, 404),
    description="Nothing goes to and fro until it is resumed. " + SCOPE.format("write"),
)
connection_resume = operation(
    "connections_resume",
    "Resume a connection",
    TAG,
    {200: ConnectionRead},
    parameters=[REF],
    fails=(400, 403, 404),
    description="At once, whatever it stopped for. " + SCOPE.format("write"),
)
connection_retry = operation(
    "connections_retry",
    "Try again what failed",
    TAG,
    {200: Retried},
    request=RetryWrite,
    parameters=[REF],
    fails=(400, 403, 404, 413, 415),
    description="What was maybe created, and conflicts, wait for a person. "
    + SCOPE.format("write"),
)
