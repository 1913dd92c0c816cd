"""What the OpenAPI document says of comments and files."""

from collections.abc import Iterable

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from helpdesk.actions.comments import MAX_BODY
from helpdesk.actions.forwarding import MAX_OWN
from helpdesk.actions.recipients import MOST
from helpdesk.api.comment_filters import FILTERS, OF_ONE_TICKET, SORT, SORTS
from helpdesk.api.schemas.common import (
    EMPTY,
    PAGE_PARAMETERS,
    READ_FAILS,
    FilePart,
    Reference,
    SmallPerson,
    operation,
    page_of,
    path_of_ticket,
)
from helpdesk.models import Channel, Comment, Format, Participant

TAG = "Conversation"
COMMENT = OpenApiParameter("comment_ref", str, OpenApiParameter.PATH, description="An id or uuid.")


class AttachmentRead(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    name = serializers.CharField()
    content_type = serializers.CharField(help_text="Read from the content.")
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    public = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    ticket = serializers.IntegerField(allow_null=True)
    comment = serializers.UUIDField(allow_null=True)
    link = serializers.CharField(
        allow_null=True, help_text="Where a link in place of a file leads."
    )
    url = serializers.URLField(help_text="Where the content is downloaded.")


class CommentRead(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    ticket = serializers.IntegerField()
    public = serializers.BooleanField()
    body = serializers.CharField()
    format = serializers.ChoiceField(Format.choices)
    author = SmallPerson(allow_null=True)
    author_name = serializers.CharField()
    channel = serializers.ChoiceField(Channel.choices)
    state = serializers.ChoiceField(Comment.State.choices)
    happened_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    redacted_at = serializers.DateTimeField(allow_null=True)
    in_reply_to = serializers.UUIDField(
        allow_null=True, help_text="Also which comment a forward quotes; null: the ticket's text."
    )
    forward = serializers.BooleanField(
        help_text="Whether this internal note was mailed to people outside; to whom: its `mail/`."
    )
    source = serializers.CharField()
    source_ref = serializers.CharField()
    attachments = AttachmentRead(many=True)
    url = serializers.URLField()


class ParticipantRead(serializers.Serializer):
    kind = serializers.ChoiceField(Participant.Kind.choices)
    since = serializers.DateTimeField()
    person = SmallPerson()


class CommentWrite(serializers.Serializer):
    body = serializers.CharField(
        allow_blank=True, max_length=MAX_BODY, help_text="May be empty beside files."
    )
    format = serializers.ChoiceField(Format.choices, required=False)
    public = serializers.BooleanField(help_text="Always said: false is an internal note.")
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=50
    )
    created_at = serializers.DateTimeField(
        required=False, help_text="For a key that writes for others: when it was said."
    )
    on_behalf_of = Reference(required=False, help_text="For such a key: who said it.")
    silent = serializers.BooleanField(required=False, help_text="For such a key: tell nobody.")


class CommentPatch(serializers.Serializer):
    body = serializers.CharField(required=False, allow_blank=True, max_length=MAX_BODY)
    format = serializers.ChoiceField(Format.choices, required=False)


class ForwardWrite(serializers.Serializer):
    to = serializers.ListField(
        child=serializers.EmailField(max_length=254),
        min_length=1,
        max_length=MOST,
        help_text=f"{MOST} at most, with cc and bcc.",
    )
    cc = serializers.ListField(
        child=serializers.EmailField(max_length=254), required=False, max_length=MOST
    )
    bcc = serializers.ListField(
        child=serializers.EmailField(max_length=254), required=False, max_length=MOST
    )
    body = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MAX_OWN,
        help_text="Plain text above the message, which is quoted below it.",
    )
    files = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=50,
        help_text="Which files of the message go along; all where it is left out.",
    )
    attachments = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=50,
        help_text="Uploaded files that go along, too.",
    )


class FileWrite(serializers.Serializer):
    file = FilePart()
    name = serializers.CharField(required=False, allow_blank=True)
    public = serializers.BooleanField(required=False)


class LinkWrite(serializers.Serializer):
    url = serializers.URLField(max_length=2000)
    name = serializers.CharField(required=False, allow_blank=True, max_length=255)
    public = serializers.BooleanField(required=False)


FILE_REQUEST = {
    "multipart/form-data": FileWrite,
    "application/json": LinkWrite,
    "application/octet-stream": OpenApiTypes.BINARY,
}
NAME_OF_FILE = OpenApiParameter(
    "Content-Disposition",
    str,
    OpenApiParameter.HEADER,
    description='Names a file sent as it is: `attachment; filename="name.txt"`.',
)
WRITE = (400, 403, 404, 413, 415)
ON_COMMENT = [path_of_ticket(), COMMENT]
UUID = OpenApiParameter("uuid", OpenApiTypes.UUID, OpenApiParameter.PATH)

