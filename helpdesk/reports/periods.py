"""The days that a report is about, in the reader's time zone, and those that it is held against."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From the midnight of the first day to that after the last; moments bound half-open ranges.

    As many days before are held against it; if it lasts still, they end at the same time of day,
    so that a morning is not held against whole days.
    """

    first: date
    last: date
    begin: datetime
    end: datetime
    before_begin: datetime
    before_end: datetime
    is_current: bool

    @property
    def days(self) -> list[date]:
        return [self.first + DAY * number for number in range((self.last - self.first).days + 1)]


def last_days(number: int) -> Period:
    """So many days, of which today is the last."""
    today = timezone.localdate()
    return between(today - DAY * (number - 1), today)


def between(first: date, last: date) -> Period:
    """Whole days, both of them included."""
    length, now = last - first + DAY, timezone.now()
    is_current = _midnight(last + DAY) > now
    clock = timezone.localtime(now).replace(tzinfo=None)
    return Period(
        first=first,
        last=last,
        begin=_midnight(first),
        end=_midnight(last + DAY),
        before_begin=_midnight(first - length),
        before_end=timezone.make_aware(clock - length) if is_current else _midnight(first),
        is_current=is_current,
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
