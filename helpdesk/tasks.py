"""Background tasks: each runs one function, and has no logic of its own."""

from celery import shared_task
from celery.signals import task_postrun

from helpdesk import actions, changes, health, nudging
from helpdesk.actions import sending
from helpdesk.actions.outgoing import SEND_TASK
from helpdesk.actions.webhooks import DELIVER_TASK
from helpdesk.api import bulk_running, repeats
from helpdesk.imports import running
from helpdesk.mail import fetching, receiving, store
from helpdesk.mail.outgoing import keeping as outgoing_keeping
from helpdesk.mail.outgoing import notices
from helpdesk.mail.outgoing import sending as posting
from helpdesk.reports import daily
from helpdesk.web import bulk_running as selections
from helpdesk.web import presence
from helpdesk.webhooks import keeping
from helpdesk.webhooks import running as delivering


@shared_task(name=changes.ANNOUNCE_TASK)
def announce() -> None:
    nudging.begins(changes.ANNOUNCE_TASK)
    changes.announce()


@shared_task(name="helpdesk.wake")
def wake() -> None:
    actions.wake_due()


@shared_task(name="helpdesk.send_due")
def send_due() -> None:
    sending.send_due()


@shared_task(name="helpdesk.run_jobs")
def run_jobs() -> None:
    running.run_jobs()
    bulk_running.run_jobs()
    selections.run_jobs()


@shared_task(name="helpdesk.clean")
def clean() -> None:
    actions.delete_unclaimed()
    repeats.clean()
    bulk_running.clean()
    selections.clean()
    keeping.clean()
    presence.forget_old()
    store.forget_old()
    outgoing_keeping.forget_old()


@shared_task(name="helpdesk.fetch_mail")
def fetch_mail() -> None:
    fetching.fetch_due()


@shared_task(name="helpdesk.work_mail")
def work_mail() -> None:
    receiving.work_due()


@shared_task(name=SEND_TASK)
def send_mail() -> None:
    notices.gather()
    posting.send_due()


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
