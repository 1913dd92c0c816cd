"""What a person enters to connect a service through Apideck."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from integrations.connector import SecretField, Setup, ThereField

UNIFY = "https://unify.apideck.com"
TAG, LINE = "tag", "description"


class ApideckSetup(Setup):
    api_key = SecretField(
        label=gettext_lazy("API key"),
        help_text=gettext_lazy("Of the application in the Unify dashboard. It signs webhooks too."),
    )
    app_id = forms.CharField(label=gettext_lazy("Application ID"))
    consumer_id = forms.CharField(
        label=gettext_lazy("Consumer ID"),
        help_text=gettext_lazy("Whose connection is used."),
    )
    service_id = forms.CharField(
        label=gettext_lazy("Service ID"),
        required=False,
        help_text=gettext_lazy("Such as jira or github, if the consumer has several."),
    )
    base_url = forms.URLField(
        label=gettext_lazy("Address"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Left out, Apideck itself. It stands before /issue-tracking."),
    )
    collection = ThereField(
        label=gettext_lazy("Collection"),
        help_text=gettext_lazy("The project, repository or queue there."),
    )
    statuses = forms.ChoiceField(
        label=gettext_lazy("Statuses there"),
        required=False,
        choices=[
            ("", gettext_lazy("open, in progress, closed")),
            ("two", gettext_lazy("open and closed only, as on GitHub")),
        ],
    )
    reference = forms.ChoiceField(
        label=gettext_lazy("Our reference is kept"),
        required=False,
        choices=[
            (TAG, gettext_lazy("as a tag")),
            (LINE, gettext_lazy("in the last line of the description")),
            ("", gettext_lazy("not at all")),
        ],
        initial=TAG,
        help_text=gettext_lazy(
            "By it a ticket is found again whose creation got no answer. Without it, one with the "
            "same title and text is taken."
        ),
    )
    poll_seconds = forms.IntegerField(
        label=gettext_lazy("Seconds between looks"), required=False, min_value=2, max_value=3600
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["base_url"] = cleaned.get("base_url") or UNIFY
        cleaned["poll_seconds"] = cleaned.get("poll_seconds") or 30
        return cleaned
