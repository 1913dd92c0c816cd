"""Conditions of custom fields, and their order in the forms of a queue and type."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from helpdesk.actions.field_rules import (
    MAX_TESTS,
    order_fields,
    retire_rule,
    save_rule,
)
from helpdesk.actor import Actor
from helpdesk.api.base import answer, nothing
from helpdesk.api.configured import fields_of, named
from helpdesk.api.configuring import SettingRows
from helpdesk.api.fields import RowField, StrictSerializer
from helpdesk.api.listing import BY_ID, ListView, OneView, refuse_bounded
from helpdesk.api.schemas.field_rules import (
    order_put,
    orders_list,
    rule_one,
    rules_list,
)
from helpdesk.conditions import CUSTOM
from helpdesk.lookup import visible_queues
from helpdesk.models import CustomField, FieldOrder, FieldRule
from helpdesk.models.configuration import Snapshot, configuration


class RuleChange(StrictSerializer):
    effect = serializers.ChoiceField(FieldRule.Effect.choices)
    queue = RowField(visible_queues, required=False, allow_null=True)
    type = RowField(lambda actor: configuration().types, required=False, allow_null=True)
    tests = serializers.ListField(
        child=serializers.DictField(), required=False, max_length=MAX_TESTS
    )
    any_test = serializers.BooleanField(required=False)
    options = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=500
    )


class RuleInput(RuleChange):
    field = serializers.CharField(max_length=64)

    def validate_field(self, key: str) -> CustomField:
        field = configuration().fields.get(key)
        if field is None or field.deleted_at is not None:
            raise ValidationError(_("There is no “%(value)s”.") % {"value": key})
        return field


def rule_shape(row: FieldRule) -> dict:
    known = configuration()
    keys = {field.pk: field.key for field in known.fields.values()}
    queue, kind = known.queues.get(row.queue_id), known.types.get(row.type_id)
    return {
        "id": row.pk,
        "uuid": row.uuid,
        "field": keys[row.field_id],
        "effect": row.effect,
        "queue": named(queue) if queue else None,
        "type": named(kind) if kind else None,
        "tests": [
            {**one, "values": [_said(known, one["field"], word) for word in one["values"]]}
            for one in row.tests
        ],
        "any_test": row.any_test,
        "options": [known.options[one].label for one in row.options if one in known.options],
    }


def _said(known: Snapshot, name: str, word: str) -> str | int | bool:
    """A stored value as it may be written again: ids as numbers, options by their label."""
    if name in ("queue", "type", "tags"):
        return int(word)
    field = known.fields.get(name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else None
    if field is not None and field.kind == CustomField.Kind.TOGGLE:
        return word == "true"
    return known.options[word].label if word in known.options else word


def rules_of(actor: Actor):
    """The conditions of the fields and queues that the actor knows."""
    rows = FieldRule.objects.kept().filter(field__in=fields_of(actor))
    if actor.queues is None:
        return rows
    return rows.filter(queue=None) | rows.filter(queue__in=actor.queues)


class RuleRows:
    model = FieldRule
    rows_for = staticmethod(rules_of)
    shape = staticmethod(rule_shape)

    def written(self, row: FieldRule | None = None) -> FieldRule:
        if row is None:
            fields = self.checked(RuleInput)
            return save_rule(fields.pop("field"), by=self.actor, **fields)
        fields = self.checked(RuleChange, partial=True)
        known = configuration()
        there = {
            "effect": row.effect,
            "tests": row.tests,
            "any_test": row.any_test,
            "options": row.options,
            "queue": known.queues.get(row.queue_id),
            "type": known.types.get(row.type_id),
        }
        return save_rule(row.field, by=self.actor, rule=row, **{**there, **fields})


@rules_list
class FieldRules(RuleRows, SettingRows, ListView):
    sort = BY_ID

    def post(self, request) -> HttpResponse:
        refuse_bounded(self.actor)
        return self.said(self.written(), 201)


@rule_one
class OneFieldRule(RuleRows, SettingRows, OneView):
    def patch(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        refuse_bounded(self.actor)
        with self.unchanged(row) as held:
            return self.said(self.written(held))

    def delete(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        refuse_bounded(self.actor)
        with self.unchanged(row) as held:
            retire_rule(held, by=self.actor)
        return nothing()


class OrderedFieldsInput(StrictSerializer):
    queue = RowField(visible_queues, required=False, allow_null=True)
    type = RowField(lambda actor: configuration().types, required=False, allow_null=True)
    keys = serializers.ListField(child=serializers.CharField(max_length=64), max_length=500)


def order_shape(row: FieldOrder) -> dict:
    known = configuration()
    queue, kind = known.queues.get(row.queue_id), known.types.get(row.type_id)
    return {
        "id": row.pk,
        "queue": named(queue) if queue else None,
        "type": named(kind) if kind else None,
        "keys": row.keys,
    }


def orders_of(actor: Actor):
    rows = FieldOrder.objects.kept()
    if actor.queues is None:
        return rows
    return rows.filter(queue=None) | rows.filter(queue__in=actor.queues)


@orders_list
class FieldOrders(ListView):
    sort = BY_ID
    rows_for = staticmethod(orders_of)
    shape = staticmethod(order_shape)

    @order_put
    def post(self, request) -> HttpResponse:
        """An empty list goes back to the usual order."""
        refuse_bounded(self.actor)
        fields = self.checked(OrderedFieldsInput)
        return answer(order_shape(order_fields(fields.pop("keys"), by=self.actor, **fields)))
