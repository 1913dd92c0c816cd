"""Background tasks: each runs one function, and has no logic of its own."""

from celery import shared_task

from helpdesk.nudging import ask_for
from integrations import journal, mirror
from integrations.mirror.due import SYNC_DUE_TASK
from integrations.operations import backfill, checking, drift

SYNC_TASK = "integrations.sync"


@shared_task(name=SYNC_DUE_TASK)
def sync_due() -> None:
    for connection_id in mirror.with_work():
        ask_for(SYNC_TASK, connection_id, expires=10)


@shared_task(name=SYNC_TASK)
def sync(connection_id: int) -> None:
    mirror.sync(connection_id)


@shared_task(name="integrations.clean")
def clean() -> None:
    journal.clean()
    drift.clean()


@shared_task(name="integrations.feed_backfills")
def feed_backfills() -> None:
    backfill.feed_all()


@shared_task(name="integrations.tend_drift")
def tend_drift() -> None:
    drift.tend()


@shared_task(name=drift.TASK)
def check_drift(connection_id: int) -> None:
    checking.check(connection_id)
