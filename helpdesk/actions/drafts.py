"""What a person is writing: kept as it grows, one row a window, so that no words eat others."""

import json
from collections.abc import Sequence
from urllib.parse import parse_qs
from uuid import UUID, uuid4, uuid5

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import prepared
from helpdesk.actions.opening import open_ticket
from helpdesk.actor import Actor
from helpdesk.models import Attachment, Comment, Draft, Ticket
from helpdesk.permissions import authorise
from helpdesk.text import normalise, one_line

MAX_BODY = 200_000
MAX_FIELDS = 50_000  # characters of JSON
MAX_RECIPIENTS = 50
MOST = 20  # drafts of one person on one ticket
VERBS = {kind: str(kind) for kind in (Draft.Kind.REPLY, Draft.Kind.NOTE, Draft.Kind.FORWARD)} | {
    Draft.Kind.TICKET: "open"
}


@transaction.atomic
def save_draft(
    uuid: UUID,
    *,
    by: Actor,
    ticket: Ticket | None,
    kind: str,
    body: str,
    writer: str = "",
    revision: int = 0,
    recipients: list[dict] | None = None,
    fields: dict | None = None,
    files: Sequence[Attachment] = (),
) -> Draft | None:
    """Store what is being written; None where it has been sent already or there is nothing.

    `writer` names the window, `revision` is what it saw last. Where another window has saved or
    sent since, these words become a draft of their own. Raises ValidationError.
    """
    authorise(by, VERBS[kind], ticket)
    ticket = _surviving(ticket, by)
    body = _checked(body, recipients, fields)
    draft, is_parted = _own(by, uuid), False
    words = _title(fields), body
    while True:
        sent = _words_sent(uuid, by, kind)
        if sent is not None:
            if all(said.startswith(one.rstrip()) for said, one in zip(sent, words, strict=True)):
                return draft  # a late echo of what was sent then
        elif draft is None or (
            _goes_on(draft.body, body) if is_parted else not _is_ahead(draft, writer, revision)
        ):
            break
        elif _says(draft, body, fields, files) or not (body.strip() or files):
            return draft
        uuid = uuid5(uuid, writer) if writer else uuid4()
        draft, is_parted = _own(by, uuid), True
    if draft is not None and draft.revision > revision and _grew_from(body, draft.body):
        return draft
    if not body.strip() and not files and not (fields or {}).get("keep"):
        if draft is not None:
            draft.delete()
        return None
    if draft is None:
        _refuse_too_many(by, ticket)
        draft = Draft(uuid=free_uuid(uuid), person_id=by.person_id)
    draft.ticket, draft.kind, draft.body, draft.writer = ticket, kind, body, writer[:40]
    draft.recipients, draft.fields = recipients, fields or {}
    draft.revision += 1
    draft.updated_at = timezone.now()
    put_files(draft, files)
    return draft


def put_files(draft: Draft, files: Sequence[Attachment]) -> None:
    """Save a draft with the files that belong to it: they are not cleared away while it lasts."""
    draft.files = [
        {"id": str(one.uuid), "name": one.name, "size": one.size, "type": one.content_type}
        for one in files
    ]
    draft.save()
    draft.kept.set(files)


@transaction.atomic
def discard_draft(draft: Draft, *, by: Actor) -> None:
    """Throw a draft away, at its writer's word."""
    found = _own(by, draft.uuid)
    if found is not None and not found.is_queued:
        found.delete()


@transaction.atomic
def open_drafted(
    *,
    by: Actor,
    draft: UUID | None,
    writer: str = "",
    revision: int | None = None,
    attachments: Sequence[Attachment] = (),
    **row,
) -> Ticket:
    """Open the ticket that a draft became, once: a second click answers the first one's.

    Other words under a name that has become a ticket open one of their own.
    """
    words = one_line(row["title"]), normalise(row["body"])
    while draft is not None and (opened := Ticket.objects.filter(uuid=draft).first()) is not None:
        is_seen = Ticket.objects.visible_to(by).filter(pk=opened.pk).exists()
        if is_seen and words == (opened.title, opened.body):
            forget_draft(draft, by=by, body=row["body"], writer=writer, revision=revision)
            return opened
        draft = uuid5(draft, writer or "\n".join(words)) if is_seen else None
    if draft is not None:
        forget_draft(draft, by=by, body=row["body"], writer=writer, revision=revision)
        row["uuid"] = draft
    return open_ticket(by=by, attachments=attachments, **row)


def forget_draft(
    uuid: UUID, *, by: Actor, body: str, writer: str = "", revision: int | None = None
) -> None:
    """What was said is no draft any more: inside the transaction that says it.

    Other words that another window than `writer` saved there since `revision` stay, under another
    name.
    """
    own = [uuid, uuid5(uuid, writer)] if writer else [uuid]
    rows = Draft.objects.select_for_update(of=("self",)).filter(state=Draft.State.WRITING)
    for draft in rows.filter(person_id=by.person_id, uuid__in=own):
        is_said = draft.body == normalise(body) and draft.kind != Draft.Kind.TICKET
        if draft.uuid != uuid:  # where this window's words went when they parted from it
            is_said = is_said or _goes_on(draft.body, normalise(body))
        elif revision is None or not _is_ahead(draft, writer, revision):
            is_said = True
        if is_said:
            draft.delete()
        elif draft.uuid == uuid:
            _set_aside(draft)


