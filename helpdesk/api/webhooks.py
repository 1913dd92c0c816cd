"""Webhooks of the key that asks: subscribed, changed, tested; what was told, and told again."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk.actions import webhooks
from helpdesk.api.base import PAGING, ApiView, answer, found_or_404, nothing
from helpdesk.api.configured import named
from helpdesk.api.fields import RowField, StrictSerializer
from helpdesk.api.once import told_once
from helpdesk.api.projection import fields_in, narrowed
from helpdesk.api.schemas.webhooks import (
    DeliveryRead,
    WebhookRead,
    deliveries_list,
    delivery_get,
    delivery_replay,
    webhook_delete,
    webhook_get,
    webhook_patch,
    webhook_post,
    webhook_replay,
    webhook_rotate,
    webhook_test,
    webhooks_list,
)
from helpdesk.filters import SortKey
from helpdesk.lookup import number_of, uuid_of, visible_queues
from helpdesk.models import Delivery, Webhook
from helpdesk.webhooks.events import EVENTS, TEST

BY_ID = (SortKey("id"),)
NEWEST = (SortKey("id", descending=True),)
SETTABLE = (Webhook.State.ACTIVE, Webhook.State.PAUSED)
COPIED = (
    *("url", "events", "query", "with_internal", "state", "created_at", "failing_since"),
    *("last_error", "last_success_at", "delivered", "failed", "died"),
)
SHOWN = (
    *("event", "event_id", "state", "attempts", "created_at", "due_at", "ended_at", "last_error"),
)
OF_ATTEMPTS = ("number", "at", "milliseconds", "status", "error", "request", "answer")
DAY = 24


def webhook_shape(row: Webhook) -> dict:
    shape = named(row) | {name: getattr(row, name) for name in COPIED}
    shape["queues"] = [
        {**named(queue), "slug": queue.slug} for queue in row.queues.all() if not queue.deleted_at
    ]
    shape["former_secret_until"] = row.former_until if row.overlaps else None
    return shape


def delivery_shape(row: Delivery) -> dict:
    return {
        "id": row.pk,
        "uuid": row.uuid,
        "ticket": row.ticket_id,
        "change": row.change_id,
        **{name: getattr(row, name) for name in SHOWN},
    }


class WebhookInput(StrictSerializer):
    name = serializers.CharField(max_length=120)
    url = serializers.CharField(max_length=2000)
    events = serializers.ListField(child=serializers.ChoiceField(EVENTS), required=False)
    query = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    queues = serializers.ListField(child=RowField(visible_queues), required=False, max_length=200)
    with_internal = serializers.BooleanField(required=False)
    state = serializers.ChoiceField(SETTABLE, required=False)


class RotateInput(StrictSerializer):
    overlap_hours = serializers.FloatField(required=False, min_value=0, max_value=720)


class WebhookView(ApiView):
    """A key sees its own subscriptions alone."""

    def rows(self) -> QuerySet[Webhook]:
        return Webhook.objects.filter(key_id=self.actor.key_id).prefetch_related("queues")

    def webhook(self, ref: str) -> Webhook:
        return found_or_404(self.rows(), ref)

    def delivery(self, ref: str, delivery_ref: str) -> Delivery:
        return found_or_404(Delivery.objects.filter(webhook=self.webhook(ref)), delivery_ref)

    def with_secret(self, webhook: Webhook, secret: str, status: int) -> HttpResponse:
        """The only answer with a secret in it."""
        row = self.webhook(str(webhook.pk))
        shape = webhook_shape(row)
        renew = self.url(reverse("api:webhook-rotate", args=[row.pk]))
        return told_once(
            {**shape, "secret": secret}, {**shape, "secret": None}, renew=renew, status=status
        )


class Webhooks(WebhookView):
    params = PAGING
    reads = WebhookRead

    @webhooks_list
    def get(self, request) -> HttpResponse:
        return self.list_of(self.rows(), BY_ID, lambda found: [webhook_shape(row) for row in found])

    @webhook_post
    def post(self, request) -> HttpResponse:
        fields = self.checked(WebhookInput)
        queues = fields.pop("queues", ())
        webhook = Webhook(**fields)
        secret = webhooks.make_webhook(webhook, queues, by=self.actor)
        return self.with_secret(webhook, secret, 201)


class OneWebhook(WebhookView):
    params = ("fields",)
    reads = WebhookRead

    @webhook_get
    def get(self, request, ref: str) -> HttpResponse:
        wanted = fields_in(request.GET, self.reads)
        [shape] = narrowed([webhook_shape(self.webhook(ref))], wanted)
        return answer(shape)

    @webhook_patch
    def patch(self, request, ref: str) -> HttpResponse:
        webhook = self.webhook(ref)
        fields = self.checked(WebhookInput, partial=True)
        queues = fields.pop("queues", None)
        for name, value in fields.items():
            setattr(webhook, name, value)
        webhooks.change_webhook(webhook, queues, by=self.actor)
        return answer(webhook_shape(self.webhook(ref)))

    @webhook_delete
    def delete(self, request, ref: str) -> HttpResponse:
        webhooks.remove_webhook(self.webhook(ref), by=self.actor)
        return nothing()


class RotatedWebhook(WebhookView):
    http_method_names = ("post",)

    @webhook_rotate
    def post(self, request, ref: str) -> HttpResponse:
        webhook = self.webhook(ref)
        hours = self.checked(RotateInput).get("overlap_hours", DAY) if request.body else DAY
        secret = webhooks.rotate_webhook_secret(
            webhook, by=self.actor, overlap=timedelta(hours=hours)
        )
        return self.with_secret(webhook, secret, 200)


class TestedWebhook(WebhookView):
    """A test is told in the background: its delivery says how it went."""

    http_method_names = ("post",)

    @webhook_test
    def post(self, request, ref: str) -> HttpResponse:
        return answer(delivery_shape(webhooks.send_test(self.webhook(ref), by=self.actor)), 202)


class ReplayedWebhook(WebhookView):
    http_method_names = ("post",)

    @webhook_replay
    def post(self, request, ref: str) -> HttpResponse:
        return answer({"replayed": webhooks.replay_dead(self.webhook(ref), by=self.actor)}, 202)


class Deliveries(WebhookView):
    params = ("state", "event", "ticket", *PAGING)
    reads = DeliveryRead

    @deliveries_list
    def get(self, request, ref: str) -> HttpResponse:
        rows = Delivery.objects.filter(webhook=self.webhook(ref))
        rows = rows.filter(_narrowed(request.GET))
        return self.list_of(rows, NEWEST, lambda found: [delivery_shape(row) for row in found])


class OneDelivery(WebhookView):
    """A delivery with each try: what was sent and answered, capped and without secrets."""

    @delivery_get
    def get(self, request, ref: str, delivery_ref: str) -> HttpResponse:
        row = self.delivery(ref, delivery_ref)
        log = row.log.order_by("number").values(*OF_ATTEMPTS)
        return answer(delivery_shape(row) | {"log": list(log)})


class ReplayedDelivery(WebhookView):
    http_method_names = ("post",)

    @delivery_replay
    def post(self, request, ref: str, delivery_ref: str) -> HttpResponse:
        row = self.delivery(ref, delivery_ref)
        return answer(delivery_shape(webhooks.replay(row.webhook, row, by=self.actor)), 202)


def _narrowed(params) -> Q:
    """What the parameters of a list of deliveries mean. Raises ValidationError."""
    wanted, known = Q(), {"state": Delivery.State.values, "event": [*EVENTS, TEST]}
    for name, values in known.items():
        if (said := params.get(name)) is not None:
            if said not in values:
                words = _("There is no “%(value)s”. Known: %(names)s.")
                said = {"value": said[:60], "names": ", ".join(values)}
                raise ValidationError({name: words % said})
            wanted &= Q(**{name: said})
    if (said := params.get("ticket")) is not None:
        if (identity := uuid_of(said)) is not None:
            return wanted & Q(ticket__uuid=identity)
        if (number := number_of(said)) is None:
            raise ValidationError({"ticket": _("Give a number or a uuid.")})
        wanted &= Q(ticket_id=number)
    return wanted
