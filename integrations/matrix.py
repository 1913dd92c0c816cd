"""Our words and fields against a service's: what becomes of which, and what a round trip loses.

Pure: nothing is called and nothing stored. What travels is not looked up in tables but asked of
the connector itself (`written`, `understood`), so that the page shows what the mirror will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.connector import Connector, CustomMap, Instance, Maps
from integrations.mapping import OurField
from integrations.remote import RemoteField, RemoteOption

WORD_FIELDS = ("status", "priority", "type")


@dataclass(frozen=True, slots=True)
class Word:
    """A value of either side. `hint`: what else people call it."""

    key: str
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One field's words. `out` is ours → theirs and `back` theirs → ours, "" where nothing is.

    `returns` is what a word of ours is after it went there and came back. `is_closed`: the service
    told all its words, no other may be sent. `usual_out` and `usual_back` hold without a choice.
    """

    field: str
    ours: tuple[Word, ...]
    theirs: tuple[Word, ...]
    out: Mapping[str, str]
    back: Mapping[str, str]
    returns: Mapping[str, str]
    usual_out: Mapping[str, str]
    usual_back: Mapping[str, str]
    is_closed: bool

    @property
    def unmapped(self) -> list[Word]:
        """Words of ours that are not sent."""
        return [word for word in self.ours if not self.out[word.key]]

    @property
    def unmapped_there(self) -> list[Word]:
        """Words of theirs that nothing here stands for."""
        return [word for word in self.theirs if not self.back[word.key]]

    @property
    def crowded(self) -> list[tuple[Word, list[Word]]]:
        """Words of theirs that several of ours become."""
        found = [
            (there, [word for word in self.ours if self.out[word.key] == there.key])
            for there in self.theirs
        ]
        return [(there, ours) for there, ours in found if len(ours) > 1]

    @property
    def lost(self) -> list[tuple[Word, Word | None]]:
        """Words of ours that a round trip changes, and into what."""
        named = {word.key: word for word in self.ours}
        return [
            (word, named.get(self.returns[word.key]))
            for word in self.ours
            if self.out[word.key] and self.returns[word.key] != word.key
        ]

    @property
    def rows(self) -> list[tuple[Word, list[tuple[Word, str]]]]:
        """The matrix: each word of ours, and for each of theirs `both`, `out`, `in` or nothing."""
        return [
            (word, [(there, self._way(word.key, there.key)) for there in self.theirs])
            for word in self.ours
        ]

    def _way(self, ours: str, theirs: str) -> str:
        goes, comes = self.out[ours] == theirs, self.back[theirs] == ours
        return {(True, True): "both", (True, False): "out", (False, True): "in"}.get(
            (goes, comes), ""
        )


def table_of(
    name: str,
    client_under: Callable[[Maps], Connector],
    instance: Instance,
    ours: Sequence[Word],
    maps: Maps,
) -> Table:
    """The words of a field under `maps`. `client_under` makes the connector for any maps."""
    bare = client_under({**maps, name: {}, f"{name}_out": {}})
    told = {option.key: option.text for option in _told(instance, name)}
    usual = _Words(bare, name, ours, [*told, *_of_service(bare, name)])
    chosen = [*maps.get(name, {}), *filter(None, maps.get(f"{name}_out", {}).values())]
    now = _Words(client_under(maps), name, ours, [*usual.theirs, *chosen])
    return Table(
        field=name,
        ours=tuple(ours),
        theirs=tuple(Word(word, told.get(word) or word) for word in now.theirs),
        out=now.out,
        back=now.back,
        returns=now.returns,
        usual_out=usual.out,
        usual_back={word: usual.back.get(word, "") for word in now.theirs},
        is_closed=bool(told),
    )


