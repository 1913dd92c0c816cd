"""What a client of our StackOne endpoint sends, looked at closely.

`wire` is lenient, as a reader of another's answers must be. A server that guessed would lose what
it was sent, so here each wrong type is a WireError that names the member. A member that is absent
is left alone; null empties what can be empty, and is passed over elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.connector import CustomMap, Fields, Maps
from integrations.services.stackone import texts, words
from integrations.services.stackone.setup import REFERENCE_FIELD
from integrations.services.stackone.values import WireError

LONGEST_HTML = 200_000  # what is longer is refused by the verb, and not read for words before
OUR_PRIORITIES = ("low", "normal", "high", "urgent")


@dataclass(slots=True)
class Asked:
    """A create or update in our words. None, or an absent name in `fields`: not said.

    `fields` holds title, body, body_format, priority, tags and custom; the rest are ids as they
    came, "" to empty. `beside` are custom fields that nobody defined here.
    """

    fields: Fields = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    creator: str | None = None
    reporters: list[str] | None = None
    assignees: list[str] | None = None
    parent: str | None = None
    type: str | None = None
    organization: str | None = None
    projects: list[tuple[str, str]] = field(default_factory=list)  # member and id
    components: list[str] | None = None
    status: tuple[str, str] | None = None  # what it is named by (id, value, name), and the word


def read_ticket(body: Mapping[str, Any], maps: Maps, *, is_new: bool = False) -> Asked:
    asked = Asked()
    title = _text(body, "title")
    if is_new and not (title or "").strip():
        raise WireError("title: is required.")
    if title:
        asked.fields["title"] = title
    if "content" in body:
        asked.fields["body"], asked.fields["body_format"] = read_content(body["content"])
    if priority := read_priority(body.get("priority")):
        asked.fields["priority"] = priority
    if "tags" in body:
        asked.fields["tags"] = [one for one in _texts(body, "tags") if one.strip()]
    if "unified_custom_fields" in body:
        asked.fields["custom"], asked.beside = _customs(body["unified_custom_fields"], maps)
    asked.creator = _text(body, "creator_id") or None
    for name in ("reporters", "assignees"):
        if name in body:
            setattr(asked, name, _texts(body, name))
    for name, member in (("parent", "parent_id"), ("organization", "organization_id")):
        if member in body:
            setattr(asked, name, _text(body, member) or "")
    if "type" in body:
        asked.type = _text(body, "type") or ""
    if project := _text(body, "project_id"):
        asked.projects.append(("project_id", project))
    asked.projects += [("collections", one) for one in _texts(body, "collections")]
    if "component_ids" in body:
        asked.components = read_components(body["component_ids"])
    asked.status = None if is_new else read_status(body.get("status"))
    return asked


def read_content(content: Any) -> tuple[str, str]:
    """Body and format. HTML that only repeats the plain text beside it is left out."""
    if content is None:
        return "", "plain"
    if not isinstance(content, list):
        raise WireError("content: a list is required.")
    plain, marked = [], []
    for part in content:
        if not isinstance(part, Mapping):
            raise WireError("content: each entry has plain and html.")
        for name, found in (("plain", plain), ("html", marked)):
            said = part.get(name)
            if not isinstance(said, (str, type(None))):
                raise WireError(f"content.{name}: a text is required.")
            found += [said] if said else []
    text, html = "\n\n".join(plain), "\n".join(marked)
    is_long = len(html) > LONGEST_HTML
    if html.strip() and (is_long or not text.strip() or not texts.repeats_text(text, html)):
        return html, "html"
    return text, "plain"


def read_priority(priority: Any) -> str:
    """Our priority, "" where nothing is said. The unified value goes first."""
    if priority is None:
        return ""
    if not isinstance(priority, Mapping):
        raise WireError("priority: an object with value is required.")
    value = priority.get("value")
    if isinstance(value, str) and value in words.PRIORITY.back:
        return words.PRIORITY.back[value]
    named = [words.folded(priority.get(name)) for name in ("id", "source_value")]
    for word in named:
        if word in OUR_PRIORITIES:
            return word
    if value in (None, "") and not any(named):
        return ""
    raise WireError(f"priority.value: use {', '.join(words.PRIORITY.back)}.")


def read_status(status: Any) -> tuple[str, str] | None:
    """What names the status and the name: its id, else its type, else its name."""
    if status is None:
        return None
    if not isinstance(status, Mapping):
        raise WireError("status: an object with id, type or name is required.")
    if identity := _text(status, "id", within="status."):
        return "id", identity
    kind = status.get("type")
    if not isinstance(kind, (Mapping, type(None))):
        raise WireError("status.type: an object with value is required.")
    value, name = (kind or {}).get("value"), _text(status, "name", within="status.")
    if value not in (None, "", words.UNMAPPED):
        if not isinstance(value, str) or value not in words.STATUS.back:
            raise WireError(f"status.type.value: use {', '.join(words.STATUS.back)}.")
        return "value", value
    return ("name", name) if name else None


def read_components(said: Any) -> list[str]:
    """Ids in any of the spellings that are about: a list, its JSON, words with commas."""
    if isinstance(said, str):
        try:
            said = json.loads(said) if said.lstrip().startswith("[") else said.split(",")
        except (ValueError, RecursionError) as error:
            raise WireError("component_ids: a list of ids is required.") from error
    return [one.strip() for one in _texts({"component_ids": said}, "component_ids") if one.strip()]


# Custom fields -----------------------------------------------------------------------------------


def _customs(said: Any, maps: Maps) -> tuple[Fields, dict[str, Any]]:
    """Values of the fields that are defined here, and those that are only kept."""
    if not isinstance(said, (Mapping, type(None))):
        raise WireError("unified_custom_fields: an object is required.")
    known = maps.get("custom") or {}
    fields: Fields = {}
    beside: dict[str, Any] = {}
    for name, value in (said or {}).items():
        if name in known:
            fields[name] = _custom(name, value, known[name])
        elif name != REFERENCE_FIELD:  # which only the origin of a ticket sets
            beside[name] = value
    return fields, beside


def _custom(name: str, value: Any, custom: CustomMap) -> Any:
    """A value as the verbs take it; people as persons."""
    where, kind = f"unified_custom_fields.{name}", custom["kind"]
    if value is None:
        return None
    if kind == "toggle" and not isinstance(value, bool):
        raise WireError(f"{where}: use true or false.")
    if kind == "number" and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise WireError(f"{where}: a number is required.")
    if kind in ("toggle", "number"):
        return value
    if kind == "choice":
        return _option(where, value, custom)
    if kind in ("choices", "people"):
        if not isinstance(value, list):
            raise WireError(f"{where}: a list is required.")
        if kind == "choices":
            return [_option(where, one, custom) for one in value]
        return [_person(where, one) for one in value]
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise WireError(f"{where}: a text is required.")
    return str(value)


def _option(where: str, value: Any, custom: CustomMap) -> str:
    for identity, label in custom["options"].items():
        if isinstance(value, str) and words.folded(value) in (identity, words.folded(label)):
            return identity
    labels = ", ".join(custom["options"].values())
    raise WireError(f"{where}: use one of {labels}.")


def _person(where: str, value: Any) -> dict[str, str]:
    if not isinstance(value, str) or not re.fullmatch(r"[^@\s]+@[^@\s]+", value.strip()):
        raise WireError(f"{where}: a list of e-mail addresses is required.")
    return {"id": "", "name": "", "email": value.strip()}


# Members -----------------------------------------------------------------------------------------


def _text(body: Mapping[str, Any], name: str, *, within: str = "") -> str | None:
    said = body.get(name)
    if said is not None and (isinstance(said, bool) or not isinstance(said, (str, int))):
        raise WireError(f"{within}{name}: a text is required.")
    return None if said is None else str(said)


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    said = body.get(name)
    if said is None:
        return []
    if not isinstance(said, list):
        raise WireError(f"{name}: a list is required.")
    for one in said:
        if isinstance(one, bool) or not isinstance(one, (str, int)):
            raise WireError(f"{name}: a list of texts is required.")
    return [str(one).strip() for one in said]
