"""A ticket by its reference at a source: read, or opened and changed by one call."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.api.preconditions import base_in, refuse_missing, refuse_present, unchanged_since
from helpdesk.api.schemas.tickets import by_source_get, by_source_put
from helpdesk.api.ticket_input import TicketBySource, waiting_files
from helpdesk.api.ticket_shape import TICKETS
from helpdesk.api.tickets import ShownTicket
from helpdesk.models import Ticket
from helpdesk.text import one_line

OF_OPENING = ("attachments",)


class TicketAtSource(ShownTicket):
    """`source` and `source_ref` name the ticket: whoever keeps no number of ours needs none."""

    http_method_names = ("get", "head", "put")

    @by_source_get
    def get(self, request, source: str, source_ref: str) -> HttpResponse:
        return self.shown(lambda: self._row(source, source_ref))

    @by_source_put
    def put(self, request, source: str, source_ref: str) -> HttpResponse:
        named = _named(source, source_ref)
        _refuse_blank(named)
        fields = self.checked(TicketBySource)
        files = fields.pop("attachments", None)
        attachments = waiting_files(files, self.actor) if files else ()
        with transaction.atomic():
            found = self._known(named)
            if found is None:
                refuse_missing(request)
                fields.pop("version", None)
                row = {"title": "", **fields, **named}
                ticket = actions.open_ticket(by=self.actor, attachments=attachments, **row)
                if not ticket.is_repeat:
                    return self.said(ticket, 201)
                found = ticket  # another one opened it meanwhile
            refuse_present(request)
            if attachments:
                words = _("Files are taken only when the ticket is opened. Use its attachments.")
                raise ValidationError({"attachments": words})
            base = base_in(fields, found)
            with unchanged_since(request, found, self.actor):
                ticket = actions.change_ticket(found, by=self.actor, base=base, **fields)
        return self.said(ticket)

    def _row(self, source: str, source_ref: str) -> dict:
        named = _named(source, source_ref)
        rows = TICKETS.visible_to(self.actor).filter(**named)
        row = rows.order_by("pk").first() if all(named.values()) else None
        if row is None:
            raise Http404
        return row

    def _known(self, named: dict[str, str]) -> Ticket | None:
        rows = Ticket.objects.visible_to(self.actor).filter(**named)
        return rows.order_by("pk").first()


def _named(source: str, source_ref: str) -> dict[str, str]:
    """Spaced as it is stored; what cannot be stored is never found."""
    return {"source": one_line(source), "source_ref": one_line(source_ref)}


def _refuse_blank(named: dict[str, str]) -> None:
    """Raise ValidationError for a name of nothing but blanks: tickets without a source have it."""
    if blank := [name for name, value in named.items() if not value]:
        raise ValidationError(dict.fromkeys(blank, _("Give more than blanks.")))
