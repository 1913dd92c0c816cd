"""Running an import in slices: claimed by a lease, resumed where it stopped, done exactly once."""

import time
import uuid
from collections.abc import Iterator
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.actor import Actor, system
from helpdesk.imports import leases
from helpdesk.imports.leases import LEASE, own
from helpdesk.imports.mapping import Mapping
from helpdesk.imports.reading import Row, Table, repeated, rows
from helpdesk.imports.rows import Draft, draft, reference_of
from helpdesk.models import Job, JobRow, Queue, TicketType, User
from helpdesk.models.configuration import configuration, find, reset

State = Job.State
BATCHES = {"sqlite": 50, "postgresql": 200}
SAMPLE_ROWS = 5
COUNTS = ("imported", "unchanged", "refused", "contradicting")


def run_jobs(seconds: float = 25) -> int:
    """Work on every import that is due, for some seconds each; returns how many there were."""
    return sum(run(job, seconds=seconds) for job in leases.due(Job.Kind.IMPORT))


def run(job: Job, *, seconds: float | None = None) -> bool:
    """Work on an import until it is done, paused, or `seconds` are over; False if another does.

    Each batch of tickets, its refused rows and the resume point are one transaction: a process
    that dies loses at most the batch it was at, and nothing is done twice.
    """
    return leases.work_on(job, _try_or_work, seconds=seconds)


def mapping_of(job: Job) -> Mapping:
    return Mapping.from_json(
        {key: job.options[key] for key in ("columns", "values")},
        timezone=job.options["timezone"],
        source=job.options["source"],
    )


def table_of(job: Job) -> Table:
    return Table(**job.options["table"])


def queue_of(job: Job) -> Queue:
    return configuration().queues[job.options["queue"]]


def agents_by_address() -> dict[str, User]:
    return {agent.email: agent for agent in User.objects.staff() if agent.email}


def dry_run(job: Job) -> Iterator[tuple[Row, Draft | None, list[str]]]:
    """What would become of every row, in order; nothing is kept. Rolls back batch by batch."""
    mapping, queue, agents = mapping_of(job), queue_of(job), agents_by_address()
    table, actor = table_of(job), actor_of_job(job)
    with job.file.open("rb") as file:
        again = _repeated(file, table, mapping)
        numbered = rows(file, table)
        while batch := list(islice(numbered, BATCHES[connection.vendor])):
            tried = [(row, *_drafted(row, mapping, queue, agents, again)) for row in batch]
            drafts = [made for _row, made, _reasons in tried if made]
            with transaction.atomic():
                refused: dict[int, ValidationError] = {}
                mapping.make_fields()
                _make_types(drafts)
                found = actions.open_tickets(
                    [made.fields for made in drafts], by=actor, refused=refused, dry_run=True
                )
                transaction.set_rollback(True)
            reset()
            for made, ticket in zip(drafts, found, strict=True):
                made.exists = ticket is not None and ticket.is_repeat
            failed = {id(drafts[index]): error for index, error in refused.items()}
            for row, made, reasons in tried:
                if made is not None and id(made) in failed:
                    yield row, None, _reasons(failed[id(made)], mapping)
                else:
                    yield row, made, reasons


def actor_of_job(job: Job) -> Actor:
    name = str(job.owner) if job.owner_id else _("Import")
    return system(f"import:{job.pk}", name=name, person_id=job.owner_id)


def _try_or_work(job: Job, lease: uuid.UUID, until: float | None) -> None:
    if job.options.get("trying"):
        _try_all(job, lease)
    else:
        _work(job, lease, until)


def _try_all(job: Job, lease: uuid.UUID) -> None:
    """The dry run of a whole file: what it found is kept with the job, which waits again."""
    counts = dict.fromkeys((*COUNTS, "remarks"), 0)
    sample, said, done = [], [], 0
    JobRow.objects.filter(job=job).delete()
    for row, made, reasons in dry_run(job):
        done += 1
        if made is None:
            counts["refused"] += 1
            said.append(_refusal(job, row, reasons))
        else:
            counts["unchanged" if made.exists else "imported"] += 1
            counts["contradicting"] += made.contradicts
            counts["remarks"] += bool(made.remarks)
            if len(sample) < SAMPLE_ROWS:
                sample.append(shown(row, made))
        if done % 200 == 0:
            JobRow.objects.bulk_create(said)
            said = []
            if (
                not own(job, lease)
                .filter(state=State.RUNNING)
                .update(done=done, leased_until=timezone.now() + LEASE)
            ):
                return
    JobRow.objects.bulk_create(said)
    options = {**job.options, "trying": False, "tried": {**counts, "sample": sample}}
    own(job, lease).update(state=State.DRAFT, options=options, done=done, started_at=None)


