"""What settings own: transitions with their drawing, members, conditions, the order of fields."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.actions.configuring import may_set_up
from helpdesk.actions.field_rules import order_fields, retire_rule, save_rule
from helpdesk.actions.members import remove_member, set_member
from helpdesk.doors.pages import put_errors
from helpdesk.field_standings import fields_in
from helpdesk.models import FieldRule, Team, Workflow
from helpdesk.models.configuration import configuration, recheck
from helpdesk.permissions import can
from helpdesk.web.forms import settings as forms
from helpdesk.web.forms.parts import kept
from helpdesk.web.setting_pages import (
    KINDS,
    read_or_write,
    row_or_404,
    saved,
    setter,
)
from helpdesk.web.workflow_graph import graph_of


@setter
@read_or_write
def workflow(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A workflow: its table of transitions, and beside it the same as a drawing."""
    _kind, row = row_or_404("workflows", uuid)
    posted = request.POST if request.method == "POST" else None
    form = forms.WorkflowForm(posted, row=row)
    lines = forms.Transitions(posted, initial=_steps(row), prefix="t")
    is_sound = posted is not None and form.is_valid() and lines.is_valid()
    if is_sound and saved(
        request, form, row, {**form.values(), "transitions": _wanted(lines, row)}
    ):
        return redirect("setting-workflow", uuid)
    context = {
        "row": row,
        "form": form,
        "lines": lines,
        "graph": graph_of(configuration().workflows.get(row.pk, row)),
        "may_edit": may_set_up(request.actor, row),
        "queues": [
            one for one in kept(configuration().queues.values()) if one.workflow_id == row.pk
        ],
    }
    failed = posted is not None
    return render(request, "settings/workflow.html", context, status=422 if failed else 200)


def _following(row: Workflow) -> list:
    queues = kept(configuration().queues.values())
    return [one for one in queues if one.workflow_id == row.pk]


def _steps(row: Workflow) -> list[dict]:
    known = configuration()
    return [
        {
            "id": one.pk,
            "name": one.name,
            "sources": sorted(known.transition_sources[one.pk]),
            "target": one.target_id,
            "takers": one.takers,
            "needs_resolution": one.needs_resolution,
            "needs_comment": one.needs_comment,
        }
        for one in known.transitions.values()
        if one.workflow_id == row.pk and one.deleted_at is None
    ]


def _wanted(lines, row: Workflow) -> list[dict]:
    """The table as the verb takes it; lines left empty are none."""
    there = {one.pk: one for one in row.transitions.filter(deleted_at=None)}
    names = ("name", "sources", "target", "takers", "needs_resolution", "needs_comment")
    found = []
    for line in lines.ordered_forms:
        chosen = line.cleaned_data
        if chosen.get("name") and chosen.get("target"):
            wanted = {name: chosen[name] for name in names}
            found.append({**wanted, "row": there.get(chosen.get("id"))})
    return found


@setter
@require_POST
def member(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Put somebody into a team, change what they may do there, or take them out."""
    _kind, team = row_or_404("teams", uuid)
    if "remove" in request.POST:
        number = request.POST["remove"]
        is_id = number.isascii() and number.isdecimal() and len(number) < 19
        rows = team.memberships.filter(deleted_at=None, user_id=int(number) if is_id else 0)
        row = get_object_or_404(rows.select_related("user"))
        remove_member(team, row.user, by=request.actor)
        words = _("%(person)s is no longer in the team.") % {"person": row.user}
        messages.success(request, words)
        return redirect("setting", "teams", uuid)
    form = forms.MemberForm(request.POST)
    if form.is_valid() and _is_put_in(form, team, request):
        return redirect("setting", "teams", uuid)
    members = team.memberships.filter(deleted_at=None, user__erased_at=None)
    context = {
        "kind": KINDS["teams"],
        "row": team,
        "form": forms.TeamForm(row=team),
        "member_form": form,
        "members": members.select_related("user").order_by("user__name_folded", "pk"),
        "may_edit": may_set_up(request.actor, team),
    }
    return render(request, "settings/edit.html", context, status=422)


def _is_put_in(form, team: Team, request: HttpRequest) -> bool:
    chosen = dict(form.cleaned_data)
    person = chosen.pop("person")
    try:
        set_member(team, person, by=request.actor, **chosen)
    except ValidationError as error:
        put_errors(form, error)
        return False
    messages.success(request, _("%(person)s is in the team.") % {"person": person})
    return True


@setter
@read_or_write
def rule(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A new condition of a field."""
    _kind, custom = row_or_404("custom-fields", uuid)
    form = forms.RuleForm(custom, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            save_rule(custom, by=request.actor, **form.values())
        except ValidationError as error:
            put_errors(form, _at_a_line(error))
        else:
            messages.success(request, _("The condition holds from now on."))
            return redirect("setting", "custom-fields", uuid)
    context = {"custom": custom, "form": form}
    return render(request, "settings/rule.html", context, status=422 if form.errors else 200)


def _at_a_line(error: ValidationError) -> ValidationError:
    """What is wrong with the tests, beside the first of them."""
    if not hasattr(error, "error_dict"):
        return error
    names = {"tests": "values0"}
    return ValidationError({names.get(name, name): one for name, one in error.error_dict.items()})


@setter
@require_POST
def rule_removed(request: HttpRequest, uuid: UUID) -> HttpResponse:
    row = get_object_or_404(FieldRule.objects.kept().select_related("field"), uuid=uuid)
    retire_rule(row, by=request.actor)
    messages.success(request, _("The condition is removed."))
    return redirect("setting", "custom-fields", row.field.uuid)


@setter
@read_or_write
def order(request: HttpRequest) -> HttpResponse:
    """The order of the fields in the forms of a queue and type; `move` one place up or down."""
    recheck()
    known = configuration()
    params = request.POST if request.method == "POST" else request.GET
    queues = [one for one in kept(known.queues.values()) if not one.is_sandbox]
    if not can(request.actor, "configure"):
        queues = [one for one in queues if one.pk in known.led_queues(request.actor.person_id)]
    types = kept(known.types.values())
    queue = _chosen(queues, params.get("queue")) or next(iter(queues), None)
    kind = _chosen(types, params.get("type"))
    if queue is None:
        raise Http404
    fields = fields_in(queue.pk, kind.pk if kind else None)
    here = f"?queue={queue.pk}" + (f"&type={kind.pk}" if kind else "")
    if request.method == "POST":
        keys = _moved([one.key for one in fields], params)
        order_fields(keys, by=request.actor, queue=queue, type=kind)
        return redirect(request.path + here)
    context = {
        "fields": fields,
        "queue": queue,
        "type": kind,
        "queues": queues,
        "types": types,
        "is_own": (queue.pk, kind.pk if kind else None) in known.field_orders,
    }
    return render(request, "settings/order.html", context)


def _moved(keys: list[str], params) -> list[str]:
    if "usual" in params:
        return []
    key, step = params.get("key"), -1 if params.get("direction") == "up" else 1
    if key in keys and 0 <= keys.index(key) + step < len(keys):
        at = keys.index(key)
        keys[at], keys[at + step] = keys[at + step], keys[at]
    return keys


def _chosen(rows: list, word: str | None):
    return next((row for row in rows if str(row.pk) == word), None)
