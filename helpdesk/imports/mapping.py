"""What becomes of each column and value: checked, guessed, and kept as JSON."""

import re
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from helpdesk.models import CustomField, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.text import fold

TIMES = ("created_at", "updated_at", "first_response_at", "resolved_at", "closed_at")
PEOPLE = ("requester.email", "requester.name", "assignee.email")
PLAIN = tuple(
    name
    for name in Ticket.EDITABLE
    if name not in ("requester", "requester_name", "assignee", "custom", "parent")
)
TARGETS = (*PLAIN, "source_ref", *TIMES, *PEOPLE)
KEY = re.compile(r"^[a-z][a-z0-9_]{0,63}$")

SHORTCUT = {
    "id": "source_ref",
    "url": "source_url",
    "title": "title",
    "description": "body",
    "type": "type",
    "state": "status",
    "requester": "requester.email",
    "owners": "assignee.email",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "labels": "tags",
}
USUAL = {  # folded column name → target
    "ticket id": "source_ref",
    "id": "source_ref",
    "key": "source_ref",
    "reference": "source_ref",
    "subject": "title",
    "ticket subject": "title",
    "summary": "title",
    "title": "title",
    "description": "body",
    "ticket description": "body",
    "body": "body",
    "status": "status",
    "state": "status",
    "ticket status": "status",
    "priority": "priority",
    "ticket priority": "priority",
    "type": "type",
    "ticket type": "type",
    "channel": "channel",
    "ticket channel": "channel",
    "email": "requester.email",
    "e-mail": "requester.email",
    "customer email": "requester.email",
    "requester": "requester.email",
    "customer name": "requester.name",
    "requester name": "requester.name",
    "assignee": "assignee.email",
    "tags": "tags",
    "labels": "tags",
    "queue": "queue",
    "created": "created_at",
    "created at": "created_at",
    "created_at": "created_at",
    "updated": "updated_at",
    "updated at": "updated_at",
    "updated_at": "updated_at",
    "first response time": "first_response_at",
    "time to resolution": "resolved_at",
    "resolved": "resolved_at",
    "closed": "closed_at",
    "due date": "due_at",
    "url": "source_url",
    "resolution": "resolution_comment",
}


@dataclass(frozen=True)
class Mapping:
    """`columns`: column → target; `values`: target → {cell → our value}; times without a zone
    are in `timezone`. Targets are those of `TARGETS` and `custom.<key>`."""

    columns: dict[str, str]
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    timezone: str = "UTC"
    source: str = ""

    @classmethod
    def from_json(cls, stored: object, *, timezone: str = "UTC", source: str = "") -> "Mapping":
        """A mapping from its JSON form; raises ValidationError in words."""
        if not isinstance(stored, dict) or set(stored) - {"columns", "values"}:
            raise ValidationError(_("The map is an object with “columns” and “values”."))
        columns, values = stored.get("columns"), stored.get("values", {})
        if not _is_words(columns) or not columns:
            words = _("“columns” names a target for each column, as text.")
            raise ValidationError(words, code="columns")
        if not isinstance(values, dict) or not all(_is_words(one) for one in values.values()):
            words = _("“values” names our value for each of theirs, as text.")
            raise ValidationError(words, code="values")
        mapping = cls({key: to for key, to in columns.items() if to}, values, timezone, source)
        mapping.check()
        return mapping

    def check(self) -> None:
        """Raise ValidationError unless every target exists and is taken once. Its code is the name
        of what is wrong: `columns`, `values` or `timezone`."""
        for target in [*self.columns.values(), *self.values]:
            if target not in TARGETS and not is_custom(target):
                raise ValidationError(
                    _("There is no target “%(name)s”. Targets: %(names)s, custom.<key>.")
                    % {"name": target[:60], "names": ", ".join(TARGETS)},
                    code="columns" if target in self.columns.values() else "values",
                )
        targets = list(self.columns.values())
        twice = sorted({target for target in targets if targets.count(target) > 1})
        if twice:
            words = _("Two columns go to “%(name)s”.") % {"name": twice[0]}
            raise ValidationError(words, code="columns")
        if "title" not in targets:
            words = _("No column goes to “title”, and a ticket needs a subject.")
            raise ValidationError(words, code="columns")
        try:
            ZoneInfo(self.timezone)
        except (ValueError, OSError, LookupError) as error:
            raise ValidationError(
                _("There is no time zone “%(name)s”.") % {"name": self.timezone[:60]},
                code="timezone",
            ) from error

    def check_against(self, columns: list[str]) -> None:
        """Raise ValidationError if the map speaks of columns that the file does not have."""
        if missing := [name for name in self.columns if name not in columns]:
            raise ValidationError(
                _("The file has no column “%(name)s”. Its columns: %(names)s.")
                % {"name": missing[0], "names": ", ".join(columns)},
                code="columns",
            )

    @property
    def by_target(self) -> dict[str, str]:
        return {target: column for column, target in self.columns.items()}

    def as_json(self) -> dict:
        return {"columns": self.columns, "values": self.values}

    def make_fields(self) -> list[CustomField]:
        """Make the custom fields that do not exist yet, as text, named for their columns."""
        known = configuration().fields
        made = []
        for column, target in self.columns.items():
            if is_custom(target) and (key := target.removeprefix("custom.")) not in known:
                position = len(known) + len(made)
                made.append(
                    CustomField.objects.create(key=key, name=column[:120], position=position)
                )
        return made


def is_custom(target: str) -> bool:
    return target.startswith("custom.") and bool(KEY.match(target.removeprefix("custom.")))


def guess(columns: list[str]) -> dict[str, str]:
    """A target for each column that can be told by its name; a Shortcut export is known whole."""
    if set(SHORTCUT) <= set(columns):
        return {column: SHORTCUT[column] for column in columns if column in SHORTCUT}
    taken, guessed = set(), {}
    for column in columns:
        target = USUAL.get(fold(column).strip())
        if target and target not in taken:
            guessed[column] = target
            taken.add(target)
    return guessed


def custom_target(column: str) -> str:
    """A free custom-field target for a column that nothing else takes."""
    key = re.sub(r"[^a-z0-9]+", "_", fold(column)).strip("_")[:60]
    return f"custom.{key if key and key[0].isalpha() else f'field_{key}'.rstrip('_')}"


def _is_words(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(key, str) and isinstance(one, str) for key, one in value.items()
    )
