"""One's own preferences: name, language and zone, and how the workspace looks."""

from functools import cache
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk import actions
from helpdesk.actions.sending import HOLDS
from helpdesk.doors.pages import agent, local_path, put_errors
from helpdesk.models import User

YEAR = 31_536_000
THEMES = [
    ("", _("As the system")),
    ("light", _("Light")),
    ("dark", _("Dark")),
    ("contrast", _("High contrast")),
]
DENSITIES = [("", _("Comfortable")), ("compact", _("Compact"))]
LAYOUTS = [("table", _("Table")), ("split", _("Split: the list beside the ticket"))]
PROFILE = ("name", "locale", "timezone")


class PreferencesForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=200, widget=forms.TextInput({"autocomplete": "name"})
    )
    locale = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=lambda: [("", _("As the browser asks")), *settings.LANGUAGES],
    )
    timezone = forms.ChoiceField(label=_("Time zone"), required=False, choices=lambda: _zones())
    theme = forms.ChoiceField(
        label=_("Theme"), required=False, choices=THEMES, widget=forms.RadioSelect
    )
    density = forms.ChoiceField(
        label=_("Density"), required=False, choices=DENSITIES, widget=forms.RadioSelect
    )
    undo_send = forms.TypedChoiceField(
        label=_("Undo sending within"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=lambda: [(str(one), _seconds(one)) for one in HOLDS],
    )
    layout = forms.ChoiceField(
        label=_("Ticket list"), required=False, choices=LAYOUTS, widget=forms.RadioSelect
    )


@agent
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    person = request.user
    form = PreferencesForm(request.POST or None, initial=_initial(request))
    if not form.is_valid():
        return _page(request, form)
    try:
        actions.change_person(
            person, by=request.actor, **{name: form.cleaned_data[name] for name in PROFILE}
        )
    except ValidationError as error:
        put_errors(form, error)
        return _page(request, form)
    chosen = {"density": form.cleaned_data["density"]}
    chosen["layout"] = form.cleaned_data["layout"] or "table"
    if form.cleaned_data["undo_send"] is not None:
        chosen["undo_send"] = form.cleaned_data["undo_send"]
    prefer(person, **chosen)
    with translation.override(form.cleaned_data["locale"] or translation.get_language()):
        messages.success(request, translation.gettext("Preferences saved"))
    return _remember_theme(redirect("preferences"), form.cleaned_data["theme"])


@agent
@require_POST
def layout(request: HttpRequest) -> HttpResponse:
    """Switch between table and split, and return to the list as it was."""
    if request.POST.get("layout") in dict(LAYOUTS):
        prefer(request.user, layout=request.POST["layout"])
    return redirect(local_path(request, request.POST.get("next"), "/tickets/"))


@agent
@require_POST
def timeline(request: HttpRequest) -> HttpResponse:
    """Turn the timeline round, and return to the ticket."""
    if request.POST.get("order") in ("newest", "oldest"):
        prefer(request.user, timeline=request.POST["order"])
    return redirect(local_path(request, request.POST.get("next"), "/tickets/"))


def prefer(person: User, **choices) -> None:
    """Store a person's own choices beside the others."""
    stored = {**person.preferences, **choices}
    if stored != person.preferences:
        person.preferences = stored
        person.save(update_fields=["preferences"])


def _page(request: HttpRequest, form: PreferencesForm) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "preferences/edit.html", {"form": form}, status=status)


def _initial(request: HttpRequest) -> dict:
    person = request.user
    return {
        **{name: getattr(person, name) for name in PROFILE},
        "theme": request.COOKIES.get("theme", ""),
        "density": person.preferences.get("density", ""),
        "layout": person.preferences.get("layout", "table"),
        "undo_send": person.preferences.get("undo_send", settings.UNDO_SEND_SECONDS),
    }


def _remember_theme(response: HttpResponse, theme: str) -> HttpResponse:
    """The theme belongs to the browser: the sign-in page has it too."""
    if theme:
        response.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", secure=settings.SECURE)
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


def _seconds(count: int) -> str:
    return ngettext("%(count)s second", "%(count)s seconds", count) % {"count": count}


@cache
def _zones() -> list[tuple[str, str]]:
    """Time zones as choices: the places first, by region."""
    places = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith("Etc/")
    )
    named = [(name, name.replace("_", " ")) for name in places]
    return [("", _("As the helpdesk")), ("UTC", "UTC"), *named]
