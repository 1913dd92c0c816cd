"""What the OpenAPI document says of bulk calls, their jobs and their undoing."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers

from helpdesk.actions.labels import MAX_NAME, MAX_TAGS
from helpdesk.api.bulk_input import MAX_ITEMS, OPERATIONS
from helpdesk.api.schemas.common import PAGE_PARAMETERS, ProblemError, Reference, operation, page_of
from helpdesk.models import Job

TAG = "Bulk"
WRITE_FAILS = (400, 403, 404, 413, 415)


TAG_NAMES = {
    "type": "array",
    "maxItems": MAX_TAGS,
    "items": {"type": "string", "maxLength": MAX_NAME},
}


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": True,
        "properties": {"add": TAG_NAMES, "remove": TAG_NAMES},
        "description": "For all of `ids` or `q`: what the single call takes; to `tag`, `add` and"
        " `remove`.",
    }
)
class BulkFields(serializers.DictField):
    """One set of fields for many tickets."""


class BulkWrite(serializers.Serializer):
    operation = serializers.ChoiceField(OPERATIONS)
    items = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        min_length=1,
        max_length=MAX_ITEMS,
        help_text="Each with fields of its own, as the single call takes them, and `id` (number or"
        " uuid) unless it creates.",
    )
    ids = serializers.ListField(
        child=Reference(), required=False, min_length=1, max_length=MAX_ITEMS
    )
    q = serializers.CharField(
        required=False, max_length=2000, help_text="A typed query in place of `ids`."
    )
    fields = BulkFields(required=False)
    atomic = serializers.BooleanField(required=False, help_text="All or nothing.")
    silent = serializers.BooleanField(
        required=False, help_text="For a key that writes for others: tell nobody."
    )


class BulkResult(serializers.Serializer):
    index = serializers.IntegerField(help_text="The place in `items` or `ids`, from 0.")
    status = serializers.IntegerField(help_text="The status that the single call would have had.")
    id = serializers.IntegerField(allow_null=True)
    uuid = serializers.UUIDField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    url = serializers.CharField(allow_null=True)
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)
    errors = ProblemError(many=True)
    difference = serializers.ListField(child=serializers.DictField(), required=False)


class BulkRead(serializers.Serializer):
    operation = serializers.ChoiceField(OPERATIONS)
    change_set = serializers.UUIDField(help_text="By which all of it can be undone.")
    total = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = BulkResult(many=True)


class JobRead(serializers.Serializer):
    uuid = serializers.UUIDField()
    operation = serializers.ChoiceField(OPERATIONS)
    atomic = serializers.BooleanField()
    state = serializers.ChoiceField(Job.State.choices)
    change_set = serializers.UUIDField()
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    expected_end = serializers.DateTimeField(
        allow_null=True, help_text="At the pace it had so far; null while nobody can say."
    )
    url = serializers.URLField()
    results = serializers.URLField(help_text="What became of each item.")


class SkippedRead(serializers.Serializer):
    ticket = serializers.IntegerField()
    field = serializers.CharField(allow_null=True)
    reason = serializers.CharField()


class UndoneRead(serializers.Serializer):
    change_set = serializers.UUIDField(help_text="Of the undoing, which can be undone too.")
    undone = serializers.ListField(child=serializers.IntegerField(), help_text="Tickets.")
    left = serializers.IntegerField(help_text="Changes that another call would go on with.")
    skipped = SkippedRead(many=True)


def _uuid(name: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.UUID, OpenApiParameter.PATH)


bulk_post = operation(
    "tickets_bulk",
    "Create, change, transition, tag or delete many tickets",
    TAG,
    {200: BulkRead, 202: JobRead},
    request=BulkWrite,
    fails=WRITE_FAILS,
    description=(
        f"Up to {MAX_ITEMS} tickets: `items` with fields of their own, or one set of `fields` for"
        " `ids` or for what a typed query `q` finds. Each item has a result with the status that"
        " the single call would have had; one that is refused stops no other, unless the call is"
        " `atomic`. Up to 100 are carried out at once, in one transaction; more answer 202 with"
        " the job that carries them out."
    ),
)
job_list = operation(
    "jobs_list", "List jobs", TAG, {200: page_of(JobRead)}, parameters=PAGE_PARAMETERS, fails=(400,)
)
job_get = operation(
    "jobs_get", "Get a job", TAG, {200: JobRead}, parameters=[_uuid("uuid")], fails=(400, 404)
)
job_delete = operation(
    "jobs_cancel",
    "Cancel a job",
    TAG,
    {200: JobRead},
    parameters=[_uuid("uuid")],
    fails=(400, 403, 404),
    description="It stops after the slice that is under way; what is done stays done.",
)
job_results = operation(
    "jobs_results",
    "What became of each item of a job",
    TAG,
    {200: page_of(BulkResult)},
    parameters=[_uuid("uuid"), *PAGE_PARAMETERS],
    fails=(400, 404),
)
change_set_undo = operation(
    "change_sets_undo",
    "Undo a set of changes",
    TAG,
    {200: UndoneRead},
    parameters=[_uuid("change_set")],
    fails=(400, 403, 404),
    description=(
        "Fields, tags, statuses and the trash become what they were before a bulk call. What was"
        " changed since, and long texts, which history does not keep, are skipped and said."
    ),
)
