"""The queues that a key may see, for services that have several containers: one at a time."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404

from helpdesk.models import Queue
from helpdesk.models.configuration import configuration
from integrations.gateway.caller import Caller


def queues(caller: Caller) -> list[Queue]:
    """Those within the key's reach, the home queue first, then by name. No statement."""
    reached = [
        queue
        for queue in configuration().queues.values()
        if queue.deleted_at is None and _is_reached(caller, queue)
    ]
    return sorted(reached, key=lambda one: (one.pk != caller.queue.pk, one.name_folded, one.pk))


def in_queue(caller: Caller, identity: str) -> Caller:
    """The caller in another queue, named by uuid, number or slug. Raises Http404."""
    for queue in queues(caller):
        if identity in (str(queue.uuid), str(queue.pk), queue.slug):
            actor = replace(caller.actor, queues=frozenset({queue.pk}), home_queue_id=queue.pk)
            return replace(caller, actor=actor, queue=queue)
    raise Http404


def _is_reached(caller: Caller, queue: Queue) -> bool:
    """A key that reaches all queues meets no sandbox but the one that is its home."""
    if queue.pk == caller.queue.pk:
        return True
    return not queue.is_sandbox if caller.reach is None else queue.pk in caller.reach
