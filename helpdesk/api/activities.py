"""What happened to a ticket, oldest first: readable, and nothing of it that is hidden elsewhere."""

from collections.abc import Iterable

from django.db.models import F, QuerySet
from django.http import HttpResponse

from helpdesk.actor import Actor
from helpdesk.api.base import PAGING, ApiView
from helpdesk.api.schemas.workflow import ActivityRead, activity_list
from helpdesk.api.shapes import small_person
from helpdesk.filters import SortKey
from helpdesk.models import Change, Comment, Ticket

IN_ORDER = [SortKey("version")]
REQUESTER = ("requester", "organisation")
TICKETS = (
    *("parent", "merged_into", "links", "merged_tickets", "split_tickets"),
    *("moved_to", "moved_from"),
)
HIDDEN = {"id": None, "words": ""}


class Activities(ApiView):
    params = PAGING
    reads = ActivityRead

    @activity_list
    def get(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        rows = readable(Change.objects.filter(ticket=ticket)).select_related("comment")
        return self.list_of(rows, IN_ORDER, lambda found: activity_shapes(found, self.actor))


def readable(changes: QuerySet[Change]) -> QuerySet[Change]:
    """Changes with what `activity_shapes` reads of them."""
    rows = changes.select_related("person", "key", "on_behalf_of")
    return rows.annotate(
        requester_as_named=F("ticket__requester_as_named"), requester_id=F("ticket__requester_id")
    )


def activity_shapes(changes: Iterable[Change], actor: Actor) -> list[dict]:
    """`readable` changes as they are read, with what is out of sight left unnamed."""
    changes = list(changes)
    visible = _visible_tickets(changes, actor)
    shown = _shown_comments(changes, actor)
    return [_shape(change, actor, visible, shown) for change in changes]


def _shape(change: Change, actor: Actor, visible: set[int], shown: set[int]) -> dict:
    return {
        "id": change.pk,
        "version": change.version,
        "kind": change.kind,
        "words": change.get_kind_display(),
        "at": change.at,
        "recorded_at": change.recorded_at,
        "person": small_person(change.person),
        "person_name": change.person_name,
        "on_behalf_of": _for_whom(change, actor),
        "key": {"id": change.key.pk, "uuid": change.key.uuid, "name": change.key.name}
        if change.key
        else None,
        "origin": change.origin,
        "comment": change.comment.uuid if change.comment_id in shown else None,
        "fields": {
            name: _field(name, value, actor, visible, change.requester_as_named)
            for name, value in change.fields.items()
        },
        "silent": change.silent,
        "request_id": change.request_id,
    }


def _for_whom(change: Change, actor: Actor) -> dict | None:
    """In whose place a key acted. Of a requester whom it only named a key of some queues reads
    what it said itself, on the ticket."""
    is_stranger = change.requester_as_named and change.on_behalf_of_id == change.requester_id
    if actor.queues is not None and is_stranger:
        return None
    return small_person(change.on_behalf_of)


def _field(name: str, value: dict, actor: Actor, visible: set[int], as_named: bool) -> dict:
    """A field's change, with what lies out of the actor's sight left unnamed."""
    if actor.queues is None:
        return value
    if name == "queue":
        allowed = actor.queues
    elif name in TICKETS:
        allowed = visible
    elif name in REQUESTER and as_named:
        allowed = ()
    else:
        return value
    return {side: _seen(said, allowed) for side, said in value.items()}


def _seen(said, allowed: Iterable[int]):
    if isinstance(said, list):
        return [_seen(one, allowed) for one in said]
    if not isinstance(said, dict) or said.get("id") in allowed:
        return said
    return {**said, **HIDDEN}


def _visible_tickets(changes: list[Change], actor: Actor) -> set[int]:
    if actor.queues is None:
        return set()
    ids = {
        one["id"]
        for change in changes
        for name in TICKETS
        for side in change.fields.get(name, {}).values()
        for one in (side if isinstance(side, list) else [side])
        if isinstance(one, dict) and one.get("id")
    }
    rows = Ticket.objects.visible_to(actor).filter(pk__in=ids)
    return set(rows.values_list("pk", flat=True)) if ids else set()


def _shown_comments(changes: list[Change], actor: Actor) -> set[int]:
    ids = [change.comment_id for change in changes if change.comment_id]
    rows = Comment.objects.filter(pk__in=ids).shown_to(actor)
    return set(rows.values_list("pk", flat=True)) if ids else set()
