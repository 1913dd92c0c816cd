"""Import tickets from a CSV file."""

import json
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError

from helpdesk.actor import system
from helpdesk.imports import jobs, running
from helpdesk.imports.mapping import Mapping
from helpdesk.models import Queue

SHOWN = 20


class Command(BaseCommand):
    help = "Import tickets from a CSV file; running it twice changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--queue", required=True, help="the slug of the queue")
        parser.add_argument("--source", required=True, help="the name their references are under")
        parser.add_argument("--map", type=Path, help="a JSON file; left out: by column names")
        parser.add_argument("--timezone", default="UTC", help="of times without a zone")
        parser.add_argument("--encoding", default="", help="left out: found out")
        parser.add_argument("--delimiter", default="", help="left out: found out")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen")
        parser.add_argument("--announce", action="store_true", help="mail and mirror the tickets")
        parser.add_argument("--refused", type=Path, help="write refused rows to this CSV file")

    def handle(self, *, file: Path, **options):
        try:
            job = self._job(file, options)
            if options["dry_run"]:
                self._try(job)
            else:
                self._run(job, options["refused"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error

    def _job(self, file: Path, options: dict):
        by = system("import")
        queue = Queue.objects.kept().filter(slug=options["queue"]).first()
        if queue is None:
            slugs = ", ".join(Queue.objects.kept().values_list("slug", flat=True))
            raise CommandError(f"There is no queue “{options['queue']}”. Queues: {slugs}.")
        stored = _read_map(options["map"]) if options["map"] else None
        with file.open("rb") as opened:
            job = jobs.begin(
                File(opened, name=file.name),
                by=by,
                encoding=options["encoding"],
                delimiter=options["delimiter"],
            )
        if stored is None:
            stored = {"columns": job.options["columns"], "values": {}}
        try:
            mapping = Mapping.from_json(
                stored, timezone=options["timezone"], source=options["source"]
            )
            jobs.prepare(job, mapping, queue, by=by, announce=options["announce"])
        except ValidationError:
            jobs.discard(job, by=by)
            raise
        return job

    def _run(self, job, refused: Path | None) -> None:
        jobs.start(job, by=system("import"))
        running.run(job)
        if job.state == job.State.FAILED:
            raise CommandError(job.error)
        for row in job.rows.order_by("number")[:SHOWN]:
            self.stderr.write(f"row {row.number}: {row.outcome}: {row.message}")
        more = job.rows.count() - SHOWN
        if more > 0:
            self.stderr.write(f"… and {more} more")
        if refused:
            with refused.open("w", encoding="utf-8", newline="") as out:
                out.writelines(jobs.refused_csv(job))
        if contradicting := job.progress.get("contradicting"):
            self.stderr.write(f"{contradicting} tickets have times that contradict each other")
        self._say(job.progress)

    def _try(self, job) -> None:
        counts = {"imported": 0, "unchanged": 0, "refused": 0}
        try:
            for row, made, reasons in running.dry_run(job):
                outcome = "unchanged" if made and made.exists else "imported"
                counts[outcome if made else "refused"] += 1
                if reasons:
                    self.stderr.write(f"row {row.number}: refused: {' '.join(reasons)}")
        finally:
            jobs.discard(job, by=system("import"))
        self.stdout.write("dry run, nothing is kept; it would have")
        self._say(counts)

    def _say(self, counts: dict) -> None:
        self.stdout.write(
            ", ".join(
                f"{name} {counts.get(name, 0)}" for name in ("imported", "unchanged", "refused")
            )
        )


def _read_map(path: Path) -> dict:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise CommandError(f"{path} is no JSON: {error}") from error
