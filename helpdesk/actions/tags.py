"""One tag in place of another, on every ticket."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import changes
from helpdesk.actions.naming import name_instead
from helpdesk.actor import Actor
from helpdesk.models import Change, Tag, Ticket
from helpdesk.models.configuration import touch
from helpdesk.permissions import authorise

BATCH = 100  # tickets a transaction


def merge_tags(tag: Tag, into: Tag, *, by: Actor) -> int:
    """Give every ticket of one tag the other instead and retire the first; returns how many.

    Each ticket records its change. Done in short transactions: interrupted, it is taken up by
    calling it again. Raises PermissionDenied, ValidationError.
    """
    authorise(by, "curate")
    if tag.pk == into.pk:
        raise ValidationError(_("A tag can't be merged into itself."))
    if into.deleted_at is not None:
        raise ValidationError(_("The tag to keep is deleted. Restore it first."))
    merged = 0
    while moved := _move_some(tag, into, by):
        merged += moved
    _finish(tag, into, by)
    return merged


@transaction.atomic
def _finish(tag: Tag, into: Tag, by: Actor) -> None:
    name_instead(tag, into, by=by)
    tag.deleted_at = tag.deleted_at or timezone.now()
    tag.save(update_fields=["deleted_at"])
    touch()


@transaction.atomic
def _move_some(tag: Tag, into: Tag, by: Actor) -> int:
    through = Ticket.tags.through
    rows = through.objects.filter(tag_id=tag.pk).order_by("ticket_id")
    ids = list(rows.values_list("ticket_id", flat=True)[:BATCH])
    tickets = list(Ticket.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    now = timezone.now()
    diffs = {}
    for ticket in tickets:
        added = [] if into.pk in ticket.tag_ids else [into.pk]
        diffs[ticket.pk] = {"tags": {"added": added, "removed": [tag.pk]}}
        ticket.tag_ids = sorted({*ticket.tag_ids, into.pk} - {tag.pk})
        ticket.version += 1
        ticket.updated_at = max(now, ticket.updated_at)
    Ticket.objects.bulk_update(tickets, ["tag_ids", "version", "updated_at"])
    through.objects.filter(tag_id=tag.pk, ticket_id__in=ids).delete()
    through.objects.bulk_create(
        (through(ticket_id=pk, tag_id=into.pk) for pk in ids), ignore_conflicts=True
    )
    changes.record_all(
        [
            changes.new_change(Change.Kind.CHANGED, ticket, by=by, fields=diffs[ticket.pk])
            for ticket in tickets
        ]
    )
    return len(ids)
