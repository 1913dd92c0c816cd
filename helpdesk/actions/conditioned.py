"""What conditions of custom fields ask of whoever fills in a form, and no one else.

Mail, mirrors, imports, rules and the compatible endpoints bring what they bring. An old fault does
not stand in the way of another edit: only what the edit itself makes wrong is refused.
"""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from helpdesk.actor import Actor, Role
from helpdesk.conditions import CUSTOM, Standing, words_of
from helpdesk.field_standings import standings_in, values_of
from helpdesk.models import UNRESOLVED, Ticket, custom_values
from helpdesk.models.configuration import configuration

DOORS = ("web", "api", "portal")
DECIDING = frozenset({"queue", "type", "priority", "tags", "custom", "status"})


def is_bound(by: Actor) -> bool:
    """Whether the actor fills in forms, so that their conditions hold for it."""
    return by.role != Role.SYSTEM and by.origin in DOORS


def refuse_unfit_new(ticket: Ticket, *, by: Actor) -> None:
    """Refuse a new ticket whose custom fields are not as they are asked for."""
    if is_bound(by):
        _refuse(faults_of(values_of(ticket), is_done=_is_done(ticket)))


def refuse_unfit(ticket: Ticket, before: Mapping[str, object], diff: Mapping, *, by: Actor) -> None:
    """Refuse what a change made unfit. `before` is `values_of` the ticket as it was.

    Raises ValidationError by `custom.<key>`.
    """
    if not is_bound(by) or not DECIDING & diff.keys():
        return
    resolves = "status" in diff and _is_done(ticket) and not _was_done(diff["status"][0])
    after = values_of(ticket)
    touched = {f"{CUSTOM}{key}" for key in diff.get("custom") or ()}
    old = faults_of(before)
    found = faults_of(after, is_done=resolves)
    found = {
        name: words
        for name, words in found.items()
        if name in touched  # what was wrong before is left alone
        or old.get(name) != words
        or (resolves and not words_of(after.get(name)))
    }
    _refuse(found)


def missing_to_resolve(ticket: Ticket) -> list[str]:
    """The keys of the fields that are empty and needed before the ticket is resolved."""
    values = values_of(ticket)
    return [
        key
        for key, standing in standings_in(values).items()
        if standing.required_to_resolve and not words_of(values.get(f"{CUSTOM}{key}"))
    ]


def faults_of(values: Mapping[str, object], *, is_done: bool = False) -> dict[str, str]:
    """What is wrong with custom fields, in words by `custom.<key>`."""
    fields = configuration().fields
    found = {}
    for key, standing in standings_in(values).items():
        name = f"{CUSTOM}{key}"
        if words := _fault(standing, words_of(values.get(name)), fields[key].name, is_done):
            found[name] = words
    return found


def _fault(standing: Standing, held: frozenset[str], name: str, is_done: bool) -> str:
    said = {"name": name}
    if held and not standing.shown:
        return _("“%(name)s” is not asked for here. Leave it empty.") % said
    if held and standing.options is not None and not held <= standing.options:
        labels = [custom_values.option_label(one) for one in sorted(standing.options)]
        said["options"] = ", ".join(filter(None, labels)) or "–"
        return _("“%(name)s” takes only these here: %(options)s.") % said
    if not held and standing.required:
        return _("“%(name)s” is needed here.") % said
    if not held and is_done and standing.required_to_resolve:
        return _("“%(name)s” is needed before the ticket is resolved.") % said
    return ""


def _refuse(faults: dict[str, str]) -> None:
    if faults:
        raise ValidationError({name: [words] for name, words in faults.items()})


def _is_done(ticket: Ticket) -> bool:
    return configuration().statuses[ticket.status_id].category not in UNRESOLVED


def _was_done(status_id: int | None) -> bool:
    status = configuration().statuses.get(status_id)
    return status is not None and status.category not in UNRESOLVED