def shown(row: Row, made: Draft) -> dict:
    """A drafted ticket in words, as the first rows of a dry run show it."""
    fields = made.fields
    requester = fields.get("requester") or {}
    return {
        "row": row.number,
        "title": fields["title"][:120],
        "status": str(fields.get("status") or ""),
        "category": getattr(fields.get("status"), "category", ""),
        "priority": fields.get("priority", "normal"),
        "requester": requester.get("name") or requester.get("email") or "",
        "type": str(fields.get("type") or ""),
        "custom": fields.get("custom", {}),
        "created_at": fields["created_at"].isoformat() if fields.get("created_at") else "",
    }


def _work(job: Job, lease: uuid.UUID, until: float | None) -> None:
    mapping, table = mapping_of(job), table_of(job)
    mapping.make_fields()
    agents = agents_by_address()
    if "row" not in job.progress:
        JobRow.objects.filter(job=job).delete()  # what a dry run said
    with job.file.open("rb") as file:
        again = _repeated(file, table, mapping)
        done_until = job.progress.get("row", 1)
        numbered = (row for row in rows(file, table) if row.number > done_until)
        while batch := list(islice(numbered, BATCHES[connection.vendor])):
            if not _work_batch(job, lease, batch, mapping, agents, again):
                return
            if until is not None and time.monotonic() > until:
                return
    own(job, lease).filter(state=State.RUNNING).update(state=State.DONE, finished_at=timezone.now())


def _work_batch(job, lease, batch: list[Row], mapping: Mapping, agents, again) -> bool:
    """One batch in one transaction; False when the job was paused or taken by another."""
    queue, actor = queue_of(job), actor_of_job(job)
    tried = [(row, *_drafted(row, mapping, queue, agents, again)) for row in batch]
    with transaction.atomic():
        held = own(job, lease).select_for_update().first()
        if held is None or held.state != State.RUNNING:
            return False
        counts = {name: held.progress.get(name, 0) for name in COUNTS}
        drafts = [(row, made) for row, made, _reasons in tried if made]
        _make_types([made for _row, made in drafts])
        refused: dict[int, ValidationError] = {}
        tickets = actions.open_tickets(
            [made.fields for _row, made in drafts],
            by=actor,
            refused=refused,
            silent=not held.options.get("announce"),
        )
        said = [_refusal(job, row, reasons) for row, made, reasons in tried if made is None]
        for index, (row, made) in enumerate(drafts):
            ticket = tickets[index]
            if ticket is None:
                said.append(_refusal(job, row, _reasons(refused[index], mapping)))
            elif ticket.is_repeat:
                counts["unchanged"] += 1
            else:
                counts["imported"] += 1
                counts["contradicting"] += made.contradicts
                if made.remarks:
                    said.append(_remark(job, row, made, ticket))
        JobRow.objects.bulk_create(said)
        counts["refused"] += sum(one.outcome == "refused" for one in said)
        held.progress = {**counts, "row": batch[-1].number}
        held.done += len(batch)
        held.leased_until = timezone.now() + LEASE
        held.save(update_fields=["progress", "done", "leased_until"])
    return True


def _drafted(row: Row, mapping: Mapping, queue: Queue, agents, again: dict[int, int]):
    if row.error:
        return None, [row.error]
    if row.number in again:
        return None, [_("Row %(number)s has the same reference.") % {"number": again[row.number]}]
    try:
        return draft(row, mapping, queue, agents), []
    except ValidationError as error:
        return None, _reasons(error, mapping)


def _repeated(file, table: Table, mapping: Mapping) -> dict[int, int]:
    return repeated(
        (row.number, reference_of(row, mapping)) for row in rows(file, table) if not row.error
    )


def _make_types(drafts: list[Draft]) -> None:
    """Types that the file names and nobody made yet."""
    for made in drafts:
        kind = made.fields.get("type")
        if kind is not None and kind.pk is None:
            found = find(configuration().types.values(), kind.name)
            made.fields["type"] = found or TicketType.objects.create(name=kind.name)


def _reasons(error: ValidationError, mapping: Mapping) -> list[str]:
    if not hasattr(error, "error_dict"):
        return error.messages
    columns = mapping.by_target | {"requester": mapping.by_target.get("requester.email", "")}
    return [
        f"{columns.get(name) or name}: {' '.join(messages)}"
        for name, messages in error.message_dict.items()
    ]


def _refusal(job: Job, row: Row, reasons: list[str]) -> JobRow:
    return JobRow(
        job=job, number=row.number, outcome="refused", message=" ".join(reasons), row=row.cells
    )


def _remark(job: Job, row: Row, made: Draft, ticket) -> JobRow:
    return JobRow(
        job=job,
        number=row.number,
        outcome="remark",
        message=" ".join(made.remarks),
        ticket_id=ticket.pk,
    )
