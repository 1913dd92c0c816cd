"""Files: uploaded alone or to a ticket, listed, downloaded, removed."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk import actions
from helpdesk.api.base import PAGING, ApiView, answer, nothing
from helpdesk.api.comment_shape import FILES, file_rows, file_shape, shown_files
from helpdesk.api.fields import StrictSerializer
from helpdesk.api.parsing import FileParser, JSONParser, RawFileParser
from helpdesk.api.schemas.conversation import (
    AttachmentRead,
    attachment_delete,
    attachment_get,
    attachment_list,
    attachment_post,
    upload_post,
)
from helpdesk.filters import SortKey
from helpdesk.models import Attachment, Ticket

SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
OLDEST_FIRST = [SortKey("id")]


class LinkInput(StrictSerializer):
    """A link in place of a file."""

    url = serializers.CharField(max_length=2000)
    name = serializers.CharField(required=False, allow_blank=True, max_length=255)
    public = serializers.BooleanField(required=False)


class FileView(ApiView):
    """What the endpoints of files share."""

    parser_classes = (JSONParser, FileParser, RawFileParser)

    def kept(self) -> tuple[Attachment, bool]:
        """What was sent, kept until a ticket claims it, and whether customers may see it."""
        if self.request.content_type.partition(";")[0] != JSONParser.media_type:
            return self._kept_file()
        fields = self.checked(LinkInput)
        public = fields.pop("public", True)
        return actions.keep_link(fields.pop("url"), by=self.actor, **fields), public

    def said(self, attachment: Attachment, status: int = 200) -> HttpResponse:
        row = FILES.get(pk=attachment.pk)
        shape = file_shape(row, self.url("/").rstrip("/"))
        return answer(shape, status, {"Location": shape["url"]} if status == 201 else None)

    def _kept_file(self) -> tuple[Attachment, bool]:
        form, files = self.request.data, self.request.FILES
        unknown = [name for name in form if name not in ("file", "name", "public")]
        if unknown:
            words = _("This can't be written. Known here: %(names)s.")
            raise ValidationError({unknown[0][:60]: words % {"names": "file, name, public"}})
        if len(files.getlist("file")) != 1 or len(files) != 1:
            raise ValidationError({"file": _("Send one file, as the part “file”.")})
        public = form.get("public", "true").lower()
        if public not in ("true", "false"):
            raise ValidationError({"public": _("Say true or false.")})
        name = str(form.get("name", ""))
        file = actions.keep_file(files["file"], by=self.actor, name=name)
        self.if_taken_back(lambda: file.file.storage.delete(file.file.name))
        return file, public == "true"


class Uploads(FileView):
    """Files that wait to be claimed by a ticket or comment, for a day."""

    @upload_post
    def post(self, request) -> HttpResponse:
        attachment, _public = self.kept()
        return self.said(attachment, 201)


class Attachments(FileView):
    params = PAGING
    reads = AttachmentRead

    @attachment_list
    def get(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        rows = file_rows(ticket.pk, self.actor)
        site = self.url("/").rstrip("/")
        return self.list_of(rows, OLDEST_FIRST, lambda found: [file_shape(r, site) for r in found])

    @attachment_post
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        attachment, public = self.kept()
        actions.attach(ticket, [attachment], by=self.actor, public=public)
        return self.said(attachment, 201)


class OneAttachment(ApiView):
    """The content of a file, or where its link leads."""

    @attachment_get
    def get(self, request, uuid) -> HttpResponse:
        attachment = self._attachment(uuid)
        if attachment.url:
            row = FILES.get(pk=attachment.pk)
            return answer(file_shape(row, self.url("/").rstrip("/")))
        return download(attachment)

    @attachment_delete
    def delete(self, request, uuid) -> HttpResponse:
        attachment = self._attachment(uuid)
        if attachment.ticket_id is None:
            raise Http404
        actions.remove_attachment(attachment, by=self.actor)
        return nothing()

    def _attachment(self, uuid) -> Attachment:
        on_tickets = Q(ticket__in=Ticket.objects.visible_to(self.actor))
        own = Q(ticket=None, uploaded_with_id=self.actor.key_id, state=Attachment.State.WAITING)
        rows = shown_files(self.actor).filter(on_tickets | own, uuid=uuid)
        found = rows.select_related("ticket").first()
        if found is None:
            raise Http404
        return found


def download(attachment: Attachment) -> FileResponse:
    """A file's content: saved, never run. Only a few kinds of picture are shown."""
    try:
        content = attachment.file.open("rb")
    except (FileNotFoundError, ValueError) as error:
        raise Http404 from error
    inline = attachment.content_type in SHOWN_INLINE
    response = FileResponse(
        content,
        as_attachment=not inline,
        filename=attachment.name or str(attachment.uuid),
        content_type=attachment.content_type if inline else "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
