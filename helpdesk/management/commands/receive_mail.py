"""Take one message from standard input: for a mail server's pipe.

Exit codes are those of sysexits.h: 0 it is stored, 65 it is too large and goes back to its sender,
67 there is no such queue, 75 try again later. Whatever else goes wrong is 75, too: a mail server
sends a message back to its sender for any code that it does not know.
"""

import logging
import sys

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from helpdesk.mail.receiving import work
from helpdesk.mail.sources import pipe_of
from helpdesk.mail.store import TooLarge, store
from helpdesk.models import Mailbox, Queue, StoredMessage

log = logging.getLogger(__name__)
TOO_LARGE, NO_QUEUE, TRY_AGAIN = 65, 67, 75


class Command(BaseCommand):
    help = "Take one message from standard input; exits with 75 if it should be tried again."

    def add_arguments(self, parser):
        parser.add_argument("--queue", help="the slug of the queue; left out: the default one")
        parser.add_argument("--mailbox", help="the name of a mailbox, instead of a queue")
        parser.add_argument("--recipient", default="", help="the envelope's recipient")

    def handle(self, *, queue: str | None, mailbox: str | None, recipient: str, **options):
        try:
            taking = self._mailbox(queue, mailbox)
            raw = sys.stdin.buffer.read(taking.max_size + 1)
            message, _is_new = store(raw, taking, envelope_to=recipient)
        except CommandError:
            raise
        except TooLarge as error:
            raise CommandError(str(error), returncode=TOO_LARGE) from error
        except Exception as error:
            log.warning("A message could not be stored: %s", error)
            raise CommandError(f"try again later: {error}", returncode=TRY_AGAIN) from error
        self._work(message)

    def _work(self, message: StoredMessage) -> None:
        """It is stored: what goes wrong from here on is the worker's, not the mail server's."""
        if message.state != StoredMessage.State.STORED:
            return
        try:
            work(message)
        except DatabaseError as error:
            log.warning("Message %s waits for the worker: %s", message.pk, error)

    def _mailbox(self, slug: str | None, name: str | None) -> Mailbox:
        if name:
            found = Mailbox.objects.select_related("queue").filter(name=name).first()
            if found is None:
                raise CommandError(f"There is no mailbox “{name}”.", returncode=NO_QUEUE)
            return found
        queues = Queue.objects.kept().filter(is_sandbox=False)
        queue = queues.filter(slug=slug).first() if slug else queues.get(is_default=True)
        if queue is None:
            slugs = ", ".join(queues.values_list("slug", flat=True))
            words = f"There is no queue “{slug}”. Queues: {slugs}."
            raise CommandError(words, returncode=NO_QUEUE)
        return pipe_of(queue)
