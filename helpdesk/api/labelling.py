"""The tags and the children of one ticket."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.api.base import PAGING
from helpdesk.api.fields import StrictSerializer
from helpdesk.api.preconditions import unchanged_since
from helpdesk.api.schemas.labelling import children_list, ticket_tags
from helpdesk.api.ticket_input import TagNames
from helpdesk.api.ticket_shape import TICKETS
from helpdesk.api.tickets import EXPAND, TicketList, TicketView
from helpdesk.filters import SortKey

OLDEST_FIRST = [SortKey("id")]


class TagsInput(StrictSerializer):
    add = TagNames()
    remove = TagNames()


class TicketTags(TicketView):
    """Tags put on and taken off, the others staying as they are."""

    @ticket_tags
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        wanted = self.checked(TagsInput)
        if not wanted:
            raise ValidationError({"add": _("Name the tags to add or to remove.")})
        with unchanged_since(request, ticket, self.actor):
            ticket = actions.tag(ticket, by=self.actor, **wanted)
        return self.said(ticket)


class Children(TicketList):
    """The visible tickets whose parent a ticket is."""

    params = (EXPAND, *PAGING)

    @children_list
    def get(self, request, ref: str) -> HttpResponse:
        rows = TICKETS.visible_to(self.actor).filter(parent_id=self.ticket(ref).pk)
        return self.page_of_tickets(rows, OLDEST_FIRST)
