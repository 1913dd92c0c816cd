"""The workflow's actions: which are open to me from here, and taking one."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk import actions
from helpdesk.actions.comments import MAX_BODY
from helpdesk.api.base import answer
from helpdesk.api.fields import (
    REFERENCE,
    StrictSerializer,
    extend_schema_field,
    with_people_found,
)
from helpdesk.api.preconditions import base_in, unchanged_since
from helpdesk.api.schemas.workflow import transition_list, transition_post
from helpdesk.api.shapes import small_objects
from helpdesk.api.ticket_input import CustomValues
from helpdesk.api.tickets import TicketView
from helpdesk.lookup import identity_in, row_called
from helpdesk.models import Resolution, Ticket, Transition
from helpdesk.models.configuration import configuration
from helpdesk.permissions import open_transitions


@extend_schema_field(REFERENCE)
class TransitionField(serializers.Field):
    def to_internal_value(self, data):
        called = identity_in(data)
        if isinstance(called, bool) or not isinstance(called, int | str) or called == "":
            raise serializers.ValidationError(_("Name the transition."))
        return called


class TransitionInput(StrictSerializer):
    transition = TransitionField()
    resolution = serializers.ChoiceField(Resolution.choices, required=False, allow_blank=True)
    comment = serializers.CharField(
        required=False, allow_blank=True, trim_whitespace=False, max_length=MAX_BODY
    )
    custom = CustomValues(required=False, help_text="Custom fields, as those that resolving needs.")
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class Transitions(TicketView):
    @transition_list
    def get(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        shapes = [_shape(one) for one in open_transitions(ticket, self.actor)]
        return answer({"results": shapes, "next": None, "previous": None})

    @transition_post
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        wanted = self.checked(TransitionInput)
        base = base_in(wanted, ticket)
        transition = transition_called(wanted.pop("transition"), ticket)
        wanted = with_people_found(wanted, (), self.actor)
        with unchanged_since(request, ticket, self.actor):
            ticket = actions.take_transition(ticket, transition, by=self.actor, base=base, **wanted)
        return self.said(ticket)


def transition_called(word: int | str, ticket: Ticket) -> Transition | str:
    """The transition of an id, uuid or name among those that leave here; else the word itself."""
    leaving = configuration().transitions_from(ticket.queue_id, ticket.status_id)
    found = row_called({one.pk: one for one in leaving}, word)
    if found is None and isinstance(word, int):
        raise ValidationError(
            {
                "transition": _("“%(name)s” is not open from here. Open now: %(names)s.")
                % {"name": word, "names": ", ".join(map(str, leaving)) or "–"}
            }
        )
    return found or str(word)


def _shape(one: Transition) -> dict:
    return {
        "id": one.pk,
        "uuid": one.uuid,
        "name": one.name,
        "status": small_objects(configuration())["statuses"][one.target_id],
        "needs_resolution": one.needs_resolution,
        "needs_comment": one.needs_comment,
    }
