"""What tickets can be read together with: `?expand=comments,attachments,participants`."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from helpdesk import prepared
from helpdesk.actor import Actor
from helpdesk.addresses import address
from helpdesk.api.base import ApiView
from helpdesk.api.comment_shape import COMMENTS, FILES, comment_shapes, file_shape, shown_files
from helpdesk.api.scopes import refuse_without
from helpdesk.api.shapes import person, person_columns
from helpdesk.doors.paging import MAX_LIMIT
from helpdesk.models import Participant

MANY = MAX_LIMIT  # rows of each list inside a ticket that is read by itself
FEW = 20  # the same inside a ticket of a list
MOST_TICKETS = 50  # of a list that expands them
SCOPED = frozenset({"comments", "attachments"})  # what is read by a scope of its own
PARTICIPANTS = Participant.objects.values(
    "id", "ticket_id", "kind", "since", *person_columns("person")
)


@dataclass(frozen=True, slots=True)
class Expansion:
    """A list of each ticket: its columns, what of it the actor may read, in its order, as it is
    read, and the address of the whole list of one ticket."""

    rows: QuerySet
    seen: Callable[[QuerySet, Actor], QuerySet]
    order: tuple[str, ...]
    shaped: Callable[[Iterable[Mapping], Actor, str], list[dict]]
    address: str


def expansions_in(text: str | None, actor: Actor) -> list[str]:
    """The names in `expand`. Raises ValidationError under it, and MissingScope."""
    names = [name.strip() for name in text.split(",")] if text else []
    unknown = [name for name in names if name not in EXPANSIONS]
    if unknown:
        said = {"names": ", ".join(EXPANSIONS), "name": unknown[0][:60]}
        words = _("“%(name)s” can't be expanded. Known: %(names)s.") % said
        raise ValidationError({"expand": words})
    for name in SCOPED.intersection(names):
        refuse_without(actor, f"{name}:read")
    return list(dict.fromkeys(names))


def refuse_folded(members: Iterable[str], wanted: Sequence[str]) -> None:
    """Raise ValidationError for members that only `expand` brings."""
    folded = [name for name in members if name in EXPANSIONS and name not in wanted]
    if folded:
        words = _("“%(name)s” comes with “expand=%(name)s”.") % {"name": folded[0]}
        raise ValidationError({"fields": words})


def expand(view: ApiView, shapes: list[dict], wanted: Sequence[str], most: int) -> None:
    """Put into each ticket the first rows of each list that is wanted; `next` is the address of the
    whole, if that is longer.

    One statement for each list, whatever the number of tickets, and one for the files of comments.
    """
    site = view.url("/").rstrip("/")
    for name in wanted if shapes else ():
        one = EXPANSIONS[name]
        first, longer = _first(name, [shape["id"] for shape in shapes], view.actor, most)
        inside = defaultdict(list)
        for row, said in zip(first, one.shaped(first, view.actor, site), strict=True):
            inside[row["ticket_id"]].append(said)
        for shape in shapes:
            pk = shape["id"]
            more = site + address(one.address, pk) if pk in longer else None
            shape[name] = {"results": inside[pk], "next": more, "previous": None}


def _first(name: str, ids: list[int], actor: Actor, most: int) -> tuple[list[Mapping], set[int]]:
    """The first rows of each ticket, and the tickets that have more."""
    one = EXPANSIONS[name]

    def of_one(actor: Actor, number: int) -> QuerySet:
        rows = one.seen(one.rows, actor).filter(ticket_id=number)
        return rows.order_by(*one.order)[: most + 1]

    def of_many(actor: Actor, **numbers: int) -> QuerySet:
        place = Window(RowNumber(), partition_by=F("ticket_id"), order_by=list(one.order))
        every = one.seen(one.rows.model.objects.all(), actor)
        placed = every.filter(ticket_id__in=numbers.values()).annotate(place=place)
        first = placed.filter(place__lte=most + 1).values("pk")
        return one.rows.filter(pk__in=first).order_by("ticket_id", *one.order)

    if len(ids) == 1:
        rows = prepared.seen_by(actor, ("expand", name, most), of_one, number=ids[0])
    else:
        said = prepared.among(ids)
        rows = prepared.seen_by(actor, ("expand many", name, most), of_many, **said)
    first, longer, counted = [], set(), defaultdict(int)
    for row in rows:
        counted[row["ticket_id"]] += 1
        if counted[row["ticket_id"]] > most:
            longer.add(row["ticket_id"])
        else:
            first.append(row)
    return first, longer


def participant_shapes(rows) -> list[dict]:
    return [
        {"kind": row["kind"], "since": row["since"], "person": person(row, "person")}
        for row in rows
    ]


EXPANSIONS = {
    "comments": Expansion(
        COMMENTS,
        lambda rows, actor: rows.shown_to(actor),
        ("happened_at", "id"),
        comment_shapes,
        "api:comments",
    ),
    "attachments": Expansion(
        FILES,
        lambda rows, actor: shown_files(actor, rows),
        ("id",),
        lambda rows, _actor, site: [file_shape(row, site) for row in rows],
        "api:attachments",
    ),
    "participants": Expansion(
        PARTICIPANTS,
        lambda rows, _actor: rows,
        ("id",),
        lambda rows, _actor, _site: participant_shapes(rows),
        "api:followers",
    ),
}
