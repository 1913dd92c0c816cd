"""The values of custom fields: cleaned, compared, and put into words, by kind of field."""

import math
import uuid
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.models.configuration import configuration
from helpdesk.models.labels import CustomField, FieldOption
from helpdesk.models.people import User
from helpdesk.text import fold, normalise

Kind = CustomField.Kind
MAX_TEXT = 500
MAX_AREA = 50_000
MAX_VALUES = 100


def clean(field: CustomField, value):
    """The stored form of a value (see `CustomField`), or None for empty. Raises ValidationError."""
    if value is None or value == "" or value == []:
        return None
    return CLEANERS[field.kind](field, value)


def described(field: CustomField, stored):
    """A stored value as history keeps it: with the words of the time where it is an id."""
    if stored is None or not (field.has_options or field.kind == Kind.PEOPLE):
        return _shortened(stored)
    values = stored if isinstance(stored, list) else [stored]
    people = names_of(values) if field.kind == Kind.PEOPLE else {}
    named = [
        {"id": value, "words": people.get(value, "") if people else option_label(value)}
        for value in values
    ]
    return named if field.is_many else named[0]


def words(field: CustomField, stored, people: dict[int, str] | None = None) -> str:
    """A stored value in words. `people` maps ids to names; without it they are looked up."""
    if stored is None:
        return ""
    if field.kind == Kind.TOGGLE:
        return _("Yes") if stored else _("No")
    if field.has_options:
        values = stored if isinstance(stored, list) else [stored]
        return ", ".join(option_label(value) for value in values)
    if field.kind == Kind.PEOPLE:
        known = names_of(stored) if people is None else people
        return ", ".join(known.get(pk, "") for pk in stored)
    return str(stored)


def option_label(option_uuid: str) -> str:
    option = configuration().options.get(option_uuid)
    return option.label if option else ""


def names_of(ids: list[int]) -> dict[int, str]:
    """Names by id, in one statement."""
    return {person.pk: str(person) for person in User.objects.filter(pk__in=ids)}


def _shortened(stored):
    if isinstance(stored, str) and len(stored) > MAX_TEXT:
        return {"length": len(stored)}
    return stored


def _text(field: CustomField, value) -> str | None:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValidationError(_("Enter text."))
    text = normalise(str(value))
    text = text.strip() if field.kind != Kind.TEXTAREA else text
    limit = MAX_AREA if field.kind == Kind.TEXTAREA else MAX_TEXT
    if len(text) > limit:
        raise ValidationError(
            ngettext(
                "Enter at most %(limit)s character.", "Enter at most %(limit)s characters.", limit
            )
            % {"limit": limit}
        )
    return text or None


def _email(field: CustomField, value) -> str | None:
    text = _text(field, value)
    if text:
        validate_email(text)
    return text


def _url(field: CustomField, value) -> str | None:
    text = _text(field, value)
    if text:
        try:
            URLValidator(schemes=["http", "https"])(text)
        except ValidationError as error:
            raise ValidationError(
                _("Enter an address that starts with https:// or http://.")
            ) from error
    return text


def _number(field: CustomField, value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValidationError(_("Enter a number, like 12 or 3.5."))
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValidationError(_("Enter a number, like 12 or 3.5.")) from error
    if not number.is_finite() or abs(number) > Decimal(10) ** 15:
        raise ValidationError(_("Enter a number between −10¹⁵ and 10¹⁵."))
    if number == number.to_integral_value():
        return int(number)
    stored = float(number)
    if math.isinf(stored):
        raise ValidationError(_("Enter a number, like 12 or 3.5."))
    return stored


def _date(field: CustomField, value) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    try:
        found = parse_date(value.strip()) if isinstance(value, str) else None
        if found is None and isinstance(value, str):
            moment = parse_datetime(value.strip())
            found = moment.date() if moment else None
    except ValueError:
        found = None
    if found is None:
        raise ValidationError(_("Enter a date as year-month-day, like 2026-11-16."))
    return found.isoformat()


TOGGLES = {"true": True, "yes": True, "on": True, "1": True} | {
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def _toggle(field: CustomField, value) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).strip().casefold() not in TOGGLES:
        raise ValidationError(_("Enter yes or no."))
    return TOGGLES[str(value).strip().casefold()]


def find_option(field: CustomField, value) -> FieldOption:
    """An option of the field by uuid or label."""
    options = configuration().options_of.get(field.pk, [])
    if isinstance(value, FieldOption):
        value = str(value.uuid)
    if isinstance(value, str | int | uuid.UUID) and not isinstance(value, bool):
        folded = fold(str(value))
        for option in options:
            if str(option.uuid) == folded or fold(option.label) == folded:
                return option
    raise ValidationError(
        _("“%(value)s” is not an option. Options: %(options)s.")
        % {
            "value": str(value)[:60],
            "options": ", ".join(option.label for option in options[:30]) or "–",
        }
    )


def _choice(field: CustomField, value) -> str:
    if isinstance(value, list | tuple):
        if len(value) != 1:
            raise ValidationError(_("Choose one option."))
        value = value[0]
    return str(find_option(field, value).uuid)


def _listed(value) -> list:
    values = list(value) if isinstance(value, list | tuple | set) else [value]
    if len(values) > MAX_VALUES:
        raise ValidationError(_("Choose at most %(limit)s.") % {"limit": MAX_VALUES})
    return values


def _choices(field: CustomField, value) -> list[str]:
    found = {str(find_option(field, one).uuid): None for one in _listed(value)}
    ordered = [str(option.uuid) for option in configuration().options_of.get(field.pk, [])]
    return sorted(found, key=ordered.index)


def _people(field: CustomField, value) -> list[int]:
    found = [find_person(one).pk for one in _listed(value)]
    return sorted(set(found))


def find_person(value) -> User:
    """A person by instance, id, uuid or e-mail."""
    if isinstance(value, User):
        return value
    rows = User.objects.filter(erased_at=None)
    person = None
    if isinstance(value, dict):
        value = value.get("id") or value.get("uuid") or value.get("email")
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63:
        person = rows.filter(pk=value).first()
    elif isinstance(value, str | uuid.UUID):
        text = str(value).strip()
        if "@" in text:
            person = rows.filter(email=fold(text)).first()
        elif text.isdecimal() and len(text) < 19:
            person = rows.filter(pk=int(text)).first()
        else:
            try:
                person = rows.filter(uuid=uuid.UUID(text)).first()
            except ValueError:
                person = None
    if person is None:
        raise ValidationError(
            _("Nobody is known as “%(value)s”. Give an id, a uuid or an e-mail address.")
            % {"value": str(value)[:60]}
        )
    return person


CLEANERS = {
    Kind.TEXT: _text,
    Kind.TEXTAREA: _text,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.TOGGLE: _toggle,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.PEOPLE: _people,
    Kind.EMAIL: _email,
    Kind.URL: _url,
}
