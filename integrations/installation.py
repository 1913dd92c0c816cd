"""Who we are to other helpdesks: the installation's uuid, and references that carry it."""

import uuid
from dataclasses import dataclass

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.db.models import QuerySet

from helpdesk.models import Ticket
from integrations.models import Connection, Record

SOURCE_PREFIX = "helpdesk:"
REMEMBERED_FOR = 300  # seconds
BIRTH = "birth"  # kind of the record that a ticket of another installation came


@dataclass(frozen=True, slots=True)
class Reference:
    """`<installation>/<connection>/<ticket uuid>`: where a ticket came from."""

    installation: str
    connection: str
    ticket: str

    @property
    def source(self) -> str:
        return f"{SOURCE_PREFIX}{self.installation}/{self.connection}"

    def __str__(self) -> str:
        return f"{self.installation}/{self.connection}/{self.ticket}"


def installation() -> str:
    """This installation's uuid, made on first use."""
    if database.in_atomic_block:  # what is made in it may be rolled back
        return _stored()
    return cache.get_or_set("installation", _stored, REMEMBERED_FOR)


def _stored() -> str:
    row, _made = Record.objects.get_or_create(
        service="", key=None, kind="installation", name="uuid", defaults={"content": _new()}
    )
    return row.content["uuid"]


def reference_of(connection: Connection, ticket: Ticket) -> str:
    """What is sent as `Helpdesk-Origin` with calls about a ticket."""
    return str(Reference(installation(), str(connection.uuid), str(ticket.uuid)))


def origin_of(connection: Connection) -> str:
    """What is sent as `Helpdesk-Origin` with calls about no ticket."""
    return f"{installation()}/{connection.uuid}"


def part_of(reference: str, identity: object) -> str:
    """The reference of a comment or file of a ticket: a repeated one is known by it."""
    return f"{reference}/{identity}"


def read_reference(text: str) -> Reference | None:
    """The reference of a ticket or of a part of it; None for anything else."""
    parts = text.strip().split("/")
    if len(parts) not in (3, 4) or not parts[1] or len(text) > 220:
        return None
    try:
        first, last = uuid.UUID(parts[0]), uuid.UUID(parts[2])
    except ValueError:
        return None
    return Reference(str(first), parts[1], str(last))


def ticket_from(reference: Reference) -> Ticket | None:
    """The ticket here that a reference means: one of ours, or the one that came from there."""
    if reference.installation == installation():
        return Ticket.objects.filter(uuid=reference.ticket).first()
    return ticket_of(reference.installation, reference.ticket)


def ticket_of(
    other_installation: str, identity: str, *, among: QuerySet[Ticket] | None = None
) -> Ticket | None:
    """The ticket here that came from another installation, by whichever connection.

    Looked for `among` what a caller sees, else everywhere but in sandboxes: what was only tried
    there is not the ticket.
    """
    rows = Ticket.objects.outside_sandboxes() if among is None else among
    came = rows.filter(
        source__startswith=f"{SOURCE_PREFIX}{other_installation}/", source_ref=identity
    )
    return came.order_by("pk").first()


def is_first_birth(other_installation: str, identity: str) -> bool:
    """Whether nobody brought this ticket of another installation here before; asked once.

    Called in the transaction that opens it. Two connections, one of each side, may both bring it
    at the same moment: the second waits for the first, and is told so.
    """
    try:
        with transaction.atomic():
            Record.objects.create(kind=BIRTH, name=f"{other_installation}/{identity}"[:200])
    except IntegrityError:
        return False
    return True


def _new() -> dict[str, str]:
    return {"uuid": str(uuid.uuid4())}
