"""From there to here: what changed since the cursor."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.connector import ConnectorError
from integrations.installation import reference_of
from integrations.merge import changed
from integrations.mirror import births, conversation, files, opening, reading
from integrations.mirror.claims import Claim, Lease, Lost, NotYet, claim_link
from integrations.mirror.maps import keep_maps
from integrations.mirror.run import Run, with_claim
from integrations.models import AT_REST, Connection, Link
from integrations.remote import RemoteTicket

SOON = timedelta(seconds=2)
AT_ONCE = 20  # changes whose links are looked up together


def pull(run: Run, lease: Lease) -> None:
    """Take over what changed there, oldest first; the cursor is stored with each ticket."""
    connection = run.connection
    keep_maps(connection, run.connector)
    if not connection.cursor:
        _begin(run)
        return
    again = timedelta(seconds=run.connector.poll_seconds)
    cursor = stored = connection.cursor
    for remote, cursor, link in _linked(connection, run.connector.changes(connection.cursor)):
        try:
            if take(run, remote, _storing(connection, lease, cursor), link):
                stored = cursor
        except NotYet:
            cursor, again = stored, SOON
            break
        if run.is_over:
            again = timedelta(0)
            break
    rows = Connection.objects.filter(pk=connection.pk, lease=lease.token)
    rows.update(cursor=cursor, poll_at=timezone.now() + again)


def take(
    run: Run, remote: RemoteTicket, store_cursor: Callable[[], None], link: Link | None = None
) -> bool:
    """Take over one ticket; returns whether the cursor was stored with it.

    `link` as it was a moment ago: what is taken over is read anew.
    """
    connection = run.connection
    if link is None:
        link = Link.objects.filter(connection=connection, remote_id=remote.id).first()
    if link is None:
        link = births.link_for(connection, run.connector, remote)
    if link is None or (link.state in AT_REST and link.state != Link.State.GONE):
        return False
    if not is_news(connection, link, remote):
        return False
    claim = claim_link(link.pk)
    if claim is None:  # whoever works on it reads it again
        Link.objects.filter(pk=link.pk).update(must_read=True, due_at=timezone.now())
        return False
    done: list[bool] = []

    def work() -> None:
        read_into(run, claim, remote, store_cursor)
        done.append(True)

    with_claim(run, claim, work)
    return bool(done)


def is_news(connection: Connection, link: Link, remote: RemoteTicket) -> bool:
    """Whether anything of it differs from what was agreed; costs no call."""
    if remote.updated_at is None or link.remote_updated_at != remote.updated_at:
        return True
    if link.ticket_id is None:
        return False  # what could not be opened waits for a change or a person
    if link.state in (Link.State.CONFLICT, Link.State.ERROR):
        return False
    return bool(changed(remote.theirs, reading.agreed_of(connection, link)[1]))


def read_into(
    run: Run,
    claim: Claim,
    remote: RemoteTicket,
    store_cursor: Callable[[], None] = lambda: None,
) -> reading.Read:
    """Take over a ticket that was just read, its conversation too if that may have changed."""
    connection, connector, link = run.connection, run.connector, claim.link
    comments = None
    if link.remote_updated_at != remote.updated_at:
        reference = reference_of(connection, link.ticket) if link.ticket_id else ""
        comments = reading.conversation_of(connector, remote.id, reference)
    if link.ticket_id is None:
        read = _open(run, claim, remote, comments, store_cursor)
    else:
        read = reading.take_over(
            connection, connector, link, remote, comments, and_store=store_cursor
        )
    claim.link = link = read.link
    claim.says(**standing(link, read))
    if connection.sends and _has_to_send(connection, link, read):
        Link.objects.filter(pk=link.pk).update(due_at=timezone.now())
    return read


def standing(link: Link, read: reading.Read, *, is_unclear: bool = False) -> dict[str, str]:
    """How the link stands after a turn. `is_unclear`: a reply or file was maybe said there."""
    if is_unclear:
        state = Link.State.MAYBE_CREATED
        error = _("The answer to a reply or file was lost: what was left out says which.")
    elif read.refused:
        state, error = Link.State.ERROR, " ".join(f"{name}: {why}" for name, why in read.refused)
    elif any(conflict["winner"] == "ask" for conflict in link.conflicts):
        state, error = Link.State.CONFLICT, ""
    else:
        state, error = Link.State.OK, ""
    return {"state": state, "error": error}


def _open(
    run: Run,
    claim: Claim,
    remote: RemoteTicket,
    comments: list | None,
    store_cursor: Callable[[], None],
) -> reading.Read:
    connection, connector = run.connection, run.connector
    try:
        with transaction.atomic():
            if births.is_here_now(connector, remote):
                raise NotYet
            return opening.open_here(
                connection,
                connector,
                claim.link,
                remote,
                comments,
                and_store=store_cursor,
                **births.source_of(connection, connector, remote),
            )
    except NotYet:
        Link.objects.filter(pk=claim.link.pk, ticket=None).delete()
        raise
    except Exception:
        # Known all the same, so that it is not tried at every look.
        Link.objects.filter(pk=claim.link.pk).update(
            remote_updated_at=remote.updated_at, remote_number=remote.number[:80]
        )
        raise


def _has_to_send(connection: Connection, link: Link, read: reading.Read) -> bool:
    return bool(
        read.there
        or conversation.to_send(connection, link).exists()
        or files.to_send(link).exists()
    )


def _linked(
    connection: Connection, changes: Iterator[tuple[RemoteTicket, str]]
) -> Iterator[tuple[RemoteTicket, str, Link | None]]:
    """Each change with its link. Most are our own, come back: one statement for many of them."""
    for some in _together(changes):
        links = connection.links.filter(remote_id__in=[remote.id for remote, _cursor in some])
        found = {link.remote_id: link for link in links}
        for remote, cursor in some:
            yield remote, cursor, found.get(remote.id)


def _together(
    changes: Iterator[tuple[RemoteTicket, str]],
) -> Iterator[list[tuple[RemoteTicket, str]]]:
    """Some at a time, also those that came before a call failed."""
    some: list[tuple[RemoteTicket, str]] = []
    try:
        for change in changes:
            some.append(change)
            if len(some) == AT_ONCE:
                yield some
                some = []
    except ConnectorError:
        if some:
            yield some
        raise
    if some:
        yield some


def _begin(run: Run) -> None:
    """Remember where we come in, and what the overlap shows of the time before."""
    connection = run.connection
    cursor = run.connector.begin()
    before = {}
    for remote, _cursor in run.connector.changes(cursor):
        before[remote.id] = births.moment(remote)
    Connection.objects.filter(pk=connection.pk, cursor="").update(
        cursor=cursor, before=before, poll_at=timezone.now() + SOON
    )


def _storing(connection: Connection, lease: Lease, cursor: str) -> Callable[[], None]:
    def store() -> None:
        rows = Connection.objects.filter(pk=connection.pk, lease=lease.token)
        if not rows.update(cursor=cursor):
            raise Lost

    return store
