"""What the palette can do with a ticket, or with the rows that are selected.

An action posts to the door that the ticket page uses for it, so that nothing is written here.
"""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from helpdesk.actions.forwarding import LATEST, OPENING
from helpdesk.actions.macros import macros_of
from helpdesk.models import Priority, Ticket, User
from helpdesk.permissions import can
from helpdesk.templatetags.look import avatar, day, icon, priority_glyph, status_glyph
from helpdesk.text import fold
from helpdesk.web.highlighting import marked
from helpdesk.web.list_page import BULK_ACTIONS
from helpdesk.web.people_found import staff_found
from helpdesk.web.snoozing import presets
from helpdesk.web.ticket_page import transition_choices

MACROS = 20
BULK_SIGNS = {
    "assign": "user",
    "status": "check",
    "priority": "flag",
    "team": "users",
    "tags": "tag",
    "field": "sliders",
    "snooze": "moon",
    "note": "lock",
    "reply": "reply",
    "merge": "merge",
    "delete": "trash",
}


@dataclass(frozen=True)
class Action:
    """A line that acts: `form` of the palette sends `name` = `value` to `to`, or it leads to
    `url`, or it presses the button of the page that `press` selects."""

    label: str
    sign: SafeString | str
    form: str = ""
    to: str = ""
    name: str = ""
    value: str = ""
    url: str = ""
    press: str = ""
    detail: str = ""
    words: SafeString | str = ""
    number: str = ""


def actions_on(request: HttpRequest, ticket: Ticket, typed: str) -> list[Action]:
    """What the person may do with the ticket and whose label has all of the words."""
    actor = request.actor
    found: list[Action] = []
    if can(actor, "change", ticket):
        found += _assigning(request, ticket, typed)
        found += _statuses(ticket, actor)
        found += _priorities(ticket)
        found += _snoozing(ticket)
    found += _writing(request, ticket)
    if request.GET.get("open") != "1":
        look = reverse("ticket-peek", args=[ticket.pk])
        found.append(Action(_("Look at it; it stays unread"), icon("eye"), url=look))
    return _fitting(found, typed)


def actions_on_selected(typed: str) -> list[Action]:
    """The buttons over the list, which show what will happen before it does."""
    found = [
        Action(str(words), icon(BULK_SIGNS[name]), press=f"#bulk button[value={name}]")
        for name, words in BULK_ACTIONS
    ]
    return _fitting(found, typed)


def _fitting(found: list[Action], typed: str) -> list[Action]:
    wanted = fold(typed).split()
    return [
        Action(**{**_fields(one), "words": marked(one.label, typed)})
        for one in found
        if all(word in fold(one.label) for word in wanted)
    ]


def _fields(one: Action) -> dict:
    return {name: getattr(one, name) for name in Action.__dataclass_fields__}


def _assigning(request: HttpRequest, ticket: Ticket, typed: str) -> list[Action]:
    """To oneself and to nobody; to others as soon as their name is begun."""
    to = reverse("ticket-change", args=[ticket.pk])
    found = []
    if ticket.assignee_id != request.user.pk:
        found.append(_assign(to, request.user, _("Assign to me")))
    if ticket.assignee_id:
        found.append(
            Action(
                _("Assign to nobody"), avatar(None, 20), "assignee", to, name="assignee", value=""
            )
        )
    label = _("Assign to %(name)s")
    said = set(fold(label).split())
    words = " ".join(word for word in typed.split() if fold(word) not in said)
    for person in staff_found(words) if words else ():
        if person.pk not in (ticket.assignee_id, request.user.pk):
            found.append(_assign(to, person, label % {"name": person}))
    return found


def _assign(to: str, person: User, label: str) -> Action:
    return Action(
        label,
        avatar(person, 20),
        "assignee",
        to,
        name="assignee",
        value=person.email_written,
        detail=person.email_written,
    )


def _statuses(ticket: Ticket, actor) -> list[Action]:
    """The open actions of the workflow; one that asks for more leads to where it asks."""
    found = []
    for way in transition_choices(ticket, actor):
        label = _("Set status: %(name)s") % {"name": way["status"]}
        own = {"url": way["url"]} if way["asks"] else {"form": "status", "to": way["url"]}
        detail = way["name"] + ("…" if way["asks"] else "")
        found.append(Action(label, status_glyph(way["status"].category), detail=detail, **own))
    return found


def _priorities(ticket: Ticket) -> list[Action]:
    to = reverse("ticket-change", args=[ticket.pk])
    return [
        Action(
            _("Set priority: %(name)s") % {"name": words},
            priority_glyph(value),
            "priority",
            to,
            name="priority",
            value=value,
        )
        for value, words in Priority.choices
        if value != ticket.priority
    ]


def _snoozing(ticket: Ticket) -> list[Action]:
    to = reverse("ticket-snooze", args=[ticket.pk])
    if ticket.is_snoozed:
        return [Action(_("Wake it now"), icon("sun"), "plain", to, name="wake", value="1")]
    if not ticket.is_unresolved:
        return []
    return [
        Action(
            _("Snooze: %(when)s") % {"when": one.words},
            icon("moon"),
            "plain",
            to,
            name="until",
            value=one.value,
            detail=day(one.at),
        )
        for one in presets()
    ]


def _writing(request: HttpRequest, ticket: Ticket) -> list[Action]:
    here = reverse("ticket", args=[ticket.pk])
    found = []
    if can(request.actor, "note", ticket):
        fill = reverse("composer-fill", args=[ticket.pk])
        found += [
            Action(
                _("Apply macro: %(name)s") % {"name": one.name},
                icon("bolt"),
                "composer",
                fill,
                name="macro",
                value=str(one.uuid),
                detail=_("fills the form, sends nothing"),
            )
            for one in macros_of(request.actor)[:MACROS]
        ]
        note = f"{here}?compose=note#composer"
        found.append(Action(_("Write a note"), icon("lock"), url=note))
    if can(request.actor, "reply", ticket):
        reply = f"{here}?compose=reply#composer"
        found.append(Action(_("Write a reply"), icon("reply"), url=reply))
    if can(request.actor, "forward", ticket):
        found += [
            Action(label, icon("forward"), url=f"{here}?forward={name}#composer")
            for name, label in (
                (LATEST, _("Forward the newest message")),
                (OPENING, _("Forward the first message")),
            )
        ]
    if can(request.actor, "merge", ticket):
        into = reverse("ticket-merge", args=[ticket.pk])
        found.append(Action(_("Merge into another"), icon("merge"), url=into))
    printed = reverse("ticket-print", args=[ticket.pk])
    found.append(Action(_("Print or save as PDF"), icon("file"), url=printed))
    return found
