"""Tickets on the Akana wire, both ways, as the members of a JSON object; `markup` makes XML of it.

`read_…` turns theirs into ours, `write_…` ours into theirs. A *body* is what is sent to the
service, an *item* what it answers. `maps` is `connector.Maps`, `author` the id of the user who is
signed in, who stands for everybody whom `maps` does not name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.connector import Fields, Maps, RemoteTicket
from integrations.services.akana import comments, values
from integrations.services.akana.values import WireError

# What of a ticket travels. The words of a resolution go along with the resolving and don't return.
TRAVELS = frozenset(
    ("title", "body", "status", "resolution_comment", "priority", "tags", "requester", "custom")
)
CREATE_ONLY = TRAVELS - {"status", "resolution_comment"}
LOSSY = frozenset(("body", "requester", "resolution_comment", "custom"))
# Members that a custom field of ours can be mapped to.
CUSTOM = ("Environment", "APIID", "AppID")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class About:
    """What a ticket is about where its own fields do not say it: ids there, and `Environment`."""

    api: str = ""
    app: str = ""
    environment: str = "Production"


def write_body(
    fields: Fields,
    maps: Maps,
    about: About,
    *,
    author: str,
    reference: str = "",
    artifacts: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The ticket of a create. `artifacts`: the files that were uploaded for it.

    Without a text of its own it is described by its title.
    """
    body_format, text = fields.get("body_format", ""), fields.get("body") or ""
    if not text.strip():  # a ticket without words is refused
        body_format, text = "plain", fields.get("title") or ""
    text, media_type = values.write_text(text, body_format)
    custom = write_custom(fields.get("custom") or {}, maps)
    by_member = {maps["custom"][key]["id"]: value for key, value in custom.items()}
    body = {
        "APIID": by_member.get("APIID") or about.api,
        "AppID": by_member.get("AppID") or about.app,
        "Title": fields.get("title") or "",
        "Description": text,
        "Environment": by_member.get("Environment") or about.environment,
        "UserID": write_person(fields.get("requester"), maps, author),
        "Label": [values.write_label(fields.get("priority") or "normal", maps)],
        "Tag": values.write_tags(fields.get("tags") or [], reference),
        "DescriptionMediaType": media_type,
        "BoardItemArtifacts": {"BoardItemArtifact": list(artifacts)},
    }
    empty = ("APIID", "AppID", "UserID")
    return {name: value for name, value in body.items() if value or name not in empty}


def read_item(item: Any, maps: Maps) -> RemoteTicket:
    """A ticket of theirs. A member that is absent was not said and is in neither half.

    Nothing there says when a ticket changed. `updated_at` is made up: shortly after it was
    created, by an amount that differs whenever what is shown differs.
    """
    if not isinstance(item, Mapping) or not str(item.get("TicketID") or "").strip():
        raise WireError("The answer has no ticket with an id.")
    fields, theirs = _read_halves(item, maps)
    created = values.read_moment(item.get("Created"))
    moved = int(digest(item)[:12], 16) % 60_000_000
    identity = str(item["TicketID"]).strip()
    link = str(item.get("Link") or "")
    return RemoteTicket(
        id=identity,
        number=values.local_part(identity),
        url=link if link.startswith(("https://", "http://")) else "",
        fields=fields,
        theirs=theirs,
        created_at=created,
        updated_at=(created or LONG_AGO) + timedelta(microseconds=moved),
        reference=values.read_tags(item.get("Tag"))[1],
        extra={
            "state": str(item.get("State") or ""),
            "comments": item.get("Comments"),
            "marks": item.get("Marks"),
            "is_marked": item.get("IsMarked"),
            "labels": values.list_of(item.get("Label")),
            "attachments": comments.read_artifacts(item.get("BoardItemArtifacts")),
            "created_by": {"name": str(item.get("UserName") or "")},
        },
    )


def write_item(ticket: RemoteTicket, maps: Maps, tenant: str) -> dict[str, Any]:
    """A ticket as it is read. Its `fields` must be complete.

    Taken from `extra`: `kept` as `bodies.read_ticket` has it, `queue_id`, `user` (RemotePerson),
    `is_reopened`, `comments` and `marks` (counts), `is_marked`, `artifacts`.
    """
    fields, extra = ticket.fields, ticket.extra
    kept = extra.get("kept") or {}
    custom = write_custom(fields.get("custom") or {}, maps)
    by_member = {maps["custom"][key]["id"]: value for key, value in custom.items()}
    place = by_member.get("Environment") or kept.get("Environment") or values.ENVIRONMENTS[0]
    state = values.STATUS.out[fields["status"]]
    created = values.write_moment(ticket.created_at)
    item = {
        "TicketID": values.with_tenant(ticket.id, tenant),
        "APIID": kept.get("APIID") or values.with_tenant(extra.get("queue_id"), tenant),
        "AppID": kept.get("AppID") or "",
        "Title": fields["title"],
        "Description": fields["body"],
        "DescriptionMediaType": values.MARKDOWN
        if fields.get("body_format") == "markdown"
        else values.PLAIN,
        "Environment": place,
        "State": "REOPEN" if state == "OPEN" and extra.get("is_reopened") else state,
        "UserID": extra["user"].id,
        "UserName": extra["user"].name,
        "Created": created,
        "Label": _labels(fields["priority"], kept),
        "Tag": values.write_tags(fields.get("tags") or [], ticket.reference),
        "Comments": extra.get("comments") or 0,
        "Marks": extra.get("marks") or 0,
        "IsMarked": bool(extra.get("is_marked")),
        "Visibility": "Limited",
        "BoardItemArtifacts": {"BoardItemArtifact": extra.get("artifacts") or []},
        "PubDate": created,
        "Published": created,
    }
    return {name: value for name, value in item.items() if value or name != "AppID"}


