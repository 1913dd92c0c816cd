"""Which tickets an operation means: numbers, the parameters of a list, or the connection's own."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.filters import TicketFilter
from helpdesk.models import Ticket
from integrations.models import Connection

MOST_NUMBERS = 50
LONGEST = 2000  # characters
OF_LISTS = ("sort", "cursor", "limit", "layout", "list")


def tickets_of(connection: Connection, actor: Actor, query: str = "") -> QuerySet[Ticket]:
    """The tickets of the connection's queue that a query finds, among those the actor sees.

    `query` is what stands after the question mark of a list, such as `status=open&tag=vip`; the
    connection's own query counts too. Raises ValidationError.
    """
    rows = Ticket.objects.visible_to(actor).filter(queue_id=connection.queue_id, merged_into=None)
    for text in (connection.query, query):
        if text.strip():
            rows = narrowed(rows, text, actor)
    return rows


def narrowed(rows: QuerySet[Ticket], text: str, actor: Actor) -> QuerySet[Ticket]:
    if len(text) > LONGEST:
        raise ValidationError(_("A query has at most %(limit)s characters.") % {"limit": LONGEST})
    parameters = QueryDict(text.strip().removeprefix("?"))
    found = TicketFilter(parameters, rows, actor=actor, also_known=OF_LISTS)
    found.refuse()
    return found.qs


def numbers_in(text: str) -> list[int]:
    """Ticket numbers as people write them: “4817, #4818”. Raises ValidationError."""
    words = text.replace(",", " ").replace("#", " ").split()
    if len(words) > MOST_NUMBERS:
        raise ValidationError(_("At most %(limit)s tickets at once.") % {"limit": MOST_NUMBERS})
    for word in words:
        if not (word.isascii() and word.isdecimal() and len(word) < 19):
            raise ValidationError(_("“%(word)s” is not a ticket number.") % {"word": word[:40]})
    return [int(word) for word in words]
