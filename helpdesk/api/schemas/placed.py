"""What the OpenAPI document says of saved views and canned replies."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import serializers

from helpdesk.actions.canned import MAX_BODY
from helpdesk.actions.views import GROUPS
from helpdesk.api.schemas.common import (
    EMPTY,
    PAGE_PARAMETERS,
    READ_FAILS,
    Reference,
    Small,
    SmallPerson,
    operation,
    page_of,
)
from helpdesk.api.schemas.tickets import EXPAND_EACH, SORT, ExpandedTicketRead
from helpdesk.api.ticket_input import TagNames
from helpdesk.models import Format

VIEWS, REPLIES = "Saved views", "Canned replies"
REF = OpenApiParameter("ref", str, OpenApiParameter.PATH, description="An id or uuid.")
WRITE = (400, 403, 404, 413, 415)
PLACES = (
    " Of the person that the key acts as, of a team in which that person works, or, for a key of"
    " all queues, everyone's."
)


class Placed(Small):
    shared_with = serializers.ChoiceField(["me", "team", "everyone"])
    team = Small(allow_null=True)
    owner = SmallPerson(allow_null=True)


class Worded(Placed):
    uses = serializers.IntegerField(help_text="How many messages were sent with it.")
    used_at = serializers.DateTimeField(allow_null=True)
    retired = serializers.BooleanField(help_text="Retired ones are not offered to agents.")


class SavedViewRead(Placed):
    query = serializers.CharField(help_text="A typed query.")
    sort = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    group = serializers.CharField(
        help_text="What the workspace groups its rows by, empty for nothing."
    )
    position = serializers.IntegerField()
    tickets = serializers.URLField(help_text="The list of its tickets.")


class CannedReplyRead(Worded):
    body = serializers.CharField()
    format = serializers.ChoiceField(Format.choices)
    tags = serializers.ListField(child=serializers.CharField())
    updated_at = serializers.DateTimeField()


class PlacedPatch(serializers.Serializer):
    shared_with = serializers.ChoiceField(["me", "team", "everyone"], required=False)
    team = Reference(required=False, allow_null=True)


class SavedViewPatch(PlacedPatch):
    name = serializers.CharField(required=False, max_length=120)
    query = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    sort = serializers.CharField(required=False, allow_blank=True, max_length=40)
    columns = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, max_length=16
    )
    group = serializers.ChoiceField(GROUPS, required=False, allow_blank=True)


class SavedViewWrite(SavedViewPatch):
    name = serializers.CharField(max_length=120)


class CannedReplyPatch(PlacedPatch):
    name = serializers.CharField(required=False, max_length=120)
    body = serializers.CharField(required=False, max_length=MAX_BODY)
    format = serializers.ChoiceField(Format.choices, required=False)
    tags = TagNames()
    retired = serializers.BooleanField(required=False)


class CannedReplyWrite(CannedReplyPatch):
    name = serializers.CharField(max_length=120)
    body = serializers.CharField(max_length=MAX_BODY)


def listed_rows(name: str, words: str, tag: str, shape):
    return extend_schema_view(
        get=operation(
            name, words, tag, {200: page_of(shape)}, parameters=PAGE_PARAMETERS, fails=(400,)
        )
    )


def one_row(name: str, words: str, tag: str, shape):
    return extend_schema_view(
        get=operation(name, words, tag, {200: shape}, parameters=[REF], fails=READ_FAILS)
    )


def made_one(name: str, words: str, tag: str, shape, sent):
    return operation(
        name,
        words,
        tag,
        {201: shape},
        request=sent,
        fails=(400, 403, 413, 415),
        description=words + "." + PLACES,
    )


def changed_one(name: str, words: str, tag: str, shape, sent):
    return operation(name, words, tag, {200: shape}, request=sent, parameters=[REF], fails=WRITE)


def removed_one(name: str, words: str, tag: str):
    return operation(name, words, tag, {204: EMPTY}, parameters=[REF], fails=(400, 403, 404))


view_rows = listed_rows("views_list", "List saved views", VIEWS, SavedViewRead)
view_row = one_row("views_get", "Get a saved view", VIEWS, SavedViewRead)
view_post = made_one("views_create", "Save a view", VIEWS, SavedViewRead, SavedViewWrite)
view_patch = changed_one(
    "views_change", "Change a saved view", VIEWS, SavedViewRead, SavedViewPatch
)
view_delete = removed_one("views_delete", "Remove a saved view", VIEWS)
view_tickets = operation(
    "views_tickets",
    "List the tickets of a saved view",
    VIEWS,
    {200: page_of(ExpandedTicketRead)},
    parameters=[
        REF,
        EXPAND_EACH,
        OpenApiParameter("sort", OpenApiTypes.STR, description=SORT.description),
        *PAGE_PARAMETERS,
    ],
    fails=READ_FAILS,
    description="Those that this key sees. In the view's order unless sorted otherwise.",
)
reply_rows = listed_rows("canned_replies_list", "List canned replies", REPLIES, CannedReplyRead)
reply_row = one_row("canned_replies_get", "Get a canned reply", REPLIES, CannedReplyRead)
reply_post = made_one(
    "canned_replies_create", "Make a canned reply", REPLIES, CannedReplyRead, CannedReplyWrite
)
reply_patch = changed_one(
    "canned_replies_change", "Change a canned reply", REPLIES, CannedReplyRead, CannedReplyPatch
)
reply_delete = removed_one("canned_replies_delete", "Remove a canned reply", REPLIES)
