"""Single values of the Apideck wire, both ways: status, priority, type, text, moments, people.

`read_…` turns theirs into ours, `write_…` ours into theirs. `maps` is `connector.Maps`: what a
person chose goes before the tables.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.connector import PRIORITIES, Maps, Vocabulary

STATUS = Vocabulary(
    out={
        "new": "open",
        "open": "open",
        "started": "in_progress",
        "waiting": "in_progress",
        "resolved": "closed",
        "closed": "closed",
    },
    back={"open": "open", "in_progress": "started", "closed": "closed"},
)
# For services that know nothing between open and closed.
TWO_STATUSES = Vocabulary(
    out={**STATUS.out, "started": "open", "waiting": "open"},
    back=STATUS.back,
)
PRIORITY = Vocabulary(
    out={word: word for word in PRIORITIES}, back={word: word for word in PRIORITIES}
)
MARKUP = re.compile(
    r"</?(?:a|b|blockquote|body|br|code|div|em|h[1-6]|hr|html|i|img|li|ol|p|pre|s|span|strong"
    r"|table|tbody|td|th|thead|tr|u|ul)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
ESCAPED = re.compile(r"<p>((?:[^<>]|<br>)*)</p>")


class WireError(ValueError):
    """A body or parameter that cannot be understood; the text names the member at fault."""


def folded(word: Any) -> str:
    """A word without its case, spaces, dashes: `In Progress` and `in_progress` are one."""
    return re.sub(r"[\s_-]+", "", str(word or "")).casefold()


# Words -------------------------------------------------------------------------------------------


def write_status(word: str, maps: Maps, table: Vocabulary = STATUS) -> str:
    return maps.get("status_out", {}).get(word) or table.out[word]


def read_status(word: Any, maps: Maps) -> str | None:
    """Our status of a word of theirs; None where nobody said what it means."""
    chosen = _of(maps.get("status"), word) or _back(maps.get("status_out"), word)
    return chosen or _of(STATUS.back, word)


def write_priority(word: str, maps: Maps) -> str:
    return maps.get("priority_out", {}).get(word) or PRIORITY.out[word]


def read_priority(word: Any, maps: Maps) -> str | None:
    chosen = _of(maps.get("priority"), word) or _back(maps.get("priority_out"), word)
    return chosen or _of(PRIORITY.back, word)


def write_type(name: str, maps: Maps) -> str | None:
    """The type of theirs that a person mapped; None for the others, which stay here."""
    return maps.get("type_out", {}).get(name) or _back(maps.get("type"), name)


def read_type(word: Any, maps: Maps) -> str | None:
    return _of(maps.get("type"), word) or _back(maps.get("type_out"), word)


def _of(table: Mapping[str, str] | None, word: Any) -> str | None:
    return next(
        (mean for said, mean in (table or {}).items() if folded(said) == folded(word)), None
    )


def _back(table: Mapping[str, str] | None, word: Any) -> str | None:
    return next((one for one, said in (table or {}).items() if folded(said) == folded(word)), None)


# Texts -------------------------------------------------------------------------------------------


def write_text(text: str | None, format: str = "plain") -> str:
    """A text as it is; plain text that would be taken for HTML is escaped."""
    text = text or ""
    if format == "html" or not MARKUP.search(text):
        return text
    return f"<p>{html.escape(text, quote=False).replace(chr(10), '<br>')}</p>"


def read_text(text: Any) -> tuple[str, str]:
    """A text and its format, `plain` or `html`. What `write_text` escaped comes back as it was."""
    text = str(text or "")
    if not MARKUP.search(text):
        return text, "plain"
    if found := ESCAPED.fullmatch(text):
        plain = html.unescape(found[1].replace("<br>", "\n"))
        if write_text(plain) == text:
            return plain, "plain"
    return text, "html"


# Moments -----------------------------------------------------------------------------------------


def write_moment(value: Any) -> str | None:
    """A moment, or the text of one, in UTC with milliseconds and `Z`; None for anything else."""
    moment = value if isinstance(value, datetime) else read_moment(value)
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_moment(value: Any) -> datetime | None:
    """An instant in UTC; None for what is no date. A day is its midnight, without offset UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


# People ------------------------------------------------------------------------------------------


def write_assignee(person: Mapping[str, str] | None, maps: Maps) -> str:
    """The id there of a person of ours, "" for nobody and for who is unknown there."""
    if not person:
        return ""
    email = str(person.get("email") or "").casefold()
    return maps.get("people", {}).get(email) or str(person.get("id") or "")


def read_assignee(identity: Any, username: Any, maps: Maps) -> dict[str, str] | None:
    identity = str(identity or "")
    if not identity:
        return None
    name = str(username or "")
    known = (mail for mail, one in maps.get("people", {}).items() if one == identity)
    email = next(known, name if "@" in name else "")
    return {"id": identity, "name": name, "email": email}


def only_id(identity: str) -> dict[str, str] | None:
    """A person in their words: an id and nothing else."""
    return {"id": identity, "name": "", "email": ""} if identity else None
