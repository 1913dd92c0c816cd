"""What an administrator enters about a connection, beside its service's own `Setup`."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _

from helpdesk.encryption import LostKey
from helpdesk.models import Queue
from helpdesk.reach import why_unreachable
from integrations.connector import Connector, SecretField, Setup, ThereField
from integrations.models import Connection

SETUP = "setup"  # prefix of the service's own fields
NO_CHOICE = ""


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
        queues = Queue.objects.kept().filter(Q(is_sandbox=False) | Q(pk=self.instance.queue_id))
        self.fields["queue"].queryset = queues.order_by("position", "name_folded")
        self.fields["queue"].empty_label = None
        self.fields["name"].widget.attrs["maxlength"] = 120
        self.fields["calls_per_minute"].min_value = 1
        self.fields["calls_per_minute"].widget.attrs["min"] = 1


class SecretsForm(forms.Form):
    """The credentials of a service alone, to replace the ones in use. One at least is entered."""

    def __init__(self, client: type[Connector], data: Any = None) -> None:
        super().__init__(data, prefix=SETUP)
        for name in client.Setup.secret_names():
            field = copy.deepcopy(client.Setup.base_fields[name])
            field.required = False
            self.fields[name] = field

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(cleaned.values()) and not self.errors:
            raise forms.ValidationError(_("Enter what is to take the place of the present one."))
        return cleaned


def setup_form(
    client: type[Connector], connection: Connection, data: Any = None, **options: Any
) -> Setup:
    """The service's form with what was entered before. Secrets are kept, never shown."""
    stored, _is_lost = entered(connection)
    return client.Setup(data, stored=stored, prefix=SETUP, **options)


def entered(connection: Connection) -> tuple[dict[str, Any], bool]:
    """What was entered, and whether its credentials can't be read any more."""
    try:
        return connection.entered, False
    except LostKey:
        return dict(connection.setup), True


def there_names(client: type[Connector]) -> tuple[str, ...]:
    """The fields whose values are ids there."""
    declared = client.Setup.base_fields.items()
    return tuple(name for name, field in declared if isinstance(field, ThereField))


def offer(setup: Setup, name: str, options: Iterable[tuple[str, str]]) -> None:
    """Let a field be chosen from what was looked up; what it holds stays among it."""
    field = setup.fields[name]
    choices = [(NO_CHOICE, "–"), *options]
    now = str(setup[name].value() or "")
    if now and now not in {key for key, _text in choices}:
        choices.append((now, now))
    field.widget = forms.Select(choices=choices)
    field.widget.is_required = field.required


def mark_kept(setup: Setup, typed: Iterable[str]) -> None:
    """Say at each credential that there is one, stored or just typed, though it is not shown."""
    for name in setup.secret_names():
        if name in typed or setup.stored.get(name):
            words = _("typed, kept for this form") if name in typed else _("stored")
            setup.fields[name].required = False
            setup.fields[name].widget.attrs["placeholder"] = words


def refuse_to_send_elsewhere(setup: Setup, stored: dict[str, Any]) -> None:
    """A stored credential goes to the host it was entered for; for another it is asked again."""
    cleaned = getattr(setup, "cleaned_data", {})
    addresses = [name for name, field in setup.fields.items() if isinstance(field, forms.URLField)]
    moved = [
        name
        for name in addresses
        if stored.get(name) and _host(cleaned.get(name)) != _host(stored[name])
    ]
    if not moved:
        return
    for name, field in setup.fields.items():
        is_kept = not setup.data.get(setup.add_prefix(name)) and stored.get(name)
        if isinstance(field, SecretField) and is_kept:
            setup.add_error(name, _("Enter it again: it was stored for another address."))


def refuse_unreachable(setup: Setup) -> None:
    """An address that is private by its very writing is refused where it is entered."""
    cleaned = getattr(setup, "cleaned_data", {})
    for name, field in setup.fields.items():
        if not isinstance(field, forms.URLField) or not cleaned.get(name):
            continue
        if words := why_unreachable(urlsplit(cleaned[name]).hostname or ""):
            setup.add_error(name, words)


def _host(address: Any) -> tuple[str, str]:
    """With its scheme: what was entered for https is not sent in the clear."""
    parts = urlsplit(str(address or ""))
    return parts.scheme.casefold(), parts.netloc.casefold()
