"""Bulk calls in the background: in slices, resumed where they stopped, each item done once."""

import time
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.api.bulk_input import CREATE, Bulk
from helpdesk.api.bulk_items import (
    NothingDone,
    carry_out,
    carry_out_all,
    is_refused,
    taken_back,
)
from helpdesk.doors.keys import credential_for
from helpdesk.imports import leases
from helpdesk.imports.leases import LEASE, own
from helpdesk.models import Job, JobRow

State = Job.State
BATCH, BATCH_OF_NEW = 50, 200  # items a transaction
KEPT_FOR = timedelta(days=7)
CLEAN_BATCH = 20  # jobs


def run_jobs(seconds: float = 25) -> int:
    """Work on every bulk call that is due, for some seconds each; returns how many there were."""
    return sum(run(job, seconds=seconds) for job in leases.due(Job.Kind.BULK))


def run(job: Job, *, seconds: float | None = None) -> bool:
    """Work on a bulk call until it is done, cancelled, or `seconds` are over; False if another
    does. A slice of items and their results are one transaction."""
    return leases.work_on(job, _work, seconds=seconds)


def clean() -> int:
    """Forget jobs that ended a week ago, with their results; returns how many."""
    late = Job.objects.filter(kind=Job.Kind.BULK, finished_at__lt=timezone.now() - KEPT_FOR)
    count = 0
    while ids := list(late.order_by("pk").values_list("pk", flat=True)[:CLEAN_BATCH]):
        Job.objects.filter(pk__in=ids).delete()
        count += len(ids)
    return count


def _work(job: Job, lease: UUID, until: float | None) -> None:
    bulk, by = Bulk(**job.options["bulk"]), _actor_of(job)
    size = BATCH_OF_NEW if bulk.operation == CREATE else BATCH
    if bulk.atomic:
        size = len(bulk)
    while job.done < len(bulk):
        indexes = range(job.done, min(job.done + size, len(bulk)))
        if not _work_batch(job, lease, bulk, indexes, by):
            return
        if until is not None and time.monotonic() > until:
            break
    if job.done == len(bulk):
        _finish(job, lease)


@transaction.atomic
def _work_batch(job: Job, lease: UUID, bulk: Bulk, indexes: range, by: Actor) -> bool:
    """One slice in one transaction; False when the job was cancelled or taken by another."""
    held = own(job, lease).select_for_update(of=("self",)).first()
    if held is None or held.state != State.RUNNING:
        return False
    results = _results(bulk, indexes, by=by, base=job.options["base"])
    JobRow.objects.bulk_create(
        JobRow(
            job=job,
            number=result["index"],
            outcome="refused" if is_refused(result) else "done",
            message=result["detail"] or "",
            row=result,
        )
        for result in results
    )
    failed = sum(map(is_refused, results))
    held.progress = {
        "succeeded": held.progress.get("succeeded", 0) + len(results) - failed,
        "failed": held.progress.get("failed", 0) + failed,
    }
    job.done = held.done = indexes.stop
    held.leased_until = timezone.now() + LEASE
    held.save(update_fields=["progress", "done", "leased_until"])
    return True


def _results(bulk: Bulk, indexes: range, *, by: Actor, base: str) -> list[dict]:
    if not bulk.atomic:
        return carry_out(bulk, indexes, by=by, base=base)
    try:
        return carry_out_all(bulk, by=by, base=base)
    except NothingDone as error:
        return [one if is_refused(one) else taken_back(one) for one in error.results]


def _finish(job: Job, lease: UUID) -> None:
    options = {**job.options, "bulk": {**job.options["bulk"], "items": [], "ids": [], "fields": {}}}
    own(job, lease).filter(state=State.RUNNING).update(
        state=State.DONE, options=options, finished_at=timezone.now()
    )


def _actor_of(job: Job) -> Actor:
    credential = credential_for(job.key, "api", job.options.get("request_id", ""))
    if credential is None:
        raise ValidationError(_("The key that asked for this is revoked or expired."))
    return credential.actor.in_set(job.uuid)
