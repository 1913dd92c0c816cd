"""Look into mailboxes now, or stay at one of them."""

import time

from django.core.management.base import BaseCommand, CommandError

from helpdesk.mail.fetching import fetch
from helpdesk.models import Mailbox

STAY = 3600.0  # seconds of one session
AT_A_TIME = 55  # seconds of one wait for news
AGAIN_AFTER = 15.0  # seconds after trouble, and where a server tells no news


class Command(BaseCommand):
    help = (
        "Fetch the mail of all mailboxes once, or stay at one and take what comes at once (IMAP)."
    )

    def add_arguments(self, parser):
        parser.add_argument("--mailbox", help="its name; left out: all of them")
        parser.add_argument("--stay", action="store_true", help="until it is ended")

    def handle(self, *, mailbox: str | None, stay: bool, **options):
        rows = Mailbox.objects.exclude(protocol__in=Mailbox.HANDED_OVER).filter(paused=False)
        if mailbox:
            rows = rows.filter(name=mailbox)
        found = list(rows.select_related("queue"))
        if mailbox and not found:
            raise CommandError(f"There is no mailbox “{mailbox}” to be fetched.")
        if stay and len(found) != 1:
            raise CommandError("Name the mailbox to stay at.")
        if stay:
            self._stay(found[0])
        if errors := [said for one in found if (said := self._fetch(one))]:
            raise CommandError(" ".join(errors))

    def _stay(self, mailbox: Mailbox) -> None:
        """Trouble passes, and so does another process at the mailbox: only a pause ends it."""
        while not mailbox.paused:
            error = self._fetch(mailbox, seconds=STAY, wait=AT_A_TIME)
            if error:
                self.stderr.write(error)
            if error or mailbox.protocol != Mailbox.Protocol.IMAP:
                time.sleep(AGAIN_AFTER)
            mailbox.refresh_from_db()
        raise CommandError(f"{mailbox} is paused.")

    def _fetch(self, mailbox: Mailbox, **how) -> str:
        look = fetch(mailbox, **how)
        if look is None:
            return f"{mailbox}: another process is at it."
        if look.error:
            return f"{mailbox}: {look.error}"
        self.stdout.write(
            f"{mailbox}: new {look.stored}, known {look.known}, too large {look.too_large}"
        )
        return ""
