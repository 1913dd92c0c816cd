"""Begin a backfill: send tickets that were here before the connection was."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from helpdesk.actor import system
from integrations.models import Connection
from integrations.operations import backfill
from integrations.operations.scope import tickets_of


class Command(BaseCommand):
    help = "Begins a backfill, or says how far it is. The workers send; live changes go first."

    def add_arguments(self, parser):
        parser.add_argument("connection", type=int, help="the id")
        parser.add_argument("--query", default="", help="such as status=open&tag=vip")
        parser.add_argument("--all", action="store_true", help="all of the queue, not its scope")
        parser.add_argument("--status", action="store_true", help="only say how far it is")

    def handle(self, *, connection: int, query: str, status: bool, **options: Any) -> None:
        found = Connection.objects.filter(pk=connection).first()
        if found is None:
            raise CommandError(f"There is no connection {connection}.")
        if not status:
            self._begin(found, query, whole=options["all"])
            found.refresh_from_db()
        progress = backfill.progress_of(found)
        if progress is None:
            self.stdout.write("No backfill was begun.")
            return
        self.stdout.write(
            f"{progress.state}: {progress.done} of {progress.total} done, {progress.left} left, "
            f"{progress.failed} failed, {progress.skipped} came from elsewhere"
        )

    def _begin(self, connection: Connection, query: str, *, whole: bool) -> None:
        if not connection.sends:
            raise CommandError("This connection only receives.")
        if backfill.is_open(connection):
            raise CommandError("A backfill is under way already.")
        try:
            rows = tickets_of(connection, system("admin"), query, whole=whole)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        backfill.begin(connection, rows, by="backfill", query=query, whole=whole)
