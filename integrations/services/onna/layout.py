"""Workspaces, folders, custom fields and file resources of a key, kept as its records.

Every key has a workspace and a folder from the beginning; their ids follow from the key's uuid.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext as _

from integrations.gateway import Caller, Refused, archive, delete, folders, records, uploads
from integrations.gateway.lists import read_token, write_token
from integrations.services.onna import envelopes, values

WORKSPACE, FOLDER, FIELD, FILE = "workspace", folders.KIND, "field", "file"
PAGE = 100
MOST_AT_ONCE = 200  # tickets that go with their folder


def default_folder(key_uuid: UUID) -> str:
    return values.write_id(values.FOLDER, key_uuid)


def default_workspace(key_uuid: UUID) -> str:
    return values.write_id(values.WORKSPACE, key_uuid)


# Reading -----------------------------------------------------------------------------------------


def workspace(caller: Caller, identity: str) -> Any:
    """The record of a workspace. Raises Http404."""
    if identity == default_workspace(caller.key.uuid):
        return _made(caller, WORKSPACE, identity, {"name": caller.queue.name, **_times()})
    return records.one(caller, WORKSPACE, identity)


def folder(caller: Caller, identity: str) -> Any:
    """The record of a folder. Raises Http404."""
    if identity == default_folder(caller.key.uuid):
        parent = default_workspace(caller.key.uuid)
        return _made(caller, FOLDER, identity, {"name": caller.queue.name, "parent": parent})
    return records.one(caller, FOLDER, identity)


def file(caller: Caller, identity: str) -> Any:
    """The record of a file resource. Raises Http404."""
    return records.one(caller, FILE, identity)


def forget_file(caller: Caller, identity: str) -> None:
    for kind in (FILE, uploads.UNDER_WAY, uploads.DONE):
        records.forget(caller, kind, identity)


def page(caller: Caller, kind: str, cursor: str) -> dict[str, Any]:
    """A page of workspaces or custom fields, oldest first. Raises ValidationError on a cursor."""
    if kind == WORKSPACE:
        workspace(caller, default_workspace(caller.key.uuid))
    rows = records.every(caller, kind).order_by("pk")
    if cursor:
        said, after = read_token(cursor, 1)
        if said != kind or not after or not isinstance(after[0], int):
            raise Http404
        rows = rows.filter(pk__gt=after[0])
    found = list(rows[: PAGE + 1])
    following = ""
    if len(found) > PAGE:
        found.pop()
        following = write_token([kind, found[-1].pk])
    items = [{"onna_id": row.name, "name": row.content["name"]} for row in found]
    return envelopes.write_page(items, following)


def workspace_item(row: Any) -> dict[str, Any]:
    said = row.content
    return {
        "onna_id": row.name,
        "name": said["name"],
        "description": said.get("description", ""),
        "tags": said.get("tags", []),
        "creation_datetime": said["created"],
        "modification_datetime": said["modified"],
    }


def folder_item(row: Any) -> dict[str, Any]:
    return {"onna_id": row.name, "name": row.content["name"]}


def file_item(row: Any, address: str) -> dict[str, Any]:
    said = row.content
    item = {name: said[name] for name in ("onna_parent_id", "ref", "url")}
    item |= {name: said[name] for name in ("name",) if said.get(name)}
    return item | {"onna_id": row.name, "onna_url": address}


# Writing -----------------------------------------------------------------------------------------


def new_workspace(caller: Caller, said: dict[str, Any]) -> str:
    identity = values.new_id(values.WORKSPACE)
    records.keep(caller, WORKSPACE, identity, {**said, **_times()})
    return identity


def change_workspace(caller: Caller, identity: str, said: dict[str, Any]) -> None:
    modified = values.write_moment(datetime.now(UTC))
    records.change(workspace(caller, identity), **said, modified=modified)


def new_folder(caller: Caller, name: str, parent: str) -> str:
    """A folder in a workspace or folder. Raises Http404."""
    (folder if parent.startswith(values.FOLDER) else workspace)(caller, parent)
    identity = values.new_id(values.FOLDER)
    records.keep(caller, FOLDER, identity, {"name": name, "parent": parent})
    return identity


def rename_folder(caller: Caller, identity: str, name: str) -> None:
    records.change(folder(caller, identity), name=name)


def new_field(caller: Caller, said: dict[str, Any]) -> str:
    identity = f"cf-{secrets.token_hex(5)[:9]}"
    records.keep(caller, FIELD, identity, said)
    return identity


def field_values(caller: Caller, identity: str) -> list[dict[str, Any]]:
    """Every custom field of the key with the workspace's value, "" for none."""
    said = workspace(caller, identity).content.get("fields", {})
    return [_field_item(row, said) for row in records.every(caller, FIELD)]