def drafts_of(actor: Actor, ticket: Ticket | None) -> list[Draft]:
    """A person's drafts of a ticket (None: of new ones), the newest first, in one statement."""
    if ticket is not None:
        return prepared.rows("drafts", _drafts_of, person=actor.person_id, number=ticket.pk)
    rows = Draft.objects.filter(person_id=actor.person_id, kind=Draft.Kind.TICKET)
    return list(rows.order_by("-updated_at", "-pk"))


def _drafts_of(person: int, number: int) -> QuerySet:
    rows = Draft.objects.filter(person_id=person, ticket_id=number)
    return rows.order_by("-updated_at", "-pk")


def uuid_to_say(uuid: UUID, by: Actor, body: str, writer: str = "") -> UUID | None:
    """Under which identity these words leave; None where the very same have left, or wait.

    Other words under an identity that has left come from a window that knows nothing of it.
    """
    while (sent := _words_sent(uuid, by)) is not None:
        if sent == ("", normalise(body)):
            return None
        uuid = uuid5(uuid, writer or body)
    return uuid


def free_uuid(uuid: UUID) -> UUID:
    """The same, or another one where somebody else has it."""
    is_taken = Draft.objects.filter(uuid=uuid).exists()
    return uuid4() if is_taken or Comment.objects.filter(uuid=uuid).exists() else uuid


def move_drafts(ticket: Ticket, into: Ticket) -> None:
    """Drafts follow a merged ticket to the one that goes on; what waited there is to be read."""
    waiting = Draft.objects.filter(ticket=ticket, state=Draft.State.QUEUED)
    waiting.update(
        state=Draft.State.WRITING,
        send_after=None,
        notice=_("Not sent: the ticket was merged into this one. Read on, then send."),
    )
    Draft.objects.filter(ticket=ticket).update(ticket=into)


def _own(by: Actor, uuid: UUID) -> Draft | None:
    rows = Draft.objects.select_for_update(of=("self",))
    return rows.filter(person_id=by.person_id, uuid=uuid).first()


def _words_sent(uuid: UUID, by: Actor, kind: str = Draft.Kind.REPLY) -> tuple[str, str] | None:
    """Title and body of what has left under this identity, or waits to leave."""
    if kind == Draft.Kind.TICKET:
        return Ticket.objects.visible_to(by).filter(uuid=uuid).values_list("title", "body").first()
    queued = Draft.objects.filter(uuid=uuid, person_id=by.person_id, state=Draft.State.QUEUED)
    for rows in (queued, Comment.objects.filter(uuid=uuid, author_id=by.person_id)):
        if (body := rows.values_list("body", flat=True).first()) is not None:
            return "", body
    return None


def _title(fields: dict | None) -> str:
    """The title in the form of a new ticket."""
    return one_line(parse_qs((fields or {}).get("form", "")).get("title", [""])[-1])


def _set_aside(draft: Draft) -> None:
    """Give way to what is said: the draft goes on where its window will save it next."""
    draft.uuid = free_uuid(uuid5(draft.uuid, draft.writer) if draft.writer else uuid4())
    draft.save(update_fields=["uuid"])


def _is_ahead(draft: Draft, writer: str, revision: int) -> bool:
    """Whether somebody else than this window saved the draft since."""
    return draft.revision != revision and (not writer or draft.writer != writer)


def _goes_on(before: str, after: str) -> bool:
    """Whether one is the beginning of the other: the same words at two times."""
    before, after = before.rstrip(), after.rstrip()
    return before.startswith(after) or after.startswith(before)


def _grew_from(body: str, later: str) -> bool:
    """Whether a save that comes late would take away what its window has added since."""
    return bool(body.strip()) and later != body and later.startswith(body.rstrip())


def _says(draft: Draft, body: str, fields: dict | None, files: Sequence[Attachment]) -> bool:
    kept = [one["id"] for one in draft.files]
    same_files = sorted(kept) == sorted(str(one.uuid) for one in files)
    return draft.body == body and draft.fields == (fields or {}) and same_files


def _surviving(ticket: Ticket | None, by: Actor) -> Ticket | None:
    """Where a ticket went on after merging, as far as the writer sees it."""
    while ticket is not None and ticket.merged_into_id is not None:
        heir = Ticket.objects.visible_to(by).filter(pk=ticket.merged_into_id).first()
        if heir is None:
            break
        ticket = heir
    return ticket


def _checked(body: str, recipients: list[dict] | None, fields: dict | None) -> str:
    body = normalise(body)
    if len(body) > MAX_BODY:
        raise ValidationError({"body": _("At most %(limit)s characters.") % {"limit": MAX_BODY}})
    if len(recipients or ()) > MAX_RECIPIENTS:
        words = _("At most %(limit)s recipients.") % {"limit": MAX_RECIPIENTS}
        raise ValidationError({"recipients": words})
    if len(json.dumps(fields or {})) > MAX_FIELDS:
        raise ValidationError(_("This is too much for a draft."))
    return body


def _refuse_too_many(by: Actor, ticket: Ticket | None) -> None:
    if Draft.objects.filter(person_id=by.person_id, ticket=ticket).count() >= MOST:
        words = _("There are %(limit)s drafts here already. Discard some.") % {"limit": MOST}
        raise ValidationError(words)
