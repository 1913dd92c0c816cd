"""What the composer shows: the draft, what waits to be sent, and what each button will do."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache

from django.conf import settings
from django.contrib import messages
from django.db.models import JSONField, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from helpdesk.actions.drafts import drafts_of
from helpdesk.actions.sending import HOLDS
from helpdesk.models import Draft, Format, Participant, Status, Ticket, User
from helpdesk.models.aggregates import JsonList
from helpdesk.models.configuration import configuration
from helpdesk.permissions import can
from helpdesk.templatetags.look import when
from helpdesk.text import render
from helpdesk.web.forms.conversation import (
    FORWARD,
    NOTE,
    REPLY,
    ComposerForm,
    remembered_way,
)
from helpdesk.web.list_query import ListQuery
from helpdesk.web.listed import listed
from helpdesk.web.rows import rows_of

MORNING = time(9)


@dataclass(frozen=True)
class Queued:
    """A reply or a forward that waits: a card after the last message."""

    draft: Draft
    html: SafeString
    words: str
    seconds: int
    undo_url: str
    undo_words: str
    is_forward: bool = False

    @property
    def due(self) -> str:
        return self.draft.send_after.isoformat()


@dataclass(frozen=True)
class Button:
    """What a button of the composer does, in words, and what it posts."""

    words: str
    value: int | str = ""


def composing(
    request: HttpRequest,
    ticket: Ticket,
    posted: ComposerForm | None = None,
    forward: str = "",
    *,
    has_drafts: bool = True,
) -> dict:
    """The composer's part of the page's context, in one statement, in none where it is known that
    there are no drafts. `forward` names a message."""
    actor = request.actor
    if ticket.is_deleted or not can(actor, "note", ticket):
        return {"composer": None, "queued": []}
    drafts = drafts_of(actor, ticket) if has_drafts else []
    if posted is not None:
        posted.offer(drafts)
    form = posted or ComposerForm(
        ticket,
        actor,
        kind=request.GET.get("compose") or request.POST.get("kind", ""),  # stay with what was said
        draft=request.GET.get("draft", ""),
        drafts=drafts,
        person=request.user,
        forward=forward,
    )
    queued = sorted((one for one in drafts if one.is_queued), key=lambda one: one.send_after)
    return {"composer": form, "queued": [queued_card(one) for one in queued]}


def copied_in() -> Subquery:
    """Who is copied in on a ticket, as an annotation: a list of `{"address", "name"}`."""
    rows = Participant.objects.filter(ticket=OuterRef("pk"), kind=Participant.Kind.CC)
    one = JSONObject(address="person__email_written", name="person__name")
    listed = rows.order_by().values("ticket").annotate(all=JsonList(one)).values("all")
    return Subquery(listed, output_field=JSONField())


def queued_card(draft: Draft) -> Queued:
    is_forward = draft.kind == Draft.Kind.FORWARD
    seconds = max(0, round((draft.send_after - timezone.now()).total_seconds()))
    return Queued(
        draft=draft,
        html=render(draft.body, Format.PLAIN if is_forward else Format.MARKDOWN),
        is_forward=is_forward,
        words=_("Scheduled for %(time)s") % {"time": moment(draft.send_after)}
        if draft.is_scheduled
        else "",
        seconds=seconds,
        undo_url=reverse("draft-undo", args=[draft.uuid]),
        undo_words=_("Cancel") if draft.is_scheduled else _("Undo"),
    )


def moment(at: datetime) -> str:
    """A time to come: “14:00” today, “Mon 9:00” within the week, else with the day."""
    local = timezone.localtime(at)
    days = (local.date() - timezone.localdate()).days
    if 0 < days < 7:
        return date_format(local, "D H:i")
    return when(at) if days > 0 else f"{local:%H:%M}"


def hold_of(person: User) -> int:
    """Seconds for which a person's replies can be taken back."""
    chosen = person.preferences.get("undo_send")
    return chosen if chosen in HOLDS else min(settings.UNDO_SEND_SECONDS, 30)


