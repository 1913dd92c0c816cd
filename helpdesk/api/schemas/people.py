"""What the OpenAPI document says of people, organisations and the key itself."""

from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import serializers

from helpdesk.api.schemas.common import (
    EMPTY,
    IF_MATCH,
    PAGE_PARAMETERS,
    READ_FAILS,
    SEARCH_PARAMETER,
    Reference,
    Small,
    SmallPerson,
    SmallQueue,
    operation,
    page_of,
)
from helpdesk.api.setting_inputs import OrganisationInput
from helpdesk.models import ApiKey, User

TAG = "People"
REF = OpenApiParameter("ref", str, OpenApiParameter.PATH, description="An id or uuid.")
WRITE = (400, 403, 404, 413, 415)


class UserRead(SmallPerson):
    role = serializers.ChoiceField(User.ROLES)
    organisation = Small(allow_null=True)
    timezone = serializers.CharField()
    locale = serializers.CharField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class UserWrite(serializers.Serializer):
    name = serializers.CharField(max_length=200)
    email = serializers.EmailField(max_length=254)
    organisation = Reference(required=False, allow_null=True)
    timezone = serializers.CharField(required=False, allow_blank=True, max_length=64)
    locale = serializers.CharField(required=False, allow_blank=True, max_length=12)


class UserPatch(UserWrite):
    name = serializers.CharField(required=False, max_length=200)
    email = serializers.EmailField(required=False, max_length=254)


class OrganisationRead(Small):
    domains = serializers.ListField(child=serializers.CharField())
    shares_tickets = serializers.BooleanField()
    notes = serializers.CharField()


class MeRead(Small):
    prefix = serializers.CharField()
    scope = serializers.ChoiceField(ApiKey.Scope.choices)
    scopes = serializers.ListField(
        child=serializers.CharField(), help_text="What the key may do, within its queues."
    )
    is_sandbox = serializers.BooleanField(help_text="Whether it only tries things.")
    writes_for_others = serializers.BooleanField(
        help_text="Whether it may name authors and times of the past, stay silent, and import."
    )
    all_queues = serializers.BooleanField()
    queues = SmallQueue(many=True)
    person = SmallPerson(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    rate_limit = serializers.IntegerField(help_text="Calls a minute.")


USER_FILTERS = [
    OpenApiParameter("email", str, description="The whole address."),
    OpenApiParameter("role", str, enum=[role for role, _words in User.ROLES]),
    OpenApiParameter("organisation", str, description="An id, a uuid or a name."),
]

user_rows = extend_schema_view(
    get=operation(
        "users_list",
        "List people",
        TAG,
        {200: page_of(UserRead)},
        parameters=[SEARCH_PARAMETER, *USER_FILTERS, *PAGE_PARAMETERS],
        fails=(400,),
    )
)
user_row = extend_schema_view(
    get=operation(
        "users_get", "Get a person", TAG, {200: UserRead}, parameters=[REF], fails=READ_FAILS
    )
)
user_post = operation(
    "users_create",
    "Make a customer",
    TAG,
    {201: UserRead},
    request=UserWrite,
    fails=(400, 403, 413, 415),
)
user_patch = operation(
    "users_change",
    "Change a customer's profile",
    TAG,
    {200: UserRead},
    request=UserPatch,
    parameters=[REF],
    fails=WRITE,
)
user_erase = operation(
    "users_erase",
    "Erase a customer",
    TAG,
    {200: UserRead},
    parameters=[REF],
    fails=(400, 403, 404),
    description=(
        "Empties name and addresses, here and wherever they were copied. What was said stays."
        " For keys of all queues that name the scope `people:erase`. It is not taken back."
    ),
)
organisation_rows = extend_schema_view(
    get=operation(
        "organisations_list",
        "List organisations",
        TAG,
        {200: page_of(OrganisationRead)},
        parameters=[SEARCH_PARAMETER, *PAGE_PARAMETERS],
        fails=(400,),
    ),
    post=operation(
        "organisations_create",
        "Make an organisation",
        TAG,
        {201: OrganisationRead},
        request=OrganisationInput,
        fails=(400, 403, 413, 415),
        description="One of that name that was removed comes back.",
    ),
)
organisation_row = extend_schema_view(
    get=operation(
        "organisations_get",
        "Get an organisation",
        TAG,
        {200: OrganisationRead},
        parameters=[REF],
        fails=READ_FAILS,
    ),
    patch=operation(
        "organisations_change",
        "Change an organisation",
        TAG,
        {200: OrganisationRead},
        request=OrganisationInput,
        parameters=[REF, IF_MATCH],
        fails=(*WRITE, 412),
    ),
    delete=operation(
        "organisations_delete",
        "Remove an organisation",
        TAG,
        {204: EMPTY},
        parameters=[REF, IF_MATCH],
        fails=(400, 403, 404, 412),
        description="Refused with the code `in_use` while people or tickets name it.",
    ),
)
me_get = operation("me_get", "Get the key that asks", TAG, {200: MeRead})
