"""What a client of a served API must be told: its address and credentials, in its own terms.

A service folder with a `server.py` has a `credentials.py` beside it with

- `credentials_of(issued: Issued) -> dict[str, str]`: `base_url`, and the rest as its clients call
  it, in the order in which a page shows it;
- `curl_line(said: Mapping[str, str]) -> str`: a first call that only reads, for a shell, made of
  what `credentials_of` answered;
- `setup_of(said) -> dict[str, str]`, where our own connector's Setup has other names for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.conf import settings

from helpdesk.models import ApiKey, Queue
from helpdesk.permissions import actor_of_key
from integrations import services
from integrations.connector import load_connector, service_names
from integrations.gateway.caller import caller_of, door_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A key as its holder gets it. `root` is where the service is served, `/compat/<service>`.

    `queue` is the one that the served API shows, `secret` the key's, or words in its place.
    """

    key: ApiKey
    secret: str
    root: str
    queue: Queue


def served() -> Iterator[tuple[str, ModuleType]]:
    """The services that are served and say their terms: name and `credentials` module."""
    for name in service_names():
        module = f"{services.__name__}.{name}.credentials"
        if find_spec(module) is not None:
            yield name, import_module(module)


def said_of(service: str, key: ApiKey, secret: str) -> dict[str, str]:
    """The credentials of a key at a served API; empty if the key reaches no queue."""
    return _said(service, key, secret, _queues_of(key))


def lines(key: ApiKey, secret: str) -> list[dict]:
    """For a key's page: `{"name", "title", "terms": [(name, value)], "curl"}` of each service."""
    shown, queues = [], _queues_of(key)
    for name, module in served():
        if said := _said(name, key, secret, queues):
            title = str(load_connector(name).title)
            curl = module.curl_line(said)
            shown.append({"name": name, "title": title, "terms": list(said.items()), "curl": curl})
    return shown


def demo(secret: str) -> dict[str, dict[str, dict[str, str]]]:
    """For `demo.json`: the credentials of the demo's key at every served API."""
    key = ApiKey.objects.get(digest=ApiKey.digest_of(secret))
    return {"compat": {name: said_of(name, key, secret) for name, _module in served()}}


def setup_of(service: str, said: Mapping[str, str]) -> dict[str, str]:
    """The same credentials as our own connector's Setup calls them."""
    module = import_module(f"{services.__name__}.{service}.credentials")
    return getattr(module, "setup_of", dict)(said)


def _said(service: str, key: ApiKey, secret: str, queues: list[int]) -> dict[str, str]:
    caller = caller_of(service, key, actor_of_key(key, queues, door_of(service)))
    if caller is None:
        return {}
    root = f"{settings.PUBLIC_URL}/compat/{service}"
    module = import_module(f"{services.__name__}.{service}.credentials")
    issued = Issued(key=key, secret=secret, root=root, queue=caller.queue)
    return module.credentials_of(issued)


def _queues_of(key: ApiKey) -> list[int]:
    return list(key.queues.values_list("pk", flat=True))
