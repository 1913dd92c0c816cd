"""Which tickets a connection mirrors by itself: those of its queue that its query finds.

The query is what stands after the question mark of a list of tickets, such as
`category=unresolved&tag=vip`. It may name other queues (`queue=sales`); without that it never
reaches beyond the connection's own. A ticket that leaves the scope stays mirrored.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from helpdesk.actor import system
from helpdesk.filters import TicketFilter
from helpdesk.models import Ticket
from integrations.models import Connection

log = logging.getLogger(__name__)
LONGEST = 2000  # characters
OF_LISTS = ("sort", "cursor", "limit", "layout", "list", "page")
OF_PEOPLE = ("assignee", "requester")
QUEUE = "queue"


def tidy(text: str) -> str:
    """The query in what a person typed or pasted, without what only a list needs.

    Raises ValidationError by parameter.
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise ValidationError(_("A query has at most %(limit)s characters.") % {"limit": LONGEST})
    if text.startswith(("http://", "https://", "/", "?")):
        text = urlsplit(text).query
    if text and "=" not in text:
        words = _("“%(text)s” is no query. Write parameter=value, such as category=unresolved.")
        raise ValidationError(words % {"text": text[:60]})
    given = QueryDict(text, mutable=True)
    for name in OF_LISTS:
        given.pop(name, None)
    for name in [name for name, values in given.lists() if not any(map(str.strip, values))]:
        del given[name]
    return given.urlencode(safe=":/@,")


def narrowed(
    rows: QuerySet[Ticket], connection: Connection, query: str | None = None
) -> QuerySet[Ticket]:
    """Those of the tickets that lie in the scope; `query` instead of the connection's own.

    Raises ValidationError by parameter, also where a stored query names what is no more.
    """
    given = QueryDict(connection.query if query is None else query)
    if QUEUE not in given:
        rows = rows.filter(queue_id=connection.queue_id)
    if not given:
        return rows
    for name in OF_PEOPLE:
        if any(value.casefold() == "me" for value in given.getlist(name)):
            raise ValidationError({name: _("“me” is nobody here. Name the person.")})
    found = TicketFilter(given, rows, actor=system(connection.origin))
    found.refuse()
    return found.qs


def tickets(connection: Connection, query: str | None = None) -> QuerySet[Ticket]:
    """Every ticket that lies in the scope now, deleted and merged ones left out."""
    rows = Ticket.objects.filter(deleted_at=None, merged_into=None)
    return narrowed(rows, connection, query)


def among(connection: Connection, ticket_ids: Iterable[int]) -> list[int]:
    """Which of these tickets lie in the scope. None do while its query cannot be understood."""
    try:
        rows = tickets(connection).filter(pk__in=list(ticket_ids))
        return list(rows.order_by("pk").values_list("pk", flat=True))
    except ValidationError as error:
        log.warning("The query of %s finds nothing: %s", connection, " ".join(error.messages))
        return []


def problem(connection: Connection) -> str:
    """Why the stored query cannot be understood any more, "" if it can."""
    try:
        tickets(connection)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def words_of(error: ValidationError) -> list[tuple[str, str]]:
    """(parameter, what is wrong), "" for the query as a whole."""
    if not hasattr(error, "error_dict"):
        return [("", " ".join(error.messages))]
    return [(name, " ".join(words)) for name, words in error.message_dict.items()]
