"""Messages sent on to people outside the conversation."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk import actions
from helpdesk.actions.forwarding import MAX_OWN, Source, forwarded_text
from helpdesk.actions.recipients import MOST, checked_recipients
from helpdesk.api.comments import CommentView
from helpdesk.api.fields import StrictSerializer
from helpdesk.api.schemas.conversation import comment_forward, opening_forward
from helpdesk.api.ticket_input import MAX_FILES, waiting_files
from helpdesk.models import Comment, Ticket

KINDS = ("to", "cc", "bcc")


class Addresses(serializers.ListField):
    """Of one kind; all kinds together are at most as many."""

    child = serializers.CharField(max_length=254)

    def __init__(self, **options) -> None:
        super().__init__(max_length=MOST, **options)


class ForwardInput(StrictSerializer):
    to = Addresses(allow_empty=False)
    cc = Addresses(required=False)
    bcc = Addresses(required=False)
    body = serializers.CharField(
        trim_whitespace=False, allow_blank=True, required=False, max_length=MAX_OWN
    )
    files = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_FILES
    )
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_FILES
    )

    def validate(self, values: dict) -> dict:
        values = super().validate(values)
        recipients = []
        for kind in KINDS:
            said = [{"kind": kind, "address": one} for one in values.pop(kind, ())]
            try:
                recipients += checked_recipients(said)
            except ValidationError as error:
                raise ValidationError({kind: error.messages}) from error
        if len(recipients) > MOST:
            raise ValidationError({"to": _("At most %(limit)s recipients.") % {"limit": MOST}})
        return values | {"recipients": recipients}


class ForwardView(CommentView):
    def forwarded(self, ticket: Ticket, comment: Comment | None) -> HttpResponse:
        said = self.checked(ForwardInput)
        text = forwarded_text(Source(ticket, comment), said.pop("body", ""))
        said["attachments"] = waiting_files(said.pop("attachments", ()), self.actor)
        return self.said(actions.forward(ticket, by=self.actor, of=comment, body=text, **said), 201)


class ForwardedComment(ForwardView):
    @comment_forward
    def post(self, request, ref: str, comment_ref: str) -> HttpResponse:
        comment = self.comment(ref, comment_ref)
        return self.forwarded(comment.ticket, comment)


class ForwardedOpening(ForwardView):
    @opening_forward
    def post(self, request, ref: str) -> HttpResponse:
        return self.forwarded(self.ticket(ref), None)
