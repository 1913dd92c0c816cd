"""The vocabulary page: its facts read once, and the controls with which they are changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.models import CustomField, Priority
from helpdesk.models.configuration import configuration
from integrations import asking
from integrations.abilities import list_of
from integrations.choosing import Choosing
from integrations.connector import PRIORITIES, STATUSES, Capabilities, Connector, Instance, Maps
from integrations.matrix import (
    DIRECTED,
    FieldPair,
    Table,
    Word,
    directed_fields,
    field_pairs,
    never_reached,
    table_of,
    ways_allowed,
)
from integrations.mirror import ways
from integrations.models import Connection
from integrations.ours import our_fields, status_word
from integrations.panels import field_words
from integrations.vocabulary_store import description_of

STATUS_TEXT = {
    "new": gettext_lazy("New"),
    "open": gettext_lazy("Open"),
    "started": gettext_lazy("In progress"),
    "waiting": gettext_lazy("Waiting"),
    "resolved": gettext_lazy("Resolved"),
    "closed": gettext_lazy("Closed"),
}
WAYS = {
    "both": gettext_lazy("both ways"),
    "out": gettext_lazy("only from here to there"),
    "in": gettext_lazy("only from there to here"),
    "off": gettext_lazy("not mirrored"),
}
MOST_TAGS = 300


@dataclass(frozen=True, slots=True)
class Control:
    """A select, or with `is_open` a text field with suggestions. `refused` says what cannot be."""

    name: str
    id: str
    label: str
    value: str
    options: Sequence[tuple[str, str]]
    refused: Sequence[str] = ()
    is_open: bool = False
    error: str = ""


@dataclass
class VocabularyPage:
    """What the page shows of a connection; with `typed` also what a person just entered."""

    connection: Connection
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._count = 0
        self._maps: Maps = self.connection.maps

    # Facts ---------------------------------------------------------------------------------------

    @cached_property
    def _described(self) -> tuple[Instance, datetime | None]:
        return description_of(self.connection)

    @property
    def instance(self) -> Instance:
        return self._described[0]

    @property
    def described_at(self) -> datetime | None:
        return self._described[1]

    @cached_property
    def client_under(self) -> Callable[[Maps], Connector]:
        """Raises ConnectorError."""
        return asking.silent_clients(self.connection)

    @cached_property
    def capabilities(self) -> Capabilities:
        """Under a vocabulary with types: some services take them only if they are mapped."""
        maps: Maps = self._maps
        if not maps.get("type_out") and (names := self._type_names()):
            maps = {**maps, "type_out": {names[0]: names[0]}}
        return self.client_under(maps).capabilities

    @cached_property
    def tables(self) -> list[Table]:
        ours = {"status": self._statuses(), "priority": _priorities(), "type": self._types()}
        return [
            table_of(name, self.client_under, self.instance, words, self._maps)
            for name, words in ours.items()
            if name in self.capabilities.fields and words
        ]

    @cached_property
    def pairs(self) -> list[FieldPair]:
        if "custom" not in self.capabilities.fields:
            return []
        return field_pairs(our_fields(self.connection.queue_id), self.instance, self._maps)

    @cached_property
    def tags(self) -> list[str]:
        """Our tags, if the service sorts tags into categories."""
        if "tags" not in self.capabilities.fields or not self.categories:
            return []
        rows = configuration().tags.values()
        return sorted((tag.name for tag in rows if tag.deleted_at is None), key=str.casefold)

    @cached_property
    def categories(self) -> dict[str, str]:
        tags = self.instance.tags
        return {tag.category_id: tag.category or tag.category_id for tag in tags if tag.category_id}

    @cached_property
    def allowed_ways(self) -> dict[str, list[str]]:
        """What may be chosen for each field, as far as service and connection can do it."""
        can, connection = self.capabilities, self.connection
        goes = connection.sends and (can.create or can.update or can.replaces)
        allowed = ways_allowed(goes=goes, comes=connection.receives and can.list)
        names = directed_fields(can.fields)
        names += [ways.CUSTOM + pair.ours.key for pair in self.pairs if pair.mapped]
        return dict.fromkeys(names, allowed)

    @property
    def stays(self) -> str:
        """The fields that the service has no place for, as words."""
        known = directed_fields(self.capabilities.fields)
        found = [name for name in DIRECTED if name not in known]
        if "custom" not in self.capabilities.fields:
            found.append("custom")
        return list_of(found)

    # What was chosen -----------------------------------------------------------------------------

    def choose(self, maps: Maps) -> Maps:
        """The maps with what was typed; what is wrong stands in `errors` after."""
        kinds = {str(value): str(label) for value, label in CustomField.Kind.choices}
        choosing = Choosing(typed=self.typed, maps=maps, kinds=kinds, errors=self.errors)
        for table in self.tables:
            choosing.take_words(table)
        choosing.take_fields(self.pairs, self.instance)
        choosing.take_tags(self.tags[:MOST_TAGS], self.instance)
        choosing.take_directions(self.allowed_ways)
        return choosing.maps

    # Controls ------------------------------------------------------------------------------------

    @cached_property
    def word_sections(self) -> list[dict[str, Any]]:
        return [self._word_section(table) for table in self.tables]

    @cached_property
    def field_rows(self) -> list[dict[str, Any]]:
        return [self._field_row(pair) for pair in self.pairs]

    @cached_property
    def unreached(self) -> list[Any]:
        travels = "custom" in self.capabilities.fields
        return never_reached(self.pairs, self.instance) if travels else []

    @cached_property
    def tag_rows(self) -> list[Control]:
        usual = _("as all others")
        chosen = self._maps.get("tags", {})
        options = [("", usual), *self.categories.items()]
        return [
            self._control(f"tag.{tag}", tag, chosen.get(tag, ""), options)
            for tag in self.tags[:MOST_TAGS]
        ]

    @cached_property
    def tag_category(self) -> Control | None:
        if not self.categories:
            return None
        now = self._maps.get("tag_category", "")
        options = [] if now in self.categories else [(now, now or "–")]
        options += self.categories.items()
        return self._control("tag_category", _("Category of all others"), now, options)

    @cached_property
    def direction_rows(self) -> list[tuple[str, Control]]:
        return [
            (capfirst(field_words(name)), self._direction(name, field_words(name)))
            for name in self.allowed_ways
            if not name.startswith(ways.CUSTOM)
        ]

    def _word_section(self, table: Table) -> dict[str, Any]:
        ours = [(word.key, word.text) for word in table.ours]
        theirs = [(word.key, word.text) for word in table.theirs]
        nothing = [("", _("– not sent"))]
        out = [
            self._control(
                f"{table.field}.out.{word.key}",
                _("%(word)s is sent as") % {"word": word.text},
                table.out[word.key],
                theirs if table.usual_out[word.key] else nothing + theirs,
                is_open=not table.is_closed,
            )
            for word in table.ours
        ]
        back = [
            self._control(
                f"{table.field}.back.{word.key}",
                _("%(word)s there means") % {"word": word.text},
                table.back[word.key],
                ours if table.usual_back[word.key] else [("", _("– nothing here")), *ours],
            )
            for word in table.theirs
        ]
        return {
            "table": table,
            "title": capfirst(field_words(table.field)),
            "is_wrong": any(name.startswith(f"{table.field}.") for name in self.errors),
            "out": list(zip(table.ours, out, strict=True)),
            "back": list(zip(table.theirs, back, strict=True)),
            "new": self._control(f"{table.field}.new", _("Another word there"), "", ()),
            "new_as": self._control(
                f"{table.field}.new_as", _("Another word there means"), "", [("", "–"), *ours]
            ),
        }

    def _field_row(self, pair: FieldPair) -> dict[str, Any]:
        now = pair.mapped["id"] if pair.mapped else ""
        fits = [(one.id, one.title or one.id) for one in pair.fits]
        if now and now not in dict(fits):
            fits.append((now, pair.theirs.title if pair.theirs else now))
        name = f"custom.{pair.ours.key}"
        label = _("%(field)s is mirrored to") % {"field": pair.ours.label}
        theirs = pair.theirs.options if pair.theirs else ()
        options = [("", _("– not sent")), *((option.key, option.text) for option in theirs)]
        return {
            "pair": pair,
            "kind": dict(CustomField.Kind.choices).get(pair.ours.kind, pair.ours.kind),
            "control": self._control(
                name,
                label,
                now,
                [("", _("– not mirrored")), *fits],
                refused=[
                    _("%(title)s (%(type)s)") % {"title": one.title or one.id, "type": one.type}
                    for one in pair.misfits
                ],
            ),
            "direction": self._direction(name, pair.ours.label) if pair.mapped else None,
            "options": [
                self._control(f"{name}.option.{key}", text, pair.options.get(key, ""), options)
                for key, text in (pair.ours.options.items() if theirs else ())
            ],
            "staff_only": configuration().fields[pair.ours.key].staff_only,
        }

    def _direction(self, name: str, label: str) -> Control:
        allowed = self.allowed_ways[name]
        now = ways.way_of(self.connection, name)
        options = [(way, str(WAYS[way])) for way in allowed]
        return self._control(
            f"direction.{name}",
            _("Direction of %(field)s") % {"field": label},
            now if now in allowed else allowed[0],
            options,
        )

    def _control(
        self, name: str, label: str, value: str, options: Sequence[tuple[str, str]], **more: Any
    ) -> Control:
        self._count += 1
        return Control(
            name=name,
            id=f"choice-{self._count}",
            label=label,
            value=str(self.typed.get(name, value)),
            options=options,
            error=self.errors.get(name, ""),
            **more,
        )

    # Our words -----------------------------------------------------------------------------------

    def _statuses(self) -> list[Word]:
        """Our words, each with the names of the statuses that it stands for in the queue."""
        names: dict[str, list[str]] = {word: [] for word in STATUSES}
        for status in configuration().statuses.values():
            if status.deleted_at is None:
                names[status_word(status, self.connection.queue_id)].append(status.name)
        return [Word(word, str(STATUS_TEXT[word]), ", ".join(names[word])) for word in STATUSES]

    def _types(self) -> list[Word]:
        return [Word(name, name) for name in self._type_names()]

    def _type_names(self) -> list[str]:
        rows = configuration().types.values()
        return [found.name for found in rows if found.deleted_at is None]


def _priorities() -> list[Word]:
    texts = dict(Priority.choices)
    return [Word(word, str(texts[word])) for word in PRIORITIES]
