"""What can be set up, column by column, and what each noun checks beyond its columns."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.actions import nested_settings
from helpdesk.actions.usage import tickets_with
from helpdesk.models import (
    CustomField,
    Organisation,
    Queue,
    Status,
    Tag,
    TagCategory,
    Team,
    TicketType,
    Workflow,
)


@dataclass(frozen=True)
class Noun:
    """`columns` and `sets` (of rows) are written by name; `nested` are lists that the row owns:
    functions of row and value that write them, and of the row that tell them."""

    model: type[Model]
    columns: tuple[str, ...]
    sets: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()
    verb: str = "configure"
    check: Callable[[Model, dict, dict], None] = lambda row, fields, errors: None
    by_leads: frozenset[str] = frozenset()  # what team leads may write; empty: all of it

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.columns, *self.sets, *self.nested)


def _check_field(row: CustomField, fields: dict, errors: dict) -> None:
    """Raises nothing: puts what is wrong into `errors`."""
    is_new = row._state.adding
    if "key" in fields and not is_new and fields["key"] != row.key:
        errors["key"] = _("The key of a field is permanent.")
    elif "key" in fields and is_new and CustomField.objects.filter(key=fields["key"]).exists():
        errors["key"] = _("Another field has this key, perhaps a removed one.")
    kind = fields.get("kind", row.kind)
    if not is_new and kind != row.kind and (number := tickets_with([row])[row.pk]):
        words = ngettext(
            "%(count)d ticket holds a value of this kind. Make a new field instead.",
            "%(count)d tickets hold values of this kind. Make a new field instead.",
            number,
        )
        errors["kind"] = words % {"count": number}
    has_options = kind in (CustomField.Kind.CHOICE, CustomField.Kind.CHOICES)
    if fields.get("options") and not has_options:
        errors["options"] = _("Only fields of choice have options.")


def _check_queue(row: Queue, fields: dict, errors: dict) -> None:
    if "slug" in fields:
        twins = Queue.objects.filter(slug=fields["slug"]).exclude(pk=row.pk)
        if twins.exists():
            errors["slug"] = _("Another queue has this slug, perhaps a removed one.")


def _check_workflow(row: Workflow, fields: dict, errors: dict) -> None:
    if row._state.adding and fields.get("initial") is None:
        errors["initial"] = _("Say with which status it begins.")


NOUNS: dict[type[Model], Noun] = {
    noun.model: noun
    for noun in (
        Noun(Status, ("name", "category", "pauses_sla", "position")),
        Noun(TicketType, ("name", "position")),
        Noun(TagCategory, ("name", "hue", "position"), verb="curate"),
        Noun(Tag, ("name", "category"), verb="curate"),
        Noun(
            CustomField,
            (
                "key",
                "name",
                "kind",
                "help_text",
                "required",
                "required_to_resolve",
                "staff_only",
                "position",
            ),
            sets=("queues", "types"),
            nested=("options",),
            check=_check_field,
        ),
        Noun(
            Workflow,
            ("name", "initial", "is_default"),
            nested=("transitions",),
            check=_check_workflow,
            by_leads=frozenset({"name", "initial", "transitions"}),
        ),
        Noun(
            Queue,
            (
                "name",
                "slug",
                "description",
                "workflow",
                "email_name",
                "email_address",
                "reopens_closed",
                "is_default",
                "position",
            ),
            sets=("teams",),
            check=_check_queue,
            by_leads=frozenset({"description", "workflow"}),
        ),
        Noun(Team, ("name",)),
        Noun(
            Organisation,
            ("name", "shares_tickets", "notes"),
            nested=("domains",),
            verb="organise",
        ),
    )
}
WRITERS = {
    "options": nested_settings.write_options,
    "transitions": nested_settings.write_transitions,
    "domains": nested_settings.write_domains,
}
TELLERS = {
    "options": nested_settings.tell_options,
    "transitions": nested_settings.tell_transitions,
    "domains": nested_settings.tell_domains,
}


def noun_of(model: type[Model]) -> Noun:
    """The noun of a model. Raises ValidationError for what is not set up by these verbs."""
    if model not in NOUNS:
        raise ValidationError(_("This is not set up here."))
    return NOUNS[model]
