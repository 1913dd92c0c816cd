"""The bodies of settings that are written."""

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from helpdesk.actions.nested_settings import MAX_DOMAINS, MAX_OPTIONS, MAX_TRANSITIONS
from helpdesk.api.fields import MAX_ADDRESS, RowField, StrictSerializer
from helpdesk.models import Category, CustomField, Transition
from helpdesk.models.configuration import configuration
from helpdesk.models.labels import HUES

MAX_NAME = 120
MAX_POSITION = 2**31 - 1


def _position() -> serializers.Field:
    return serializers.IntegerField(required=False, min_value=0, max_value=MAX_POSITION)


def _rows(noun: str) -> serializers.Field:
    row = RowField(lambda actor: getattr(configuration(), noun))
    return serializers.ListField(child=row, required=False, max_length=500)


class StatusInput(StrictSerializer):
    name = serializers.CharField(max_length=MAX_NAME)
    category = serializers.ChoiceField(Category.choices)
    pauses_sla = serializers.BooleanField(required=False)
    position = _position()


class TypeInput(StrictSerializer):
    name = serializers.CharField(max_length=MAX_NAME)
    position = _position()


class CategoryInput(StrictSerializer):
    name = serializers.CharField(max_length=MAX_NAME)
    hue = serializers.IntegerField(
        required=False, min_value=0, max_value=len(HUES) - 1, help_text="A colour, 0 to 8."
    )
    position = _position()


class TeamInput(StrictSerializer):
    name = serializers.CharField(max_length=MAX_NAME)


class QueueInput(StrictSerializer):
    name = serializers.CharField(max_length=MAX_NAME)
    slug = serializers.SlugField(max_length=80, required=False)
    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    workflow = RowField(lambda actor: configuration().workflows, required=False, allow_null=True)
    teams = _rows("teams")
    email_name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    email_address = serializers.EmailField(required=False, allow_blank=True, max_length=MAX_ADDRESS)
    reopens_closed = serializers.BooleanField(required=False)
    is_default = serializers.BooleanField(required=False)
    position = _position()


class OptionInput(serializers.Serializer):
    id = serializers.IntegerField(required=False, help_text="Of an option that stays.")
    label = serializers.CharField(max_length=200)


class NestedList(serializers.ListField):
    """Rows that the setting owns; those that are there are named by `id`, and stay."""

    def __init__(self, child: serializers.Serializer, owned: str, **options):
        super().__init__(child=child, required=False, **options)
        self.owned = owned

    def to_internal_value(self, data):
        if not isinstance(data, list):
            raise ValidationError([_("Send a list.")])
        for one in data:
            if isinstance(one, dict) and (unknown := set(one) - set(self.child.fields)):
                words = _("This can't be written. Known here: %(names)s.")
                names = ", ".join(self.child.fields)
                raise ValidationError({sorted(map(str, unknown))[0]: [words % {"names": names}]})
        rows = super().to_internal_value(data)
        owner = self.context.get("row")
        there = {one.pk: one for one in _owned(self.owned, owner)} if owner is not None else {}
        for one in rows:
            if (pk := one.pop("id", None)) is not None:
                if pk not in there:
                    raise ValidationError([_("There is no “%(value)s”.") % {"value": pk}])
                one["row"] = there[pk]
        return rows


def _owned(name: str, owner):
    return getattr(owner, name).filter(deleted_at=None)


class CustomFieldInput(StrictSerializer):
    key = serializers.RegexField(
        r"^[a-z][a-z0-9_]*$", max_length=64, required=False, help_text="Permanent."
    )
    name = serializers.CharField(max_length=MAX_NAME)
    kind = serializers.ChoiceField(CustomField.Kind.choices, required=False)
    help_text = serializers.CharField(required=False, allow_blank=True, max_length=200)
    required = serializers.BooleanField(required=False)
    required_to_resolve = serializers.BooleanField(required=False)
    staff_only = serializers.BooleanField(required=False)
    position = _position()
    queues = _rows("queues")
    types = _rows("types")
    options = NestedList(
        OptionInput(),
        "options",
        max_length=MAX_OPTIONS,
        help_text="All of them, in order. Those that are missing are removed, unless used.",
    )


class TransitionInput(serializers.Serializer):
    id = serializers.IntegerField(required=False, help_text="Of a transition that stays.")
    name = serializers.CharField(max_length=MAX_NAME)
    sources = _rows("statuses")
    target = RowField(lambda actor: configuration().statuses)
    takers = serializers.ChoiceField(Transition.Takers.choices, required=False)
    needs_resolution = serializers.BooleanField(required=False)
    needs_comment = serializers.BooleanField(required=False)


class WorkflowInput(StrictSerializer):
    name = serializers.CharField(max_length=MAX_NAME)
    initial = RowField(lambda actor: configuration().statuses, required=False)
    is_default = serializers.BooleanField(required=False)
    transitions = NestedList(
        TransitionInput(),
        "transitions",
        max_length=MAX_TRANSITIONS,
        help_text="All of them, in order. Those that are missing are removed.",
    )


class OrganisationInput(StrictSerializer):
    name = serializers.CharField(max_length=MAX_NAME)
    notes = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    shares_tickets = serializers.BooleanField(required=False)
    domains = serializers.ListField(
        child=serializers.CharField(max_length=253), required=False, max_length=MAX_DOMAINS
    )


INPUTS = {
    "statuses": StatusInput,
    "types": TypeInput,
    "teams": TeamInput,
    "queues": QueueInput,
    "custom-fields": CustomFieldInput,
    "workflows": WorkflowInput,
    "tag-categories": CategoryInput,
}
