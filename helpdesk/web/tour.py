"""The tour of the workspace: five short steps, on the home page until they are read or skipped.

What has been read is kept with the person. It lies in the page like everything else: nothing is
covered, and nothing must be answered.
"""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from helpdesk.doors.pages import agent, wants_fragment
from helpdesk.lookup import number_of
from helpdesk.web.preferences import prefer

DONE = "done"


@dataclass(frozen=True)
class Step:
    title: str | Promise
    words: str | Promise
    url: str
    action: str | Promise
    sign: str
    keys: tuple[str, ...] = ()


STEPS = (
    Step(
        _("Lists are views of the tickets"),
        _("Begin with what is yours or has no owner. Chips and the typed query narrow a list."),
        "/tickets/?view=unassigned",
        _("See what has no owner"),
        "rows",
        ("j", "k"),
    ),
    Step(
        _("A reply goes to the customer, a note does not"),
        _("Notes are yellow and only agents see them. What you type is kept until it is sent."),
        "/tickets/?view=unresolved",
        _("Open a ticket"),
        "reply",
        ("r", "c"),
    ),
    Step(
        _("Whatever you change, you can take back"),
        _("After each change a line offers to undo it; a reply waits some seconds before it goes."),
        "/preferences/",
        _("Choose how long replies wait"),
        "undo",
        ("z",),
    ),
    Step(
        _("Go anywhere by typing"),
        _("Commands find tickets, people, views and settings, and act on the open ticket."),
        "/go/",
        _("Open the commands"),
        "bolt",
        ("Ctrl", "K"),
    ),
    Step(
        _("Keep your hands on the keyboard"),
        _("Nearly everything has a key. The sheet shows yours, and each can be changed."),
        "/shortcuts/",
        _("Show the keys"),
        "key",
        ("?",),
    ),
)


def tour_of(preferences: dict) -> dict | None:
    """The step that a person has come to, as the home page shows it; None after the last."""
    came_to = preferences.get("tour", 0)
    if not isinstance(came_to, int) or not 0 <= came_to < len(STEPS):
        return None
    return _shown(came_to)


def _shown(place: int) -> dict:
    return {
        "step": STEPS[place],
        "number": place + 1,
        "count": len(STEPS),
        "next": place + 1 if place + 1 < len(STEPS) else DONE,
        "previous": place - 1 if place else None,
    }


@agent
@require_http_methods(["GET", "HEAD", "POST"])
def tour(request: HttpRequest) -> HttpResponse:
    """All steps on one page; a post with `step` remembers how far one is, `done` for the end."""
    if request.method != "POST":
        return render(request, "tour/page.html", {"steps": STEPS})
    step = request.POST.get("step", "")
    place = number_of(step) if step != "0" else 0
    is_known = place is not None and 0 <= place < len(STEPS)
    prefer(request.user, tour=place if is_known else DONE)
    if not wants_fragment(request):
        return redirect("home-page")
    context = {"tour": tour_of(request.user.preferences), "is_answer": True}
    return render(request, "tour/card.html", context)
