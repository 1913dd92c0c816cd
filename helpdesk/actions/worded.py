"""What canned replies and macros share: retiring, and counting the messages sent with them."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from helpdesk.actions.canned import authorise_place, replies_of
from helpdesk.actions.macros import macros_of
from helpdesk.actor import Actor
from helpdesk.models import CannedReply, Macro

MOST = 20  # counted with one message


@transaction.atomic
def retire_words(
    row: CannedReply | Macro, *, by: Actor, is_retired: bool = True
) -> CannedReply | Macro:
    """Offer a canned reply or macro no more, or again. Raises PermissionDenied."""
    row = type(row).objects.select_for_update().get(pk=row.pk)
    authorise_place(by, row.owner_id, row.team_id)
    if is_retired != (row.retired_at is not None):
        row.retired_at = timezone.now() if is_retired else None
        row.save(update_fields=["retired_at"])
    return row


def count_uses(uuids: Iterable[UUID], *, by: Actor) -> None:
    """A message went out with these canned replies and macros; unknown ones count nothing."""
    wanted = list(dict.fromkeys(uuids))[:MOST]
    if not wanted:
        return
    for rows in (replies_of(by), macros_of(by)):
        seen = rows.filter(uuid__in=wanted).values_list("pk", flat=True)
        rows.model.objects.filter(pk__in=list(seen)).update(
            uses=F("uses") + 1, used_at=timezone.now()
        )
