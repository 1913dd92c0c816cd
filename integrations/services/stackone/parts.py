"""Comments, files, users, types, statuses and projects on the StackOne wire, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.connector import (
    RemoteAttachment,
    RemoteComment,
    RemoteField,
    RemoteOption,
    RemotePerson,
)
from integrations.services.stackone import texts, values, words

LINK = "text/uri-list"  # the type of a file that is only an address


# What the client reads ---------------------------------------------------------------------------


def read_comment(item: Any, known: Mapping[str, RemotePerson]) -> RemoteComment | None:
    """A comment of theirs; None for what has no id or says nothing."""
    if not isinstance(item, Mapping) or not words.text_of(item.get("id")):
        return None
    body, body_format = texts.read_content(item.get("content")) or ("", "plain")
    if not body.strip():
        return None
    author = values.person_shown(words.text_of(item.get("user_id")), known)
    return RemoteComment(
        id=words.text_of(item["id"]),
        body=body,
        format=body_format,
        public=not is_true(item.get("internal")),
        author=RemotePerson(**author) if author else RemotePerson(),
        created_at=values.read_moment(item.get("created_at")),
    )


def read_attachment(item: Any) -> RemoteAttachment | None:
    if not isinstance(item, Mapping) or not words.text_of(item.get("id")):
        return None
    identity, kind = words.text_of(item["id"]), item.get("file_format")
    return RemoteAttachment(
        id=identity,
        name=words.text_of(item.get("file_name")) or identity,
        url=words.text_of(item.get("file_url")),
        is_link=isinstance(kind, Mapping) and kind.get("source_value") == LINK,
        created_at=values.read_moment(item.get("created_at")),
    )


def read_option(item: Any) -> RemoteOption | None:
    """A type, status, project or collection as something to choose."""
    if not isinstance(item, Mapping):
        return None
    identity, name = words.text_of(item.get("id")), words.text_of(item.get("name"))
    if not identity and not name:
        return None
    return RemoteOption(key=identity or name, text=name or identity)


def read_custom_fields(items: list[Any], reference_field: str) -> tuple[RemoteField, ...]:
    """The unified custom fields that some tickets show; there is no list of them.

    Nor is there one of their options: choices travel by their labels.
    """
    seen: dict[str, str] = {}
    for item in items:
        custom = item.get("unified_custom_fields") if isinstance(item, Mapping) else None
        for name, value in (custom if isinstance(custom, Mapping) else {}).items():
            if name != reference_field:
                seen[str(name)] = seen.get(str(name)) or values.type_of(value)
    return tuple(
        RemoteField(
            id=name,
            title=name.replace("_", " "),
            type=kind,
            multiple=kind == "list",
            kinds=values.KINDS_OF_TYPE[kind],
        )
        for name, kind in sorted(seen.items())
    )


def is_true(value: Any) -> bool:
    """A boolean of theirs, which may be a word."""
    return value is True or words.folded(value) == "true"


# What the server shows ---------------------------------------------------------------------------


def write_comment(comment: RemoteComment, ticket_id: str) -> dict[str, Any]:
    """A public comment. `extra` holds its `text`, its `html` and when it was `updated_at`."""
    changed = comment.extra.get("updated_at") or comment.created_at
    return {
        **_named("", comment.id),
        **_named("ticket", ticket_id),
        **_named("user", comment.author.id or None),
        "internal": False,
        "content": [{"plain": comment.extra["text"], "html": comment.extra["html"]}],
        **_dates(comment.created_at, changed),
    }


def write_attachment(
    file: RemoteAttachment, author: RemotePerson, ticket_id: str, *, kind: str, size: int
) -> dict[str, Any]:
    """`kind` is its MIME type, `size` in bytes."""
    return {
        **_named("", file.id),
        **_named("ticket", ticket_id),
        **_named("user", author.id or None),
        "file_name": file.name,
        "file_format": {"value": texts.format_of(file.name), "source_value": kind},
        "file_url": file.url,
        "size": size,
        **_dates(file.created_at, file.created_at),
    }


def write_user(
    person: RemotePerson, *, kind: str, active: bool, created_at: datetime | None
) -> dict[str, Any]:
    first, _space, last = person.name.partition(" ")
    return {
        **_named("", person.id),
        "type": {"value": kind, "source_value": kind},
        "name": person.name,
        "primary_email": person.email or None,
        "primary_phone": None,
        "username": person.email or None,
        "active": active,
        "first_name": first or None,
        "last_name": last or None,
        "customer_account_reference": None,
        **_dates(created_at, created_at),
        "unified_custom_fields": None,
    }


def write_type(identity: str, name: str, project_id: str) -> dict[str, Any]:
    return {
        **_named("", identity),
        "name": name,
        **_named("project", project_id),
        "collection_id": project_id,
        "unified_custom_fields": None,
    }


def write_status(identity: str, name: str, word: str) -> dict[str, Any]:
    """`word` is ours."""
    kind = {"value": words.STATUS.out[word], "source_value": word}
    return {**_named("", identity), "name": name, "type": kind}


def write_project(identity: str, name: str) -> dict[str, Any]:
    return {
        **_named("", identity),
        "name": name,
        "description": None,
        **_named("organization", None),
        **_dates(None, None),
        "unified_custom_fields": None,
    }


def write_component(identity: str, name: str, project_id: str) -> dict[str, Any]:
    return {**write_project(identity, name), **_named("project", project_id)}


def write_collection(identity: str, name: str, key: str) -> dict[str, Any]:
    return {
        **write_project(identity, name),
        "key": key,
        **_named("parent", None),
        "type": {"value": "project", "source_value": "queue"},
    }


def _named(what: str, identity: str | None) -> dict[str, str | None]:
    """An id under both of its names: theirs and the provider's are one here."""
    if not what:
        return {"id": identity, "remote_id": identity}
    return {f"{what}_id": identity, f"remote_{what}_id": identity}


def _dates(created: datetime | None, updated: datetime | None) -> dict[str, str | None]:
    return {
        "created_at": values.write_moment(created),
        "updated_at": values.write_moment(updated),
    }
