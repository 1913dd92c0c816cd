"""One read-only snapshot of the configuration per process, replaced when its stamp changes."""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from django.conf import settings

from helpdesk.models.base import Stamp, Touched
from helpdesk.models.field_rules import FieldOrder, FieldRule
from helpdesk.models.labels import CustomField, FieldOption, Tag, TagCategory, TicketType
from helpdesk.models.people import Membership, Team
from helpdesk.models.workflow import Queue, Status, Transition, Workflow
from helpdesk.text import fold


@dataclass
class Snapshot:
    """Everything administrators configure, by id. Soft-deleted rows are kept: history names them.

    `queue_teams`, `transition_sources`, `field_queues` and `field_types` hold sets of ids;
    `memberships` lists (team id, access) by user id, `leads` the teams that one leads;
    `field_orders` lists keys by (queue id, type id), each of them perhaps None.
    """

    stamp: object
    statuses: dict[int, Status]
    workflows: dict[int, Workflow]
    transitions: dict[int, Transition]
    types: dict[int, TicketType]
    categories: dict[int, TagCategory]
    tags: dict[int, Tag]
    fields: dict[str, CustomField]
    options: dict[str, FieldOption]
    queues: dict[int, Queue]
    teams: dict[int, Team]
    queue_teams: dict[int, set[int]]
    transition_sources: dict[int, set[int]]
    field_queues: dict[int, set[int]]
    field_types: dict[int, set[int]]
    memberships: dict[int, list[tuple[int, str]]]
    leads: dict[int, set[int]]
    field_rules: list[FieldRule]
    field_orders: dict[tuple[int | None, int | None], list[str]]
    cache: dict = field(default_factory=dict)

    @cached_property
    def tags_by_name(self) -> dict[str, Tag]:
        return {tag.name_folded: tag for tag in self.tags.values()}

    @cached_property
    def options_of(self) -> dict[int, list[FieldOption]]:
        """The options of each field, by field id, in order."""
        by_field = defaultdict(list)
        for option in self.options.values():
            if option.deleted_at is None:
                by_field[option.field_id].append(option)
        return by_field

    @cached_property
    def default_workflow(self) -> Workflow | None:
        return next((flow for flow in self.workflows.values() if flow.is_default), None)

    @cached_property
    def default_queue(self) -> Queue | None:
        kept = [
            queue
            for queue in self.queues.values()
            if queue.deleted_at is None and not queue.is_sandbox
        ]
        return next((queue for queue in kept if queue.is_default), kept[0] if kept else None)

    @cached_property
    def sandboxes(self) -> frozenset[int]:
        """The ids of the queues in which a key only tries things: no one's work."""
        return frozenset(pk for pk, queue in self.queues.items() if queue.is_sandbox)

    def workflow_of(self, queue_id: int) -> Workflow | None:
        return self.workflows.get(self.queues[queue_id].workflow_id, self.default_workflow)

    def transitions_from(self, queue_id: int, status_id: int) -> list[Transition]:
        """The transitions that leave a status in a queue's workflow, in order."""
        workflow = self.workflow_of(queue_id)
        return [
            transition
            for pk, transition in self.transitions.items()
            if workflow
            and transition.workflow_id == workflow.pk
            and transition.deleted_at is None
            and transition.target_id != status_id
            and (not self.transition_sources[pk] or status_id in self.transition_sources[pk])
        ]

    def statuses_in(self, category: str) -> list[Status]:
        return [
            status
            for status in self.statuses.values()
            if status.category == category and status.deleted_at is None
        ]

    def queues_of(self, user_id: int, access: str | None = None) -> frozenset[int]:
        """The queues a person reaches through their teams."""
        teams = {
            team for team, granted in self.memberships.get(user_id, ()) if access in (None, granted)
        }
        return frozenset(queue for queue, owners in self.queue_teams.items() if owners & teams)

    def fields_for(self, queue_id: int, type_id: int | None) -> list[CustomField]:
        """The custom fields of a queue and type, in the order that is set for them."""
        found = [
            custom
            for custom in self.fields.values()
            if custom.deleted_at is None
            and (not self.field_queues[custom.pk] or queue_id in self.field_queues[custom.pk])
            and (not self.field_types[custom.pk] or type_id in self.field_types[custom.pk])
        ]
        if keys := self.field_order(queue_id, type_id):
            place = {key: position for position, key in enumerate(keys)}
            found.sort(key=lambda custom: place.get(custom.key, len(place)))
        return found

    def field_order(self, queue_id: int | None, type_id: int | None) -> list[str]:
        """The keys of fields in the order of a queue and type: the most specific that is set."""
        places = ((queue_id, type_id), (queue_id, None), (None, type_id))
        return next((self.field_orders[one] for one in places if one in self.field_orders), [])

    def rules_for(self, queue_id: int | None, type_id: int | None) -> list[FieldRule]:
        """The conditions of custom fields that hold in a queue and for a type."""
        return [
            rule
            for rule in self.field_rules
            if rule.queue_id in (None, queue_id) and rule.type_id in (None, type_id)
        ]

    def led_queues(self, user_id: int | None) -> frozenset[int]:
        """The queues of the teams that a person leads."""
        led = self.leads.get(user_id, set())
        return frozenset(queue for queue, owners in self.queue_teams.items() if owners & led)


