"""The ticket list, its filters and columns, and what tells that it has become old."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk import search
from helpdesk.doors.pages import agent, respond
from helpdesk.health import summary
from helpdesk.models import Change, Ticket
from helpdesk.web.columns import chosen_columns, every_column
from helpdesk.web.filter_form import FilterForm
from helpdesk.web.list_page import list_context
from helpdesk.web.list_query import ListQuery
from helpdesk.web.preferences import prefer

NEWS_COUNTED = 99


def home(request: HttpRequest) -> HttpResponse:
    return redirect("tickets")


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
    """How many tickets of a list others changed since: 204 while nobody did.

    What is asked so regularly also looks after the health dot, so that no page has to.
    """
    summary()
    query = ListQuery(request.GET, request.actor)
    since = request.GET.get("since", "")
    if query.errors or not (since.isascii() and since.isdecimal() and len(since) < 19):
        return HttpResponse(status=204)
    news = Change.objects.filter(pk__gt=int(since)).exclude(person_id=request.actor.person_id)
    changed = query.tickets.filter(pk__in=news.values("ticket_id")).order_by()
    count = changed[: NEWS_COUNTED + 1].count()
    if not count:
        return HttpResponse(status=204)
    words = f"{NEWS_COUNTED}+" if count > NEWS_COUNTED else str(count)
    context = {"count": count, "words": words, "here": query.address()}
    return render(request, "tickets/list.html#news", context)


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
    """Which columns the person wants to see in this view."""
    query = ListQuery(request.GET, request.actor)
    key = query.view.key if query.view else ""
    known = every_column()
    if request.method == "POST":
        chosen = [name for name in request.POST.getlist("columns") if name in known]
        kept = {**request.user.preferences.get("columns", {}), key: chosen}
        if "reset" in request.POST:
            del kept[key]
        prefer(request.user, columns=kept)
        return redirect(query.address())
    shown = {column.key for column in chosen_columns(request.user, query.view)}
    choices = [(column, column.key in shown) for column in known.values()]
    return respond(
        request,
        "tickets/columns.html",
        "form",
        choices=choices,
        query=query,
        params=query.words(),
        here=query.address(),
    )


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
