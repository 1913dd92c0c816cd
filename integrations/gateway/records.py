"""What a served API must remember for a key and our nouns have no room for.

A record belongs to a service and a key: no other key sees it. `kind` and `name` find it, `content`
is JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from helpdesk.models import ApiKey, Ticket
from integrations.gateway.caller import Caller
from integrations.installation import BIRTH, SOURCE_PREFIX
from integrations.models import Record


def every(caller: Caller, kind: str) -> QuerySet[Record]:
    """All of a kind, oldest first."""
    rows = Record.objects.filter(service=caller.service, key=caller.key, kind=kind)
    return rows.order_by("created_at", "pk")


def find(caller: Caller, kind: str, name: str) -> Record | None:
    return every(caller, kind).filter(name=name[:200]).first()


def one(caller: Caller, kind: str, name: str) -> Record:
    """Raises Http404."""
    found = find(caller, kind, name)
    if found is None:
        raise Http404
    return found


def keep(caller: Caller, kind: str, name: str, content: dict[str, Any]) -> Record:
    """Remember something new. Raises ValidationError where the name is taken."""
    row = Record(service=caller.service, key=caller.key, kind=kind, name=name, content=content)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        words = _("“%(name)s” is there already.") % {"name": name[:80]}
        raise ValidationError(words) from None
    return row


@transaction.atomic
def change(record: Record, **content: Any) -> Record:
    """Set some members of the content, leaving the others as they are now. Raises Http404."""
    row = locked(record)
    row.content = {**row.content, **content}
    row.save(update_fields=["content"])
    return row


def locked(record: Record) -> Record:
    """The record as it is now, for the caller's transaction alone. Raises Http404."""
    row = Record.objects.select_for_update().filter(pk=record.pk).first()
    if row is None:
        raise Http404
    return row


def forget(caller: Caller, kind: str, name: str) -> None:
    every(caller, kind).filter(name=name[:200]).delete()


def forget_older(caller: Caller, kind: str, than: datetime) -> None:
    """Forget all of a kind that were made before a moment."""
    every(caller, kind).filter(created_at__lt=than).delete()


def forget_all(keys: Sequence[ApiKey], tickets: Sequence[Ticket]) -> None:
    """Forget what is kept for keys whose sandbox is emptied, and the births of its tickets."""
    Record.objects.filter(key__in=keys).delete()
    births = [
        f"{came.source.removeprefix(SOURCE_PREFIX).partition('/')[0]}/{came.source_ref}"[:200]
        for came in tickets
        if came.source.startswith(SOURCE_PREFIX)
    ]
    Record.objects.filter(service="", key=None, kind=BIRTH, name__in=births).delete()
