"""Which fields of a ticket a connection mirrors, and which way each of them goes."""

from collections.abc import Iterable

from helpdesk.models.configuration import configuration
from integrations.connector import STATUS_FIELDS, Connector, Fields
from integrations.merge import Difference, changed
from integrations.models import Connection

CUSTOM = "custom."
OUTWARDS, INWARDS = ("both", "out"), ("both", "in")
AT_BIRTH = ("title",)  # no ticket begins without one, whichever way it goes later


def way_of(connection: Connection, name: str) -> str:
    """`both`, `out`, `in` or `off`. What belongs to the status or the assignee goes with it."""
    directions = connection.maps.get("directions") or {}
    if name in directions:
        return directions[name]
    if name in STATUS_FIELDS:
        return directions.get("status", "both")
    if name == "assignees":
        return directions.get("assignee", "both")
    return directions.get("custom", "both") if name.startswith(CUSTOM) else "both"


def names_of(
    connection: Connection, connector: Connector, ways: Iterable[str] = ("both", "out", "in")
) -> set[str]:
    """The fields that travel in one of these ways; `custom` is looked at key by key."""
    return {
        name
        for name in connector.capabilities.fields
        if name == "custom" or way_of(connection, name) in ways
    }


def keys_of(connection: Connection, ways: Iterable[str] = ("both", "out", "in")) -> set[str]:
    """The custom fields that travel in one of these ways.

    One that only staff sees goes nowhere unless a person has mapped it.
    """
    known = configuration().fields
    return {
        key
        for key, mapped in connection.maps.get("custom", {}).items()
        if way_of(connection, CUSTOM + key) in ways
        and (mapped.get("chosen") or not (key in known and known[key].staff_only))
    }


def at_birth(connection: Connection, fields: Fields, ways: Iterable[str]) -> Fields:
    """Of a whole ticket those fields that travel in one of these ways."""
    kept = {
        name: value
        for name, value in fields.items()
        if name in AT_BIRTH or name == "custom" or way_of(connection, name) in ways
    }
    if "custom" in kept:
        keys = keys_of(connection, ways)
        kept["custom"] = {key: value for key, value in kept["custom"].items() if key in keys}
    return kept


def only(connection: Connection, difference: Difference, ways: Iterable[str]) -> Difference:
    """What of a difference goes one of these ways."""
    kept = {
        name: value
        for name, value in difference.items()
        if name != "custom" and way_of(connection, name) in ways
    }
    custom = {
        key: value
        for key, value in difference.get("custom", {}).items()
        if way_of(connection, CUSTOM + key) in ways
    }
    return kept | ({"custom": custom} if custom else {})


def fixed_fields(connector: Connector) -> frozenset[str]:
    """Fields that nothing can change there once the ticket was created."""
    can = connector.capabilities
    if can.replaces:
        return frozenset()
    return can.create_only if can.update else can.fields


def edited_in_vain(connector: Connector, ours: Fields, agreed: Fields) -> list[str]:
    """Fields that were changed here and can't be changed there."""
    fixed = fixed_fields(connector)
    return sorted(changed({name: ours[name] for name in fixed & ours.keys()}, agreed))
