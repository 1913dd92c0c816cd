"""Jobs are worked on by one process at a time: claimed by a lease that runs out with its holder."""

import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.models import Job

log = logging.getLogger(__name__)
State = Job.State
LEASE = timedelta(seconds=20)
ACTIVE = (State.WAITING, State.RUNNING)
Work = Callable[[Job, uuid.UUID, float | None], None]


def due(kind: str) -> QuerySet[Job]:
    """The jobs of a kind that wait for somebody to work on them, oldest first."""
    return _free(Job.objects.filter(kind=kind)).order_by("pk")


def own(job: Job, lease: uuid.UUID) -> QuerySet[Job]:
    """The job while this lease still holds it, none otherwise."""
    return Job.objects.filter(pk=job.pk, lease=lease)


def work_on(job: Job, work: Work, *, seconds: float | None = None) -> bool:
    """Let `work(job, lease, until)` go on with a job; False if another process does.

    `until` is a moment of the monotonic clock, or None. Refusals and faults of ours fail the job;
    one whose database is away or busy is taken up again.
    """
    lease = uuid.uuid4()
    claimed = _free(Job.objects.filter(pk=job.pk)).update(
        lease=lease,
        leased_until=timezone.now() + LEASE,
        state=State.RUNNING,
        started_at=job.started_at or timezone.now(),
    )
    if not claimed:
        return False
    job.refresh_from_db()
    try:
        work(job, lease, time.monotonic() + seconds if seconds is not None else None)
    except (ValidationError, OSError) as error:
        words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        _fail(job, lease, words)
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy: taken up again
    except Exception as error:
        log.exception("Job %s failed", job.pk)
        words = _("A fault of the helpdesk itself stopped this (%(kind)s). See the log.")
        _fail(job, lease, words % {"kind": type(error).__name__})
    finally:
        own(job, lease).update(leased_until=None, lease=None)
    job.refresh_from_db()
    return True


def _free(jobs: QuerySet[Job]) -> QuerySet[Job]:
    is_free = Q(leased_until=None) | Q(leased_until__lt=timezone.now())
    return jobs.filter(is_free, state__in=ACTIVE)


def _fail(job: Job, lease: uuid.UUID, words: str) -> None:
    own(job, lease).update(state=State.FAILED, error=words, finished_at=timezone.now())
