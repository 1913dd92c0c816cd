"""How fields of bodies are written: rows by id, uuid or name, people, moments, custom values."""

import re
from collections.abc import Callable
from copy import copy, deepcopy
from functools import cache

from django.core.exceptions import ValidationError as ModelError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from helpdesk.api.kinds import mistaken
from helpdesk.lookup import identity_in, people_called, row_called
from helpdesk.models import CustomField, User
from helpdesk.models.configuration import configuration

MAX_NAMED = 40
MAX_ADDRESS = User._meta.get_field("email").max_length
SURROGATE = re.compile("[\ud800-\udfff]")
REFERENCE = {
    "description": "An id, a uuid, a name (slug, e-mail), or the small object that was read.",
    "oneOf": [
        {"type": "integer"},
        {"type": "string"},
        {"type": "object", "additionalProperties": True},
    ],
}
SAID_OF_PERSON = ("id", "uuid", "email", "name")
PERSON = {
    "description": "A person as elsewhere, or a new one: `email`, and `name` if it is known.",
    "oneOf": [
        {"type": "integer"},
        {"type": "string"},
        {
            "type": "object",
            "properties": {
                "id": {"type": "integer", "minimum": 1},
                "uuid": {"type": "string", "format": "uuid"},
            },
            "anyOf": [{"required": [name]} for name in ("id", "uuid")],
        },
        {
            "type": "object",
            "properties": {
                "email": {"type": "string", "format": "email", "maxLength": MAX_ADDRESS},
                "name": {"type": "string"},
            },
            "required": ["email"],
            "additionalProperties": False,
        },
    ],
}


class StrictSerializer(serializers.Serializer):
    """Refuses names that it does not know, and copies only the fields that were sent."""

    def get_fields(self) -> dict:
        sent = getattr(self, "initial_data", None)
        if not isinstance(sent, dict):
            return super().get_fields()
        return {
            name: _copied(field)
            for name, field in _patterns(type(self)).items()
            if name in sent or not (self.partial or _may_be_left_out(field))
        }

    def to_internal_value(self, data):
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        unknown = [name for name in data if name not in self._declared_fields]
        if unknown:
            names = ", ".join(self._declared_fields)
            words = _("This can't be written. Known here: %(names)s.") % {"names": names}
            raise ValidationError({str(name)[:60]: [words] for name in unknown}, code="unknown")
        wrong = mistaken(self, data)
        if not wrong:
            return super().to_internal_value(data)
        try:
            super().to_internal_value(data)
        except ValidationError as error:
            wrong = {**error.detail, **wrong}
        raise ValidationError(wrong)


class NoSurrogates(ProhibitSurrogateCharactersValidator):
    """The same, which does not look at each character of a text by itself."""

    def __call__(self, value: object) -> None:
        if SURROGATE.search(str(value)):
            super().__call__(value)


@cache
def _patterns(serializer: type[StrictSerializer]) -> dict[str, serializers.Field]:
    """The declared fields by name, as each request copies them."""
    return {name: _pattern(field) for name, field in serializer._declared_fields.items()}


def _pattern(field: serializers.Field) -> serializers.Field:
    pattern = deepcopy(field)
    pattern.validators = [
        NoSurrogates() if type(one) is ProhibitSurrogateCharactersValidator else one
        for one in pattern.validators
    ]
    for one in (pattern, getattr(pattern, "child", None)):
        if isinstance(one, serializers.ChoiceField):
            said = {"invalid_choice": _lazily_known(tuple(one.choices))}
            one.error_messages = {**one.error_messages, **said}
    return pattern


def _known_words(choices: tuple[str, ...]) -> str:
    """What is said of a word that is none of the choices, in the language of each caller."""
    names = ", ".join(map(str, filter(None, choices)))
    return _("There is no “%(value)s”. Known: %(names)s.") % {"value": "{input}", "names": names}


_lazily_known = lazy(_known_words, str)


def _copied(pattern: serializers.Field) -> serializers.Field:
    """A field that can be bound: what it was made of is only read, but for fields within."""
    if isinstance(pattern, serializers.BaseSerializer):
        return deepcopy(pattern)
    copied = copy(pattern)
    if (child := getattr(pattern, "child", None)) is not None:
        copied.child = _copied(child)
        copied.child.parent = copied
    return copied


def _may_be_left_out(field: serializers.Field) -> bool:
    return not field.required and field.default is serializers.empty


@extend_schema_field(REFERENCE)
class RowField(serializers.Field):
    """A configured row by id, uuid, slug or name; kept rows alone."""

    def __init__(self, rows: Callable, **options):
        super().__init__(**options)
        self.rows = rows

    def to_internal_value(self, data):
        rows = self.rows(self.context["actor"])
        row = row_called(rows, data)
        called = identity_in(data)
        is_word = isinstance(called, int | str) and not isinstance(called, bool)
        if row is None or row.deleted_at is not None:
            names = [str(one) for one in rows.values() if one.deleted_at is None]
            raise ValidationError(
                _("There is no “%(value)s”. Known: %(names)s.")
                % {
                    "value": str(called)[:60] if is_word else "–",
                    "names": ", ".join(names[:MAX_NAMED]) or "–",
                },
                code="unknown",
            )
        return row


