"""Which conditions of fields name a setting, and naming another in its place."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import Model

from helpdesk.actions.auditing import record_setting
from helpdesk.actor import Actor
from helpdesk.conditions import CUSTOM
from helpdesk.models import (
    CustomField,
    FieldOption,
    FieldRule,
    Queue,
    SettingChange,
    Tag,
    TicketType,
)

WORDS = {Queue: "queue", TicketType: "type", Tag: "tags"}  # what tests call their rows


def conditions_naming(rows: Iterable[Model]) -> Counter[int]:
    """How many conditions name each row, by its id: one statement."""
    rows = list(rows)
    if not rows or not isinstance(rows[0], (*WORDS, CustomField, FieldOption)):
        return Counter()
    rules = list(_rules())
    return Counter({row.pk: sum(_names(rule, row) for rule in rules) for row in rows})


def name_instead(row: Model, into: Model, *, by: Actor) -> int:
    """Let every condition that names one setting name the other; returns how many that were.

    Part of the transaction in which the first is removed.
    """
    if not isinstance(row, (*WORDS, FieldOption)):
        return 0
    named = [rule for rule in _rules().select_for_update(of=("self",)) if _names(rule, row)]
    for rule in named:
        before = {"tests": rule.tests, "options": rule.options}
        rule.tests = [_renamed(test, row, into) for test in rule.tests]
        if isinstance(row, FieldOption):
            rule.options = _replaced(rule.options, str(row.uuid), str(into.uuid))
        if isinstance(row, TicketType) and rule.type_id == row.pk:
            rule.type = into
        rule.save(update_fields=["tests", "options", "type"])
        after = {"tests": rule.tests, "options": rule.options}
        kind = SettingChange.Kind.CHANGED
        record_setting(kind, rule, by=by, fields={"rule": [before, after]}, name=rule.field.name)
    return len(named)


def _rules():
    return FieldRule.objects.kept().filter(field__deleted_at=None).select_related("field")


def _names(rule: FieldRule, row: Model) -> bool:
    match row:
        case CustomField():
            return any(test["field"] == f"{CUSTOM}{row.key}" for test in rule.tests)
        case FieldOption():
            return str(row.uuid) in rule.options or _is_tested(rule, None, str(row.uuid))
        case Queue() if rule.queue_id == row.pk:
            return True
        case TicketType() if rule.type_id == row.pk:
            return True
    return _is_tested(rule, WORDS[type(row)], str(row.pk))


def _is_tested(rule: FieldRule, field: str | None, value: str) -> bool:
    """Whether a test has this value, of whichever field without one: uuids are theirs alone."""
    return any(
        field in (None, test["field"]) and value in map(str, test["values"]) for test in rule.tests
    )


def _renamed(test: dict, row: Model, into: Model) -> dict:
    if isinstance(row, FieldOption):
        return {**test, "values": _replaced(test["values"], str(row.uuid), str(into.uuid))}
    if test["field"] != WORDS[type(row)]:
        return test
    return {**test, "values": _replaced(test["values"], str(row.pk), str(into.pk))}


def _replaced(values: Iterable, old: str, new: str) -> list[str]:
    return list(dict.fromkeys(new if str(one) == old else str(one) for one in values))
