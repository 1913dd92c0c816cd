"""What stands around every page of the workspace: navigation, counts and the person's look."""

from collections.abc import Hashable

from django.core.cache import cache
from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from helpdesk.addresses import address
from helpdesk.filters import TicketFilter
from helpdesk.health import SUMMARY
from helpdesk.models import Draft, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.permissions import can
from helpdesk.prepared import reach_of
from helpdesk.web.counts import counts, counts_key
from helpdesk.web.named_views import (
    DUE_SOON,
    FIRST,
    NamedView,
    queue_views,
    saved_views,
    team_views,
)
from helpdesk.web.shortcuts import page_keys

COUNTED = 999
QUEUES_SHOWN = 12
SAVED_COUNTED = 40
VIEWS = "views"  # the kind of counts that the navigation shows
DRAFTS = "drafts"  # beside the counts of views, whose keys are never so
# A draft that holds something: words, files, or the title of a new ticket.
BEGUN = ~Q(body="") | ~Q(files=[]) | Q(fields__keep=True)


class Shell:
    """Filled when a template asks; a page without an agent has none of it."""

    def __init__(self, request: HttpRequest):
        self.request = request
        self.actor = getattr(request, "actor", None)

    @property
    def density(self) -> str:
        """As the person wants it for the view that is shown, else for all."""
        if own := getattr(self.request, "density", ""):
            return own
        return self.request.user.preferences.get("density", "") if self.actor else ""

    @property
    def keys(self) -> str:
        """What scripts must know of the person's own keys; nothing for who has the usual ones."""
        return page_keys(self.request.user.preferences) if self.actor else ""

    @cached_property
    def health(self) -> dict | None:
        """`{"ok", "label", "words"}` for the dot in the top bar, as the page last polled it."""
        if self.actor is None or (wrong := self._cached.get(SUMMARY)) is None:
            return None
        label = _("Needs attention") if wrong else _("All well")
        words = "; ".join(f"{state.name}: {state.words}" for state in wrong)
        return {"ok": not wrong, "label": label, "words": words}

    @cached_property
    def _cached(self) -> dict:
        """What the cache knows for every page, in one look."""
        return cache.get_many([SUMMARY, counts_key(self.actor.person_id, VIEWS)])

    @property
    def navigation(self) -> Hashable:
        """All that `sections` depends on but the language: what is written once for it is kept."""
        if self.actor is None:
            return None
        return (
            configuration().stamp or object(),  # nothing is kept of what may be rolled back
            (self.actor.person_id, reach_of(self.actor), self.request.user.is_superuser),
            ("" if self._is_ticket() else self.request.path, self._current_view()),
            self.counted,
        )

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
        counted = self.counted
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
        home = self._page("home-page", _("Home"), "home")
        sections[0]["items"][:0] = [home, *self._unfinished()]
        return [*sections, {"label": _("Desk"), "items": self._desk()}]

    @cached_property
    def counted(self) -> dict[str, int]:
        """How many tickets the views have, by key, of at most 30 s ago: one statement for all."""

        def queries() -> dict:
            drafts = Draft.objects.filter(person=self.actor.person_id, state=Draft.State.WRITING)
            visible = Ticket.objects.visible_to(self.actor)
            return {
                view.key: TicketFilter(view.query, visible, actor=self.actor).qs
                for view in self._counted_views()
            } | {DRAFTS: drafts.filter(BEGUN)}

        return counts(self.actor.person_id, VIEWS, queries, COUNTED, self._cached.get)

    def _counted_views(self) -> list[NamedView]:
        teams = team_views(self.actor)
        queues = queue_views(self.actor)[:QUEUES_SHOWN]
        saved = saved_views(self.actor)[:SAVED_COUNTED]
        return [one for one in (*FIRST, DUE_SOON, *teams, *queues, *saved) if one.counted]

    def _unfinished(self) -> list[dict]:
        """The way to what the person began to write, where there is something."""
        count = self.counted.get(DRAFTS)
        if not count:
            return []
        url = f"{address('home-page')}#home-drafts"
        return [{"label": _("Unfinished"), "url": url, "icon": "pencil", "count": count}]

    def _current_view(self) -> str:
        """The view that is open: the page's own, or the one that the ticket was opened from."""
        match = self.request.resolver_match
        if match is None or match.url_name not in ("tickets", "ticket"):
            return ""
        params = self.request.GET
        if "list" in params:
            params = QueryDict(params["list"][:4000])
        elif self._is_ticket():
            return ""
        return params.get("view", "" if params else "unresolved")

    def _desk(self) -> list[dict]:
        mail = self._page("mail-messages", _("Mail"), "mail")
        items = [self._page("views", _("Views"), "star"), self._page("trash", _("Trash"), "trash")]
        items.insert(1, mail)
        items.insert(1, self._worded())
        if self.request.user.is_superuser:
            items += [
                self._page("imports", _("Imports"), "upload"),
                self._page("connections", _("Connections"), "mirror"),
                self._page("admin:index", _("Administration"), "shield"),
            ]
        if can(self.actor, "configure") or can(self.actor, "curate"):
            items.insert(1, self._page("settings", _("Settings"), "sliders"))
        if can(self.actor, "manage_keys"):
            items.insert(-1, self._page("keys", _("API keys"), "key"))
        items.insert(0, self._page("reports", _("Reports"), "chart"))
        return [item for item in items if item]

    def _is_first(self) -> bool:
        match = self.request.resolver_match
        return match is not None and match.url_name == "home"

    def _is_ticket(self) -> bool:
        """The page of a ticket, which is none of the navigation."""
        match = self.request.resolver_match
        return match is not None and match.url_name == "ticket"

    def _worded(self) -> dict:
        """Canned replies and macros are two pages of one item."""
        url = address("worded", "canned-replies")
        is_open = self.request.path.startswith(url.removesuffix("canned-replies/"))
        item = {"label": _("Canned replies"), "url": url, "icon": "chat", "count": None}
        return {**item, "active": is_open}

    def _page(self, name: str, label: str, icon: str) -> dict | None:
        try:
            url = address(name)
        except NoReverseMatch:
            return None
        is_open = self.request.path.startswith(url) or (name == "home-page" and self._is_first())
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
