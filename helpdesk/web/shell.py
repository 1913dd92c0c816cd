"""What stands around every page of the workspace: navigation, counts and the person's look."""

from django.core.cache import cache
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from helpdesk.filters import TicketFilter
from helpdesk.health import SUMMARY
from helpdesk.models import Ticket
from helpdesk.permissions import can
from helpdesk.web.counts import counts
from helpdesk.web.named_views import FIRST, NamedView, queue_views, saved_views, team_views

COUNTED = 999
QUEUES_SHOWN = 12
SAVED_COUNTED = 40


class Shell:
    """Filled when a template asks; a page without an agent has none of it."""

    def __init__(self, request: HttpRequest):
        self.request = request
        self.actor = getattr(request, "actor", None)

    @property
    def density(self) -> str:
        return self.request.user.preferences.get("density", "") if self.actor else ""

    @cached_property
    def health(self) -> dict | None:
        """`{"ok", "label", "words"}` for the dot in the top bar, as the page last polled it."""
        wrong = cache.get(SUMMARY)
        if self.actor is None or wrong is None:
            return None
        label = _("Needs attention") if wrong else _("All well")
        words = "; ".join(f"{state.name}: {state.words}" for state in wrong)
        return {"ok": not wrong, "label": label, "words": words}

    @cached_property
    def sections(self) -> list[dict]:
        """`{"label", "items"}` of the navigation, with counts of at most 30 s ago."""
        if self.actor is None:
            return []
        teams = team_views(self.actor)
        queues = queue_views(self.actor)[:QUEUES_SHOWN]
        saved = saved_views(self.actor)
        own = [view for view in saved if view.saved.owner_id]
        of_teams = [view for view in saved if view.saved.team_id]
        shared = [view for view in saved if not view.saved.owner_id and not view.saved.team_id]
        counted = self._counts([*FIRST, *teams, *queues, *saved[:SAVED_COUNTED]])
        current = self._current_view()
        parts = (
            ("", FIRST),
            (_("My views"), own),
            (_("Teams"), [*teams, *of_teams]),
            (_("Shared views"), shared),
            (_("Queues"), queues),
        )
        sections = [
            {"label": label, "items": [_view_item(view, counted, current) for view in views]}
            for label, views in parts
            if views
        ]
        return [*sections, {"label": _("Desk"), "items": self._desk()}]

    def _counts(self, views: list[NamedView]) -> dict[str, int]:
        def queries() -> dict:
            visible = Ticket.objects.visible_to(self.actor)
            return {
                view.key: TicketFilter(view.query, visible, actor=self.actor).qs
                for view in views
                if view.counted
            }

        return counts(self.actor.person_id, "views", queries, COUNTED)

    def _current_view(self) -> str:
        """The view that is open: the page's own, or the one that the ticket was opened from."""
        match = self.request.resolver_match
        if match is None or match.url_name not in ("tickets", "ticket"):
            return ""
        params = self.request.GET
        if "list" in params:
            params = QueryDict(params["list"][:4000])
        elif match.url_name == "ticket":
            return ""
        return params.get("view", "" if params else "unresolved")

    def _desk(self) -> list[dict]:
        items = [self._page("views", _("Views"), "star"), self._page("trash", _("Trash"), "trash")]
        if self.request.user.is_superuser:
            items += [
                self._page("imports", _("Imports"), "upload"),
                self._page("connections", _("Connections"), "mirror"),
                self._page("admin:index", _("Settings"), "sliders"),
            ]
        if can(self.actor, "manage_keys"):
            items.insert(-1, self._page("keys", _("API keys"), "key"))
        return [item for item in items if item]

    def _page(self, name: str, label: str, icon: str) -> dict | None:
        try:
            url = reverse(name)
        except NoReverseMatch:
            return None
        is_open = self.request.path.startswith(url)
        return {"label": label, "url": url, "icon": icon, "count": None, "active": is_open}


def shell(request: HttpRequest) -> dict:
    """Context processor: `shell` for base.html."""
    return {"shell": Shell(request)}


def _view_item(view: NamedView, counted: dict[str, int], current: str) -> dict:
    count = counted.get(view.key)
    return {
        "label": view.label,
        "url": f"/tickets/?view={view.key}",
        "icon": view.icon,
        "count": count,
        "active": view.key == current,
        "alert": bool(view.alert and count),
    }
