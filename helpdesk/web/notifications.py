"""What a person is told: the bell, its list, and what they want to be told of."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.actions.notice_times import DAILY, HOURLY, MAIL, NOW, WEB, clock, ways, wishes
from helpdesk.actions.notifying import see
from helpdesk.actor import Actor
from helpdesk.doors.pages import agent
from helpdesk.models import Notification, Ticket, User
from helpdesk.web.preferences import prefer

SHOWN = 100
COUNTED = 99  # more are told as “99+”
Reason = Notification.Reason
WAYS = [(WEB, gettext_lazy("Here")), (MAIL, gettext_lazy("By mail"))]
REASONS = {
    Reason.MENTIONED: gettext_lazy("I am mentioned"),
    Reason.MINE: gettext_lazy("It is assigned to me"),
    Reason.FOLLOWED: gettext_lazy("I follow it"),
    Reason.UNASSIGNED: gettext_lazy("It is nobody's, in a queue of mine"),
}
DIGESTS = [
    (NOW, gettext_lazy("At once")),
    (HOURLY, gettext_lazy("Together, every hour")),
    (DAILY, gettext_lazy("Together, every morning at eight")),
]


class WishesForm(forms.Form):
    """Which way for which reason, when mail comes, and when none does."""

    digest = forms.ChoiceField(
        label=gettext_lazy("Mail comes"), choices=DIGESTS, widget=forms.RadioSelect
    )
    quiet_from = forms.TimeField(
        label=gettext_lazy("No mail from"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("In your time zone. Empty: at any time."),
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("until"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for reason, words in REASONS.items():
            self.fields[str(reason)] = forms.MultipleChoiceField(
                label=words, choices=WAYS, required=False, widget=forms.CheckboxSelectMultiple
            )

    @property
    def reasons(self) -> list:
        return [self[str(reason)] for reason in REASONS]

    def clean(self):
        said = super().clean()
        if bool(said.get("quiet_from")) != bool(said.get("quiet_until")) and not self.errors:
            words = _("Say when it begins and when it ends, or neither.")
            self.add_error("quiet_until", words)
        return said

    def chosen(self) -> dict:
        """As `preferences["notify"]` holds it."""
        said = self.cleaned_data
        found = {str(reason): said[str(reason)] for reason in REASONS}
        found["digest"] = said["digest"]
        if said["quiet_from"]:
            found["quiet"] = [f"{said[name]:%H:%M}" for name in ("quiet_from", "quiet_until")]
        return found


@require_safe
@agent
def listed(request: HttpRequest) -> HttpResponse:
    """What happened, newest first, as far as the reader still sees it."""
    rows = _told(request.actor).select_related("ticket", "comment").order_by("-pk")
    found = list(rows[:SHOWN])
    context = {"notifications": found, "has_unseen": any(one.seen_at is None for one in found)}
    return render(request, "notifications/list.html", context)


@require_safe
@agent
def count(request: HttpRequest) -> HttpResponse:
    """How many are unseen, for the bell; 204 if it shows that already."""
    rows = Notification.objects.filter(person_id=request.actor.person_id, seen_at=None, on_web=True)
    number = len(rows.values_list("pk", flat=True)[: COUNTED + 1])
    if request.GET.get("shown") == str(number):
        return HttpResponse(status=204)
    words = f"{COUNTED}+" if number > COUNTED else str(number)
    context = {"number": number, "words": words}
    return render(request, "notifications/bell.html", context)


@require_POST
@agent
def seen(request: HttpRequest) -> HttpResponse:
    """Everything was seen."""
    see(request.actor.person_id)
    return redirect("notifications")


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def settings_page(request: HttpRequest) -> HttpResponse:
    form = WishesForm(request.POST if request.method == "POST" else None, initial=_chosen(request))
    if form.is_valid():
        prefer(request.user, notify=form.chosen())
        messages.success(request, _("What you are told of is saved."))
        return redirect("notification-settings")
    status = 422 if form.errors else 200
    return render(request, "notifications/settings.html", {"form": form}, status=status)


def _told(actor: Actor):
    visible = Ticket.objects.visible_to(actor).order_by().values("pk")
    rows = Notification.objects.filter(person_id=actor.person_id, on_web=True)
    return rows.filter(ticket__in=visible)


def _chosen(request: HttpRequest) -> dict:
    person: User = request.user
    said = wishes(person)
    quiet = said.get("quiet") or [None, None]
    return {
        **{str(reason): ways(person, reason) for reason in REASONS},
        "digest": said.get("digest", NOW),
        "quiet_from": clock(quiet[0]),
        "quiet_until": clock(quiet[1]),
    }