SORTED = OpenApiParameter(
    SORT,
    OpenApiTypes.STR,
    description=f"Columns between commas, `-` for descending: {', '.join(SORTS)}.",
)


def _narrowing(names: Iterable[str]) -> list[OpenApiParameter]:
    labels = {name: str(FILTERS[name].label).capitalize() for name in names}
    filters = [
        OpenApiParameter(name, OpenApiTypes.STR, description=words)
        for name, words in labels.items()
    ]
    return [*filters, SORTED, *PAGE_PARAMETERS]


comment_list = operation(
    "comments_list",
    "List a ticket's comments",
    TAG,
    {200: page_of(CommentRead)},
    parameters=[path_of_ticket(), *_narrowing(OF_ONE_TICKET)],
    fails=READ_FAILS,
    description="Oldest first. Internal notes are those with `public` false.",
)
comments_of_all = operation(
    "comments_list_all",
    "List the comments of all tickets",
    TAG,
    {200: page_of(CommentRead)},
    parameters=_narrowing(FILTERS),
    fails=(400,),
    description=(
        "What is said on the tickets that this key sees, by id, the order in which it was stored,"
        " unless sorted otherwise. Tickets and people are named as in the list of tickets."
        " `created_at` is when it was stored here, `happened_at` when it was said. There is no"
        " `updated_since`: a comment that is edited, redacted, deleted or moved keeps its"
        " `created_at`, and a reply that was held back shows only once it is sent. To follow"
        " these, list tickets with `updated_since` and `expand=comments`."
    ),
)
IF_MATCH_OF_TICKET = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ticket's ETag, so that nothing is said to what changed meanwhile; else 412.",
)
comment_post = operation(
    "comments_create",
    "Reply, or add a note",
    TAG,
    {201: CommentRead},
    request=CommentWrite,
    parameters=[path_of_ticket(), IF_MATCH_OF_TICKET],
    fails=(*WRITE, 412),
)
comment_get = operation(
    "comments_get",
    "Get a comment",
    TAG,
    {200: CommentRead},
    parameters=ON_COMMENT,
    fails=READ_FAILS,
)
comment_patch = operation(
    "comments_change",
    "Edit a comment",
    TAG,
    {200: CommentRead},
    request=CommentPatch,
    parameters=ON_COMMENT,
    fails=WRITE,
)
comment_delete = operation(
    "comments_delete",
    "Delete a comment",
    TAG,
    {204: EMPTY},
    parameters=ON_COMMENT,
    fails=(400, 403, 404),
)
comment_redact = operation(
    "comments_redact",
    "Take a comment's words and files away for good",
    TAG,
    {200: CommentRead},
    parameters=ON_COMMENT,
    fails=(400, 403, 404),
)
FORWARDING = (
    "Mails the message, quoted below words of your own, to people outside the conversation, from"
    " the address of the queue, which needs a mailbox. What is kept of it is an internal note with"
    " `forward` true: the customer sees and gets nothing, the status stays, and it is no first"
    " response. Answers join the ticket as internal notes, and can be forwarded themselves; other"
    " internal notes are not."
)
comment_forward = operation(
    "comments_forward",
    "Forward a comment",
    TAG,
    {201: CommentRead},
    request=ForwardWrite,
    parameters=ON_COMMENT,
    fails=WRITE,
    description=FORWARDING,
)
opening_forward = operation(
    "tickets_forward",
    "Forward the text that opened a ticket",
    TAG,
    {201: CommentRead},
    request=ForwardWrite,
    parameters=[path_of_ticket()],
    fails=WRITE,
    description=FORWARDING,
)
attachment_list = operation(
    "attachments_list",
    "List a ticket's files",
    TAG,
    {200: page_of(AttachmentRead)},
    parameters=[path_of_ticket(), *PAGE_PARAMETERS],
    fails=READ_FAILS,
)
attachment_post = operation(
    "attachments_create",
    "Attach a file or a link to a ticket",
    TAG,
    {201: AttachmentRead},
    request=FILE_REQUEST,
    parameters=[path_of_ticket(), NAME_OF_FILE],
    fails=WRITE,
)
upload_post = operation(
    "attachments_upload",
    "Upload a file for a ticket or comment to come",
    TAG,
    {201: AttachmentRead},
    request=FILE_REQUEST,
    parameters=[NAME_OF_FILE],
    fails=(400, 403, 413, 415),
    description="Name its uuid in `attachments` of a ticket or comment within a day.",
)
attachment_get = operation(
    "attachments_download",
    "Download a file",
    TAG,
    {
        (200, "application/octet-stream"): OpenApiTypes.BINARY,
        (200, "application/json"): OpenApiResponse(AttachmentRead, description="A link."),
    },
    parameters=[UUID],
    fails=READ_FAILS,
)
attachment_delete = operation(
    "attachments_delete",
    "Take a file off its ticket",
    TAG,
    {204: EMPTY},
    parameters=[UUID],
    fails=(400, 403, 404),
)
