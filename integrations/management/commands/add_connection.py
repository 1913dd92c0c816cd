"""Connect a service from a script: the same form as on the page."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpdesk.models import Queue
from integrations import mirror
from integrations.connecting import client_of
from integrations.connector import ConnectorError, Setup
from integrations.models import Connection


class Command(BaseCommand):
    help = "Connects a queue to another service and prints the connection's id."

    def add_arguments(self, parser):
        parser.add_argument("service", help="the name of the service, such as teamswork")
        parser.add_argument("--queue", required=True, help="the slug of the queue")
        parser.add_argument("--name", default="", help="left out: the service's own name")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a field of the service's form, such as key=…; may be repeated",
        )
        parser.add_argument("--direction", choices=Connection.Direction.values, default="both")
        parser.add_argument("--winner", choices=Connection.Winner.values, default="later")
        parser.add_argument("--on-delete", choices=Connection.OnDelete.values, default="unlink")
        parser.add_argument(
            "--calls-per-minute", type=int, help="left out: the service's own limit"
        )
        parser.add_argument("--backfill", action="store_true", help="send earlier tickets too")

    def handle(self, *, service: str, queue: str, **options: Any) -> None:
        found = Queue.objects.kept().filter(slug=queue).first()
        if found is None:
            known = ", ".join(Queue.objects.kept().values_list("slug", flat=True))
            raise CommandError(f"There is no queue {queue!r}. Known: {known}.")
        calls = options["calls_per_minute"]
        if calls is not None and calls < 1:
            raise CommandError("--calls-per-minute: at least 1.")
        connection = Connection(
            service=service,
            queue=found,
            direction=options["direction"],
            winner=options["winner"],
            on_delete=options["on_delete"],
            calls_per_minute=calls,
        )
        try:
            client = client_of(connection)
        except ConnectorError as error:
            raise CommandError(error.message) from error
        connection.name = (options["name"] or client.title)[:120]
        cleaned = self._cleaned(client.Setup, options["set"])
        connection.enter(cleaned, client.Setup.secret_names())
        connection.save()
        if options["backfill"]:
            mirror.backfill(connection)
        mirror.nudge()
        self.stdout.write(str(connection.pk))

    def _cleaned(self, setup: type[Setup], pairs: list[str]) -> dict[str, Any]:
        entered: dict[str, str] = {}
        for pair in pairs:
            name, equals, value = pair.partition("=")
            if not equals or name not in setup.base_fields:
                known = ", ".join(setup.base_fields)
                raise CommandError(f"--set {name}: write name=value. Known: {known}.")
            entered[name] = value
        form = setup(entered)
        if not form.is_valid():
            errors = form.errors.items()
            raise CommandError("\n".join(f"{name}: {' '.join(words)}" for name, words in errors))
        return form.cleaned_data
