"""What the OpenAPI document says of what is configured."""

from collections.abc import Callable

from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import serializers

from helpdesk.api.schemas.common import (
    EMPTY,
    IF_MATCH,
    PAGE_PARAMETERS,
    READ_FAILS,
    SEARCH_PARAMETER,
    Reference,
    Small,
    SmallStatus,
    operation,
    page_of,
)
from helpdesk.api.setting_inputs import INPUTS, MAX_NAME
from helpdesk.models import CustomField, Transition

TAG = "Configuration"
REF = OpenApiParameter("ref", str, OpenApiParameter.PATH, description="An id or uuid.")
WRITE = (400, 403, 404, 412, 413, 415)
SETTING = [REF, IF_MATCH]


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
    teams = Small(many=True)
    email_name = serializers.CharField()
    email_address = serializers.CharField()
    reopens_closed = serializers.BooleanField()


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
    required_to_resolve = serializers.BooleanField(
        help_text="May be empty until the ticket is resolved or closed."
    )
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
    name = serializers.CharField(max_length=MAX_NAME)
    category = Reference(required=False, allow_null=True)


class TagPatch(TagWrite):
    name = serializers.CharField(max_length=MAX_NAME, required=False)


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
    "tags": TagRead,
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
        ),
        **({"post": _create(noun)} if noun in INPUTS else {}),
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
        ),
        **({"patch": _change(noun), "delete": _remove(noun)} if noun in INPUTS else {}),
    )


def order_of(noun: str) -> Callable:
    """The class decorator of the address that puts rows in order."""
    return extend_schema_view(
        post=operation(
            f"{_snake(noun)}_order",
            f"Put {_words(noun)} in order",
            TAG,
            {200: page_of(SHAPES[noun])},
            request=OrderWrite,
            fails=(400, 403, 413, 415),
            description="The named ones come first, in this order; the others follow.",
        )
    )


def replace_of(noun: str) -> Callable:
    """The class decorator of the address that gives tickets another row, and removes the first."""
    return extend_schema_view(
        post=operation(
            f"{_snake(noun)}_replace",
            f"Replace one of the {_words(noun)}",
            TAG,
            {200: Replaced},
            request=ReplaceWrite,
            parameters=SETTING,
            fails=WRITE,
            description="Its tickets get `into` instead, each with an entry in its history; then it"
            " is removed.",
        )
    )


def _create(noun: str) -> Callable:
    return operation(
        f"{_snake(noun)}_create",
        f"Make one of the {_words(noun)}",
        TAG,
        {201: SHAPES[noun]},
        request=INPUTS[noun],
        fails=(400, 403, 413, 415),
        description="One of that name that was removed comes back.",
    )


def _change(noun: str) -> Callable:
    return operation(
        f"{_snake(noun)}_change",
        f"Change one of the {_words(noun)}",
        TAG,
        {200: SHAPES[noun]},
        request=INPUTS[noun],
        parameters=SETTING,
        fails=WRITE,
        description="Only what is sent changes. A list that is sent is the whole new list.",
    )


def _remove(noun: str) -> Callable:
    return operation(
        f"{_snake(noun)}_delete",
        f"Remove one of the {_words(noun)}",
        TAG,
        {204: EMPTY},
        parameters=SETTING,
        fails=(400, 403, 404, 412),
        description=REMOVED.get(noun, "Refused with the code `in_use` while anything uses it."),
    )


def _snake(noun: str) -> str:
    return noun.replace("-", "_")


def _words(noun: str) -> str:
    return noun.replace("-", " ")


REMOVED = {"tag-categories": "Its tags stay, without a category."}


class OrderWrite(serializers.Serializer):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=1000
    )


class ReplaceWrite(serializers.Serializer):
    into = Reference(help_text="What its tickets get instead.")


class Replaced(serializers.Serializer):
    tickets = serializers.IntegerField(help_text="How many tickets changed.")
    into = serializers.JSONField(help_text="What they have now, as it is read.")


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
    parameters=SETTING,
    fails=WRITE,
)
tag_delete = operation(
    "tags_delete", "Remove a tag", TAG, {204: EMPTY}, parameters=SETTING, fails=(400, 403, 404, 412)
)
