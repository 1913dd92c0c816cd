"""Bulk calls in the background: how far they are, what became of each item, cancelling."""

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.api.base import PAGING, ApiView, answer, in_utc
from helpdesk.api.schemas.bulk import (
    BulkResult,
    JobRead,
    job_delete,
    job_get,
    job_list,
    job_results,
)
from helpdesk.filters import SortKey
from helpdesk.imports.leases import ACTIVE
from helpdesk.models import Job, JobRow

NEWEST_FIRST = (SortKey("id", descending=True),)
IN_ORDER = (SortKey("number"),)
State = Job.State


def job_shape(job: Job, site: str) -> dict:
    """A job as it is read; `site` is the address of the helpdesk."""
    url = f"{site}{reverse('api:job', args=[job.uuid])}"
    bulk = job.options["bulk"]
    return {
        "uuid": job.uuid,
        "operation": bulk["operation"],
        "atomic": bulk["atomic"],
        "state": job.state,
        "change_set": job.uuid,
        "total": job.total,
        "done": job.done,
        "succeeded": job.progress.get("succeeded", 0),
        "failed": job.progress.get("failed", 0),
        "error": job.error,
        "created_at": in_utc(job.created_at),
        "started_at": in_utc(job.started_at),
        "finished_at": in_utc(job.finished_at),
        "expected_end": in_utc(expected_end(job)),
        "url": url,
        "results": f"{url}results/",
    }


def expected_end(job: Job):
    """When a running job will be done at the pace it had so far; None while nobody can say."""
    if job.state != State.RUNNING or not job.done or job.started_at is None:
        return None
    now = timezone.now()
    return now + (now - job.started_at) / job.done * (job.total - job.done)


class JobView(ApiView):
    """A key sees its own jobs, and a pair of keys each other's."""

    def jobs(self) -> QuerySet[Job]:
        key = self.request.auth
        first = key.primary_id or key.pk
        pair = Q(key_id=first) | Q(key__primary_id=first)
        return Job.objects.filter(pair, kind=Job.Kind.BULK)

    def job(self, uuid) -> Job:
        found = self.jobs().filter(uuid=uuid).first()
        if found is None:
            raise Http404
        return found

    def shaped(self, job: Job) -> dict:
        return job_shape(job, self.url("/").rstrip("/"))


class Jobs(JobView):
    params = PAGING
    reads = JobRead

    @job_list
    def get(self, request) -> HttpResponse:
        rows = self.jobs()
        return self.list_of(rows, NEWEST_FIRST, lambda found: [self.shaped(row) for row in found])


class OneJob(JobView):
    @job_get
    def get(self, request, uuid) -> HttpResponse:
        return answer(self.shaped(self.job(uuid)))

    @job_delete
    def delete(self, request, uuid) -> HttpResponse:
        """Stop after the slice that is under way; what is done stays done."""
        job = self.job(uuid)
        self.jobs().filter(pk=job.pk, state__in=ACTIVE).update(
            state=State.CANCELLED, finished_at=timezone.now()
        )
        job.refresh_from_db()
        if job.state != State.CANCELLED:
            words = _("This is over: %(state)s.") % {"state": job.get_state_display()}
            raise ValidationError(words)
        return answer(self.shaped(job))


class JobResults(JobView):
    params = PAGING
    reads = BulkResult

    @job_results
    def get(self, request, uuid) -> HttpResponse:
        rows = JobRow.objects.filter(job=self.job(uuid))
        return self.list_of(rows, IN_ORDER, lambda found: [row.row for row in found])
