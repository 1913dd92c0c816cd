"""Comparing and joining two copies of a ticket. Pure: dicts in, dicts out.

Each side is compared only with *its own* half of what both last agreed on: ours in our words,
theirs in the service's words. So what a service rounds, merges or drops is no change.

A difference holds a scalar field as its new value, a set field as `{"added": […], "removed": […]}`
and `custom` as the keys that differ (None: cleared).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.connector import SET_FIELDS

Fields = Mapping[str, Any]
Difference = dict[str, Any]
Winner = str | Callable[[str], str]  # "ours", "theirs", "ask"; or told per field

EMPTY = (None, "", [], {})
CUSTOM = "custom."
FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both sides changed to different values; `winner` "ask" leaves both as they are.

    All three values are in our words, except `agreed`, which is our half. A custom field is named
    `custom.<key>`.
    """

    field: str
    ours: Any
    theirs: Any
    agreed: Any
    winner: str


@dataclass(slots=True)
class Merged:
    """`here` is to be applied to our ticket, `there` to be sent; both in our words."""

    here: Difference = field(default_factory=dict)
    there: Difference = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.here or self.there or self.conflicts)


def changed(now: Fields, agreed: Fields) -> Difference:
    """What a side changed since it was agreed. Fields missing from `now` are left alone."""
    difference: Difference = {}
    for name, value in now.items():
        before = agreed.get(name)
        if name in SET_FIELDS:
            added, removed = (
                _without(value or [], before or []),
                _without(before or [], value or []),
            )
            if added or removed:
                difference[name] = {"added": added, "removed": removed}
        elif name == "custom":
            if keys := _changed_keys(value or {}, before or {}):
                difference[name] = keys
        elif not same(value, before):
            difference[name] = value
    return difference


def merge(
    *,
    ours: Fields,
    agreed_ours: Fields,
    theirs: Fields,
    agreed_theirs: Fields,
    winner: Winner,
    theirs_read: Fields | None = None,
    ours_written: Fields | None = None,
) -> Merged:
    """Join what both sides changed.

    `theirs_read` is `theirs` in our words (without it, the words are the same). `ours_written` is
    `ours` in the service's words: what the service already shows is neither sent nor a conflict.
    `winner` decides where both changed one field to different values.
    """
    read = _flat(theirs if theirs_read is None else theirs_read)
    written, shown = _flat(ours_written or {}), _flat(theirs)
    now, agreed = _flat(ours), _flat(agreed_ours)
    from_us = _flat(changed(ours, agreed_ours))
    from_them = _flat(changed(theirs, agreed_theirs))
    merged = Merged()
    for name in dict.fromkeys((*from_us, *from_them)):
        if name in SET_FIELDS:
            _merge_sets(merged, name, from_us, from_them, now, read)
        elif name in written and name in shown and same(written[name], shown[name]):
            continue
        elif name not in from_them:
            merged.there[name] = now.get(name)
        elif shown.get(name) not in EMPTY and name not in read:
            continue  # changed to something that we have no word for
        elif same(now.get(name), read.get(name)):
            continue
        elif name not in from_us:
            merged.here[name] = read.get(name)
        else:
            _decide(merged, name, now.get(name), read.get(name), agreed.get(name), winner)
    merged.here, merged.there = _nested(merged.here), _nested(merged.there)
    return merged


def with_whole_sets(difference: Difference, now: Fields) -> Difference:
    """A difference as `Connector.update` and our verbs take it: sets as whole lists."""
    whole = dict(difference)
    for name in SET_FIELDS:
        if name in difference:
            kept = _without(now.get(name) or [], difference[name]["removed"])
            whole[name] = kept + _without(difference[name]["added"], kept)
    return whole


