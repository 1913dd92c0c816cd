"""Who calls a served API: a key of ours, narrowed to its home queue."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from django.core.cache import cache
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.lookup import uuid_of
from helpdesk.models import ApiKey, Queue
from helpdesk.models.configuration import configuration
from helpdesk.text import one_line
from integrations.installation import SOURCE_PREFIX, installation
from integrations.models import Connection

ORIGIN = re.compile(
    r"(?P<source>[\w.-]{1,80}/[\w.-]{1,60})/(?P<ticket>[0-9a-fA-F-]{36})"
    r"(?:/(?P<part>[0-9a-fA-F-]{36}))?"
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call of another installation comes from: see `Helpdesk-Origin`.

    `source` and `ticket` name its ticket, `part` the comment or file of it that is sent.
    """

    source: str = ""
    ticket: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """A key at a served API. Its actor sees the home queue and nothing else.

    `reach` are the ids of all queues that the key may see, None meaning all: see `queues`.
    """

    service: str
    key: ApiKey
    actor: Actor
    queue: Queue
    origin: Origin = Origin()
    reach: frozenset[int] | None = frozenset()

    def speaking_for(self, name: str) -> Actor:
        """The key's rights, under the words “Ann via <key>” where a body names who acts."""
        name = one_line(name)[:120]
        if not name:
            return self.actor
        words = _("%(person)s via %(key)s") % {"person": name, "key": self.key.name}
        return replace(self.actor, name=words[:200])


def caller_of(service: str, key: ApiKey, actor: Actor, origin: str = "") -> Caller | None:
    """A key and the actor that it is, narrowed; None if it reaches no queue."""
    queue = _home_queue(actor)
    if queue is None:
        return None
    narrowed = replace(actor, queues=frozenset({queue.pk}), home_queue_id=queue.pk)
    return Caller(service, key, narrowed, queue, _origin(origin), actor.queues)


def door_of(service: str) -> str:
    """The origin of what comes through a served API."""
    return f"compat:{service}"


def _home_queue(actor: Actor) -> Queue | None:
    """The queue chosen for the key, its only one, or the default one where it reaches that."""
    known = configuration()
    if actor.home_queue_id:
        home = known.queues.get(actor.home_queue_id)
        return home if home is not None and home.deleted_at is None else None
    reached = [
        queue
        for queue in known.queues.values()
        if queue.deleted_at is None
        and (not queue.is_sandbox if actor.queues is None else queue.pk in actor.queues)
    ]
    return next((queue for queue in reached if queue.is_default), reached[0] if reached else None)


def _may_be(source: str) -> bool:
    other, _slash, connection = source.partition("/")
    if other != cache.get_or_set("installation", installation, 300):
        return True
    identity = uuid_of(connection)
    return identity is not None and Connection.objects.filter(uuid=identity).exists()


def _origin(header: str) -> Origin:
    """What the header says; nothing where it claims to be a connection of ours that is not there,
    since a reference that we give ourselves would then be taken."""
    found = ORIGIN.fullmatch(header.strip())
    if found is None or not _may_be(found["source"]):
        return Origin()
    return Origin(
        source=f"{SOURCE_PREFIX}{found['source']}",
        ticket=found["ticket"].lower(),
        part=(found["part"] or "").lower(),
    )
