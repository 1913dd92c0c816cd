"""Macros: words and changes under a name; one's own, a team's, everyone's.

A macro changes nothing by itself: it fills the composer, and what is there is sent by hand.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actions.canned import authorise_place
from helpdesk.actions.filling import checked_sets
from helpdesk.actor import Actor
from helpdesk.models import Macro, Team, User
from helpdesk.models.configuration import configuration
from helpdesk.permissions import EVERY_STAFF
from helpdesk.text import normalise, one_line

MAX_BODY = 50_000
MAX_NAME = 120


def macros_of(actor: Actor) -> QuerySet[Macro]:
    """The macros that an actor sees: its own, those of its teams, everyone's."""
    if actor.role not in EVERY_STAFF:
        return Macro.objects.none()
    teams = [team for team, _access in configuration().memberships.get(actor.person_id, ())]
    seen = Q(owner=None, team=None) | Q(team__in=teams)
    if actor.person_id:
        seen |= Q(owner=actor.person_id)
    return Macro.objects.filter(seen).select_related("owner", "team")


@transaction.atomic
def save_macro(
    macro: Macro | None = None,
    *,
    by: Actor,
    name: str,
    body: str = "",
    says: str = Macro.Says.REPLY,
    sets: dict | None = None,
    owner_id: int | None = None,
    team: Team | None = None,
) -> Macro:
    """Make a macro, or give one that is there these contents and this place.

    Raises PermissionDenied if the place is not the actor's, ValidationError by field.
    """
    if macro is not None:
        macro = Macro.objects.select_for_update().get(pk=macro.pk)
        authorise_place(by, macro.owner_id, macro.team_id)
    authorise_place(by, owner_id, team.pk if team else None)
    name, body, errors = one_line(name), normalise(body), {}
    if not name or len(name) > MAX_NAME:
        errors["name"] = _("Give it a name of at most %(limit)s characters.") % {"limit": MAX_NAME}
    if len(body) > MAX_BODY:
        errors["body"] = _("At most %(limit)s characters.") % {"limit": MAX_BODY}
    if says not in Macro.Says.values:
        names = ", ".join(Macro.Says.values)
        errors["says"] = _("Choose one of %(names)s.") % {"names": names}
    try:
        sets = _checked(sets or {})
    except ValidationError as error:
        errors["sets"] = error.messages
    if not errors and not body.strip() and not sets:
        errors["body"] = _("Write something, or say what it sets.")
    if errors:
        raise ValidationError(errors)
    macro = macro or Macro()
    macro.name, macro.body, macro.says, macro.sets = name, body, says, sets
    macro.owner_id, macro.team, macro.updated_at = owner_id, team, timezone.now()
    macro.save()
    return macro


@transaction.atomic
def delete_macro(macro: Macro, *, by: Actor) -> None:
    authorise_place(by, macro.owner_id, macro.team_id)
    macro.delete()


def _checked(sets: dict) -> dict:
    """What it sets, with an agent who can be assigned."""
    sets = checked_sets(sets)
    assignee = sets.get("assignee")
    if isinstance(assignee, int) and not User.objects.staff().filter(pk=assignee).exists():
        raise ValidationError({"assignee": _("There is no such agent.")})
    return sets
