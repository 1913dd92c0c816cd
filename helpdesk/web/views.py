"""Saved views: the page of all of them, a list that becomes one, names, order and removal."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.actions.views import (
    authorise_view,
    delete_view,
    may_edit_view,
    move_view,
    save_view,
    views_of,
)
from helpdesk.doors.pages import agent, put_errors, respond
from helpdesk.models import SavedView
from helpdesk.models.configuration import recheck
from helpdesk.query import write
from helpdesk.web.columns import STANDARD, chosen_columns
from helpdesk.web.forms.views import EditForm, SaveForm
from helpdesk.web.list_query import ListQuery
from helpdesk.web.view_shape import shape_of

FIELDS = {"query": "q", "sort": "q"}  # what a verb calls what a form shows


@require_safe
@agent
def views(request: HttpRequest) -> HttpResponse:
    """Every saved view that the person sees, by whose it is."""
    own, teams, shared = [], {}, []
    for view in views_of(request.actor):
        row = {
            "view": view,
            "url": _list_of(view),
            "query": write(view.query, view.sort),
            "may_edit": may_edit_view(request.actor, view),
        }
        if view.owner_id:
            own.append(row)
        elif view.team_id:
            teams.setdefault(view.team, []).append(row)
        else:
            shared.append(row)
    sections = [
        (_("My views"), own),
        *((_("Team %(name)s") % {"name": team}, rows) for team, rows in teams.items()),
        (_("Shared views"), shared),
    ]
    context = {"sections": [one for one in sections if one[1]]}
    return render(request, "views/list.html", context)


@agent
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Save the list of the address's parameters as a view."""
    query = ListQuery(request.GET, request.actor)
    if query.errors:
        return redirect(query.address())
    form = SaveForm(request.actor, request.POST if request.method == "POST" else None)
    if form.is_valid():
        shown = [column.key for column in chosen_columns(request.user, query.view)]
        try:
            view = save_view(
                by=request.actor,
                query=query.filters,
                sort=query.sort,
                columns=[] if shown == list(STANDARD) else shown,
                group=shape_of(request.user, query.view).group,
                **form.target(),
            )
        except ValidationError as error:
            put_errors(form, error)
        else:
            words = _("The view “%(name)s” is saved.") % {"name": view.name}
            messages.success(request, words)
            return redirect(_list_of(view))
    context = {"form": form, "query": query, "here": query.address(), "params": query.words()}
    status = 422 if form.errors else 200
    return respond(request, "views/new.html", "form", status=status, **context)


@agent
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, uuid) -> HttpResponse:
    view = _view_or_404(request, uuid)
    authorise_view(request.actor, view)
    form = EditForm(request.actor, request.POST if request.method == "POST" else None, view=view)
    if form.is_valid():
        try:
            view = save_view(by=request.actor, view=view, **form.contents())
        except ValidationError as error:
            put_errors(form, _in_form(error))
        else:
            messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
            return redirect(_list_of(view))
    status = 422 if form.errors else 200
    context = {"form": form, "view": view, "here": _list_of(view)}
    return render(request, "views/edit.html", context, status=status)


@agent
@require_POST
def move(request: HttpRequest, uuid) -> HttpResponse:
    """One place up with `direction=up`, else one down."""
    view = _view_or_404(request, uuid)
    move_view(view, by=request.actor, up=request.POST.get("direction") == "up")
    return redirect(f"{reverse('views')}#view-{view.uuid}")


@agent
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, uuid) -> HttpResponse:
    view = _view_or_404(request, uuid)
    authorise_view(request.actor, view)
    if request.method == "POST":
        delete_view(view, by=request.actor)
        messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
        return redirect("views")
    context = {"view": view, "query": write(view.query, view.sort)}
    return render(request, "views/delete.html", context)


def _view_or_404(request: HttpRequest, uuid) -> SavedView:
    """A view that the person sees, as it is now: the snapshot may be a second old."""
    recheck()
    seen = next((one for one in views_of(request.actor) if one.uuid == uuid), None)
    view = SavedView.objects.filter(pk=seen.pk).select_related("team").first() if seen else None
    if view is None:
        raise Http404
    return view


def _list_of(view: SavedView) -> str:
    return f"{reverse('tickets')}?view={view.uuid}"


def _in_form(error: ValidationError) -> ValidationError:
    if not hasattr(error, "error_dict"):
        return error
    return ValidationError(
        {FIELDS.get(name, name): found for name, found in error.error_dict.items()}
    )
