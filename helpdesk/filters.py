"""What a list of tickets can be narrowed and sorted by: pages, API and saved views alike."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Left, NullIf
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk import search
from helpdesk.actor import STAFF, Actor
from helpdesk.custom_order import MAX_COMPARED, is_ordered, order_of
from helpdesk.filter_fields import (
    CategoryFilter,
    ChoiceFilter,
    CountFilter,
    ExactFilter,
    RowFilter,
    TagFilter,
    without,
)
from helpdesk.filter_lookups import (
    COMPARISONS,
    CustomFilter,
    CustomRangeFilter,
    EmptyFilter,
    MomentFilter,
    OrganisationFilter,
    OverdueFilter,
    PersonFilter,
    SearchFilter,
    SinceFilter,
    TicketFilterField,
)
from helpdesk.lookup import visible_queues
from helpdesk.models import Channel, Priority, Resolution, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.prepared import Shape, reach_of

CUSTOM = "custom."
WITHOUT = "-"
ALIASES = {"-tag": "not_tag"}
MAX_SORTS = 4
TEXTS = ("resolution", "requester_name", "source", "source_ref")
PLAIN = str | int | float | None  # a moment is not: what is now passes


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column of the order. Empty values come last, whichever way it runs."""

    path: str
    descending: bool = False
    nullable: bool = False
    value: Combinable | None = field(default=None, compare=False)  # of what is no column


SORTS = {  # name: (path, whether it may be empty)
    "number": ("id", False),
    "id": ("id", False),
    "created_at": ("created_at", False),
    "updated_at": ("updated_at", False),
    "stored_at": ("stored_at", False),
    "last_activity_at": ("last_activity_at", False),
    "last_customer_at": ("last_customer_at", True),
    "due_at": ("due_at", True),
    "next_due_at": ("next_due_at", True),
    "snoozed_until": ("snoozed_until", True),
    "first_response_at": ("first_response_at", True),
    "first_resolved_at": ("first_resolved_at", True),
    "resolved_at": ("resolved_at", True),
    "closed_at": ("closed_at", True),
    "reopened_count": ("reopened_count", False),
    "version": ("version", False),
    "priority": ("priority_rank", False),
    "title": ("title_folded", False),
    "status": ("status__position", False),
    "requester": ("requester__name_folded", True),
    "assignee": ("assignee__name_folded", True),
    "organisation": ("organisation__name_folded", True),
    "team": ("team__name_folded", True),
    "queue": ("queue__name_folded", False),
    "type": ("type__name_folded", True),
    "channel": ("channel", False),
    "parent": ("parent_id", True),
    "merged_into": ("merged_into_id", True),
    **{name: (name, True) for name in TEXTS},
}


def sort_keys(text: str, actor: Actor | None = None) -> list[SortKey]:
    """The columns of `priority,-custom.region`. The id decides last, in the first one's direction.

    Raises ValidationError under `sort`. Fields for staff alone are known to who sees them.
    """
    keys: dict[str, SortKey] = {}
    for word in text.split(","):
        name = word.strip().removeprefix("-")
        found = _sort_named(name, actor)
        if found is None:
            names = ", ".join([*SORTS, f"{CUSTOM}<key>"])
            words = _("“%(name)s” is not a column to sort by. Known: %(names)s.")
            raise ValidationError({"sort": words % {"name": name[:60], "names": names}})
        keys.setdefault(found.path, replace(found, descending=word.strip().startswith("-")))
    if len(keys) > MAX_SORTS:
        raise ValidationError(
            {"sort": _("Sort by at most %(limit)s columns.") % {"limit": MAX_SORTS}}
        )
    return list(keys.values())


