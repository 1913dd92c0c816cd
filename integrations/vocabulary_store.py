"""What a service said of itself, and the vocabulary that a person chose: kept in the database."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from integrations.connector import Maps
from integrations.models import Connection, Link, Record
from integrations.remote import (
    Instance,
    RemoteField,
    RemoteOption,
    RemotePerson,
    RemoteTag,
)

DESCRIBED = "described"  # kind of Record; its name is the connection's uuid
MOST = 2000  # people, fields or tags that are kept


def keep_description(connection: Connection, instance: Instance) -> None:
    """Keep what the service said of itself, with the date."""
    content = asdict(instance)
    for name in ("people", "fields", "tags"):
        content[name] = content[name][:MOST]
    Record.objects.update_or_create(
        service="",
        key=None,
        kind=DESCRIBED,
        name=str(connection.uuid),
        defaults={"content": content, "created_at": timezone.now()},
    )


def description_of(connection: Connection) -> tuple[Instance, datetime | None]:
    """What the service said of itself, and when; nothing and None if it was never asked."""
    row = Record.objects.filter(service="", key=None, kind=DESCRIBED, name=str(connection.uuid))
    found = row.first()
    return (_instance(found.content), found.created_at) if found else (Instance(), None)


def forget_description(connection: Connection) -> None:
    Record.objects.filter(kind=DESCRIBED, name=str(connection.uuid)).delete()


def change_maps(connection: Connection, change: Callable[[Maps], Maps]) -> int | None:
    """Change the vocabulary as it is now, which a worker may have added to meanwhile.

    Returns how many tickets are sent again, because something of them was left out or refused;
    None if nothing changed.
    """
    with transaction.atomic():
        kept = Connection.objects.select_for_update().get(pk=connection.pk)
        maps = change(copy.deepcopy(kept.maps))
        if maps == kept.maps:
            return None
        Connection.objects.filter(pk=kept.pk).update(maps=maps)
        connection.maps = maps
        return _send_again(kept)


def _send_again(connection: Connection) -> int:
    stopped = ~Q(left_out=[]) | Q(state=Link.State.ERROR)
    waiting = Link.objects.filter(stopped, connection=connection, due_at=None)
    waiting = waiting.filter(state__in=[Link.State.OK, Link.State.WAITING, Link.State.ERROR])
    return waiting.update(
        due_at=timezone.now(), must_read=True, urgency=Link.Urgency.BACKFILL, attempts=0
    )


def _instance(content: dict[str, Any]) -> Instance:
    options = {
        name: tuple(RemoteOption(**one) for one in content[name])
        for name in ("statuses", "priorities", "types")
    }
    return Instance(
        id=content["id"],
        name=content["name"],
        people=tuple(RemotePerson(**one) for one in content["people"]),
        fields=tuple(_field(one) for one in content["fields"]),
        tags=tuple(RemoteTag(**one) for one in content["tags"]),
        **options,
    )


def _field(content: dict[str, Any]) -> RemoteField:
    options = tuple(RemoteOption(**one) for one in content["options"])
    return RemoteField(**{**content, "options": options, "kinds": tuple(content["kinds"])})
