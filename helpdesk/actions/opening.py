"""Opening tickets, one or many, by the same verb."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import changes, search
from helpdesk.actions.attachments import claim
from helpdesk.actions.conditioned import refuse_unfit_new
from helpdesk.actions.labels import tags_named
from helpdesk.actions.outgoing import MAIL_REQUESTER, may_mail_requester
from helpdesk.actions.people import people_by_address, strangers_among
from helpdesk.actor import Actor, Role
from helpdesk.models import Attachment, Category, Change, Channel, Source, Ticket, User
from helpdesk.models.configuration import configuration
from helpdesk.models.ticket_fields import RANKS
from helpdesk.permissions import authorise, refuse_foreign
from helpdesk.storing import stored
from helpdesk.text import fold, normalise, one_line

METRICS = ("updated_at", "first_response_at", "resolved_at", "closed_at")
CHANNELS = {"api": Channel.API, "mail": Channel.EMAIL, "import": Channel.IMPORT} | {
    "connection": Channel.MIRROR,
    "compat": Channel.API,
}
MAX_LENGTHS = {"body": 200_000}
OF_RECORDING = ("silent", "on_behalf_of")
Prepared = dict[int, tuple[Ticket, dict, dict]]  # by the index of its row: see `_prepared`


def open_ticket(*, by: Actor, attachments: Sequence[Attachment] = (), **row) -> Ticket:
    """Open one ticket: see `open_tickets` for what a row may hold."""
    with transaction.atomic():
        [ticket] = _opened([row], by=by)
        if attachments and not ticket.is_repeat:
            claim(attachments, ticket, by=by)
    return ticket


def open_tickets(
    rows: list[dict],
    *,
    by: Actor,
    refused: dict[int, ValidationError] | None = None,
    silent: bool = False,
    dry_run: bool = False,
) -> list[Ticket | None]:
    """Open many tickets in a few statements; returns them in the order of the rows.

    A row holds editable fields by name (`title` is required; relations as instances, `tags` as
    names or Tags, `requester` as a User or `{"email", "name"}`), and may hold `source` with
    `source_ref`, `extra`, `uuid`, and times of the past: `created_at`, `updated_at`,
    `first_response_at`, `resolved_at`, `closed_at`; `silent` for this ticket alone,
    `on_behalf_of`, a User, and `mail_requester`: its text is mailed to them.

    A row whose source reference exists answers the first ticket, with
    `is_repeat` set. A row that fails raises ValidationError; if `refused`
    is given it is put there by its index instead, and None stands in its place. A `dry_run`
    checks everything and keeps no ticket; what else it makes, the caller rolls back.
    """
    with transaction.atomic():
        return _opened(rows, by=by, refused=refused, silent=silent, dry_run=dry_run)


def _opened(
    rows: list[dict],
    *,
    by: Actor,
    refused: dict[int, ValidationError] | None = None,
    silent: bool = False,
    dry_run: bool = False,
) -> list[Ticket | None]:
    """`open_tickets`, within a transaction."""
    authorise(by, "open")
    failures: dict[int, ValidationError] = {} if refused is None else refused
    existing = _existing(rows, by)
    people = _requesters(rows, failures)
    named = [row["requester"] for row in rows if isinstance(row.get("requester"), User)]
    strangers = strangers_among([*people.values(), *named], by)
    prepared: Prepared = {}
    references = set()
    answers: list[Ticket | None] = [None] * len(rows)
    for index, row in enumerate(rows):
        reference = _reference(row)
        if (found := existing.get(reference)) is not None:
            answers[index] = found
            continue
        if index in failures:
            continue
        try:
            if reference in references:
                raise ValidationError({"source_ref": _("Two rows have this reference.")})
            prepared[index] = _prepared(row, people, strangers, by)
        except ValidationError as error:
            failures[index] = error
        else:
            references |= {reference} - {None}
    if failures and refused is None:
        raise failures[min(failures)]
    taken = {} if dry_run else _store_once(rows, prepared, by=by, silent=silent)
    for index, (ticket, *_more) in prepared.items():
        answers[index] = taken.get(index, ticket)
    return answers


def _reference(row: dict) -> tuple[str, str] | None:
    """A row's source reference as it is stored."""
    source = one_line(row.get("source") or "")[:200]
    ref = one_line(str(row.get("source_ref") or ""))
    return (source, ref) if source and ref else None


