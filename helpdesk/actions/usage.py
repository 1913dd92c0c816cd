"""What uses a setting: counted in the statement of its list, and in the way of its removal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Count, IntegerField, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from helpdesk.actions.naming import conditions_naming
from helpdesk.models import (
    ApiKey,
    CustomField,
    FieldOption,
    Membership,
    Organisation,
    Queue,
    Status,
    Tag,
    TagCategory,
    Team,
    Ticket,
    TicketType,
    Transition,
    User,
    Workflow,
)


@dataclass(frozen=True)
class Use:
    """Rows that point at a setting by `column`; `words` take their number as `count`."""

    name: str
    rows: Callable[[], QuerySet]
    column: str
    words: object

    def annotation(self) -> Coalesce:
        """How many rows point at each row of a list: part of the list's own statement."""
        pointing = self.rows().filter(**{self.column: OuterRef("pk")}).order_by()
        counted = pointing.values(self.column).annotate(number=Count("*")).values("number")
        return Coalesce(Subquery(counted, output_field=IntegerField()), 0)

    def said(self, row: Model) -> str:
        """“312 tickets”, or nothing if the row is not used so."""
        number = getattr(row, self.name, 0)
        return str(self.words % {"count": number}) if number else ""


def tickets_by(column: str) -> Use:
    """Tickets outside the trash that name the row in this column."""
    return Use(
        "used_by_tickets",
        lambda: Ticket.objects.filter(deleted_at=None),
        column,
        ngettext_lazy("%(count)d ticket", "%(count)d tickets", "count"),
    )


USES: dict[type[Model], tuple[Use, ...]] = {
    Status: (
        tickets_by("status"),
        Use(
            "used_by_workflows",
            lambda: Workflow.objects.kept(),
            "initial",
            ngettext_lazy(
                "%(count)d workflow that begins with it",
                "%(count)d workflows that begin with it",
                "count",
            ),
        ),
        Use(
            "used_by_transitions",
            lambda: Transition.objects.kept().filter(workflow__deleted_at=None),
            "target",
            ngettext_lazy("%(count)d transition to it", "%(count)d transitions to it", "count"),
        ),
    ),
    Workflow: (
        Use(
            "used_by_queues",
            lambda: Queue.objects.kept(),
            "workflow",
            ngettext_lazy("%(count)d queue", "%(count)d queues", "count"),
        ),
    ),
    TicketType: (
        tickets_by("type"),
        Use(
            "used_by_fields",
            lambda: CustomField.types.through.objects.filter(customfield__deleted_at=None),
            "tickettype",
            ngettext_lazy("%(count)d custom field", "%(count)d custom fields", "count"),
        ),
    ),
    TagCategory: (
        Use(
            "used_by_tags",
            lambda: Tag.objects.kept(),
            "category",
            ngettext_lazy("%(count)d tag", "%(count)d tags", "count"),
        ),
    ),
    Tag: (
        Use(
            "used_by_tickets",
            lambda: Ticket.tags.through.objects.filter(ticket__deleted_at=None),
            "tag",
            ngettext_lazy("%(count)d ticket", "%(count)d tickets", "count"),
        ),
    ),
    Queue: (
        tickets_by("queue"),
        Use(
            "used_by_keys",
            lambda: ApiKey.objects.filter(revoked_at=None),
            "home_queue",
            ngettext_lazy(
                "%(count)d API key at home in it", "%(count)d API keys at home in it", "count"
            ),
        ),
    ),
    Team: (
        Use(
            "used_by_people",
            lambda: Membership.objects.kept(),
            "team",
            ngettext_lazy("%(count)d person", "%(count)d people", "count"),
        ),
        Use(
            "used_by_queues",
            lambda: Queue.teams.through.objects.filter(queue__deleted_at=None),
            "team",
            ngettext_lazy("%(count)d queue", "%(count)d queues", "count"),
        ),
        tickets_by("team"),
    ),
    Organisation: (
        Use(
            "used_by_people",
            lambda: User.objects.filter(erased_at=None),
            "organisation",
            ngettext_lazy("%(count)d person", "%(count)d people", "count"),
        ),
        tickets_by("organisation"),
    ),
}


