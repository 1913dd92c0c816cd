"""Tickets: listed, opened, read, changed, put in the trash and taken out."""

from collections.abc import Callable, Sequence

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict

from helpdesk import actions, prepared, query
from helpdesk.actor import Actor
from helpdesk.addresses import address
from helpdesk.api import since, xml
from helpdesk.api.base import (
    LISTED,
    PAGING,
    ApiView,
    answer,
    found_or_404,
    nothing,
    refuse_unknown,
    unchanged,
)
from helpdesk.api.expansions import (
    FEW,
    MANY,
    MOST_TICKETS,
    expand,
    expansions_in,
    refuse_folded,
)
from helpdesk.api.preconditions import base_in, etag, matches, unchanged_since
from helpdesk.api.projection import fields_in, narrowed
from helpdesk.api.schemas.tickets import (
    ExpandedTicketRead,
    GoneTicketRead,
    ticket_delete,
    ticket_get,
    ticket_list,
    ticket_patch,
    ticket_post,
    ticket_restore,
    tickets_gone,
)
from helpdesk.api.ticket_input import TicketChange, TicketInput, waiting_files
from helpdesk.api.ticket_shape import TICKETS, ticket_shape, ticket_shapes
from helpdesk.doors.paging import MAX_LIMIT
from helpdesk.filters import SortKey, TicketFilter, sort_keys
from helpdesk.lookup import exactly
from helpdesk.models import Ticket

NEWEST = "-number"
OLDEST_UPDATE = "updated_at"
EXPAND = "expand"
OF_THE_LIST = ("q", EXPAND, *LISTED)


class TicketView(ApiView):
    """What the endpoints of tickets share."""

    xml = "ticket"

    def base(self) -> str:
        return self.url(address("api:tickets"))

    def said(self, ticket: Ticket, status: int = 200) -> HttpResponse:
        """A ticket that a verb returned, as it would be read."""
        shape = ticket_shape(ticket, self.actor, self.base())
        response = self.tagged(shape, ticket.version, status)
        if status == 201:
            response["Location"] = shape["url"]
        return response

    def tagged(self, shape: dict, version: int, status: int = 200) -> HttpResponse:
        """An answer with its ETag, which is another one where the same is said in XML."""
        response = answer(shape, status)
        kind = xml.KIND if xml.is_wanted(self.request) else ""
        response["ETag"] = etag(version, response.content, kind)
        return response


class TicketList(TicketView):
    """A list of tickets, perhaps each with its comments, files and participants."""

    reads = ExpandedTicketRead

    def page_of_tickets(
        self,
        rows: QuerySet | Callable[[], QuerySet],
        sort: Sequence[SortKey],
        *,
        params: QueryDict | None = None,
        **options,
    ) -> HttpResponse:
        """As `list_of`, of rows of `TICKETS`."""
        params = self.request.GET if params is None else params
        wanted = expansions_in(params.get(EXPAND), self.actor)
        refuse_folded(fields_in(params, self.reads) or {}, wanted)
        base = self.base()

        def shaped(found: list) -> list[dict]:
            shapes = ticket_shapes(found, self.actor, base)
            expand(self, shapes, wanted, FEW)
            return shapes

        most = MOST_TICKETS if wanted else MAX_LIMIT
        return self.list_of(rows, sort, shaped, params=params, most=most, **options)


class Tickets(TicketList):
    params = None  # TicketFilter refuses what it does not know

    @ticket_list
    def get(self, request) -> HttpResponse:
        params, until = since.closed_window(request.GET)
        filtered = TicketFilter(
            params,
            lambda: TICKETS.visible_to(self.actor),
            actor=self.actor,
            also_known=OF_THE_LIST,
            blank_allowed=False,
        )
        filtered.refuse()
        refuse_unknown(_only(params, OF_THE_LIST), OF_THE_LIST)
        asked = query.read(params.get("q", ""))
        rows = asked.narrow(filtered.qs, self.actor) if "q" in params else lambda: filtered.qs
        asked.refuse()
        is_plain = until is None and "q" not in params
        return self.page_of_tickets(
            rows,
            sort_keys(
                params.get("sort") or asked.sort or (OLDEST_UPDATE if until else NEWEST), self.actor
            ),
            params=params,
            shape=filtered.shape if is_plain else None,
            more={
                "next_since": until,
                "gone": self.url(f"{address('api:gone')}?{since.words(params)}"),
            }
            if until
            else None,
        )

    @ticket_post
    def post(self, request) -> HttpResponse:
        fields = self.checked(TicketInput)
        files = fields.pop("attachments", None)
        attachments = waiting_files(files, self.actor) if files else ()
        ticket = actions.open_ticket(by=self.actor, attachments=attachments, **fields)
        return self.said(ticket, 200 if ticket.is_repeat else 201)


def _of_number(actor: Actor, number: int) -> QuerySet:
    return TICKETS.visible_to(actor).filter(pk=number)


class ShownTicket(TicketView):
    """A ticket that is read by itself: with what else, and which of its members."""

    params = (EXPAND, "fields")
    reads = ExpandedTicketRead

    def shown(self, found: Callable[[], dict]) -> HttpResponse:
        wanted = expansions_in(self.request.GET.get(EXPAND), self.actor)
        members = fields_in(self.request.GET, self.reads)
        refuse_folded(members or {}, wanted)
        row = found()
        shapes = ticket_shapes([row], self.actor, self.base())
        expand(self, shapes, wanted, MANY)
        [shape] = narrowed(shapes, members)
        response = self.tagged(shape, row["version"])
        if matches(self.request, response["ETag"]):
            return unchanged({"ETag": response["ETag"]})
        return response


class OneTicket(ShownTicket):
    @ticket_get
    def get(self, request, ref: str) -> HttpResponse:
        return self.shown(lambda: self._row(ref))

    def _row(self, ref: str) -> dict:
        if not isinstance(number := exactly(ref), int):
            return found_or_404(TICKETS.visible_to(self.actor), ref)
        found = prepared.seen_by(self.actor, "a ticket", _of_number, number=number)
        if not found:
            raise Http404
        return found[0]

    @ticket_patch
    def patch(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        fields = self.checked(TicketChange, partial=True)
        base = base_in(fields, ticket)
        with unchanged_since(request, ticket, self.actor):
            ticket = actions.change_ticket(ticket, by=self.actor, base=base, **fields)
        return self.said(ticket)

    @ticket_delete
    def delete(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        with unchanged_since(request, ticket, self.actor):
            actions.delete_ticket(ticket, by=self.actor)
        return nothing()


class RestoredTicket(TicketView):
    """Out of the trash. A ticket that is not in it stays as it is."""

    @ticket_restore
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref, Ticket.objects.within_reach_of(self.actor))
        return self.said(actions.restore_ticket(ticket, by=self.actor))


class GoneTickets(TicketView):
    """Tickets that a copy of the list should drop: deleted, merged, or moved out of sight."""

    params = ("updated_since", "updated_at_before", *PAGING)
    reads = GoneTicketRead

    @tickets_gone
    def get(self, request) -> HttpResponse:
        params, until = since.closed_window(since.from_the_beginning(request.GET))
        return self.list_of(
            since.gone(params, self.actor),
            sort_keys(OLDEST_UPDATE),
            lambda found: [since.gone_shape(row, self.actor) for row in found],
            params=params,
            more={"next_since": until},
        )


def _only(params, names):
    kept = params.copy()
    for name in params:
        if name not in names:
            del kept[name]
    return kept
