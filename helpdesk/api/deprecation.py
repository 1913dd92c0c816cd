"""What will go, said in time: by headers of each answer and in the OpenAPI document."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.http import HttpResponse
from django.utils.http import http_date


@dataclass(frozen=True, slots=True)
class Deprecated:
    """An endpoint that goes: told on one day, gone on another, with what to use instead."""

    since: date
    until: date
    instead: str = ""  # an address below the site, such as /api/v2/tickets/

    def say(self, response: HttpResponse) -> None:
        """`Deprecation` as RFC 9745 has it, `Sunset` as RFC 8594, and where to turn to."""
        response["Deprecation"] = f"@{_seconds(self.since)}"
        response["Sunset"] = http_date(_seconds(self.until))
        if self.instead:
            response["Link"] = f'<{self.instead}>; rel="successor-version"'


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
