"""Changing many tickets of a list: what is selected, what will happen to it, what became of it."""

import hashlib

import orjson
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from helpdesk.doors.pages import agent, respond
from helpdesk.imports.leases import ACTIVE
from helpdesk.lookup import number_of
from helpdesk.models import Job, Ticket
from helpdesk.templatetags.look import grouped
from helpdesk.web import bulk_running as running
from helpdesk.web.bulk_errand import Wanted
from helpdesk.web.bulk_preview import Preview, preview_of
from helpdesk.web.forms.bulk import MOST_MERGED, PARTS, BulkForm, MergeForm
from helpdesk.web.list_query import ListQuery

MERGE, DELETE, EXPORT = "merge", "delete", "export"
ACTIONS = (*PARTS, MERGE, DELETE)
ROWS_SHOWN = 200
State = Job.State


@agent
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Freeze what is selected – rows, or everything that the list finds – and ask what to do."""
    action = request.POST.get("action", "")
    if action == EXPORT:
        return _export(request)
    if action not in ACTIONS:
        raise Http404
    query = ListQuery(QueryDict(request.POST.get("list", "")[:4000]), request.actor)
    try:
        ids = _selected(request, query)
        if action == MERGE and not 2 <= len(ids) <= MOST_MERGED:
            words = _("Select from two to %(limit)s tickets to merge.") % {"limit": MOST_MERGED}
            raise ValidationError(words)
    except ValidationError as error:
        context = {"words": " ".join(error.messages), "back": query.address()}
        return respond(request, "bulk/refused.html", "sheet", status=422, **context)
    job = running.freeze(ids, by=request.actor, back=query.address())
    return redirect(f"{reverse('bulk-one', args=[job.uuid])}?action={action}")


@agent
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, uuid) -> HttpResponse:
    """A change of selected tickets wherever it stands: what to do, how far it is, what became."""
    job = _job_or_404(request, uuid)
    if job.state != State.DRAFT:
        return _result(request, job)
    action = request.GET.get("action", "")
    if action not in ACTIONS:
        raise Http404
    form = _form(request, job, action)
    wanted = _wanted(form, action)
    preview = preview_of(job.options["ids"], wanted, request.actor)
    seen = _digest(wanted, preview)
    if request.POST.get("seen") == seen and "start" in request.POST and preview.changing:
        running.start(job, wanted, name=_words(wanted, preview))
        return redirect("bulk-one", job.uuid)
    context = {
        "job": job,
        "action": action,
        "title": _title(action),
        "form": form,
        "wanted": wanted,
        "preview": preview,
        "seen": seen,
        "button": _words(wanted, preview),
        "back": job.options["back"],
    }
    is_wrong = form is not None and form.is_bound and bool(form.errors)
    return respond(request, "bulk/sheet.html", "sheet", status=422 if is_wrong else 200, **context)


@agent
@require_POST
def undo(request: HttpRequest, uuid) -> HttpResponse:
    job = _job_or_404(request, uuid)
    running.undo(job)
    return redirect("bulk-one", job.uuid)


@agent
@require_POST
def stop(request: HttpRequest, uuid) -> HttpResponse:
    job = _job_or_404(request, uuid)
    running.stop(job)
    return redirect("bulk-one", job.uuid)


def _export(request: HttpRequest) -> HttpResponse:
    """The file of what is selected; the page stays."""
    params = QueryDict(request.POST.get("list", "")[:4000], mutable=True)
    if "all" not in request.POST:
        params.setlist("ticket", request.POST.getlist("ticket"))
    address = f"{reverse('tickets-export')}?{params.urlencode()}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _selected(request: HttpRequest, query: ListQuery) -> list[int]:
    """The numbers of the selected tickets that the person sees. Raises ValidationError."""
    if "all" in request.POST:
        if query.errors:
            raise ValidationError([words for one in query.errors.values() for words in one])
        rows = query.tickets.order_by()
    else:
        said = {number_of(one) for one in request.POST.getlist("ticket")[: running.MOST + 1]}
        rows = Ticket.objects.visible_to(request.actor).filter(pk__in=said - {None})
    ids = list(rows.values_list("pk", flat=True)[: running.MOST + 1])
    if len(ids) > running.MOST:
        words = _("At most %(limit)s tickets at once. Narrow the list first.")
        raise ValidationError(words % {"limit": grouped(running.MOST)})
    if not ids:
        raise ValidationError(_("No ticket is selected."))
    return ids


def _job_or_404(request: HttpRequest, uuid) -> Job:
    """One's own: what others select is nobody else's business."""
    jobs = Job.objects.filter(kind=Job.Kind.SELECTION, owner=request.actor.person_id)
    job = jobs.select_related("owner").filter(uuid=uuid).first()
    if job is None:
        raise Http404
    return job


def _form(request: HttpRequest, job: Job, action: str) -> BulkForm | MergeForm | None:
    data = request.POST if request.method == "POST" else None
    if action == DELETE:
        return None
    if action == MERGE:
        rows = Ticket.objects.visible_to(request.actor).filter(pk__in=job.options["ids"])
        return MergeForm(rows.order_by("pk"), data)
    return BulkForm(request.actor, action, data)


def _wanted(form: BulkForm | MergeForm | None, action: str) -> Wanted:
    if action == DELETE:
        return Wanted(delete=True)
    if isinstance(form, MergeForm) and not form.is_bound:
        return Wanted(into=form.initial["into"])
    return form.wanted() if form.is_valid() else Wanted()


def _digest(wanted: Wanted, preview: Preview) -> str:
    """What was seen: nothing else is carried out than what the person looked at."""
    said = [wanted.as_json(), len(preview.changing), preview.reader_count]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _title(action: str) -> str:
    return {
        "assign": _("Assign"),
        "status": _("Set the status"),
        "priority": _("Set the priority"),
        "team": _("Give to a team"),
        "tags": _("Tags"),
        "field": _("Set fields"),
        "snooze": _("Snooze"),
        "note": _("Add a note"),
        "reply": _("Reply"),
        MERGE: _("Merge"),
        DELETE: _("Move to the trash"),
    }[action]


def _words(wanted: Wanted, preview: Preview) -> str:
    """What the button does, to how many."""
    count = len(preview.changing)
    n = {"n": grouped(count)}
    if wanted.into:
        words = ngettext(
            "Merge %(n)s ticket into #%(into)s", "Merge %(n)s tickets into #%(into)s", count
        )
        return words % {**n, "into": wanted.into}
    if wanted.delete:
        return (
            ngettext("Move %(n)s ticket to the trash", "Move %(n)s tickets to the trash", count) % n
        )
    words = ngettext("Change %(n)s ticket", "Change %(n)s tickets", count) % n
    if not preview.reader_count:
        return words
    mail = ngettext("mail %(n)s person", "mail %(n)s people", preview.reader_count)
    return _("%(change)s, %(mail)s") % {
        "change": words,
        "mail": mail % {"n": grouped(preview.reader_count)},
    }


def _result(request: HttpRequest, job: Job) -> HttpResponse:
    """How far a job is, or what became of each ticket."""
    shown = Ticket.objects.visible_to(request.actor)
    rows = list(job.rows.order_by("-outcome", "number")[:ROWS_SHOWN])
    titles = dict(shown.filter(pk__in=[row.ticket_id for row in rows]).values_list("pk", "title"))
    counts = job.progress
    context = {
        "job": job,
        "is_active": job.state in ACTIVE,
        "is_undoing": bool(job.options.get("undoing")),
        "counts": counts,
        "rows": [
            (row, row.row["ticket"], titles.get(row.ticket_id, ""))
            for row in sorted(rows, key=lambda row: (row.outcome != "refused", row.number))
        ],
        "more_rows": max(job.done - len(rows), 0),
        "kept": counts.get("kept", []),
        "may_undo": job.state in running.ENDED
        and not job.options.get("undoing")
        and counts.get("done", 0) > 0,
        "back": job.options["back"],
    }
    if request.htmx and request.htmx.target == "bulk-result":
        return render(request, "bulk/result.html#result", context)
    return render(request, "bulk/result.html", context)
