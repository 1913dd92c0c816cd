"""What the OpenAPI document says of keys."""

from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import serializers

from helpdesk.api.schemas.common import (
    EMPTY,
    NULL_IF_REPEATED,
    PAGE_PARAMETERS,
    READ_FAILS,
    Reference,
    Small,
    SmallPerson,
    SmallQueue,
    ToldOnce,
    operation,
    page_of,
)
from helpdesk.models import ApiKey

TAG = "Keys"
REF = OpenApiParameter("ref", str, OpenApiParameter.PATH, description="An id or uuid.")
WRITE = (400, 403, 404, 413, 415)
ONCE = (
    "The secret is in this answer and nowhere else: a repeated call with the same Idempotency-Key"
    " is answered with `secret: null`, and with a `notice`."
)
NO_MORE = "A key gives no right that it does not have: 400 that names the field."


class KeyRead(Small):
    prefix = serializers.CharField(help_text="What its secret begins with.")
    scope = serializers.ChoiceField(ApiKey.Scope.choices)
    scopes = serializers.ListField(
        child=serializers.CharField(), help_text="Empty: all but what has to be named."
    )
    allowed_from = serializers.ListField(
        child=serializers.CharField(), help_text="Networks. Empty: from everywhere."
    )
    all_queues = serializers.BooleanField()
    queues = SmallQueue(many=True)
    home_queue = SmallQueue(allow_null=True)
    person = SmallPerson(allow_null=True)
    sources = serializers.ListField(child=serializers.CharField())
    rate_limit = serializers.IntegerField(allow_null=True, help_text="Calls a minute.")
    writes_for_others = serializers.BooleanField()
    is_sandbox = serializers.BooleanField()
    primary = Small(allow_null=True, help_text="The key that a secondary one follows.")
    is_usable = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    former_secret_until = serializers.DateTimeField(allow_null=True)


class KeyWithSecret(KeyRead):
    secret = serializers.CharField(allow_null=True, help_text=NULL_IF_REPEATED)


class KeyMade(KeyWithSecret, ToldOnce):
    secondary = KeyWithSecret(
        allow_null=True, help_text="The one made beside it (`with_twin`); null of a new secret."
    )


class KeyPatch(serializers.Serializer):
    name = serializers.CharField(required=False, max_length=120)
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=60
    )
    allowed_from = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=60
    )
    all_queues = serializers.BooleanField(required=False)
    queues = serializers.ListField(child=Reference(), required=False, max_length=500)
    home_queue = Reference(required=False, allow_null=True)
    sources = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=50
    )
    rate_limit = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=1_000_000
    )
    writes_for_others = serializers.BooleanField(required=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class KeyWrite(KeyPatch):
    name = serializers.CharField(max_length=120)
    scope = serializers.ChoiceField(ApiKey.Scope.choices, required=False)
    with_twin = serializers.BooleanField(
        required=False,
        help_text="Make a secondary key that only reads, beside one that writes.",
    )


class RotateWrite(serializers.Serializer):
    until = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="How long the former secret works; at most 90 days.",
    )


key_rows = extend_schema_view(
    get=operation(
        "keys_list",
        "List keys",
        TAG,
        {200: page_of(KeyRead)},
        parameters=PAGE_PARAMETERS,
        fails=(400, 403),
        description="Those whose queues lie within the caller's.",
    )
)
key_row = extend_schema_view(
    get=operation(
        "keys_get", "Get a key", TAG, {200: KeyRead}, parameters=[REF], fails=(*READ_FAILS, 403)
    )
)
key_post = operation(
    "keys_create",
    "Make a key",
    TAG,
    {201: KeyMade},
    request=KeyWrite,
    fails=(400, 403, 413, 415),
    description=f"{ONCE} {NO_MORE} It acts as the person that the caller acts as.",
)
key_patch = operation(
    "keys_change",
    "Change a key",
    TAG,
    {200: KeyRead},
    request=KeyPatch,
    parameters=[REF],
    fails=WRITE,
    description=f"What it is changed to holds for its secondary key, too. {NO_MORE}",
)
key_delete = operation(
    "keys_revoke",
    "Revoke a key",
    TAG,
    {204: EMPTY},
    parameters=[REF],
    fails=(400, 403, 404),
    description="It and its secondary key open nothing any more. That is not taken back.",
)
key_rotate = operation(
    "keys_rotate",
    "Give a key a new secret",
    TAG,
    {200: KeyMade},
    request=RotateWrite,
    parameters=[REF],
    fails=WRITE,
    description=f"The former one works `until` then, or no longer. {ONCE}",
)
key_end_overlap = operation(
    "keys_end_overlap",
    "Stop the former secret",
    TAG,
    {200: KeyRead},
    parameters=[REF],
    fails=(400, 403, 404),
)
key_sandbox = operation(
    "keys_enter_sandbox",
    "Confine a key to its sandbox",
    TAG,
    {200: KeyRead},
    parameters=[REF],
    fails=(400, 403, 404),
)
key_sandbox_end = operation(
    "keys_leave_sandbox",
    "Let a key out of its sandbox",
    TAG,
    {200: KeyRead},
    parameters=[REF],
    fails=(400, 403, 404),
)
