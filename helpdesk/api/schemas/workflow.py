"""What the OpenAPI document says of transitions, history, links and followers."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from helpdesk.actions.comments import MAX_BODY
from helpdesk.api.schemas.common import (
    EMPTY,
    IF_MATCH,
    PAGE_PARAMETERS,
    READ_FAILS,
    WRITE_FAILS,
    Reference,
    Small,
    SmallPerson,
    SmallStatus,
    SmallTicket,
    operation,
    page_of,
    path_of_ticket,
)
from helpdesk.api.schemas.conversation import ParticipantRead
from helpdesk.api.schemas.tickets import TicketRead
from helpdesk.models import Change, Participant, Resolution, TicketLink

TAG = "Tickets"


class TransitionRead(Small):
    status = SmallStatus(help_text="Where it leads.")
    needs_resolution = serializers.BooleanField()
    needs_comment = serializers.BooleanField()


class TransitionWrite(serializers.Serializer):
    transition = Reference(help_text="An id, a uuid, its name or its status' name.")
    resolution = serializers.ChoiceField(Resolution.choices, required=False, allow_blank=True)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=MAX_BODY)
    custom = serializers.DictField(
        required=False, help_text="Custom fields by key, as those that resolving needs."
    )
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class ActivityRead(serializers.Serializer):
    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="The ticket's version after it.")
    kind = serializers.ChoiceField(Change.Kind.choices)
    words = serializers.CharField()
    at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    person = SmallPerson(allow_null=True)
    person_name = serializers.CharField()
    on_behalf_of = SmallPerson(
        allow_null=True,
        help_text="Who did it in truth, where a key that writes for others said so.",
    )
    key = Small(allow_null=True)
    origin = serializers.CharField()
    comment = serializers.UUIDField(allow_null=True)
    fields = serializers.DictField(child=serializers.DictField())
    silent = serializers.BooleanField()
    request_id = serializers.CharField()


class LinkRead(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(TicketLink.Kind.choices)
    direction = serializers.ChoiceField(["out", "in"])
    ticket = SmallTicket()
    created_at = serializers.DateTimeField()


class TicketLinkWrite(serializers.Serializer):
    ticket = Reference(help_text="A number or uuid.")
    kind = serializers.ChoiceField(TicketLink.Kind.choices, required=False)


class FollowerWrite(serializers.Serializer):
    person = Reference(help_text="An id, a uuid, a name or an e-mail address.")
    kind = serializers.ChoiceField(Participant.Kind.choices, required=False)


ON_TICKET = [path_of_ticket()]
WRITE = (400, 403, 404, 413, 415)

transition_list = operation(
    "transitions_list",
    "List the transitions that are open to me",
    TAG,
    {200: page_of(TransitionRead)},
    parameters=ON_TICKET,
    fails=READ_FAILS,
)
transition_post = operation(
    "transitions_take",
    "Take a transition",
    TAG,
    {200: TicketRead},
    request=TransitionWrite,
    parameters=[*ON_TICKET, IF_MATCH],
    fails=WRITE_FAILS,
)
activity_list = operation(
    "activities_list",
    "List what happened to a ticket",
    TAG,
    {200: page_of(ActivityRead)},
    parameters=[*ON_TICKET, *PAGE_PARAMETERS],
    fails=READ_FAILS,
)
link_list = operation(
    "links_list",
    "List a ticket's links",
    TAG,
    {200: page_of(LinkRead)},
    parameters=[*ON_TICKET, *PAGE_PARAMETERS],
    fails=READ_FAILS,
)
link_post = operation(
    "links_create",
    "Link a ticket to another",
    TAG,
    {201: LinkRead},
    request=TicketLinkWrite,
    parameters=ON_TICKET,
    fails=WRITE,
)
link_delete = operation(
    "links_delete",
    "Take a link away",
    TAG,
    {204: EMPTY},
    parameters=[*ON_TICKET, OpenApiParameter("link", int, OpenApiParameter.PATH)],
    fails=(400, 403, 404),
)
follower_list = operation(
    "followers_list",
    "List who takes part in a ticket",
    TAG,
    {200: page_of(ParticipantRead)},
    parameters=[*ON_TICKET, *PAGE_PARAMETERS],
    fails=READ_FAILS,
)
follower_post = operation(
    "followers_create",
    "Have a person follow a ticket",
    TAG,
    {201: ParticipantRead},
    request=FollowerWrite,
    parameters=ON_TICKET,
    fails=WRITE,
)
follower_delete = operation(
    "followers_delete",
    "Have a person take part no longer",
    TAG,
    {204: EMPTY},
    parameters=[*ON_TICKET, OpenApiParameter("person", int, OpenApiParameter.PATH)],
    fails=(400, 403, 404),
)
