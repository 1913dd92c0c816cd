"""What a macro puts into the form, as it is written."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from helpdesk.actions.filling import ME
from helpdesk.api.fields import StrictSerializer
from helpdesk.api.ticket_input import TagNames
from helpdesk.models import Priority


@extend_schema_field({"oneOf": [{"type": "integer"}, {"enum": [ME]}, {"type": "null"}]})
class AssigneeField(serializers.Field):
    """An agent's id, whoever uses it, or nobody; the verb looks."""

    def to_internal_value(self, data):
        return data


class MacroSets(StrictSerializer):
    status = serializers.IntegerField(required=False, help_text="An id.")
    priority = serializers.ChoiceField(Priority.choices, required=False)
    assignee = AssigneeField(required=False, allow_null=True)
    team = serializers.IntegerField(required=False, allow_null=True, help_text="An id.")
    add_tags = TagNames()
    remove_tags = TagNames()
