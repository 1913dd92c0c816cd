"""Making one ticket of two, two of one again, and a new one of a part."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import changes, search
from helpdesk.actions.base import locked
from helpdesk.actions.drafts import move_drafts
from helpdesk.actions.opening import open_ticket
from helpdesk.actions.relations import link
from helpdesk.actions.tickets import status_fields
from helpdesk.actor import Actor
from helpdesk.models import (
    Attachment,
    Category,
    Change,
    Comment,
    Participant,
    Status,
    Ticket,
    TicketLink,
    TimeSpent,
    User,
)
from helpdesk.models.configuration import configuration
from helpdesk.permissions import authorise


@transaction.atomic
def merge(ticket: Ticket, into: Ticket, *, by: Actor) -> Ticket:
    """Move all that was said on a ticket to another one, which goes on; returns that one.

    The ticket keeps its number, is closed, and leads to the other. Its description becomes a
    message there, and its requester is copied in. `unmerge` takes all of it back.
    """
    if ticket.pk == into.pk:
        raise ValidationError({"into": _("A ticket can't be merged into itself.")})
    if not Ticket.objects.visible_to(by).filter(pk=into.pk).exists():
        raise ValidationError({"into": _("There is no such ticket.")})
    ticket, into = both_locked(ticket, into)
    authorise(by, "merge", ticket)
    authorise(by, "merge", into)
    if ticket.merged_into_id == into.pk:
        return into
    if ticket.merged_into_id:
        raise ValidationError(_("This ticket was merged already. Take that back first."))
    if into.merged_into_id:
        raise ValidationError({"into": _("That ticket was itself merged into another one.")})
    comments = list(Comment.objects.filter(ticket=ticket).order_by("pk"))
    files = list(Attachment.objects.filter(ticket=ticket).values_list("pk", flat=True))
    copy = _description_of(ticket, into, by)
    Comment.objects.filter(ticket=ticket).update(ticket=into)
    Attachment.objects.filter(ticket=ticket).update(ticket=into)
    TimeSpent.objects.filter(ticket=ticket, comment__isnull=False).update(ticket=into)
    added = _copy_in(ticket, into)
    move_drafts(ticket, into)
    diff = ticket.set_fields(_closed(ticket, into))
    ticket.save_changed(diff, merged_into=into)
    moved = [{"id": one.pk, "words": ""} for one in comments]
    change = changes.record(
        Change.Kind.MERGED,
        ticket,
        by=by,
        fields=diff,
        said={
            "merged_into": {"from": None, "to": named(into)},
            "comments": {"added": [], "removed": moved},
            "files": {"added": [], "removed": [{"id": pk, "words": ""} for pk in files]},
            "people": {"added": [], "removed": added},
        },
    )
    into.save_changed(
        {},
        last_activity_at=max(into.last_activity_at, ticket.last_activity_at),
        last_customer_at=_later(into.last_customer_at, ticket.last_customer_at),
    )
    changes.record(
        Change.Kind.TOOK_IN,
        into,
        by=by,
        said={"merged_tickets": {"added": [named(ticket)], "removed": []}},
        comment=copy,
        cause=change,
    )
    search.index_all([ticket, into])
    return into


@transaction.atomic
def unmerge(ticket: Ticket, *, by: Actor) -> Ticket:
    """Take a merge back: the ticket gets what it brought along, and the status that it had."""
    if ticket.merged_into_id is None:
        raise ValidationError(_("This ticket was not merged."))
    ticket, into = both_locked(ticket, ticket.merged_into)
    authorise(by, "merge", ticket)
    authorise(by, "merge", into)
    if ticket.merged_into_id != into.pk:
        raise ValidationError(_("Somebody else took the merge back meanwhile."))
    if into.merged_into_id:
        words = _("#%(number)s was merged as well. Take that back first.")
        raise ValidationError(words % {"number": into.pk})
    merged = ticket.changes.filter(kind=Change.Kind.MERGED).order_by("-version").first()
    said = merged.fields
    back = Comment.objects.filter(pk__in=_ids(said.get("comments")), ticket=into)
    back.update(ticket=ticket)
    Attachment.objects.filter(pk__in=_ids(said.get("files")), ticket=into).update(ticket=ticket)
    TimeSpent.objects.filter(comment__in=_ids(said.get("comments"))).update(ticket=ticket)
    people = _ids(said.get("people"))
    Participant.objects.filter(ticket=into, person__in=people, kind=Participant.Kind.CC).delete()
    _forget_copy(merged)
    diff = ticket.set_fields(_as_before(ticket, said))
    ticket.save_changed(diff, merged_into=None)
    change = changes.record(
        Change.Kind.UNMERGED,
        ticket,
        by=by,
        fields=diff,
        said={"merged_into": {"from": named(into), "to": None}},
        cause=merged,
    )
    into.save_changed({}, last_activity_at=timezone.now())
    changes.record(
        Change.Kind.GAVE_BACK,
        into,
        by=by,
        said={"merged_tickets": {"added": [], "removed": [named(ticket)]}},
        cause=change,
    )
    search.index_all([ticket, into])
    return ticket


@transaction.atomic
def split(ticket: Ticket, comments: Sequence[Comment], *, by: Actor, title: str) -> Ticket:
    """Move comments of a ticket to a new one, linked to it; returns the new one.

    The first public one becomes the new ticket's description, and its author the requester.
    """
    ticket = locked(ticket)
    authorise(by, "split", ticket)
    wanted = {comment.pk for comment in comments}
    rows = Comment.objects.filter(ticket=ticket, deleted_at=None, state=Comment.State.SENT)
    moved = list(rows.filter(pk__in=wanted).select_related("author").order_by("happened_at", "pk"))
    if not moved or len(moved) != len(wanted):
        raise ValidationError({"comments": _("Choose messages of this ticket.")})
    if any(one.is_redacted for one in moved):
        raise ValidationError({"comments": _("A redacted message stays where it is.")})
    first = next((one for one in moved if one.public), None)
    new = open_ticket(by=by, title=title, queue=ticket.queue, **_beginning(ticket, first))
    ids = [one.pk for one in moved]
    files = Attachment.objects.filter(comment__in=ids)
    if first is not None:
        files.filter(comment=first).update(ticket=new, comment=None)
        first.deleted_at = timezone.now()
        first.save(update_fields=["deleted_at"])
    files.update(ticket=new)
    TimeSpent.objects.filter(comment__in=ids).update(ticket=new)
    Comment.objects.filter(pk__in=ids).exclude(pk=first.pk if first else None).update(ticket=new)
    ticket.save_changed({}, last_activity_at=timezone.now())
    changes.record(
        Change.Kind.SPLIT,
        ticket,
        by=by,
        said={
            "split_tickets": {"added": [named(new)], "removed": []},
            "comments": {"added": [], "removed": [{"id": pk, "words": ""} for pk in ids]},
        },
    )
    link(new, ticket, by=by, kind=TicketLink.Kind.RELATED)
    search.index_all([ticket, new])
    return Ticket.objects.get(pk=new.pk)


def heir_of(ticket: Ticket) -> Ticket:
    """The ticket that goes on for one that was merged: itself, if it was not."""
    while ticket.merged_into_id:
        ticket = ticket.merged_into
    return ticket


def named(ticket: Ticket) -> dict:
    return {"id": ticket.pk, "words": f"#{ticket.pk} {ticket.title}"}


def both_locked(one: Ticket, other: Ticket) -> tuple[Ticket, Ticket]:
    """Both under lock, the lower number first: two merges in opposite directions wait in turn."""
    rows = {row.pk: locked(row) for row in sorted((one, other), key=lambda row: row.pk)}
    return rows[one.pk], rows[other.pk]


def _description_of(ticket: Ticket, into: Ticket, by: Actor) -> Comment | None:
    """The description as a message of the other ticket, at the time when it was written."""
    if not ticket.body.strip():
        return None
    author = ticket.requester
    return Comment.objects.create(
        ticket=into,
        public=True,
        body=ticket.body,
        format=ticket.body_format,
        author=author,
        author_name=(ticket.requester_name or str(author or by.name))[:200],
        channel=ticket.channel,
        origin=by.origin,
        happened_at=ticket.created_at,
        extra={"merged_from": ticket.pk},
    )


def _forget_copy(merged: Change) -> None:
    """Delete the message that a merge made of the description; its words are the ticket's own."""
    effect = merged.effects.filter(kind=Change.Kind.TOOK_IN).select_related("comment").first()
    copy = effect.comment if effect else None
    if copy is not None and copy.deleted_at is None:
        copy.deleted_at = timezone.now()
        copy.save(update_fields=["deleted_at"])


