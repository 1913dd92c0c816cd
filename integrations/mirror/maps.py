"""The vocabulary of a connection, kept up with what both sides have: what a person chose stays."""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from helpdesk.models import Ticket
from helpdesk.models.configuration import configuration
from integrations.connector import Connector, ConnectorError, Instance, Maps
from integrations.mapping import propose_maps
from integrations.mirror import ways
from integrations.models import Connection, Link
from integrations.ours import our_fields
from integrations.vocabulary import OPTIONS
from integrations.vocabulary_store import keep_description

log = logging.getLogger(__name__)
OLD = timedelta(minutes=10)
OLD_WHEN_MISSED = timedelta(seconds=60)


def keep_maps(connection: Connection, connector: Connector, ticket: Ticket | None = None) -> None:
    """Ask the service for its people, fields and tags if that was long ago.

    Earlier if the ticket has a custom field or tag that is not mapped.
    """
    age = timezone.now() - connection.maps_at if connection.maps_at else None
    if (
        age is None
        or age > OLD
        or (age > OLD_WHEN_MISSED and _misses(connection, connector, ticket))
    ):
        refresh_maps(connection, connector)


def refresh_maps(connection: Connection, connector: Connector) -> None:
    """Map by equal names what is not mapped yet, and store it."""
    try:
        found = connector.describe()
        keep_description(connection, found)
    except ConnectorError as error:
        if error.scope == "connection":
            raise
        log.warning("%s does not say what it has: %s", connection, error.message)
        found = Instance()
    take_up(connection, connector, found)


def take_up(connection: Connection, connector: Connector, found: Instance) -> None:
    """Propose what is of the same name on both sides, and store it beside what was chosen."""
    known_here = configuration()
    fields = our_fields(connection.queue_id)
    public = [field for field in fields if not known_here.fields[field.key].staff_only]
    types = [one.name for one in known_here.types.values() if one.deleted_at is None]
    proposed = propose_maps(found, public, types)
    with transaction.atomic():  # a person may choose meanwhile
        kept = Connection.objects.select_for_update().get(pk=connection.pk)
        known = set(kept.maps.get("custom", {}))
        connection.maps = joined(kept.maps, proposed)
        connection.maps_at = timezone.now()
        Connection.objects.filter(pk=connection.pk).update(
            maps=connection.maps, maps_at=connection.maps_at
        )
    connector.maps = connection.maps
    if known and set(connection.maps["custom"]) - known:
        waiting = Link.objects.filter(connection=connection).exclude(left_out=[])
        waiting.update(due_at=timezone.now(), must_read=True, urgency=Link.Urgency.BACKFILL)


def joined(chosen: Maps, proposed: Maps) -> Maps:
    """`chosen` with what is new in `proposed`; a field's options grow, what it maps to stays.

    What a person decided on (`decided`) is not proposed again, also where it is mapped to nothing.
    """
    left = _undecided(chosen, proposed)
    custom: dict[str, Any] = dict(left.get("custom", {}))
    for key, mapped in chosen.get("custom", {}).items():
        found = proposed.get("custom", {}).get(key)
        if found and found["id"] == mapped["id"]:
            decided = chosen.get("decided", {}).get(OPTIONS + key, ())
            new = {name: value for name, value in found["options"].items() if name not in decided}
            mapped = {**mapped, "options": {**new, **mapped.get("options", {})}}
        custom[key] = mapped
    return {
        **left,
        **chosen,
        "custom": custom,
        "type": {**left.get("type", {}), **chosen.get("type", {})},
        "type_out": {**left.get("type_out", {}), **chosen.get("type_out", {})},
        "people": {**left.get("people", {}), **chosen.get("people", {})},
        "tags": {**chosen.get("tags", {}), **left.get("tags", {})},
    }


def _undecided(chosen: Maps, proposed: Maps) -> Maps:
    """The proposals without those on which a person decided."""
    decided = chosen.get("decided", {})
    return {
        name: {key: value for key, value in found.items() if key not in decided.get(name, ())}
        if isinstance(found, dict)
        else found
        for name, found in proposed.items()
    }


def unmapped(connection: Connection, connector: Connector, ticket: Ticket) -> list[str]:
    """The names of the ticket's filled custom fields that the other side has no field for."""
    if "custom_words" in connector.capabilities.fields:
        return []
    fields = configuration().fields
    mapped = connection.maps.get("custom", {})
    return sorted(
        fields[key].name
        for key in ticket.custom
        if key in fields
        and key not in mapped
        and not fields[key].staff_only
        and ways.way_of(connection, ways.CUSTOM + key) in ways.OUTWARDS
    )


def _misses(connection: Connection, connector: Connector, ticket: Ticket | None) -> bool:
    if ticket is None:
        return False
    known = {name.casefold() for name in connection.maps.get("tags", {})}
    has_categories = bool(connection.maps.get("tag_category"))
    unknown_tag = any(tag.name.casefold() not in known for tag in ticket.tag_list)
    return bool(unmapped(connection, connector, ticket)) or (has_categories and unknown_tag)
