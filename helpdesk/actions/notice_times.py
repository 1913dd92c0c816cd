"""What a person wants to be told of, by which way, and when: read from their preferences.

`preferences["notify"]` is `{"mentioned": ["web", "mail"], ..., "digest": "now" | "hourly" |
"daily", "quiet": ["20:00", "07:00"]}`; what is missing is as here.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from helpdesk.models import Notification, User

Reason = Notification.Reason
WEB, MAIL = "web", "mail"
NOW, HOURLY, DAILY = "now", "hourly", "daily"
USUAL = {
    Reason.MENTIONED: [WEB, MAIL],
    Reason.MINE: [WEB, MAIL],
    Reason.FOLLOWED: [WEB],
    Reason.UNASSIGNED: [],
}
GRACE = timedelta(minutes=1)  # what is read meanwhile is not mailed; what follows joins it
DAILY_AT = time(8, 0)


def wishes(person: User) -> dict:
    said = person.preferences.get("notify")
    return said if isinstance(said, dict) else {}


def ways(person: User, reason: str) -> list[str]:
    """By which ways a person is told of something for this reason."""
    said = wishes(person).get(str(reason))
    return said if isinstance(said, list) else USUAL[Reason(reason)]


def mail_time(person: User, now: datetime) -> datetime:
    """When a mail about something that happens now may leave."""
    said, zone = wishes(person), zone_of(person)
    local = now.astimezone(zone)
    digest = said.get("digest", NOW)
    if digest == DAILY:
        at = _at(local, DAILY_AT)
    elif digest == HOURLY:
        at = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    else:
        at = local + GRACE
    return _after_quiet(at, said.get("quiet"))


def zone_of(person: User) -> ZoneInfo:
    try:
        return ZoneInfo(person.timezone) if person.timezone else timezone.get_default_timezone()
    except (ValueError, OSError, KeyError):
        return timezone.get_default_timezone()


def clock(said: str) -> time | None:
    """`07:30` as a time, None for anything else."""
    try:
        return time.fromisoformat(said)
    except (TypeError, ValueError):
        return None


def _after_quiet(at: datetime, quiet) -> datetime:
    """The end of the quiet hours that a moment lies in, or the moment. They may span midnight."""
    begins, ends = map(clock, quiet) if isinstance(quiet, list) and len(quiet) == 2 else (None,) * 2
    if begins is None or ends is None or begins == ends:
        return at
    wall = at.time().replace(tzinfo=None)
    is_quiet = begins <= wall < ends if begins < ends else wall >= begins or wall < ends
    return _at(at, ends) if is_quiet else at


def _at(after: datetime, wall: time) -> datetime:
    """The next moment at which clocks there show this."""
    day = after.date() if after.time() < wall else after.date() + timedelta(days=1)
    return datetime.combine(day, wall, tzinfo=after.tzinfo)
