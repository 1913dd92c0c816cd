"""Imports as jobs: begun, started, paused, and what they refused."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.imports.mapping import Mapping, guess
from helpdesk.imports.reading import Row, recognise, rows
from helpdesk.models import Job, Queue
from helpdesk.permissions import authorise
from helpdesk.text import one_line

State = Job.State
FEW_VALUES = 25
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def begin(file: File, *, by: Actor, name: str = "", encoding: str = "", delimiter: str = "") -> Job:
    """Keep an uploaded file as a job that waits for its mapping. Raises ValidationError."""
    authorise(by, "import")
    with file.open("rb") as opened:
        table = recognise(opened, encoding=encoding, delimiter=delimiter)
        total, looked_at = look_at(rows(opened, table), table.columns)
        opened.seek(0)
        job = Job(
            kind=Job.Kind.IMPORT,
            name=one_line(name or file.name or "")[:255] or "import.csv",
            owner_id=by.person_id,
            key_id=by.key_id,
            total=total,
            options={
                "table": asdict(table),
                "looked_at": looked_at,
                "columns": guess(table.columns),
                "values": {},
                "timezone": "UTC",
                "source": "",
                "queue": None,
                "announce": False,
            },
        )
        job.file.save(f"{job.uuid.hex}.csv", opened, save=False)
    job.save()
    return job


def look_at(numbered: Iterable[Row], columns: list[str]) -> tuple[int, dict[str, dict]]:
    """How many rows there are, and of each column its first value, how many cells are filled,
    and its values with their counts where there are few."""
    found = {column: {"first": "", "filled": 0, "values": {}} for column in columns}
    total = 0
    for row in numbered:
        total += 1
        for column, cell in row.cells.items():
            about, text = found[column], cell.strip()
            about["filled"] += bool(text)
            about["first"] = about["first"] or text[:80]
            if about["values"] is not None:
                about["values"][text[:120]] = about["values"].get(text[:120], 0) + 1
                if len(about["values"]) > FEW_VALUES:
                    about["values"] = None
    return total, found


def prepare(job: Job, mapping: Mapping, queue: Queue, *, by: Actor, announce: bool = False) -> None:
    """Give a job its mapping. Raises ValidationError while something does not fit."""
    authorise(by, "import")
    if job.state != State.DRAFT:
        raise ValidationError(_("This import has begun; its mapping is settled."))
    if not mapping.source:
        raise ValidationError(_("Name the source: it and the reference tell a ticket again."))
    if ":" in mapping.source:
        raise ValidationError(_("A source's name holds no colon."), code="source")
    mapping.check()
    mapping.check_against(job.options["table"]["columns"])
    job.options |= {
        "tried": None,
        **mapping.as_json(),
        "timezone": mapping.timezone,
        "source": one_line(mapping.source)[:200],
        "queue": queue.pk,
        "announce": announce,
    }
    job.save(update_fields=["options"])


def start(job: Job, *, by: Actor) -> None:
    """Start or resume a job."""
    if not job.options.get("queue"):
        raise ValidationError(_("Map the columns first."))
    if job.state == State.DRAFT:  # what a dry run counted
        Job.objects.filter(pk=job.pk, state=State.DRAFT).update(done=0, progress={})
    _move(job, by, (State.DRAFT, State.PAUSED, State.FAILED), State.WAITING, error="")


def try_out(job: Job, *, by: Actor) -> None:
    """Have every row tried in the background, without keeping anything."""
    authorise(by, "import")
    if not job.options.get("queue"):
        raise ValidationError(_("Map the columns first."))
    job.options["trying"] = True
    Job.objects.filter(pk=job.pk, state=State.DRAFT).update(
        state=State.WAITING, options=job.options, done=0, progress={}, error=""
    )
    job.refresh_from_db()


def pause(job: Job, *, by: Actor) -> None:
    _move(job, by, (State.WAITING, State.RUNNING), State.PAUSED)


def discard(job: Job, *, by: Actor) -> None:
    """Throw away a job that never began, with its file."""
    authorise(by, "import")
    with transaction.atomic():
        gone, _rows = Job.objects.filter(pk=job.pk, state=State.DRAFT).delete()
        if gone:
            transaction.on_commit(lambda: job.file.storage.delete(job.file.name))


def refused_csv(job: Job) -> Iterator[str]:
    """The rows that were (or would be) refused as CSV, by line, with numbers and reasons."""
    columns = job.options["table"]["columns"]
    yield _line([_("Row"), _("Reason"), *columns])
    refused = job.rows.filter(outcome="refused").order_by("number")
    for row in refused.iterator(chunk_size=500):
        cells = [row.row.get(column, "") for column in columns]
        yield _line([row.number, row.message, *cells])


def _line(cells: list) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: object) -> object:
    """A cell that a spreadsheet takes for a formula is written as text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _move(job: Job, by: Actor, before: tuple, after: str, **fields) -> None:
    authorise(by, "import")
    moved = Job.objects.filter(pk=job.pk, state__in=before).update(
        state=after, finished_at=None if after == State.WAITING else timezone.now(), **fields
    )
    job.refresh_from_db()
    if not moved and job.state != after and job.state != State.RUNNING:
        raise PermissionDenied(_("This import is %(state)s.") % {"state": job.get_state_display()})
