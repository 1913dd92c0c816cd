"""What the OpenAPI document says of webhooks."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from helpdesk.api.schemas.common import (
    EMPTY,
    FIELDS_PARAMETER,
    NULL_IF_REPEATED,
    PAGE_PARAMETERS,
    READ_FAILS,
    Reference,
    Small,
    SmallQueue,
    ToldOnce,
    operation,
    page_of,
)
from helpdesk.models import Delivery, Webhook
from helpdesk.webhooks.events import EVENTS, TEST

TAG = "Webhooks"
REF = OpenApiParameter("ref", str, OpenApiParameter.PATH, description="An id or uuid.")
DELIVERY = OpenApiParameter(
    "delivery_ref", str, OpenApiParameter.PATH, description="An id or uuid."
)
WRITE = (400, 403, 404, 413, 415)
SECRET = "Signs what is sent. Shown here and never again."


class WebhookRead(Small):
    url = serializers.CharField()
    events = serializers.ListField(
        child=serializers.ChoiceField(EVENTS), help_text="Empty: all of them."
    )
    query = serializers.CharField(help_text="Which tickets, as `q` of the list means them.")
    queues = SmallQueue(many=True, help_text="Empty: all that the key reaches.")
    with_internal = serializers.BooleanField(help_text="Whether internal notes are told.")
    state = serializers.ChoiceField(Webhook.State.choices)
    created_at = serializers.DateTimeField()
    former_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the former secret signs too."
    )
    failing_since = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()
    last_success_at = serializers.DateTimeField(allow_null=True)
    delivered = serializers.IntegerField(help_text="Events that were taken.")
    failed = serializers.IntegerField(help_text="Tries that failed.")
    died = serializers.IntegerField(help_text="Events that were given up.")


class WebhookMade(WebhookRead, ToldOnce):
    secret = serializers.CharField(allow_null=True, help_text=f"{SECRET} {NULL_IF_REPEATED}")


class WebhookWrite(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    url = serializers.CharField(max_length=2000)
    events = serializers.ListField(child=serializers.ChoiceField(EVENTS), required=False)
    query = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    queues = serializers.ListField(
        child=Reference(),
        required=False,
        max_length=200,
        help_text="Each by id, uuid, slug or name.",
    )
    with_internal = serializers.BooleanField(required=False)
    state = serializers.ChoiceField(["active", "paused"], required=False)


class WebhookPatch(WebhookWrite):
    name = serializers.CharField(max_length=120, required=False)
    url = serializers.CharField(max_length=2000, required=False)


class WebhookRotate(serializers.Serializer):
    overlap_hours = serializers.FloatField(required=False, min_value=0, max_value=720, default=24)


class DeliveryRead(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    ticket = serializers.IntegerField(allow_null=True)
    change = serializers.IntegerField(allow_null=True)
    event = serializers.ChoiceField([*EVENTS, TEST])
    event_id = serializers.UUIDField()
    state = serializers.ChoiceField(Delivery.State.choices)
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()


class AttemptRead(serializers.Serializer):
    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    milliseconds = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()
    request = serializers.CharField(help_text="The body that was sent, capped.")
    answer = serializers.CharField(help_text="The body that was answered, capped.")


class DeliveryLogged(DeliveryRead):
    log = AttemptRead(many=True)


class Replayed(serializers.Serializer):
    replayed = serializers.IntegerField(help_text="Events that are told again.")


webhooks_list = operation(
    "webhooks_list",
    "List the key's webhooks",
    TAG,
    {200: page_of(WebhookRead)},
    parameters=PAGE_PARAMETERS,
    fails=(400,),
)
webhook_post = operation(
    "webhooks_create",
    "Subscribe to events",
    TAG,
    {201: WebhookMade},
    request=WebhookWrite,
    fails=(400, 403, 413, 415),
    description=(
        "For keys that write and reach all queues, and for sandbox keys, which hear of their"
        " sandbox. What is told is what the key could read at that moment. Silent changes are not."
    ),
)
webhook_get = operation(
    "webhooks_get",
    "Get a webhook",
    TAG,
    {200: WebhookRead},
    parameters=[REF, FIELDS_PARAMETER],
    fails=READ_FAILS,
)
webhook_patch = operation(
    "webhooks_change",
    "Change, pause or resume a webhook",
    TAG,
    {200: WebhookRead},
    request=WebhookPatch,
    parameters=[REF],
    fails=WRITE,
    description="What happens while it is paused is told once it is active again.",
)
webhook_delete = operation(
    "webhooks_delete",
    "Remove a webhook",
    TAG,
    {204: EMPTY},
    parameters=[REF],
    fails=(400, 403, 404),
)
webhook_rotate = operation(
    "webhooks_rotate_secret",
    "Make a new secret",
    TAG,
    {200: WebhookMade},
    request=WebhookRotate,
    parameters=[REF],
    fails=WRITE,
    description="During the overlap what is sent is signed by both, the new one first.",
)
webhook_test = operation(
    "webhooks_test",
    "Send a test",
    TAG,
    {202: DeliveryRead},
    parameters=[REF],
    fails=(400, 403, 404),
)
webhook_replay = operation(
    "webhooks_replay",
    "Tell all events again that were given up",
    TAG,
    {202: Replayed},
    parameters=[REF],
    fails=(400, 403, 404),
)
deliveries_list = operation(
    "webhooks_deliveries",
    "List what is told and was told, newest first",
    TAG,
    {200: page_of(DeliveryRead)},
    parameters=[
        REF,
        OpenApiParameter("state", str, enum=Delivery.State.values),
        OpenApiParameter("event", str, enum=[*EVENTS, TEST]),
        OpenApiParameter("ticket", str, description="A number or uuid."),
        *PAGE_PARAMETERS,
    ],
    fails=READ_FAILS,
)
delivery_get = operation(
    "webhooks_delivery",
    "Get a delivery with each of its tries",
    TAG,
    {200: DeliveryLogged},
    parameters=[REF, DELIVERY],
    fails=READ_FAILS,
)
delivery_replay = operation(
    "webhooks_delivery_replay",
    "Tell an event again",
    TAG,
    {202: DeliveryRead},
    parameters=[REF, DELIVERY],
    fails=(400, 403, 404),
)
