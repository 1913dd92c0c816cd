"""What a client of our TeamsWork endpoint sends, looked at closely before `wire` reads it.

`wire` is lenient, as a reader of another's answers must be. A server that guessed would lose what
it was sent, so here each wrong type is a WireError that names the member.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from integrations.connector import CustomMap, Fields, Maps, RemotePerson
from integrations.services.teamswork import values, wire

NO_CATEGORY = "00000000-0000-0000-0000-000000000000"  # of tags that are in none here
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
WRITTEN = (
    "title",
    "description",
    "description_HTML",
    "requestor",
    "assignee",
    "priority",
    "expectedDate",
    "tags",
    "customFields",
)
# Members of a ticket that are read only: sent back by clients that write what they read.
READ_ONLY = frozenset(
    (
        "id ticketId ticketNo status resolvedStatus resolution createdOn createdBy lastUpdatedOn"
        " lastUpdatedBy firstResponseOn firstResolutionOn lastResolutionOn lastResolutionComment"
        " trackingId origin isFrtBreached isRtBreached isFrtEscalated isRtEscalated"
        " isCustomWorkflow workflow"
    ).split()
)


def read_user(body: Mapping[str, Any]) -> RemotePerson:
    """Who acts: required in every body that writes."""
    user = values.read_actor(body)
    if not (user.name or user.email):
        raise values.WireError("user: a name or an email is required.")
    return user


def read_ticket(
    body: Mapping[str, Any], maps: Maps, *, timezone: int, is_new: bool = False
) -> Fields:
    """Our fields of a create or update, in either spelling."""
    ticket = ticket_in(body)
    if is_new and not str(ticket.get("title") or "").strip():
        raise values.WireError("title: is required.")
    if (is_new or "requestor" in ticket) and not isinstance(ticket.get("requestor"), Mapping):
        raise values.WireError("requestor: an object with id, name and email is required.")
    if not isinstance(ticket.get("expectedDate"), (str, type(None))):
        raise values.WireError("expectedDate: use YYYY-MM-DD.")
    _refuse_odd_tags(ticket.get("tags"))
    fields = wire.read_ticket_body(body, maps, timezone=timezone)
    if fields.get("requester", True) is None:
        raise values.WireError("requestor: an object with id, name and email is required.")
    customs = ticket.get("customFields") or {}
    for custom in maps.get("custom", {}).values():
        if custom["id"] in customs:
            _refuse_odd_custom(customs[custom["id"]], custom)
    return fields


def without_same(fields: Fields, body: Mapping[str, Any], now: Fields, *, timezone: int) -> Fields:
    """Less what only repeats what was shown: a due day without its time, a text without marks."""
    written, kept = ticket_in(body).get("expectedDate"), dict(fields)
    is_day = isinstance(written, str) and DAY.fullmatch(written.strip())
    if is_day and written.strip() == values.write_day(now["due_at"], timezone):
        del kept["due_at"]
    if kept.get("body_format") == "plain" and kept["body"] == now["body"]:
        del kept["body"], kept["body_format"]
    return kept


def read_more(body: Mapping[str, Any]) -> dict[str, Any]:
    """Members of the ticket that have no home here, to be given back as they came."""
    ticket = ticket_in(body)
    known = READ_ONLY.union(WRITTEN)
    return {name: value for name, value in ticket.items() if name not in known}


def read_tag_categories(body: Mapping[str, Any]) -> dict[str, str]:
    """The category that each tag is written with, "" for none."""
    tags = ticket_in(body).get("tags")
    found = {}
    for tag in tags if isinstance(tags, list) else []:
        if isinstance(tag, Mapping):
            category = str(tag.get("tagCategoryId") or "")
            found[tag["text"]] = "" if category == NO_CATEGORY else category
    return found


def ticket_in(body: Mapping[str, Any]) -> Mapping[str, Any]:
    ticket = body.get("ticket", body.get("updates"))
    if not isinstance(ticket, Mapping):
        raise values.WireError("ticket: an object is required.")
    return ticket


def _refuse_odd_tags(tags: Any) -> None:
    for tag in tags if isinstance(tags, list) else []:
        text = tag.get("text") if isinstance(tag, Mapping) else tag
        category = tag.get("tagCategoryId") if isinstance(tag, Mapping) else None
        if not isinstance(text, str) or not text.strip():
            raise values.WireError("tags: each needs a text.")
        if not isinstance(category, (str, type(None))):
            raise values.WireError("tags: tagCategoryId is the id of a category.")


def _refuse_odd_custom(value: Any, custom: CustomMap) -> None:
    """A value of the type that its field documents, or null."""
    if value is None:
        return
    kind, name = custom["type"], f"customFields.{custom['id']}"
    if kind == "toggle" and not isinstance(value, bool):
        raise values.WireError(f"{name}: use true or false.")
    if kind == "date" and not _is_date(value):
        raise values.WireError(f"{name}: use YYYY-MM-DD.")
    if kind == "list" and not _are(value, str):
        raise values.WireError(f"{name}: a list of option keys is required.")
    if kind in ("peoplepicker", "emailpicker") and not _are(value, Mapping):
        raise values.WireError(f"{name}: a list of users is required.")
    if kind in ("text", "textarea") and not isinstance(value, (str, int, float)):
        raise values.WireError(f"{name}: a text is required.")
    if kind in ("text", "textarea") and isinstance(value, bool):
        raise values.WireError(f"{name}: a text is required.")


def _is_date(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    is_day = DAY.fullmatch(value.strip())
    moment = f"{value.strip()}T00:00:00Z" if is_day else value
    return not value.strip() or values.read_moment(moment) is not None


def _are(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(one, kind) for one in value)
