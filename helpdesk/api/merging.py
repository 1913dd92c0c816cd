"""Two tickets made one, one made two again, and a part made a ticket of its own."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk import actions
from helpdesk.api.comment_shape import comments_of
from helpdesk.api.fields import CalledField, StrictSerializer, found_called
from helpdesk.api.preconditions import unchanged_since
from helpdesk.api.schemas.merging import ticket_merge, ticket_split, ticket_unmerge
from helpdesk.api.tickets import TicketView
from helpdesk.lookup import tickets_called

MAX_COMMENTS = 200


class MergeInput(StrictSerializer):
    into = CalledField(tickets_called)


class SplitInput(StrictSerializer):
    title = serializers.CharField(max_length=500)
    comments = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MAX_COMMENTS
    )


class Merged(TicketView):
    @ticket_merge
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        into = found_called(self.checked(MergeInput)["into"], tickets_called, "into", self.actor)
        with unchanged_since(request, ticket, self.actor):
            merged = actions.merge(ticket, into, by=self.actor)
        return self.said(merged)


class Unmerged(TicketView):
    @ticket_unmerge
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        with unchanged_since(request, ticket, self.actor):
            ticket = actions.unmerge(ticket, by=self.actor)
        return self.said(ticket)


class Split(TicketView):
    @ticket_split
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        wanted = self.checked(SplitInput)
        rows = comments_of(ticket.pk, self.actor)
        comments = list(rows.filter(uuid__in=wanted["comments"]))
        if len(comments) != len(set(wanted["comments"])):
            raise ValidationError({"comments": _("A message is not on this ticket.")})
        with unchanged_since(request, ticket, self.actor):
            new = actions.split(ticket, comments, by=self.actor, title=wanted["title"])
        return self.said(new, 201)