@extend_schema_field(REFERENCE)
class CalledField(serializers.Field):
    """A person, organisation or ticket: looked up together with the others, by `found_called`."""

    def __init__(self, look_up: Callable, **options):
        super().__init__(**options)
        self.look_up = look_up

    def to_internal_value(self, data):
        called = identity_in(data)
        if isinstance(called, bool) or not isinstance(called, int | str) or called == "":
            raise ValidationError(
                _("Give an id, a uuid, a name or an e-mail address."), code="invalid"
            )
        return Called(called)


@extend_schema_field(PERSON)
class PersonField(CalledField):
    """Somebody who is known, or who comes with an e-mail address."""

    def to_internal_value(self, data):
        if isinstance(data, dict) and not data.get("id") and not data.get("uuid"):
            return self._new(data)
        return super().to_internal_value(data)

    def _new(self, data: dict) -> dict:
        if unknown := [name for name in data if name not in SAID_OF_PERSON]:
            words = _("This can't be written. Known here: %(names)s.")
            said = [words % {"names": ", ".join(SAID_OF_PERSON)}]
            raise ValidationError({str(name)[:60]: said for name in unknown}, code="unknown")
        email, name = data.get("email"), data.get("name") or ""
        if not isinstance(email, str) or not isinstance(name, str) or not email.strip():
            raise ValidationError({"email": [_("Give an e-mail address.")]}, code="required")
        return {"email": email, "name": name}


class Called:
    """What a row was called by, until it is looked up."""

    __slots__ = ("word",)

    def __init__(self, word: int | str):
        self.word = word


@extend_schema_field({"type": "string", "format": "date-time"})
class MomentField(serializers.Field):
    """A moment with its zone, as in 2026-11-16T09:30:00Z."""

    def to_internal_value(self, data):
        try:
            moment = parse_datetime(data.strip()) if isinstance(data, str) else None
            moment = (
                moment.astimezone(timezone.get_default_timezone()) if _is_aware(moment) else None
            )
        except (ValueError, OverflowError):
            moment = None
        if moment is None or not 1 < moment.year < 9999:
            raise ValidationError(
                _("Give a moment with its zone, like 2026-11-16T09:30:00Z."), code="invalid"
            )
        return moment


def _is_aware(moment) -> bool:
    return moment is not None and timezone.is_aware(moment)


def with_people_found(
    values: dict, names: tuple[str, ...], actor, look_up: Callable = people_called
) -> dict:
    """The values with every person who was called found, custom fields included, at once.

    Raises ValidationError by field: nobody is told apart from one the actor may not see.
    """
    custom = dict(values.get("custom") or {})
    keys = [key for key in custom if _is_people_field(key) and custom[key] not in (None, "", [])]
    called = {name: values[name].word for name in names if isinstance(values.get(name), Called)}
    in_custom = {key: _words_of(key, custom[key]) for key in keys}
    words = [*called.values(), *(word for several in in_custom.values() for word in several)]
    if not words:
        return values
    found = look_up(dict.fromkeys(words), actor)
    errors = {name: [_nobody(word)] for name, word in called.items() if word not in found} | {
        f"custom.{key}": [_nobody(word) for word in several if word not in found]
        for key, several in in_custom.items()
        if any(word not in found for word in several)
    }
    if errors:
        raise ModelError(errors)
    values = {**values, **{name: found[word] for name, word in called.items()}}
    if in_custom:
        custom |= {key: [found[word] for word in several] for key, several in in_custom.items()}
        values["custom"] = custom
    return values


def found_called(value: Called, look_up: Callable, field: str, actor):
    """The row that was called, or ValidationError under the field."""
    found = look_up([value.word], actor).get(value.word)
    if found is None:
        words = _("There is no “%(value)s”.") % {"value": str(value.word)[:60]}
        raise ModelError({field: [words]})
    return found


def _is_people_field(key: str) -> bool:
    field = configuration().fields.get(key)
    return field is not None and field.kind == CustomField.Kind.PEOPLE


def _words_of(key: str, value) -> list[int | str]:
    words = [identity_in(one) for one in (value if isinstance(value, list) else [value])]
    for word in words:
        if isinstance(word, bool) or not isinstance(word, int | str):
            raise ModelError({f"custom.{key}": [_nobody(word)]})
    return words


def _nobody(word) -> str:
    return _(
        "Nobody, or more than one person, is known as “%(value)s”. "
        "Give an id, a uuid or an e-mail address."
    ) % {"value": str(word)[:60]}
