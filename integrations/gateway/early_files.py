"""Files that come before the ticket or comment that will show them.

They are kept under a *place*: a uuid that the first one is answered with. Whoever makes a ticket
or comment names place and name; what nobody names within a day is deleted.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.models import Attachment
from integrations.gateway import files
from integrations.gateway.caller import Caller
from integrations.gateway.reading import is_uuid, tickets

WAITING = Attachment.State.WAITING


def keep(caller: Caller, upload: File, place: str = "") -> Attachment:
    """Keep a file in a place of the caller's, a new one if none is named.

    Raises Http404 for a place that the caller did not get from here.
    """
    place = place.lower()
    if place and not _in(caller, place).exists():
        raise Http404
    attachment = actions.keep_file(upload, by=caller.actor)
    attachment.extra = {"early": {"service": caller.service, "place": place or str(uuid.uuid4())}}
    attachment.save(update_fields=["extra"])
    return attachment


def place_of(attachment: Attachment) -> str:
    return attachment.extra["early"]["place"]


def is_open(caller: Caller, place: str) -> bool:
    """Whether there is such a place of the caller's, and nobody has named its files yet."""
    return is_uuid(place) and _in(caller, place.lower()).filter(state=WAITING).exists()


def named(caller: Caller, asked: Iterable[tuple[str, str]]) -> list[Attachment]:
    """The waiting files of these places and names, for a verb that claims them.

    A name may lack its ending. Of several equal names in a place the newest is taken. What a
    repeated call names was claimed by the first, and is left out. Raises ValidationError.
    """
    found: dict[int, Attachment] = {}
    for place, name in asked:
        rows = list(_in(caller, place.lower()).order_by("-pk")) if is_uuid(place) else []
        one = next((row for row in rows if name in (row.name, PurePath(row.name).stem)), None)
        if one is None or (one.state != WAITING and not caller.origin.ticket):
            words = _("There is no uploaded file “%(name)s” at “%(place)s”.")
            shown = {"name": name[:80], "place": place[:60]}
            raise ValidationError({"attachments": words % shown})
        if one.state == WAITING:
            found[one.pk] = one
    return list(found.values())


def find(caller: Caller, place: str, name: str) -> Attachment:
    """A file by its name and where it is: a ticket, a comment or a place. Raises Http404."""
    if not is_uuid(place):
        raise Http404
    place = place.lower()
    ticket = tickets(caller).filter(Q(uuid=place) | Q(comments__uuid=place)).first()
    if ticket is None:
        ticket = tickets(caller).filter(attachments__in=_in(caller, place)).first()
    if ticket is None:
        rows: QuerySet[Attachment] = _in(caller, place).filter(state=WAITING)
    else:
        rows = files.shown(caller, ticket).filter(public=True)
        if str(ticket.uuid) == place:
            rows = rows.filter(comment=None)
        else:
            rows = rows.filter(Q(comment__uuid=place) | Q(pk__in=_in(caller, place)))
    found = rows.filter(name=name).order_by("-pk").first()
    if found is None:
        raise Http404
    return found


def _in(caller: Caller, place: str) -> QuerySet[Attachment]:
    """What the caller's key has uploaded to a place, claimed or not."""
    early = {"extra__early__service": caller.service, "extra__early__place": place}
    return Attachment.objects.filter(uploaded_with=caller.key, deleted_at=None, **early)
