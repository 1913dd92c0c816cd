"""A home queue as a served API describes it: its people, custom fields, tags and statuses."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from helpdesk.actor import STAFF, Role
from helpdesk.models import CustomField, FieldOption, Status, TagCategory, User
from helpdesk.models.configuration import configuration
from integrations.gateway import people
from integrations.gateway.caller import Caller
from integrations.gateway.reading import is_uuid
from integrations.remote import RemotePerson


def custom_fields(caller: Caller) -> list[CustomField]:
    """The custom fields that tickets of the home queue may have, of every type."""
    known = configuration()
    return [
        field
        for field in known.fields.values()
        if field.deleted_at is None
        and (not known.field_queues[field.pk] or caller.queue.pk in known.field_queues[field.pk])
    ]


def options_of(field: CustomField) -> list[FieldOption]:
    return configuration().options_of.get(field.pk, [])


def agents(caller: Caller) -> list[RemotePerson]:
    """Who may be assigned: administrators, and the agents of the queue's teams. One statement."""
    teams = configuration().queue_teams[caller.queue.pk]
    in_team = Q(memberships__team__in=teams, memberships__deleted_at=None)
    rows = User.objects.filter(role__in=STAFF, is_active=True, erased_at=None)
    rows = rows.filter(Q(role=Role.ADMIN) | in_team).distinct().order_by("name_folded", "pk")
    return [people.as_remote(person) for person in rows]


def tags(caller: Caller) -> list[tuple[TagCategory | None, list[str]]]:
    """Every category with its tags; those in none come last, under None."""
    known = configuration()
    named: dict[int | None, list[str]] = {
        category.pk: [] for category in known.categories.values() if category.deleted_at is None
    }
    for tag in known.tags.values():
        if tag.deleted_at is None:
            home = tag.category_id if tag.category_id in named else None
            named.setdefault(home, []).append(tag.name)
    return [(known.categories.get(pk), names) for pk, names in named.items() if pk] + [
        (None, named.get(None, []))
    ]


def statuses(caller: Caller) -> list[tuple[Status, list[tuple[Status, str]]]]:
    """The statuses of the queue's workflow, each with where it leads and by which name."""
    known = configuration()
    kept = [status for status in known.statuses.values() if status.deleted_at is None]
    return [
        (
            status,
            [
                (known.statuses[step.target_id], step.name)
                for step in known.transitions_from(caller.queue.pk, status.pk)
            ],
        )
        for status in kept
    ]


def tag_ids() -> dict[str, str]:
    """The uuid of every tag, by name."""
    kept = configuration().tags.values()
    return {tag.name: str(tag.uuid) for tag in kept if tag.deleted_at is None}


def tag_names(wanted: Sequence[str], field: str = "tags") -> list[str]:
    """Names of tags that are named by uuid or by name; what is no uuid may be a new name.

    Raises ValidationError for a uuid that no tag has.
    """
    names = {identity: name for name, identity in tag_ids().items()}
    for one in wanted:
        if one.lower() not in names and is_uuid(one):
            words = _("There is no tag “%(id)s”.")
            raise ValidationError({field: words % {"id": one[:60]}})
    return list(dict.fromkeys(names.get(one.lower(), one) for one in wanted))


def type_names() -> list[str]:
    """The ticket types, in order."""
    kept = [one for one in configuration().types.values() if one.deleted_at is None]
    return [one.name for one in sorted(kept, key=lambda one: (one.position, one.name_folded))]
