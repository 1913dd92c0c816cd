"""Which ticket here is which there, and making the one that is missing: once, whatever is lost."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from helpdesk.models import Ticket
from integrations import ours
from integrations.connector import SET_FIELDS, Connector, ConnectorError, Fields
from integrations.installation import (
    SOURCE_PREFIX,
    Reference,
    installation,
    is_first_birth,
    read_reference,
    reference_of,
    ticket_from,
    ticket_of,
)
from integrations.merge import element_key
from integrations.mirror import carrying, files, reading, ways
from integrations.mirror.attempts import attempt, found_again
from integrations.mirror.claims import NotYet, claim_link
from integrations.models import Connection, Link
from integrations.remote import RemoteTicket

UNDER_WAY_FOR = timedelta(minutes=2)
CHOSEN = ("priority", "type")  # from a vocabulary: they are shown as they were written


# From there --------------------------------------------------------------------------------------


def link_for(connection: Connection, connector: Connector, remote: RemoteTicket) -> Link | None:
    """The link for a ticket there that has none yet; None if it is not to be mirrored."""
    if _was_before(connection, remote):
        return None
    known = _ticket_here(connector, remote)
    if known is not None:
        return _link_known(connection, connector, known, remote)
    _refuse_if_under_way(connection, remote)
    if connection.scope == Connection.Scope.LINKED:
        return None
    link, _made = Link.objects.get_or_create(connection=connection, remote_id=remote.id)
    return link


def source_of(connection: Connection, connector: Connector, remote: RemoteTicket) -> dict[str, str]:
    """Under which source a ticket from there is kept: where it began, if that is a helpdesk."""
    began = read_reference(remote.reference)
    if began is not None:
        return {"source": began.source, "source_ref": began.ticket}
    if connector.installation:
        came = Reference(connector.installation, str(connection.uuid), remote.id)
        return {"source": came.source, "source_ref": remote.id}
    return {"source": f"{connection.service}:{connection.uuid}", "source_ref": remote.id[:200]}


def is_here_now(connector: Connector, remote: RemoteTicket) -> bool:
    """Whether the ticket came here by another way since it was looked for.

    Asked in the transaction that opens it, see `is_first_birth`.
    """
    began = read_reference(remote.reference)
    if began is not None and began.installation != installation():
        return not is_first_birth(began.installation, began.ticket) and bool(ticket_from(began))
    if began is None and connector.installation:
        is_first = is_first_birth(connector.installation, remote.id)
        return not is_first and ticket_of(connector.installation, remote.id) is not None
    return False


def _was_before(connection: Connection, remote: RemoteTicket) -> bool:
    """Whether it is only the overlap of the cursor that shows it: nothing happened since."""
    known = connection.before.get(remote.id)
    return known is not None and known == moment(remote)


def moment(remote: RemoteTicket) -> str:
    return remote.updated_at.isoformat() if remote.updated_at else ""


def _ticket_here(connector: Connector, remote: RemoteTicket) -> Ticket | None:
    began = read_reference(remote.reference)
    if began is not None and (found := ticket_from(began)) is not None:
        return found
    return ticket_of(connector.installation, remote.id) if connector.installation else None


def _link_known(
    connection: Connection, connector: Connector, ticket: Ticket, remote: RemoteTicket
) -> Link | None:
    """Link a ticket that is here already.

    If another connection brought it here or there, that one keeps both in step, and this one
    does nothing: two mirrors of one pair would say everything twice.
    """
    came = read_reference(remote.reference)
    here = ticket.source.removeprefix(SOURCE_PREFIX).partition("/")[2]
    by = came.connection if came and came.installation == installation() else here
    link, _made = Link.objects.get_or_create(connection=connection, ticket=ticket)
    if by != str(connection.uuid):
        if not link.remote_id:
            Link.objects.filter(pk=link.pk, remote_id="").update(
                remote_id=remote.id,
                remote_number=remote.number[:80],
                state=Link.State.ELSEWHERE,
                due_at=None,
            )
        return None
    if link.remote_id and link.remote_id != remote.id:
        return None  # a second one there of the same ticket: the first is the one
    claim = claim_link(link.pk)
    if claim is None:  # being created just now: whoever does that stores it
        return None
    try:
        if not claim.link.remote_id and claim.link.attempt_began_at is not None:
            _adopt_lost(connection, connector, claim.link, ticket, remote)
        elif not claim.link.remote_id:
            adopt(claim.link, remote)
    finally:
        claim.release()
    return Link.objects.get(pk=link.pk)


def _refuse_if_under_way(connection: Connection, remote: RemoteTicket) -> None:
    """A create of ours without an answer yet may be this very ticket."""
    under_way = Link.objects.filter(
        connection=connection, remote_id="", attempt_began_at__isnull=False
    )
    title = " ".join(str(remote.fields.get("title") or "").split())
    for link in under_way.select_related("ticket"):
        if " ".join(link.ticket.title.split()) != title:
            continue
        if timezone.now() - link.attempt_began_at < UNDER_WAY_FOR:
            raise NotYet
        adopt(link, remote)
        raise NotYet


# To there ----------------------------------------------------------------------------------------


def create_there(
    connection: Connection, connector: Connector, link: Link, ticket: Ticket
) -> RemoteTicket | None:
    """Create the ticket there, or find the one that an attempt without an answer has made.

    None: it is mirrored by another connection already. The attempt is on record before the call.
    """
    reference = reference_of(connection, ticket)
    fields = _as_born(connection, connector, ticket)
    remote = None
    if was_lost := link.attempt_began_at is not None:
        remote = found_again(connection, connector, link, fields, reference)
    if remote is None:
        remote = _created(connection, connector, link, fields, reference)
    came = read_reference(remote.reference)
    if came and came.installation == installation() and came.connection != str(connection.uuid):
        Link.objects.filter(pk=link.pk).update(
            remote_id=remote.id,
            remote_number=remote.number[:80],
            state=Link.State.ELSEWHERE,
            attempt_began_at=None,
            due_at=None,
        )
        return None
    settled = _settled_by_birth(connector, fields)
    adopt(link, remote, settled, _brought(connector, settled) if was_lost else None)
    return remote


def lost_one(
    connection: Connection, connector: Connector, link: Link, ticket: Ticket
) -> RemoteTicket | None:
    """What an attempt without an answer has made, so that it can be ended; None: nothing."""
    fields, reference = _as_born(connection, connector, ticket), reference_of(connection, ticket)
    remote = found_again(connection, connector, link, fields, reference)
    if remote is None and not connector.capabilities.can_find:
        remote = connector.create(fields, reference)  # it is repeatable: the answer is the first
    if remote is not None:
        adopt(link, remote)
    return remote


def adopt(
    link: Link,
    remote: RemoteTicket,
    agreed_ours: Fields | None = None,
    brought: Fields | None = None,
) -> None:
    """Take a ticket there as ours. Theirs counts as agreed, so that ours is what is sent.

    `agreed_ours` are fields that there is nothing more to send of; `brought` those of them, in
    their words, that are known as the create brought them. What is shown otherwise, or of a set
    beyond that, is no part of it: it changed there meanwhile, and is still to be read.
    """
    ours, theirs = dict(agreed_ours or {}), {**remote.theirs, **(brought or {})}
    for name in SET_FIELDS:
        if name in link.agreed_ours and name in link.agreed_theirs and not link.remote_id:
            sent = {element_key(one) for one in link.agreed_theirs[name]}
            theirs[name] = [one for one in theirs.get(name) or [] if element_key(one) in sent]
            is_whole = len(theirs[name]) == len(sent)
            ours.setdefault(name, link.agreed_ours[name] if is_whole else [])
    changes = {
        "remote_id": remote.id,
        "remote_number": remote.number[:80],
        "remote_url": remote.url[:1000],
        "agreed_ours": ours,
        "agreed_theirs": theirs,
        "attempt_began_at": None,
        "last_exchange_at": timezone.now(),
    }
    if Link.objects.filter(pk=link.pk, remote_id="").update(**changes):
        for name, value in changes.items():
            setattr(link, name, value)
    else:
        link.refresh_from_db()


def _adopt_lost(
    connection: Connection,
    connector: Connector,
    link: Link,
    ticket: Ticket,
    remote: RemoteTicket,
) -> None:
    """Take what an attempt without an answer has made, and was found by looking."""
    settled = _settled_by_birth(connector, _as_born(connection, connector, ticket))
    adopt(link, remote, settled, _brought(connector, settled))


def _brought(connector: Connector, settled: Fields) -> Fields:
    """What the create brought of the fields that nothing else can set, in their words."""
    written = connector.written({name: settled[name] for name in CHOSEN if name in settled})
    return {name: value for name, value in written.items() if name in CHOSEN}


def _created(
    connection: Connection, connector: Connector, link: Link, fields: Fields, reference: str
) -> RemoteTicket:
    """The attempt is on record, and so is each word and file that goes with it."""
    can = connector.capabilities
    carried: dict[str, Any] = {}
    if can.comments_with_create:
        carried["comments"] = carrying.on_the_way(connection, link)
    if can.attachments_with_create:
        carried["attachments"] = files.on_the_way(link)
    _note_sets(connector, link, fields)
    noted = {"agreed_ours": link.agreed_ours, "agreed_theirs": link.agreed_theirs}
    try:
        with attempt(connector, link, **noted):
            return connector.create(fields, reference, **carried)
    except ConnectorError as error:
        if not error.maybe_done and carried:
            carrying.not_sent(link)
            files.not_sent(link)
        raise


def _note_sets(connector: Connector, link: Link, fields: Fields) -> None:
    """What the create brings: what is found after a lost answer may have changed there."""
    late = connector.capabilities.after_create
    sets = {name: fields[name] or [] for name in SET_FIELDS if name in fields and name not in late}
    written = connector.written(sets)
    link.agreed_ours = {name: value for name, value in sets.items() if name in written}
    link.agreed_theirs = {name: written[name] or [] for name in link.agreed_ours}


def _as_born(connection: Connection, connector: Connector, ticket: Ticket) -> Fields:
    fields = reading.our_side(connection, connector, ticket)
    fields = ways.at_birth(connection, fields, ways.OUTWARDS)
    if "body" in fields:
        fields["body_format"] = ticket.body_format
    return fields | ours.told(ticket, connector.capabilities.told)


def _settled_by_birth(connector: Connector, fields: Fields) -> Fields:
    """What nothing else can set, or only by making the ticket anew."""
    can = connector.capabilities
    names = can.fields if can.replaces else ways.fixed_fields(connector)
    return {name: fields[name] for name in names if name in fields and name != "body_format"}
