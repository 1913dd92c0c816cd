"""Importing tickets: a file, its mapping, a dry run, the run, the report."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from helpdesk.doors.pages import agent, put_errors, respond
from helpdesk.imports import jobs
from helpdesk.models import Job
from helpdesk.permissions import authorise
from helpdesk.web.forms.mapping import MappingForm

SHOWN = 50
ACTIVE = (Job.State.WAITING, Job.State.RUNNING)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("The first row names the columns. Any usual encoding."),
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,text/csv"}),
    )


@agent
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """The imports so far, and the way to begin one."""
    authorise(request.actor, "import")
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = jobs.begin(form.cleaned_data["file"], by=request.actor)
        except ValidationError as error:
            form.add_error("file", error)
        else:
            return redirect("import", job.uuid)
    past = Job.objects.filter(kind=Job.Kind.IMPORT).select_related("owner").order_by("-pk")
    context = {"form": form, "jobs": past[:SHOWN], "has_more": past[SHOWN : SHOWN + 1].exists()}
    return render(request, "imports/list.html", context, status=422 if form.errors else 200)


@agent
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """An import wherever it stands: its mapping, its progress, or its report."""
    job = _job(request, uuid)
    is_mapped = bool(job.options.get("tried")) and "map" not in request.GET
    if job.state != Job.State.DRAFT or (is_mapped and request.method != "POST"):
        return _progress(request, job)
    form = MappingForm(job, request.POST or None)
    if request.method == "POST" and "refresh" not in request.POST and form.is_valid():
        try:
            jobs.prepare(
                job,
                form.mapping(),
                form.cleaned_data["queue"],
                by=request.actor,
                announce=form.cleaned_data["announce"],
            )
            jobs.try_out(job, by=request.actor)
        except ValidationError as error:
            put_errors(form, error)
        else:
            return redirect("import", job.uuid)
    is_wrong = form.is_bound and bool(form.errors) and "refresh" not in request.POST
    context = {"job": job, "form": form, "step": 2, "is_wrong": is_wrong}
    return respond(
        request, "imports/mapping.html", "mapping", status=422 if is_wrong else 200, **context
    )


@agent
@require_POST
def start(request: HttpRequest, uuid: UUID) -> HttpResponse:
    job = _job(request, uuid)
    jobs.start(job, by=request.actor)
    return redirect("import", job.uuid)


@agent
@require_POST
def pause(request: HttpRequest, uuid: UUID) -> HttpResponse:
    job = _job(request, uuid)
    jobs.pause(job, by=request.actor)
    return redirect("import", job.uuid)


@agent
@require_POST
def discard(request: HttpRequest, uuid: UUID) -> HttpResponse:
    job = _job(request, uuid)
    jobs.discard(job, by=request.actor)
    messages.success(request, _("The file is thrown away; nothing was imported."))
    return redirect("imports")


@agent
@require_GET
def refused(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The refused rows as a CSV file."""
    job = _job(request, uuid)
    response = StreamingHttpResponse(jobs.refused_csv(job), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{job.pk}.csv"'
    return response


def _job(request: HttpRequest, uuid: UUID) -> Job:
    authorise(request.actor, "import")
    return get_object_or_404(Job, uuid=uuid, kind=Job.Kind.IMPORT)


def _progress(request: HttpRequest, job: Job) -> HttpResponse:
    tried = job.options.get("tried") or {}
    counts = job.progress if "row" in job.progress else tried
    said = job.rows.order_by("number")
    is_trying = bool(job.options.get("trying"))
    context = {
        "job": job,
        "counts": counts,
        "sample": tried.get("sample", []),
        "rows": said[:SHOWN],
        "more_rows": max(said.count() - SHOWN, 0),
        "is_active": job.state in ACTIVE,
        "is_trying": is_trying,
        "step": 3 if is_trying or job.state == Job.State.DRAFT else 4,
        "start_words": ngettext(
            "Import %(count)s ticket", "Import %(count)s tickets", tried.get("imported", 0)
        )
        % {"count": f"{tried.get('imported', 0):,}"},
    }
    return respond(request, "imports/progress.html", "progress", **context)
