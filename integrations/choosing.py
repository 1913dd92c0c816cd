"""What a person chose on the vocabulary page, taken into the maps of a connection. Pure.

Only what differs from what holds now is taken, and remembered as decided: proposals of the
service leave it alone. What cannot be is refused with words, by the name of the control.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from integrations.connector import Instance, Maps
from integrations.mapping import paired
from integrations.matrix import FieldPair, Table
from integrations.remote import RemoteField
from integrations.vocabulary import OPTIONS

LONGEST = 200  # characters of a word of theirs


@dataclass
class Choosing:
    """`typed` is what was sent, `maps` a copy to change, `errors` words by control."""

    typed: Mapping[str, str]
    maps: Maps
    kinds: Mapping[str, str]  # our kinds of fields in words
    errors: dict[str, str] = field(default_factory=dict)

    def take_words(self, table: Table) -> None:
        ours = {word.key for word in table.ours}
        theirs = {word.key for word in table.theirs}
        for word in table.ours:
            value = self._changed(f"{table.field}.out.{word.key}", table.out[word.key])
            if value is None:
                continue
            if table.is_closed and value and value not in theirs:
                self._refuse(f"{table.field}.out.{word.key}", _("There is no such word there."))
            elif len(value) > LONGEST:
                self._refuse(f"{table.field}.out.{word.key}", _too_long())
            else:
                usual = table.usual_out[word.key]
                self._set(f"{table.field}_out", word.key, value, usual)
        for word in table.theirs:
            name = f"{table.field}.back.{word.key}"
            value = self._changed(name, table.back[word.key])
            if value is not None:
                self._take_back(table, name, word.key, value, ours)
        self._take_new_word(table, ours)

    def take_fields(self, pairs: Sequence[FieldPair], instance: Instance) -> None:
        by_id = {one.id: one for one in instance.fields}
        for pair in pairs:
            now = pair.mapped["id"] if pair.mapped else ""
            value = self._changed(f"custom.{pair.ours.key}", now)
            if value is not None:
                self._take_field(pair, value, by_id)
            elif pair.theirs is not None:
                self._take_options(pair, pair.theirs)
        self._refuse_shared(pairs, by_id)

    def take_tags(self, tags: Iterable[str], instance: Instance) -> None:
        known = {tag.category_id for tag in instance.tags if tag.category_id}
        usual = self.maps.get("tag_category", "")
        value = self._changed("tag_category", usual)
        if value is not None and value not in known:
            self._refuse("tag_category", _("There is no such category there."))
        elif value is not None:
            self.maps["tag_category"] = value
        for tag in tags:
            value = self._changed(f"tag.{tag}", self.maps.get("tags", {}).get(tag, ""))
            if value and value not in known:
                self._refuse(f"tag.{tag}", _("There is no such category there."))
            elif value is not None:
                self._set("tags", tag, value, "")

    def take_directions(self, allowed: Mapping[str, Sequence[str]]) -> None:
        """`allowed` holds for each field what may be chosen, the usual way first."""
        for name, ways in allowed.items():
            now = self.maps.get("directions", {}).get(name, ways[0])
            value = self._changed(f"direction.{name}", now)
            if value is None:
                continue
            if value not in ways:
                self._refuse(f"direction.{name}", _("The service cannot do that."))
                continue
            directions = dict(self.maps.get("directions", {}))
            directions.pop(name, None)
            if value != ways[0]:
                directions[name] = value
            self.maps["directions"] = directions

    def _take_back(self, table: Table, name: str, word: str, value: str, ours: set[str]) -> None:
        usual = table.usual_back.get(word, "")
        if value and value not in ours:
            self._refuse(name, _("There is no such word here."))
        elif not value and usual:
            self._refuse(name, _("The service's own word cannot mean nothing."))
        else:
            self._set(table.field, word, value, usual)

    def _take_new_word(self, table: Table, ours: set[str]) -> None:
        word = str(self.typed.get(f"{table.field}.new", "")).strip()
        value = str(self.typed.get(f"{table.field}.new_as", "")).strip()
        if not word:
            return
        if len(word) > LONGEST:
            self._refuse(f"{table.field}.new", _too_long())
        elif value not in ours:
            self._refuse(f"{table.field}.new_as", _("Choose what it means here."))
        else:
            self._set(table.field, word, value, "")

    def _take_field(self, pair: FieldPair, value: str, by_id: dict[str, RemoteField]) -> None:
        name, key = f"custom.{pair.ours.key}", pair.ours.key
        custom = dict(self.maps.get("custom", {}))
        if not value:
            custom.pop(key, None)
        elif value not in by_id:
            return self._refuse(name, _("There is no such field there."))
        elif pair.ours.kind not in by_id[value].kinds:
            return self._refuse(name, self._misfit(pair, by_id[value]))
        else:
            custom[key] = {**paired(pair.ours, by_id[value]), "chosen": True}
        self.maps["custom"] = custom
        self._decide("custom", key)

    def _take_options(self, pair: FieldPair, theirs: RemoteField) -> None:
        key, known = pair.ours.key, {option.key for option in theirs.options}
        options = dict(pair.options)
        for option in pair.ours.options:
            name = f"custom.{key}.option.{option}"
            value = self._changed(name, options.get(option, ""))
            if value is None:
                continue
            if value and value not in known:
                self._refuse(name, _("There is no such option there."))
                continue
            options.pop(option, None)
            if value:
                options[option] = value
            self._decide(OPTIONS + key, option)
        if options != pair.options:
            mapped: Any = {**self.maps["custom"][key], "options": options, "chosen": True}
            self.maps["custom"] = {**self.maps["custom"], key: mapped}

    def _refuse_shared(self, pairs: Sequence[FieldPair], by_id: dict[str, RemoteField]) -> None:
        custom, taken = self.maps.get("custom", {}), {}
        for pair in pairs:
            mapped = custom.get(pair.ours.key)
            other = taken.setdefault(mapped["id"], pair.ours) if mapped else pair.ours
            if other is not pair.ours:
                title = by_id[mapped["id"]].title if mapped["id"] in by_id else mapped["id"]
                words = _("“%(there)s” is taken by “%(other)s”: two fields cannot share one.")
                self._refuse(
                    f"custom.{pair.ours.key}", words % {"there": title, "other": other.label}
                )

    def _misfit(self, pair: FieldPair, theirs: RemoteField) -> str:
        words = _("“%(there)s” is a field of the type %(type)s: it cannot hold %(kind)s.")
        kind = self.kinds.get(pair.ours.kind, pair.ours.kind)
        return words % {"there": theirs.title, "type": theirs.type, "kind": kind}

    def _changed(self, name: str, now: str) -> str | None:
        """What was typed, None if it was not sent or holds already."""
        value = self.typed.get(name)
        if value is None or str(value).strip() == now:
            return None
        return str(value).strip()

    def _set(self, map_name: str, key: str, value: str, usual: str) -> None:
        chosen = dict(self.maps.get(map_name, {}))
        chosen.pop(key, None)
        if value and value != usual:
            chosen[key] = value
        self.maps[map_name] = chosen
        self._decide(map_name, key)

    def _decide(self, map_name: str, key: str) -> None:
        decided = {name: list(keys) for name, keys in self.maps.get("decided", {}).items()}
        keys = decided.setdefault(map_name, [])
        if key not in keys:
            keys.append(key)
        self.maps["decided"] = decided

    def _refuse(self, name: str, words: str) -> None:
        self.errors.setdefault(name, words)


def _too_long() -> str:
    return _("A word has at most %(limit)s characters.") % {"limit": LONGEST}
