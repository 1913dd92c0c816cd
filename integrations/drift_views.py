"""Drift: both sides compared, the report, and its repair."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from helpdesk.doors.pages import respond, wants_fragment
from helpdesk.models import Ticket
from integrations import console
from integrations.access import administrator, connection_of, read_or_write
from integrations.models import Connection, Record
from integrations.operations import drift as checks
from integrations.operations.repair import AT_ONCE, SIDES, repair
from integrations.panels import field_words, value_words

PAGE = 50
KIND_WORDS = {
    "equal": gettext_lazy("are equal"),
    "different": gettext_lazy("differ"),
    "missing_there": gettext_lazy("are missing there"),
    "missing_here": gettext_lazy("are missing here"),
    "gone": gettext_lazy("are gone there"),
    "busy": gettext_lazy("are being exchanged just now"),
}
ROW_WORDS = {
    "different": gettext_lazy("Differs"),
    "missing_there": gettext_lazy("Missing there"),
    "missing_here": gettext_lazy("Missing here"),
    "gone": gettext_lazy("Gone there"),
}
HOURS = {0: gettext_lazy("never"), 24: gettext_lazy("every day"), 168: gettext_lazy("every week")}


@administrator
@read_or_write
def drift(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The report of the last check; a POST does one `deed`."""
    found = connection_of(uuid)
    if request.method == "POST":
        _do(request, found)
        return redirect("connection-drift", found.uuid)
    state = found.drift
    counts = state.get("counts") or {}
    mark = f"{state.get('state')}-{sum(counts.values())}"
    if wants_fragment(request) and mark == request.GET.get("since"):
        return HttpResponse(status=204)
    kind, page = _asked(request)
    rows = checks.rows_of(found)
    if kind:
        rows = rows.filter(content__kind=kind)
    shown = list(rows[page * PAGE : (page + 1) * PAGE + 1])
    context = {
        "connection": found,
        "service": console.service_title(found.service),
        "tab": "drift",
        "state": state.get("state", ""),
        "by": state.get("by", ""),
        "began_at": _moment(state.get("began_at")),
        "ended_at": _moment(state.get("ended_at")),
        "next_at": _moment(state.get("next_at")),
        "every_hours": state.get("every_hours") or 0,
        "hours": HOURS.items(),
        "error": state.get("error", ""),
        "unchecked": state.get("unchecked") or [],
        "kinds": [
            {"name": name, "words": words, "count": counts.get(name, 0)}
            for name, words in KIND_WORDS.items()
        ],
        "looked": sum(counts.values()),
        "mark": mark,
        "is_under_way": state.get("state") in checks.UNDER_WAY,
        "kind": kind,
        "kind_words": ROW_WORDS.get(kind, ""),
        "repairs": kind or "different",
        "rows": _shown(request, shown[:PAGE]),
        "next": f"?kind={kind}&page={page + 1}" if len(shown) > PAGE else None,
        "at_once": AT_ONCE,
    }
    template = "integrations/operations/drift.html"
    return respond(request, template, "report", **context)


def _do(request: HttpRequest, found: Connection) -> None:
    deed = request.POST.get("deed", "")
    if deed == "check":
        if checks.begin(found, str(request.user)):
            messages.success(request, _("The check begins. Live changes go first."))
    elif deed == "stop":
        if checks.stop(found):
            messages.success(request, _("The check is stopped. What it found stays."))
    elif deed == "schedule":
        hours = request.POST.get("hours", "")
        if hours not in {str(one) for one in HOURS}:
            raise Http404
        checks.schedule(found, int(hours) or None)
        messages.success(request, _("Saved."))
    elif deed in ("repair", "repair-all"):
        _repair(request, found, deed)
    else:
        raise Http404


def _repair(request: HttpRequest, found: Connection, deed: str) -> None:
    side = request.POST.get("side", "")
    if side not in SIDES:
        raise Http404
    rows = checks.rows_of(found)
    if deed == "repair":
        row = get_object_or_404(rows, pk=_number(request.POST.get("row", "")))
        if not _seen(request, [row]):
            raise Http404
        chosen = [row]
    else:
        kind = request.POST.get("kind", "")
        if kind not in checks.KINDS:
            raise Http404
        open_rows = rows.filter(content__repaired__isnull=True, content__kind=kind)
        chosen = _seen(request, list(open_rows[:AT_ONCE]))
    count = sum(repair(found, row, side) for row in chosen)
    words = ngettext(
        "%(count)s ticket is repaired: it is exchanged after what is live.",
        "%(count)s tickets are repaired: they are exchanged after what is live.",
        count,
    )
    messages.success(request, words % {"count": count})
    if len(chosen) == AT_ONCE:
        words = _("At most %(limit)s at once. Press again for the others.")
        messages.info(request, words % {"limit": AT_ONCE})


def _seen(request: HttpRequest, rows: list[Record]) -> list[Record]:
    """Those of tickets that the person sees, and of none here."""
    ids = {row.content["ticket"] for row in rows} - {None}
    seen = set(
        Ticket.objects.visible_to(request.actor).filter(pk__in=ids).values_list("pk", flat=True)
    )
    return [row for row in rows if row.content["ticket"] is None or row.content["ticket"] in seen]


def _shown(request: HttpRequest, rows: list[Record]) -> list[dict[str, Any]]:
    rows = _seen(request, rows)
    ids = {row.content["ticket"] for row in rows} - {None}
    titles = dict(Ticket.objects.filter(pk__in=ids).values_list("pk", "title"))
    return [
        {
            **row.content,
            "pk": row.pk,
            "title": titles.get(row.content["ticket"]) or row.content["title"],
            "words": ROW_WORDS[row.content["kind"]],
            "fields": [
                {
                    "words": field_words(one["field"]),
                    "ours": value_words(one["ours"]),
                    "theirs": value_words(one["theirs"]),
                }
                for one in row.content["fields"]
            ],
        }
        for row in rows
    ]


def _asked(request: HttpRequest) -> tuple[str, int]:
    kind, text = request.GET.get("kind", ""), request.GET.get("page", "")
    page = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
    return (kind if kind in checks.KINDS else ""), page


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Http404
    return int(text)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