def _existing(rows: list[dict], by: Actor) -> dict[tuple[str, str], Ticket]:
    wanted = {reference for row in rows if (reference := _reference(row))}
    if not wanted:
        return {}
    for source in {source for source, _ref in wanted}:
        _claim_source(source, by)
    matches = Q()
    for source in {source for source, _ref in wanted}:
        refs = [ref for name, ref in wanted if name == source]
        matches |= Q(source=source, source_ref__in=refs)
    found = {}
    for ticket in Ticket.objects.filter(matches).select_related("requester", "assignee"):
        ticket.is_repeat = True
        found[ticket.source, ticket.source_ref] = ticket
    if found and (by.queues is not None or by.role == Role.KEY):
        pks = [ticket.pk for ticket in found.values()]
        visible = set(Ticket.objects.visible_to(by).filter(pk__in=pks).values_list("pk", flat=True))
        if not visible.issuperset(pks):
            raise ValidationError({"source_ref": _("This reference is not free.")})
    return found


def _claim_source(source: str, by: Actor) -> None:
    """A key writes only under source names of its own; names with a colon are ours."""
    if by.role != Role.KEY:
        return
    if ":" in source:
        if not by.origin.startswith("compat:"):
            raise ValidationError({"source": _("A source's name holds no colon.")})
        return
    row, made = Source.objects.get_or_create(name=source, defaults={"key_id": by.key_id})
    was_before = made and by.queues is not None and Ticket.objects.filter(source=source).exists()
    if row.key_id != by.key_id or was_before:
        raise ValidationError({"source": _("This source belongs to another key.")})


def _requesters(rows: list[dict], failures: dict[int, ValidationError]) -> dict[str, User]:
    wanted = []
    for index, row in enumerate(rows):
        if not isinstance(row.get("requester"), dict):
            continue
        try:
            wanted.append(_checked_address(row["requester"]))
        except ValidationError as error:
            failures[index] = error
    return people_by_address(wanted) if wanted else {}


def _checked_address(person: dict) -> tuple[str, str]:
    email = normalise(str(person.get("email") or "")).strip()
    try:
        User._meta.get_field("email").clean(email, None)
    except ValidationError as error:
        raise ValidationError({"requester": error.messages}) from error
    return email, str(person.get("name") or "")


def _prepared(
    row: dict, people: dict[str, User], strangers: set[int], by: Actor
) -> tuple[Ticket, dict, dict]:
    """A ticket, its diff, and how it is recorded."""
    fields = dict(row)
    recording = {name: fields.pop(name) for name in OF_RECORDING if name in fields}
    now = timezone.now()
    extra, identity = fields.pop("extra", None) or {}, fields.pop("uuid", None)
    if fields.pop("mail_requester", False) and may_mail_requester(by):
        extra = extra | {MAIL_REQUESTER: True}
    source = one_line(fields.pop("source", "") or "")[:200]
    source_ref = one_line(str(fields.pop("source_ref", "") or ""))
    if len(source_ref) > 200:
        raise ValidationError({"source_ref": _("At most 200 characters.")})
    created_at: datetime = fields.pop("created_at", None) or now
    metrics = {name: fields.pop(name, None) for name in METRICS}
    if isinstance(fields.get("requester"), dict):
        person = fields["requester"]
        fields["requester"] = people[fold(normalise(str(person["email"])).strip())]
        fields.setdefault("requester_name", one_line(str(person.get("name") or ""))[:200])
    fields["title"] = one_line(str(fields.get("title") or ""))
    if not fields["title"]:
        raise ValidationError({"title": _("Enter a subject.")})
    _refuse_too_long(fields)
    queue = fields.get("queue") or _home_queue(by)
    refuse_foreign(by, {**fields, "queue": queue})
    fields["queue"] = queue
    fields["status"] = _first_status(fields, by)
    requester = fields.get("requester")
    if requester is not None and "organisation" not in fields:
        fields["organisation"] = requester.organisation
    fields.setdefault("channel", CHANNELS.get(by.origin.partition(":")[0], Channel.WEB))
    if "tags" in fields:
        fields["tags"] = tags_named(fields["tags"])
    ticket = Ticket(
        source=source,
        source_ref=source_ref,
        extra=extra,
        requester_as_named=requester is not None and requester.pk in strangers,
        version=1,
        created_at=created_at,
        stored_at=now,
        updated_at=metrics["updated_at"] or now,
        last_activity_at=metrics["updated_at"] or created_at,
        last_customer_at=created_at if requester is not None else None,
        first_response_at=metrics["first_response_at"],
    )
    if identity:
        ticket.uuid = identity
    diff = ticket.set_fields(fields)
    refuse_unfit_new(ticket, by=by)
    ticket.title_folded = fold(ticket.title)[:160]
    ticket.priority_rank = RANKS[ticket.priority]
    _note_times(ticket, metrics, created_at)
    ticket.is_repeat = False
    return ticket, diff, recording


