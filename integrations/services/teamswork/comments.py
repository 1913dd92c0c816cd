"""Comments, activities, attachments on the TeamsWork wire, both ways; see `wire`."""

from __future__ import annotations

import html
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from integrations.connector import (
    NewAttachment,
    NewComment,
    RemoteAttachment,
    RemoteComment,
    RemotePerson,
)
from integrations.services.teamswork import values


def write_comment_body(comment: NewComment) -> dict[str, Any]:
    """A public comment; private ones are never written. `user` is added by the caller."""
    if not comment.public:
        raise values.WireError("A private note is not written to this service.")
    return {"comment_HTML" if comment.format == "html" else "comment": comment.body}


def read_comment_body(body: Any) -> NewComment:
    """A comment as clients send it; `isPrivate` may be a word in multipart bodies."""
    if not isinstance(body, Mapping):
        raise values.WireError("comment: is required.")
    text, marked = body.get("comment"), body.get("comment_HTML")
    if not isinstance(text, (str, type(None))) or not isinstance(marked, (str, type(None))):
        raise values.WireError("comment: a text is required.")
    if not (text or marked or "").strip():
        raise values.WireError("comment: is required.")
    private = body.get("isPrivate", False)
    if private not in (True, False, None) and values.folded(private) not in ("true", "false", ""):
        raise values.WireError("isPrivate: use true or false.")
    return NewComment(
        body=text or marked,
        format="plain" if text else "html",
        public=not (private is True or values.folded(private) == "true"),
        author=values.read_actor(body),
    )


def write_activity(
    comment: RemoteComment, ticket_id: str, changes: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """One entry of a ticket's activities: a comment, or `changes` with an empty comment.

    `changes` are `{"name", "oldValue", "newValue"}`. The plain text comes from `extra["text"]`.
    """
    plain = comment.extra.get("text", comment.body)
    return {
        "id": comment.id,
        "ticketId": ticket_id,
        "comment": plain,
        "comment_HTML": comment.body if comment.format == "html" else html.escape(plain),
        "isPrivate": not comment.public,
        "createdDateTime": values.write_moment(comment.created_at),
        "createdBy": values.write_person(comment.author),
        "attachments": [write_attachment(file, comment.author) for file in comment.attachments],
        "changes": changes or [],
    }


def write_comment(comment: RemoteComment, ticket_id: str, number: str) -> dict[str, Any]:
    """The answer to an added comment."""
    activity = write_activity(comment, ticket_id)
    return {
        "activityId": comment.id,
        "ticketId": ticket_id,
        "ticketNo": int(number) if number.isdigit() else None,
        "comment": activity["comment"],
        "comment_HTML": activity["comment_HTML"],
        "attachments": activity["attachments"],
        "user": activity["createdBy"],
    }


def read_activity(item: Any) -> RemoteComment | None:
    """A comment out of the activities; None for what is none.

    The comment of a resolution is none either: it is read with the ticket.
    """
    if not isinstance(item, Mapping):
        return None
    identity = item.get("id") or item.get("activityId")
    files = tuple(filter(None, map(read_attachment, values.list_of(item.get("attachments")))))
    text, marked = str(item.get("comment") or ""), str(item.get("comment_HTML") or "")
    if not identity or not (text.strip() or marked.strip() or files) or _resolves(item):
        return None
    return RemoteComment(
        id=str(identity),
        body=text or marked,
        format="plain" if text or not marked else "html",
        public=not item.get("isPrivate"),
        author=values.read_person(item.get("createdBy") or item.get("user")) or RemotePerson(),
        created_at=values.read_moment(item.get("createdDateTime")),
        attachments=files,
    )


def write_attachment(file: RemoteAttachment, author: RemotePerson) -> dict[str, Any]:
    return {
        "id": file.id,
        "caption": file.name,
        "filename": file.name,
        "src": file.url,
        "createdDateTime": values.write_moment(file.created_at),
        "createdBy": author.name or author.email,
        "isArchive": bool(re.search(r"(?i)\.(zip|7z|rar|tar|gz|tgz)$", file.name)),
        "isHyperlink": file.is_link,
        "isImage": bool(re.search(r"(?i)\.(png|jpe?g|gif|webp|bmp)$", file.name)),
    }


def read_attachment(item: Any) -> RemoteAttachment | None:
    if not isinstance(item, Mapping) or not (item.get("id") or item.get("src")):
        return None
    return RemoteAttachment(
        id=str(item.get("id") or item["src"]),
        name=str(item.get("filename") or item.get("caption") or item.get("src") or ""),
        url=str(item.get("src") or ""),
        is_link=bool(item.get("isHyperlink")),
        created_at=values.read_moment(item.get("createdDateTime")),
    )


def read_links_body(body: Any) -> list[RemoteAttachment]:
    """The links that a JSON attachments body adds."""
    links = body.get("attachments") if isinstance(body, Mapping) else None
    if not isinstance(links, list) or not links:
        raise values.WireError("attachments: a list with at least one entry is required.")
    found = []
    for link in links:
        source = link.get("src") if isinstance(link, Mapping) else None
        if not isinstance(source, str) or not re.match(r"(?i)https?://[^\s/]", source):
            raise values.WireError("attachments: each needs a src that begins with https://.")
        name = str(link.get("caption") or source)
        found.append(RemoteAttachment(id="", name=name, url=source, is_link=True))
    return found


def write_files_body(files: list[NewAttachment], user: dict[str, str]) -> tuple[bytes, str]:
    """A form and its content type. Part names are quoted: without that the service answers 500."""
    boundary = uuid.uuid4().hex
    parts = [_part(boundary, 'name="user"', json.dumps(user).encode())]
    for file in files:
        name = file.name.translate({ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"})
        kind = file.content_type
        kind = kind if re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) else "application/octet-stream"
        parts.append(_part(boundary, f'name="files"; filename="{name}"', file.content or b"", kind))
    body = b"".join((*parts, f"--{boundary}--\r\n".encode()))
    return body, f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, names: str, content: bytes, kind: str = "") -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {names}\r\n"
    head += f"Content-Type: {kind}\r\n" if kind else ""
    return f"{head}\r\n".encode(errors="replace") + content + b"\r\n"


def _resolves(activity: Mapping[str, Any]) -> bool:
    """Whether an activity is the resolving of a ticket rather than a comment on it."""
    return any(
        values.folded(change.get("name")) == "status"
        and values.STATUS_READ.get(values.folded(change.get("newValue"))) in values.DONE
        for change in values.list_of(activity.get("changes"))
        if isinstance(change, Mapping)
    )
