"""Background tasks: each runs one function, and has no logic of its own."""

from celery import shared_task
from celery.signals import task_postrun

from helpdesk import actions, changes, health
from helpdesk.actions.webhooks import DELIVER_TASK
from helpdesk.api import bulk_running, repeats
from helpdesk.imports import running
from helpdesk.reports import daily
from helpdesk.webhooks import keeping
from helpdesk.webhooks import running as delivering


@shared_task(name=changes.ANNOUNCE_TASK)
def announce() -> None:
    changes.announce()


@shared_task(name="helpdesk.run_jobs")
def run_jobs() -> None:
    running.run_jobs()
    bulk_running.run_jobs()


@shared_task(name="helpdesk.clean")
def clean() -> None:
    actions.delete_unclaimed()
    repeats.clean()
    bulk_running.clean()
    keeping.clean()


@shared_task(name=DELIVER_TASK)
def deliver_webhooks() -> None:
    delivering.deliver()


@shared_task(name="helpdesk.count_days")
def count_days() -> None:
    daily.count_days()


@shared_task(name="helpdesk.heartbeat")
def heartbeat() -> None:
    """Sent by the scheduler: that it runs is a sign of its life."""
    health.beat("scheduler")


@task_postrun.connect
def beat(**_about) -> None:
    """Whatever a worker ran is a sign of its life."""
    health.beat("worker")
