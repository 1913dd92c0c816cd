"""What the OpenAPI document says of merging and splitting."""

from rest_framework import serializers

from helpdesk.api.schemas.common import IF_MATCH, Reference, operation, path_of_ticket
from helpdesk.api.schemas.tickets import TAG, TicketRead

FAILS = (400, 403, 404, 412, 413, 415)


class MergeWrite(serializers.Serializer):
    into = Reference(help_text="The ticket that goes on: its number or uuid.")


class SplitWrite(serializers.Serializer):
    title = serializers.CharField(max_length=500)
    comments = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)


ticket_merge = operation(
    "tickets_merge",
    "Merge a ticket into another one",
    TAG,
    {200: TicketRead},
    request=MergeWrite,
    parameters=[path_of_ticket(), IF_MATCH],
    fails=FAILS,
    description=(
        "All that was said moves to the other ticket, which is answered. This one keeps its number,"
        " is closed, and leads there as `merged_into`. `unmerge` takes it back."
    ),
)
ticket_unmerge = operation(
    "tickets_unmerge",
    "Take a merge back",
    TAG,
    {200: TicketRead},
    parameters=[path_of_ticket(), IF_MATCH],
    fails=(400, 403, 404, 412),
)
ticket_split = operation(
    "tickets_split",
    "Split messages off to a new ticket",
    TAG,
    {201: TicketRead},
    request=SplitWrite,
    parameters=[path_of_ticket(), IF_MATCH],
    fails=FAILS,
    description=(
        "The messages move to a new ticket, which is answered and linked to this one. The first"
        " public one becomes its description, and its author the requester."
    ),
)
