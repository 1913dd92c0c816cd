"""Moving messages from one ticket to another that is there already."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk import changes, search
from helpdesk.actions.base import latest
from helpdesk.actions.merging import both_locked, named
from helpdesk.actor import Actor
from helpdesk.models import Attachment, Change, Comment, Ticket, TimeSpent
from helpdesk.permissions import authorise


@transaction.atomic
def move_comments(
    ticket: Ticket, comments: Sequence[Comment], into: Ticket, *, by: Actor
) -> Ticket:
    """Move messages with their files and times to another ticket that the actor sees.

    Each keeps its author and its time. Returns the other ticket. Raises ValidationError under
    `into` and `comments`.
    """
    if ticket.pk == into.pk:
        raise ValidationError({"into": _("The messages are there already.")})
    if not Ticket.objects.visible_to(by).filter(pk=into.pk).exists():
        raise ValidationError({"into": _("There is no such ticket.")})
    ticket, into = both_locked(ticket, into)
    authorise(by, "split", ticket)
    authorise(by, "split", into)
    if into.merged_into_id:
        raise ValidationError({"into": _("That ticket was itself merged into another one.")})
    wanted = {comment.pk for comment in comments}
    rows = Comment.objects.filter(ticket=ticket, deleted_at=None, state=Comment.State.SENT)
    moved = list(rows.filter(pk__in=wanted).order_by("happened_at", "pk"))
    if not moved or len(moved) != len(wanted):
        raise ValidationError({"comments": _("Choose messages of this ticket.")})
    if any(one.is_redacted for one in moved):
        raise ValidationError({"comments": _("A redacted message stays where it is.")})
    ids = [one.pk for one in moved]
    Comment.objects.filter(pk__in=ids).update(ticket=into)
    Attachment.objects.filter(comment__in=ids).update(ticket=into)
    TimeSpent.objects.filter(comment__in=ids).update(ticket=into)
    ticket.save_changed({})
    change = changes.record(
        Change.Kind.MOVED,
        ticket,
        by=by,
        said={
            "moved_to": {"added": [named(into)], "removed": []},
            "comments": {"added": [], "removed": [{"id": pk, "words": ""} for pk in ids]},
        },
    )
    into.save_changed({}, last_activity_at=latest(into, None))
    changes.record(
        Change.Kind.GOT,
        into,
        by=by,
        said={
            "moved_from": {"added": [named(ticket)], "removed": []},
            "comments": {"added": [{"id": pk, "words": ""} for pk in ids], "removed": []},
        },
        cause=change,
    )
    search.index_all([ticket, into])
    return into
