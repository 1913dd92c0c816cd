"""Connecting a service: choosing it, entering its Setup, trying it out, replacing a secret."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from integrations import asking, console, mirror
from integrations.access import administrator, client_or_404, connection_of, read_or_write
from integrations.carried import carried, carry
from integrations.connector import Connector, ConnectorError, Setup
from integrations.forms import (
    SETUP,
    ConnectionForm,
    SecretsForm,
    entered,
    mark_kept,
    offer,
    refuse_to_send_elsewhere,
    refuse_unreachable,
    setup_form,
    there_names,
)
from integrations.models import Connection

Said = tuple[bool, str]  # whether it went well, and words


@administrator
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Which service to connect to."""
    return render(request, "integrations/choose.html", {"services": console.services()})


@administrator
@read_or_write
def new(request: HttpRequest, service: str) -> HttpResponse:
    client = client_or_404(service)
    fresh = Connection(service=service, created_by=request.user, name=client.title)
    return _edit(request, Entry(request, fresh, client))


@administrator
@read_or_write
def edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = connection_of(uuid)
    return _edit(request, Entry(request, found, client_or_404(found.service)))


@administrator
@read_or_write
def secret(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Put a new secret in the place of the old one, which is in use until the new one works."""
    found = connection_of(uuid)
    client = client_or_404(found.service)
    if not client.Setup.secret_names():
        raise Http404
    form = SecretsForm(client, request.POST if request.method == "POST" else None)
    said = None
    if form.is_bound and form.is_valid():
        said = _replaced(found, client, form.cleaned_data)
        if said[0]:
            messages.success(request, said[1])
            return redirect("connection", found.uuid)
    context = {"connection": found, "service": client.title, "form": form, "said": said}
    status = 422 if form.errors or said else 200
    return render(request, "integrations/secret.html", context, status=status)


@dataclass
class Entry:
    """One round of the form: what was typed now, and what a round before carries along."""

    request: HttpRequest
    connection: Connection
    client: type[Connector]

    def __post_init__(self) -> None:
        self.about = f"{self.client.__module__} {self.connection.pk or 'new'}"
        typed = self.request.POST if self.request.method == "POST" else None
        self.before = self._carried(typed) if typed is not None else {}
        self.data = self._with_secrets(typed) if typed is not None else None
        self.choices: dict[str, list] = dict(self.before.get("choices", {}))

    @cached_property
    def stored(self) -> dict[str, Any]:
        return entered(self.connection)[0]

    @cached_property
    def looked_up(self) -> str:
        """The field whose choices are asked for, "" if none are."""
        name = (self.data or {}).get("look_up", "")
        return name if name in there_names(self.client) else ""

    @property
    def typed_secrets(self) -> dict[str, str]:
        names = self.client.Setup.secret_names()
        said = {name: (self.data or {}).get(f"{SETUP}-{name}") for name in names}
        return {name: value for name, value in said.items() if value}

    def hidden(self) -> str:
        content = {"secrets": self.typed_secrets, "choices": self.choices}
        return carry(content, person_id=self.request.user.pk, about=self.about)

    def with_choices(self, setup: Setup) -> Setup:
        for name, options in self.choices.items():
            if name in setup.fields:
                offer(setup, name, [tuple(option) for option in options])
        return setup

    def as_typed(self) -> dict[str, Any]:
        """Every value that was typed, but secrets, to be shown again without a judgement."""
        names = [name for name in self.client.Setup.base_fields if name not in self.typed_secrets]
        unbound = self.client.Setup(prefix=SETUP)
        return {
            name: unbound.fields[name].widget.value_from_datadict(self.data, {}, f"{SETUP}-{name}")
            for name in names
        }

    def _carried(self, typed: QueryDict) -> dict[str, Any]:
        text = typed.get("carried", "")
        return carried(text, person_id=self.request.user.pk, about=self.about)

    def _with_secrets(self, typed: QueryDict) -> QueryDict:
        data = typed.copy()
        for name, value in self.before.get("secrets", {}).items():
            if not data.get(f"{SETUP}-{name}"):
                data[f"{SETUP}-{name}"] = value
        return data


def _edit(request: HttpRequest, entry: Entry) -> HttpResponse:
    if entry.looked_up:
        return _looked_up(request, entry)
    found, client, data = entry.connection, entry.client, entry.data
    form = ConnectionForm(data, instance=found)
    setup = entry.with_choices(setup_form(client, found, data))
    said = None
    if data is not None and _are_valid(form, setup, entry):
        found = form.save(commit=False)
        found.enter(setup.cleaned_data, client.Setup.secret_names())
        if "test" not in data:
            return _saved(request, found)
        said = _tested(found)
    return _form(request, entry, form, setup, said)


def _are_valid(form: ConnectionForm, setup: Setup, entry: Entry) -> bool:
    are_valid = [form.is_valid(), setup.is_valid()]
    refuse_to_send_elsewhere(setup, entry.stored)
    refuse_unreachable(setup)
    return all(are_valid) and not setup.errors


def _looked_up(request: HttpRequest, entry: Entry) -> HttpResponse:
    """Ask the service what can be chosen; what was typed stays as it is, wrong or not."""
    setup = setup_form(entry.client, entry.connection, entry.data)
    for name in there_names(entry.client):
        setup.fields[name].required = False
    setup.is_valid()
    refuse_to_send_elsewhere(setup, entry.stored)
    refuse_unreachable(setup)
    said = None
    if not setup.errors:
        asked = copy.copy(entry.connection)
        asked.enter(setup.cleaned_data, entry.client.Setup.secret_names())
        said = _choices_of(asked, entry)
        setup = setup_form(entry.client, entry.connection, initial=entry.as_typed())
    values = {name: entry.data.get(name) for name in ConnectionForm.Meta.fields}
    form = ConnectionForm(initial=values, instance=entry.connection)
    return _form(request, entry, form, entry.with_choices(setup), said)


def _choices_of(asked: Connection, entry: Entry) -> Said:
    name = entry.looked_up
    try:
        found, is_all = asking.look_up(asked, name)
    except ConnectorError as error:
        return False, error.message
    entry.choices[name] = [[option.key, option.text or option.key] for option in found]
    label = entry.client.Setup.base_fields[name].label
    if not found:
        return False, _("%(field)s: the service has nothing to choose from.") % {"field": label}
    words = (
        _("%(field)s: choose one of %(count)s.")
        if is_all
        else _(
            "%(field)s: these are the first %(count)s. If yours is missing, enter its id by hand."
        )
    )
    return True, words % {"field": label, "count": len(found)}


def _form(
    request: HttpRequest, entry: Entry, form: ConnectionForm, setup: Setup, said: Said | None
) -> HttpResponse:
    found = entry.connection
    mark_kept(setup, entry.typed_secrets)
    context = {
        "connection": found,
        "service": entry.client.title,
        "form": form,
        "setup": setup,
        "carried": entry.hidden(),
        "there": there_names(entry.client),
        "looked_up": entry.looked_up,
        "said": said,
        "is_lost": bool(found.pk) and entered(found)[1],
        "has_secrets": bool(found.pk) and bool(entry.client.Setup.secret_names()),
        "abilities": console.abilities(entry.client),
    }
    is_wrong = (form.is_bound and form.errors) or setup.errors
    return render(request, "integrations/form.html", context, status=422 if is_wrong else 200)


def _saved(request: HttpRequest, found: Connection) -> HttpResponse:
    is_new = found.pk is None
    found.save(force_insert=True) if is_new else _save_changed(found)
    words = _("%(name)s is connected.") if is_new else _("%(name)s is saved.")
    messages.success(request, words % {"name": found.name})
    if found.state != Connection.State.PAUSED:
        console.resume(found)
        mirror.nudge()
    return redirect("connection", found.uuid)


def _save_changed(found: Connection) -> None:
    """Only what the page shows: a worker writes the other columns meanwhile."""
    found.save(update_fields=[*ConnectionForm.Meta.fields, "setup", "credentials"])


def _tested(found: Connection) -> Said:
    try:
        return True, asking.try_out(found)
    except ConnectorError as error:
        return False, error.message


def _replaced(found: Connection, client: type[Connector], typed: dict[str, Any]) -> Said:
    """Try the new secret; only if the service takes it, it replaces the old one."""
    before = found.credentials
    stored, _is_lost = entered(found)
    fresh = copy.copy(found)
    new_ones = {name: value for name, value in typed.items() if value}
    fresh.enter({**stored, **new_ones}, client.Setup.secret_names())
    is_well, words = _tested(fresh)
    if not is_well:
        return False, words
    rows = Connection.objects.filter(pk=found.pk, credentials=before)
    if not rows.update(credentials=fresh.credentials):
        return False, _("Somebody else replaced it meanwhile. Try again.")
    if found.state != Connection.State.PAUSED:
        console.resume(found)
        mirror.nudge()
    return True, _("%(words)s The new secret is in use.") % {"words": words}
