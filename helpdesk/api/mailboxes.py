"""Mailboxes: set up, tried, paused. Their secrets are written and never read."""

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from helpdesk import actions
from helpdesk.actor import Actor
from helpdesk.api.base import PAGING, answer, nothing
from helpdesk.api.configured import named
from helpdesk.api.fields import RowField, StrictSerializer
from helpdesk.api.listing import BY_ID, ListView, OneView, RowsView, refuse_bounded
from helpdesk.api.mail import known
from helpdesk.api.once import told_once
from helpdesk.api.repeats import DRY_RUN, is_dry_run
from helpdesk.api.schemas.mailboxes import (
    MailboxRead,
    mailbox_delete,
    mailbox_door,
    mailbox_patch,
    mailbox_pause,
    mailbox_post,
    mailbox_resume,
    mailbox_row,
    mailbox_rows,
    mailbox_test,
    sign_in_delete,
    sign_in_patch,
)
from helpdesk.lookup import visible_queues
from helpdesk.models import Mailbox, MailGrant, MailSending, StoredMessage

COPIED = (
    *("address", "protocol", "provider", "host", "port", "security", "username", "folder"),
    *("afterwards", "done_folder", "every", "max_megabytes", "trusted_server", "copies"),
    *("paused", "created_at", "looked_at", "failing_since", "last_error", "lag"),
)
SPEAKING = ("from_name", "names_agent", "signature", "acknowledges", "has_plus")
OF_GRANT = (
    *("provider", "tenant", "client_id", "authorise_url", "token_url", "scope"),
    *("sends", "smtp_host", "smtp_port", "smtp_security"),
    *("expires_at", "renewed_at", "failing_since", "last_error"),
)
LONGEST = 254


def grant_shape(row: MailGrant | None) -> dict | None:
    """Without its secrets: only whether they are there."""
    if row is None:
        return None
    return {
        **{name: getattr(row, name) for name in OF_GRANT},
        "has_client_secret": bool(row.client_words),
        "has_refresh_token": bool(row.refresh_words),
    }


def mailbox_shape(row: Mailbox) -> dict:
    sending = getattr(row, "sending", None) or MailSending(mailbox=row)
    return {
        **named(row),
        **{name: getattr(row, name) for name in COPIED},
        "aliases": row.aliases.split(),
        "queue": {**named(row.queue), "slug": row.queue.slug},
        "has_password": bool(row.secret),
        "speaking": {name: getattr(sending, name) for name in SPEAKING},
        "sign_in": grant_shape(getattr(row, "grant", None)),
        "held": row.held,
    }


def mailboxes_of(actor: Actor) -> QuerySet[Mailbox]:
    refuse_bounded(actor)
    quarantined = Q(messages__state=StoredMessage.State.QUARANTINED)
    rows = Mailbox.objects.select_related("queue", "sending", "grant")
    return rows.annotate(held=Count("messages", filter=quarantined))


class SpeakingInput(serializers.Serializer):
    from_name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    names_agent = serializers.BooleanField(required=False)
    signature = serializers.CharField(
        max_length=10_000, required=False, allow_blank=True, trim_whitespace=False
    )
    acknowledges = serializers.BooleanField(required=False)
    has_plus = serializers.BooleanField(required=False)

    def to_internal_value(self, data):
        if isinstance(data, dict) and (unknown := [one for one in data if one not in self.fields]):
            words = _("This can't be written. Known here: %(names)s.")
            said = words % {"names": ", ".join(self.fields)}
            raise ValidationError({str(one)[:60]: [said] for one in unknown}, code="unknown")
        return super().to_internal_value(data)


class MailboxInput(StrictSerializer):
    name = serializers.CharField(max_length=120)
    address = serializers.CharField(max_length=LONGEST)
    aliases = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST), required=False, max_length=200
    )
    queue = RowField(visible_queues)
    protocol = serializers.ChoiceField(Mailbox.Protocol.choices, required=False)
    provider = serializers.ChoiceField(Mailbox.Provider.choices, required=False)
    host = serializers.CharField(max_length=253, required=False, allow_blank=True)
    port = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=65_535)
    security = serializers.ChoiceField(Mailbox.Security.choices, required=False)
    username = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)
    password = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, trim_whitespace=False
    )
    by_grant = serializers.BooleanField(required=False)
    folder = serializers.CharField(max_length=200, required=False, allow_blank=True)
    afterwards = serializers.ChoiceField(Mailbox.Afterwards.choices, required=False)
    done_folder = serializers.CharField(max_length=200, required=False, allow_blank=True)
    every = serializers.IntegerField(required=False, min_value=10, max_value=86_400)
    max_megabytes = serializers.IntegerField(required=False, min_value=1, max_value=200)
    trusted_server = serializers.CharField(max_length=253, required=False, allow_blank=True)
    copies = serializers.ChoiceField(Mailbox.Copies.choices, required=False)
    speaking = SpeakingInput(required=False)

    def validate_aliases(self, said: list[str]) -> str:
        return "\n".join(said)


