"""Saved views: lists of tickets under a name, one's own, a team's or everyone's."""

from collections import defaultdict
from collections.abc import Mapping

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.actor import STAFF, Actor, Role
from helpdesk.filters import TicketFilter, sort_keys
from helpdesk.models import Membership, SavedView, Team, Ticket
from helpdesk.models.configuration import configuration, touch
from helpdesk.permissions import EVERY_STAFF

LOADED = "saved views"  # in the cache of the snapshot
MOST = 100  # of one person, of one team, of everyone
GROUPS = ("status", "priority", "assignee", "requester")
MAX_NAME, MAX_SORT, MAX_COLUMNS = 120, 40, 16


def views_of(actor: Actor) -> list[SavedView]:
    """The views that an actor sees: its own, those of its teams, everyone's, each in order.

    They stand in the snapshot of the configuration: no statement after the first look.
    """
    if actor.role not in EVERY_STAFF:
        return []
    known = configuration()
    if LOADED not in known.cache:
        found = defaultdict(list)
        for row in SavedView.objects.order_by("position", "pk"):
            found[row.owner_id, row.team_id].append(row)
        known.cache[LOADED] = found
    loaded = known.cache[LOADED]
    own = loaded.get((actor.person_id, None), []) if actor.person_id else []
    teams = [row for team in _teams(actor) for row in loaded.get((None, team.pk), ())]
    return [*own, *teams, *loaded.get((None, None), ())]


def may_edit_view(actor: Actor, view: SavedView) -> bool:
    """One's own; those of a team in which one works; everyone's only for administrators."""
    return (view.owner_id, view.team_id) in {
        (owner, team.pk if team else None) for owner, team in places_for_views(actor)
    }


def places_for_views(actor: Actor) -> list[tuple[int | None, Team | None]]:
    """Where the actor may put views: pairs of owner id and team, both None for everyone's.

    A key puts them where the person may that it acts as, and, if it is of all queues, everyone's.
    """
    if not actor.can_write or actor.role not in EVERY_STAFF:
        return []
    is_key = actor.role == Role.KEY
    is_person = actor.role in STAFF or (is_key and actor.person_id is not None)
    own = [(actor.person_id, None)] if is_person else []
    working = [(None, team) for team in _teams(actor, Membership.Access.WORK)]
    is_admin = actor.role in (Role.ADMIN, Role.SYSTEM) or (is_key and actor.queues is None)
    return [*own, *working, *([(None, None)] if is_admin else [])]


@transaction.atomic
def save_view(
    *,
    by: Actor,
    name: str,
    query: Mapping,
    sort: str = "",
    columns: list[str] | None = None,
    group: str = "",
    owner_id: int | None = None,
    team: Team | None = None,
    view: SavedView | None = None,
) -> SavedView:
    """Make a view, or give an existing one these contents and this place.

    `query` holds parameters of `TicketFilter`, each a text or a list of texts; it is kept as
    texts, several values between commas. Raises ValidationError by field.
    """
    if view is not None:  # the one that was given may stand in the snapshot
        view = SavedView.objects.select_for_update().filter(pk=view.pk).first()
        if view is None:
            raise ValidationError(_("Somebody deleted this view meanwhile."))
        authorise_view(by, view)
    fresh = SavedView(owner_id=owner_id, team=team)
    authorise_view(by, fresh)
    kept = _checked(by, name, query, sort, columns or [])
    if group and group not in GROUPS:
        raise ValidationError(
            {"group": _("Choose one of %(names)s.") % {"names": ", ".join(GROUPS)}}
        )
    kept["group"] = group
    place = SavedView.objects.filter(owner=owner_id, team=team)
    if view is None or (view.owner_id, view.team_id) != (owner_id, team.pk if team else None):
        if place.count() >= MOST:
            raise ValidationError(_("There are %(limit)s views there already.") % {"limit": MOST})
        last = place.order_by("-position").values_list("position", flat=True).first()
        kept["position"] = 0 if last is None else last + 1
    view = view or fresh
    view.owner_id, view.team = owner_id, team
    for field, value in kept.items():
        setattr(view, field, value)
    view.save()
    touch()
    return view


@transaction.atomic
def delete_view(view: SavedView, *, by: Actor) -> None:
    authorise_view(by, view)
    view.delete()
    touch()


@transaction.atomic
def move_view(view: SavedView, *, by: Actor, up: bool) -> None:
    """Let a view change places with its neighbour; the first and the last stay where they are."""
    authorise_view(by, view)
    rows = list(
        SavedView.objects.select_for_update()
        .filter(owner=view.owner_id, team=view.team_id)
        .order_by("position", "pk")
    )
    at = next((index for index, row in enumerate(rows) if row.pk == view.pk), None)
    other = None if at is None else at + (-1 if up else 1)
    if at is None or other not in range(len(rows)):
        return
    rows[at], rows[other] = rows[other], rows[at]
    for position, row in enumerate(rows):
        row.position = position
    SavedView.objects.bulk_update(rows, ["position"])
    touch()


def authorise_view(actor: Actor, view: SavedView) -> None:
    if not may_edit_view(actor, view):
        raise PermissionDenied(_("This view belongs to others."))


def _teams(actor: Actor, access: str | None = None) -> list[Team]:
    known = configuration()
    own = known.memberships.get(actor.person_id, ())
    ids = {team for team, granted in own if access in (None, granted)}
    return sorted((known.teams[pk] for pk in ids), key=lambda team: (team.name_folded, team.pk))


def _checked(by: Actor, name: str, query: Mapping, sort: str, columns: list[str]) -> dict:
    errors: dict[str, list[str]] = {}
    name = " ".join(name.split())
    if not name:
        errors["name"] = [_("Give the view a name.")]
    elif len(name) > MAX_NAME:
        errors["name"] = [_("At most %(limit)s characters.") % {"limit": MAX_NAME}]
    said = {key: _text(values) for key, values in query.items()}
    said = {key: text for key, text in said.items() if text.strip()}
    wrong = TicketFilter(said, Ticket.objects.none(), actor=by).errors
    if wrong:
        errors["query"] = [words for one in wrong.values() for words in one]
    if len(sort) > MAX_SORT:
        errors["sort"] = [_("At most %(limit)s characters.") % {"limit": MAX_SORT}]
    elif sort:
        try:
            sort_keys(sort, by)
        except ValidationError as error:
            errors["sort"] = error.messages
    if errors:
        raise ValidationError(errors)
    return {"name": name, "query": said, "sort": sort, "columns": columns[:MAX_COLUMNS]}


def _text(values) -> str:
    return ",".join(map(str, values)) if isinstance(values, list | tuple) else str(values)
