"""What the templates of a ticket list show, for its page and for the column beside a ticket."""

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from helpdesk.addresses import address
from helpdesk.models import Change, custom_values
from helpdesk.templatetags.look import grouped
from helpdesk.web.chips import chips_of, other_errors, wrong_words
from helpdesk.web.columns import STANDARD, Column, chosen_columns
from helpdesk.web.counts import total
from helpdesk.web.list_query import ROWS, STOPPED, ListQuery
from helpdesk.web.named_views import ALL, DEFAULT, NamedView
from helpdesk.web.rows import Writer, marks_of, rows_of
from helpdesk.web.view_shape import shape_of

COUNTED = 10_000  # beyond it a list says “10,000+”
COUNTED_IN_SEARCH = 1_000
EXTRA_COLUMNS = 7  # beyond the usual ones, for which the table finds room by itself
ORDERS = {
    "-last_activity_at": gettext_lazy("Latest activity first"),
    "-created_at": gettext_lazy("Newest first"),
    "-updated_at": gettext_lazy("Last changed first"),
    "due_at": gettext_lazy("Due first"),
    "-priority": gettext_lazy("Most urgent first"),
    "title": gettext_lazy("By subject"),
}
BULK_ACTIONS = (
    ("assign", gettext_lazy("Assign")),
    ("status", gettext_lazy("Status")),
    ("priority", gettext_lazy("Priority")),
    ("team", gettext_lazy("Team")),
    ("tags", gettext_lazy("Tags")),
    ("field", gettext_lazy("Fields")),
    ("snooze", gettext_lazy("Snooze")),
    ("note", gettext_lazy("Note")),
    ("reply", gettext_lazy("Reply")),
    ("merge", gettext_lazy("Merge")),
    ("delete", gettext_lazy("Delete")),
)


def list_column(request: HttpRequest, number: int) -> dict:
    """The context of `tickets/list.html#column`: the list beside the ticket of that number.

    Reads the parameter `list`, which holds those of the list; empty without it, and for who has
    lists as tables.
    """
    if "list" not in request.GET or request.user.preferences.get("layout") != "split":
        return {}
    query = ListQuery(QueryDict(request.GET["list"][:4000]), request.actor)
    return list_context(request, query, is_split=True, opened=number)


def list_context(
    request: HttpRequest, query: ListQuery, *, is_split: bool, opened: int | None = None
) -> dict:
    """Everything that the templates show: rows, marks and a count are one statement each."""
    shape = shape_of(request.user, query.view)
    request.density, query.group_sort = shape.density, shape.group_sort
    page = query.page(lambda tickets: rows_of(tickets, request.actor))
    columns = chosen_columns(request.user, query.view)
    place = query.words(cursor=query.cursor, at=query.at)
    writer = Writer(
        marks_of(page.rows, request.actor),
        people=_people_in(page.rows, columns),
        suffix=f"?{_as_parameter(place)}" if is_split else "",
        opened=opened,
        group=shape.group,
    )
    last = query.at + len(page.rows) - 1
    return {
        "query": query,
        "typed": query.text,
        "wrong": wrong_words(query),
        "is_split": is_split,
        "opened": opened,
        "heads": []
        if is_split
        else [
            (column, query.sorted_by(column.sort), shape.widths.get(column.key))
            for column in columns
        ],
        "density": shape.density or request.user.preferences.get("density", ""),
        "wide": _wide(page.rows),
        "extra": min(EXTRA_COLUMNS, len({column.key for column in columns} - set(STANDARD))),
        "rows": writer.split(page.rows) if is_split else writer.table(page.rows, columns),
        "chips": chips_of(query),
        "mistakes": other_errors(query),
        "order": ORDERS.get(query.sort) or _("Own order"),
        "orders": _orders(query),
        "bulk_actions": BULK_ACTIONS,
        "here": query.address(),
        "saved": query.view.saved if query.view else None,
        "params": query.words(),
        "place": place,
        "latest": page.rows[0]["latest"] if page.rows else latest_change(),
        "now": timezone.now(),
        "next": query.address(cursor=page.next, at=last + 1) if page.next else None,
        "previous": _address_before(query, page.previous),
        **_count_words(query, len(page.rows), last),
        **({} if page.rows else _empty(query)),
    }