def _refuse_too_long(fields: dict) -> None:
    for name, limit in MAX_LENGTHS.items():
        if len(fields.get(name) or "") > limit:
            raise ValidationError({name: _("At most %(limit)s characters.") % {"limit": limit}})


def _home_queue(by: Actor):
    known = configuration()
    queue = known.queues.get(by.home_queue_id) or known.default_queue
    if by.queues is not None and by.role != Role.CUSTOMER and queue.pk not in by.queues:
        own = [known.queues[pk] for pk in sorted(by.queues - by.read_only_queues)]
        if not own:
            raise ValidationError({"queue": _("You have no queue to open a ticket in.")})
        return own[0]
    return queue


def _first_status(fields: dict, by: Actor):
    known = configuration()
    first = known.statuses[known.workflow_of(fields["queue"].pk).initial_id]
    wanted = fields.get("status")
    if wanted is None or wanted == first or by.sets_any_status:
        return wanted or first
    if wanted.category in (Category.NEW, Category.OPEN, Category.WAITING):
        return wanted
    leading = [
        one
        for one in known.transitions_from(fields["queue"].pk, first.pk)
        if one.target_id == wanted.pk
    ]
    if not leading:
        raise ValidationError({"status": _("A ticket can't begin as %(name)s.") % {"name": wanted}})
    if leading[0].needs_resolution and not fields.get("resolution"):
        raise ValidationError({"resolution": _("Say how it was resolved.")})
    return wanted


def _note_times(ticket: Ticket, metrics: dict, created_at: datetime) -> None:
    """Times of the past are kept as they came, even where they contradict each other."""
    category = configuration().statuses[ticket.status_id].category
    ticket.status_category = category
    ticket.resolved_at, ticket.closed_at = metrics["resolved_at"], metrics["closed_at"]
    moment = metrics["updated_at"] or created_at
    if category in (Category.RESOLVED, Category.CLOSED):
        ticket.resolved_at = ticket.resolved_at or ticket.closed_at or moment
    if category == Category.CLOSED:
        ticket.closed_at = ticket.closed_at or ticket.resolved_at
    ticket.first_resolved_at = ticket.resolved_at


def _store_once(rows: list[dict], prepared: Prepared, *, by: Actor, silent: bool) -> dict:
    """Store the tickets, but those whose reference was taken meanwhile: the first, by index."""
    if not any(_reference(rows[index]) for index in prepared):
        _store(list(prepared.values()), by=by, silent=silent)
        return {}
    try:
        with transaction.atomic():
            _store(list(prepared.values()), by=by, silent=silent)
        return {}
    except IntegrityError:
        existing = _existing([rows[index] for index in prepared], by)
        references = {index: _reference(rows[index]) for index in prepared}
        taken = {index: existing[one] for index, one in references.items() if one in existing}
        if not taken:
            raise
    left = {index: one for index, one in prepared.items() if index not in taken}
    for ticket, *_more in left.values():
        ticket.pk = None
    return taken | _store_once(rows, left, by=by, silent=silent)


def _store(prepared: list[tuple[Ticket, dict, dict]], *, by: Actor, silent: bool) -> None:
    if not prepared:
        return
    tickets = stored(ticket for ticket, *_more in prepared)
    through = Ticket.tags.through
    stored(through(ticket_id=ticket.pk, tag_id=pk) for ticket in tickets for pk in ticket.tag_ids)
    changes.record_all(
        [
            changes.new_change(
                Change.Kind.OPENED,
                ticket,
                by=_speaking_for(recording.get("on_behalf_of"), by),
                fields=diff,
                at=ticket.created_at,
                silent=silent or bool(recording.get("silent")),
            )
            for ticket, diff, recording in prepared
        ]
    )
    search.index_new(tickets)


def _speaking_for(person: User | None, by: Actor) -> Actor:
    return by if person is None else by.speaking_for(person.pk)
