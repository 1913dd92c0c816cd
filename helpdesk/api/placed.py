"""What is of a person, of a team or of everybody: how that is written and read."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk.actor import Actor
from helpdesk.api.configured import named
from helpdesk.api.fields import RowField, StrictSerializer
from helpdesk.api.shapes import small_person
from helpdesk.models.configuration import configuration

ME, TEAM, EVERYONE = "me", "team", "everyone"
SHARES = (ME, TEAM, EVERYONE)


class PlacedInput(StrictSerializer):
    shared_with = serializers.ChoiceField(SHARES, required=False)
    team = RowField(lambda actor: configuration().teams, required=False, allow_null=True)


def place_in(fields: dict, actor: Actor, row=None) -> dict:
    """Owner and team as the verbs take them, out of what was sent; else where the row is.

    A new one is the person's that the key acts as, or everybody's if it acts as none.
    """
    team, shared = fields.pop("team", None), fields.pop("shared_with", None)
    if shared is None and team is not None:
        shared = TEAM
    if shared is None and row is not None:
        return {"owner_id": row.owner_id, "team": row.team}
    shared = shared or (ME if actor.person_id else EVERYONE)
    if shared == ME and actor.person_id is None:
        raise ValidationError({"shared_with": _("This key acts as no person.")})
    if (shared == TEAM) != (team is not None):
        raise ValidationError({"team": _("Name the team, and share it with “team”.")})
    return {"owner_id": actor.person_id if shared == ME else None, "team": team}


def place_shape(row) -> dict:
    shared = ME if row.owner_id else TEAM if row.team_id else EVERYONE
    return {
        "shared_with": shared,
        "team": named(row.team) if row.team_id else None,
        "owner": small_person(row.owner) if row.owner_id else None,
    }


def use_shape(row) -> dict:
    """How often something went out with a message, and whether it is still offered."""
    return {"uses": row.uses, "used_at": row.used_at, "retired": row.retired_at is not None}