def tell_queued(request: HttpRequest, draft: Draft) -> None:
    """A toast with the way back, which counts the seconds that are `left`."""
    card = queued_card(draft)
    people = len(draft.recipients or ())
    is_forward = draft.kind == Draft.Kind.FORWARD
    if draft.is_scheduled:
        words = (
            _("Forwarding is scheduled for %(time)s.")
            if is_forward
            else _("Reply is scheduled for %(time)s.")
        )
        words %= {"time": moment(draft.send_after)}
    elif is_forward:
        words = ngettext(
            "Forward to %(count)s person is on its way.",
            "Forward to %(count)s people is on its way.",
            people,
        ) % {"count": people}
    else:
        words = ngettext(
            "Reply to %(count)s person is on its way.",
            "Reply to %(count)s people is on its way.",
            people,
        ) % {"count": people}
    messages.success(request, words, extra_tags=f"{card.undo_url}?left={card.seconds}")


# The buttons -------------------------------------------------------------------------------------


def buttons(form: ComposerForm, person: User) -> dict:
    """For each kind: `main`, and `plain`, the same without a status."""
    return {
        "reply": _buttons(FORWARD if form.forward_of else REPLY, form, person),
        "note": _buttons(NOTE, form, person),
        "later": _later(),
    }


def _buttons(kind: str, form: ComposerForm, person: User) -> dict:
    plain = _plain(kind, len(form.chips))
    main = Button(plain)
    way = remembered_way(person, kind, form.transitions)
    if way is not None:
        main = Button(_set(plain, configuration().statuses[way.target_id]), way.pk)
    if status := configuration().statuses.get(form.sets.get("status")):  # a macro put it there
        main = Button(_set(plain, status))
    return {"main": main, "plain": plain}


def _plain(kind: str, people: int) -> str:
    if kind == NOTE:
        return _("Add internal note")
    if kind == FORWARD and not people:
        return _("Forward")
    if kind == FORWARD:
        words = ngettext("Forward to %(count)s person", "Forward to %(count)s people", people)
        return words % {"count": people}
    if not people:
        return _("Send reply")
    words = ngettext("Send reply to %(count)s person", "Send reply to %(count)s people", people)
    return words % {"count": people}


def _set(plain: str, status: Status) -> str:
    return _("%(send)s and set %(status)s") % {"send": plain, "status": status}


def _later() -> list[dict]:
    """Times that are often meant, in the reader's zone."""
    now = timezone.localtime().replace(second=0, microsecond=0)
    return _later_than(now, str(now.tzinfo), get_language())


@lru_cache(100)
def _later_than(now: datetime, _zone: str, _language: str) -> list[dict]:
    """The zone counts by itself: one moment in two zones is equal."""
    in_an_hour = now + timedelta(hours=1)
    found = {
        _("In an hour"): in_an_hour,
        _("Tomorrow morning"): _at(now + timedelta(days=1)),
        _("Monday morning"): _at(now + timedelta(days=7 - now.weekday())),
    }
    return [
        {"words": words, "value": at.isoformat(), "time": moment(at)} for words, at in found.items()
    ]


def _at(day: datetime) -> datetime:
    return timezone.make_aware(datetime.combine(day.date(), MORNING))


# Where send-and-next leads -----------------------------------------------------------------------


def next_address(request: HttpRequest, number: int) -> str:
    """The ticket after this one in the list from which it was opened, else the list."""
    words = listed(request)
    query = ListQuery(QueryDict(words), request.actor)
    ids = [row["id"] for row in query.page(lambda tickets: rows_of(tickets, request.actor)).rows]
    after = ids[ids.index(number) + 1 :] if number in ids else [one for one in ids if one != number]
    if not after:
        return query.address()
    address = QueryDict(mutable=True)
    address["list"] = words
    return reverse("ticket", args=[after[0]]) + (f"?{address.urlencode()}" if words else "")
