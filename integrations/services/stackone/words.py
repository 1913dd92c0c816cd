"""StackOne's words and ours: total tables, and what a person mapped before them.

A *word* of theirs is what a field shows of one of their values: the unified value (`to-do`,
`medium`) or, where a person mapped it, the id of one of the provider's own statuses or priorities.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector import Maps, Vocabulary

STATUS = Vocabulary(
    out={
        "new": "to-do",
        "open": "to-do",
        "started": "in-progress",
        "waiting": "in-progress",
        "resolved": "closed",
        "closed": "closed",
    },
    back={"to-do": "open", "in-progress": "started", "closed": "resolved"},
)
PRIORITY = Vocabulary(
    out={"low": "low", "normal": "medium", "high": "high", "urgent": "highest"},
    back={
        "lowest": "low",
        "low": "low",
        "medium": "normal",
        "high": "high",
        "highest": "urgent",
    },
)
UNMAPPED = "unmapped_value"
AGENT, CONTACT = "agent", "contact"


def write_word(name: str, ours: str, maps: Maps) -> str:
    """Their word for one of ours. `name` is `status` or `priority`."""
    return _said(maps, f"{name}_out").get(ours) or _table(name).out[ours]


def read_word(name: str, theirs: str, maps: Maps) -> str | None:
    """Our word for one of theirs; None if nothing says what it means.

    What goes out for a word of ours comes back as that word wherever no other is said.
    """
    for word, ours in _said(maps, name).items():
        if folded(word) == folded(theirs):
            return ours
    table = _table(name)
    usual = table.back.get(folded(theirs))
    sent = [ours for ours in table.out if folded(write_word(name, ours, maps)) == folded(theirs)]
    return usual if usual in sent or not sent else sent[0]


def known_words(name: str, maps: Maps) -> dict[str, str]:
    """Every word of theirs that means something, as it is spelled, by its folded form."""
    spelled = (*_table(name).back, *_said(maps, name), *_said(maps, f"{name}_out").values())
    return {folded(word): word for word in spelled}


def word_of(name: str, value: Any, maps: Maps) -> str:
    """The word that a status or priority of theirs is shown by, "" for none.

    What a person mapped goes first, by id and by name; then the unified value; then their own.
    """
    if not isinstance(value, Mapping):
        return ""
    kind = value.get("type") if name == "status" else value
    kind = kind if isinstance(kind, Mapping) else {}
    unified, source = text_of(kind.get("value")), text_of(kind.get("source_value"))
    own = [text_of(value.get("id")), text_of(value.get("name")), source]
    mapped = {**_said(maps, name), **dict.fromkeys(_said(maps, f"{name}_out").values())}
    mapped = {folded(word): word for word in mapped}
    for candidate in own:
        if candidate and folded(candidate) in mapped:
            return mapped[folded(candidate)]
    known = known_words(name, maps)
    if folded(unified) in known:
        return known[folded(unified)]
    rest = [word for word in (own[1], own[2], own[0], unified) if word]
    return rest[0] if rest else ""


def is_unified(name: str, word: str) -> bool:
    """Whether a word is one of the unified values, not the id of the provider's own."""
    return word in _table(name).back


def folded(word: Any) -> str:
    return str(word or "").strip().casefold()


def text_of(value: Any) -> str:
    """An id or word of theirs as text: some providers answer numbers."""
    if value is None or isinstance(value, (bool, Mapping, list)):
        return ""
    return str(value).strip()


def _table(name: str) -> Vocabulary:
    return STATUS if name == "status" else PRIORITY


def _said(maps: Maps, name: str) -> Mapping[str, str]:
    return maps.get(name) or {}
