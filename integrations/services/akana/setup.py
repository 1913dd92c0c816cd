"""What a person enters to connect an Akana portal."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.connector import SecretField, Setup, ThereField
from integrations.services.akana import comments, values

TENANT = re.compile(r"[\w-]{1,80}")
NAME = re.compile(r"[\w.@:-]{1,120}")
WATCHED, MOST_WATCHED = 500, 2000


class AkanaSetup(Setup):
    base_url = forms.URLField(
        label=gettext_lazy("Address"),
        assume_scheme="https",
        help_text=gettext_lazy("Of the portal, without /api."),
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        help_text=gettext_lazy("The portal user in whose name everything is said."),
    )
    password = SecretField(label=gettext_lazy("Password"))
    tenant = forms.CharField(
        label=gettext_lazy("Tenant"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("The end of every id there. Empty: as the sign-in says."),
    )
    api_id = ThereField(
        label=gettext_lazy("API"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("What new tickets are about. Only its tickets are mirrored."),
    )
    app_id = forms.CharField(label=gettext_lazy("App"), required=False, max_length=200)
    environment = forms.ChoiceField(
        label=gettext_lazy("Environment of new tickets"),
        required=False,
        choices=[(name, name) for name in values.ENVIRONMENTS],
    )
    wire_format = forms.ChoiceField(
        label=gettext_lazy("Format"), required=False, choices=[("json", "JSON"), ("xml", "XML")]
    )
    resolve_action = forms.CharField(
        label=gettext_lazy("Action that resolves"), required=False, max_length=120
    )
    close_action = forms.CharField(
        label=gettext_lazy("Action that closes"), required=False, max_length=120
    )
    reopen_action = forms.CharField(
        label=gettext_lazy("Action that opens again"), required=False, max_length=120
    )
    more_actions = forms.CharField(
        label=gettext_lazy("Actions to other states"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line, such as: In Progress = ticket.action.start"),
    )
    watched = forms.IntegerField(
        label=gettext_lazy("Tickets watched"),
        required=False,
        min_value=100,
        max_value=MOST_WATCHED,
        help_text=gettext_lazy(
            "The service does not tell what changed since. So many of the newest tickets are"
            " compared at each look, 500 if left empty; what changes on older ones is seen when"
            " they are exchanged or checked for drift."
        ),
    )
    poll_seconds = forms.IntegerField(
        label=gettext_lazy("Seconds between looks"), required=False, min_value=2, max_value=3600
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("base_url"):
            cleaned["base_url"] = re.sub(r"(/api)?/*$", "", cleaned["base_url"].rstrip("/"))
        if cleaned.get("tenant") and not TENANT.fullmatch(cleaned["tenant"]):
            self.add_error("tenant", _("Letters, digits, - and _ only."))
        for state, name in _FIELD_OF.items():
            cleaned[name] = cleaned.get(name) or comments.ACTIONS[state]
            if not NAME.fullmatch(cleaned[name]):
                self.add_error(name, _("The name of an action holds no spaces."))
        try:
            read_more_actions(cleaned.get("more_actions") or "")
        except ValueError as error:
            self.add_error("more_actions", str(error))
        cleaned["environment"] = cleaned.get("environment") or values.ENVIRONMENTS[0]
        cleaned["wire_format"] = cleaned.get("wire_format") or "json"
        cleaned["watched"] = cleaned.get("watched") or WATCHED
        cleaned["poll_seconds"] = cleaned.get("poll_seconds") or 60
        return cleaned


_FIELD_OF = {"RESOLVED": "resolve_action", "CLOSED": "close_action", "REOPEN": "reopen_action"}


def actions_of(setup: dict[str, Any]) -> dict[str, str]:
    """The action that leads to each state: the usual ones by `values.read_state`, others folded."""
    named = {state: setup.get(name) or comments.ACTIONS[state] for state, name in _FIELD_OF.items()}
    named["OPEN"] = named["REOPEN"]
    return named | read_more_actions(setup.get("more_actions") or "")


def read_more_actions(text: str) -> dict[str, str]:
    """State → action, of lines `State = action`. Raises ValueError for other lines."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        state, equals, action = (part.strip() for part in line.partition("="))
        if not (state and equals and NAME.fullmatch(action)):
            raise ValueError(_("“%(line)s” is not a state, = and an action.") % {"line": line[:80]})
        found[state.casefold()] = action
    return found
