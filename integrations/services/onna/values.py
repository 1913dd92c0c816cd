"""Single values of Onna, both ways: words, people, moments, ids."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.connector import PRIORITIES, STATUSES, Vocabulary

MAX_LIST = 1000  # assignees, followers, reactions, tags
MAX_COMMENTS = 5000
TICKET, FILE, FOLDER, WORKSPACE = "tk", "fs", "fd", "ws"
IDENTITY = re.compile(r"[a-z]{2}[0-9a-f]{30}")
SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(.*)", re.DOTALL)

# Onna takes any text: these are the words that its guide and the trackers it takes from use.
STATUS = Vocabulary(
    out={
        "new": "new",
        "open": "open",
        "started": "in progress",
        "waiting": "waiting",
        "resolved": "resolved",
        "closed": "closed",
    },
    back={
        "new": "new",
        "open": "open",
        "in progress": "started",
        "waiting": "waiting",
        "resolved": "resolved",
        "closed": "closed",
        "to do": "new",
        "unstarted": "new",
        "reopened": "open",
        "started": "started",
        "in development": "started",
        "on hold": "waiting",
        "pending": "waiting",
        "blocked": "waiting",
        "done": "resolved",
        "completed": "resolved",
        "solved": "resolved",
        "archived": "closed",
    },
)
PRIORITY = Vocabulary(
    out={"low": "low", "normal": "medium", "high": "high", "urgent": "urgent"},
    back={
        "low": "low",
        "medium": "normal",
        "high": "high",
        "urgent": "urgent",
        "lowest": "low",
        "normal": "normal",
        "highest": "urgent",
        "critical": "urgent",
    },
)
WORDS = {"status": STATUSES, "priority": PRIORITIES}


class WireError(ValueError):
    """What was sent or read is not as agreed. `loc`: where, as in `("body", "name")`."""

    def __init__(self, message: str, *loc: str, kind: str = "value_error") -> None:
        super().__init__(message)
        self.loc = loc or ("body",)
        self.kind = kind


# Words -------------------------------------------------------------------------------------------


def folded(text: Any) -> str:
    return " ".join(str(text or "").split()).casefold()


def write_word(word: str, table: Vocabulary, chosen: Mapping[str, str] | None = None) -> str:
    """A word of ours in theirs: as a person mapped it, else by the table."""
    return (chosen or {}).get(word) or table.out[word]


def read_word(
    text: Any,
    table: Vocabulary,
    chosen: Mapping[str, str] | None = None,
    sent: Mapping[str, str] | None = None,
) -> str | None:
    """A word of theirs in ours; None for one that nobody knows.

    What a person mapped goes first (`chosen`), then what is sent for a word of ours (`sent`).
    """
    wanted = folded(text)
    for theirs, ours in (chosen or {}).items():
        if folded(theirs) == wanted and ours in table.out:
            return ours
    for ours, theirs in (sent or {}).items():
        if folded(theirs) == wanted and ours in table.out:
            return ours
    return table.back.get(wanted)


# People ------------------------------------------------------------------------------------------


def write_person(person: Mapping[str, str] | None, people: Mapping[str, str] | None = None) -> str:
    """A person as a text: the one mapped for the address, the address itself, else the name."""
    email, name = ((person or {}).get(part) or "" for part in ("email", "name"))
    return (people or {}).get(email) or " ".join((email.strip() or name).split())


def read_person(text: Any, people: Mapping[str, str] | None = None) -> dict[str, str] | None:
    """The person that a text names, None for an empty one."""
    said = " ".join(str(text or "").split())
    if not said:
        return None
    known = {theirs: email for email, theirs in (people or {}).items()}
    email = known.get(said) or (said if "@" in said and " " not in said else "")
    return {"id": "", "name": "" if email else said, "email": email}


# Moments -----------------------------------------------------------------------------------------


def write_moment(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with microseconds and offset."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None


def read_moment(text: Any) -> datetime | None:
    """ISO 8601, or the form of exports with slashes; UTC where it says no zone. None: neither."""
    if not isinstance(text, str):
        return None
    written = text.strip()
    if found := SLASHED.fullmatch(written):
        year, month, day, rest = found.groups()
        written = f"{year}-{month:0>2}-{day:0>2}{rest}"
    try:
        moment = datetime.fromisoformat(written)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


# Ids ---------------------------------------------------------------------------------------------


def write_id(kind: str, identity: uuid.UUID) -> str:
    """32 characters, the first two of which say of what kind it is."""
    return kind + identity.hex[2:]


def new_id(kind: str) -> str:
    return write_id(kind, uuid.uuid4())


def read_id(text: str, kind: str) -> Sequence[uuid.UUID]:
    """The identities that an id may mean: its kind stands where two digits were. Empty: none."""
    if not IDENTITY.fullmatch(text) or not text.startswith(kind):
        return ()
    return [uuid.UUID(f"{first:02x}{text[2:]}") for first in range(256)]
