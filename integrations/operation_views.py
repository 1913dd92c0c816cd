"""The console's operations on one connection: dry run and backfill."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from helpdesk.doors.pages import respond, wants_fragment
from integrations import console
from integrations.access import administrator, connection_of, read_or_write
from integrations.models import Connection
from integrations.operation_forms import BackfillForm, DryRunForm
from integrations.operations import backfill as filling
from integrations.operations.dry_run import DryRun, Survey, dry_run, survey
from integrations.operations.stopped import CannotRun, running_well
from integrations.operations.words import loss_rows, pairs, sending_words

KIND_WORDS = {
    "create": (gettext_lazy("would be created there"), "plus", ""),
    "change": (gettext_lazy("would be changed there"), "refresh", ""),
    "nothing": (gettext_lazy("have nothing to send"), "check", "is-ok"),
    "rest": (gettext_lazy("are paused, gone or unlinked: nothing is sent"), "pause", ""),
    "elsewhere": (gettext_lazy("are mirrored by the other side"), "mirror", ""),
    "born_elsewhere": (gettext_lazy("came from elsewhere and are not linked"), "lock", ""),
}


@administrator
@read_or_write
def dry_runs(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What would be sent. Reading there is done on a POST alone: a person asked for it."""
    found = connection_of(uuid)
    is_asked = request.method == "POST"
    data = request.POST if is_asked else (request.GET or None)
    form = DryRunForm(found, request.actor, data)
    runs: list[DryRun] = []
    counted: Survey | None = None
    problem = ""
    if form.is_bound and form.is_valid():
        ask_there = is_asked and form.cleaned_data["ask_there"]
        try:
            with running_well():
                if tickets := form.cleaned_data["ticket"]:
                    runs = [dry_run(found, one, ask_there=ask_there) for one in tickets]
                else:
                    counted = survey(found, form.tickets())
                    runs = counted.runs
        except CannotRun as error:
            problem = str(error)
    context = {
        **_about(found, "dry-run"),
        "form": form,
        "runs": [_shown(run) for run in runs],
        "survey": counted,
        "kinds": _kinds(counted) if counted else [],
        "problem": problem,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "integrations/operations/dry_run.html", context, status=status)


def _kinds(counted: Survey) -> list[dict[str, Any]]:
    return [
        {"count": counted.counts[kind], "words": words, "icon": icon, "tone": tone}
        for kind, (words, icon, tone) in KIND_WORDS.items()
        if counted.counts[kind] or kind in ("create", "change")
    ]


def _shown(run: DryRun) -> dict[str, Any]:
    return {
        "run": run,
        "sendings": [sending_words(one) for one in run.sendings],
        "losses": loss_rows(run.losses),
        "here": pairs(run.here),
    }


# Backfill ----------------------------------------------------------------------------------------


@administrator
@read_or_write
def backfill(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Tickets of before: begin, and see how far it is."""
    found = connection_of(uuid)
    data = request.POST if request.method == "POST" else None
    form = BackfillForm(found, request.actor, data)
    if data is not None and form.is_valid() and not filling.is_open(found):
        begun = filling.begin(
            found,
            form.tickets(),
            by=str(request.user),
            query=form.cleaned_data["query"],
            whole=form.cleaned_data["whole"],
        )
        words = ngettext(
            "%(count)s ticket of before will be sent, after what happens now.",
            "%(count)s tickets of before will be sent, after what happens now.",
            begun,
        )
        messages.success(request, words % {"count": begun})
        return redirect("connection-backfill", found.uuid)
    progress = filling.progress_of(found)
    if wants_fragment(request) and progress and progress.mark == request.GET.get("since"):
        return HttpResponse(status=204)
    context = {**_about(found, "backfill"), "form": form, "progress": progress}
    return respond(
        request,
        "integrations/operations/backfill.html",
        "progress",
        status=422 if form.is_bound and form.errors else 200,
        **context,
    )


@administrator
@require_POST
def backfill_pause(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = connection_of(uuid)
    if filling.pause(found):
        messages.success(request, _("The backfill pauses. Live changes go on."))
    return redirect("connection-backfill", found.uuid)


@administrator
@require_POST
def backfill_resume(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = connection_of(uuid)
    if filling.resume(found):
        messages.success(request, _("The backfill goes on."))
    return redirect("connection-backfill", found.uuid)


@administrator
@require_POST
def backfill_cancel(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What was sent stays there; what was not begun is not mirrored by it."""
    found = connection_of(uuid)
    if filling.cancel(found):
        messages.success(request, _("The backfill ended. What was sent stays."))
    return redirect("connection-backfill", found.uuid)


def _about(found: Connection, tab: str) -> dict[str, Any]:
    return {"connection": found, "service": console.service_title(found.service), "tab": tab}
