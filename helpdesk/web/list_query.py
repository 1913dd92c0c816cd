"""What a list page was asked for: view, filters, order and page, and the addresses of its links."""

from collections.abc import Callable, Mapping
from functools import cached_property
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.addresses import address
from helpdesk.doors.paging import Page, page_of, scope_of
from helpdesk.doors.patience import TooSlow, patience
from helpdesk.filters import ALIASES, SortKey, TicketFilter, sort_keys
from helpdesk.models import Ticket
from helpdesk.query import Query, read, write
from helpdesk.web.named_views import ALL, DEFAULT, NamedView, find_view, view_of

ROWS = 50
DOWN_FIRST = ("priority", "number", "created_at", "updated_at", "last_activity_at")
STOPPED = "stopped"  # among the errors, of a list that took too long
OWN = (
    "view",
    "sort",
    "cursor",
    "at",
    "since",
    "from",
    "shown",
    "q",
)  # parameters that are no filters


class ListQuery:
    """The parameters of a list page, understood or refused by name.

    `view=` brings the filters of a named view; those that are given beside it win. `q=` is the
    typed query: its words are filters like any others. Nothing given means the default view, an
    empty query everything.
    """

    def __init__(self, params: QueryDict, actor: Actor):
        self.actor = actor
        self.base = address("tickets")
        self.errors: dict[str, list[str]] = {}
        said = params.get("q", "").strip()
        self.typed: Query | None = read(said) if said else None
        given = {**(_filters_in(self.typed.params) if said else {}), **_filters_in(params)}
        usual = ALL if "q" in params else DEFAULT
        asked = self._view_asked(params.get("view", ""), None if given else usual)
        self.filters = {**_listed(asked.query if asked else {}), **given}
        is_whole = asked is not None and self.filters == _listed(asked.query)
        self.view = asked if is_whole else view_of(self.filters, actor)
        self.usual_sort = (self.view or ALL).sort
        typed_sort = self.typed.sort if self.typed else ""
        self.sort = params.get("sort") or typed_sort or self.usual_sort
        self.keys = self._keys()
        self.group_sort = ""  # the order that keeps groups together, before all others
        self.cursor = params.get("cursor", "")
        self.at = _position(params.get("at", ""))
        self.filter = TicketFilter(
            self.filters, lambda: Ticket.objects.visible_to(actor), actor=actor
        )
        self.errors |= self.filter.errors
        if self.typed is not None:
            self.typed.blame(self.filter)
            if self.typed.troubles:
                self.errors["q"] = [one.message for one in self.typed.troubles]

    @property
    def text(self) -> str:
        """The list as a typed query: as it was typed, or as its filters and order read."""
        if self.typed is not None and self.typed.troubles:
            return self.typed.text
        usual = view_of(self.filters, self.actor) or ALL
        named = {name: values for name, values in self.filters.items() if name != "search"}
        searched = {"search": self.filters["search"]} if "search" in self.filters else {}
        return write(named | searched, self.sort if self.sort != usual.sort else "")

    @property
    def search(self) -> str:
        return (self.filters.get("search") or [""])[0]

    @property
    def title(self) -> str:
        if self.view:
            return str(self.view.label)
        return _("Search") if set(self.filters) == {"search"} else _("Tickets")

    @cached_property
    def tickets(self) -> QuerySet:
        """The tickets of the list, of which nothing is shown while anything is wrong."""
        return self.filter.qs if not self.errors else Ticket.objects.none()

    def page(self, rows: Callable[[QuerySet], QuerySet]) -> Page:
        """The page asked for, of what `rows` makes of the tickets.

        A cursor that fits no list is one more error.
        """
        if not self.errors:
            scope = scope_of("tickets", self.filters)
            try:
                keys, shape = self.grouped_keys(), self.filter.shape
                with patience():
                    return page_of(
                        lambda: rows(self.tickets),
                        keys,
                        scope=scope,
                        cursor=self.cursor,
                        limit=ROWS,
                        shape=shape and shape.of("rows of a list"),
                    )
            except ValidationError as error:
                self.errors |= error.message_dict
            except TooSlow as error:
                self.errors[STOPPED] = [str(error)]
        return Page([], None, None)

    def grouped_keys(self) -> list[SortKey]:
        """The whole order: groups stay together, then the order asked for."""
        if not self.group_sort:
            return self.keys
        first = sort_keys(self.group_sort)
        return [*first, *(key for key in self.keys if key.path != first[0].path)]

    # Addresses ------------------------------------------------------------------------------

    def address(self, **changed) -> str:
        """The address of this list, or of the same with something changed (see `words`)."""
        return f"{self.base}?{self.words(**changed)}"

    def words(
        self,
        *,
        sort: str = "",
        cursor: str = "",
        at: int = 0,
        without: str = "",
        also: dict[str, list[str]] | None = None,
    ) -> str:
        """This list as parameters: in another order, on another page, less or more a filter."""
        sort = sort or self.sort
        filters = {name: values for name, values in self.filters.items() if name != without}
        filters |= also or {}
        view = self.view if not without else (None if filters else ALL)
        said: dict[str, object] = {"view": view.key} if view else dict(filters)
        if sort != (view or ALL).sort:
            said["sort"] = sort
        if cursor:
            said |= {"cursor": cursor, "at": at}
        return urlencode(said, doseq=True)

    def sorted_by(self, name: str) -> tuple[str, str, int]:
        """How a column leads the order (`aria-sort`), the address that makes it, or turns it, and
        its place among several, 0 for none. All are empty for a column without an order."""
        if not name:
            return "", "", 0
        names = [one.strip() for one in self.sort.split(",")]
        plain = [one.removeprefix("-") for one in names]
        place = plain.index(name) + 1 if name in plain else 0
        if place != 1:
            wanted = f"-{name}" if name in DOWN_FIRST else name
            return "none", self.address(sort=wanted), place
        if names[0].startswith("-"):
            return "descending", self.address(sort=name), 1
        return "ascending", self.address(sort=f"-{name}"), 1

    # Reading --------------------------------------------------------------------------------

    def _view_asked(self, key: str, usual: NamedView | None) -> NamedView | None:
        if not key:
            return usual
        view = find_view(key, self.actor)
        if view is None:
            self.errors["view"] = [_("There is no view “%(name)s”.") % {"name": key[:60]}]
        return view

    def _keys(self) -> list[SortKey]:
        try:
            return sort_keys(self.sort, self.actor)
        except ValidationError as error:
            self.errors |= error.message_dict
            return sort_keys(self.usual_sort)


def _filters_in(params: MultiValueDict) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for name, values in params.lists():
        kept = [value for value in values if value.strip()]
        if kept and name not in OWN:
            given.setdefault(ALIASES.get(name, name), []).extend(kept)
    return given


def _listed(query: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in query.items()}


def _position(text: str) -> int:
    """The number of a page's first row, which only words show; anything odd is the first."""
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 8 else 1
