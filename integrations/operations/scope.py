"""Which tickets an operation means: numbers, the parameters of a list, or the connection's own."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.models import Ticket
from integrations import scope
from integrations.models import Connection

MOST_NUMBERS = 50


def tickets_of(
    connection: Connection, actor: Actor, query: str = "", *, whole: bool = False
) -> QuerySet[Ticket]:
    """The tickets in the connection's scope that a query finds, among those the actor sees.

    `query` is what stands after the question mark of a list, such as `status=open&tag=vip`.
    `whole`: all of the connection's queue instead of its scope. Raises ValidationError.
    """
    rows = Ticket.objects.visible_to(actor).filter(merged_into=None)
    rows = scope.narrowed(rows, connection, "" if whole else None)
    if query := scope.tidy(query):
        rows = scope.narrowed(rows, connection, query)
    return rows


def numbers_in(text: str) -> list[int]:
    """Ticket numbers as people write them: “4817, #4818”. Raises ValidationError."""
    words = text.replace(",", " ").replace("#", " ").split()
    if len(words) > MOST_NUMBERS:
        raise ValidationError(_("At most %(limit)s tickets at once.") % {"limit": MOST_NUMBERS})
    for word in words:
        if not (word.isascii() and word.isdecimal() and len(word) < 19):
            raise ValidationError(_("“%(word)s” is not a ticket number.") % {"word": word[:40]})
    return [int(word) for word in words]