class _Words:
    """What a connector makes of each word, both ways."""

    def __init__(
        self, connector: Connector, name: str, ours: Sequence[Word], theirs: Iterable[str]
    ) -> None:
        self._connector, self._name = connector, name
        self._known = {word.key for word in ours}
        raw: dict[str, Any] = dict.fromkeys(theirs)
        written = {word.key: connector.written({name: word.key}).get(name) for word in ours}
        self.out = {key: word_in(value) for key, value in written.items()}
        raw.update({word_in(value): value for value in written.values() if word_in(value)})
        self.theirs = list(raw)
        self.back = {word: self._understood(raw[word] or word) for word in self.theirs}
        self.returns = {key: self.back.get(word, "") for key, word in self.out.items()}

    def _understood(self, value: Any) -> str:
        found = str(self._connector.understood({self._name: value}).get(self._name) or "")
        return found if found in self._known else ""  # what passes as it is, means nothing here


def word_in(value: Any) -> str:
    """A word of theirs, which some services wrap with an id."""
    if isinstance(value, Mapping):
        value = value.get("id") or value.get("value") or value.get("name")
    return str(value or "")


def _told(instance: Instance, name: str) -> tuple[RemoteOption, ...]:
    return {
        "status": instance.statuses,
        "priority": instance.priorities,
        "type": instance.types,
    }[name]


def _of_service(connector: Connector, name: str) -> list[str]:
    vocabulary = connector.vocabularies.get(name)
    return [*vocabulary.out.values(), *vocabulary.back] if vocabulary else []


# Custom fields -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPair:
    """A custom field of ours and what it is mirrored to. `theirs` is None where nothing is, or
    where the service does not know it any more."""

    ours: OurField
    mapped: CustomMap | None
    theirs: RemoteField | None
    fits: tuple[RemoteField, ...]
    misfits: tuple[RemoteField, ...]
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_unknown_there(self) -> bool:
        return self.mapped is not None and self.theirs is None

    @property
    def unmapped_options(self) -> list[str]:
        """Labels of our options that are not sent."""
        if self.mapped is None or not (self.theirs and self.theirs.options):
            return []
        return [text for key, text in self.ours.options.items() if not self.options.get(key)]

    @property
    def crowded_options(self) -> list[tuple[str, list[str]]]:
        """Options there that several of ours become: they come back as the first."""
        texts = {option.key: option.text for option in self.theirs.options} if self.theirs else {}
        found: dict[str, list[str]] = {}
        for key, there in self.options.items():
            if there and key in self.ours.options:
                found.setdefault(there, []).append(self.ours.options[key])
        return [(texts.get(there, there), ours) for there, ours in found.items() if len(ours) > 1]


def field_pairs(ours: Iterable[OurField], instance: Instance, maps: Maps) -> list[FieldPair]:
    by_id = {one.id: one for one in instance.fields}
    pairs = []
    for own in ours:
        mapped = maps.get("custom", {}).get(own.key)
        pairs.append(
            FieldPair(
                ours=own,
                mapped=mapped,
                theirs=by_id.get(mapped["id"]) if mapped else None,
                fits=tuple(one for one in instance.fields if own.kind in one.kinds),
                misfits=tuple(one for one in instance.fields if own.kind not in one.kinds),
                options=(mapped or {}).get("options", {}),
            )
        )
    return pairs


def never_reached(pairs: Iterable[FieldPair], instance: Instance) -> list[RemoteField]:
    """Fields of theirs that no field of ours is mirrored to, those first that they demand."""
    taken = {pair.mapped["id"] for pair in pairs if pair.mapped}
    left = [one for one in instance.fields if one.id not in taken]
    return sorted(left, key=lambda one: (not one.required, one.title.casefold()))


# Directions --------------------------------------------------------------------------------------

# What goes with the status or the assignee has no direction of its own.
DIRECTED = (
    *("title", "body", "status", "priority", "type", "requester", "assignee", "tags", "due_at"),
)


def directed_fields(fields: Iterable[str]) -> list[str]:
    """The fields of a service that have a direction, in the order people read them."""
    known = set(fields)
    if "assignees" in known:
        known.add("assignee")
    return [name for name in DIRECTED if name in known]


def ways_allowed(*, goes: bool, comes: bool) -> list[str]:
    """What may be chosen for a field, the usual way first."""
    ways = ["both"] if goes and comes else []
    ways += ["out"] if goes else []
    ways += ["in"] if comes else []
    return [*ways, "off"]
