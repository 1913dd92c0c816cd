"""A subscriber: which agents are told of what happened, and why. Rows only.

Nobody is told of what they did themselves, nor of tickets that they do not see. Each is told once
of a change, for the nearest reason.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from helpdesk.actions.notice_times import MAIL, WEB, mail_time, ways
from helpdesk.actor import Role
from helpdesk.models import Change, Comment, Mention, Notification, Participant, Ticket, User
from helpdesk.models.configuration import configuration
from helpdesk.permissions import actor_of

Kind, Reason, What = Change.Kind, Notification.Reason, Notification.What
TOLD = (Kind.OPENED, Kind.REPLIED, Kind.NOTED, Kind.CHANGED, Kind.TRANSITIONED)
FOLLOWING = (Participant.Kind.FOLLOWER, Participant.Kind.CO_ASSIGNEE)


def notify(changes: list[Change]) -> None:
    told = [one for one in changes if _is_told(one)]
    if not told:
        return
    tickets = {one.ticket_id for one in told}
    comments = [one.comment_id for one in told if one.comment_id]
    authors = _by_customers(comments)
    mentioned = _pairs(
        Mention.objects.filter(comment__in=comments).values_list("comment_id", "person_id")
    )
    following = _pairs(
        Participant.objects.filter(ticket__in=tickets, kind__in=FOLLOWING).values_list(
            "ticket_id", "person_id"
        )
    )
    staff = {person.pk: person for person in User.objects.staff()}
    now, made = timezone.now(), []
    for change in told:
        is_customers = change.kind == Kind.OPENED or change.comment_id in authors
        reasons = _reasons(change, mentioned, following, staff, is_customers=is_customers)
        what = _what(change, is_customers=is_customers)
        made += _notifications(change, reasons, what, staff, now)
    Notification.objects.bulk_create(made, ignore_conflicts=True)


def see(person_id: int, *, ticket: Ticket | None = None) -> None:
    """Mark what a person was told, all of it or that of a ticket, as seen."""
    rows = Notification.objects.filter(person_id=person_id, seen_at=None)
    if ticket is not None:
        rows = rows.filter(ticket=ticket)
    now = timezone.now()
    rows.update(seen_at=now)
    mentions = Mention.objects.filter(person_id=person_id, seen_at=None)
    if ticket is not None:
        mentions = mentions.filter(comment__ticket=ticket)
    mentions.update(seen_at=now)


def _is_told(change: Change) -> bool:
    ticket = change.ticket
    if change.silent or change.kind not in TOLD or change.origin.startswith("import"):
        return False
    if ticket.deleted_at or ticket.queue_id in configuration().sandboxes:
        return False
    is_said = change.kind in (Kind.OPENED, Kind.REPLIED, Kind.NOTED)
    return is_said or bool({"assignee", "status"} & set(change.fields))


def _by_customers(comments: Sequence[int]) -> set[int]:
    if not comments:
        return set()
    rows = Comment.objects.filter(pk__in=comments, public=True, author__role=Role.CUSTOMER)
    return set(rows.values_list("pk", flat=True))


def _pairs(rows: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for key, person in rows:
        found.setdefault(key, set()).add(person)
    return found


def _reasons(
    change: Change,
    mentioned: dict[int, set[int]],
    following: dict[int, set[int]],
    staff: dict[int, User],
    *,
    is_customers: bool,
) -> dict[int, str]:
    """Who is told, by id, and the nearest reason for it."""
    ticket, found = change.ticket, {}
    for person in mentioned.get(change.comment_id or 0, ()):
        found.setdefault(person, Reason.MENTIONED)
    if ticket.assignee_id is not None:
        found.setdefault(ticket.assignee_id, Reason.MINE)
    for person in following.get(ticket.pk, ()):
        found.setdefault(person, Reason.FOLLOWED)
    if ticket.assignee_id is None and is_customers:
        for person in staff:
            found.setdefault(person, Reason.UNASSIGNED)
    found.pop(change.person_id, None)
    return found


def _what(change: Change, *, is_customers: bool) -> str:
    if change.kind == Kind.OPENED:
        return What.OPENED
    if change.kind == Kind.NOTED:
        return What.NOTED
    if change.kind == Kind.REPLIED:
        return What.ANSWERED if is_customers else What.REPLIED
    return What.STATUS if "status" in change.fields else What.ASSIGNED


def _notifications(
    change: Change, reasons: dict[int, str], what: str, staff: dict[int, User], now: datetime
) -> list[Notification]:
    made = []
    for person_id, reason in reasons.items():
        person = staff.get(person_id)
        own_what = _as_told(change, person_id, reason, what)
        if person is None or own_what is None or not _sees(person, change.ticket, reason):
            continue
        chosen = ways(person, reason)
        is_mailed = MAIL in chosen and bool(person.email) and bool(settings.EMAIL_URL)
        if WEB not in chosen and not is_mailed:
            continue
        made.append(
            Notification(
                person=person,
                ticket=change.ticket,
                change=change,
                comment_id=change.comment_id,
                by_name=change.person_name,
                reason=reason,
                what=own_what,
                at=change.recorded_at,
                on_web=WEB in chosen,
                mail_at=mail_time(person, now) if is_mailed else None,
            )
        )
    return made


def _as_told(change: Change, person_id: int, reason: str, what: str) -> str | None:
    """What happened as this person sees it; None if it is nothing to them."""
    if reason == Reason.MENTIONED:
        return What.MENTIONED
    to = (change.fields.get("assignee") or {}).get("to")
    is_given = reason == Reason.MINE and isinstance(to, dict) and to.get("id") == person_id
    if is_given and change.kind in (Kind.CHANGED, Kind.TRANSITIONED, Kind.OPENED):
        return What.ASSIGNED
    return None if what == What.ASSIGNED else what


def _sees(person: User, ticket: Ticket, reason: str) -> bool:
    """Whoever takes part in a ticket sees it; all others, by its queue."""
    queues = actor_of(person).queues
    return reason != Reason.UNASSIGNED or queues is None or ticket.queue_id in queues