def applied(difference: Difference, now: Fields) -> Difference:
    """What `now` becomes when a difference is applied to it."""
    whole = with_whole_sets(difference, now)
    if "custom" in difference:
        custom = {**(now.get("custom") or {}), **difference["custom"]}
        whole["custom"] = {key: value for key, value in custom.items() if value is not None}
    return {**now, **whole}


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same: nothing is nothing, a person is an address."""
    if one in EMPTY and other in EMPTY:
        return True
    if is_forgotten(one) or is_forgotten(other):
        return fingerprint(one) == fingerprint(other)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return not _without(one, other) and not _without(other, one)
    return element_key(one) == element_key(other)


def element_key(element: Any) -> Any:
    """What tells two elements of a set apart: a person's address, else id or name; or itself."""
    if isinstance(element, Mapping):
        if element.get("email"):
            return ("person", element["email"].casefold())
        if element.get("id") or element.get("name"):
            return ("person", element.get("id") or element.get("name"))
        return ("object", repr(sorted(element.items())))
    return element


def forgotten(value: Any) -> dict[str, str]:
    """What stands for a value that must not be kept: it is known again, and not told."""
    return {FORGOTTEN: fingerprint(value)}


def is_forgotten(value: Any) -> bool:
    return isinstance(value, Mapping) and FORGOTTEN in value


def fingerprint(value: Any) -> str:
    if is_forgotten(value):
        return value[FORGOTTEN]
    return hashlib.sha256(repr(element_key(value)).encode("utf-8", "replace")).hexdigest()


def _decide(merged: Merged, name: str, ours: Any, theirs: Any, agreed: Any, winner: Winner) -> None:
    decided = winner(name) if callable(winner) else winner
    if decided == "ours":
        merged.there[name] = ours
    elif decided == "theirs":
        merged.here[name] = theirs
    merged.conflicts.append(Conflict(name, ours, theirs, agreed, decided))


def _merge_sets(
    merged: Merged,
    name: str,
    from_us: Difference,
    from_them: Difference,
    ours: Fields,
    read: Fields,
) -> None:
    nothing: Difference = {"added": [], "removed": []}
    for source, target, now in (
        (from_us.get(name, nothing), merged.there, read.get(name) or []),
        (from_them.get(name, nothing), merged.here, ours.get(name) or []),
    ):
        against = from_them if target is merged.there else from_us
        kept = against.get(name, nothing)["added"]  # who adds wins over who removes
        added = _without(source["added"], now)
        removed = _without(_common(source["removed"], now), kept)
        if added or removed:
            target[name] = {"added": added, "removed": removed}


def _flat(fields: Fields) -> dict[str, Any]:
    """Fields with each custom field as one of its own, named `custom.<key>`."""
    flat = {name: value for name, value in fields.items() if name != "custom"}
    return flat | {CUSTOM + key: value for key, value in (fields.get("custom") or {}).items()}


def _nested(flat: Difference) -> Difference:
    """What `_flat` does, undone."""
    fields = {name: value for name, value in flat.items() if not name.startswith(CUSTOM)}
    custom = {
        name.removeprefix(CUSTOM): value for name, value in flat.items() if name.startswith(CUSTOM)
    }
    return fields | ({"custom": custom} if custom else {})


def _changed_keys(now: Fields, agreed: Fields) -> Difference:
    keys = dict.fromkeys((*now, *agreed))
    return {key: now.get(key) for key in keys if not same(now.get(key), agreed.get(key))}


def _without(elements: list, others: list) -> list:
    key = _key_for(elements, others)
    keys = {key(other) for other in others}
    return [element for element in elements if key(element) not in keys]


def _common(elements: list, others: list) -> list:
    key = _key_for(elements, others)
    keys = {key(other) for other in others}
    return [element for element in elements if key(element) in keys]


def _key_for(elements: list, others: list) -> Callable[[Any], Any]:
    """By what they are told apart; by fingerprints alone where one is forgotten."""
    has_forgotten = any(map(is_forgotten, elements)) or any(map(is_forgotten, others))
    return fingerprint if has_forgotten else element_key