def _count_words(query: ListQuery, shown: int, last: int) -> dict:
    """`count` (“312 tickets”), `number` (“312”) and `range` (“1–50 of 312”)."""
    if query.errors:
        return {"count": "", "number": "", "range": ""}
    cap = COUNTED_IN_SEARCH if query.search else COUNTED
    found = total(query.actor.person_id, query.words(), lambda: query.tickets, cap)
    if found is None:
        return {"count": "", "number": "", "range": ""}
    counted = max(found, last if shown else 0)
    number = f"{grouped(cap)}+" if found > cap else grouped(counted)
    return {
        "number": number,
        "count": ngettext("%(number)s ticket", "%(number)s tickets", counted) % {"number": number},
        "range": _("%(first)s–%(last)s of %(number)s")
        % {"first": grouped(query.at), "last": grouped(last), "number": number}
        if shown
        else "",
    }


def _address_before(query: ListQuery, cursor: str | None) -> str | None:
    if not cursor:
        return None
    before = query.at - ROWS
    return query.address(cursor=cursor, at=before) if before > 1 else query.address()


def _orders(query: ListQuery) -> list[tuple[str, str, bool]]:
    return [(query.address(sort=sort), words, sort == query.sort) for sort, words in ORDERS.items()]


def _empty(query: ListQuery) -> dict:
    """Why the list is empty, and one thing to do: title, text, url and action."""
    if STOPPED in query.errors:
        return {
            "empty": {
                "sign": "search",
                "title": _("This list took too long"),
                "text": query.errors[STOPPED][0],
                "url": query.address(sort="-number"),
                "action": _("Sort by number"),
            }
        }
    if query.errors:
        name = next(iter(query.errors))
        return {
            "empty": {
                "sign": "search",
                "title": _("The list is not shown"),
                "text": _(
                    "An unknown filter would match everything, so nothing runs until it is"
                    " corrected."
                ),
                "url": query.address(without=name) if name in query.filters else query.address(),
                "action": _("Remove this filter") if name in query.filters else _("Start again"),
            }
        }
    everywhere = _view_address(ALL)
    if query.view:
        return {
            "empty": {
                "sign": "check",
                "title": query.view.nothing,
                "text": query.view.remark,
                "url": everywhere if query.view.key == DEFAULT.key else _view_address(DEFAULT),
                "action": _("Show all tickets")
                if query.view.key == DEFAULT.key
                else _("Show unresolved tickets"),
            }
        }
    return {
        "empty": {
            "sign": "search",
            "title": _("No ticket matches"),
            "text": _("Words are found in subjects, messages, notes and requesters.")
            if query.search
            else _("No ticket that you may see has all of these."),
            "url": everywhere,
            "action": _("Show all tickets"),
        }
    }


def _view_address(view: NamedView) -> str:
    return f"{address('tickets')}?view={view.key}"


def _wide(rows: list[dict]) -> set[str]:
    """The columns that need more room than usual: long numbers, and ages that name a year."""
    year = timezone.localtime().year
    long_number = any(row["id"] >= 100_000 for row in rows)
    other_year = any(row["last_activity_at"].year < year for row in rows)
    return {css for css, is_wide in (("c-number", long_number), ("c-age", other_year)) if is_wide}


def _people_in(rows: list[dict], columns: list[Column]) -> dict[int, str]:
    """Names for the columns of people: one statement if there is such a column."""
    keys = [column.people_key for column in columns if column.people_key]
    ids = {pk for row in rows for key in keys for pk in row["custom"].get(key) or ()}
    return custom_values.names_of(sorted(ids)) if keys else {}


def changed_rows(request: HttpRequest, query: ListQuery, numbers: list[int]) -> dict:
    """Those of the tickets that are still in the list, as rows to be put in the place of the ones
    that are shown; `gone` are the numbers of the others."""
    rows = list(rows_of(query.tickets.filter(pk__in=numbers), request.actor).order_by("pk"))
    found = {row["id"] for row in rows}
    is_split = request.user.preferences.get("layout") == "split"
    columns = chosen_columns(request.user, query.view)
    writer = Writer(
        marks_of(rows, request.actor),
        people=_people_in(rows, columns),
    )
    return {
        "is_split": is_split,
        "rows": writer.split(rows) if is_split else writer.table(rows, columns),
        "gone": [number for number in numbers if number not in found],
    }


def latest_change() -> int:
    """The newest change of all: what a poll asks from."""
    return Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _as_parameter(words: str) -> str:
    address = QueryDict(mutable=True)
    address["list"] = words
    return address.urlencode()
