"""Tickets of ours as Onna's, and back. Pure: dicts in, dicts out.

`fields` are as `connector` describes them. Beside those that travel, a create may be told
`created_at`, `updated_at` (ISO 8601), `url` and `author` (a person) of the ticket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.connector import Fields, Maps, NewComment, RemoteTicket
from integrations.html_text import plain
from integrations.services.onna import values
from integrations.services.onna.values import WireError

# What of a ticket travels. `custom_words` does too, where the setup finds room for it.
TRAVELS = frozenset(
    ("title", "body", "status", "priority", "type", "requester", "assignee", "tags")
)
# A person becomes one text, HTML loses its marks, custom fields become short lines.
LOSSY = frozenset(("body", "requester", "assignee", "custom_words"))
IN_TAGS, IN_DESCRIPTION = "tags", "description"
CUSTOM_TAG = "custom:"  # as in `custom:Region=EU`
CUSTOM_LINES = "\n\n[Custom fields]\n"  # at the end of a description, a line for each


# From us to them ---------------------------------------------------------------------------------


def write_theirs(fields: Fields, maps: Maps) -> Fields:
    """Our fields in their words under our names: what `read_ticket` would find in `theirs`."""
    written: Fields = {}
    people = maps.get("people")
    for name, value in fields.items():
        if name == "title":
            written[name] = value
        elif name == "body":
            written[name] = plain(value or "", fields.get("body_format") or "plain")
        elif name == "status":
            written[name] = values.write_word(value, values.STATUS, maps.get("status_out"))
        elif name == "priority":
            written[name] = values.write_word(value, values.PRIORITY, maps.get("priority_out"))
        elif name == "type":
            written[name] = maps.get("type_out", {}).get(value) or value or ""
        elif name in ("requester", "assignee"):
            written[name] = values.write_person(value, people)
        elif name == "tags":
            written[name] = list(value or [])
        elif name == "custom_words":
            written[name] = _one_lined(value or {})
    return written


def write_ticket(
    fields: Fields,
    maps: Maps,
    *,
    parent: str,
    reference: str,
    comments: Sequence[NewComment] = (),
    custom_in: str = "",
    now: datetime,
) -> dict[str, Any]:
    """The body of a create. Optional members without a value are absent; `comments` never is.

    Raises WireError for more tags or comments than there is room for.
    """
    said = write_theirs({"title": "", **fields}, maps)
    _put_custom(said, custom_in)
    body = {
        "onna_parent_id": parent,
        "ref": reference,
        "url": fields.get("url") or "",
        "name": said["title"],
        "description": said.get("body"),
        "type": said.get("type"),
        "category": said.get("type"),
        "status": said.get("status"),
        "priority": said.get("priority"),
        "author": values.write_person(fields.get("author"), maps.get("people")),
        "requester": said.get("requester"),
        "assignees": [said["assignee"]] if said.get("assignee") else [],
        "tags": said.get("tags"),
        "creation_date": _moment(fields.get("created_at")),
        "update_date": _moment(fields.get("updated_at")),
    }
    if len(body["tags"] or ()) > values.MAX_LIST:
        raise WireError(f"tags: at most {values.MAX_LIST}.")
    if len(comments) > values.MAX_COMMENTS:
        raise WireError(f"comments: at most {values.MAX_COMMENTS}.")
    required = ("onna_parent_id", "ref", "url", "name")
    body = {name: value for name, value in body.items() if value or name in required}
    return body | {"comments": [_comment(one, maps, now) for one in comments]}


def write_item(fields: Fields) -> dict[str, Any]:
    """The members of a ticket of ours that have a value, as our endpoint shows them."""
    said = write_theirs(fields, {})
    item = {
        "name": said["title"],
        "description": said.get("body"),
        "type": said.get("type"),
        "category": said.get("type"),
        "status": said.get("status"),
        "priority": said.get("priority"),
        "requester": said.get("requester"),
        "assignees": [said["assignee"]] if said.get("assignee") else [],
        "tags": said.get("tags"),
    }
    return {name: value for name, value in item.items() if value}


# From them to us ---------------------------------------------------------------------------------


def read_theirs(theirs: Fields, maps: Maps) -> Fields:
    """What of their words, under our names, can be said in ours. Unknown words are left out."""
    fields: Fields = {}
    people = maps.get("people")
    for name, value in theirs.items():
        if name in ("title", "tags", "custom_words"):
            fields[name] = value
        elif name == "body":
            fields |= {"body": value, "body_format": "plain"}
        elif name in ("requester", "assignee"):
            fields[name] = values.read_person(value, people)
        elif name == "type":
            fields[name] = _read_type(value, maps)
        elif name in ("status", "priority"):
            table = values.STATUS if name == "status" else values.PRIORITY
            chosen, sent = maps.get(name), maps.get(f"{name}_out")
            if word := values.read_word(value, table, chosen, sent):
                fields[name] = word
    return fields


def read_ticket(item: Any, maps: Maps, *, custom_in: str = "") -> RemoteTicket:
    """A ticket of theirs. A member that is absent has no value there. Raises WireError."""
    if not isinstance(item, Mapping) or not item.get("onna_id"):
        raise WireError("The answer has no onna_id.")
    theirs: Fields = {
        "title": str(item.get("name") or ""),
        "body": str(item.get("description") or ""),
        "type": str(item.get("category") or item.get("type") or ""),
        "requester": str(item.get("requester") or ""),
        "assignee": next(iter(_texts(item.get("assignees"))), ""),
        "tags": _texts(item.get("tags")),
    }
    theirs |= {name: str(item[name]) for name in ("status", "priority") if item.get(name)}
    _take_custom(theirs, custom_in)
    return RemoteTicket(
        id=str(item["onna_id"]),
        url=str(item.get("onna_url") or ""),
        fields=read_theirs(theirs, maps),
        theirs=theirs,
        created_at=values.read_moment(item.get("creation_date")),
        updated_at=values.read_moment(item.get("update_date")),
        reference=str(item.get("ref") or ""),
    )


# Inner parts -------------------------------------------------------------------------------------


def _comment(comment: NewComment, maps: Maps, now: datetime) -> dict[str, str]:
    author = comment.author.as_field()
    return {
        "author": values.write_person(author, maps.get("people")) or "helpdesk",
        "creation_date": values.write_moment(comment.created_at or now) or "",
        "text": plain(comment.body, comment.format),
    }


def _one_lined(words: Mapping[str, Any]) -> dict[str, str]:
    """Labels and texts on one line each, without the signs that stand between them."""
    lines = {}
    for label, text in words.items():
        name = " ".join(str(label).replace("=", "-").replace(":", "").split())
        if said := " ".join(str(text or "").split()):
            lines[name or "-"] = said
    return lines


def _put_custom(said: Fields, custom_in: str) -> None:
    words = said.pop("custom_words", {})
    if custom_in == IN_TAGS:
        added = [f"{CUSTOM_TAG}{label}={text}" for label, text in words.items()]
        said["tags"] = [*said.get("tags", []), *added]
    elif custom_in == IN_DESCRIPTION and (words or CUSTOM_LINES in said.get("body", "")):
        lines = "\n".join(f"{label}: {text}" for label, text in words.items())
        said["body"] = said.get("body", "") + CUSTOM_LINES + lines


def _take_custom(theirs: Fields, custom_in: str) -> None:
    """The reverse of `_put_custom`: what we added is nobody's tag or text."""
    if custom_in == IN_TAGS:
        added = [tag for tag in theirs["tags"] if tag.startswith(CUSTOM_TAG) and "=" in tag]
        theirs["tags"] = [tag for tag in theirs["tags"] if tag not in added]
        pairs = [tag.removeprefix(CUSTOM_TAG).partition("=") for tag in added]
    elif custom_in == IN_DESCRIPTION:
        body, _marker, lines = theirs["body"].rpartition(CUSTOM_LINES)
        if not _marker:
            body, lines = lines, ""
        theirs["body"] = body
        pairs = [line.partition(": ") for line in lines.splitlines()]
    else:
        return
    theirs["custom_words"] = {label: text for label, _sign, text in pairs if text}


def _read_type(value: str, maps: Maps) -> str:
    for ours, theirs in maps.get("type_out", {}).items():
        if values.folded(theirs) == values.folded(value) and value:
            return ours
    chosen = {values.folded(theirs): ours for theirs, ours in maps.get("type", {}).items()}
    return chosen.get(values.folded(value)) or value


def _moment(written: Any) -> str | None:
    moment = values.read_moment(written) if isinstance(written, str) else written
    return values.write_moment(moment)


def _texts(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else []
    return [str(one) for one in listed if isinstance(one, (str, int, float))]
