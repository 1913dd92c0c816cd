"""Background tasks: each runs one function, and has no logic of its own."""

from celery import shared_task

from helpdesk import changes


@shared_task(name=changes.ANNOUNCE_TASK)
def announce() -> None:
    changes.announce()