class SignInInput(StrictSerializer):
    provider = serializers.ChoiceField(MailGrant.Provider.choices, required=False)
    tenant = serializers.CharField(max_length=120, required=False, allow_blank=True)
    client_id = serializers.CharField(max_length=LONGEST, required=False)
    client_secret = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    refresh_token = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    authorise_url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    token_url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    scope = serializers.CharField(max_length=500, required=False, allow_blank=True)
    sends = serializers.BooleanField(required=False)
    smtp_host = serializers.CharField(max_length=253, required=False, allow_blank=True)
    smtp_port = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=65_535
    )
    smtp_security = serializers.ChoiceField(Mailbox.Security.choices, required=False)


class MailboxRows:
    rows_for = staticmethod(mailboxes_of)
    shape = staticmethod(mailbox_shape)

    def again(self, mailbox: Mailbox, status: int = 200) -> HttpResponse:
        return self.said(self.row(str(mailbox.pk)), status)


@mailbox_rows
class Mailboxes(MailboxRows, ListView):
    params = PAGING
    reads = MailboxRead
    sort = BY_ID

    @mailbox_post
    def post(self, request) -> HttpResponse:
        refuse_bounded(self.actor)
        made = actions.make_mailbox(by=self.actor, **self.checked(MailboxInput))
        response = self.again(made, 201)
        response["Location"] = self.url(f"{request.path}{made.pk}/")
        return response


@mailbox_row
class OneMailbox(MailboxRows, OneView):
    @mailbox_patch
    def patch(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        fields = self.checked(MailboxInput, partial=True)
        return self.again(actions.change_mailbox(row, by=self.actor, **fields))

    @mailbox_delete
    def delete(self, request, ref: str) -> HttpResponse:
        actions.remove_mailbox(self.row(ref), by=self.actor)
        return nothing()


class TestedMailbox(MailboxRows, RowsView):
    """Signing in elsewhere may take long: it stands in no transaction, and its effect, a message to
    itself, is the same however often it is asked for while that is on its way."""

    http_method_names = ("post",)

    def _write(self, handler, request, *args, **kwargs) -> HttpResponse:
        if is_dry_run(request):
            raise ValidationError({DRY_RUN: [_("A test is a test already.")]})
        return handler(request, *args, **kwargs)

    @mailbox_test
    def post(self, request, ref: str) -> HttpResponse:
        return answer(known().tried(self.row(ref), self.actor))


class PausedMailbox(MailboxRows, RowsView):
    http_method_names = ("post",)

    @mailbox_pause
    def post(self, request, ref: str) -> HttpResponse:
        return self.again(actions.pause_mailbox(self.row(ref), by=self.actor))


class ResumedMailbox(MailboxRows, RowsView):
    http_method_names = ("post",)

    @mailbox_resume
    def post(self, request, ref: str) -> HttpResponse:
        return self.again(actions.resume_mailbox(self.row(ref), by=self.actor))


class SignIn(MailboxRows, RowsView):
    """How it signs in by OAuth 2. People agree at a provider in the browser alone; whoever has a
    refresh token already sends it."""

    http_method_names = ("patch", "delete")

    @sign_in_patch
    def patch(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        actions.set_grant(row, by=self.actor, **self.checked(SignInInput, partial=True))
        return self.again(row)

    @sign_in_delete
    def delete(self, request, ref: str) -> HttpResponse:
        actions.remove_grant(self.row(ref), by=self.actor)
        return nothing()


class RenewedDoor(MailboxRows, RowsView):
    """The only answer with the secret of an address."""

    http_method_names = ("post",)

    @mailbox_door
    def post(self, request, ref: str) -> HttpResponse:
        mailbox = actions.renew_door(self.row(ref), by=self.actor)
        renew = self.url(request.path)
        return told_once({"address": known().door_of(mailbox)}, {"address": None}, renew=renew)
