"""Try the shipped corpus of messages against this installation; nothing of it stays."""

from django.core.management.base import BaseCommand, CommandError

from helpdesk.mail.corpus.trying import try_all
from helpdesk.models import Queue


class Command(BaseCommand):
    help = (
        "Take every message of the shipped corpus, hostile ones among them, as if it came by mail,"
        " look what becomes of it, and take it back. Numbers of tickets may be skipped by it."
    )

    def add_arguments(self, parser):
        parser.add_argument("--queue", help="the slug of a queue; left out: the default one")

    def handle(self, *, queue: str | None, verbosity: int, **options):
        queues = Queue.objects.kept().filter(is_sandbox=False)
        found = queues.filter(slug=queue) if queue else queues.filter(is_default=True)
        if (taking := found.first()) is None:
            raise CommandError(f"There is no queue “{queue or ''}”.")
        tried = failed = 0
        for case, faults in try_all(taking):
            tried, failed = tried + 1, failed + bool(faults)
            if faults or verbosity > 1:
                self.stdout.write(f"{'FAIL' if faults else 'ok  '}  {case.name}")
            for fault in faults:
                self.stdout.write(f"      {fault}")
        words = f"{tried} messages tried, {failed} did not become what they should."
        if failed:
            raise CommandError(words)
        self.stdout.write(f"{words} Nothing of them is kept.")
