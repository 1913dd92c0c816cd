"""Mailboxes as those who keep them see them: the one that takes a pipe, and how each of them is."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.models import Mailbox, Queue, StoredMessage

LATE_AFTER = timedelta(minutes=15)
STUCK_AFTER = timedelta(minutes=10)


def pipe_of(queue: Queue) -> Mailbox:
    """The mailbox that takes what a mail server hands over for a queue; made when first needed."""
    pipes = Mailbox.objects.filter(queue=queue, protocol=Mailbox.Protocol.PIPE)
    pipes = pipes.select_related("queue").order_by("pk")
    if (found := pipes.first()) is not None:
        return found
    address = queue.email_address or settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].strip("<> ")
    try:
        with transaction.atomic():
            return Mailbox.objects.create(
                name=_("Pipe into %(queue)s") % {"queue": queue},
                queue=queue,
                protocol=Mailbox.Protocol.PIPE,
                address=address,
            )
    except IntegrityError:
        return pipes.get()


def check_mail() -> tuple[bool, str]:
    """Whether mail comes in, in words, for the health page."""
    if not Mailbox.objects.exists():
        return True, _("No mailbox is set up.")
    now, fetched = timezone.now(), Mailbox.objects.filter(paused=False)
    fetched = fetched.exclude(protocol__in=Mailbox.HANDED_OVER)
    for mailbox in fetched.filter(failing_since__isnull=False)[:1]:
        words = _("Mailbox %(name)s can't be read: %(error)s")
        return False, words % {"name": mailbox, "error": mailbox.last_error}
    late = fetched.filter(due_at__lt=now - LATE_AFTER).first()
    if late is not None:
        words = _("Mailbox %(name)s was not looked at for a while. Is the worker running?")
        return False, words % {"name": late}
    stuck = StoredMessage.objects.filter(
        state=StoredMessage.State.STORED, stored_at__lt=now - STUCK_AFTER
    ).count()
    if stuck:
        words = ngettext(
            "%(count)s message waits to be worked on. Is the worker running?",
            "%(count)s messages wait to be worked on. Is the worker running?",
            stuck,
        )
        return False, words % {"count": stuck}
    held = StoredMessage.objects.filter(state=StoredMessage.State.QUARANTINED).count()
    return True, _("Mail comes in. In quarantine: %(count)s.") % {"count": held}
