"""Links between tickets, and the people who follow one."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk import actions
from helpdesk.api.base import PAGING, ApiView, answer, nothing
from helpdesk.api.expansions import PARTICIPANTS, participant_shapes
from helpdesk.api.fields import CalledField, StrictSerializer, found_called
from helpdesk.api.schemas.conversation import ParticipantRead
from helpdesk.api.schemas.workflow import (
    LinkRead,
    follower_delete,
    follower_list,
    follower_post,
    link_delete,
    link_list,
    link_post,
)
from helpdesk.api.shapes import small_person
from helpdesk.filters import SortKey
from helpdesk.lookup import people_called, tickets_called
from helpdesk.models import Participant, Ticket, TicketLink

OLDEST_FIRST = [SortKey("id")]
OTHER = ("id", "uuid", "title")


class LinkInput(StrictSerializer):
    ticket = CalledField(tickets_called)
    kind = serializers.ChoiceField(TicketLink.Kind.choices, default=TicketLink.Kind.RELATED)


class FollowerInput(StrictSerializer):
    person = CalledField(people_called)
    kind = serializers.ChoiceField(Participant.Kind.choices, default=Participant.Kind.FOLLOWER)


class Links(ApiView):
    """Links in both directions; those to tickets out of sight are not there."""

    params = PAGING
    reads = LinkRead

    @link_list
    def get(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        rows = _links_of(ticket, self).select_related("ticket", "other")
        return self.list_of(
            rows, OLDEST_FIRST, lambda found: [_shape(one, ticket) for one in found]
        )

    @link_post
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        wanted = self.checked(LinkInput)
        other = found_called(wanted["ticket"], tickets_called, "ticket", self.actor)
        if other.pk == ticket.pk:
            raise ValidationError({"ticket": _("A ticket can't be linked to itself.")})
        actions.link(ticket, other, by=self.actor, kind=wanted["kind"])
        made = TicketLink.objects.select_related("ticket", "other").get(
            ticket=ticket, other=other, kind=wanted["kind"]
        )
        return answer(_shape(made, ticket), 201)


class OneLink(ApiView):
    @link_delete
    def delete(self, request, ref: str, link: int) -> HttpResponse:
        ticket = self.ticket(ref)
        found = _links_of(ticket, self).filter(pk=link).select_related("ticket", "other").first()
        if found is None:
            raise Http404
        actions.unlink(found.ticket, found.other, by=self.actor, kind=found.kind)
        return nothing()


class Followers(ApiView):
    """Everybody who takes part beside requester and assignee."""

    params = PAGING
    reads = ParticipantRead

    @follower_list
    def get(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        return self.list_of(PARTICIPANTS.filter(ticket=ticket), OLDEST_FIRST, participant_shapes)

    @follower_post
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        wanted = self.checked(FollowerInput)
        person = found_called(wanted["person"], people_called, "person", self.actor)
        actions.follow(ticket, person, by=self.actor, kind=wanted["kind"])
        row = Participant.objects.get(ticket=ticket, person=person, kind=wanted["kind"])
        shape = {"kind": row.kind, "since": row.since, "person": small_person(person)}
        return answer(shape, 201)


class OneFollower(ApiView):
    """One person, in every way in which they take part."""

    @follower_delete
    def delete(self, request, ref: str, person: int) -> HttpResponse:
        ticket = self.ticket(ref)
        rows = Participant.objects.filter(ticket=ticket, person_id=person)
        found = list(rows.select_related("person"))
        if not found:
            raise Http404
        for one in found:
            actions.unfollow(ticket, one.person, by=self.actor, kind=one.kind)
        return nothing()


def _links_of(ticket: Ticket, view: ApiView):
    visible = Ticket.objects.visible_to(view.actor)
    return TicketLink.objects.filter(
        Q(ticket=ticket, other__in=visible) | Q(other=ticket, ticket__in=visible)
    )


def _shape(link: TicketLink, ticket: Ticket) -> dict:
    is_out = link.ticket_id == ticket.pk
    other = link.other if is_out else link.ticket
    return {
        "id": link.pk,
        "kind": link.kind,
        "direction": "out" if is_out else "in",
        "ticket": {"id": other.pk, "uuid": other.uuid, "title": other.title},
        "created_at": link.created_at,
    }
