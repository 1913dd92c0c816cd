"""What a person enters to connect TeamsWork."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.connector import SecretField, Setup

REGIONS = {
    "us": "https://teamswork.azure-api.net/ticketing/v1",
    "eu": "https://ticketing-apim-eu.azure-api.net/ticketing/v1",
    "au": "https://ticketing-apim-aus.azure-api.net/ticketing/v1",
}
NOBODY = "helpdesk@helpdesk.invalid"  # a reserved domain: no mail ever goes there


class TeamsWorkSetup(Setup):
    region = forms.ChoiceField(
        label=gettext_lazy("Region"),
        required=False,
        choices=[
            ("", gettext_lazy("Another address")),
            ("us", gettext_lazy("United States and global")),
            ("eu", gettext_lazy("Europe")),
            ("au", gettext_lazy("Australia")),
        ],
    )
    base_url = forms.URLField(
        label=gettext_lazy("Address"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Only without a region. It ends in /ticketing/v1."),
    )
    key = SecretField(
        label=gettext_lazy("Key"),
        help_text=gettext_lazy("The primary key, which may write. It selects the instance."),
    )
    user_email = forms.EmailField(
        label=gettext_lazy("Acts as (e-mail)"),
        required=False,
        help_text=gettext_lazy(
            "Stands for whoever has no address, and for changes of fields. On the live service"
            " somebody who works there; left out, the helpdesk itself."
        ),
    )
    user_name = forms.CharField(label=gettext_lazy("Acts as (name)"), required=False)
    timezone = forms.IntegerField(
        label=gettext_lazy("Hours from UTC"),
        required=False,
        min_value=-12,
        max_value=14,
        help_text=gettext_lazy("Decides on which day a due time falls."),
    )
    body_spelling = forms.ChoiceField(
        label=gettext_lazy("Word for updates"),
        required=False,
        choices=[("ticket", "ticket"), ("updates", "updates")],
    )
    poll_seconds = forms.IntegerField(
        label=gettext_lazy("Seconds between looks"), required=False, min_value=2, max_value=3600
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("region"):
            cleaned["base_url"] = REGIONS[cleaned["region"]]
        elif not cleaned.get("base_url") and "base_url" not in self.errors:
            self.add_error("base_url", _("Choose a region or enter an address."))
        if not cleaned.get("user_email"):
            cleaned["user_email"] = NOBODY
            cleaned["user_name"] = cleaned.get("user_name") or "Helpdesk"
        cleaned["timezone"] = cleaned.get("timezone") or 0
        cleaned["body_spelling"] = cleaned.get("body_spelling") or "ticket"
        cleaned["poll_seconds"] = cleaned.get("poll_seconds") or 10
        return cleaned
