"""What an administrator enters about a connection, beside its service's own `Setup`."""

from __future__ import annotations

from typing import Any

from django import forms

from helpdesk.encryption import LostKey
from helpdesk.models import Queue
from integrations.connector import Connector, Setup
from integrations.models import Connection

SETUP = "setup"  # prefix of the service's own fields


class ConnectionForm(forms.ModelForm):
    class Meta:
        model = Connection
        fields = (
            "name",
            "queue",
            "direction",
            "scope",
            "winner",
            "on_delete",
            "calls_per_minute",
        )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["queue"].queryset = Queue.objects.kept().order_by("position", "name_folded")
        self.fields["queue"].empty_label = None
        self.fields["name"].widget.attrs["maxlength"] = 120
        self.fields["calls_per_minute"].min_value = 1
        self.fields["calls_per_minute"].widget.attrs["min"] = 1


def setup_form(client: type[Connector], connection: Connection, data: Any = None) -> Setup:
    """The service's form with what was entered before. Secrets are kept, never shown."""
    stored, _is_lost = entered(connection)
    return client.Setup(data, stored=stored, prefix=SETUP)


def entered(connection: Connection) -> tuple[dict[str, Any], bool]:
    """What was entered, and whether its credentials can't be read any more."""
    try:
        return connection.entered, False
    except LostKey:
        return dict(connection.setup), True
