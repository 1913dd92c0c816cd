"""The ticket list, its filters and columns, and what tells that it has become old."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk import search
from helpdesk.doors.pages import agent, respond
from helpdesk.filters import SORTS
from helpdesk.health import summary
from helpdesk.lookup import number_of
from helpdesk.models import Change, Ticket
from helpdesk.web.columns import Column, chosen_columns, every_column
from helpdesk.web.filter_form import FilterForm
from helpdesk.web.list_page import changed_rows, latest_change, list_context
from helpdesk.web.list_query import ROWS, ListQuery
from helpdesk.web.preferences import prefer
from helpdesk.web.view_shape import (
    DENSITIES,
    GROUPS,
    WIDTHS,
    Shape,
    checked_shape,
    shape_of,
    usual_shape,
    with_shape,
)

SORTS_ASKED = 3
NEWS_COUNTED = 99


@require_safe
@agent
def tickets(request: HttpRequest) -> HttpResponse:
    if number := _jump(request):
        return redirect("ticket", number=number)
    query = ListQuery(request.GET, request.actor)
    if _is_from_form(request) and not query.errors:
        return redirect(query.address())
    is_split = request.user.preferences.get("layout") == "split"
    context = list_context(request, query, is_split=is_split)
    status = 422 if query.errors else 200
    return respond(request, "tickets/list.html", "list", status=status, **context)


@require_safe
@agent
def fresh(request: HttpRequest) -> HttpResponse:
    """What changed in a list since a change: 204 while nothing did.

    `shown` are the numbers of the rows on the page, which are answered anew; of what else others
    changed since `from` it is only said how much, so that nothing jumps. What is asked so
    regularly also looks after the health dot, so that no page has to.
    """
    summary()
    query = ListQuery(request.GET, request.actor)
    since = _change_in(request.GET.get("since", ""))
    if query.errors or since is None or (latest := latest_change()) <= since:
        return HttpResponse(status=204)
    said = request.GET.get("shown", "")[:2000].split(",")
    shown = [number for one in said if (number := number_of(one))][:ROWS]
    changed = Change.objects.filter(pk__gt=since, ticket__in=shown)
    numbers = sorted(set(changed.values_list("ticket_id", flat=True))) if shown else []
    begun = _change_in(request.GET.get("from", ""))
    news = Change.objects.filter(pk__gt=since if begun is None else begun)
    news = news.exclude(person_id=request.actor.person_id).values("ticket_id")
    others = query.tickets.filter(pk__in=news).exclude(pk__in=shown).order_by()
    count = others[: NEWS_COUNTED + 1].count()
    if not count and not numbers:
        return HttpResponse(status=204)
    context = {
        "count": count,
        "words": f"{NEWS_COUNTED}+" if count > NEWS_COUNTED else str(count),
        "here": query.address(),
        "latest": latest,
        **(changed_rows(request, query, numbers) if numbers else {}),
    }
    return render(request, "tickets/list.html#news", context)


def _change_in(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


@require_safe
@agent
def filters(request: HttpRequest) -> HttpResponse:
    """The form of all filters: over the list, or a page without script."""
    query = ListQuery(request.GET, request.actor)
    form = FilterForm(query)
    here = query.address()
    return respond(request, "tickets/filters.html", "form", form=form, query=query, here=here)


@agent
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest) -> HttpResponse:
    """How the person wants to see this view: columns, their order and widths, density, groups."""
    query = ListQuery(request.GET, request.actor)
    key = query.view.key if query.view else ""
    if request.method == "POST":
        kept = {**request.user.preferences.get("columns", {}), key: _columns_in(request.POST)}
        shape = _shape_in(request.POST)
        if "reset" in request.POST:
            del kept[key]
            shape = usual_shape(query.view)
        shapes = with_shape(request.user, query.view, shape)
        prefer(request.user, columns=kept, shapes=shapes)
        return redirect(query.address(sort=_sort_in(request.POST)))
    shown = [column.key for column in chosen_columns(request.user, query.view)]
    shape = shape_of(request.user, query.view)
    known = every_column()
    ordered = [known[one] for one in [*shown, *(one for one in known if one not in shown)]]
    said = [*query.sort.split(","), "", ""][:SORTS_ASKED]
    return respond(
        request,
        "tickets/columns.html",
        "form",
        choices=[
            (column, column.key in shown, place, shape.widths.get(column.key, ""))
            for place, column in enumerate(ordered, start=1)
        ],
        shape=shape,
        widths=WIDTHS,
        densities=DENSITIES,
        groups=GROUPS,
        sorts=list(enumerate(said, start=1)),
        orders=_orders(known.values()),
        query=query,
        params=query.words(),
        here=query.address(),
    )


def _columns_in(data: QueryDict) -> list[str]:
    """The chosen columns in the order of the places that were given to them."""
    known = every_column()
    named = [*data.getlist("columns"), *(["subject"] if "place.subject" in data else [])]
    chosen = list(dict.fromkeys(one for one in named if one in known))

    def place(key: str) -> int:
        said = data.get(f"place.{key}", "")
        return int(said) if said.isascii() and said.isdecimal() and len(said) < 4 else len(known)

    return sorted(chosen, key=place)


def _shape_in(data: QueryDict) -> Shape:
    widths = {key: data.get(f"width.{key}", "") for key in every_column()}
    return checked_shape(widths, data.get("density"), data.get("group"))


def _sort_in(data: QueryDict) -> str:
    """Several orders, one after the other; nothing that is not known."""
    known = {*SORTS, *(column.sort for column in every_column().values())} - {""}
    names = [one for one in data.getlist("sort") if one.removeprefix("-") in known]
    return ",".join(dict.fromkeys(names))


def _orders(columns: Iterable[Column]) -> list[tuple[str, str]]:
    """What a list can be ordered by, both ways, by the words of its columns."""
    found = []
    for column in columns:
        if column.sort:
            found.append((column.sort, _("%(name)s, upwards") % {"name": column.label}))
            found.append((f"-{column.sort}", _("%(name)s, downwards") % {"name": column.label}))
    return found


def _is_from_form(request: HttpRequest) -> bool:
    """A form sends its empty fields along; the address of a list has none of them."""
    return any(not value.strip() for values in request.GET.lists() for value in values[1])


def _jump(request: HttpRequest) -> int | None:
    """The number of the one ticket that the search box names, if the person may see it."""
    [name] = request.GET if len(request.GET) == 1 else [""]
    number = search.number_in(request.GET[name]) if name in ("q", "search") else None
    if number is None:
        return None
    visible = Ticket.objects.visible_to(request.actor).filter(pk=number)
    return number if visible.exists() else None
