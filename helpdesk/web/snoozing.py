"""Putting a ticket aside from its page, and taking it up again."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods

from helpdesk import actions
from helpdesk.doors.pages import agent, put_errors, wants_fragment
from helpdesk.permissions import authorise
from helpdesk.templatetags.look import day
from helpdesk.web.forms.properties import MomentField
from helpdesk.web.ticket_page import done, ticket_or_404

MORNING = time(9)
MONDAY = 0


@dataclass(frozen=True)
class Preset:
    words: str
    at: datetime

    @property
    def value(self) -> str:
        return self.at.isoformat(timespec="minutes")


class SnoozeForm(forms.Form):
    """A moment: one of the presets, or as it is typed in the person's zone."""

    until = MomentField(label=gettext_lazy("Until"))


def presets(now: datetime | None = None) -> list[Preset]:
    """The usual moments in the zone of the person, none of them twice."""
    now = timezone.localtime(now).replace(second=0, microsecond=0)
    soon = now + timedelta(hours=3)
    soon -= timedelta(minutes=soon.minute % 5)
    to_monday = (MONDAY - now.weekday()) % 7 or 7
    found = [
        Preset(_("In 3 hours"), soon),
        Preset(_("Tomorrow morning"), _morning(now, 1)),
        Preset(pgettext("snooze", "Monday morning"), _morning(now, to_monday)),
        Preset(_("In two weeks"), _morning(now, 14)),
        Preset(_("In a month"), _morning(now, 30)),
    ]
    return list({one.at: one for one in found}.values())


def _morning(now: datetime, days: int) -> datetime:
    """Nine o'clock of a day to come, whatever the clock does between."""
    return timezone.make_aware(datetime.combine(now.date() + timedelta(days=days), MORNING))


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def snooze(request: HttpRequest, number: int) -> HttpResponse:
    """Snooze with `until`, wake with `wake=1`; the choices as a page of their own with GET."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "change", ticket)
    by = request.actor.in_set(uuid4())
    if request.POST.get("wake") == "1":
        actions.wake(ticket, by=by)
        return done(request, number, _("The ticket is awake."), undo=by.change_set)
    form = SnoozeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            ticket = actions.snooze(ticket, by=by, until=form.cleaned_data["until"])
        except ValidationError as error:
            put_errors(form, error)
        else:
            words = _("Snoozed until %(time)s.") % {"time": day(ticket.snoozed_until)}
            return done(request, number, words, undo=by.change_set)
    context = {"ticket": ticket, "form": form, "presets": presets()}
    is_part = wants_fragment(request)
    template = "tickets/snooze-menu.html" if is_part else "tickets/snooze.html"
    response = render(request, template, context, status=422 if form.is_bound else 200)
    if is_part:
        response["HX-Retarget"], response["HX-Reswap"] = "#snooze-menu", "innerHTML"
    patch_vary_headers(response, ["HX-Request"])
    return response
