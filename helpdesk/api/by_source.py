"""A ticket by its reference at a source: read, or opened and changed by one call."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.api.base import answer
from helpdesk.api.preconditions import etag, unchanged_since
from helpdesk.api.schemas.tickets import by_source_get, by_source_put
from helpdesk.api.ticket_input import TicketBySource, waiting_files
from helpdesk.api.ticket_shape import TICKETS, ticket_shapes
from helpdesk.api.tickets import TicketView
from helpdesk.models import Ticket
from helpdesk.text import one_line

OF_OPENING = ("attachments",)


class TicketAtSource(TicketView):
    """`source` and `source_ref` name the ticket: whoever keeps no number of ours needs none."""

    http_method_names = ("get", "head", "put")

    @by_source_get
    def get(self, request, source: str, source_ref: str) -> HttpResponse:
        rows = TICKETS.visible_to(self.actor).filter(**_named(source, source_ref))
        row = rows.order_by("pk").first()
        if row is None:
            raise Http404
        [shape] = ticket_shapes([row], self.actor, self.base())
        return answer(shape, headers=etag(row["version"]))

    @by_source_put
    def put(self, request, source: str, source_ref: str) -> HttpResponse:
        fields = self.checked(TicketBySource)
        base = fields.pop("version", None)
        files = fields.pop("attachments", None)
        attachments = waiting_files(files, self.actor) if files else ()
        with transaction.atomic():
            found = self._known(source, source_ref)
            if found is None:
                row = {"title": "", **fields, **_named(source, source_ref)}
                ticket = actions.open_ticket(by=self.actor, attachments=attachments, **row)
                if not ticket.is_repeat:
                    return self.said(ticket, 201)
                found = ticket  # another one opened it meanwhile
            if attachments:
                words = _("Files are taken only when the ticket is opened. Use its attachments.")
                raise ValidationError({"attachments": words})
            with unchanged_since(request, found, self.actor):
                ticket = actions.change_ticket(found, by=self.actor, base=base, **fields)
        return self.said(ticket)

    def _known(self, source: str, source_ref: str) -> Ticket | None:
        rows = Ticket.objects.visible_to(self.actor).filter(**_named(source, source_ref))
        return rows.order_by("pk").first()


def _named(source: str, source_ref: str) -> dict[str, str]:
    """Spaced as it is stored; what cannot be stored is never found."""
    return {"source": one_line(source), "source_ref": one_line(source_ref)}
