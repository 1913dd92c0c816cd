"""The people of a connection: who of theirs is who of ours, as an administrator says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from helpdesk.models import User
from helpdesk.text import fold
from integrations import console
from integrations.access import administrator, connection_of, read_or_write
from integrations.connector import Maps
from integrations.models import Connection, PersonLink
from integrations.remote import RemotePerson
from integrations.vocabulary_store import change_maps, description_of
from integrations.vocabulary_views import say_sent_again

SHOWN = 200


class PersonLinkForm(forms.ModelForm):
    """One of theirs, by id or address, and one of ours by address."""

    ours = forms.EmailField(label=gettext_lazy("E-mail here"))

    class Meta:
        model = PersonLink
        fields = ("remote_id", "email", "name")

    def __init__(self, connection: Connection, data: Any = None) -> None:
        super().__init__(data, instance=PersonLink(connection=connection))

    def clean_email(self) -> str:
        return fold(self.cleaned_data["email"]).strip()

    def clean_ours(self) -> str:
        address = fold(self.cleaned_data["ours"]).strip()
        found = User.objects.filter(email=address, erased_at=None, is_active=True).first()
        if found is None:
            raise ValidationError(_("Nobody here has this address."))
        self.instance.person = found
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("remote_id") and not cleaned.get("email"):
            self.add_error("remote_id", _("Enter the id or the e-mail there."))
        known = PersonLink.objects.filter(connection=self.instance.connection)
        for name in ("remote_id", "email"):
            if cleaned.get(name) and known.filter(**{name: cleaned[name]}).exists():
                self.add_error(name, _("This person is matched already. Take the match off first."))
        return cleaned


@administrator
@read_or_write
def people(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The matches that were made, everybody there, and the form that makes one."""
    found = connection_of(uuid)
    form = PersonLinkForm(found, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        link = form.save()
        say_sent_again(request, change_maps(found, lambda maps: _with(maps, link)) or 0)
        return redirect("connection-people", found.uuid)
    instance, described_at = description_of(found)
    links = list(found.person_links.select_related("person").order_by("person__name_folded", "pk"))
    context = {
        "connection": found,
        "service": console.service_title(found.service),
        "form": form,
        "links": links,
        "there": _there(instance.people[:SHOWN], links),
        "count": len(instance.people),
        "described_at": described_at,
    }
    status = 422 if form.is_bound else 200
    return render(request, "integrations/people.html", context, status=status)


@administrator
@require_POST
def part(request: HttpRequest, uuid: UUID, link: int) -> HttpResponse:
    """Take a match off: the person there is a customer or a mere name again."""
    found = connection_of(uuid)
    gone = get_object_or_404(found.person_links.select_related("person"), pk=link)
    gone.delete()
    say_sent_again(request, change_maps(found, lambda maps: _without(maps, gone)) or 0)
    return redirect("connection-people", found.uuid)


def _there(persons: tuple[RemotePerson, ...], links: list[PersonLink]) -> list[dict[str, Any]]:
    """Each person there: matched by a person, the same address here, or nobody."""
    by_id = {link.remote_id: link for link in links if link.remote_id}
    by_email = {link.email: link for link in links if link.email}
    addresses = {fold(one.email).strip() for one in persons} - {""}
    here = {user.email: user for user in User.objects.filter(email__in=addresses, erased_at=None)}
    return [
        {
            "person": one,
            "link": by_id.get(one.id) or by_email.get(fold(one.email).strip()),
            "here": here.get(fold(one.email).strip()),
        }
        for one in persons
    ]


def _with(maps: Maps, link: PersonLink) -> Maps:
    """What is sent for our person is the id there, whatever their address there is."""
    address = link.person.email
    if not link.remote_id or not address:
        return maps
    decided = {name: list(keys) for name, keys in maps.get("decided", {}).items()}
    decided["people"] = sorted({*decided.get("people", []), address})
    chosen = {**maps.get("people", {}), address: link.remote_id}
    return {**maps, "people": chosen, "decided": decided}


def _without(maps: Maps, link: PersonLink) -> Maps:
    address = link.person.email
    chosen = {
        email: remote_id
        for email, remote_id in maps.get("people", {}).items()
        if (email, remote_id) != (address, link.remote_id)
    }
    decided = {name: list(keys) for name, keys in maps.get("decided", {}).items()}
    decided["people"] = [one for one in decided.get("people", []) if one != address]
    return {**maps, "people": chosen, "decided": decided}
