"""What the OpenAPI document says of what is configured."""

from collections.abc import Callable

from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import serializers

from helpdesk.api.schemas.common import (
    EMPTY,
    PAGE_PARAMETERS,
    READ_FAILS,
    SEARCH_PARAMETER,
    Small,
    SmallStatus,
    operation,
    page_of,
)
from helpdesk.models import CustomField, Transition

TAG = "Configuration"
REF = OpenApiParameter("ref", str, OpenApiParameter.PATH, description="An id or uuid.")
WRITE = (400, 403, 404, 413, 415)


class StatusRead(SmallStatus):
    pauses_sla = serializers.BooleanField()
    position = serializers.IntegerField()


class TicketTypeRead(Small):
    position = serializers.IntegerField()


class TeamRead(Small):
    pass


class QueueRead(Small):
    slug = serializers.CharField()
    description = serializers.CharField()
    is_default = serializers.BooleanField()
    position = serializers.IntegerField()
    workflow = Small(allow_null=True)


class TagCategoryRead(Small):
    hue = serializers.IntegerField()
    position = serializers.IntegerField()


class OptionRead(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    label = serializers.CharField()
    position = serializers.IntegerField()


class CustomFieldRead(Small):
    key = serializers.CharField()
    kind = serializers.ChoiceField(CustomField.Kind.choices)
    help_text = serializers.CharField()
    required = serializers.BooleanField()
    staff_only = serializers.BooleanField()
    position = serializers.IntegerField()
    queues = serializers.ListField(
        child=serializers.IntegerField(), help_text="Empty: every queue."
    )
    types = serializers.ListField(child=serializers.IntegerField(), help_text="Empty: every type.")
    options = OptionRead(many=True)


class TagRead(Small):
    hue = serializers.IntegerField()
    category = Small(allow_null=True)


class TagWrite(serializers.Serializer):
    name = serializers.CharField()
    category = serializers.CharField(required=False, allow_null=True)


class TagPatch(TagWrite):
    name = serializers.CharField(required=False)


class WorkflowStep(Small):
    sources = SmallStatus(many=True, help_text="Empty: from any status.")
    target = SmallStatus()
    takers = serializers.ChoiceField(Transition.Takers.choices)
    needs_resolution = serializers.BooleanField()
    needs_comment = serializers.BooleanField()
    position = serializers.IntegerField()


class WorkflowRead(Small):
    is_default = serializers.BooleanField()
    initial = SmallStatus()
    transitions = WorkflowStep(many=True)


SHAPES = {
    "workflows": WorkflowRead,
    "statuses": StatusRead,
    "types": TicketTypeRead,
    "teams": TeamRead,
    "queues": QueueRead,
    "tag-categories": TagCategoryRead,
    "custom-fields": CustomFieldRead,
}


def page_of_schema(noun: str) -> Callable:
    """The class decorator of a list."""
    words = noun.replace("-", " ")
    described = extend_schema_view(
        get=operation(
            f"{noun.replace('-', '_')}_list",
            f"List {words}",
            TAG,
            {200: page_of(SHAPES[noun])},
            parameters=PAGE_PARAMETERS,
            fails=(400,),
        )
    )

    def decorate(view: type) -> type:
        view.reads = SHAPES[noun]
        return described(view)

    return decorate


def one_of(noun: str) -> Callable:
    """The class decorator of a single row."""
    words = noun.replace("-", " ")
    return extend_schema_view(
        get=operation(
            f"{noun.replace('-', '_')}_get",
            f"Get one of the {words}",
            TAG,
            {200: SHAPES[noun]},
            parameters=[REF],
            fails=READ_FAILS,
        )
    )


tag_rows = extend_schema_view(
    get=operation(
        "tags_list",
        "List tags",
        TAG,
        {200: page_of(TagRead)},
        parameters=[SEARCH_PARAMETER, *PAGE_PARAMETERS],
        fails=(400,),
    )
)
tag_row = extend_schema_view(
    get=operation("tags_get", "Get a tag", TAG, {200: TagRead}, parameters=[REF], fails=READ_FAILS)
)
tag_create = operation(
    "tags_create", "Make a tag", TAG, {201: TagRead}, request=TagWrite, fails=(400, 403, 413, 415)
)
tag_patch = operation(
    "tags_change",
    "Rename a tag, or set its category",
    TAG,
    {200: TagRead},
    request=TagPatch,
    parameters=[REF],
    fails=WRITE,
)
tag_delete = operation(
    "tags_delete", "Remove a tag", TAG, {204: EMPTY}, parameters=[REF], fails=(400, 403, 404)
)


class TagCategoryWrite(serializers.Serializer):
    name = serializers.CharField()
    hue = serializers.IntegerField(required=False, help_text="A colour, 0 to 8.")
    position = serializers.IntegerField(required=False)


class TagCategoryPatch(TagCategoryWrite):
    name = serializers.CharField(required=False)


category_create = operation(
    "tag_categories_create",
    "Make a tag category",
    TAG,
    {201: TagCategoryRead},
    request=TagCategoryWrite,
    fails=(400, 403, 413, 415),
)
category_patch = operation(
    "tag_categories_change",
    "Change a tag category",
    TAG,
    {200: TagCategoryRead},
    request=TagCategoryPatch,
    parameters=[REF],
    fails=WRITE,
)
category_delete = operation(
    "tag_categories_delete",
    "Remove a tag category",
    TAG,
    {204: EMPTY},
    parameters=[REF],
    fails=(400, 403, 404),
    description="Its tags stay, without a category.",
)
