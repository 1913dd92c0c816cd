"""Single values on the Akana wire, both ways: states, labels, ids, moments, texts.

What a person maps on a connection goes before the tables. Words are compared by their last part
and without regard to case: `com.x.state.open`, `OPEN` and `Open` are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.connector import Maps, Vocabulary
from integrations.html_text import text_of

REFERENCE_PREFIX = "helpdesk:"
REFERENCE = re.compile(r"helpdesk:([\w.-]{1,80}/[\w.-]{1,60}/[0-9a-f-]{4,60})", re.IGNORECASE)
PRIORITY = "com.soa.ticket.label.priority."
MARKDOWN, PLAIN = "text/markdown", "text/plain"
ENVIRONMENTS = ("Production", "Sandbox")

STATUS = Vocabulary(
    out={
        "new": "OPEN",
        "open": "OPEN",
        "started": "OPEN",
        "waiting": "OPEN",
        "resolved": "RESOLVED",
        "closed": "CLOSED",
    },
    back={"OPEN": "open", "REOPEN": "open", "RESOLVED": "resolved", "CLOSED": "closed"},
)
# Above high nothing is documented: it is sent as high, and both usual words are understood.
PRIORITIES = Vocabulary(
    out={
        "low": f"{PRIORITY}low",
        "normal": f"{PRIORITY}medium",
        "high": f"{PRIORITY}high",
        "urgent": f"{PRIORITY}high",
    },
    back={
        f"{PRIORITY}low": "low",
        f"{PRIORITY}medium": "normal",
        f"{PRIORITY}high": "high",
        f"{PRIORITY}critical": "urgent",
        f"{PRIORITY}urgent": "urgent",
    },
)
# What our own endpoint shows: each priority has a label of its own.
SHOWN = {**PRIORITIES.out, "urgent": f"{PRIORITY}critical"}
STARTS = {"open": "OPEN", "resol": "RESOLVED", "clos": "CLOSED", "reopen": "REOPEN"}
SHORT = {label.removeprefix(PRIORITY): label for label in PRIORITIES.back}
SHORT |= {"normal": f"{PRIORITY}medium"}


class WireError(ValueError):
    """Something on the wire that cannot be understood, in words that name it."""


# States and labels -------------------------------------------------------------------------------


def last_part(word: Any) -> str:
    return str(word or "").strip().rpartition(".")[2].casefold()


def read_state(word: Any) -> str:
    """A state by its usual name (`OPEN`, `REOPEN`, `RESOLVED`, `CLOSED`), any other as it is."""
    found = next((name for start, name in STARTS.items() if last_part(word).startswith(start)), "")
    return found or str(word or "").strip()


def write_state(status: str, maps: Maps) -> str:
    chosen = (maps.get("status_out") or {}).get(status)
    return read_state(chosen) if chosen else STATUS.out[status]


def status_of(state: str, maps: Maps) -> str | None:
    """Our status for a state; None where nobody has said what it means."""
    chosen = _chosen(state, maps.get("status"), maps.get("status_out"), read_state)
    return chosen or STATUS.back.get(read_state(state))


def read_label(word: Any) -> str:
    """A priority label in full; a short one is completed."""
    text = str(word or "").strip()
    return SHORT.get(last_part(text), text)


def write_label(priority: str, maps: Maps) -> str:
    chosen = (maps.get("priority_out") or {}).get(priority)
    if not chosen:
        return PRIORITIES.out[priority]
    return read_label(chosen) if "." in chosen or chosen.casefold() in SHORT else PRIORITY + chosen


def priority_of(label: str, maps: Maps) -> str | None:
    chosen = _chosen(label, maps.get("priority"), maps.get("priority_out"), read_label)
    return chosen or PRIORITIES.back.get(read_label(label))


def priority_label(labels: Any) -> str:
    """The one of a ticket's labels that says its priority, "" if none does."""
    words = [str(word).strip() for word in list_of(labels) if isinstance(word, str)]
    full = [word for word in words if ".priority." in word.casefold()]
    short = [word for word in words if word.casefold() in SHORT]
    return next(iter((*full, *short)), "")


def _chosen(
    word: str,
    inwards: Mapping[str, str] | None,
    outwards: Mapping[str, str] | None,
    read: Callable[[str], str],
) -> str | None:
    """What a person says that a word of theirs means; else what is sent as that word."""

    def key(text: str) -> str:
        return last_part(read(text))

    for theirs, ours in (inwards or {}).items():
        if key(theirs) == key(word):
            return ours
    sent = ((theirs, ours) for ours, theirs in (outwards or {}).items())
    return next((ours for theirs, ours in sent if key(theirs) == key(word)), None)


# Tags, ids, moments ------------------------------------------------------------------------------


def read_tags(tags: Any) -> tuple[list[str], str]:
    """The tags, each once, and our reference that one of them holds, "" if none does."""
    found: dict[str, str] = {}
    reference = ""
    for tag in list_of(tags):
        text = str(tag or "").strip()
        if match := REFERENCE.fullmatch(text):
            reference = reference or match[1].lower()
        elif text:
            found.setdefault(text.casefold(), text)
    return list(found.values()), reference


def write_tags(tags: list[str], reference: str) -> list[str]:
    return [*tags, f"{REFERENCE_PREFIX}{reference}"] if reference else list(tags)


def local_part(identity: Any) -> str:
    """An id without the tenant at its end."""
    return str(identity or "").strip().partition(".")[0]


def with_tenant(identity: Any, tenant: str) -> str:
    text = str(identity or "")
    return f"{text}.{tenant}" if text and tenant and "." not in text else text


def read_moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text).strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def write_moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def list_of(value: Any) -> list[Any]:
    """A list; what stands alone is one of one, nothing is none."""
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


# Texts -------------------------------------------------------------------------------------------


def write_text(body: str, format: str) -> tuple[str, str]:
    """A text and its media type. There is no HTML here: it loses its marks."""
    if format == "html":
        return text_of(body or ""), PLAIN
    return body or "", MARKDOWN if format == "markdown" else PLAIN


def read_format(media_type: Any) -> str:
    """Markdown unless it is said to be plain, as it is there."""
    return "plain" if str(media_type or "").strip().casefold().startswith(PLAIN) else "markdown"
