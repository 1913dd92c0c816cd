"""Tickets of a connection that are not in step: listed, and what is done about them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from integrations import console, mirror
from integrations.access import administrator, connection_of, read_or_write
from integrations.models import Connection, Link
from integrations.operations import failures
from integrations.panels import field_words, value_words

SORT_WORDS = {
    "error": gettext_lazy("Not in step"),
    "conflict": gettext_lazy("To be decided"),
    "maybe_created": gettext_lazy("Maybe created"),
    "gone": gettext_lazy("Gone there"),
    "paused": gettext_lazy("Paused"),
    "retrying": gettext_lazy("Being tried again"),
}


@administrator
@read_or_write
def failing(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The list; a POST does one `deed` to one `link`, or to all that the filter shows."""
    found = connection_of(uuid)
    if request.method == "POST":
        return _do(request, found)
    sort, text, before = _asked(request)
    rows = failures.listing(found, request.actor, sort=sort, text=text)
    if before:
        rows = rows.filter(pk__lt=before)
    shown = list(rows[: failures.PAGE + 1])
    following = None
    if len(shown) > failures.PAGE:
        last = shown[failures.PAGE - 1].pk
        following = "?" + urlencode({"sort": sort, "text": text, "before": last})
    counts = failures.counts(found, request.actor)
    context = {
        "connection": found,
        "service": console.service_title(found.service),
        "tab": "failures",
        "sorts": [
            {"name": name, "words": words, "count": counts[name]}
            for name, words in SORT_WORDS.items()
        ],
        "total": sum(counts.values()),
        "sort": sort,
        "text": text,
        "rows": [_row(link) for link in shown[: failures.PAGE]],
        "next": following,
        "has_conflicts": counts["conflict"],
        "at_once": failures.AT_ONCE,
    }
    return render(request, "integrations/operations/failures.html", context)


@administrator
@require_POST
def retry(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """From the connection's own page: one link, or those that failed last."""
    found = connection_of(uuid)
    if request.POST.get("link"):
        link = _chosen(request, found)
        mirror.retry(link)
        _say_retried(request, 1)
    else:
        _retry_all(request, found)
    return redirect("connection", found.uuid)


@administrator
@require_POST
def unlink(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Mirror one ticket no more; both sides stay as they are."""
    found = connection_of(uuid)
    _unlink(request, _chosen(request, found))
    return redirect("connection", found.uuid)


def _do(request: HttpRequest, found: Connection) -> HttpResponse:
    deed = request.POST.get("deed", "")
    if deed in DEEDS:
        DEEDS[deed](request, _chosen(request, found))
    elif deed in DEEDS_OF_ALL:
        DEEDS_OF_ALL[deed](request, found)
    else:
        raise Http404
    sort, text, _before = _asked(request)
    kept = {name: value for name, value in (("sort", sort), ("text", text)) if value}
    query = f"?{urlencode(kept)}" if kept else ""
    return redirect(reverse("connection-failures", args=[found.uuid]) + query)


def _retry(request: HttpRequest, link: Link) -> None:
    mirror.retry(link)
    _say_retried(request, 1)


def _skip(request: HttpRequest, link: Link) -> None:
    if failures.skip(link, str(request.user)):
        messages.success(request, _("Left as it is until the ticket changes."))


def _unlink(request: HttpRequest, link: Link) -> None:
    console.stop_mirroring([link])
    messages.success(request, _("The ticket is no longer mirrored."))


def _arrived(request: HttpRequest, link: Link) -> None:
    failures.arrived(link)
    messages.success(request, _("It counts as sent."))


def _settle(request: HttpRequest, link: Link) -> None:
    field, side = request.POST.get("field", ""), request.POST.get("side", "")
    if side not in ("ours", "theirs") or not failures.settle(link, {field: side}):
        raise Http404
    messages.success(request, _("It is exchanged now."))


def _retry_all(request: HttpRequest, found: Connection) -> None:
    sort, text, _before = _asked(request)
    rows = failures.listing(found, request.actor, sort=sort, text=text)
    count = failures.retry_all(rows)
    _say_retried(request, count)
    if count == failures.AT_ONCE:
        words = _("At most %(limit)s at once. If more fail, press Retry again.")
        messages.info(request, words % {"limit": failures.AT_ONCE})


def _settle_all(request: HttpRequest, found: Connection) -> None:
    policy = request.POST.get("policy", "")
    if policy not in failures.POLICIES:
        raise Http404
    rows = failures.listing(found, request.actor, sort="conflict")
    count = failures.settle_all(found, rows[: failures.SETTLED_AT_ONCE], policy)
    words = ngettext(
        "%(count)s ticket is decided and exchanged now.",
        "%(count)s tickets are decided and exchanged now.",
        count,
    )
    messages.success(request, words % {"count": count})


DEEDS: dict[str, Callable[[HttpRequest, Link], None]] = {
    "retry": _retry,
    "skip": _skip,
    "unlink": _unlink,
    "arrived": _arrived,
    "settle": _settle,
}
DEEDS_OF_ALL: dict[str, Callable[[HttpRequest, Connection], None]] = {
    "retry-all": _retry_all,
    "settle-all": _settle_all,
}


def _say_retried(request: HttpRequest, count: int) -> None:
    words = ngettext(
        "%(count)s ticket is tried again.", "%(count)s tickets are tried again.", count
    )
    messages.success(request, words % {"count": count})


def _asked(request: HttpRequest) -> tuple[str, str, int | None]:
    """The filter: of the address, or of the form that does something."""
    data = request.POST if request.method == "POST" else request.GET
    sort = data.get("sort", "")
    before = data.get("before", "")
    is_number = before.isascii() and before.isdecimal() and len(before) < 19
    return (
        sort if sort in failures.SORTS else "",
        data.get("text", "")[:200].replace("\0", ""),
        int(before) if is_number else None,
    )


def _chosen(request: HttpRequest, found: Connection) -> Link:
    chosen = request.POST.get("link", "")
    if not (chosen.isascii() and chosen.isdecimal() and len(chosen) < 19):
        raise Http404
    return get_object_or_404(failures.listing(found, request.actor), pk=int(chosen))


def _row(link: Link) -> dict:
    open_fields = set(failures.undecided(link))
    is_retried = link.state == Link.State.WAITING
    return {
        "link": link,
        "words": SORT_WORDS["retrying"] if is_retried else link.get_state_display(),
        "tone": "" if link.state == Link.State.PAUSED else "warn" if is_retried else "danger",
        "is_maybe": link.state == Link.State.MAYBE_CREATED,
        "is_maybe_ticket": link.state == Link.State.MAYBE_CREATED and not link.remote_id,
        "can_skip": link.state in (Link.State.ERROR, Link.State.GONE) or bool(link.error),
        "conflicts": [
            {
                "field": one["field"],
                "words": field_words(one["field"]),
                "ours": value_words(one["ours"]),
                "theirs": value_words(one["theirs"]),
            }
            for one in link.conflicts
            if one["field"] in open_fields and one["winner"] == Connection.Winner.ASK
        ],
    }
