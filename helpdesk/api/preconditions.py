"""`ETag`, `If-None-Match` and `If-Match` of a ticket.

An ETag such as `"12-9f3ac1d2"` says the version, which a write is held to, and a hash of what was
answered: a renamed status makes another answer of the same version.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.api.activities import activity_shapes, readable
from helpdesk.doors.errors import PreconditionFailed
from helpdesk.models import Change, Ticket

IF_MATCH, IF_NONE_MATCH, ANY = "If-Match", "If-None-Match", "*"
TAG = re.compile(r'(?:W/)?"(\d{1,9})(?:-[0-9a-f]{1,64})?"')  # earlier ones were the version alone
HASHED = 8


def etag(version: int, content: bytes, kind: str = "") -> str:
    """The ETag of an answer. `kind` tells apart what is the same content, said otherwise."""
    digest = hashlib.sha256(content)
    digest.update(kind.encode())
    return f'"{version}-{digest.hexdigest()[:HASHED]}"'


@contextmanager
def unchanged_since(request, ticket: Ticket, actor: Actor) -> Iterator[None]:
    """Hold the ticket at a version that `If-Match` names while the block changes it."""
    wanted = _versions_in(request.headers.get(IF_MATCH))
    if wanted is None:
        yield
        return
    with transaction.atomic():
        version = (
            Ticket.objects.select_for_update(no_key=True)
            .values_list("version", flat=True)
            .get(pk=ticket.pk)
        )
        if version not in wanted:
            raise PreconditionFailed(_difference(ticket, max(wanted), actor))
        yield


def matches(request, tag: str) -> bool:
    """Whether `If-None-Match` names this very answer: nothing need be sent."""
    return tag in request.headers.get(IF_NONE_MATCH, "")  # quoted: no part of another one


def base_in(fields: dict, ticket: Ticket) -> int | None:
    """The version on which a change is based, taken out of its fields.

    Raises ValidationError for one that is still to come: nobody can have read it.
    """
    base = fields.pop("version", None)
    if base is not None and base > ticket.version:
        words = _("The ticket is at version %(version)s.") % {"version": ticket.version}
        raise ValidationError({"version": words})
    return base


def refuse_missing(request) -> None:
    """Raise PreconditionFailed if `If-Match` speaks of a ticket where there is none."""
    header = request.headers.get(IF_MATCH)
    if header is not None and (_versions_in(header) or header.strip() == ANY):
        raise PreconditionFailed([], _("There is no ticket here that If-Match could mean."))


def refuse_present(request) -> None:
    """Raise PreconditionFailed if `If-None-Match: *` wants to find no ticket where there is one."""
    header = request.headers.get(IF_NONE_MATCH)
    if header is None:
        return
    if header.strip() != ANY:
        raise ValidationError({IF_NONE_MATCH: _("Only “*”: change nothing that is there.")})
    raise PreconditionFailed([], _("There is a ticket here already."))


def _versions_in(header: str | None) -> set[int] | None:
    if header is None or header.strip() == ANY:
        return None
    tags = [TAG.fullmatch(part.strip()) for part in header.split(",")]
    if not all(tags):
        raise ValidationError({IF_MATCH: _('Give the ETag that was read, like "7-9f3ac1d2".')})
    return {int(tag[1]) for tag in tags}


def _difference(ticket: Ticket, version: int, actor: Actor) -> list[dict]:
    """What changed since, as the history shows it to the actor."""
    since = Change.objects.filter(ticket=ticket, version__gt=version).order_by("version")
    return [
        {
            "field": name,
            **value,
            "by": shape["person_name"],
            "at": shape["at"].isoformat(),
            "version": shape["version"],
        }
        for shape in activity_shapes(readable(since), actor)
        for name, value in shape["fields"].items()
    ]
