"""Settings for those who lead a team: what there is, who uses it, and what may be changed of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.actions.configuring import (
    change_setting,
    make_setting,
    may_set_up,
    order_settings,
    retire_setting,
)
from helpdesk.actions.naming import conditions_naming
from helpdesk.actions.replacing import COLUMNS, replace_setting
from helpdesk.actions.setting_nouns import NOUNS
from helpdesk.actions.usage import (
    USES,
    number_of_conditions,
    number_of_tickets,
    reasons_to_keep,
    tickets_with,
    uses_of,
    with_uses,
    words_of_use,
)
from helpdesk.doors.pages import agent, put_errors
from helpdesk.models import (
    CustomField,
    Queue,
    SettingChange,
    Status,
    Tag,
    TagCategory,
    Team,
    TicketType,
    Workflow,
)
from helpdesk.models.configuration import configuration, recheck
from helpdesk.permissions import can
from helpdesk.web.forms import settings as forms
from helpdesk.web.rule_words import rule_words

View = Callable[..., HttpResponse]
read_or_write = require_http_methods(["GET", "HEAD", "POST"])
PAGE = 100


@dataclass(frozen=True)
class Kind:
    """A noun as its pages show it. `empty` teaches what it is for."""

    slug: str
    model: type[Model]
    form: type
    many: str
    one: str
    icon: str
    empty: str

    @property
    def has_order(self) -> bool:
        return "position" in NOUNS[self.model].columns

    @property
    def is_replaced(self) -> bool:
        return self.model in COLUMNS or self.model is Tag


KINDS = {
    one.slug: one
    for one in (
        Kind(
            "tags",
            Tag,
            forms.TagForm,
            gettext_lazy("Tags"),
            gettext_lazy("New tag"),
            "tag",
            gettext_lazy("Tags group tickets across queues. They are also made as they are used."),
        ),
        Kind(
            "tag-categories",
            TagCategory,
            forms.TagCategoryForm,
            gettext_lazy("Tag categories"),
            gettext_lazy("New category"),
            "columns",
            gettext_lazy("A category gives its tags one colour, so that they are told apart."),
        ),
        Kind(
            "types",
            TicketType,
            forms.TypeForm,
            gettext_lazy("Ticket types"),
            gettext_lazy("New type"),
            "flag",
            gettext_lazy("Types tell questions from incidents; each may ask for other fields."),
        ),
        Kind(
            "custom-fields",
            CustomField,
            forms.FieldForm,
            gettext_lazy("Fields"),
            gettext_lazy("New field"),
            "sliders",
            gettext_lazy("Fields hold what only your tickets have, such as a serial number."),
        ),
        Kind(
            "statuses",
            Status,
            forms.StatusForm,
            gettext_lazy("Statuses"),
            gettext_lazy("New status"),
            "check",
            gettext_lazy("A status has a name of yours and a category that the helpdesk knows."),
        ),
        Kind(
            "workflows",
            Workflow,
            forms.WorkflowForm,
            gettext_lazy("Workflows"),
            gettext_lazy("New workflow"),
            "branch",
            gettext_lazy("A workflow says which action leads from which status to which."),
        ),
        Kind(
            "queues",
            Queue,
            forms.QueueForm,
            gettext_lazy("Queues"),
            gettext_lazy("New queue"),
            "inbox",
            gettext_lazy("A ticket lives in one queue, whose teams work on it by its workflow."),
        ),
        Kind(
            "teams",
            Team,
            forms.TeamForm,
            gettext_lazy("Teams"),
            gettext_lazy("New team"),
            "users",
            gettext_lazy("The members of a team work in its queues; who leads it sets it up."),
        ),
    )
}


def is_setter(request: HttpRequest) -> bool:
    """Administrators, and who leads a team."""
    return can(request.actor, "configure") or can(request.actor, "curate")


def setter(view: View) -> View:
    """A page of whoever may set something up."""

    @agent
    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not is_setter(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@setter
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    context = {"kinds": KINDS.values(), "changes": SettingChange.objects.order_by("-id")[:8]}
    return render(request, "settings/index.html", context)


@setter
@require_safe
def listed(request: HttpRequest, noun: str) -> HttpResponse:
    """Every row with what uses it; `?search=` narrows, a hundred a page by `?page=`."""
    kind = kind_or_404(noun)
    rows = with_uses(rows_of(kind)).order_by(*_order(kind))
    words = request.GET.get("search", "").strip()[:100]
    if words and "\0" not in words:
        rows = rows.filter(name_folded__contains=words.casefold())
    place = request.GET.get("page", "1")
    page = int(place) if place.isascii() and place.isdecimal() and 0 < len(place) < 6 else 1
    first = (max(1, page) - 1) * PAGE
    found = list(rows[first : first + PAGE + 1])
    shown = found[:PAGE]
    held = tickets_with(shown) if kind.model is CustomField else {}
    named = conditions_naming(shown)
    context = {
        "kind": kind,
        "search": words,
        "rows": [_line(request, kind, row, held, named) for row in shown],
        "may_make": can(request.actor, NOUNS[kind.model].verb) or kind.model is Workflow,
        "may_order": kind.has_order and not words and can(request.actor, NOUNS[kind.model].verb),
        "previous": f"?page={page - 1}" if page > 1 else None,
        "next": f"?page={page + 1}" if len(found) > PAGE else None,
    }
    return render(request, "settings/list.html", context)


@setter
@read_or_write
def new(request: HttpRequest, noun: str) -> HttpResponse:
    kind = kind_or_404(noun)
    form = kind.form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            row = make_setting(kind.model, by=request.actor, **form.values())
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("“%(name)s” is there.") % {"name": row})
            return redirect("setting", noun, row.uuid)
    context = {"kind": kind, "form": form, "row": None}
    return render(request, "settings/edit.html", context, status=422 if form.errors else 200)


@setter
@read_or_write
def edit(request: HttpRequest, noun: str, uuid: UUID) -> HttpResponse:
    kind, row = row_or_404(noun, uuid)
    if kind.model is Workflow:
        return redirect("setting-workflow", uuid)
    form = kind.form(request.POST if request.method == "POST" else None, row=row)
    form.narrow(all_of_it=can(request.actor, NOUNS[kind.model].verb))
    if form.is_valid() and saved(request, form, row, form.values()):
        return redirect("setting", noun, uuid)
    context = {"kind": kind, "form": form, "row": row, **_beside(request, kind, row)}
    return render(request, "settings/edit.html", context, status=422 if form.errors else 200)


@setter
@read_or_write
def remove(request: HttpRequest, noun: str, uuid: UUID) -> HttpResponse:
    """Remove what nothing uses; what tickets use is replaced on them."""
    kind, row = row_or_404(noun, uuid)
    if not may_set_up(request.actor, row):
        raise PermissionDenied
    others = [one for one in rows_of(kind).order_by(*_order(kind)) if one != row]
    data = request.POST if request.method == "POST" else None
    reasons = reasons_to_keep(row)
    form = forms.ReplaceForm(others, data) if reasons and kind.is_replaced else None
    if data is not None and (form is None or form.is_valid()):
        try:
            words = _take_away(row, form, request)
        except ValidationError as error:
            reasons = error.messages
        else:
            messages.success(request, words)
            return redirect("settings-list", noun)
    context = {"kind": kind, "row": row, "reasons": reasons, "form": form}
    status = 422 if data is not None else 200
    return render(request, "settings/remove.html", context, status=status)


def _take_away(row: Model, form, request: HttpRequest) -> str:
    if form is None:
        retire_setting(row, by=request.actor)
        return _("“%(name)s” is removed.") % {"name": row}
    into = form.cleaned_data["into"]
    number = replace_setting(row, into, by=request.actor)
    words = ngettext(
        "%(count)d ticket has “%(name)s” now.", "%(count)d tickets have “%(name)s” now.", number
    )
    return words % {"count": number, "name": into}


@setter
@require_POST
def move(request: HttpRequest, noun: str, uuid: UUID) -> HttpResponse:
    """One place up or down."""
    kind, row = row_or_404(noun, uuid)
    if not kind.has_order:
        raise Http404
    rows = list(rows_of(kind).order_by(*_order(kind)))
    at = rows.index(row)
    other = at - 1 if request.POST.get("direction") == "up" else at + 1
    if 0 <= other < len(rows):
        rows[at], rows[other] = rows[other], rows[at]
        order_settings(kind.model, rows, by=request.actor)
    return redirect("settings-list", noun)


@setter
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """What was changed of the settings, newest first, a hundred a page by `?before=`."""
    rows = SettingChange.objects.order_by("-id")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: PAGE + 1])
    following = f"?before={found[PAGE - 1].pk}" if len(found) > PAGE else None
    context = {"changes": found[:PAGE], "next": following}
    return render(request, "settings/changes.html", context)


# What the pages share ------------------------------------------------------------------------


def kind_or_404(noun: str) -> Kind:
    if noun not in KINDS:
        raise Http404
    return KINDS[noun]


def rows_of(kind: Kind) -> QuerySet:
    """What is set up: not what was removed, nor the queues of sandboxes."""
    rows = kind.model.objects.kept()
    return rows.filter(is_sandbox=False) if kind.model is Queue else rows


def row_or_404(noun: str, uuid: UUID) -> tuple[Kind, Model]:
    kind = kind_or_404(noun)
    recheck()
    row = rows_of(kind).filter(uuid=uuid).first()
    if row is None:
        raise Http404
    return kind, row


def saved(request: HttpRequest, form, row: Model, values: dict) -> bool:
    """Whether the verb took the values; else the form says why it did not."""
    try:
        change_setting(row, by=request.actor, **values)
    except ValidationError as error:
        put_errors(form, error)
        return False
    messages.success(request, _("Saved."))
    return True


def _order(kind: Kind) -> tuple[str, ...]:
    return ("position", "pk") if kind.has_order else ("name_folded", "pk")


def _line(
    request: HttpRequest, kind: Kind, row: Model, held: dict[int, int], named: dict[int, int]
) -> dict:
    uses = uses_of(row, USES.get(kind.model, ()))
    if number := held.get(row.pk):
        uses = [number_of_tickets(number)]
    if number := named.get(row.pk):
        uses = [*uses, number_of_conditions(number)]
    return {
        "row": row,
        "about": _about(row),
        "used_by": ", ".join(uses),
        "may_edit": may_set_up(request.actor, row),
        "hue": row.hue if isinstance(row, Tag | TagCategory) else None,
    }


def _about(row: Model) -> str:
    """A few words that tell one row from another."""
    known = configuration()
    match row:
        case Tag():
            category = known.categories.get(row.category_id)
            return category.name if category else ""
        case Status():
            return row.get_category_display()
        case CustomField():
            return row.get_kind_display()
        case Workflow() | Queue():
            return _("default") if row.is_default else ""
    return ""


def _beside(request: HttpRequest, kind: Kind, row: Model) -> dict:
    """What stands beside the form: what uses the row, and what else may be done."""
    uses = words_of_use(row)
    beside = {"uses": uses, "may_edit": may_set_up(request.actor, row)}
    if isinstance(row, Team):
        members = row.memberships.filter(deleted_at=None, user__erased_at=None)
        beside["members"] = members.select_related("user").order_by("user__name_folded", "pk")
        beside["member_form"] = forms.MemberForm()
    if isinstance(row, CustomField):
        rows = row.rules.filter(deleted_at=None)
        beside["rules"] = [(one, rule_words(one)) for one in rows]
    return beside
