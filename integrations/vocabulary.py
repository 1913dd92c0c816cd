"""Words: ours, a service's own, and which of them mean the same on a connection. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

# `started` is the category open, being worked on; the other five are our status categories.
STATUSES = ("new", "open", "started", "waiting", "resolved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
RESOLUTIONS = ("fixed", "cannot_resolve", "cancelled")
SET_FIELDS = ("tags", "assignees", "followers")
STATUS_FIELDS = ("status", "resolution", "resolution_comment")
OPTIONS = "options of "  # in `Maps.decided`, before the key of a custom field


class CustomMap(TypedDict, total=False):
    """One custom field of ours and the one of theirs that it is mirrored to."""

    id: str  # of the service's field
    type: str  # of the service's field, in its words
    multiple: bool  # of the service's field
    kind: str  # of our field: text, textarea, number, date, toggle, choice, choices, …
    options: dict[str, str]  # our option → their option
    chosen: bool  # by a person: what only staff sees is mirrored only then


class Maps(TypedDict, total=False):
    """The vocabulary of one connection, a plain dict as stored with it.

    `directions` says which way a field travels: `both`, `out`, `in` or `off`, by the name of our
    field or `custom.<key>`. A field that is not named goes both ways.
    `decided` says what a person decided on, by the name of a map: keys of it that proposals leave
    alone, also where nothing is chosen for them; `options of <key>` for those of a custom field.
    """

    decided: dict[str, list[str]]
    directions: dict[str, str]
    custom: dict[str, CustomMap]  # by our key
    people: dict[str, str]  # e-mail → id of the person there
    tags: dict[str, str]  # tag → id of its category there
    tag_category: str  # category there of tags that `tags` does not name
    status: dict[str, str]  # a status word of theirs → one of STATUSES
    status_out: dict[str, str]  # one of STATUSES → the status of theirs that is sent for it
    priority: dict[str, str]  # a priority word of theirs → one of PRIORITIES
    priority_out: dict[str, str]  # one of PRIORITIES → the priority of theirs that is sent for it
    type: dict[str, str]  # a ticket type of theirs → the name of one of ours
    type_out: dict[str, str]  # the name of a ticket type of ours → the one of theirs that is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The service's own table for a field: `out` is total over our words, `back` over its own.

    A word of ours that comes back as another is lossy; what a person maps goes before the table.
    """

    out: Mapping[str, str]  # our word → theirs
    back: Mapping[str, str]  # their word → ours

    @property
    def lossy(self) -> frozenset[str]:
        """Words of ours that a round trip changes."""
        return frozenset(ours for ours, theirs in self.out.items() if self.back.get(theirs) != ours)
