"""What a person enters to connect Onna."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from integrations.connector import SecretField, Setup, ThereField
from integrations.services.onna.wire import IN_DESCRIPTION, IN_TAGS

PRODUCTION = "https://api.onna.com/v1"


class OnnaSetup(Setup):
    base_url = forms.URLField(
        label=gettext_lazy("Address"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("It ends in /v1. Left empty, Onna's own."),
    )
    client_id = forms.CharField(label=gettext_lazy("Client id"))
    client_secret = SecretField(label=gettext_lazy("Client secret"))
    workspace = ThereField(
        label=gettext_lazy("Workspace"),
        required=False,
        help_text=gettext_lazy("The workspace that the folder is in."),
    )
    folder = ThereField(
        label=gettext_lazy("Folder"),
        help_text=gettext_lazy(
            "The id of the folder that the tickets go into. Onna does not list folders: copy the"
            " id from its address there."
        ),
    )
    same_ref_replaces = forms.BooleanField(
        label=gettext_lazy("The same reference replaces"),
        required=False,
        help_text=gettext_lazy(
            "Check this if a second ticket with the same reference takes the place of the first."
            " Otherwise a create whose answer was lost waits for a person."
        ),
    )
    custom_fields = forms.ChoiceField(
        label=gettext_lazy("Custom fields"),
        required=False,
        choices=[
            ("", gettext_lazy("are left out")),
            (IN_TAGS, gettext_lazy("become tags")),
            (IN_DESCRIPTION, gettext_lazy("stand at the end of the description")),
        ],
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["base_url"] = (cleaned.get("base_url") or PRODUCTION).rstrip("/")
        return cleaned
