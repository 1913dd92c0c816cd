"""Changes of selected tickets as jobs: frozen, previewed, carried out in slices, taken back."""

import time
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actions.base import RELATED
from helpdesk.actions.bulk import PATIENCE, undo_change_set
from helpdesk.actor import Actor
from helpdesk.imports import leases
from helpdesk.imports.leases import LEASE, own
from helpdesk.models import Job, JobRow, Ticket
from helpdesk.permissions import actor_of
from helpdesk.web.bulk_errand import DONE, REFUSED, UNCHANGED, Errand, Wanted

State = Job.State
AT_ONCE = 50  # tickets; more are changed in the background
MOST = 5_000  # tickets
BATCH = 10  # tickets a transaction
KEPT_FOR, DRAFTED_FOR = timedelta(days=7), timedelta(days=1)
REASONS_KEPT = 100
ENDED = (State.DONE, State.CANCELLED, State.FAILED)


def freeze(ids: list[int], *, by: Actor, back: str) -> Job:
    """A selection as a draft: what arrives later is none of it. `back` is the list's address."""
    job = Job(
        kind=Job.Kind.SELECTION,
        owner_id=by.person_id,
        total=len(ids),
        options={"ids": sorted(ids), "back": back},
    )
    job.save()
    return job


def start(job: Job, wanted: Wanted, *, name: str) -> None:
    """Carry out what is wanted: at once for few tickets, else in the background. Once only."""
    options = {**job.options, "wanted": wanted.as_json()}
    moved = Job.objects.filter(pk=job.pk, state=State.DRAFT)
    if moved.update(state=State.WAITING, options=options, name=name[:255]) and _is_small(job):
        run(job)
    job.refresh_from_db()


def undo(job: Job) -> None:
    """Take back what a job changed, as far as nobody has changed it since."""
    options = {**job.options, "undoing": True}
    moved = Job.objects.filter(pk=job.pk, state__in=ENDED)
    is_new = not job.options.get("undoing")
    if is_new and moved.update(state=State.WAITING, options=options) and _is_small(job):
        run(job)
    job.refresh_from_db()


def stop(job: Job) -> None:
    """Stop after the slice that is under way; what is done stays done and can be taken back."""
    Job.objects.filter(pk=job.pk, state__in=leases.ACTIVE).update(
        state=State.CANCELLED, finished_at=timezone.now()
    )


def run_jobs(seconds: float = 25) -> int:
    """Work on every job that is due, for some seconds each; returns how many there were."""
    return sum(run(job, seconds=seconds) for job in leases.due(Job.Kind.SELECTION))


def run(job: Job, *, seconds: float | None = None) -> bool:
    """Work on a job until it is done, stopped, or `seconds` are over; False if another does."""
    return leases.work_on(job, _work, seconds=seconds)


def clean() -> int:
    """Forget drafts of yesterday and jobs that ended a week ago; returns how many."""
    now, jobs = timezone.now(), Job.objects.filter(kind=Job.Kind.SELECTION)
    drafts = jobs.filter(state=State.DRAFT, created_at__lt=now - DRAFTED_FOR)
    ended = jobs.filter(finished_at__lt=now - KEPT_FOR)
    count = 0
    for late in (drafts, ended):
        while ids := list(late.order_by("pk").values_list("pk", flat=True)[:BATCH]):
            Job.objects.filter(pk__in=ids).delete()
            count += len(ids)
    return count


def _is_small(job: Job) -> bool:
    return job.total <= AT_ONCE


def _work(job: Job, lease: UUID, until: float | None) -> None:
    by = _actor_of(job)
    if job.options.get("undoing"):
        return _undo(job, lease, by, until)
    errand = Errand(Wanted(**job.options["wanted"]), by.in_set(job.uuid))
    size = 1 if errand.wanted.into else BATCH
    while job.done < job.total:
        if not _work_batch(job, lease, errand, job.options["ids"][job.done : job.done + size]):
            return
        if until is not None and time.monotonic() > until:
            break
    if job.done == job.total:
        _finish(job, lease)


@transaction.atomic
def _work_batch(job: Job, lease: UUID, errand: Errand, ids: list[int]) -> bool:
    """A slice in one transaction; False when the job was stopped or taken by another."""
    held = own(job, lease).select_for_update(of=("self",)).first()
    if held is None or held.state != State.RUNNING:
        return False
    rows = Ticket.objects.visible_to(errand.by).filter(pk__in=ids).select_related(*RELATED)
    if not errand.wanted.into:  # a merge locks both of its tickets, in their order
        rows = rows.order_by("pk").select_for_update(of=("self",), no_key=True)
    tickets = {row.pk: row for row in rows}
    counts = {name: held.progress.get(name, 0) for name in (DONE, UNCHANGED, REFUSED)}
    said = []
    for number, pk in enumerate(ids, start=job.done):
        outcome, message = errand.carry_out(tickets.get(pk))
        counts[outcome] += 1
        said.append(
            JobRow(
                job=job,
                number=number,
                outcome=outcome,
                message=message,
                row={"ticket": pk},
                ticket_id=pk if pk in tickets else None,
            )
        )
    JobRow.objects.bulk_create(said)
    held.progress = {**held.progress, **counts}
    job.done = held.done = job.done + len(ids)
    held.leased_until = timezone.now() + LEASE
    held.save(update_fields=["progress", "done", "leased_until"])
    return True


def _undo(job: Job, lease: UUID, by: Actor, until: float | None) -> None:
    seconds = PATIENCE if until is None else max(1.0, until - time.monotonic())
    undone = undo_change_set(job.uuid, by=by, seconds=seconds)
    reasons = [[one.ticket, one.reason] for one in undone.skipped]
    progress = {
        **job.progress,
        "undone": job.progress.get("undone", 0) + len(undone.undone),
        "kept": [*job.progress.get("kept", []), *reasons][:REASONS_KEPT],
    }
    own(job, lease).update(progress=progress)
    if not undone.left:
        _finish(job, lease)


def _finish(job: Job, lease: UUID) -> None:
    own(job, lease).filter(state=State.RUNNING).update(state=State.DONE, finished_at=timezone.now())


def _actor_of(job: Job) -> Actor:
    """Who asked, with the rights of now."""
    if job.owner is None or not (job.owner.is_active and job.owner.is_agent):
        raise ValidationError(_("Who asked for this may no longer do it."))
    return actor_of(job.owner, "web")
