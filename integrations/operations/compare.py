"""Comparing a ticket here with what was read there. Makes no call and writes nothing."""

from __future__ import annotations

from typing import Any

from helpdesk.models import Ticket
from integrations.connector import Connector, Fields
from integrations.merge import CUSTOM, same
from integrations.mirror import reading, ways
from integrations.mirror.halves import travelling
from integrations.models import Connection
from integrations.operations.losses import TEXTS
from integrations.remote import RemoteTicket

MISSING = object()


def differences(
    connection: Connection, connector: Connector, ticket: Ticket, remote: RemoteTicket
) -> list[dict[str, Any]]:
    """Fields whose values differ on both sides, beyond what the service cannot hold.

    Each is `{"field", "ours", "written", "theirs", "read"}`: our value, what it is in the
    service's words, what stands there in these words, and what that is in ours.
    """
    names, keys = ways.names_of(connection, connector), ways.keys_of(connection)
    side = reading.our_side(connection, connector, ticket)
    ours, written = _flat(side), _flat(connector.written(side))
    theirs = _flat(travelling(remote.theirs, names, keys))
    read = _flat(travelling(remote.fields, names, keys))
    lossy = connector.capabilities.lossy
    return [
        {
            "field": name,
            "ours": ours.get(name),
            "written": written[name],
            "theirs": theirs[name],
            "read": read.get(name),
        }
        for name in theirs
        if name in written
        and name.partition(".")[0] not in lossy
        and not _equal(name, written[name], theirs[name])
        and not _equal(name, ours.get(name, MISSING), read.get(name, MISSING))
    ]


def _equal(name: str, one: Any, other: Any) -> bool:
    if name in TEXTS and isinstance(one, str) and isinstance(other, str):
        return " ".join(one.split()) == " ".join(other.split())
    return one is not MISSING and other is not MISSING and same(one, other)


def _flat(fields: Fields) -> dict[str, Any]:
    flat = {name: value for name, value in fields.items() if name != "custom"}
    custom = (fields.get("custom") or {}).items()
    return flat | {CUSTOM + key: value for key, value in custom}
