"""What a macro or an agent sets together with a message: kept as plain values until it is sent."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from helpdesk.actions.labels import MAX_TAGS, folded_names
from helpdesk.actor import Actor
from helpdesk.models import Priority, Ticket, User
from helpdesk.models.configuration import configuration

NAMES = ("status", "priority", "assignee", "team", "add_tags", "remove_tags")
ME = "me"


def checked_sets(sets: dict) -> dict:
    """What may be kept: ids of the snapshot, an id of an agent or “me”, names of tags.

    Raises ValidationError by name.
    """
    if unknown := set(sets) - set(NAMES):
        names = ", ".join(sorted(map(str, unknown)))
        raise ValidationError(_("These can't be set: %(names)s.") % {"names": names})
    errors = {}
    for name, value in sets.items():
        try:
            CHECKS[name](value)
        except (TypeError, ValueError, KeyError):
            errors[name] = _("There is no such value.")
    if errors:
        raise ValidationError(errors)
    return {name: value for name, value in sets.items() if value not in ("", [])}


def fields_of(sets: dict, ticket: Ticket, by: Actor) -> dict:
    """The fields of a ticket that these values change, as a verb takes them."""
    known, fields = configuration(), {}
    sets = checked_sets(sets)
    if sets.get("status") and sets["status"] != ticket.status_id:
        fields["status"] = known.statuses[sets["status"]]
    if sets.get("priority"):
        fields["priority"] = sets["priority"]
    if "assignee" in sets:
        wanted = by.person_id if sets["assignee"] == ME else sets["assignee"]
        fields["assignee"] = User.objects.filter(pk=wanted).first() if wanted else None
    if "team" in sets:
        fields["team"] = known.teams[sets["team"]] if sets["team"] else None
    if sets.get("add_tags") or sets.get("remove_tags"):
        gone = folded_names(sets.get("remove_tags", ()))
        kept = [one for one in ticket.tag_list if one.name_folded not in gone]
        fields["tags"] = [*kept, *sets.get("add_tags", ())]
    return fields


def words_of(sets: dict, names: dict[int, str]) -> list[tuple[str, str, str]]:
    """Each change as its name, a label and the value in words. `names` are those of people."""
    if not sets:
        return []
    known = configuration()
    words = {
        "status": lambda pk: str(known.statuses[pk]),
        "priority": lambda value: str(Priority(value).label),
        "assignee": lambda pk: str(_("me") if pk == ME else names.get(pk, _("nobody"))),
        "team": lambda pk: str(known.teams[pk]) if pk else _("none"),
        "add_tags": lambda tags: ", ".join(f"+ {one}" for one in tags),
        "remove_tags": lambda tags: ", ".join(f"− {one}" for one in tags),
    }
    labels = {
        "status": _("Status"),
        "priority": _("Priority"),
        "assignee": _("Assignee"),
        "team": _("Team"),
        "add_tags": _("Tags"),
        "remove_tags": _("Tags"),
    }
    return [(name, labels[name], words[name](sets[name])) for name in NAMES if name in sets]


def _status(value) -> None:
    if configuration().statuses[value].deleted_at is not None:
        raise ValueError


def _team(value) -> None:
    if value is not None and configuration().teams[value].deleted_at is not None:
        raise ValueError


def _assignee(value) -> None:
    if value not in (None, ME) and (isinstance(value, bool) or not isinstance(value, int)):
        raise TypeError


def _tags(value) -> None:
    if not isinstance(value, list) or len(value) > MAX_TAGS:
        raise TypeError
    folded_names(value)


CHECKS = {
    "status": _status,
    "priority": Priority,
    "assignee": _assignee,
    "team": _team,
    "add_tags": _tags,
    "remove_tags": _tags,
}
