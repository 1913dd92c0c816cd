"""How the custom fields of a ticket stand: the engine of conditions, fed from the snapshot."""

from collections.abc import Iterable, Mapping

from helpdesk.conditions import CUSTOM, OWN, Rule, Standing, Trial, standings
from helpdesk.models import CustomField, FieldRule
from helpdesk.models.configuration import configuration


def rule_of(row: FieldRule, key: str) -> Rule:
    """A stored condition as the engine takes it."""
    tests = tuple(
        Trial(one["field"], one["is"], frozenset(map(str, one.get("values", ()))))
        for one in row.tests
    )
    return Rule(key, row.effect, tests, row.any_test, frozenset(row.options))


def rules_in(queue_id: int | None, type_id: int | None) -> list[Rule]:
    """The conditions of a queue and type, ready for the engine: made once a snapshot."""
    known = configuration()
    name = ("rules", queue_id, type_id)
    if name not in known.cache:
        keys = {field.pk: field.key for field in known.fields.values()}
        rows = known.rules_for(queue_id, type_id)
        known.cache[name] = [rule_of(row, keys[row.field_id]) for row in rows]
    return known.cache[name]


def standings_in(values: Mapping[str, object]) -> dict[str, Standing]:
    """How the fields of a queue and type stand, by key and in their order.

    `values` holds `queue` and `type` as ids, `priority`, `tags` as ids, custom fields in their
    stored form as `custom.<key>`.
    """
    queue_id, type_id = values.get("queue"), values.get("type")
    fields = fields_in(queue_id, type_id)
    plain = [(one.key, one.required, one.required_to_resolve) for one in fields]
    return standings(plain, rules_in(queue_id, type_id), values)


def fields_in(queue_id: int | None, type_id: int | None) -> list[CustomField]:
    return configuration().fields_for(queue_id, type_id) if queue_id else []


def values_of(ticket, *, custom: Mapping | None = None) -> dict[str, object]:
    """What the tests of conditions read, from a ticket that may not be saved yet."""
    held = ticket.custom if custom is None else custom
    return {
        "queue": ticket.queue_id,
        "type": ticket.type_id,
        "priority": ticket.priority,
        "tags": list(ticket.tag_ids),
        **{f"{CUSTOM}{key}": value for key, value in held.items()},
    }


def names_read(queue_id: int | None, type_id: int | None) -> set[str]:
    """The names of fields on whose values others depend in a queue and for a type."""
    return {name for rule in rules_in(queue_id, type_id) for name in rule.reads}


def known_names(fields: Iterable[CustomField]) -> tuple[str, ...]:
    """What a test may name."""
    return (*OWN, *(f"{CUSTOM}{field.key}" for field in fields))
