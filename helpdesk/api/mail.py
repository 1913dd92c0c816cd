"""Messages that came in: read with their story, released, tried again, discarded, approved; whose
mail is blocked or always taken; and the words around what is sent.

What is known of them lies elsewhere: `settings.API_MAIL` names the module that has the functions
called here.
"""

from collections.abc import Iterable
from functools import cache, partial
from importlib import import_module

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.db.models.fields.files import FieldFile
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk import actions
from helpdesk.api.base import PAGING, ApiView, answer, nothing
from helpdesk.api.fields import StrictSerializer
from helpdesk.api.listing import BY_ID, ListView, OneView, RowsView, refuse_bounded
from helpdesk.api.schemas.mail import (
    MessageRead,
    SenderRuleRead,
    message_approve,
    message_decision,
    message_get,
    message_source,
    messages_list,
    sender_delete,
    sender_get,
    senders_list,
    senders_post,
    template_get,
    template_patch,
    template_reset,
    templates_list,
)
from helpdesk.filters import SortKey
from helpdesk.lookup import number_of, uuid_of
from helpdesk.models import SenderRule, StoredMessage
from helpdesk.text import fold

NEWEST = (SortKey("id", descending=True),)


@cache
def known():
    return import_module(settings.API_MAIL)


class MessageRows(RowsView):
    rows_for = staticmethod(lambda actor: known().messages(actor))
    shape = staticmethod(lambda row: known().shape(row))

    def hold(self, files: Iterable[FieldFile]) -> None:
        """No transaction holds files: they go if the call is taken back."""
        for one in files:
            self.if_taken_back(partial(one.storage.delete, one.name))


class Messages(MessageRows):
    """Newest first."""

    params = ("state", "mailbox", "ticket", "sender", *PAGING)
    reads = MessageRead

    @messages_list
    def get(self, request) -> HttpResponse:
        rows = self.rows_for(self.actor).filter(_narrowed(request.GET))
        return self.list_of(rows, NEWEST, lambda found: [self.shaped(row) for row in found])


class OneMessage(MessageRows):
    @message_get
    def get(self, request, ref: str) -> HttpResponse:
        return answer(known().told(self.row(ref), self.actor))


class SourceOfMessage(MessageRows):
    @message_source
    def get(self, request, ref: str) -> HttpResponse:
        response = HttpResponse(
            known().source(self.row(ref)), content_type="text/plain; charset=utf-8"
        )
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response


class DecidedMessage(MessageRows):
    """`POST …/release/`, `…/retry/` and `…/discard/`: the answer is what came of it."""

    http_method_names = ("post",)
    decision = ""

    def post(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        self.hold(known().decide(self.decision, row, self.actor))
        return answer(known().told(self.row(str(row.pk)), self.actor))


@message_decision("release", "Take a message although it was held back")
class ReleasedMessage(DecidedMessage):
    decision = "release"


@message_decision("retry", "Work on a message once more, by the same rules")
class RetriedMessage(DecidedMessage):
    decision = "retry"


@message_decision("discard", "Make nothing of a message")
class DiscardedMessage(DecidedMessage):
    decision = "discard"


class ApprovedMessage(MessageRows):
    http_method_names = ("post",)

    @message_approve
    def post(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        self.hold(known().approve(row, self.actor))
        return answer(known().told(self.row(str(row.pk)), self.actor))


def _narrowed(params) -> Q:
    """What the parameters of the list mean. Raises ValidationError."""
    wanted, errors = Q(), {}
    if (state := params.get("state")) is not None:
        if state not in StoredMessage.State.values:
            words = _("There is no “%(value)s”. Known: %(names)s.")
            names = ", ".join(StoredMessage.State.values)
            errors["state"] = words % {"value": state[:60], "names": names}
        wanted &= Q(state=state)
    if (sender := params.get("sender")) is not None:
        wanted &= Q(sender=fold(sender.strip()))
    for name in ("mailbox", "ticket"):
        if (said := params.get(name)) is None:
            continue
        if (identity := uuid_of(said)) is not None:
            column, value = f"{name}__uuid", identity
        elif (number := number_of(said)) is not None:
            column, value = name, number
        else:
            errors[name] = _("Give a number or a uuid.")
            continue
        meant = Q(**{column: value})
        if name == "ticket":
            meant = Q(meant, comment=None) | Q(**{f"comment__{column}": value})
        wanted &= meant
    if errors:
        raise ValidationError(errors)
    return wanted


# Senders -----------------------------------------------------------------------------------------


class SenderRuleInput(StrictSerializer):
    pattern = serializers.CharField(max_length=254)
    verdict = serializers.ChoiceField(SenderRule.Verdict.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=200)


def rules_of(actor) -> QuerySet[SenderRule]:
    refuse_bounded(actor)
    return SenderRule.objects.all()


class SenderRows:
    rows_for = staticmethod(rules_of)

    def shaped(self, row: SenderRule) -> dict:
        return {
            "id": row.pk,
            "pattern": row.pattern,
            "verdict": row.verdict,
            "note": row.note,
            "made_by": row.made_by_id,
            "at": row.at,
        }


@senders_list
class Senders(SenderRows, ListView):
    params = PAGING
    reads = SenderRuleRead
    sort = BY_ID

    @senders_post
    def post(self, request) -> HttpResponse:
        return self.said(actions.rule_sender(by=self.actor, **self.checked(SenderRuleInput)), 201)


@sender_get
class OneSender(SenderRows, OneView):
    @sender_delete
    def delete(self, request, ref: str) -> HttpResponse:
        actions.forget_rule(self.row(ref), by=self.actor)
        return nothing()


# Words -------------------------------------------------------------------------------------------


class TemplateInput(StrictSerializer):
    subject = serializers.CharField(max_length=300, required=False)
    body = serializers.CharField(max_length=20_000, required=False, trim_whitespace=False)


class Templates(ApiView):
    @templates_list
    def get(self, request) -> HttpResponse:
        refuse_bounded(self.actor)
        shapes = [known().template(kind) for kind in known().template_kinds()]
        return answer({"results": shapes, "next": None, "previous": None})


class OneTemplate(ApiView):
    @template_get
    def get(self, request, kind: str) -> HttpResponse:
        refuse_bounded(self.actor)
        return answer(known().template(kind))

    @template_patch
    def patch(self, request, kind: str) -> HttpResponse:
        refuse_bounded(self.actor)
        known().template(kind)
        known().write_template(kind, self.actor, **self.checked(TemplateInput))
        return answer(known().template(kind))

    @template_reset
    def delete(self, request, kind: str) -> HttpResponse:
        refuse_bounded(self.actor)
        known().reset_template(kind, self.actor)
        return nothing()
