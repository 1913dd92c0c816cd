"""Files of a served API that are fetched with the key."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from helpdesk.models import Attachment, Ticket
from integrations.gateway import files
from integrations.gateway.caller import Caller
from integrations.gateway.reading import uuid_or_404

PIECE = 3 * 64 * 1024  # bytes; a multiple of three, so that pieces in base64 can be joined
FENCE = "default-src 'none'; sandbox"


def file_of(caller: Caller, ticket: Ticket, identity: str) -> Attachment:
    """A file or link that the service shows on a ticket, by its uuid. Else raises Http404."""
    found = files.shown(caller, ticket).filter(uuid=uuid_or_404(identity)).first()
    if found is None:
        raise Http404
    return found


def content_of(attachment: Attachment, *, as_base64: bool = False) -> HttpResponse:
    """The bytes with their type, name and length, always as a download.

    `as_base64`: as a text of ASCII letters. Raises Http404 where the content is gone.
    """
    if not attachment.file:
        raise Http404
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    if as_base64:
        answer: HttpResponse = StreamingHttpResponse(_in_base64(content), content_type="text/plain")
        answer["Content-Length"] = str(4 * ((attachment.file.size + 2) // 3))
        answer["Content-Disposition"] = content_disposition_header(True, attachment.name)
    else:
        answer = FileResponse(
            content,
            as_attachment=True,
            filename=attachment.name,
            content_type=attachment.content_type,
        )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = FENCE
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def _in_base64(content) -> Iterator[bytes]:
    with content:
        while piece := content.read(PIECE):
            yield base64.b64encode(piece)
