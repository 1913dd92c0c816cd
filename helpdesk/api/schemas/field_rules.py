"""What the OpenAPI document says of conditions of custom fields."""

from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import serializers

from helpdesk.actions.field_rules import MAX_TESTS, MAX_VALUES
from helpdesk.api.schemas.common import (
    EMPTY,
    IF_MATCH,
    PAGE_PARAMETERS,
    READ_FAILS,
    Reference,
    Small,
    operation,
    page_of,
)
from helpdesk.conditions import TESTS
from helpdesk.models import FieldRule

TAG = "Configuration"
REF = OpenApiParameter("ref", str, OpenApiParameter.PATH, description="An id or uuid.")
NAMES = "`queue`, `type`, `priority`, `tags`, or `custom.<key>`."
ASKED = {"field": NAMES, "values": "None with `is_set` and `is_empty`."}


class RuleTestRead(serializers.Serializer):
    field = serializers.CharField(help_text=ASKED["field"])
    values = serializers.ListField(child=serializers.JSONField(), help_text=ASKED["values"])

    def get_fields(self) -> dict:
        words = serializers.ChoiceField(TESTS)
        return {**super().get_fields(), "is": words}


class FieldRuleRead(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    field = serializers.CharField(help_text="The key of the field that it is about.")
    effect = serializers.ChoiceField(FieldRule.Effect.choices)
    queue = Small(allow_null=True, help_text="null: in every queue.")
    type = Small(allow_null=True, help_text="null: for every type.")
    tests = RuleTestRead(many=True)
    any_test = serializers.BooleanField(help_text="One test is enough; else all have to hold.")
    options = serializers.ListField(
        child=serializers.CharField(), help_text="Labels that a limiting rule leaves."
    )


class RuleTestWrite(serializers.Serializer):
    field = serializers.CharField(help_text=ASKED["field"])
    values = serializers.ListField(
        child=serializers.JSONField(),
        required=False,
        max_length=MAX_VALUES,
        help_text=ASKED["values"],
    )

    def get_fields(self) -> dict:
        return {**super().get_fields(), "is": serializers.ChoiceField(TESTS)}


class FieldRulePatch(serializers.Serializer):
    effect = serializers.ChoiceField(FieldRule.Effect.choices, required=False)
    queue = Reference(required=False, allow_null=True)
    type = Reference(required=False, allow_null=True)
    tests = serializers.ListField(child=RuleTestWrite(), required=False, max_length=MAX_TESTS)
    any_test = serializers.BooleanField(required=False)
    options = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=500
    )


class FieldRuleWrite(FieldRulePatch):
    field = serializers.CharField(max_length=64, help_text="A key. It stays.")
    effect = serializers.ChoiceField(FieldRule.Effect.choices)


class FieldOrderShown(serializers.Serializer):
    queue = Small(allow_null=True)
    type = Small(allow_null=True)
    keys = serializers.ListField(child=serializers.CharField())


class FieldOrderRead(FieldOrderShown):
    id = serializers.IntegerField()


class FieldOrderSet(FieldOrderShown):
    id = serializers.IntegerField(allow_null=True, help_text="null: the usual order is back.")


class FieldOrderWrite(serializers.Serializer):
    queue = Reference(required=False, allow_null=True)
    type = Reference(required=False, allow_null=True)
    keys = serializers.ListField(
        child=serializers.CharField(max_length=64),
        max_length=500,
        help_text="Of custom fields; the others follow.",
    )


rules_list = extend_schema_view(
    get=operation(
        "field_rules_list",
        "List conditions of custom fields",
        TAG,
        {200: page_of(FieldRuleRead)},
        parameters=PAGE_PARAMETERS,
        fails=(400,),
    ),
    post=operation(
        "field_rules_create",
        "Make a condition of a custom field",
        TAG,
        {201: FieldRuleRead},
        request=FieldRuleWrite,
        fails=(400, 403, 413, 415),
        description="Shows, requires, requires to resolve, or limits the options of a field, by"
        " what other fields hold.",
    ),
)
rule_one = extend_schema_view(
    get=operation(
        "field_rules_get",
        "Get a condition",
        TAG,
        {200: FieldRuleRead},
        parameters=[REF],
        fails=READ_FAILS,
    ),
    patch=operation(
        "field_rules_change",
        "Change a condition",
        TAG,
        {200: FieldRuleRead},
        request=FieldRulePatch,
        parameters=[REF, IF_MATCH],
        fails=(400, 403, 404, 412, 413, 415),
    ),
    delete=operation(
        "field_rules_delete",
        "Remove a condition",
        TAG,
        {204: EMPTY},
        parameters=[REF, IF_MATCH],
        fails=(400, 403, 404, 412),
    ),
)
orders_list = extend_schema_view(
    get=operation(
        "field_orders_list",
        "List the orders of fields in forms",
        TAG,
        {200: page_of(FieldOrderRead)},
        parameters=PAGE_PARAMETERS,
        fails=(400,),
        description="By queue, type, or both; where none is set, fields stand by `position`.",
    )
)
order_put = operation(
    "field_orders_set",
    "Set the order of fields in the forms of a queue, a type, or both",
    TAG,
    {200: FieldOrderSet},
    request=FieldOrderWrite,
    fails=(400, 403, 413, 415),
    description="An empty list goes back to the usual order.",
)
