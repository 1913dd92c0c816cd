"""Calls not to be made twice: on record before they leave, looked for if an answer is lost."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from integrations.connector import Connector, ConnectorError, Fields
from integrations.mirror.failures import MaybeCreated
from integrations.models import Connection, Link
from integrations.remote import RemoteTicket


def found_again(
    connection: Connection, connector: Connector, link: Link, fields: Fields, reference: str
) -> RemoteTicket | None:
    """What the attempt without an answer has made; None: making it once more does no harm.

    Raises MaybeCreated where nothing can tell.
    """
    can = connector.capabilities
    if not can.can_find:
        if can.repeatable_create or is_helpdesk(connector):
            return None
        raise MaybeCreated
    found = connector.find(fields, since=link.attempt_began_at, reference=reference)
    ids = [remote.id for remote in found]
    linked = Link.objects.filter(connection=connection, remote_id__in=ids)
    taken = set(linked.values_list("remote_id", flat=True)) | {link.obsolete_id}
    return next((remote for remote in found if remote.id not in taken), None)


def is_helpdesk(connector: Connector) -> bool:
    """Whether a helpdesk like this one answers there: it makes nothing twice of one reference."""
    if not connector.installation:
        connector.check()
    return bool(connector.installation)


@contextmanager
def attempt(connector: Connector, link: Link, **noted: Fields) -> Iterator[None]:
    """On record before the call, and off it if the call did certainly nothing.

    `noted` are columns of the link that are stored with it.
    """
    rows, now, writes = Link.objects.filter(pk=link.pk), timezone.now(), connector.writes
    rows.update(attempt_began_at=now, **noted)
    try:
        yield
    except Exception as error:
        is_known = isinstance(error, ConnectorError) and not error.maybe_done
        if is_known or connector.writes == writes:
            rows.filter(attempt_began_at=now).update(attempt_began_at=None)
        raise
