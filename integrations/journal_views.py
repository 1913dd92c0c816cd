"""The journal: searched, and each exchange on a page of its own."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from helpdesk.doors.pages import agent
from helpdesk.models import Ticket
from helpdesk.permissions import can
from integrations import console
from integrations.access import administrator, connection_of
from integrations.models import Exchange
from integrations.operations import journal
from integrations.operations.scope import numbers_in
from integrations.operations.words import in_lines

PAGE = 50
OUTCOME_WORDS = [
    ("", _("any answer")),
    ("2xx", _("well (2xx)")),
    ("3xx", _("elsewhere (3xx)")),
    ("4xx", _("refused (4xx)")),
    ("5xx", _("failed there (5xx)")),
    ("none", _("no answer")),
    ("failed", _("any failure")),
]


class SearchForm(forms.Form):
    """Everything is optional; what is wrong is said at its field and nothing is searched."""

    ticket = forms.CharField(label=_("Ticket"), required=False, max_length=20)
    outcome = forms.ChoiceField(label=_("Answer"), required=False, choices=OUTCOME_WORDS)
    method = forms.ChoiceField(
        label=_("Method"),
        required=False,
        choices=[("", _("any method")), *((name, name) for name in journal.METHODS)],
    )
    text = forms.CharField(
        label=_("Words in address or body"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    since = forms.DateTimeField(
        label=_("From"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    until = forms.DateTimeField(
        label=_("Before"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean_ticket(self) -> int | None:
        return next(iter(numbers_in(self.cleaned_data["ticket"])), None)

    def search(self, before: int | None) -> journal.Search:
        """What was entered, once the form is valid, from where a page begins."""
        said = {name: self.cleaned_data[name] for name in self.fields}
        return journal.Search(**said, before=before)


@administrator
@require_safe
def exchanges(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The journal of a connection, searched and page by page."""
    found = connection_of(uuid)
    form = SearchForm(request.GET)
    rows: list[Exchange] = []
    if form.is_valid():
        search = form.search(_number(request.GET.get("before", "")))
        rows = list(journal.searched(found, request.actor, search)[: PAGE + 1])
    parameters = request.GET.copy()
    following = None
    if len(rows) > PAGE:
        parameters["before"] = str(rows[PAGE - 1].pk)
        following = f"?{parameters.urlencode()}"
    is_capped = bool(form.data.get("text")) and form.is_valid() and journal.floor_of_words(found)
    context = {
        "connection": found,
        "service": console.service_title(found.service),
        "tab": "journal",
        "form": form,
        "is_searched": any(form.data.get(name) for name in form.fields),
        "exchanges": rows[:PAGE],
        "next": following,
        "kept_days": journal.KEPT_DAYS,
        "looked_through": journal.LOOKED_THROUGH if is_capped else None,
    }
    status = 200 if form.is_valid() else 422
    return render(request, "integrations/journal.html", context, status=status)


@agent
@require_safe
def exchange(request: HttpRequest, exchange: int) -> HttpResponse:
    """One request and its answer: for who sees its ticket; without one for who configures."""
    seen = Q(ticket__in=Ticket.objects.visible_to(request.actor))
    if can(request.actor, "configure"):
        seen |= Q(ticket=None)
    rows = Exchange.objects.filter(seen).select_related("connection", "ticket")
    found = get_object_or_404(rows, pk=exchange)
    earlier, later = journal.neighbours(found)
    context = {
        "exchange": found,
        "connection": found.connection,
        "service": console.service_title(found.connection.service),
        "sent": in_lines(found.request_body),
        "answered": in_lines(found.response_body),
        "earlier": earlier,
        "later": later,
        "may_configure": can(request.actor, "configure"),
        "kept_days": journal.KEPT_DAYS,
    }
    return render(request, "integrations/operations/exchange.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
