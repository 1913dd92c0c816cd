"""What both sides have agreed on after an exchange. Pure: dicts in, dicts out."""

from collections.abc import Collection, Iterable
from typing import Any

from integrations.connector import SET_FIELDS, STATUS_FIELDS, Fields
from integrations.merge import Merged, element_key


def travelling(fields: Fields, names: Collection[str], keys: Collection[str]) -> Fields:
    """Those fields that a connection mirrors, of the custom ones those that are mapped."""
    kept = {name: value for name, value in fields.items() if name in names}
    if "custom" in kept:
        custom = kept["custom"] or {}
        kept["custom"] = {key: value for key, value in custom.items() if key in keys}
    return kept


def after_reading(
    *,
    before: Fields,
    after: Fields,
    theirs: Fields,
    agreed: tuple[Fields, Fields],
    merged: Merged,
    undecided: Collection[str] = (),
) -> tuple[Fields, Fields]:
    """Both halves once `merged.here` is applied: `before` and `after` are our ticket around that.

    What is still to be sent stays our change; what is `undecided` (`custom.<key>` too) stays a
    change of both.
    """
    agreed_ours, agreed_theirs = agreed
    ours: Fields = {}
    for name, value in before.items():
        now = after.get(name) if name in merged.here else value
        if name == "custom":
            ours[name] = _custom_half(
                before, after, agreed_ours, merged, _keys(undecided), agreed_ours.get(name) or {}
            )
        elif name in SET_FIELDS:
            ours[name] = _without_pending(now or [], merged.there.get(name))
        elif name not in merged.there and name not in undecided:
            ours[name] = now
        elif name in agreed_ours:
            ours[name] = agreed_ours[name]
    shown: Fields = {**agreed_theirs, **theirs}
    for name in undecided:
        _put_back(shown, agreed_theirs, name)
    return ours, shown


def after_sending(
    *,
    sent: Fields,
    ours: Fields,
    shown_before: Fields,
    shown_after: Fields,
    agreed: tuple[Fields, Fields],
) -> tuple[Fields, Fields]:
    """Both halves once `sent`, fields of `ours`, was taken and read back.

    What they show of other fields, or of a set beyond what was known of it, is not agreed by this:
    if it changed on the way, it is a change of theirs that is still to be read.
    """
    agreed_ours, agreed_theirs = dict(agreed[0]), dict(agreed[1])
    names = set(sent)
    if names & set(STATUS_FIELDS):
        names |= set(STATUS_FIELDS)
    for name in names & ours.keys():
        if name == "custom":
            custom = dict(agreed_ours.get("custom") or {})
            for key in sent["custom"]:
                _set_or_drop(custom, key, (ours["custom"] or {}).get(key))
            agreed_ours["custom"] = custom
        else:
            agreed_ours[name] = ours[name]
    for name in names & shown_after.keys():
        value = shown_after[name]
        if name == "custom":
            custom = dict(agreed_theirs.get("custom") or {})
            for key in sent["custom"]:
                _set_or_drop(custom, key, (value or {}).get(key))
            agreed_theirs["custom"] = custom
        elif name in SET_FIELDS:
            known = {element_key(one) for one in [*(shown_before.get(name) or []), *sent[name]]}
            agreed_theirs[name] = [one for one in value or [] if element_key(one) in known]
        else:
            agreed_theirs[name] = value
    return agreed_ours, agreed_theirs


def _custom_half(
    before: Fields,
    after: Fields,
    agreed_ours: Fields,
    merged: Merged,
    undecided: Collection[str],
    agreed_custom: dict[str, Any],
) -> dict[str, Any]:
    here, there = merged.here.get("custom", {}), merged.there.get("custom", {})
    was, is_now = before.get("custom") or {}, after.get("custom") or {}
    half: dict[str, Any] = {}
    for key in dict.fromkeys((*was, *is_now, *agreed_custom)):
        if key in there or key in undecided:
            _set_or_drop(half, key, agreed_custom.get(key))
        else:
            _set_or_drop(half, key, is_now.get(key) if key in here else was.get(key))
    return half


def _without_pending(now: list, pending: dict[str, list] | None) -> list:
    if not pending:
        return list(now)
    added = {element_key(element) for element in pending["added"]}
    return [element for element in now if element_key(element) not in added] + pending["removed"]


def _put_back(shown: Fields, agreed: Fields, name: str) -> None:
    if name.startswith("custom."):
        custom = dict(shown.get("custom") or {})
        key = name.removeprefix("custom.")
        _set_or_drop(custom, key, (agreed.get("custom") or {}).get(key))
        shown["custom"] = custom
    elif name in agreed:
        shown[name] = agreed[name]
    else:
        shown.pop(name, None)


def _keys(names: Iterable[str]) -> set[str]:
    return {name.removeprefix("custom.") for name in names if name.startswith("custom.")}


def _set_or_drop(values: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value
