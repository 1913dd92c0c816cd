"""What the OpenAPI document says of tickets."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from helpdesk.api.expansions import FEW, MOST_TICKETS
from helpdesk.api.schemas.common import (
    EMPTY,
    FIELDS_PARAMETER,
    IF_MATCH,
    PAGE_PARAMETERS,
    READ_FAILS,
    WRITE_FAILS,
    Small,
    SmallPerson,
    SmallQueue,
    SmallStatus,
    SmallTicket,
    operation,
    page_of,
    path_of_ticket,
)
from helpdesk.api.schemas.conversation import AttachmentRead, CommentRead, ParticipantRead
from helpdesk.api.ticket_input import TicketBySource, TicketChange, TicketInput
from helpdesk.filters import SORTS, TicketFilter
from helpdesk.models import Channel, Format, Priority, Resolution

TAG = "Tickets"


class TicketRead(serializers.Serializer):
    id = serializers.IntegerField(help_text="The number people know it by.")
    uuid = serializers.UUIDField()
    title = serializers.CharField()
    body = serializers.CharField()
    body_format = serializers.ChoiceField(Format.choices)
    queue = SmallQueue()
    status = SmallStatus()
    type = Small(allow_null=True)
    priority = serializers.ChoiceField(Priority.choices)
    requester = SmallPerson(allow_null=True)
    requester_name = serializers.CharField(help_text="The name as it came with the ticket.")
    organisation = Small(allow_null=True)
    assignee = SmallPerson(allow_null=True)
    team = Small(allow_null=True)
    parent = SmallTicket(allow_null=True)
    merged_into = SmallTicket(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    custom = serializers.DictField(help_text="By key; options by label; null where not set.")
    channel = serializers.ChoiceField(Channel.choices)
    due_at = serializers.DateTimeField(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True)
    resolution = serializers.ChoiceField(Resolution.choices, allow_blank=True)
    resolution_comment = serializers.CharField()
    source = serializers.CharField()
    source_ref = serializers.CharField()
    source_url = serializers.CharField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    stored_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    last_activity_at = serializers.DateTimeField()
    last_customer_at = serializers.DateTimeField(allow_null=True)
    first_response_at = serializers.DateTimeField(allow_null=True)
    first_resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    next_due_at = serializers.DateTimeField(allow_null=True)
    reopened_count = serializers.IntegerField()
    url = serializers.URLField()
    web_url = serializers.URLField(help_text="The page for people.")


class GoneTicketRead(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    reason = serializers.ChoiceField(["deleted", "merged", "moved"])
    merged_into = SmallTicket(allow_null=True)
    updated_at = serializers.DateTimeField()


class ExpandedTicketRead(TicketRead):
    comments = page_of(CommentRead, required=False)
    attachments = page_of(AttachmentRead, required=False)
    participants = page_of(ParticipantRead, required=False)


EXPAND = OpenApiParameter(
    "expand", str, description="What comes along: comments, attachments, participants."
)
EXPAND_EACH = OpenApiParameter(
    "expand",
    str,
    description=f"What comes along with each ticket: comments, attachments, participants, the"
    f" first {FEW} of each, with `next` where there are more. A page then has at most"
    f" {MOST_TICKETS} tickets.",
)


def _parameter(name: str, one) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=str(one.label).capitalize())


FILTERS = [_parameter(name, one) for name, one in TicketFilter.declared_filters.items()]
SORT = OpenApiParameter(
    "sort",
    OpenApiTypes.STR,
    description=f"Columns between commas, `-` for descending: {', '.join(SORTS)}, and"
    " `custom.<key>` of fields that hold one value. Empty values come last.",
)
TYPED = OpenApiParameter(
    "q",
    OpenApiTypes.STR,
    description="A typed query, beside the filters: `is:unresolved assignee:me -tag:spam"
    " updated:>7d printer`.",
)
LIST_WORDS = """Newest number first unless sorted otherwise. Several values of a filter, repeated
or between commas, mean any of them; `none` means empty; people are named by id, uuid or e-mail.
Custom fields: `custom.<key>=value`, options by label or uuid; numbers and dates also as
`custom.<key>.gte`, `.gt`, `.lte`, `.lt`. A name that begins with `-` means none of the values:
`-tag=spam`. Moments are ISO 8601, days, or spans from now such as `-7d`. What is not known is
refused."""
SINCE_WORDS = """

