"""Who else is at a ticket: told by open pages every few seconds, written as rarely as that allows.

A page asks every four seconds and says what it shows already, so that most answers are empty. The
row is written when it is new, when its mode changes, and when half of its time is gone.
"""

from datetime import timedelta

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from helpdesk.actor import Actor
from helpdesk.doors.pages import agent
from helpdesk.models import Change, Presence
from helpdesk.web.ticket_page import ticket_or_404

LASTS = timedelta(seconds=30)
RENEWED = timedelta(seconds=15)  # left when the row is written again
MODES = frozenset(Presence.Mode.values)
GONE = "gone"


@require_POST
@agent
def beat(request: HttpRequest, number: int) -> HttpResponse:
    """Say `mode` (viewing, typing, gone); 204 while what the page `shown` is still so."""
    ticket = ticket_or_404(request, number)
    mode = request.POST.get("mode", "")
    if mode == GONE:
        Presence.objects.filter(ticket=ticket, person_id=request.actor.person_id).delete()
        return HttpResponse(status=204)
    rows = _at(ticket.pk)
    _note(rows, ticket.pk, request.actor, mode if mode in MODES else Presence.Mode.VIEWING)
    others = [one for one in rows if one.person_id != request.actor.person_id]
    news = _news(ticket, request)
    if signature(others) == request.POST.get("shown", "") and not news:
        return HttpResponse(status=204)
    context = {"ticket": ticket, "presences": others, "shown": signature(others), "news": news}
    return render(request, "tickets/presence.html", context)


def signature(presences: list[Presence]) -> str:
    """What a page shows of them, in a few characters."""
    return " ".join(f"{one.person_id}:{one.mode}" for one in presences)


def forget_old() -> int:
    """Delete what ended a while ago; nobody reads it any more."""
    gone, _rows = Presence.objects.filter(expires_at__lt=timezone.now() - LASTS).delete()
    return gone


def _at(ticket_id: int) -> list[Presence]:
    rows = Presence.objects.filter(ticket_id=ticket_id, expires_at__gt=timezone.now())
    return list(rows.select_related("person").order_by("pk"))


def _note(rows: list[Presence], ticket_id: int, actor: Actor, mode: str) -> None:
    now = timezone.now()
    own = next((one for one in rows if one.person_id == actor.person_id), None)
    if own is not None and own.mode == mode and own.expires_at > now + RENEWED:
        return
    Presence.objects.bulk_create(
        [
            Presence(
                ticket_id=ticket_id, person_id=actor.person_id, mode=mode, expires_at=now + LASTS
            )
        ],
        update_conflicts=True,
        unique_fields=["ticket", "person"],
        update_fields=["mode", "expires_at"],
    )


def _news(ticket, request: HttpRequest) -> bool:
    """Whether others changed the ticket since the version that the page shows."""
    since = request.POST.get("since", "")
    if not since.isdecimal() or len(since) > 9 or int(since) >= ticket.version:
        return False
    rows = Change.objects.filter(ticket=ticket, version__gt=int(since))
    latest = rows.exclude(person_id=request.actor.person_id).aggregate(latest=Max("version"))
    return latest["latest"] is not None