def _copy_in(ticket: Ticket, into: Ticket) -> list[dict]:
    """Let the people of a ticket take part in the other one; returns those that did not before."""
    ids = {ticket.requester_id, *ticket.participants.values_list("pk", flat=True)}
    known = {into.requester_id, into.assignee_id, *into.participants.values_list("pk", flat=True)}
    new = User.objects.filter(pk__in=ids - known - {None}).order_by("pk")
    rows = [Participant(ticket=into, person=one, kind=Participant.Kind.CC) for one in new]
    Participant.objects.bulk_create(rows, ignore_conflicts=True)
    return [{"id": one.pk, "words": str(one), "kind": "cc"} for one in new]


def _closed(ticket: Ticket, into: Ticket) -> dict:
    known = configuration()
    choices = known.statuses_in(Category.CLOSED) + known.statuses_in(Category.RESOLVED)
    words = _("Merged into #%(number)s.") % {"number": into.pk}
    return {"status": choices[0], "resolution_comment": words} if choices else {}


def _as_before(ticket: Ticket, said: dict) -> dict:
    """The status and resolution that a merge changed; the first status if that one is gone."""
    known = configuration()
    before = (said.get("status") or {}).get("from") or {"id": ticket.status_id}
    status: Status | None = known.statuses.get(before["id"])
    if status is None or status.deleted_at is not None:
        status = known.statuses[known.workflow_of(ticket.queue_id).initial_id]
    words = (said.get("resolution_comment") or {}).get("from")
    words = words if isinstance(words, str) else ""
    return status_fields(ticket, status, {"status": status, "resolution_comment": words})


def _beginning(ticket: Ticket, first: Comment | None) -> dict:
    """How a ticket that is split off begins."""
    requester, name = ticket.requester, ticket.requester_name
    if first is not None and first.author is not None and not first.author.is_agent:
        requester, name = first.author, first.author_name
    fields = {"requester": requester, "requester_name": name}
    if first is not None:
        fields |= {"body": first.body, "body_format": first.format}
    return fields


def _ids(side: dict | None) -> list[int]:
    return [one["id"] for one in (side or {}).get("removed", ())]


def _later(one, other):
    return max(filter(None, (one, other)), default=None)
