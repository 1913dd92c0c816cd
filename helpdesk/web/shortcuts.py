"""The keys: what each does, which keys a person has chosen, the sheet and the page to change them.

A key is one sign, `space`, or `g` and a sign after it. Scripts know an action by its usual key;
of a person who chose others the page carries a map from the pressed to the usual one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.doors.pages import agent, respond
from helpdesk.web.preferences import prefer

LIST, TICKET, EVERYWHERE = "list", "ticket", "everywhere"
GROUPS = {
    EVERYWHERE: gettext_lazy("Everywhere"),
    LIST: gettext_lazy("In a list"),
    TICKET: gettext_lazy("On a ticket, or what is selected"),
}
FIRST = "g"  # begins what is pressed one after the other
SPACE = "space"  # the one key that has a name


@dataclass(frozen=True)
class Shortcut:
    """`usual` is its name, too; `press` what a page shows for it."""

    usual: str
    words: str | Promise
    group: str

    @property
    def field(self) -> str:
        return "key." + "-".join(f"{ord(one):x}" for one in self.usual)


SHORTCUTS = (
    Shortcut("/", gettext_lazy("Search"), EVERYWHERE),
    Shortcut("n", gettext_lazy("New ticket"), EVERYWHERE),
    Shortcut("g h", gettext_lazy("Go home"), EVERYWHERE),
    Shortcut("g v", gettext_lazy("Go to the views"), EVERYWHERE),
    Shortcut("g t", gettext_lazy("Go to the tickets"), EVERYWHERE),
    Shortcut("g r", gettext_lazy("Go to the reports"), EVERYWHERE),
    Shortcut("g i", gettext_lazy("Go to the notifications"), EVERYWHERE),
    Shortcut("z", gettext_lazy("Undo, while it is offered"), EVERYWHERE),
    Shortcut("?", gettext_lazy("This sheet"), EVERYWHERE),
    Shortcut("j", gettext_lazy("Next row"), LIST),
    Shortcut("k", gettext_lazy("Previous row"), LIST),
    Shortcut("o", pgettext_lazy("a row", "Open"), LIST),
    Shortcut(SPACE, gettext_lazy("Look at the row; it stays unread"), LIST),
    Shortcut("x", gettext_lazy("Select the row, or not"), LIST),
    Shortcut("J", gettext_lazy("Select on downwards"), LIST),
    Shortcut("K", gettext_lazy("Select on upwards"), LIST),
    Shortcut("u", gettext_lazy("Back to the list"), TICKET),
    Shortcut("]", gettext_lazy("Next ticket of the list"), TICKET),
    Shortcut("[", gettext_lazy("Previous ticket of the list"), TICKET),
    Shortcut("r", gettext_lazy("Reply"), TICKET),
    Shortcut("a", gettext_lazy("Reply, with the copies shown"), TICKET),
    Shortcut("f", gettext_lazy("Forward the newest public message"), TICKET),
    Shortcut("c", gettext_lazy("Note"), TICKET),
    Shortcut("s", gettext_lazy("Status"), TICKET),
    Shortcut("p", gettext_lazy("Priority"), TICKET),
    Shortcut("m", gettext_lazy("Assign; pressed twice, to me"), TICKET),
    Shortcut("t", gettext_lazy("Team"), TICKET),
    Shortcut("l", gettext_lazy("Tags"), TICKET),
    Shortcut("h", gettext_lazy("Snooze"), TICKET),
    Shortcut("e", gettext_lazy("Resolve"), TICKET),
    Shortcut("E", gettext_lazy("Resolve and open the next"), TICKET),
    Shortcut("w", gettext_lazy("Follow, or not"), TICKET),
    Shortcut(".", gettext_lazy("Copy the number"), TICKET),
)
FIXED = (
    (gettext_lazy("Ctrl or ⌘ with K"), gettext_lazy("Commands: go anywhere, do anything")),
    (gettext_lazy("Ctrl or ⌘ with Enter"), gettext_lazy("Send, or save what is written")),
    (gettext_lazy("… and Shift"), gettext_lazy("Send and open the next ticket")),
    (gettext_lazy("Esc"), gettext_lazy("Close what is open on top")),
)


def chosen_keys(preferences: Mapping) -> dict[str, str]:
    """The key of every action by its usual one; empty where there is none."""
    own = (preferences.get("keys") or {}).get("own") or {}
    return {one.usual: str(own.get(one.usual, one.usual)) for one in SHORTCUTS}


def are_off(preferences: Mapping) -> bool:
    return bool((preferences.get("keys") or {}).get("off"))


def page_keys(preferences: Mapping) -> str:
    """What the page tells its scripts: nothing for who keeps the usual keys, `off`, or a map from
    what is pressed to what it means, as JSON."""
    if are_off(preferences):
        return "off"
    keys = chosen_keys(preferences)
    changed = {usual: key for usual, key in keys.items() if usual != key}
    if not changed:
        return ""
    meant = dict.fromkeys(changed, "") | {key: usual for usual, key in changed.items() if key}
    return json.dumps(meant)


@require_safe
@agent
def sheet(request: HttpRequest) -> HttpResponse:
    """The keys as the person has them: a layer for htmx, else a page."""
    preferences = request.user.preferences
    return respond(
        request,
        "shortcuts/sheet.html",
        "layer",
        groups=_grouped(chosen_keys(preferences)),
        fixed=FIXED,
        are_off=are_off(preferences),
    )


@agent
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    """Choose other keys, or none at all; what two actions would share is refused."""
    preferences = request.user.preferences
    keys, is_off, errors = chosen_keys(preferences), are_off(preferences), {}
    if request.method == "POST" and "usual" in request.POST:
        prefer(request.user, keys={})
        messages.success(request, _("The usual keys are back"))
        return redirect("shortcuts-edit")
    if request.method == "POST":
        keys = {one.usual: _as_key(request.POST.get(one.field, "")) for one in SHORTCUTS}
        is_off, errors = "off" in request.POST, refusals(keys)
        if not errors:
            own = {usual: key for usual, key in keys.items() if usual != key}
            prefer(request.user, keys={"own": own, "off": is_off})
            messages.success(request, _("Keys saved"))
            return redirect("shortcuts-edit")
    context = {
        "groups": _grouped(keys, errors),
        "are_off": is_off,
        "errors": [
            (one, keys[one.usual], errors[one.usual]) for one in SHORTCUTS if one.usual in errors
        ],
    }
    return render(request, "shortcuts/edit.html", context, status=422 if errors else 200)


def refusals(keys: Mapping[str, str]) -> dict[str, str]:
    """Why keys cannot stay so, by the action that comes later."""
    words = {one.usual: one.words for one in SHORTCUTS}
    found: dict[str, str] = {}
    taken: dict[str, str] = {}
    for usual, key in keys.items():
        if not key:
            continue
        if not _is_key(key):
            found[usual] = _("Give one sign, “space”, “g” and a sign after it, or nothing.")
        elif key == FIRST:
            found[usual] = _("“g” begins what is pressed one after the other.")
        elif key in taken:
            said = {"key": key, "action": words[taken[key]]}
            found[usual] = _("“%(key)s” is already “%(action)s”. Choose another.") % said
        else:
            taken[key] = usual
    return found


def _as_key(text: str) -> str:
    return " ".join(text.split())[:10]


def _is_key(key: str) -> bool:
    sign = key.removeprefix(f"{FIRST} ")
    return key == SPACE or (len(sign) == 1 and sign.isprintable() and not sign.isspace())


def _grouped(keys: Mapping[str, str], errors: Mapping[str, str] | None = None) -> list[dict]:
    """`{"label", "lines"}`, where a line is an action, its key, its parts and what is wrong."""
    errors = errors or {}
    return [
        {
            "label": label,
            "lines": [
                {
                    "shortcut": one,
                    "key": keys[one.usual],
                    "parts": keys[one.usual].split(),
                    "error": errors.get(one.usual, ""),
                }
                for one in SHORTCUTS
                if one.group == group
            ],
        }
        for group, label in GROUPS.items()
    ]
