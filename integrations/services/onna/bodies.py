"""What a client of our Onna endpoint sends, looked at closely: a WireError names the member."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.connector import Fields
from integrations.remote import NewComment, RemotePerson
from integrations.services.onna import values, wire
from integrations.services.onna.values import WireError

REQUIRED = ("onna_parent_id", "ref", "url", "name")
TEXTS = (
    *REQUIRED,
    *("description", "type", "category", "subcategory", "status", "priority", "severity"),
    *("author", "requester", "updater", "assignee_group"),
)
LISTS = ("assignees", "followers", "reactions", "tags")
MOMENTS = ("creation_date", "update_date")
MAX_TEXT = 200_000  # characters
MAX_SHORT = 4_000
LONG = ("description",)
MAX_WORKSPACE_TAGS = 10_000
Said = dict[str, Any]


def read_ticket(body: Mapping[str, Any]) -> Said:
    """The members of a create that have a value, by name, dates as moments. Raises WireError.

    `owners` is taken for `assignees`, as a text, a comma list or an array.
    """
    said: Said = {name: text(body, name, required=name in REQUIRED) for name in TEXTS}
    if not said["ref"].strip():
        raise WireError("ref: at least one character.", "body", "ref")
    if not said["name"].strip():
        raise WireError("name: at least one character.", "body", "name")
    body = {**body}
    if "owners" in body and not body.get("assignees"):
        body["assignees"] = _owners(body["owners"])
    said |= {name: texts(body, name, values.MAX_LIST) for name in LISTS}
    said |= {name: moment(body, name) for name in MOMENTS}
    said = {name: value for name, value in said.items() if value or name == "url"}
    if body.get("comments") is not None:
        said["comments"] = _comments(body["comments"])
    return said


def fields_of(said: Said) -> Fields:
    """Our fields in what was said; only the first of several assignees can be ours."""
    theirs = {"title": said["name"], "tags": said.get("tags", [])}
    theirs["body"] = said.get("description", "")
    theirs["type"] = said.get("type") or said.get("category") or ""
    theirs["requester"] = said.get("requester", "")
    theirs["assignee"] = next(iter(said.get("assignees", [])), "")
    theirs |= {name: said[name] for name in ("status", "priority") if said.get(name)}
    return wire.read_theirs(theirs, {})


def comments_of(said: Said) -> list[NewComment] | None:
    """The conversation that came, None if nothing was said of it."""
    if "comments" not in said:
        return None
    return [
        NewComment(
            body=one["text"],
            public=True,
            author=RemotePerson(**(values.read_person(one["author"]) or {})),
            created_at=one["creation_date"],
        )
        for one in said["comments"]
    ]


# Members -----------------------------------------------------------------------------------------


def text(body: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    value = body.get(name)
    if value is None and not required:
        return ""
    if value is None:
        raise WireError(f"{name}: is required.", "body", name, kind="value_error.missing")
    if not isinstance(value, str):
        raise WireError(f"{name}: a text is required.", "body", name, kind="type_error.str")
    most = MAX_TEXT if name in LONG else MAX_SHORT
    if len(value) > most:
        raise WireError(f"{name}: at most {most} characters.", "body", name)
    return value


def texts(body: Mapping[str, Any], name: str, most: int) -> list[str]:
    """A list of texts, without empty ones."""
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        words = f"{name}: a list of texts is required."
        raise WireError(words, "body", name, kind="type_error.list")
    if len(value) > most:
        raise WireError(f"{name}: at most {most} items.", "body", name)
    if any(len(one) > MAX_SHORT for one in value):
        raise WireError(f"{name}: at most {MAX_SHORT} characters each.", "body", name)
    return [one for one in value if one.strip()]


def moment(body: Mapping[str, Any], name: str, *, required: bool = False) -> datetime | None:
    value = body.get(name)
    if value in (None, "") and not required:
        return None
    found = values.read_moment(value)
    if found is None:
        words = f"{name}: use ISO 8601, as in 2022-07-22T03:39:07.000000+00:00."
        raise WireError(words, "body", name, kind="value_error.datetime")
    return found


def _owners(value: Any) -> Any:
    if isinstance(value, str):
        return [one.strip() for one in re.split(r"[,;]", value) if one.strip()]
    return value


def _comments(value: Any) -> list[Said]:
    if not isinstance(value, list):
        raise WireError("comments: a list is required.", "body", "comments")
    if len(value) > values.MAX_COMMENTS:
        words = f"comments: at most {values.MAX_COMMENTS} items."
        raise WireError(words, "body", "comments")
    return [_comment(one, number) for number, one in enumerate(value)]


def _comment(one: Any, number: int) -> Said:
    place = f"comments.{number}"
    if not isinstance(one, Mapping):
        raise WireError(f"{place}: an object is required.", "body", "comments", str(number))
    try:
        said: Said = {name: text(one, name, required=True) for name in ("author",)}
        said["creation_date"] = moment(one, "creation_date", required=True)
        said["text"] = text({"description": one.get("text")}, "description", required=True)
    except WireError as error:
        words = str(error).replace("description", "text")
        name = words.partition(":")[0]
        loc = ("body", "comments", str(number), name)
        raise WireError(f"{place}.{words}", *loc, kind=error.kind) from error
    if not said["text"].strip():
        raise WireError(f"{place}.text: at least one character.", "body", "comments", str(number))
    return said
