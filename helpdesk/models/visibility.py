"""The only rule of who sees which ticket."""

from django.apps import apps
from django.db import models
from django.db.models import Q

from helpdesk.actor import STAFF, Actor, Role
from helpdesk.models.configuration import configuration
from helpdesk.models.workflow import UNRESOLVED


class TicketQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor):
        """What the actor may see, without the trash."""
        return self.filter(deleted_at=None).within_reach_of(actor)

    def trash_of(self, actor: Actor):
        """The trash: staff only."""
        rows = self.exclude(deleted_at=None).within_reach_of(actor)
        return rows if actor.role in (*STAFF, Role.SYSTEM) else rows.none()

    def within_reach_of(self, actor: Actor):
        """In or out of the trash. What is in a sandbox reaches nobody by being named there."""
        if actor.queues is None:
            return self.outside_sandboxes() if actor.role == Role.KEY else self
        in_queues = Q(queue_id__in=actor.queues)
        if actor.role == Role.KEY:
            return self.filter(in_queues)
        if actor.role in STAFF:
            named = Q(assignee_id=actor.person_id) | Q(pk__in=_taking_part(actor))
            if sandboxes := configuration().sandboxes:
                named &= ~Q(queue_id__in=sandboxes)
            return self.filter(in_queues | named)
        if actor.role == Role.CUSTOMER and actor.person_id:
            own = Q(requester_id=actor.person_id) | Q(pk__in=_taking_part(actor))
            if actor.organisation_id:
                own |= Q(organisation_id=actor.organisation_id)
            return self.filter(own).outside_sandboxes()
        return self.none()

    def outside_sandboxes(self):
        """Without the tickets with which a key only tries things."""
        sandboxes = configuration().sandboxes
        return self.exclude(queue_id__in=sandboxes) if sandboxes else self

    def unresolved(self):
        return self.filter(status_category__in=UNRESOLVED)


def _taking_part(actor: Actor):
    participant = apps.get_model("helpdesk", "Participant")
    return participant.objects.filter(person_id=actor.person_id).values("ticket_id")