def with_uses(rows: QuerySet) -> QuerySet:
    """The rows with the number of each of their uses, in the same statement."""
    return rows.annotate(**{use.name: use.annotation() for use in USES.get(rows.model, ())})


def uses_of(row: Model, uses: tuple[Use, ...]) -> list[str]:
    return [words for use in uses if (words := use.said(row))]


def tickets_with(fields: Iterable[CustomField]) -> dict[int, int]:
    """How many tickets hold a value of each field, by the field's id: one statement."""
    fields = list(fields)
    if not fields:
        return {}
    holding = {
        f"field_{custom.pk}": Count("pk", filter=Q(custom__has_key=custom.key)) for custom in fields
    }
    found = Ticket.objects.filter(deleted_at=None).aggregate(**holding)
    return {custom.pk: found[f"field_{custom.pk}"] for custom in fields}


def tickets_choosing(custom: CustomField, options: Iterable[FieldOption]) -> dict[int, int]:
    """How many tickets chose each option, by the option's id: one statement."""
    options = list(options)
    if not options or not custom.has_options:
        return {}
    chosen = {
        f"option_{option.pk}": Count(
            "pk", filter=Q(**{f"custom__{custom.key}__icontains": str(option.uuid)})
        )
        for option in options
    }
    found = Ticket.objects.filter(deleted_at=None, custom__has_key=custom.key).aggregate(**chosen)
    return {option.pk: found[f"option_{option.pk}"] for option in options}


def number_of_tickets(number: int) -> str:
    words = ngettext("%(count)d ticket", "%(count)d tickets", number)
    return words % {"count": number} if number else "–"


def number_of_conditions(number: int) -> str:
    words = ngettext("%(count)d condition", "%(count)d conditions", number)
    return words % {"count": number}


def words_of_use(row: Model) -> list[str]:
    """What uses a setting, each in words: “312 tickets”, “2 queues”."""
    match row:
        case CustomField():
            number = tickets_with([row])[row.pk]
            own = [number_of_tickets(number)] if number else []
        case FieldOption():
            number = tickets_choosing(row.field, [row]).get(row.pk, 0)
            own = [number_of_tickets(number)] if number else []
        case _:
            uses = USES.get(type(row), ())
            counted = row
            if any(not hasattr(row, use.name) for use in uses):
                counted = with_uses(type(row)._base_manager.filter(pk=row.pk)).get()
            own = uses_of(counted, uses)
    if number := conditions_naming([row])[row.pk]:
        own = [*own, number_of_conditions(number)]
    return [*own, *_uses_elsewhere(row)]


def reasons_to_keep(row: Model) -> list[str]:
    """Why a setting can't be removed, in words; empty if it can."""
    reasons = []
    if words := words_of_use(row):
        reasons.append(
            _("“%(name)s” is used by %(uses)s.") % {"name": row, "uses": ", ".join(words)}
        )
    if getattr(row, "is_default", False):
        reasons.append(
            _("“%(name)s” is the default. Make another one the default first.") % {"name": row}
        )
    if isinstance(row, Tag) and reasons:
        reasons.append(_("Merge it into another tag, and its tickets get that one."))
    if isinstance(row, Status) and not reasons:
        others = Status.objects.kept().filter(category=row.category).exclude(pk=row.pk)
        if not others.exists():
            said = {"name": row, "category": row.get_category_display()}
            reasons.append(
                _("“%(name)s” is the only status of the category “%(category)s”.") % said
            )
    return reasons


def _uses_elsewhere(row: Model) -> list[str]:
    """What of other applications points at a setting, in words."""
    words = []
    for relation in row._meta.related_objects:
        pointing = relation.related_model
        if pointing._meta.app_label == row._meta.app_label:
            continue
        if number := pointing._base_manager.filter(**{relation.field.name: row}).count():
            one, many = pointing._meta.verbose_name, pointing._meta.verbose_name_plural
            words.append(f"{number} {one if number == 1 else many}")
    return words
