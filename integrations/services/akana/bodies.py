"""What a client of our Akana endpoint sends, looked at closely before `wire` reads it.

Unknown members are left aside. A wrong type is a WireError that names the member.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.connector import Fields, Maps, NewComment, RemotePerson
from integrations.services.akana import comments, values, wire
from integrations.services.akana.values import WireError

SETTINGS = (
    "TicketSupport",
    "TicketWorkflowDefKey",
    "TicketCommentWorkflowDefKey",
    "Visibility",
    "MarkdownSupport",
    "ExternalLinkSupport",
)
LONGEST_ID = 200
Named = tuple[str, str]  # of a file: where it was uploaded to, without its tenant, and its name


@dataclass(frozen=True, slots=True)
class NewTicket:
    """`kept` has no field here, or would lose its spelling in it."""

    fields: Fields
    user: RemotePerson
    kept: dict[str, Any] = field(default_factory=dict)
    files: list[Named] = field(default_factory=list)


def read_ticket(body: Mapping[str, Any], maps: Maps, *, markdown: bool = True) -> NewTicket:
    """A create. `markdown`: what a text is that does not say its type."""
    labels = _texts(body, "Label")
    priorities = [label for label in labels if values.priority_label([label])]
    if len(priorities) != 1:
        raise WireError(f"Label: exactly one such as {values.PRIORITY}high is required.")
    place = wire.environment(_text(body, "Environment"))
    if not place:
        raise WireError(f"Environment: use {' or '.join(values.ENVIRONMENTS)}.")
    priority = values.priority_of(priorities[0], {}) or "normal"
    tags, reference = values.read_tags(_texts(body, "Tag"))
    fields: Fields = {
        "title": _text(body, "Title").strip(),
        "body": _text(body, "Description"),
        "body_format": _format(body, "DescriptionMediaType", markdown=markdown),
        "priority": priority,
        "tags": values.write_tags(tags, reference),
    }
    for name, member in (("title", "Title"), ("body", "Description")):
        if not fields[name].strip():
            raise WireError(f"{member}: is required.")
    if custom := wire.read_custom(_by_key({"Environment": place}, maps), maps):
        fields["custom"] = custom
    kept = {name: _identity(body, name) for name in ("APIID", "AppID")}
    kept = {name: value for name, value in kept.items() if value}
    return NewTicket(
        fields=fields,
        user=RemotePerson(id=_identity(body, "UserID")),
        kept={**kept, "Environment": place, "Label": labels, "priority": priority},
        files=read_files(body),
    )


def read_comment(body: Mapping[str, Any], *, markdown: bool = True) -> NewComment:
    text = _text(body, "Content")
    if not text.strip():
        raise WireError("Content: is required.")
    return NewComment(
        body=text,
        format=_format(body, "MediaType", markdown=markdown),
        public=True,
        author=RemotePerson(id=_identity(body, "UserID")),
    )


def read_user(body: Mapping[str, Any]) -> RemotePerson:
    """Who acts, as far as a body says it."""
    return RemotePerson(id=_identity(body, "UserID"))


def read_files(body: Mapping[str, Any]) -> list[Named]:
    """The uploaded files that a ticket or comment shows: null, `{}` and nothing are none."""
    said = body.get("BoardItemArtifacts")
    if said in (None, "", {}, []):
        return []
    if not isinstance(said, Mapping):
        raise WireError("BoardItemArtifacts: an object is required.")
    listed = values.list_of(said.get("BoardItemArtifact"))
    if any(not isinstance(one, Mapping) for one in listed):
        raise WireError("BoardItemArtifacts: each BoardItemArtifact is an object.")
    found = []
    for one in listed:
        file = comments.read_artifact(one)
        if file is None:
            raise WireError("BoardItemArtifacts: each needs a ContextID and a FileName.")
        found.append((values.local_part(one["ContextID"]), file.name))
    return found


def read_settings(body: Mapping[str, Any]) -> dict[str, str]:
    """The settings that are said; the others stay."""
    found = {name: _text(body, name)[:200] for name in SETTINGS if name in body}
    if not found:
        raise WireError(f"Say one of {', '.join(SETTINGS)}.")
    return found


def is_on(setting: Any) -> bool:
    """Whether a setting such as `com.soa.feature.enabled` is on; one that was never said is."""
    return values.last_part(setting) not in ("disabled", "false", "off", "none")


def _format(body: Mapping[str, Any], name: str, *, markdown: bool) -> str:
    said = _text(body, name).strip().casefold()
    if not said:
        return "markdown" if markdown else "plain"
    if said not in (values.MARKDOWN, values.PLAIN):
        raise WireError(f"{name}: use {values.MARKDOWN} or {values.PLAIN}.")
    return "markdown" if said == values.MARKDOWN else "plain"


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, (str, type(None))):
        raise WireError(f"{name}: a text is required.")
    return value or ""


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    found = values.list_of(body.get(name))
    if any(not isinstance(one, str) for one in found):
        raise WireError(f"{name}: a list of texts is required.")
    return [one.strip() for one in found if one.strip()]


def _identity(body: Mapping[str, Any], name: str) -> str:
    return read_id(name, _text(body, name).strip())


def read_id(name: str, text: str) -> str:
    if len(text) > LONGEST_ID or re.search(r"[\s<>\"]", text):
        raise WireError(f"{name}: is no id.")
    return text


def _by_key(members: Mapping[str, str], maps: Maps) -> dict[str, str]:
    mapped = maps.get("custom") or {}
    return {key: members[one["id"]] for key, one in mapped.items() if one["id"] in members}
