"""What the OpenAPI document says of imports."""

from collections.abc import Callable

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from helpdesk.api.schemas.common import (
    EMPTY,
    PAGE_PARAMETERS,
    FilePart,
    Reference,
    SmallQueue,
    operation,
    page_of,
)
from helpdesk.models import Job

TAG = "Imports"
FAILS = (400, 403, 404)
UUID = OpenApiParameter("uuid", OpenApiTypes.UUID, OpenApiParameter.PATH)


class ImportCounts(serializers.Serializer):
    imported = serializers.IntegerField()
    unchanged = serializers.IntegerField(help_text="Rows whose ticket was there already.")
    refused = serializers.IntegerField()
    contradicting = serializers.IntegerField(help_text="Rows whose times contradict each other.")


class ImportRead(serializers.Serializer):
    uuid = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(Job.State.choices)
    is_trying = serializers.BooleanField(help_text="Whether rows are tried and nothing is kept.")
    was_tried = serializers.BooleanField()
    total = serializers.IntegerField(help_text="Rows of the file.")
    done = serializers.IntegerField()
    counts = ImportCounts(help_text="Of the import; before it begins, of the last try.")
    sample = serializers.ListField(child=serializers.DictField(), help_text="First rows, tried.")
    file_columns = serializers.ListField(child=serializers.CharField())
    encoding = serializers.CharField()
    delimiter = serializers.CharField()
    columns = serializers.DictField(help_text="A target for each column; guessed at first.")
    values = serializers.DictField()
    timezone = serializers.CharField()
    source = serializers.CharField()
    queue = SmallQueue(allow_null=True)
    announce = serializers.BooleanField()
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    expected_end = serializers.DateTimeField(allow_null=True)
    url = serializers.URLField()
    rows = serializers.URLField()


class ImportRowRead(serializers.Serializer):
    number = serializers.IntegerField(help_text="As a spreadsheet shows it: the header is 1.")
    outcome = serializers.ChoiceField(["refused", "remark"])
    message = serializers.CharField()
    row = serializers.DictField(help_text="Its cells by column, where it was refused.")
    ticket = serializers.IntegerField(allow_null=True)


class ImportFile(serializers.Serializer):
    file = FilePart(help_text="CSV; the first row names the columns.")
    name = serializers.CharField(required=False, allow_blank=True)
    encoding = serializers.CharField(
        required=False, allow_blank=True, help_text="Found out if left out."
    )
    delimiter = serializers.CharField(
        required=False, allow_blank=True, max_length=1, help_text="Found out if left out."
    )


class ImportMapping(serializers.Serializer):
    columns = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        help_text="Column → target: a field of a ticket, `source_ref`, `requester.email`,"
        " `requester.name`, `assignee.email`, a time such as `created_at`, or `custom.<key>`.",
    )
    values = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField()),
        required=False,
        help_text="Target → {cell → our value}.",
    )
    timezone = serializers.CharField(
        required=False, max_length=60, help_text="Of times without one."
    )
    source = serializers.CharField(
        max_length=200, help_text="Tells tickets again, with `source_ref`."
    )
    queue = Reference(required=False)
    announce = serializers.BooleanField(required=False, help_text="Otherwise nobody is told.")


def _step(name: str, summary: str, description: str = "") -> Callable:
    return operation(
        f"imports_{name}",
        summary,
        TAG,
        {200: ImportRead},
        parameters=[UUID],
        fails=FAILS,
        description=description,
    )


import_list = operation(
    "imports_list",
    "List imports",
    TAG,
    {200: page_of(ImportRead)},
    parameters=PAGE_PARAMETERS,
    fails=(400, 403),
)
import_post = operation(
    "imports_upload",
    "Upload a file to import",
    TAG,
    {201: ImportRead},
    request={"multipart/form-data": ImportFile},
    fails=(400, 403, 413, 415),
    description=(
        "It waits for its mapping, of which a first guess is answered. Imports are for keys of all"
        " queues that write for others."
    ),
)
import_get = _step("get", "Get an import")
import_put = operation(
    "imports_map",
    "Map the columns of an import",
    TAG,
    {200: ImportRead},
    request=ImportMapping,
    parameters=[UUID],
    fails=(*FAILS, 413, 415),
)
import_delete = operation(
    "imports_discard",
    "Throw away an import that has not begun",
    TAG,
    {204: EMPTY},
    parameters=[UUID],
    fails=FAILS,
)
import_try = _step("try", "Try every row and keep nothing")
import_start = _step("start", "Start an import, or go on with one that is paused")
import_pause = _step("pause", "Pause an import")
import_rows = operation(
    "imports_rows",
    "The rows that were refused, or changed in a way worth a word",
    TAG,
    {200: page_of(ImportRowRead)},
    parameters=[
        UUID,
        OpenApiParameter("outcome", {"type": "string", "enum": ["refused", "remark"]}),
        *PAGE_PARAMETERS,
    ],
    fails=FAILS,
)