With `updated_since` a list is a window in time: what was written from that moment on, ending five
seconds ago so that nothing which commits late is missed. It answers `next_since`, where the next
window begins, and `gone`, the address of the tickets to drop in the same window. It begins with
the oldest update; follow `next` to its end before you use `next_since`."""
CREATE_WORDS = """Only `title` is required. A `source` with a `source_ref` that is known answers
the first ticket with 200 in place of 201."""

ticket_list = operation(
    "tickets_list",
    "List tickets",
    TAG,
    {200: page_of(ExpandedTicketRead, since=True)},
    parameters=[TYPED, *FILTERS, EXPAND_EACH, SORT, *PAGE_PARAMETERS],
    fails=(400,),
    description=LIST_WORDS + SINCE_WORDS,
)
ticket_post = operation(
    "tickets_create",
    "Open a ticket",
    TAG,
    {201: TicketRead, 200: TicketRead},
    request=TicketInput,
    fails=(400, 403, 413, 415),
    description=CREATE_WORDS,
)
OF_READING = [
    EXPAND,
    FIELDS_PARAMETER,
    OpenApiParameter(
        "If-None-Match",
        str,
        OpenApiParameter.HEADER,
        description="The ETag of an earlier answer: 304 if the very same would be answered.",
    ),
]
ticket_get = operation(
    "tickets_get",
    "Get a ticket",
    TAG,
    {200: ExpandedTicketRead, 304: OpenApiResponse(description="Not changed.")},
    parameters=[path_of_ticket(), *OF_READING],
    fails=READ_FAILS,
)
ticket_patch = operation(
    "tickets_change",
    "Change a ticket",
    TAG,
    {200: TicketRead},
    request=TicketChange,
    parameters=[path_of_ticket(), IF_MATCH],
    fails=WRITE_FAILS,
    description=(
        "Only what is sent is changed. With `version`, fields that were changed since that"
        " version answer 409 with the difference."
    ),
)
ticket_delete = operation(
    "tickets_delete",
    "Move a ticket to the trash",
    TAG,
    {204: EMPTY},
    parameters=[path_of_ticket(), IF_MATCH],
    fails=(400, 403, 404, 412),
)
ticket_restore = operation(
    "tickets_restore",
    "Take a ticket out of the trash",
    TAG,
    {200: TicketRead},
    parameters=[path_of_ticket()],
    fails=(400, 403, 404),
)

PATH_OF_SOURCE = [
    OpenApiParameter("source", str, OpenApiParameter.PATH, description="The source's name."),
    OpenApiParameter(
        "source_ref", str, OpenApiParameter.PATH, description="The reference there; may hold “/”."
    ),
]
by_source_get = operation(
    "tickets_get_by_source",
    "Get a ticket by its reference at a source",
    TAG,
    {200: ExpandedTicketRead, 304: OpenApiResponse(description="Not changed.")},
    parameters=[*PATH_OF_SOURCE, *OF_READING],
    fails=READ_FAILS,
)
by_source_put = operation(
    "tickets_put_by_source",
    "Open or change a ticket by its reference at a source",
    TAG,
    {200: TicketRead, 201: TicketRead},
    request=TicketBySource,
    parameters=[
        *PATH_OF_SOURCE,
        IF_MATCH,
        OpenApiParameter(
            "If-None-Match", str, OpenApiParameter.HEADER, description="`*`: 412 if it is there."
        ),
    ],
    fails=WRITE_FAILS,
    description=(
        "Opens the ticket (201, a `title` is needed), or changes what is sent (200). A source"
        " belongs to the key that used it first. `If-Match` only changes, `If-None-Match: *` only"
        " opens."
    ),
)
tickets_gone = operation(
    "tickets_gone",
    "List tickets that are gone",
    TAG,
    {200: page_of(GoneTicketRead, since=True)},
    parameters=[
        OpenApiParameter("updated_since", OpenApiTypes.STR),
        OpenApiParameter("updated_at_before", OpenApiTypes.STR),
        *PAGE_PARAMETERS,
    ],
    fails=(400,),
    description=(
        "Tickets that a copy should drop: deleted, merged into another one, or moved where this"
        " key does not see. Read the list of tickets with the same `updated_since` as well."
    ),
)
