"""The views in the navigation: a name for a query of `TicketFilter`."""

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from helpdesk.actions.views import views_of
from helpdesk.actor import Actor
from helpdesk.models import SavedView
from helpdesk.models.configuration import configuration

NEWEST = "-last_activity_at"
NOTHING = _("No tickets here")
UNRESOLVED = {"category": "unresolved"}


@dataclass(frozen=True, slots=True)
class NamedView:
    """`query` holds parameters of `TicketFilter`; `alert` makes a count above zero red.

    `nothing` and `remark` are the words of the empty list: what it means, and why.
    """

    key: str
    label: str | Promise
    icon: str
    query: dict[str, str] = field(default_factory=dict)
    sort: str = NEWEST
    counted: bool = True
    alert: bool = False
    nothing: str | Promise = NOTHING
    remark: str | Promise = ""
    columns: tuple[str, ...] = ()  # what it shows to who chose nothing else
    group: str = ""  # what its rows are grouped by, likewise
    saved: SavedView | None = None


DEFAULT = NamedView(
    "unresolved",
    _("Unresolved"),
    "rows",
    UNRESOLVED,
    nothing=_("Every ticket is resolved"),
    remark=_("New tickets appear here."),
)
ALL = NamedView(
    "all",
    _("All tickets"),
    "inbox",
    counted=False,
    nothing=_("There are no tickets yet"),
    remark=_("They come by import, by the API, or you write the first one."),
)
FIRST = (
    NamedView(
        "my-open",
        _("My open"),
        "user",
        {"assignee": "me", **UNRESOLVED},
        nothing=_("Nothing is assigned to you"),
        remark=_("Take one that has no owner yet."),
    ),
    DEFAULT,
    NamedView(
        "unassigned",
        _("Unassigned"),
        "users",
        {"assignee": "none", **UNRESOLVED},
        nothing=_("Nothing is waiting for an owner"),
        remark=_("Every unresolved ticket is assigned."),
    ),
    NamedView(
        "overdue",
        _("Overdue"),
        "clock",
        {"overdue": "true"},
        sort="due_at",
        alert=True,
        nothing=_("Nothing is overdue"),
        remark=_("No unresolved ticket is past its due time."),
    ),
    NamedView(
        "waiting",
        _("Waiting"),
        "pause",
        {"category": "waiting"},
        nothing=_("Nothing is waiting"),
        remark=_("No ticket waits for an answer."),
    ),
    NamedView(
        "snoozed",
        _("Snoozed"),
        "moon",
        {"-snoozed_until": "none", **UNRESOLVED},
        nothing=_("Nothing is snoozed"),
        remark=_("Snooze a ticket, and it comes back when its time has come."),
    ),
    NamedView(
        "recent",
        _("Recently updated"),
        "history",
        sort="-updated_at",
        counted=False,
        nothing=ALL.nothing,
        remark=ALL.remark,
    ),
    ALL,
)
DUE_SOON = NamedView(
    "due-soon",
    _("Due soon"),
    "clock",
    {**UNRESOLVED, "due_at_after": "0m", "due_at_before": "1d"},
    sort="due_at",
    nothing=_("Nothing is due soon"),
    remark=_("No unresolved ticket is due within a day."),
)


def team_views(actor: Actor) -> list[NamedView]:
    """One a team of the person."""
    known = configuration()
    own = [team_id for team_id, _access in known.memberships.get(actor.person_id, ())]
    teams = sorted((known.teams[pk] for pk in own), key=lambda team: team.name_folded)
    return [
        NamedView(f"team-{team.pk}", team.name, "users", {"team": team.name, **UNRESOLVED})
        for team in teams
    ]


def queue_views(actor: Actor) -> list[NamedView]:
    """One a queue that the person sees, in the administrator's order."""
    queues = [
        queue
        for queue in configuration().queues.values()
        if queue.deleted_at is None
        and not queue.is_sandbox
        and (actor.queues is None or queue.pk in actor.queues)
    ]
    return [
        NamedView(f"queue-{queue.slug}", queue.name, "inbox", {"queue": queue.slug, **UNRESOLVED})
        for queue in queues
    ]


def saved_views(actor: Actor) -> list[NamedView]:
    """What people saved, as the actor sees it. Words are not searched for only to be counted."""
    return [
        NamedView(
            str(row.uuid),
            row.name,
            _saved_icon(row),
            row.query,
            sort=row.sort or NEWEST,
            counted="search" not in row.query,
            columns=tuple(row.columns),
            group=row.group,
            saved=row,
        )
        for row in views_of(actor)
    ]


def _saved_icon(row: SavedView) -> str:
    if row.owner_id:
        return "star"
    return "flag" if row.team_id else "globe"


def find_view(key: str, actor: Actor) -> NamedView | None:
    views = (*FIRST, DUE_SOON, *team_views(actor), *queue_views(actor), *saved_views(actor))
    return next((view for view in views if view.key == key), None)


def view_of(query: dict[str, list[str]], actor: Actor) -> NamedView | None:
    """The view whose query this is, however it was asked for."""
    said = {name: values[0] for name, values in query.items() if len(values) == 1}
    if len(said) < len(query):
        return None
    usual = (DEFAULT, ALL, *FIRST, DUE_SOON, *team_views(actor), *queue_views(actor))
    views = (*usual, *saved_views(actor))
    return next((view for view in views if view.query == said), None)
