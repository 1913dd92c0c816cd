"""What the OpenAPI document says of the tags and the children of one ticket."""

from rest_framework import serializers

from helpdesk.api.schemas.common import (
    IF_MATCH,
    PAGE_PARAMETERS,
    READ_FAILS,
    operation,
    page_of,
    path_of_ticket,
)
from helpdesk.api.schemas.tickets import EXPAND_EACH, TAG, ExpandedTicketRead, TicketRead
from helpdesk.api.ticket_input import TagNames


class TicketTagsWrite(serializers.Serializer):
    add = TagNames()
    remove = TagNames()


ticket_tags = operation(
    "tickets_tag",
    "Add and remove tags",
    TAG,
    {200: TicketRead},
    request=TicketTagsWrite,
    parameters=[path_of_ticket(), IF_MATCH],
    fails=(400, 403, 404, 412, 413, 415),
    description=(
        "Tags by name, added or removed; the ticket keeps its others. A tag that is not known is"
        " made. Two callers who add different tags at once both win."
    ),
)
children_list = operation(
    "tickets_children",
    "List the children of a ticket",
    TAG,
    {200: page_of(ExpandedTicketRead)},
    parameters=[path_of_ticket(), EXPAND_EACH, *PAGE_PARAMETERS],
    fails=READ_FAILS,
    description="Those whose `parent` it is, oldest first. To set a parent, change the child.",
)
