"""Canned replies: one's own, a team's, everyone's."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actions.labels import tags_named
from helpdesk.actions.views import places_for_views
from helpdesk.actor import Actor
from helpdesk.models import CannedReply, Format, Tag, Team
from helpdesk.models.configuration import configuration
from helpdesk.permissions import EVERY_STAFF
from helpdesk.text import normalise, one_line

MAX_BODY = 50_000
MAX_NAME = 120


def replies_of(actor: Actor) -> QuerySet[CannedReply]:
    """The canned replies that an actor sees: its own, those of its teams, everyone's."""
    if actor.role not in EVERY_STAFF:
        return CannedReply.objects.none()
    teams = [team for team, _access in configuration().memberships.get(actor.person_id, ())]
    seen = Q(owner=None, team=None) | Q(team__in=teams)
    if actor.person_id:
        seen |= Q(owner=actor.person_id)
    return CannedReply.objects.filter(seen).select_related("owner", "team")


@transaction.atomic
def save_reply(
    reply: CannedReply | None = None,
    *,
    by: Actor,
    name: str,
    body: str,
    format: str = Format.MARKDOWN,
    tags: Iterable[str | Tag] = (),
    owner_id: int | None = None,
    team: Team | None = None,
) -> CannedReply:
    """Make a canned reply, or give one that is there these contents and this place.

    Raises PermissionDenied if the place is not the actor's, ValidationError by field.
    """
    if reply is not None:
        reply = CannedReply.objects.select_for_update().get(pk=reply.pk)
        authorise_place(by, reply.owner_id, reply.team_id)
    authorise_place(by, owner_id, team.pk if team else None)
    name, body = one_line(name), normalise(body)
    errors = {}
    if not name or len(name) > MAX_NAME:
        errors["name"] = _("Give it a name of at most %(limit)s characters.") % {"limit": MAX_NAME}
    if not body.strip() or len(body) > MAX_BODY:
        errors["body"] = _("Write 1 to %(limit)s characters.") % {"limit": MAX_BODY}
    if format not in Format.values:
        errors["format"] = _("Choose one of %(names)s.") % {"names": ", ".join(Format.values)}
    if errors:
        raise ValidationError(errors)
    reply = reply or CannedReply()
    reply.name, reply.body, reply.format = name, body, format
    reply.owner_id, reply.team, reply.updated_at = owner_id, team, timezone.now()
    reply.save()
    reply.tags.set(tags_named(tags))
    return reply


@transaction.atomic
def delete_reply(reply: CannedReply, *, by: Actor) -> None:
    authorise_place(by, reply.owner_id, reply.team_id)
    reply.delete()


def authorise_place(actor: Actor, owner_id: int | None, team_id: int | None) -> None:
    """One's own; those of a team in which one works; everyone's for administrators, and keys of
    all queues."""
    places = {(owner, team.pk if team else None) for owner, team in places_for_views(actor)}
    if (owner_id, team_id) not in places:
        raise PermissionDenied(_("This belongs to others."))
