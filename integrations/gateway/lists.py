"""Lists of a served API: filtered in our words, paged by where the last page ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as altered
from datetime import datetime
from typing import Any, NamedTuple

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from helpdesk.actor import Role
from helpdesk.models import Ticket
from helpdesk.models.configuration import configuration
from helpdesk.search import matching
from helpdesk.text import fold
from integrations.gateway.caller import Caller
from integrations.gateway.reading import is_uuid, tickets
from integrations.installation import SOURCE_PREFIX
from integrations.ours import status_word

SALT = "helpdesk.page"
# Our names of orders → the column they go by.
ORDERS = {
    "status": "status__position",
    "number": "pk",
    "title": "title_folded",
    "requester_name": "requester__name_folded",
    "requester_email": "requester__email",
    "assignee_name": "assignee__name_folded",
    "assignee_email": "assignee__email",
    "due_at": "due_at",
    "priority": "priority_rank",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
MOMENTS = frozenset({"due_at", "created_at", "updated_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list asks for. Empty means everything of that kind.

    `statuses` are words of `connector.STATUSES` (None: any), `status_id` one of ours, `tags` pairs
    of a category's uuid ("" for any) and a text, any of which is enough; `assignee` is a uuid;
    `between` maps `created_at`, `due_at` and `updated_at` to a first moment and a moment that is
    past the end. `kept` are values that the service keeps of a ticket, by name; `author` is an id
    as the service shows it, of whoever made a ticket through it, or a requester's uuid; `reference`
    is an origin reference, `ticket` the only one, by its uuid.
    """

    search: str = ""
    title: str = ""
    statuses: Sequence[str] | None = None
    status_id: str = ""
    priorities: Sequence[str] = ()
    tags: Sequence[tuple[str, str]] = ()
    assignee: str = ""
    kept: Mapping[str, str] = field(default_factory=dict)
    author: str = ""
    reference: str = ""
    ticket: str = ""
    is_reopened: bool | None = None
    between: Mapping[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    order: str = "created_at"
    descending: bool = True
    limit: int = 10
    offset: int = 0
    token: str = ""


class Page(NamedTuple):
    """`next` is the token of the page after it, "" on the last."""

    rows: list[Any]
    total: int
    next: str


def page_of(caller: Caller, wanted: Wanted) -> Page:
    """A page of tickets. A token wins over offset and order. Raises ValidationError."""
    rows = found(caller, wanted)
    total = rows.count()
    after: list[Any] = []
    if wanted.token:
        order, descending, after = read_token(wanted.token, 2)
        if order not in ORDERS or not isinstance(descending, bool):
            raise wrong_token()
        wanted = altered(wanted, order=order, descending=descending, offset=0)
        rows = rows.filter(_beyond(wanted, *after))
    column = F(ORDERS[wanted.order])
    ordered = column.desc(nulls_last=True) if wanted.descending else column.asc(nulls_last=True)
    rows = rows.order_by(ordered, "-pk" if wanted.descending else "pk")
    rows = rows.annotate(place=column)
    shown = list(rows[wanted.offset : wanted.offset + wanted.limit + 1])
    if len(shown) <= wanted.limit:
        return Page(shown, total, "")
    shown.pop()
    place = shown[-1].place
    place = place.isoformat() if isinstance(place, datetime) else place
    token = write_token([wanted.order, wanted.descending, place, shown[-1].pk])
    return Page(shown, total, token)


def found(caller: Caller, wanted: Wanted) -> QuerySet[Ticket]:
    """The tickets that are asked for, in no order."""
    rows = tickets(caller)
    if wanted.search:
        # As a customer reads: an internal note is not found where it is not shown.
        reader = altered(caller.actor, role=Role.CUSTOMER)
        rows = matching(rows, wanted.search, reader)
    if wanted.title:
        words = Q(title_folded__contains=fold(wanted.title)) | Q(title__icontains=wanted.title)
        rows = rows.filter(words)
    if wanted.statuses is not None:
        called = [
            status.pk
            for status in configuration().statuses.values()
            if status_word(status, caller.queue.pk) in wanted.statuses
        ]
        rows = rows.filter(status__in=called)
    if wanted.status_id:
        rows = rows.filter(status__uuid=wanted.status_id)
    if wanted.priorities:
        rows = rows.filter(priority__in=wanted.priorities)
    if wanted.tags:
        through = Ticket.tags.through.objects.filter(tag_id__in=_tag_ids(wanted.tags))
        rows = rows.filter(pk__in=through.values("ticket_id"))
    if wanted.assignee:
        is_theirs = Q(assignee__uuid=wanted.assignee) if is_uuid(wanted.assignee) else Q(pk__in=[])
        rows = rows.filter(is_theirs)
    rows = _as_kept(rows, caller, wanted)
    for name, (first, end) in wanted.between.items():
        if first is not None:
            rows = rows.filter(**{f"{name}__gte": first})
        if end is not None:
            rows = rows.filter(**{f"{name}__lt": end})
    return rows


def _as_kept(rows: QuerySet[Ticket], caller: Caller, wanted: Wanted) -> QuerySet[Ticket]:
    for name, value in wanted.kept.items():
        rows = rows.filter(**{f"extra__{caller.service}__{name}": value})
    if wanted.author:
        made = Q(**{f"extra__{caller.service}__user__id": wanted.author})
        identity = wanted.author.partition(".")[0]
        rows = rows.filter(made | Q(requester__uuid=identity) if is_uuid(identity) else made)
    if wanted.reference:
        source, _slash, ref = wanted.reference.rpartition("/")
        rows = rows.filter(source=f"{SOURCE_PREFIX}{source}", source_ref=ref)
    if wanted.ticket:
        rows = rows.filter(uuid=wanted.ticket) if is_uuid(wanted.ticket) else rows.none()
    if wanted.is_reopened is not None:
        count = {"reopened_count__gt" if wanted.is_reopened else "reopened_count": 0}
        rows = rows.filter(**count)
    return rows


def write_token(place: list[Any]) -> str:
    return signing.dumps(place, salt=SALT, compress=True)


def read_token(token: str, head: int) -> tuple[Any, ...]:
    """The first `head` parts of a token of ours, then the rest of them as a list."""
    try:
        place = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise wrong_token() from error
    if not isinstance(place, list) or len(place) <= head:
        raise wrong_token()
    return (*place[:head], place[head:])


def _beyond(wanted: Wanted, place: Any, pk: int) -> Q:
    """What comes after a row, rows without a value being last in both directions."""
    name, side = ORDERS[wanted.order], "lt" if wanted.descending else "gt"
    beyond_pk = Q(**{f"pk__{side}": pk})
    if place is None:
        return Q(**{f"{name}__isnull": True}) & beyond_pk
    if wanted.order in MOMENTS:
        place = parse_datetime(place)
    return (
        Q(**{f"{name}__{side}": place})
        | (Q(**{name: place}) & beyond_pk)
        | Q(**{f"{name}__isnull": True})
    )


def _tag_ids(asked: Sequence[tuple[str, str]]) -> list[int]:
    known = configuration()
    ids = []
    for category, text in asked:
        tag = known.tags_by_name.get(fold(text))
        if tag is None or tag.deleted_at is not None:
            continue
        own = str(tag.category.uuid) if tag.category_id else ""
        if not category or category == own:
            ids.append(tag.pk)
    return ids


def wrong_token() -> ValidationError:
    words = _("This is not a token of this list. Begin with the first page.")
    return ValidationError({"continuationToken": words})
