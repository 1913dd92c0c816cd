"""Dates by the letters of Django's formats, which are read once."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache

from django.utils import dateformat
from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR

Part = str | Callable[[date], str]
WRITTEN: dict[str, Callable[[date], str]] = {
    "D": lambda at: str(WEEKDAYS_ABBR[at.weekday()]),
    "H": lambda at: f"{at.hour:02}",
    "M": lambda at: MONTHS_3[at.month].title(),
    "Y": lambda at: f"{at.year:04}",
    "i": lambda at: f"{at.minute:02}",
    "j": lambda at: str(at.day),
}


def date_words(value: date, pattern: str) -> str:
    """What `dateformat.format` answers; patterns with rarer letters are left to it."""
    parts = _parts(pattern)
    if parts is None:
        return dateformat.format(value, pattern)
    return "".join([one if type(one) is str else one(value) for one in parts])


@lru_cache(200)
def _parts(pattern: str) -> tuple[Part, ...] | None:
    if any((letter.isalpha() and letter not in WRITTEN) or letter == "\\" for letter in pattern):
        return None
    return tuple(WRITTEN.get(letter, letter) for letter in pattern)
