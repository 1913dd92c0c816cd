"""Webhooks: subscriptions of administrators and keys, and what was told to whom."""

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from helpdesk.actions import webhooks
from helpdesk.admin.base import HelpdeskAdmin, acting
from helpdesk.admin.jobs import ReadOnlyAdmin
from helpdesk.admin.paging import AheadPaginator
from helpdesk.admin.steps import page, step
from helpdesk.models import Delivery, Webhook
from helpdesk.webhooks.events import EVENTS

State = Webhook.State


class WebhookForm(forms.ModelForm):
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=[(name, name) for name in EVENTS],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("None chosen: all of them."),
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[(one.value, one.label) for one in (State.ACTIVE, State.PAUSED)],
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("What happens while it is paused is told once it is active again."),
    )

    class Meta:
        model = Webhook
        fields = ("name", "url", "events", "query", "queues", "with_internal", "state")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.state == State.ENDED:  # whoever saves it must say that it goes on
            self.initial["state"] = State.PAUSED


class OverlapForm(forms.Form):
    overlap = forms.TypedChoiceField(
        label=gettext_lazy("The present secret signs too for"),
        coerce=int,
        choices=[
            (24, pgettext_lazy("for how long", "a day")),
            (168, pgettext_lazy("for how long", "a week")),
            (0, pgettext_lazy("for how long", "no time")),
        ],
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(Webhook)
class WebhookAdmin(HelpdeskAdmin):
    form = WebhookForm
    list_display = ("name", "shown_url", "whose", "state_words", "health", "delivered", "died")
    list_filter = ("state",)
    list_select_related = ("key", "owner")
    search_fields = ("name", "url")
    ordering = ("name", "id")
    filter_horizontal = ()
    actions = None
    actions_detail = ("new_secret", "send_test", "tell_again")
    readonly_fields = ("whose", "health", "last_success_at", "delivered", "failed", "died")
    fieldsets = (
        (None, {"fields": ("name", "url", "state")}),
        (
            gettext_lazy("What is told"),
            {"fields": ("events", "query", "queues", "with_internal")},
        ),
        (gettext_lazy("How it goes"), {"fields": readonly_fields}),
    )

    def get_fieldsets(self, request, obj=None):
        return self.fieldsets if obj else self.fieldsets[:2]

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        rows = db_field.related_model.objects.kept().filter(is_sandbox=False)
        kwargs.setdefault("queryset", rows)
        kwargs.setdefault("widget", UnfoldAdminCheckboxSelectMultipleWidget)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @display(description=gettext_lazy("Address"))
    def shown_url(self, webhook: Webhook) -> str:
        return webhook.url.partition("?")[0]

    @display(description=gettext_lazy("Of"))
    def whose(self, webhook: Webhook) -> str:
        return str(webhook.key or webhook.owner or "–")

    @display(description=gettext_lazy("State"))
    def state_words(self, webhook: Webhook) -> str:
        return webhook.get_state_display()

    @display(description=gettext_lazy("Health"))
    def health(self, webhook: Webhook) -> str:
        if webhook.failing_since:
            return _("Fails: %(error)s") % {"error": webhook.last_error}
        return webhook.last_error or _("Well")

    # Saving goes through the verbs; the secret stands in the answer to the form alone -----------

    def save_model(self, request, obj, form, change):
        queues = form.cleaned_data["queues"]
        if change:
            keeps = obj.queues.filter(is_sandbox=True)  # of a sandbox key, not offered here
            webhooks.change_webhook(obj, [*queues, *keeps], by=acting(request))
        else:
            secret = webhooks.make_webhook(obj, queues, by=acting(request))
            request.secrets = [(obj.name, secret)]

    def save_related(self, request, form, formsets, change):
        """The verb stored the queues."""

    def response_add(self, request, obj, post_url_continue=None):
        return self.shown_once(request, obj, request.secrets)

    def shown_once(self, request: HttpRequest, webhook: Webhook, secrets: list) -> HttpResponse:
        return page(
            self,
            request,
            "admin/secret.html",
            webhook,
            title=_("The secret of %(name)s") % {"name": webhook.name},
            words=_("Copy it now: the receiver checks signatures with it. It is not shown again."),
            secrets=secrets,
        )

    def get_deleted_objects(self, objs, request):
        """Its log goes with it, and is not counted one by one."""
        return [str(obj) for obj in objs], {}, set(), []

    def delete_model(self, request, obj):
        webhooks.remove_webhook(obj, by=acting(request))

    @action(description=gettext_lazy("New secret"), url_path="renew", permissions=["change"])
    def new_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        webhook = self.found(request, object_id)
        form = OverlapForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            overlap = timedelta(hours=form.cleaned_data["overlap"])
            secret = webhooks.rotate_webhook_secret(webhook, by=acting(request), overlap=overlap)
            self.log_change(request, webhook, _("New secret."))
            return self.shown_once(request, webhook, [(webhook.name, secret)])
        return step(
            self,
            request,
            webhook,
            title=_("A new secret for “%(name)s”") % {"name": webhook.name},
            words=_("While both secrets sign, the receiver may take either."),
            button=_("Make a new secret"),
            form_class=OverlapForm,
            do=lambda form: "",
        )

    @action(description=gettext_lazy("Send a test"), url_path="test", permissions=["change"])
    def send_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        webhook = self.found(request, object_id)

        def do(form) -> str:
            webhooks.send_test(webhook, by=acting(request))
            return _("A test is on its way. How it went stands under Deliveries.")

        return step(
            self,
            request,
            webhook,
            title=_("Send a test to “%(name)s”") % {"name": webhook.name},
            words=_("A signed event “webhook.test” without a ticket goes to the address."),
            button=_("Send a test"),
            do=do,
        )

    @action(
        description=gettext_lazy("Tell dead ones again"), url_path="replay", permissions=["change"]
    )
    def tell_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        webhook = self.found(request, object_id)

        def do(form) -> str:
            return _told_again(webhooks.replay_dead(webhook, by=acting(request)))

        return step(
            self,
            request,
            webhook,
            title=_("Tell “%(name)s” what was given up") % {"name": webhook.name},
            words=_("Each event is told again under its own id, so that a receiver knows it."),
            button=_("Tell them again"),
            do=do,
        )


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What is told and was told, newest first."""

    paginator = AheadPaginator
    list_display = ("event", "webhook", "ticket_id", "state_words", "attempts", "due_at", "error")
    list_filter = ("state",)
    list_select_related = ("webhook",)
    search_fields = ("event", "webhook__name")
    ordering = ("-id",)
    sortable_by = ()
    actions = ("tell_again",)
    fields = (
        *("webhook", "event", "event_id", "uuid", "ticket_id", "state_words", "attempts"),
        *("created_at", "due_at", "ended_at", "last_error", "last_request", "last_answer"),
    )

    @display(description=gettext_lazy("State"))
    def state_words(self, delivery: Delivery) -> str:
        return delivery.get_state_display()

    @display(description=gettext_lazy("Error"))
    def error(self, delivery: Delivery) -> str:
        return delivery.last_error[:200]

    @display(description=gettext_lazy("Sent last"))
    def last_request(self, delivery: Delivery) -> str:
        last = delivery.log.order_by("-number").first()
        return last.request if last else "–"

    @display(description=gettext_lazy("Answered last"))
    def last_answer(self, delivery: Delivery) -> str:
        last = delivery.log.order_by("-number").first()
        return f"{last.status or '–'} {last.answer}" if last else "–"

    @admin.action(description=gettext_lazy("Tell again"))
    def tell_again(self, request, queryset):
        rows = list(queryset.select_related("webhook"))
        for delivery in rows:
            webhooks.replay(delivery.webhook, delivery, by=acting(request))
        messages.success(request, _told_again(len(rows)))


def _told_again(number: int) -> str:
    words = ngettext("%(count)d event is told again.", "%(count)d events are told again.", number)
    return words % {"count": number}
