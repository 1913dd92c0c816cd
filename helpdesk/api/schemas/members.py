"""What the OpenAPI document says of members of teams and of changes of settings."""

from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import serializers

from helpdesk.api.schemas.common import (
    EMPTY,
    PAGE_PARAMETERS,
    READ_FAILS,
    Reference,
    SmallPerson,
    operation,
    page_of,
)
from helpdesk.api.schemas.configured import REF, TAG, Replaced, ReplaceWrite
from helpdesk.models import Membership, SettingChange

WRITE = (400, 403, 404, 413, 415)


class MemberRead(serializers.Serializer):
    user = SmallPerson()
    access = serializers.ChoiceField(Membership.Access.choices)
    is_lead = serializers.BooleanField(help_text="Sets up what the team works with.")


class MemberWrite(serializers.Serializer):
    user = Reference(help_text="Somebody who works here.")
    access = serializers.ChoiceField(Membership.Access.choices, required=False)
    is_lead = serializers.BooleanField(required=False)


class SettingChangeRead(serializers.Serializer):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(SettingChange.Kind.choices)
    noun = serializers.CharField(help_text="As in the addresses: `statuses`, `queues` …")
    row = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    fields = serializers.DictField(help_text="By name: what it was, and what it is.")
    person = serializers.IntegerField(allow_null=True)
    person_name = serializers.CharField()
    key = serializers.IntegerField(allow_null=True)
    origin = serializers.CharField()


members_list = operation(
    "members_list",
    "List the members of a team",
    TAG,
    {200: page_of(MemberRead)},
    parameters=[REF],
    fails=(*READ_FAILS, 403),
)
member_put = operation(
    "members_set",
    "Put somebody into a team, or change what they may do there",
    TAG,
    {200: MemberRead},
    request=MemberWrite,
    parameters=[REF],
    fails=WRITE,
)
member_delete = operation(
    "members_remove",
    "Take somebody out of a team",
    TAG,
    {204: EMPTY},
    parameters=[
        REF,
        OpenApiParameter("person", int, OpenApiParameter.PATH, description="A person's id."),
    ],
    fails=(400, 403, 404),
)
option_replace = operation(
    "options_replace",
    "Replace an option of a custom field",
    TAG,
    {200: Replaced},
    request=ReplaceWrite,
    parameters=[
        REF,
        OpenApiParameter("option", int, OpenApiParameter.PATH, description="An option's id."),
    ],
    fails=WRITE,
    description="Its tickets get `into` instead, each with an entry in its history; then it is"
    " removed.",
)
changes_list = extend_schema_view(
    get=operation(
        "setting_changes_list",
        "List what was changed of the settings",
        TAG,
        {200: page_of(SettingChangeRead)},
        parameters=[
            OpenApiParameter("noun", str, description="Only these: `statuses`, `queues` …"),
            OpenApiParameter("row", int, description="Only the row of this id."),
            *PAGE_PARAMETERS,
        ],
        fails=(400, 403),
        description="Newest first. Needs the scope `configuration:manage`.",
    )
)