def field_value(caller: Caller, identity: str, field: str) -> dict[str, Any]:
    said = workspace(caller, identity).content.get("fields", {})
    return _field_item(records.one(caller, FIELD, field), said)


def set_field_value(caller: Caller, identity: str, field: str, value: str) -> None:
    row = workspace(caller, identity)
    records.one(caller, FIELD, field)
    said = {**row.content.get("fields", {}), field: value}
    records.change(row, fields=said, modified=values.write_moment(datetime.now(UTC)))


def new_file(caller: Caller, said: dict[str, Any]) -> str:
    """A resource for a further file of a ticket. The same reference answers the first one."""
    owner = archive.owner_of(caller, said["onna_parent_id"], said["ref"])
    rows = records.every(caller, FILE).filter(
        content__ref=said["ref"], content__onna_parent_id=said["onna_parent_id"]
    )
    if (first := rows.first()) is not None:
        return first.name
    identity = values.new_id(values.FILE)
    records.keep(caller, FILE, identity, {**said, "ticket": str(owner.uuid)})
    return identity


def delete_folder(caller: Caller, identity: str) -> None:
    """With all that lies in it: folders, files, and the tickets that came to it."""
    folder(caller, identity)
    if identity == default_folder(caller.key.uuid):
        raise Refused(403, _("The first folder of a key stays."))
    _delete(caller, _below(caller, [identity]))


def delete_workspace(caller: Caller, identity: str) -> None:
    workspace(caller, identity)
    if identity == default_workspace(caller.key.uuid):
        raise Refused(403, _("The first workspace of a key stays."))
    _delete(caller, _below(caller, [identity])[1:])
    records.forget(caller, WORKSPACE, identity)


# Inner parts -------------------------------------------------------------------------------------


def _made(caller: Caller, kind: str, identity: str, content: dict[str, Any]) -> Any:
    found = records.find(caller, kind, identity)
    if found is not None:
        return found
    try:
        return records.keep(caller, kind, identity, content)
    except ValidationError:  # made at the same moment
        return records.one(caller, kind, identity)


def _field_item(row: Any, said: dict[str, str]) -> dict[str, Any]:
    return {"onna_id": row.name, "name": row.content["name"], "value": said.get(row.name, "")}


def _times() -> dict[str, str]:
    now = values.write_moment(datetime.now(UTC)) or ""
    return {"created": now, "modified": now}


def _below(caller: Caller, found: list[str]) -> list[str]:
    """These and all folders in them."""
    inside: dict[str, list[str]] = {}
    for row in records.every(caller, FOLDER):
        inside.setdefault(row.content["parent"], []).append(row.name)
    for identity in found:  # grows while it is read
        found += inside.get(identity, ())
    return found


def _delete(caller: Caller, identities: list[str]) -> None:
    if len(identities) > MOST_AT_ONCE:
        words = _("More than %(limit)s folders lie in it. Delete them first.")
        raise Refused(422, words % {"limit": MOST_AT_ONCE})
    lying = (archive.lying_at(caller, one)[: MOST_AT_ONCE + 1] for one in identities)
    tickets = list(islice(chain.from_iterable(lying), MOST_AT_ONCE + 1))
    if len(tickets) > MOST_AT_ONCE:
        words = _("More than %(limit)s tickets lie in it. Delete them first.")
        raise Refused(422, words % {"limit": MOST_AT_ONCE})
    for ticket in tickets:
        delete(caller, ticket)
    for identity in identities:
        records.every(caller, FILE).filter(content__onna_parent_id=identity).delete()
        records.forget(caller, folders.POINTED, identity)
        records.forget(caller, FOLDER, identity)
