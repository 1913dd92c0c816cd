"""What a person enters to connect StackOne."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from integrations.connector import SecretField, Setup, ThereField
from integrations.services.stackone.wire import COLLECTIONS, PROJECTS

LIVE = "https://api.stackone.com"
PREFIX = "/unified/ticketing"
REFERENCE_FIELD = "helpdesk_reference"


class StackOneSetup(Setup):
    base_url = forms.URLField(
        label=gettext_lazy("Address"),
        required=False,
        assume_scheme="https",
        initial=LIVE,
        help_text=gettext_lazy("Left out: https://api.stackone.com."),
    )
    api_key = SecretField(label=gettext_lazy("API key"))
    account_id = forms.CharField(
        label=gettext_lazy("Account id"),
        max_length=200,
        help_text=gettext_lazy("Of the linked account, sent as x-account-id."),
    )
    generation = forms.ChoiceField(
        label=gettext_lazy("Generation"),
        required=False,
        choices=[
            (PROJECTS, gettext_lazy("Projects and components")),
            (COLLECTIONS, gettext_lazy("Collections (until May 2025)")),
        ],
    )
    project = ThereField(
        label=gettext_lazy("Project or collection"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Where new tickets are made; left out, where the service decides."),
    )
    reference_field = forms.CharField(
        label=gettext_lazy("Custom field for our reference"),
        required=False,
        max_length=100,
        initial=REFERENCE_FIELD,
        help_text=gettext_lazy(
            "A unified custom field that keeps which ticket of ours it is. Without one, a ticket"
            " whose creation got no answer is looked for by its words."
        ),
    )
    poll_seconds = forms.IntegerField(
        label=gettext_lazy("Seconds between looks"), required=False, min_value=2, max_value=3600
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        address = (cleaned.get("base_url") or LIVE).rstrip("/")
        cleaned["base_url"] = address.removesuffix(PREFIX)
        cleaned["generation"] = cleaned.get("generation") or PROJECTS
        cleaned["poll_seconds"] = cleaned.get("poll_seconds") or 30
        for name in ("account_id", "project", "reference_field"):
            cleaned[name] = (cleaned.get(name) or "").strip()
        return cleaned
