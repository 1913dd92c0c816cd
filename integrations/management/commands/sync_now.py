"""Exchange what is due now, without waiting for the scheduler."""

from typing import Any

from django.core.management.base import BaseCommand

from helpdesk import changes
from integrations import mirror
from integrations.models import Connection


class Command(BaseCommand):
    help = "Looks at the other side and sends what is due, on one connection or on all."

    def add_arguments(self, parser):
        parser.add_argument("connection", nargs="?", type=int, help="the id; left out: all")
        parser.add_argument("--seconds", type=float, default=60, help="at most, for each")

    def handle(self, *, connection: int | None, seconds: float, **_options: Any) -> None:
        changes.announce()
        rows = Connection.objects.filter(pk=connection) if connection else Connection.objects.all()
        for pk in rows.order_by("pk").values_list("pk", flat=True):
            mirror.look_now(pk)
            mirror.sync(pk, seconds)
        changes.announce()
