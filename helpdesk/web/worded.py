"""Pages of canned replies and macros: one's own, those of one's teams, everyone's."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.actions.canned import delete_reply, replies_of, save_reply
from helpdesk.actions.filling import words_of
from helpdesk.actions.macros import delete_macro, macros_of, save_macro
from helpdesk.actions.views import may_edit_view, places_for_views
from helpdesk.actions.worded import retire_words
from helpdesk.canned_text import NAMES, filled, unresolved, values_for
from helpdesk.doors.pages import agent, put_errors, wants_fragment
from helpdesk.models import CannedReply, Format, Macro, Ticket, custom_values
from helpdesk.models.configuration import configuration
from helpdesk.text import excerpt
from helpdesk.text import render as render_text
from helpdesk.web.canned import as_markdown
from helpdesk.web.forms.parts import kept
from helpdesk.web.forms.worded import MacroForm, ReplyForm

PAGE = 100
LONGEST = 200_000


@dataclass(frozen=True)
class Kind:
    """Canned replies or macros, as their pages show them. `empty` teaches what they are for."""

    slug: str
    rows: Callable[..., QuerySet]
    form: type
    save: Callable
    delete: Callable
    many: str
    one: str
    icon: str
    empty: str


KINDS = {
    one.slug: one
    for one in (
        Kind(
            "canned-replies",
            replies_of,
            ReplyForm,
            save_reply,
            delete_reply,
            gettext_lazy("Canned replies"),
            gettext_lazy("New canned reply"),
            "chat",
            gettext_lazy("Words that are written once. Type / in an answer to put them in."),
        ),
        Kind(
            "macros",
            macros_of,
            MacroForm,
            save_macro,
            delete_macro,
            gettext_lazy("Macros"),
            gettext_lazy("New macro"),
            "bolt",
            gettext_lazy("A macro fills an answer and what is set with it, and sends nothing."),
        ),
    )
}


@require_safe
@agent
def listed(request: HttpRequest, kind: str) -> HttpResponse:
    """All that the person sees; `?search=` narrows, `?state=retired` shows the retired ones."""
    shown = kind_or_404(kind)
    is_retired = request.GET.get("state") == "retired"
    rows = shown.rows(request.actor).filter(retired_at__isnull=not is_retired)
    words = request.GET.get("search", "").strip()[:100].replace("\0", "")
    if words:
        rows = rows.filter(name__icontains=words)
    place = request.GET.get("page", "1")
    page = int(place) if place.isascii() and place.isdecimal() and 0 < len(place) < 6 else 1
    first = (max(1, page) - 1) * PAGE
    found = list(rows.order_by("name", "pk")[first : first + PAGE + 1])
    context = {
        "kind": shown,
        "kinds": KINDS.values(),
        "search": words,
        "is_retired": is_retired,
        "lines": [_line(request, row) for row in found[:PAGE]],
        "may_make": bool(places_for_views(request.actor)),
        "previous": _page(request, page - 1) if page > 1 else None,
        "next": _page(request, page + 1) if len(found) > PAGE else None,
    }
    return render(request, "worded/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def new(request: HttpRequest, kind: str) -> HttpResponse:
    shown = kind_or_404(kind)
    if not places_for_views(request.actor):
        raise PermissionDenied
    form = shown.form(request.actor, request.POST if request.method == "POST" else None)
    return _written(request, shown, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def edit(request: HttpRequest, kind: str, uuid: UUID) -> HttpResponse:
    """Edit it; who may not sees its words."""
    shown, row = row_or_404(request, kind, uuid)
    may_edit = may_edit_view(request.actor, row)
    if request.method == "POST" and not may_edit and "preview" not in request.POST:
        raise PermissionDenied
    data = request.POST if request.method == "POST" else None
    form = shown.form(request.actor, data, row=row) if may_edit else None
    return _written(request, shown, form, row)


@require_POST
@agent
def retire(request: HttpRequest, kind: str, uuid: UUID) -> HttpResponse:
    """Offer it no more, or again with `back`."""
    shown, row = row_or_404(request, kind, uuid)
    retire_words(row, by=request.actor, is_retired="back" not in request.POST)
    words = _("“%(name)s” is offered again.") if "back" in request.POST else None
    words = words or _("“%(name)s” is retired.")
    messages.success(request, words % {"name": row.name})
    return redirect("worded", shown.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def remove(request: HttpRequest, kind: str, uuid: UUID) -> HttpResponse:
    """Say what deleting does; do it."""
    shown, row = row_or_404(request, kind, uuid)
    if not may_edit_view(request.actor, row):
        raise PermissionDenied
    if request.method == "POST":
        shown.delete(row, by=request.actor)
        messages.success(request, _("“%(name)s” is deleted.") % {"name": row.name})
        return redirect("worded", shown.slug)
    return render(request, "worded/delete.html", {"kind": shown, "row": row})


def kind_or_404(slug: str) -> Kind:
    if slug not in KINDS:
        raise Http404
    return KINDS[slug]


def row_or_404(request: HttpRequest, slug: str, uuid: UUID) -> tuple[Kind, CannedReply | Macro]:
    kind = kind_or_404(slug)
    return kind, get_object_or_404(kind.rows(request.actor), uuid=uuid)


def _written(request: HttpRequest, kind: Kind, form, row) -> HttpResponse:
    is_preview = request.method == "POST" and "preview" in request.POST
    if is_preview and wants_fragment(request):
        context = _preview(request, request.POST.get("body", "")[:LONGEST])
        response = render(request, "worded/preview.html", context)
        patch_vary_headers(response, ["HX-Request"])
        return response
    is_sent = request.method == "POST" and not is_preview and form.is_valid()
    if is_sent and (saved := _saved(request, kind, form, row)):
        messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
        return redirect("worded-one", kind.slug, saved.uuid)
    body = request.POST.get("body", "")[:LONGEST] if is_preview else row.body if row else ""
    if row is not None and not is_preview and isinstance(row, CannedReply):
        body = as_markdown(row)
    if is_preview and form is not None:
        form.is_valid()
        form.errors.clear()
    context = {
        "kind": kind,
        "form": form,
        "row": row,
        "place": _place_words(row) if row else "",
        "sets": _sets_words(row),
        "variables": _variables(),
        **_preview(request, body),
    }
    status = 422 if form is not None and form.errors else 200
    response = render(request, "worded/edit.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _saved(request: HttpRequest, kind: Kind, form, row) -> CannedReply | Macro | None:
    values = form.values()
    if isinstance(row, CannedReply):
        values["format"] = row.format if row.format != Format.HTML else Format.MARKDOWN
    try:
        return kind.save(row, by=request.actor, **values)
    except ValidationError as error:
        put_errors(form, error)
    return None


def _preview(request: HttpRequest, body: str) -> dict:
    """The words as they look on the ticket that changed last: `html`, `gaps`, `sample`."""
    rows = Ticket.objects.visible_to(request.actor).filter(deleted_at=None)
    sample = rows.select_related("requester", "organisation").order_by("-pk").first()
    values = values_for(sample, request.user) if sample else {}
    text = filled(body, values)
    return {
        "html": render_text(text, Format.MARKDOWN) if text.strip() else "",
        "gaps": unresolved(text),
        "sample": sample,
    }


def _variables() -> list[tuple[str, str]]:
    """Each variable as it is typed, with what it stands for."""
    custom = [
        (f"field.{one.key}", one.name)
        for one in kept(configuration().fields.values())
        if one.kind != one.Kind.PEOPLE
    ]
    return [("{{" + name + "}}", str(words)) for name, words in [*NAMES.items(), *custom]]


def _line(request: HttpRequest, row: CannedReply | Macro) -> dict:
    return {
        "row": row,
        "place": _place_words(row),
        "excerpt": excerpt(row.body, 120),
        "sets": _sets_words(row, with_names=False),
        "may_edit": may_edit_view(request.actor, row),
    }


def _sets_words(row, with_names: bool = True) -> list[str]:
    """What a macro sets, in words; in a list nobody's name is looked up."""
    if not isinstance(row, Macro):
        return []
    assignee = row.sets.get("assignee")
    is_person = isinstance(assignee, int)
    names = custom_values.names_of([assignee]) if is_person and with_names else {}
    if is_person and not with_names:
        names = {assignee: _("somebody")}
    return [f"{label}: {words}" for _name, label, words in words_of(row.sets, names)]


def _place_words(row) -> str:
    if row.owner_id:
        return _("Only me")
    return _("Team %(name)s") % {"name": row.team} if row.team_id else _("Everyone")


def _page(request: HttpRequest, number: int) -> str:
    params = request.GET.copy()
    params["page"] = str(number)
    return f"?{params.urlencode()}"
