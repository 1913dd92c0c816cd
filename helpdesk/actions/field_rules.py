"""Conditions of custom fields, and the order of fields in a form: written and removed."""

from collections.abc import Mapping, Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actions.auditing import record_setting
from helpdesk.actions.configuring import may_set_up
from helpdesk.actor import Actor, Role
from helpdesk.conditions import CUSTOM, OWN, TESTS, circle_in, words_of
from helpdesk.field_standings import rule_of
from helpdesk.lookup import row_called
from helpdesk.models import (
    CustomField,
    FieldOrder,
    FieldRule,
    Priority,
    Queue,
    SettingChange,
    TicketType,
    custom_values,
)
from helpdesk.models.configuration import configuration, touch
from helpdesk.permissions import can

MAX_RULES = 50  # of one field
MAX_TESTS = 10
MAX_VALUES = 50
WITHOUT_VALUES = ("is_set", "is_empty")
Kind = CustomField.Kind
COMPARED = (Kind.CHOICE, Kind.CHOICES, Kind.TOGGLE, Kind.TEXT, Kind.NUMBER, Kind.EMAIL, Kind.DATE)


@transaction.atomic
def save_rule(
    field: CustomField,
    *,
    by: Actor,
    effect: str,
    tests: Sequence[Mapping] = (),
    any_test: bool = False,
    options: Sequence = (),
    queue: Queue | None = None,
    type: TicketType | None = None,
    rule: FieldRule | None = None,
) -> FieldRule:
    """Make a condition of a field, or give one that is there this content.

    `tests` list `{"field", "is", "values"}`, values as people call them; `options` are those that
    a limiting rule leaves. Raises PermissionDenied, ValidationError by name.
    """
    field = CustomField.objects.select_for_update().get(pk=field.pk)
    _authorise(by, field, queue)
    if rule is not None:
        rule = FieldRule.objects.select_for_update().get(pk=rule.pk)
        _authorise(by, field, rule.queue)
    errors: dict = {}
    if effect not in FieldRule.Effect.values:
        said = {"names": ", ".join(FieldRule.Effect.values)}
        errors["effect"] = _("Choose one of %(names)s.") % said
    cleaned = _collected(errors, "tests", lambda: clean_tests(field, tests))
    kept = _collected(errors, "options", lambda: _clean_options(field, effect, options))
    if not cleaned and effect == FieldRule.Effect.SHOW and "tests" not in errors:
        errors["tests"] = _("Say when it is shown.")
    if errors:
        raise ValidationError(errors)
    before = _told(rule)
    row = rule or FieldRule(field=field, position=field.rules.count())
    row.effect, row.tests, row.any_test, row.options = effect, cleaned, any_test, kept
    row.queue, row.type, row.deleted_at = queue, type, None
    if rule is None and field.rules.filter(deleted_at=None).count() >= MAX_RULES:
        raise ValidationError(_("At most %(limit)s conditions a field.") % {"limit": MAX_RULES})
    if (after := _told(row)) != before:
        row.save()
        _refuse_circle()
        kind = SettingChange.Kind.CHANGED if rule else SettingChange.Kind.MADE
        record_setting(kind, row, by=by, fields={"rule": [before, after]}, name=field.name)
    return row


@transaction.atomic
def retire_rule(rule: FieldRule, *, by: Actor) -> None:
    """Remove a condition."""
    rule = FieldRule.objects.select_for_update(of=("self",)).select_related("field").get(pk=rule.pk)
    _authorise(by, rule.field, rule.queue)
    if rule.deleted_at is None:
        rule.deleted_at = timezone.now()
        rule.save(update_fields=["deleted_at"])
        pair = {"rule": [_told(rule), None]}
        record_setting(SettingChange.Kind.RETIRED, rule, by=by, fields=pair, name=rule.field.name)


@transaction.atomic
def order_fields(
    keys: Sequence[str],
    *,
    by: Actor,
    queue: Queue | None = None,
    type: TicketType | None = None,
) -> FieldOrder:
    """The order of the custom fields in the forms of a queue, a type, or both; none: as usual.

    Raises PermissionDenied, ValidationError.
    """
    if queue is None and type is None:
        raise ValidationError(_("Name a queue or a type; the usual order is that of the fields."))
    if not can(by, "configure") and (queue is None or not _leads(by, queue)):
        raise PermissionDenied(_("Only administrators and who leads its team order these."))
    known = {one.key for one in configuration().fields.values() if one.deleted_at is None}
    if unknown := [key for key in keys if key not in known]:
        words = _("There is no custom field “%(value)s”.") % {"value": str(unknown[0])[:60]}
        raise ValidationError({"keys": words})
    if len(set(keys)) != len(keys):
        raise ValidationError({"keys": _("A field stands twice.")})
    rows = FieldOrder.objects.select_for_update()
    row = rows.filter(queue=queue, type=type).first() or FieldOrder(queue=queue, type=type)
    before = list(row.keys) if row.deleted_at is None else []
    row.keys, row.deleted_at = list(keys), None
    if row.keys != before:
        row.save()
        name = " · ".join(str(one) for one in (queue, type) if one is not None)
        pair = {"order": [before, row.keys]}
        record_setting(SettingChange.Kind.ORDERED, row, by=by, fields=pair, name=name)
    return row


