"""What a person says to an operation: which tickets, and how far it may go."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from helpdesk.actor import Actor
from helpdesk.models import Ticket
from integrations.models import Connection
from integrations.operations.scope import numbers_in, tickets_of
from integrations.scope import LONGEST


class TicketsForm(forms.Form):
    """Which tickets: a query as lists have it; none means all that the connection mirrors."""

    query = forms.CharField(
        label=_("Which tickets"),
        required=False,
        max_length=LONGEST,
        help_text=_(
            "As in the address of a list, such as status=open&tag=vip. Empty: all in the scope."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, connection: Connection, actor: Actor, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.connection, self.actor = connection, actor

    def tickets(self) -> QuerySet[Ticket]:
        """The rows, once the form is valid."""
        whole = bool(self.cleaned_data.get("whole"))
        return tickets_of(self.connection, self.actor, self.cleaned_data["query"], whole=whole)

    def clean_query(self) -> str:
        text = self.cleaned_data["query"]
        try:
            tickets_of(self.connection, self.actor, text)
        except ValidationError as error:
            raise ValidationError(error.messages) from error
        return text


class DryRunForm(TicketsForm):
    ticket = forms.CharField(
        label=_("Tickets by number"),
        required=False,
        max_length=600,
        help_text=_("Such as 4817 or 4817, 4818. Their requests are shown in full."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    ask_there = forms.BooleanField(
        label=_("Read these tickets there first"),
        required=False,
        help_text=_(
            "Reads only, and counts as calls. Without it, what both sides last agreed on is taken."
        ),
    )

    field_order = ("ticket", "ask_there", "query")

    def clean_ticket(self) -> list[Ticket]:
        numbers = numbers_in(self.cleaned_data["ticket"])
        rows = Ticket.objects.visible_to(self.actor).select_related("requester", "assignee")
        found = rows.in_bulk(numbers)
        if missing := [number for number in numbers if number not in found]:
            raise ValidationError(
                _("There is no ticket %(numbers)s."),
                params={"numbers": ", ".join(f"#{number}" for number in missing)},
            )
        return [found[number] for number in dict.fromkeys(numbers)]


class BackfillForm(TicketsForm):
    whole = forms.BooleanField(
        label=_("All of the queue"),
        required=False,
        help_text=_(
            "Also what lies outside the scope, and what came by another connection or a "
            "compatible endpoint; else what lies in the scope and began here."
        ),
    )
