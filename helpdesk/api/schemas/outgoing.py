"""What the OpenAPI document says of mail that leaves."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from helpdesk.api.schemas.common import (
    PAGE_PARAMETERS,
    READ_FAILS,
    operation,
    page_of,
    path_of_ticket,
)
from helpdesk.api.schemas.conversation import ON_COMMENT, TAG
from helpdesk.models import OutgoingMail, Recipient

STATES = [*OutgoingMail.State.choices, ("bounced", "came back")]


class MailRead(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    kind = serializers.ChoiceField(Recipient.Kind.choices)
    address = serializers.CharField()
    name = serializers.CharField()
    message_id = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    error = serializers.CharField(help_text="Why it was not sent, if it was not.")
    tries = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


mail_list = operation(
    "comments_mail_list",
    "List the mail of a comment",
    TAG,
    {200: page_of(MailRead)},
    parameters=[*ON_COMMENT, *PAGE_PARAMETERS],
    fails=READ_FAILS,
    description="A row for each recipient, with what became of it.",
)
mail_resend = operation(
    "comments_mail_resend",
    "Send a comment's mail again",
    TAG,
    {200: MailRead},
    parameters=[*ON_COMMENT, OpenApiParameter("mail", str, OpenApiParameter.PATH)],
    fails=(400, 403, 404),
    description="Only what could not be sent, or came back.",
)

opening_mail_list = operation(
    "tickets_mail_list",
    "List the mail of a ticket's own text",
    TAG,
    {200: page_of(MailRead)},
    parameters=[path_of_ticket(), *PAGE_PARAMETERS],
    fails=READ_FAILS,
    description="Of a ticket that was opened with `mail_requester`: what became of that mail.",
)
opening_mail_resend = operation(
    "tickets_mail_resend",
    "Send a ticket's own text again",
    TAG,
    {200: MailRead},
    parameters=[path_of_ticket(), OpenApiParameter("mail", str, OpenApiParameter.PATH)],
    fails=(400, 403, 404),
    description=(
        "Only what could not be sent, or came back. It goes to the requester that the ticket has"
        " by now, at their present address."
    ),
)
