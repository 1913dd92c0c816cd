"""Why a field is as it is: who or what set it, when, and through which door."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk.doors.pages import agent, wants_fragment
from helpdesk.models import Change, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.web.events import field_label, field_words, other_tickets

LATEST = 10


@require_safe
@agent
def why(request: HttpRequest, number: int, field: str) -> HttpResponse:
    """The latest changes of one field, newest first."""
    ticket = get_object_or_404(Ticket.objects.within_reach_of(request.actor), pk=number)
    if not _is_field(field):
        raise Http404
    rows = Change.objects.filter(ticket=ticket, fields__has_key=field)
    found = list(rows.select_related("key", "cause").order_by("-version")[:LATEST])
    named = other_tickets(found)
    visible = Ticket.objects.visible_to(request.actor).filter(pk__in=named)
    readable = set(visible.values_list("pk", flat=True)) if named else set()
    reasons = [
        {
            "who": change.person_name or _("The helpdesk"),
            "words": field_words(field, change.fields[field], readable),
            "door": door_words(change),
            "at": change.at,
            "cause": change.cause.get_kind_display() if change.cause_id else "",
            "is_undo": change.undoes_id is not None,
        }
        for change in found
    ]
    context = {"ticket": ticket, "label": field_label(field), "reasons": reasons}
    template = "tickets/why-list.html" if wants_fragment(request) else "tickets/why.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def door_words(change: Change) -> str:
    """Through what a change came, in words."""
    name, _colon, rest = change.origin.partition(":")
    words = {
        "web": _("in the workspace"),
        "api": _("through the API"),
        "mail": _("by mail"),
        "admin": _("in the settings"),
        "rule": _("by itself: a rule or the clock"),
        "import": _("by an import"),
        "connection": _("through a connection"),
        "compat": _("through the %(service)s endpoint") % {"service": rest.capitalize()},
    }.get(name, change.origin)
    return f"{words}, {change.key.name}" if change.key_id else words


def _is_field(name: str) -> bool:
    if name.startswith("custom."):
        return name.removeprefix("custom.") in configuration().fields
    return name in Ticket.EDITABLE
