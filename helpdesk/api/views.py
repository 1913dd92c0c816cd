"""Saved views, and the tickets that each lists."""

from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers

from helpdesk import query
from helpdesk.actions.views import (
    GROUPS,
    MAX_COLUMNS,
    MAX_NAME,
    MAX_SORT,
    delete_view,
    save_view,
    views_of,
)
from helpdesk.actor import Actor
from helpdesk.api.base import LISTED, PAGING, found_or_404, nothing
from helpdesk.api.configured import named
from helpdesk.api.listing import IN_ORDER, ListView, OneView
from helpdesk.api.placed import PlacedInput, place_in, place_shape
from helpdesk.api.schemas.placed import (
    SavedViewRead,
    view_delete,
    view_patch,
    view_post,
    view_row,
    view_rows,
    view_tickets,
)
from helpdesk.api.ticket_shape import TICKETS
from helpdesk.api.tickets import EXPAND, NEWEST, TicketList
from helpdesk.filters import TicketFilter, sort_keys
from helpdesk.models import SavedView


class ViewInput(PlacedInput):
    name = serializers.CharField(max_length=MAX_NAME)
    query = serializers.CharField(max_length=query.MAX_LENGTH, required=False, allow_blank=True)
    sort = serializers.CharField(max_length=MAX_SORT, required=False, allow_blank=True)
    columns = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, max_length=MAX_COLUMNS
    )
    group = serializers.ChoiceField(GROUPS, required=False, allow_blank=True)


def visible_views(actor: Actor):
    ids = [view.pk for view in views_of(actor)]
    return SavedView.objects.filter(pk__in=ids).select_related("owner", "team")


class ViewRows:
    rows_for = staticmethod(visible_views)

    def shaped(self, row: SavedView) -> dict:
        return {
            **named(row),
            "query": query.write(row.query),
            "sort": row.sort,
            "columns": row.columns,
            "group": row.group,
            "position": row.position,
            **place_shape(row),
            "tickets": self.url(reverse("api:view-tickets", args=[row.pk])),
        }

    def kept(self, row: SavedView | None, fields: dict, status: int = 200) -> HttpResponse:
        """The view that is there, or a new one, with what was sent."""
        place = place_in(fields, self.actor, row)
        if (text := fields.pop("query", None)) is not None:
            asked = query.read(text)
            asked.refuse("query")
            fields["query"] = dict(asked.params.lists())
            fields.setdefault("sort", asked.sort or (row.sort if row else ""))
        known = {"name": row.name, "query": row.query, "sort": row.sort} if row else {"query": {}}
        known |= {"columns": row.columns if row else [], "group": row.group if row else ""}
        saved = save_view(by=self.actor, view=row, **{**known, **fields}, **place)
        return self.said(SavedView.objects.select_related("owner", "team").get(pk=saved.pk), status)


@view_rows
class Views(ViewRows, ListView):
    params = PAGING
    reads = SavedViewRead
    sort = IN_ORDER

    @view_post
    def post(self, request) -> HttpResponse:
        return self.kept(None, self.checked(ViewInput), 201)


@view_row
class OneSavedView(ViewRows, OneView):
    @view_patch
    def patch(self, request, ref: str) -> HttpResponse:
        return self.kept(self.row(ref), self.checked(ViewInput, partial=True))

    @view_delete
    def delete(self, request, ref: str) -> HttpResponse:
        delete_view(self.row(ref), by=self.actor)
        return nothing()


class ViewTickets(TicketList):
    """The tickets of a view that the key sees; `me` is the person that it acts as."""

    params = (EXPAND, *LISTED)

    @view_tickets
    def get(self, request, ref: str) -> HttpResponse:
        view = found_or_404(visible_views(self.actor), ref)
        filtered = TicketFilter(view.query, TICKETS.visible_to(self.actor), actor=self.actor)
        filtered.refuse()
        return self.page_of_tickets(
            filtered.qs,
            sort_keys(request.GET.get("sort") or view.sort or NEWEST, self.actor),
        )
