"""Imports by call: upload, map, try, start, watch, read what was refused."""

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk.api.base import PAGING, ApiView, answer, in_utc, nothing
from helpdesk.api.fields import RowField, StrictSerializer
from helpdesk.api.jobs import IN_ORDER, NEWEST_FIRST, expected_end
from helpdesk.api.parsing import FileParser
from helpdesk.api.schemas.imports import (
    ImportRead,
    ImportRowRead,
    import_delete,
    import_get,
    import_list,
    import_pause,
    import_post,
    import_put,
    import_rows,
    import_start,
    import_try,
)
from helpdesk.api.shapes import small_objects
from helpdesk.imports import jobs, running
from helpdesk.imports.mapping import Mapping
from helpdesk.lookup import visible_queues
from helpdesk.models import Job, JobRow
from helpdesk.models.configuration import configuration
from helpdesk.permissions import authorise

PARTS = ("name", "encoding", "delimiter")
OF_MAPPING = ("columns", "values", "timezone", "source")
OUTCOMES = ("refused", "remark")


class MappingInput(StrictSerializer):
    columns = serializers.DictField(child=serializers.CharField(allow_blank=True))
    values = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField()), required=False
    )
    timezone = serializers.CharField(required=False, max_length=60)
    source = serializers.CharField(max_length=200)
    queue = RowField(visible_queues, required=False)
    announce = serializers.BooleanField(required=False)


def import_shape(job: Job, site: str) -> dict:
    """An import as it is read; `site` is the address of the helpdesk."""
    url = f"{site}{reverse('api:import', args=[job.uuid])}"
    options, tried = job.options, job.options.get("tried") or {}
    counts = job.progress if "row" in job.progress else tried
    queues = small_objects(configuration())["queues"]
    return {
        "uuid": job.uuid,
        "name": job.name,
        "state": job.state,
        "is_trying": bool(options.get("trying")),
        "was_tried": bool(tried),
        "total": job.total,
        "done": job.done,
        "counts": {name: counts.get(name, 0) for name in running.COUNTS},
        "sample": tried.get("sample", []),
        "file_columns": options["table"]["columns"],
        "encoding": options["table"]["encoding"],
        "delimiter": options["table"]["delimiter"],
        "columns": options["columns"],
        "values": options["values"],
        "timezone": options["timezone"],
        "source": options["source"],
        "queue": queues.get(options["queue"]),
        "announce": options["announce"],
        "error": job.error,
        "created_at": in_utc(job.created_at),
        "started_at": in_utc(job.started_at),
        "finished_at": in_utc(job.finished_at),
        "expected_end": in_utc(expected_end(job)),
        "url": url,
        "rows": f"{url}rows/",
    }


class ImportView(ApiView):
    """Keys of all queues that write for others see all imports, as administrators do."""

    def imports(self) -> QuerySet[Job]:
        authorise(self.actor, "import")
        return Job.objects.filter(kind=Job.Kind.IMPORT)

    def job(self, uuid) -> Job:
        found = self.imports().filter(uuid=uuid).first()
        if found is None:
            raise Http404
        return found

    def shaped(self, job: Job) -> dict:
        return import_shape(job, self.url("/").rstrip("/"))

    def said(self, job: Job, status: int = 200) -> HttpResponse:
        job.refresh_from_db()
        shape = self.shaped(job)
        return answer(shape, status, {"Location": shape["url"]} if status == 201 else None)


class Imports(ImportView):
    params = PAGING
    reads = ImportRead
    parser_classes = (FileParser,)

    @import_list
    def get(self, request) -> HttpResponse:
        rows = self.imports()
        return self.list_of(rows, NEWEST_FIRST, lambda found: [self.shaped(row) for row in found])

    @import_post
    def post(self, request) -> HttpResponse:
        authorise(self.actor, "import")
        job = jobs.begin(self._file(), by=self.actor, **self._parts())
        self.if_taken_back(lambda: job.file.storage.delete(job.file.name))
        return self.said(job, 201)

    def _file(self) -> File:
        files = self.request.FILES
        if len(files.getlist("file")) != 1 or len(files) != 1:
            raise ValidationError({"file": _("Send one file, as the part “file”.")})
        return files["file"]

    def _parts(self) -> dict[str, str]:
        form = self.request.POST
        if unknown := [name for name in form if name not in PARTS]:
            words = _("This can't be written. Known here: %(names)s.")
            raise ValidationError({unknown[0][:60]: words % {"names": ", ".join(("file", *PARTS))}})
        return {name: str(form[name]) for name in PARTS if name in form}


class OneImport(ImportView):
    """Its mapping is written whole, as long as it has not begun."""

    http_method_names = ("get", "head", "put", "delete")

    @import_get
    def get(self, request, uuid) -> HttpResponse:
        return answer(self.shaped(self.job(uuid)))

    @import_put
    def put(self, request, uuid) -> HttpResponse:
        job = self.job(uuid)
        said = self.checked(MappingInput)
        queue = said.get("queue") or configuration().default_queue
        try:
            mapping = Mapping.from_json(
                {"columns": said["columns"], "values": said.get("values", {})},
                timezone=said.get("timezone", "UTC"),
                source=said["source"],
            )
            jobs.prepare(job, mapping, queue, by=self.actor, announce=said.get("announce", False))
        except ValidationError as error:
            raise _by_field(error) from error
        return self.said(job)

    @import_delete
    def delete(self, request, uuid) -> HttpResponse:
        job = self.job(uuid)
        if job.state != Job.State.DRAFT:
            raise ValidationError(_("This import has begun. It stays, with what it says."))
        jobs.discard(job, by=self.actor)
        return nothing()


def _by_field(error: ValidationError) -> ValidationError:
    """What is wrong with a mapping, under the name of the member that it is about."""
    field = getattr(error, "code", None)
    return ValidationError({field: error.messages}) if field in OF_MAPPING else error


class ImportStep(ImportView):
    http_method_names = ("post",)


class TriedImport(ImportStep):
    @import_try
    def post(self, request, uuid) -> HttpResponse:
        """Every row is tried in the background, and nothing kept."""
        job = self.job(uuid)
        jobs.try_out(job, by=self.actor)
        return self.said(job)


class StartedImport(ImportStep):
    @import_start
    def post(self, request, uuid) -> HttpResponse:
        job = self.job(uuid)
        jobs.start(job, by=self.actor)
        return self.said(job)


class PausedImport(ImportStep):
    @import_pause
    def post(self, request, uuid) -> HttpResponse:
        job = self.job(uuid)
        jobs.pause(job, by=self.actor)
        return self.said(job)


class ImportRows(ImportView):
    """The rows that need saying, by the number that a spreadsheet shows."""

    params = ("outcome", *PAGING)
    reads = ImportRowRead

    @import_rows
    def get(self, request, uuid) -> HttpResponse:
        rows = JobRow.objects.filter(job=self.job(uuid))
        if (outcome := request.GET.get("outcome")) is not None:
            if outcome not in OUTCOMES:
                said = {"value": outcome[:60], "names": ", ".join(OUTCOMES)}
                words = _("There is no “%(value)s”. Known: %(names)s.") % said
                raise ValidationError({"outcome": words})
            rows = rows.filter(outcome=outcome)
        return self.list_of(rows, IN_ORDER, lambda found: list(map(_row_shape, found)))


def _row_shape(row: JobRow) -> dict:
    return {
        "number": row.number,
        "outcome": row.outcome,
        "message": row.message,
        "row": row.row,
        "ticket": row.ticket_id,
    }
