"""What of a ticket would not survive the way there and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helpdesk.models import Ticket
from integrations import ours
from integrations.connector import Connector, Fields
from integrations.merge import same
from integrations.mirror import reading
from integrations.models import Connection

NOT_FIELDS = ("body_format",)
TEXTS = ("title", "body", "resolution_comment")


@dataclass(frozen=True, slots=True)
class Loss:
    """`back` is how our value comes back, in our words; None and `travels` False: not at all."""

    field: str
    ours: Any
    theirs: Any = None
    back: Any = None
    travels: bool = True


def losses(connection: Connection, connector: Connector, ticket: Ticket) -> list[Loss]:
    """Each field of the ticket that the service changes, and each that it has no room for."""
    whole = ours.fields_of(ticket)
    side = reading.our_side(connection, connector, ticket)
    found = [
        Loss(name, value, travels=False)
        for name, value in whole.items()
        if _is_said(value) and name not in side and not _is_said_otherwise(name, side)
    ]
    return [*changed_on_the_way(connector, side), *found]


def changed_on_the_way(connector: Connector, side: Fields) -> list[Loss]:
    """What a round trip makes another value of."""
    theirs = connector.written(side)
    back = connector.understood(theirs)
    found = []
    for name, value in side.items():
        if name == "custom":
            found += _custom(value or {}, theirs.get(name) or {}, back.get(name) or {})
        elif name in back and _is_said(value) and not _reads_the_same(name, value, back[name]):
            found.append(Loss(name, value, theirs.get(name), back[name]))
    return found


def _custom(side: dict, theirs: dict, back: dict) -> list[Loss]:
    return [
        Loss(f"custom.{key}", value, theirs.get(key), back.get(key))
        for key, value in side.items()
        if _is_said(value) and not same(value, back.get(key))
    ]


def _reads_the_same(name: str, value: Any, back: Any) -> bool:
    if name in TEXTS:
        return " ".join(str(value).split()) == " ".join(str(back or "").split())
    return same(value, back)


def _is_said(value: Any) -> bool:
    return value not in (None, "", [], {})


def _is_said_otherwise(name: str, side: Fields) -> bool:
    """`assignee` and `assignees` say the same; a format is no field of its own."""
    twins = {"assignee": "assignees", "assignees": "assignee"}
    return name in NOT_FIELDS or twins.get(name) in side
