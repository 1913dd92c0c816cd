"""Folders of a key, for services that file tickets in them, and the queue each leads to.

A folder lies in the key's home queue unless an administrator points it at another one that the
key reaches.
"""

from __future__ import annotations

from dataclasses import replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from helpdesk.models import ApiKey, Queue
from helpdesk.models.configuration import configuration
from integrations.gateway import records
from integrations.gateway.caller import Caller
from integrations.models import Record

KIND, POINTED = "folder", "folder queue"


def widened(caller: Caller) -> Caller:
    """The caller, seeing the queues of all its folders. One statement where none is pointed."""
    queues = _pointed(caller)
    if not queues:
        return caller
    seen = frozenset({caller.queue.pk, *(queue.pk for queue in queues.values())})
    return replace(caller, actor=replace(caller.actor, queues=seen))


def at(caller: Caller, name: str) -> Caller:
    """The caller, opening tickets in the queue of a folder."""
    queue = _pointed(caller).get(name)
    if queue is None:
        return caller
    return replace(caller, queue=queue, actor=replace(caller.actor, home_queue_id=queue.pk))


def queues_for(key: ApiKey) -> list[Queue]:
    """Where a folder of the key may lead."""
    named = set(key.queues.values_list("pk", flat=True)) | {key.home_queue_id}
    return [
        queue
        for queue in configuration().queues.values()
        if queue.deleted_at is None
        and ((key.all_queues and not queue.is_sandbox) or queue.pk in named)
    ]


def point(folder: Record, queue: Queue | None) -> None:
    """Let a folder lead to a queue, None for the key's home. Raises ValidationError."""
    rows = Record.objects.filter(service=folder.service, key=folder.key, kind=POINTED)
    if queue is None:
        rows.filter(name=folder.name).delete()
        return
    if queue not in queues_for(folder.key):
        raise ValidationError({"queue": _("The key does not reach this queue.")})
    Record.objects.update_or_create(
        service=folder.service,
        key=folder.key,
        kind=POINTED,
        name=folder.name,
        defaults={"content": {"queue": str(queue.uuid)}},
    )


def queue_of(folder: Record) -> Queue | None:
    """The queue an administrator chose, None for the key's home."""
    rows = Record.objects.filter(service=folder.service, key=folder.key, kind=POINTED)
    row = rows.filter(name=folder.name).first()
    return _queues().get(row.content["queue"]) if row else None


def _pointed(caller: Caller) -> dict[str, Queue]:
    """By folder, the queues that are chosen and still reached. A sandbox stays in its own."""
    rows = [] if caller.key.is_sandbox else list(records.every(caller, POINTED))
    if not rows:
        return {}
    reached = {str(queue.uuid): queue for queue in queues_for(caller.key)}
    return {
        row.name: reached[row.content["queue"]] for row in rows if row.content["queue"] in reached
    }


def _queues() -> dict[str, Queue]:
    return {str(queue.uuid): queue for queue in configuration().queues.values()}
