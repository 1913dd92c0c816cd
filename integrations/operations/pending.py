"""What of a mirrored ticket still differs from what was agreed, field by field. Makes no call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helpdesk.models import Ticket
from integrations.connecting import client_of
from integrations.connector import ConnectorError, Fields
from integrations.merge import CUSTOM, changed
from integrations.mirror import reading, ways
from integrations.models import Connection, Link


@dataclass(frozen=True, slots=True)
class Pending:
    """A field that is still to be sent. `theirs` is the value there in the service's own word."""

    field: str
    ours: Any
    agreed: Any
    theirs: Any
    is_fixed: bool = False  # nothing can change it there any more


def pending_of(connection: Connection, link: Link, ticket: Ticket) -> list[Pending]:
    """Fields of ours that the other side does not have yet; empty before the ticket is there."""
    if not link.remote_id or not connection.sends:
        return []
    try:
        client = client_of(connection)
    except ConnectorError:  # its folder is gone: the connection says so
        return []
    side = reading.our_side(connection, client, ticket)
    agreed_ours, agreed_theirs = reading.agreed_of(connection, link)
    fixed = ways.fixed_fields(client)
    found: list[Pending] = []
    for name in ways.only(connection, changed(side, agreed_ours), ways.OUTWARDS):
        if name == "custom":
            found += _custom(side, agreed_ours, agreed_theirs)
        else:
            found.append(
                Pending(
                    name,
                    side[name],
                    agreed_ours.get(name),
                    agreed_theirs.get(name),
                    name in fixed,
                )
            )
    return found


def _custom(side: Fields, agreed_ours: Fields, agreed_theirs: Fields) -> list[Pending]:
    ours, agreed = side["custom"] or {}, agreed_ours.get("custom") or {}
    theirs = agreed_theirs.get("custom") or {}
    keys = changed({"custom": ours}, {"custom": agreed})["custom"]
    return [Pending(CUSTOM + key, ours.get(key), agreed.get(key), theirs.get(key)) for key in keys]
