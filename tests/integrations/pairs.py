"""Two helpdesks, connected by every service at once: a queue here, a key with a queue there."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integrations.connector import Capabilities, load_connector, service_names
from tests.integrations.desk import Desk
from tests.integrations.installation import MORE, Installation, eventually

SERVICES = tuple(service_names())
WORDS = {  # the statuses of a new helpdesk, as connectors call them
    "New": "new",
    "Open": "open",
    "In progress": "started",
    "Waiting": "waiting",
    "Resolved": "resolved",
    "Closed": "closed",
}
KEYS = """
import json
from helpdesk.actions import keys
from helpdesk.actor import system
from helpdesk.models import ApiKey, FaultLab, Queue
from integrations.gateway import credentials
by, shares, found = system("rule"), {shares}, {{}}
for service, slug in {queues}.items():
    queue, _made = Queue.objects.get_or_create(slug=slug, defaults={{"name": slug}})
    key = ApiKey(name=service, scope="write", rate_limit=1_000_000, home_queue=queue)
    [(key, secret)] = keys.make_key(key, [queue], by=by)
    if shares:
        key = keys.enter_sandbox(key, by=by)
        FaultLab.objects.create(key=key, is_on=True, seed={seed}, shares=shares)
    said = credentials.said_of(service, key, secret)
    found[service] = [secret, credentials.setup_of(service, said)]
print(json.dumps(found))
"""
CONNECT = """
from django.core.management import call_command
from helpdesk.models import Queue
queues = {queues}
for service, setup in {setups}.items():
    Queue.objects.get_or_create(slug=queues[service], defaults={{"name": queues[service]}})
    pairs = [f"{{name}}={{value}}" for name, value in setup.items()]
    call_command(
        "add_connection", service, queue=queues[service], set=pairs, calls_per_minute=100_000,
        on_delete="trash",
    )
"""
# What is not as it should be once all is quiet, by service: links that wait or need a person.
STANDING = """
import json
from integrations.models import CommentLink, Connection, Exchange, Link
found = {}
for connection in Connection.objects.all():
    links = connection.links.select_related("ticket")
    at_rest = links.filter(due_at=None, attempt_began_at=None)
    at_rest = at_rest.filter(state__in=("ok", "ended", "elsewhere"))
    rest = links.exclude(pk__in=at_rest.values("pk"))
    maybe = CommentLink.objects.filter(connection=connection, remote_id="").exclude(
        attempt_began_at=None
    )
    writes = Exchange.objects.filter(connection=connection).exclude(method="GET")
    found[connection.service] = {
        "state": connection.state,
        "error": connection.error,
        "unfinished": [
            [str(one.ticket), one.state, one.error, bool(one.due_at)] for one in rest
        ],
        "maybe": maybe.count() + links.filter(state="maybe_created").count(),
        "writes": writes.count(),
        "exchanges": connection.exchanges.count(),
        "looks_at": connection.poll_at.isoformat(),
        "left_out": {one.ticket.title: one.left_out for one in links if one.ticket},
    }
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Pair:
    """A queue here and what it is mirrored to: desks that see nothing but it."""

    service: str
    here: Desk
    there: Desk

    @property
    def can(self) -> Capabilities:
        return load_connector(self.service).capabilities

    def copy_of(self, ticket: dict, timeout: float = 240) -> dict:
        return eventually(lambda: self.there.titled(ticket["title"]), timeout)[0]

    def word(self, ticket: dict) -> str:
        """The service's word for the status of a ticket on either side."""
        out = load_connector(self.service).vocabularies["status"].out
        return out[WORDS[ticket["status"]["name"]]]


class Two:
    """Both helpdesks and a `Pair` for each service."""

    def __init__(self, here: Installation, there: Installation, pairs: list[Pair]) -> None:
        self.here, self.there, self.pairs = here, there, pairs

    def standing(self) -> dict[str, dict]:
        return standing(self.here)


def standing(side: Installation) -> dict[str, dict]:
    """How the connections of a helpdesk stand, by service."""
    return json.loads(side.run(STANDING).splitlines()[-1])


def keys_at(
    side: Installation,
    queues: dict[str, str],
    *,
    shares: dict[str, float] | None = None,
    seed: int = 1,
) -> dict[str, tuple[str, dict]]:
    """Service → a new key there, at home in a queue by its slug, and what a Setup wants of it.

    With `shares` each is in a sandbox of its own and meets so many percent of each fault.
    """
    made = side.run(KEYS.format(queues=queues, shares=shares or {}, seed=seed))
    return {name: (key, setup) for name, (key, setup) in json.loads(made.splitlines()[-1]).items()}


def connect(side: Installation, made: dict[str, tuple[str, dict]], queues: dict[str, str]) -> None:
    """Mirror a queue of `side` with each of the keys that were made elsewhere."""
    setups = {name: setup | MORE.get(name, {}) for name, (_key, setup) in made.items()}
    side.run(CONNECT.format(setups=setups, queues=queues))


@contextmanager
def connected(
    folder: Path,
    services: Iterable[str] = SERVICES,
    *,
    queue: str = "",
    shares: dict[str, float] | None = None,
    seed: int = 1,
) -> Iterator[Two]:
    """Two running helpdesks. With `shares`, percents by kind, whoever calls there meets faults.

    Each service has a queue here of its own name, or all have the one that is named.
    """
    here, there = (Installation(folder / name) for name in ("here", "there"))
    queues = {name: queue or name for name in services}
    try:
        made = keys_at(there, {name: name for name in queues}, shares=shares, seed=seed)
        there.start()
        connect(here, made, queues)
        here.start()
        inside = {"Helpdesk-Fault": "none"} if shares else {}
        pairs = [
            Pair(name, Desk(here.url, here.key, queues[name]), Desk(there.url, key, None, inside))
            for name, (key, _setup) in made.items()
        ]
        yield Two(here, there, pairs)
    finally:
        here.stop()
        there.stop()
