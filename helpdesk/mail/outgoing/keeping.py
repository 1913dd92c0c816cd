"""What outgoing mail says about itself, and what is forgotten of it."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.models import Notification, OutgoingMail, User

STUCK_AFTER = timedelta(minutes=15)
SEEN_FOR, KEPT_FOR = timedelta(days=30), timedelta(days=180)
State = OutgoingMail.State


def check_outgoing() -> tuple[bool, str]:
    """Whether mail leaves, in words, for the health page."""
    now = timezone.now()
    waiting = OutgoingMail.objects.filter(state__in=(State.WAITING, State.SENDING))
    late = waiting.filter(created_at__lt=now - STUCK_AFTER).order_by("pk").first()
    if late is not None:
        why = late.last_error or _("Is the worker running?")
        return False, _("Mail waits to be sent. %(why)s") % {"why": why}
    failed = OutgoingMail.objects.filter(
        state=State.FAILED, ended_at__gt=now - timedelta(days=1)
    ).count()
    if failed:
        words = ngettext(
            "%(count)s message could not be sent today. The ticket says why.",
            "%(count)s messages could not be sent today. The tickets say why.",
            failed,
        )
        return True, words % {"count": failed}
    return True, _("Mail leaves.")


def forget_person(person: User, address: str, name: str) -> None:
    """A forgetter: what waits for an erased person is not sent, and their address is forgotten."""
    own = OutgoingMail.objects.filter(person=person)
    if address:
        own |= OutgoingMail.objects.filter(address__iexact=address)
    own.filter(state__in=(State.WAITING, State.SENDING)).update(
        state=State.DROPPED, ended_at=timezone.now(), lease=None, leased_until=None
    )
    own.update(address="", name="", last_error="")
    Notification.objects.filter(person=person).delete()
    if name:
        Notification.objects.filter(by_name=name, change__person=person).update(by_name="")


def forget_old(batch: int = 1000) -> int:
    """Forget notifications of long ago, seen ones sooner; replies stay, with their fate."""
    now = timezone.now()
    old = Notification.objects.filter(at__lt=now - KEPT_FOR)
    old |= Notification.objects.filter(seen_at__lt=now - SEEN_FOR)
    Notification.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:batch])).delete()
    kinds = (OutgoingMail.Kind.NOTICE, OutgoingMail.Kind.PROBE)
    mails = OutgoingMail.objects.filter(kind__in=kinds, ended_at__lt=now - KEPT_FOR)
    ids = list(mails.values_list("pk", flat=True)[:batch])
    return OutgoingMail.objects.filter(pk__in=ids).delete()[0] if ids else 0
