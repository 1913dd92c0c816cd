"""Which days, queue and team a report is about, as its address says."""

from collections.abc import Mapping
from datetime import date

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from helpdesk.actor import Actor
from helpdesk.lookup import visible_queues
from helpdesk.models import Queue, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.reports.periods import Period, between, last_days

LAST = {
    "7": gettext_lazy("Last 7 days"),
    "30": gettext_lazy("Last 30 days"),
    "90": gettext_lazy("Last 90 days"),
}
USUAL = "7"
DATES = "dates"
DAYS = ("from", "to")
NO_TEAM = "none"
MOST_DAYS = 92
EARLIEST = date(1970, 1, 1)


class ReportForm(forms.Form):
    """Read from an address; all of it may be left out. A parameter it does not know is refused.

    Two dates alone are a period, too. What the actor does not see is as what does not exist.
    """

    def __init__(self, params: Mapping, actor: Actor):
        self.actor = actor
        self.queues = _queues_of(actor)
        self.teams = [one for one in configuration().teams.values() if one.deleted_at is None]
        given = params.dict() if hasattr(params, "dict") else dict(params)
        self.unknown = [name for name in given if name not in ("period", *DAYS, "queue", "team")]
        if not given.get("period"):
            given["period"] = DATES if any(given.get(name) for name in DAYS) else USUAL
        super().__init__(given, auto_id="report_%s")
        self.fields["period"] = forms.ChoiceField(
            label=_("Days"),
            choices=[*LAST.items(), (DATES, _("From … to …"))],
            required=False,
        )
        labels = (pgettext("first day", "From"), pgettext("last day", "To"))
        for name, label in zip(DAYS, labels, strict=True):
            self.fields[name] = forms.DateField(
                label=label,
                required=False,
                input_formats=["%Y-%m-%d"],
                widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            )
        queues = [(one.slug, one.name) for one in self.queues]
        teams = [(one.name, one.name) for one in self.teams]
        self.fields["queue"] = forms.ChoiceField(
            label=_("Queue"), choices=[("", _("All queues")), *queues], required=False
        )
        self.fields["team"] = forms.ChoiceField(
            label=_("Team"),
            choices=[("", _("All teams")), *teams, (NO_TEAM, _("No team"))],
            required=False,
        )

    def clean(self) -> dict:
        for name in self.unknown:
            words = _("There is no parameter “%(name)s”. Known: %(names)s.")
            names = ", ".join(self.fields)
            self.add_error(None, words % {"name": name[:60], "names": names})
        if self.cleaned_data.get("period") == DATES:
            self._clean_days()
        return self.cleaned_data

    def _clean_days(self) -> None:
        first, last = (self.cleaned_data.get(name) for name in DAYS)
        today = timezone.localdate()
        for name, day in zip(DAYS, (first, last), strict=True):
            if day is None and name not in self.errors:
                self.add_error(name, _("Choose a day."))
            elif day is not None and day > today:
                self.add_error(name, _("That day is still to come."))
            elif day is not None and day < EARLIEST:
                self.add_error(name, _("That day is too long ago."))
        if set(DAYS) & set(self.errors):
            return
        if last < first:
            self.add_error("to", _("The last day is before the first."))
        elif (last - first).days >= MOST_DAYS:
            said = {"limit": MOST_DAYS}
            self.add_error("to", _("At most %(limit)s days.") % said)

    @property
    def period(self) -> Period:
        """Of a valid form."""
        chosen = self.cleaned_data["period"]
        if chosen == DATES:
            return between(*(self.cleaned_data[name] for name in DAYS))
        return last_days(int(chosen))

    @property
    def place(self) -> dict[str, str]:
        """Queue and team, as parameters of a list."""
        said = {name: self.cleaned_data[name] for name in ("queue", "team")}
        return {name: value for name, value in said.items() if value}

    @property
    def words(self) -> dict[str, str]:
        """What is asked for, as parameters of this form."""
        chosen = self.cleaned_data["period"]
        days = {name: self.cleaned_data[name].isoformat() for name in DAYS if chosen == DATES}
        return {"period": chosen, **days, **self.place}

    def tickets(self) -> QuerySet:
        """What the actor sees of the queue and team."""
        found = Ticket.objects.visible_to(self.actor)
        if slug := self.cleaned_data["queue"]:
            found = found.filter(queue_id=next(one.pk for one in self.queues if one.slug == slug))
        if name := self.cleaned_data["team"]:
            ids = {one.name: one.pk for one in self.teams} | {NO_TEAM: None}
            found = found.filter(team_id=ids[name])
        return found


def _queues_of(actor: Actor) -> list[Queue]:
    """Retired ones, too, which have a past; no sandbox, which is no one's work."""
    return [one for one in visible_queues(actor).values() if not one.is_sandbox]