def write_theirs(fields: Fields, maps: Maps, *, author: str = "") -> Fields:
    """Our fields in their words under our names: what `read_item` would find in `theirs`."""
    written: Fields = {}
    for name, value in fields.items():
        if name == "title":
            written[name] = value or ""
        elif name == "body":
            written[name] = values.write_text(value or "", fields.get("body_format", ""))[0]
        elif name == "status":
            written[name] = values.write_state(value, maps)
        elif name == "priority":
            written[name] = values.write_label(value, maps)
        elif name == "tags":
            written[name] = values.read_tags(value)[0]
        elif name == "requester":
            written[name] = write_person(value, maps, author)
        elif name == "custom":
            written[name] = write_custom(value or {}, maps)
    return written


def read_theirs(theirs: Fields, maps: Maps) -> Fields:
    """What `write_theirs` gave, in our words again."""
    read: Fields = {}
    for name, value in theirs.items():
        if name == "status":
            found = values.status_of(value, maps)
            read |= {name: found} if found else {}
        elif name == "priority":
            found = values.priority_of(value, maps)
            read |= {name: found} if found else {}
        elif name == "requester":
            read[name] = read_person(value, "", maps)
        elif name == "custom":
            read[name] = read_custom(value, maps)
        else:
            read[name] = list(value) if isinstance(value, list) else value
    if "body" in read:
        read.setdefault("body_format", "plain")
    return read


def digest(item: Mapping[str, Any]) -> str:
    """What changes when a ticket does, as far as the service shows it. Marks do not count."""
    tags = sorted(map(str, values.list_of(item.get("Tag"))))
    said = [
        values.read_state(item.get("State")),
        str(item.get("Comments") or 0),
        str(item.get("Title") or ""),
        str(item.get("Description") or ""),
        sorted(map(str, values.list_of(item.get("Label")))),
        tags,
        [str(item.get(name) or "") for name in (*CUSTOM, "UserID", "UserName")],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


# People and custom fields ------------------------------------------------------------------------


def write_person(person: Mapping[str, str] | None, maps: Maps, author: str) -> str:
    """The id there of whom `maps` names or who came from there; else that of who is signed in."""
    people = {mail.casefold(): identity for mail, identity in (maps.get("people") or {}).items()}
    email = str((person or {}).get("email") or "").casefold()
    return people.get(email) or str((person or {}).get("id") or "") or author


def read_person(identity: Any, name: str, maps: Maps) -> dict[str, str] | None:
    text = str(identity or "").strip()
    if not (text or name):
        return None
    people = maps.get("people") or {}
    email = next((mail for mail, known in people.items() if known == text), "") if text else ""
    return {"id": text, "name": name, "email": email}


def write_custom(custom: Mapping[str, Any], maps: Maps) -> dict[str, str]:
    """By our key; what has no value there, such as an environment of another name, is left out."""
    written = {}
    for key, value in custom.items():
        mapped = (maps.get("custom") or {}).get(key)
        if mapped is None or mapped["id"] not in CUSTOM or value in (None, "", []):
            continue
        text = str((mapped.get("options") or {}).get(value, value)).strip()
        if mapped["id"] == "Environment":
            text = environment(text)
        if text:
            written[key] = text
    return written


def read_custom(shown: Mapping[str, str], maps: Maps) -> dict[str, Any]:
    """By our key. What a choice of ours has no option for is left out."""
    read = {}
    for key, text in shown.items():
        mapped = (maps.get("custom") or {}).get(key)
        if mapped is None:
            continue
        options = {theirs.casefold(): ours for ours, theirs in mapped.get("options", {}).items()}
        if text.casefold() in options:
            read[key] = options[text.casefold()]
        elif mapped.get("kind") != "choice":
            read[key] = text
    return read


def environment(text: Any) -> str:
    """`Production` or `Sandbox`, "" for anything else."""
    known = {name.casefold(): name for name in values.ENVIRONMENTS}
    return known.get(str(text or "").strip().casefold(), "")


# Inner parts -------------------------------------------------------------------------------------


def _labels(priority: str, kept: Mapping[str, Any]) -> list[str]:
    """The labels as they came, as long as they say what the priority is now."""
    labels = list(kept.get("Label") or [])
    if labels and kept.get("priority") == priority:
        return labels
    own = values.priority_label(labels)
    return [values.SHOWN[priority], *(label for label in labels if label != own)]


def _read_halves(item: Mapping[str, Any], maps: Maps) -> tuple[Fields, Fields]:
    """What an item says, in our words and in theirs."""
    theirs: Fields = {}
    if "Title" in item:
        theirs["title"] = str(item["Title"] or "")
    if "Description" in item:
        theirs["body"] = str(item["Description"] or "")
    if item.get("State"):
        theirs["status"] = values.read_state(item["State"])
    if label := values.priority_label(item.get("Label")):
        theirs["priority"] = values.read_label(label)
    theirs["tags"] = values.read_tags(item.get("Tag"))[0]
    if "UserID" in item:
        theirs["requester"] = str(item["UserID"] or "").strip()
    mapped = maps.get("custom") or {}
    theirs["custom"] = {
        key: str(item[field["id"]]).strip()
        for key, field in mapped.items()
        if field["id"] in CUSTOM and item.get(field["id"])
    }
    fields = read_theirs(theirs, maps)
    if "body" in theirs:
        fields["body_format"] = values.read_format(item.get("DescriptionMediaType"))
    if "requester" in theirs:
        name = str(item.get("UserName") or "")
        fields["requester"] = read_person(theirs["requester"], name, maps)
    return fields, theirs
