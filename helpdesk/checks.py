"""System checks: what operators get wrong, said in words when anything starts."""

import ipaddress
import os
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


def _is_public(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host not in ("localhost", "testserver")


def _serves_strangers() -> bool:
    hosts = [urlsplit(settings.PUBLIC_URL).hostname or "", *settings.ALLOWED_HOSTS]
    return any(_is_public(host.strip("[].")) for host in hosts)


def _database() -> str:
    return settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]


@register
def several_processes_share_a_cache(app_configs, **options) -> list[CheckMessage]:
    """helpdesk.E001: counters in memory are exact in one process only."""
    if settings.WEB_PROCESSES < 2 or settings.CACHE_URL:
        return []
    return [
        Error(
            f"WEB_PROCESSES is {settings.WEB_PROCESSES}, but each process counts for itself.",
            hint="Set CACHE_URL to a Redis server, such as redis://127.0.0.1:6379/1.",
            id="helpdesk.E001",
        )
    ]


@register
def debug_is_for_this_machine(app_configs, **options) -> list[CheckMessage]:
    """helpdesk.E002: debug pages show settings and data to whoever meets an error."""
    if not settings.DEBUG or not _serves_strangers():
        return []
    return [
        Error(
            "DEBUG is on, and PUBLIC_URL or ALLOWED_HOSTS name a host that others reach.",
            hint="Leave DEBUG out of the environment.",
            id="helpdesk.E002",
        )
    ]


@register
def secrets_are_given_where_several_machines_may_run(app_configs, **options) -> list[CheckMessage]:
    """helpdesk.W003: a secret made in DATA differs on the next machine."""
    if _database() == "sqlite3":
        return []
    missing = [name for name in ("SECRET_KEY", "ENCRYPTION_KEYS") if not os.environ.get(name)]
    if not missing:
        return []
    return [
        Warning(
            f"{' and '.join(missing)} were made in DATA: another machine would make its own.",
            hint="Set them in the environment, the same for every process.",
            id="helpdesk.W003",
        )
    ]


@register
def encryption_keys_are_keys(app_configs, **options) -> list[CheckMessage]:
    """helpdesk.E004: without a valid key no secret can be stored."""
    faults = []
    for number, key in enumerate(settings.ENCRYPTION_KEYS, start=1):
        try:
            Fernet(key.strip())
        except ValueError:
            faults.append(
                Error(
                    f"Key {number} of ENCRYPTION_KEYS is not a key.",
                    hint="A key is 32 bytes in URL-safe base64; separate several by commas.",
                    id="helpdesk.E004",
                )
            )
    return faults


@register
def strangers_are_served_over_https(app_configs, **options) -> list[CheckMessage]:
    """helpdesk.W005: without SECURE, sessions travel where others can read them."""
    if settings.SECURE or not settings.PUBLIC_URL.startswith("https://"):
        return []
    return [
        Warning(
            "PUBLIC_URL begins with https://, but SECURE is off: cookies are sent over HTTP too.",
            hint="Set SECURE=1, and let the proxy set X-Forwarded-Proto itself.",
            id="helpdesk.W005",
        )
    ]


@register
def a_folder_broker_is_for_one_machine(app_configs, **options) -> list[CheckMessage]:
    """helpdesk.W006: a folder carries messages to the workers of this machine alone."""
    if settings.WEB_PROCESSES < 2 or not settings.BROKER_URL.startswith("filesystem:"):
        return []
    return [
        Warning(
            "Several web processes, but messages to workers go through a folder.",
            hint="Set BROKER_URL to Redis or RabbitMQ.",
            id="helpdesk.W006",
        )
    ]


@register
def the_operator_knows_of_open_doors(app_configs, **options) -> list[CheckMessage]:
    """helpdesk.E007: OUTBOUND_ALLOW must list networks."""
    faults = []
    for network in settings.OUTBOUND_ALLOW:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            faults.append(
                Error(
                    f"{network} in OUTBOUND_ALLOW is not a network.",
                    hint="Write networks such as 127.0.0.0/8,10.1.2.0/24.",
                    id="helpdesk.E007",
                )
            )
    return faults