_lock = threading.Lock()
_current: Snapshot | None = None
_checked_at = 0.0
_touched = 0
_own = threading.local()


def configuration() -> Snapshot:
    """The snapshot; whether it is still true is looked at once a second at most.

    A transaction that changed the configuration has one of its own until it commits.
    """
    global _current, _checked_at, _touched
    if uncommitted := Stamp.uncommitted():
        return _with_own_changes(uncommitted)
    now = time.monotonic()
    is_fresh = now - _checked_at < settings.CONFIGURATION_CHECK_SECONDS
    if (current := _current) is not None and is_fresh and _touched == Stamp.touched:
        return current
    with _lock:
        touched = Stamp.touched
        stamp = Stamp.objects.filter(pk=1).values_list("value", flat=True).first()
        if _current is None or _current.stamp != stamp:
            _current = _load(stamp)
        _checked_at, _touched = now, touched
        return _current


def _with_own_changes(uncommitted: list[Touched]) -> Snapshot:
    """What this transaction made of it: nobody else may see that, it may be rolled back."""
    if getattr(_own, "changes", None) != uncommitted:
        _own.snapshot = _load(None)
        _own.changes = uncommitted
    return _own.snapshot


def recheck() -> Snapshot:
    """The snapshot as it is this moment: for what must not be a second late."""
    global _checked_at
    _checked_at = float("-inf")
    _own.changes = None
    return configuration()


def reset() -> None:
    """Forget the snapshot: the next look loads it anew."""
    global _current
    _current = None
    _own.changes = None


def touch() -> None:
    """Say that configuration changed in a way that no `save()` shows, such as a set of ids."""
    Stamp.touch()


def find(rows, name: str):
    """The kept row of that name, whatever its case, or None."""
    folded = fold(name)
    return next((row for row in rows if row.name_folded == folded and row.deleted_at is None), None)


def _load(stamp) -> Snapshot:
    by_id = {
        model: {row.pk: row for row in model.objects.all()}
        for model in (Status, Workflow, Transition, TicketType, TagCategory, Queue, Team)
    }
    tags = {tag.pk: tag for tag in Tag.objects.order_by("name_folded", "pk")}
    for tag in tags.values():
        if category := by_id[TagCategory].get(tag.category_id):
            tag.category = category
    memberships, leads = defaultdict(list), defaultdict(set)
    kept = Membership.objects.kept().filter(team__deleted_at=None)
    for user_id, team_id, access, is_lead in kept.values_list(
        "user_id", "team_id", "access", "is_lead"
    ):
        memberships[user_id].append((team_id, access))
        if is_lead:
            leads[user_id].add(team_id)
    fields = {custom.key: custom for custom in CustomField.objects.all()}
    return Snapshot(
        stamp=stamp,
        statuses=by_id[Status],
        workflows=by_id[Workflow],
        transitions=by_id[Transition],
        types=by_id[TicketType],
        categories=by_id[TagCategory],
        tags=tags,
        fields=fields,
        options={str(option.uuid): option for option in FieldOption.objects.all()},
        queues=by_id[Queue],
        teams=by_id[Team],
        queue_teams=_pairs(Queue.teams.through, "queue_id", "team_id"),
        transition_sources=_pairs(Transition.sources.through, "transition_id", "status_id"),
        field_queues=_pairs(CustomField.queues.through, "customfield_id", "queue_id"),
        field_types=_pairs(CustomField.types.through, "customfield_id", "tickettype_id"),
        memberships=dict(memberships),
        leads=dict(leads),
        field_rules=list(FieldRule.objects.kept().filter(field__deleted_at=None)),
        field_orders={
            (row.queue_id, row.type_id): row.keys for row in FieldOrder.objects.kept() if row.keys
        },
    )


def _pairs(through, key: str, value: str) -> dict[int, set[int]]:
    found = defaultdict(set)
    for left, right in through.objects.values_list(key, value):
        found[left].add(right)
    return found
