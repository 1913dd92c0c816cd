"""Compare both sides of a connection now, and say what differs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.models import Connection
from integrations.operations import checking, drift


class Command(BaseCommand):
    help = "Compares each mirrored ticket with the one there. Reads only; the report is kept."

    def add_arguments(self, parser):
        parser.add_argument("connection", type=int, help="the id")

    def handle(self, *, connection: int, **_options: Any) -> None:
        found = Connection.objects.filter(pk=connection).first()
        if found is None:
            raise CommandError(f"There is no connection {connection}.")
        if found.state != Connection.State.ACTIVE:
            raise CommandError("The connection is stopped. Resume it first.")
        if not drift.begin(found, "check_drift"):
            raise CommandError("A check is under way already.")
        checking.check(found.pk)
        found.refresh_from_db()
        state = found.drift
        for kind, count in (state.get("counts") or {}).items():
            self.stdout.write(f"{kind}: {count}")
        for words in state.get("unchecked") or []:
            self.stdout.write(words)
        if state.get("state") != "done":
            raise CommandError(state.get("error") or f"The check is {state.get('state')}.")