# What tests may say --------------------------------------------------------------------------


def clean_tests(field: CustomField, tests: Sequence[Mapping]) -> list[dict]:
    """Tests as they are stored. Raises ValidationError."""
    if len(tests) > MAX_TESTS:
        raise ValidationError(_("At most %(limit)s tests.") % {"limit": MAX_TESTS})
    return [_clean_test(field, test) for test in tests]


def _clean_test(field: CustomField, test: Mapping) -> dict:
    name, word = str(test.get("field") or ""), test.get("is", "is")
    values = test.get("values") or []
    if word not in TESTS:
        raise ValidationError(_("Choose one of %(names)s.") % {"names": ", ".join(TESTS)})
    if not isinstance(values, list | tuple) or len(values) > MAX_VALUES:
        raise ValidationError(_("At most %(limit)s values.") % {"limit": MAX_VALUES})
    read = _value_reader(field, name)
    if word in WITHOUT_VALUES:
        return {"field": name, "is": word, "values": []}
    if not values:
        raise ValidationError(_("Say which value."))
    return {"field": name, "is": word, "values": list(dict.fromkeys(map(read, values)))}


def _value_reader(field: CustomField, name: str):
    """What turns a value that is called by a word into its stored form."""
    known = configuration()
    if name in ("queue", "type", "tags"):
        rows = {"queue": known.queues, "type": known.types, "tags": known.tags}[name]
        return lambda value: str(_row(rows, value).pk)
    if name == "priority":
        return _priority
    other = known.fields.get(name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else None
    if other is None or other.deleted_at is not None or other.pk == field.pk:
        names = [*OWN, *(f"{CUSTOM}{key}" for key in known.fields if key != field.key)]
        said = {"value": name[:60], "names": ", ".join(names[:40])}
        raise ValidationError(_("There is no field “%(value)s”. Known: %(names)s.") % said)
    if other.kind not in COMPARED:
        return _no_value
    return lambda value: _custom_value(other, value)


def _row(rows: Mapping[int, Model], value) -> Model:
    row = row_called(dict(rows), value)
    if row is None or row.deleted_at is not None:
        raise ValidationError(_("There is no “%(value)s”.") % {"value": str(value)[:60]})
    return row


def _priority(value) -> str:
    if value not in Priority.values:
        raise ValidationError(_("Choose one of %(names)s.") % {"names": ", ".join(Priority.values)})
    return str(value)


def _no_value(value) -> str:
    raise ValidationError(_("Only ask whether this field is set or empty."))


def _custom_value(other: CustomField, value) -> str:
    stored = custom_values.clean(other, value)
    if stored is None:
        raise ValidationError(_("Say which value."))
    if isinstance(stored, list):
        stored = stored[0]
    [word] = words_of(stored)
    return word


def _clean_options(field: CustomField, effect: str, options: Sequence) -> list[str]:
    if effect != FieldRule.Effect.LIMIT:
        return []
    if not field.has_options:
        raise ValidationError(_("Only fields of choice have options."))
    found = [str(custom_values.find_option(field, one).uuid) for one in options]
    if not found:
        raise ValidationError(_("Say which options are left."))
    return list(dict.fromkeys(found))


def _refuse_circle() -> None:
    touch()
    keys = dict(CustomField.objects.values_list("pk", "key"))
    rows = FieldRule.objects.kept().filter(field__deleted_at=None)
    if circle := circle_in(rule_of(row, keys[row.field_id]) for row in rows):
        words = _("These fields would show each other: %(keys)s.")
        raise ValidationError({"tests": words % {"keys": ", ".join(circle)}})


def _authorise(by: Actor, field: CustomField, queue: Queue | None) -> None:
    """Who sets up the field; a lead also a shared field, within the queues of their teams."""
    if may_set_up(by, field) or (queue is not None and _leads(by, queue)):
        return
    raise PermissionDenied(_("Only administrators and those who lead its teams set this up."))


def _leads(by: Actor, queue: Queue) -> bool:
    is_agent = by.role == Role.AGENT and by.can_write
    return is_agent and queue.pk in configuration().led_queues(by.person_id)


def _told(rule: FieldRule | None) -> dict | None:
    if rule is None or rule.deleted_at is not None:
        return None
    return {
        "effect": rule.effect,
        "queue": str(rule.queue or ""),
        "type": str(rule.type or ""),
        "tests": rule.tests,
        "any_test": rule.any_test,
        "options": rule.options,
    }


def _collected(errors: dict, name: str, read):
    try:
        return read()
    except ValidationError as error:
        errors[name] = error.messages
        return []
