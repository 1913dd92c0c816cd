"""Files on their way to Akana: uploaded before the ticket or comment that shows them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from integrations.connector import ConnectorError, Fields, NewAttachment
from integrations.services.akana import comments, values
from integrations.services.akana.calls import Calls

Artifact = Mapping[str, Any]
PLAIN_KIND = re.compile(r"[\w.+-]+/[\w.+-]+")


def upload_all(
    calls: Calls, files: Iterable[NewAttachment], reference: str
) -> tuple[list[Artifact], list[NewAttachment]]:
    """Upload what goes with a new ticket; the first file is answered with the id of its place.

    Returns the files as the service names them, and the links, which are no files there.
    """
    artifacts: list[Artifact] = []
    links = []
    for file in files:
        if file.content is None:
            links.append(file)
            continue
        place = f"/{quote(str(artifacts[0]['ContextID']), safe='')}" if artifacts else ""
        artifacts.append(upload(calls, f"{comments.BOARD}{place}/artifacts", file, reference))
    return artifacts, links


def upload(calls: Calls, path: str, file: NewAttachment, reference: str) -> Artifact:
    body, content_type = _form_of(file)
    found = calls.post_file(path, body, content_type, reference)
    if isinstance(found, Mapping) and "BoardItemArtifact" in found:
        found = next(iter(values.list_of(found["BoardItemArtifact"])), None)
    if comments.read_artifact(found) is None:
        words = _("Akana took the file but did not say where it is. It is tried again.")
        raise ConnectorError(words, permanent=False, status=200)
    return found


def with_links(fields: Fields, links: list[NewAttachment]) -> Fields:
    """A new ticket with links below its text."""
    if not links:
        return fields
    text, media_type = values.write_text(fields.get("body") or "", fields.get("body_format", ""))
    lines = [comments.link(one.name, one.url) for one in links]
    format = values.read_format(media_type)
    return {**fields, "body": "\n\n".join(filter(None, [text, *lines])), "body_format": format}


def _form_of(file: NewAttachment) -> tuple[bytes, str]:
    """A form with one file, and its content type."""
    boundary = uuid.uuid4().hex
    name = file.name.translate({ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"})
    kind = file.content_type
    kind = kind if PLAIN_KIND.fullmatch(kind) else "application/octet-stream"
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="InMultiPart"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    ).encode(errors="replace")
    end = f"\r\n--{boundary}--\r\n".encode()
    return head + (file.content or b"") + end, f"multipart/form-data; boundary={boundary}"
