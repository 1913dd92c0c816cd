"""What the OpenAPI document says of the instance."""

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from helpdesk.api.schemas.common import Small, SmallPerson, operation
from helpdesk.api.schemas.configured import (
    TAG,
    CustomFieldRead,
    QueueRead,
    StatusRead,
    TagCategoryRead,
    TagRead,
    TicketTypeRead,
    WorkflowRead,
)
from helpdesk.api.schemas.field_rules import FieldOrderShown, FieldRuleRead


class ChoiceRead(serializers.Serializer):
    value = serializers.CharField()
    label = serializers.CharField(help_text="In the caller's language.")


class AgentRead(SmallPerson):
    role = serializers.CharField()


class LimitsRead(serializers.Serializer):
    calls_per_minute = serializers.IntegerField()
    page = serializers.IntegerField(help_text="Rows of a page at most.")
    page_default = serializers.IntegerField()
    offset = serializers.IntegerField()
    title = serializers.IntegerField(help_text="Characters.")
    body = serializers.IntegerField(help_text="Characters.")
    comment = serializers.IntegerField(help_text="Characters.")
    tags = serializers.IntegerField(help_text="Of one ticket.")
    upload_megabytes = serializers.IntegerField()


class InstanceRead(serializers.Serializer):
    name = serializers.CharField()
    url = serializers.CharField()
    version = serializers.CharField()
    language = serializers.CharField()
    time_zone = serializers.CharField()
    limits = LimitsRead()
    priorities = ChoiceRead(many=True)
    resolutions = ChoiceRead(many=True)
    channels = ChoiceRead(many=True)
    formats = ChoiceRead(many=True)
    link_kinds = ChoiceRead(many=True)
    queues = QueueRead(many=True)
    types = TicketTypeRead(many=True)
    statuses = StatusRead(many=True)
    workflows = WorkflowRead(many=True)
    custom_fields = CustomFieldRead(many=True)
    field_rules = FieldRuleRead(many=True)
    field_orders = FieldOrderShown(many=True)
    tags = TagRead(many=True)
    tag_categories = TagCategoryRead(many=True)
    teams = Small(many=True)
    agents = AgentRead(many=True, allow_null=True, help_text="null without `people:read`.")
    truncated = serializers.ListField(
        child=serializers.CharField(), help_text="Lists that are longer than the 1,000 shown."
    )


instance_get = operation(
    "instance_get",
    "Get all that a form needs",
    TAG,
    {200: InstanceRead, 304: OpenApiResponse(description="Not changed.")},
    parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
    fails=(400,),
    description="Queues, fields, options, statuses, workflows, tags, teams and agents at once.",
)
