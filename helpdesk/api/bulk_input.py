"""What a bulk call asks for: one operation, and items or one set of fields for many."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk import query
from helpdesk.actor import Actor
from helpdesk.api.fields import StrictSerializer
from helpdesk.api.ticket_input import (
    LookUps,
    TagNames,
    TicketChange,
    TicketInput,
    refuse_for_others,
)
from helpdesk.api.transitions import TransitionInput
from helpdesk.lookup import (
    identity_in,
    organisations_called,
    people_called,
    people_seen,
    tickets_called,
)
from helpdesk.models import CustomField
from helpdesk.models.configuration import configuration

MAX_ITEMS = 1000
WHICH = ("items", "ids", "q")
CREATE, CHANGE, TRANSITION, TAG, DELETE = OPERATIONS = (
    "create",
    "change",
    "transition",
    "tag",
    "delete",
)


class BulkCreate(TicketInput):
    """A new ticket. Files are added to it by its own calls."""

    attachments = None


class BulkTag(StrictSerializer):
    add = TagNames()
    remove = TagNames()

    def validate(self, values: dict) -> dict:
        if not values:
            raise ValidationError(_("Give tags to add or to remove."))
        return values


class BulkDelete(StrictSerializer):
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


INPUT = {
    CREATE: BulkCreate,
    CHANGE: TicketChange,
    TRANSITION: TransitionInput,
    TAG: BulkTag,
    DELETE: BulkDelete,
}


class BulkInput(StrictSerializer):
    operation = serializers.ChoiceField(OPERATIONS)
    items = serializers.ListField(
        child=serializers.DictField(), required=False, allow_empty=False, max_length=MAX_ITEMS
    )
    ids = serializers.ListField(
        child=serializers.JSONField(), required=False, allow_empty=False, max_length=MAX_ITEMS
    )
    q = serializers.CharField(required=False, max_length=query.MAX_LENGTH)
    fields = serializers.DictField(required=False)
    atomic = serializers.BooleanField(required=False)
    silent = serializers.BooleanField(required=False)

    def validate(self, values: dict) -> dict:
        given = [name for name in WHICH if name in values]
        if len(given) != 1:
            words = _("Give one of %(names)s.") % {"names": ", ".join(WHICH)}
            raise ValidationError(dict.fromkeys(given[1:] or ["items"], words))
        if values["operation"] == CREATE and given != ["items"]:
            raise ValidationError({given[0]: _("New tickets are given as items.")})
        if values["operation"] == CHANGE and given != ["items"] and not values.get("fields"):
            raise ValidationError({"fields": _("Say what to change.")})
        if given == ["items"] and "fields" in values:
            raise ValidationError({"fields": _("Items have fields of their own.")})
        if values.get("silent"):
            refuse_for_others(["silent"], self.context["actor"])
        return values


@dataclass(frozen=True)
class Bulk:
    """One operation on many tickets: `items` with fields of their own, or `ids` and one set.

    `id` of an item, and each of `ids`, is a number or uuid as it was given. Bodies are as they
    were sent; they are checked one by one when they are carried out.
    """

    operation: str
    items: list[dict] = field(default_factory=list)
    ids: list = field(default_factory=list)
    fields: dict = field(default_factory=dict)
    atomic: bool = False
    silent: bool = False

    def __len__(self) -> int:
        return len(self.items) or len(self.ids)

    @property
    def is_of_one_set(self) -> bool:
        return not self.items

    def as_json(self) -> dict:
        return asdict(self)

    def named(self, index: int):
        """What an item calls its ticket, None if it says nothing."""
        return self.ids[index] if self.is_of_one_set else self.items[index].get("id")

    def body(self, index: int) -> dict:
        """The fields of an item."""
        if self.is_of_one_set:
            return self.fields
        item = self.items[index]
        if self.operation == CREATE:
            return item
        return {name: value for name, value in item.items() if name != "id"}

    def path(self, index: int, name: str | None) -> str:
        """Where in the call a field of an item stands."""
        if self.is_of_one_set:
            return f"fields.{name}" if name else f"ids.{index}"
        return f"items.{index}.{name}" if name else f"items.{index}"


def bulk_of(values: dict, tickets, actor: Actor) -> Bulk:
    """The bulk of a checked body; `tickets` are those among which `q` looks. One set of fields is
    checked here, for all. Raises ValidationError."""
    kept = {name: values[name] for name in Bulk.__dataclass_fields__ if name in values}
    if "q" in values:
        kept["ids"] = _ids_of(values["q"], tickets, actor)
    bulk = Bulk(**kept)
    if bulk.is_of_one_set:
        try:
            checked(bulk, bulk.fields, actor)
        except (ValidationError, serializers.ValidationError) as error:
            raise _under("fields", error) from error
    return bulk


def checked(bulk: Bulk, body: dict, actor: Actor, known: LookUps | None = None) -> dict:
    """The fields of an item as its verb takes them. Raises as the single call would."""
    context = {"actor": actor} | ({"known": known} if known else {})
    one = INPUT[bulk.operation](data=body, context=context, partial=bulk.operation == CHANGE)
    one.is_valid(raise_exception=True)
    return dict(one.validated_data)


def known_to(bodies: Iterable[Mapping], actor: Actor) -> LookUps:
    """All whom the bodies name, looked up together: a statement for each kind of them."""
    words: dict[str, dict] = {"people": {}, "seen": {}, "organisations": {}, "tickets": {}}
    kinds = {
        "requester": "people",
        "assignee": "people",
        "on_behalf_of": "seen",
        "organisation": "organisations",
        "parent": "tickets",
    }
    fields = configuration().fields
    for body in bodies:
        for name, kind in kinds.items():
            words[kind] |= dict.fromkeys(_words_in(body.get(name)))
        custom = body.get("custom")
        for key, value in custom.items() if isinstance(custom, dict) else ():
            if key in fields and fields[key].kind == CustomField.Kind.PEOPLE:
                words["people"] |= dict.fromkeys(_words_in(value))
    look_ups = {
        "people": people_called,
        "seen": people_seen,
        "organisations": organisations_called,
        "tickets": tickets_called,
    }
    found = {
        kind: look_up(words[kind], actor) if words[kind] else {}
        for kind, look_up in look_ups.items()
    }
    return LookUps(**{kind: _among(rows) for kind, rows in found.items()})


def _among(rows: Mapping):
    return lambda words, actor: {word: rows[word] for word in words if word in rows}


def _words_in(value) -> list:
    several = value if isinstance(value, list) else [value]
    words = map(identity_in, several)
    return [one for one in words if isinstance(one, int | str) and not isinstance(one, bool)]


def _ids_of(text: str, tickets, actor: Actor) -> list[int]:
    asked = query.read(text)
    rows = asked.narrow(tickets, actor)
    asked.refuse()
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[: MAX_ITEMS + 1])
    if len(ids) > MAX_ITEMS:
        words = _("This means %(count)s tickets. At most %(limit)s at once.")
        raise ValidationError({"q": words % {"count": rows.count(), "limit": MAX_ITEMS}})
    return ids


def _under(name: str, error: Exception) -> Exception:
    """A refusal of a body, told of the member that holds it."""
    if isinstance(error, serializers.ValidationError):
        return serializers.ValidationError({name: error.detail})
    if not hasattr(error, "error_dict"):
        return ValidationError({name: error.error_list})
    return ValidationError({f"{name}.{key}": one for key, one in error.error_dict.items()})
