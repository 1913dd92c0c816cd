"""Comments on the Apideck wire, both ways. They are public, and say their author by an id alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.connector import NewComment, RemoteComment, RemotePerson
from integrations.services.apideck.words import (
    WireError,
    read_moment,
    read_text,
    write_moment,
    write_text,
)


def write_comment_body(comment: NewComment) -> dict[str, Any]:
    return {"body": write_text(comment.body, comment.format)}


def read_comment(item: Any, people: Mapping[str, RemotePerson]) -> RemoteComment:
    """A comment of theirs. `people`: by id, as far as known."""
    if not isinstance(item, Mapping) or item.get("id") in (None, ""):
        raise WireError("The answer has no comment with an id.")
    body, format = read_text(item.get("body"))
    author = str(item.get("created_by") or "")
    return RemoteComment(
        id=str(item["id"]),
        body=body,
        format=format,
        author=people.get(author, RemotePerson(id=author)),
        created_at=read_moment(item.get("created_at")),
    )


def write_comment(comment: RemoteComment, updated_at: datetime | None) -> dict[str, Any]:
    """A comment as it is read. Taken from `extra`: `html`, where that is what was written."""
    body = comment.extra["html"] if comment.format == "html" else write_text(comment.body)
    return {
        "id": comment.id,
        "body": body,
        "created_by": comment.author.id or None,
        "created_at": write_moment(comment.created_at),
        "updated_at": write_moment(updated_at),
        "custom_mappings": None,
    }


def read_comment_body(body: Mapping[str, Any]) -> NewComment:
    if not isinstance(body.get("body"), (str, type(None))):
        raise WireError("body: a text is required.")
    text, format = read_text(body.get("body"))
    return NewComment(body=text, format=format, public=True)
