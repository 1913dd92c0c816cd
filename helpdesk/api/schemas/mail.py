"""What the OpenAPI document says of mail that came in, of senders, and of the words around mail."""

from collections.abc import Callable

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_view
from rest_framework import serializers

from helpdesk.api.schemas.common import (
    EMPTY,
    PAGE_PARAMETERS,
    READ_FAILS,
    Small,
    operation,
    page_of,
)
from helpdesk.models import SenderRule, StoredMessage

TAG = "Mail"
REF = OpenApiParameter("ref", str, OpenApiParameter.PATH, description="An id or uuid.")
NUMBER = OpenApiParameter("ref", str, OpenApiParameter.PATH, description="An id.")
KIND = OpenApiParameter(
    "kind", str, OpenApiParameter.PATH, description="`reply`, `ack`, `notice` or `digest`."
)
MANAGED = "For keys of all queues that name `configuration:manage`."


class MessageRead(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    mailbox = Small()
    state = serializers.ChoiceField(StoredMessage.State.choices)
    kind = serializers.CharField(help_text="What it was taken for: `human`, `auto`, `bounce` …")
    reason = serializers.CharField(help_text="Why it is held back, if it is.")
    message_id = serializers.CharField()
    sender = serializers.CharField(help_text="The author's address, folded.")
    subject = serializers.CharField()
    envelope_to = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    is_whole = serializers.BooleanField(help_text="False: too large, only its head was taken.")
    is_released = serializers.BooleanField()
    tries = serializers.IntegerField()
    came_at = serializers.DateTimeField(help_text="At the mail server.")
    stored_at = serializers.DateTimeField()
    worked_at = serializers.DateTimeField(allow_null=True)
    ticket = serializers.IntegerField(allow_null=True)
    comment = serializers.UUIDField(allow_null=True)


class StoryLine(serializers.Serializer):
    what = serializers.CharField()
    words = serializers.CharField()


class MessageTold(MessageRead):
    story = StoryLine(many=True, help_text="How it came and what became of it, in words.")
    text = serializers.CharField(help_text="Its words as text; empty once they are not kept.")
    files = serializers.ListField(child=serializers.CharField(), help_text="Names.")
    has_source = serializers.BooleanField()
    is_decidable = serializers.BooleanField(help_text="It may be released, retried, discarded.")
    awaits_approval_of = serializers.IntegerField(
        allow_null=True, help_text="The agent in whose name it waits as a note."
    )
    copy_of = serializers.IntegerField(allow_null=True)


class SenderRuleRead(serializers.Serializer):
    id = serializers.IntegerField()
    pattern = serializers.CharField(help_text="An address, or all of a domain as @example.com.")
    verdict = serializers.ChoiceField(SenderRule.Verdict.choices)
    note = serializers.CharField()
    made_by = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()


class SenderRuleWrite(serializers.Serializer):
    pattern = serializers.CharField(max_length=254)
    verdict = serializers.ChoiceField(SenderRule.Verdict.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=200)


class MailTemplateRead(serializers.Serializer):
    kind = serializers.CharField()
    name = serializers.CharField()
    subject = serializers.CharField()
    body = serializers.CharField(help_text="Markdown. Variables stand in double braces.")
    variables = serializers.ListField(child=serializers.CharField())
    is_own = serializers.BooleanField(help_text="False: the words that came with the helpdesk.")
    changed_at = serializers.DateTimeField(allow_null=True)


class MailTemplateWrite(serializers.Serializer):
    subject = serializers.CharField(max_length=300, required=False)
    body = serializers.CharField(max_length=20_000, required=False)


messages_list = operation(
    "mail_messages_list",
    "List messages that came in, newest first",
    TAG,
    {200: page_of(MessageRead)},
    parameters=[
        OpenApiParameter("state", str, enum=StoredMessage.State.values),
        OpenApiParameter("mailbox", str, description="An id or uuid."),
        OpenApiParameter("ticket", str, description="A number or uuid."),
        OpenApiParameter("sender", str, description="An address."),
        *PAGE_PARAMETERS,
    ],
    fails=READ_FAILS,
    description="What belongs to a ticket is there for keys that reach it, the rest for those that"
    " reach the mailbox's queue. Held back is what is `quarantined`.",
)
message_get = operation(
    "mail_messages_get",
    "Get a message with its story",
    TAG,
    {200: MessageTold},
    parameters=[REF],
    fails=READ_FAILS,
)
message_source = operation(
    "mail_messages_source",
    "Get the original of a message as text",
    TAG,
    {(200, "text/plain"): OpenApiResponse(OpenApiTypes.STR)},
    parameters=[REF],
    fails=READ_FAILS,
    description="As it came, with what is no UTF-8 replaced. Beyond 2 MB it is cut, and its end"
    " says how much is missing. 404 once it is no longer kept.",
)
message_approve = operation(
    "mail_messages_approve",
    "Post what waits as a note, in the name of its agent",
    TAG,
    {200: MessageTold},
    parameters=[REF],
    fails=(400, 403, 404),
)


def message_decision(name: str, summary: str) -> Callable:
    """The class decorator of an address at which is decided about a message."""
    return extend_schema_view(
        post=operation(
            f"mail_messages_{name}",
            summary,
            TAG,
            {200: MessageTold},
            parameters=[REF],
            fails=(400, 403, 404),
            description="Of what is held back, a copy, or waits. It is worked on before the call"
            " is answered, and may be held back again: `state` and `reason` say so.",
        )
    )


senders_list = extend_schema_view(
    get=operation(
        "mail_senders_list",
        "List whose mail is blocked or always taken",
        TAG,
        {200: page_of(SenderRuleRead)},
        parameters=PAGE_PARAMETERS,
        fails=(400, 403),
        description=MANAGED,
    )
)
senders_post = operation(
    "mail_senders_create",
    "Block or always take a sender",
    TAG,
    {201: SenderRuleRead},
    request=SenderRuleWrite,
    fails=(400, 403, 413, 415),
    description=MANAGED,
)
sender_get = extend_schema_view(
    get=operation(
        "mail_senders_get",
        "Get a rule about a sender",
        TAG,
        {200: SenderRuleRead},
        parameters=[NUMBER],
        fails=(*READ_FAILS, 403),
    )
)
sender_delete = operation(
    "mail_senders_delete",
    "Take a sender off the list",
    TAG,
    {204: EMPTY},
    parameters=[NUMBER],
    fails=(400, 403, 404),
)
templates_list = operation(
    "mail_templates_list",
    "List the words around mail that leaves",
    TAG,
    {200: page_of(MailTemplateRead)},
    fails=(400, 403),
    description=MANAGED,
)
template_get = operation(
    "mail_templates_get",
    "Get the words around a kind of mail",
    TAG,
    {200: MailTemplateRead},
    parameters=[KIND],
    fails=(*READ_FAILS, 403),
)
template_patch = operation(
    "mail_templates_change",
    "Use other words around a kind of mail",
    TAG,
    {200: MailTemplateRead},
    request=MailTemplateWrite,
    parameters=[KIND],
    fails=(400, 403, 404, 413, 415),
    description="Only the variables of its kind may stand in them.",
)
template_reset = operation(
    "mail_templates_reset",
    "Use the words that came with the helpdesk",
    TAG,
    {204: EMPTY},
    parameters=[KIND],
    fails=(400, 403, 404),
)