def _sort_named(name: str, actor: Actor | None) -> SortKey | None:
    if name in TEXTS:  # an empty text is no value
        value = NullIf(Left(F(name), MAX_COMPARED), Value(""))
        return SortKey(f"{name}_in_order", nullable=True, value=value)
    if name in SORTS:
        path, nullable = SORTS[name]
        return SortKey(path, nullable=nullable)
    custom = _custom_fields().get(name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else None
    if custom is None or not is_ordered(custom):
        return None
    if custom.staff_only and not (actor and actor.sees_internal):
        return None
    return SortKey(f"custom_{custom.key}_in_order", nullable=True, value=order_of(custom))


class TicketFilter(django_filters.FilterSet):
    """The parameters of a list of tickets.

    Whatever it does not know – a parameter, a value – is an error that names it and says what is
    allowed; `qs` of an invalid filter is empty. Repeated and comma-separated values mean any of
    them; a name that begins with “-” means none of them. `also_known` are parameters that the
    list itself reads (`sort`, `cursor`, `limit`).
    Blank values are left out, as forms send them, unless `blank_allowed` is false. A `queryset`
    may be a function, which is asked when it is needed.
    """

    id = TicketFilterField("pk", empty=False, label=gettext_lazy("number or uuid"))
    title = ExactFilter("title", label=gettext_lazy("title"))
    status = RowFilter(
        "status_id", lambda actor: configuration().statuses, label=gettext_lazy("status")
    )
    category = CategoryFilter("status_category", label=gettext_lazy("status category"))
    queue = RowFilter("queue_id", visible_queues, label=gettext_lazy("queue"))
    type = RowFilter(
        "type_id", lambda actor: configuration().types, empty=True, label=gettext_lazy("type")
    )
    priority = ChoiceFilter("priority", Priority.values, label=gettext_lazy("priority"))
    assignee = PersonFilter("assignee_id", label=gettext_lazy("assignee"))
    requester = PersonFilter("requester_id", label=gettext_lazy("requester"))
    requester_name = ExactFilter("requester_name", label=gettext_lazy("name of the requester"))
    organisation = OrganisationFilter("organisation_id", label=gettext_lazy("organisation"))
    team = RowFilter(
        "team_id", lambda actor: configuration().teams, empty=True, label=gettext_lazy("team")
    )
    tag = TagFilter(label=gettext_lazy("tag"))
    not_tag = TagFilter(without=True, label=gettext_lazy("without the tag"))
    channel = ChoiceFilter("channel", Channel.values, label=gettext_lazy("channel"))
    resolution = ChoiceFilter("resolution", Resolution.values, label=gettext_lazy("resolution"))
    source = ExactFilter("source", label=gettext_lazy("source"))
    source_ref = ExactFilter("source_ref", label=gettext_lazy("reference at the source"))
    source_url = ExactFilter("source_url", label=gettext_lazy("address at the source"))
    version = CountFilter("version", label=gettext_lazy("version"))
    reopened_count = CountFilter("reopened_count", label=gettext_lazy("times reopened"))
    parent = TicketFilterField("parent_id", label=gettext_lazy("parent"))
    merged_into = TicketFilterField("merged_into_id", label=gettext_lazy("merged into"))
    created_at_after = MomentFilter("created_at", "gte", label=gettext_lazy("created from"))
    created_at_before = MomentFilter("created_at", "lt", label=gettext_lazy("created before"))
    stored_at_after = MomentFilter("stored_at", "gte", label=gettext_lazy("stored from"))
    stored_at_before = MomentFilter("stored_at", "lt", label=gettext_lazy("stored before"))
    updated_at_after = MomentFilter("updated_at", "gte", label=gettext_lazy("updated from"))
    updated_at_before = MomentFilter("updated_at", "lt", label=gettext_lazy("updated before"))
    updated_since = SinceFilter(label=gettext_lazy("updated or stored since"))
    last_activity_at_after = MomentFilter(
        "last_activity_at", "gte", label=gettext_lazy("active from")
    )
    last_activity_at_before = MomentFilter(
        "last_activity_at", "lt", label=gettext_lazy("active before")
    )
    last_customer_at = EmptyFilter(
        "last_customer_at", label=gettext_lazy("last words of the customer")
    )
    last_customer_at_after = MomentFilter(
        "last_customer_at", "gte", label=gettext_lazy("last words of the customer from")
    )
    last_customer_at_before = MomentFilter(
        "last_customer_at", "lt", label=gettext_lazy("last words of the customer before")
    )
    due_at = EmptyFilter("due_at", label=gettext_lazy("due"))
    due_at_after = MomentFilter("due_at", "gte", label=gettext_lazy("due from"))
    due_at_before = MomentFilter("due_at", "lt", label=gettext_lazy("due before"))
    next_due_at = EmptyFilter("next_due_at", label=gettext_lazy("next due"))
    next_due_at_after = MomentFilter("next_due_at", "gte", label=gettext_lazy("next due from"))
    next_due_at_before = MomentFilter("next_due_at", "lt", label=gettext_lazy("next due before"))
    snoozed_until = EmptyFilter("snoozed_until", label=gettext_lazy("snoozed"))
    snoozed_until_after = MomentFilter("snoozed_until", "gte", label=gettext_lazy("snoozed from"))
    snoozed_until_before = MomentFilter("snoozed_until", "lt", label=gettext_lazy("snoozed before"))
    first_response_at = EmptyFilter("first_response_at", label=gettext_lazy("first answered"))
    first_response_at_after = MomentFilter(
        "first_response_at", "gte", label=gettext_lazy("first answered from")
    )
    first_response_at_before = MomentFilter(
        "first_response_at", "lt", label=gettext_lazy("first answered before")
    )
    first_resolved_at = EmptyFilter("first_resolved_at", label=gettext_lazy("first resolved"))
    first_resolved_at_after = MomentFilter(
        "first_resolved_at", "gte", label=gettext_lazy("first resolved from")
    )
    first_resolved_at_before = MomentFilter(
        "first_resolved_at", "lt", label=gettext_lazy("first resolved before")
    )
    resolved_at = EmptyFilter("resolved_at", label=gettext_lazy("resolved"))
    resolved_at_after = MomentFilter("resolved_at", "gte", label=gettext_lazy("resolved from"))
    resolved_at_before = MomentFilter("resolved_at", "lt", label=gettext_lazy("resolved before"))
    closed_at = EmptyFilter("closed_at", label=gettext_lazy("closed"))
    closed_at_after = MomentFilter("closed_at", "gte", label=gettext_lazy("closed from"))
    closed_at_before = MomentFilter("closed_at", "lt", label=gettext_lazy("closed before"))
    overdue = OverdueFilter(label=gettext_lazy("overdue"))
    search = SearchFilter(label=gettext_lazy("search"))

    def __init__(
        self,
        params: Mapping,
        queryset: QuerySet | Callable[[], QuerySet],
        *,
        actor: Actor,
        also_known: Iterable[str] = (),
        blank_allowed: bool = True,
    ):
        self.actor = actor
        self.also_known = frozenset(also_known)
        given = _given(params, self.also_known, blank_allowed)
        known = {name: self._filter_named(name) for name in given}
        self.unknown = [name for name, found in known.items() if found is None]
        # Only what was given is copied: most lists use two or three of these filters.
        self.base_filters = {name: found for name, found in known.items() if found is not None}
        super().__init__(given, Ticket.objects)
        self.is_bound = True
        self.queryset = queryset

    @property
    def form(self) -> forms.Form:
        if not hasattr(self, "_form"):
            self._form = forms.Form(self.data)
            self._form.fields = {name: one.field for name, one in self.filters.items()}
        return self._form

    @property
    def errors(self) -> dict[str, list[str]]:
        """What is wrong, by parameter."""
        said = {name: list(errors) for name, errors in self.form.errors.items()}
        for name in self.unknown:
            said[name] = [self._unknown_words(name)]
        return said

    def is_valid(self) -> bool:
        return not self.errors

    def refuse(self) -> None:
        """Raise ValidationError by parameter if anything is wrong."""
        if errors := self.errors:
            raise ValidationError(errors)

    @property
    def qs(self) -> QuerySet:
        """What was asked for; what lies in a sandbox only where its queue or number is named."""
        if callable(self.queryset):  # not built before it is needed
            self.queryset = self.queryset()
        if self.errors:
            return self.queryset.none()
        is_narrow = self.actor.role not in STAFF or {"queue", "id"} & set(self.filters)
        return super().qs if is_narrow else super().qs.outside_sandboxes()

    @property
    def shape(self) -> Shape | None:
        """All that `qs` depends on beside the configuration; None where that cannot be told."""
        words = self.data.get("search", "")
        searched = search.shape_of(words, self.actor) if words else Shape(None)
        if self.errors or searched is None:
            return None
        try:
            said = tuple((name, _plain(one)) for name, one in self.form.cleaned_data.items())
        except TypeError:
            return None
        return searched.of(said, self.actor.person_id, reach_of(self.actor))

    @classmethod
    def known_names(cls) -> list[str]:
        """Every parameter by name, custom fields included."""
        return [*cls.declared_filters, *(f"{CUSTOM}{key}" for key in _custom_fields())]

    def _filter_named(self, name: str):
        plain = name.removeprefix(WITHOUT)
        if plain.startswith(CUSTOM):
            found = self._custom_named(plain.removeprefix(CUSTOM))
        else:
            found = self.declared_filters.get(plain)
        if plain == name or found is None:
            return found
        return without(found) if found.several else None

    def _custom_named(self, name: str):
        key, _dot, lookup = name.rpartition(".")
        if key and lookup not in COMPARISONS:
            return None
        custom = configuration().fields.get(key or name)
        is_open = custom is not None and custom.deleted_at is None
        if not is_open or (custom.staff_only and not self.actor.sees_internal):
            return None
        if not key:
            return CustomFilter(custom)
        return CustomRangeFilter(custom, lookup) if custom.has_order else None

    def _unknown_words(self, name: str) -> str:
        if name.startswith(CUSTOM):
            fields = _custom_fields().values()
            shown = [one for one in fields if self.actor.sees_internal or not one.staff_only]
            names = [f"{CUSTOM}{one.key}" for one in shown]
        else:
            names = [*self.declared_filters, *sorted(self.also_known), f"{CUSTOM}<key>"]
        return _("There is no parameter “%(name)s”. Known: %(names)s.") % {
            "name": name[:60],
            "names": ", ".join(names) or "–",
        }


def _custom_fields() -> dict:
    fields = configuration().fields
    return {key: custom for key, custom in fields.items() if custom.deleted_at is None}


def _given(params: Mapping, also_known: frozenset, blank_allowed: bool) -> MultiValueDict:
    """What was given, every value a text in a list, by the names that filters have."""
    given = MultiValueDict()
    lists = params.lists() if hasattr(params, "lists") else params.items()
    for name, values in lists:
        if name in also_known:
            continue
        values = list(values) if isinstance(values, list | tuple | set) else [values]
        if blank_allowed:
            values = [value for value in values if str(value).strip()]
        if values:
            name = ALIASES.get(name, name)
            given.setlist(name, [*given.getlist(name), *map(str, values)])
    return given


def _plain(value: object) -> Hashable:
    """A value of a form by which equal ones are known. Raises TypeError for what is not plain."""
    if isinstance(value, Model):
        return type(value), value.pk
    if isinstance(value, Q):
        return value.connector, value.negated, *map(_plain, value.children)
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    if not isinstance(value, PLAIN):
        raise TypeError(type(value))
    return value
