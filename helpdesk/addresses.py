"""`reverse` for what a page has dozens of: numbers, uuids and words set into known pieces."""

import re
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse


class FieldName(str):
    """A word in which there may be dots."""

    __slots__ = ()


# What stands for the value in a place while the address is found; nothing else looks like it.
# A place that takes this word takes every shorter one of the same letters.
WORDS = {
    str: re.compile(r"[-\w]{1,24}", re.ASCII),
    FieldName: re.compile(r"[-.\w]{1,80}", re.ASCII),
}
MARKS = {
    str: lambda place: f"aZ0_-{place}".ljust(24, "q"),
    FieldName: lambda place: f"aZ0_-.{place}".ljust(80, "q"),
    int: lambda place: 8_146_203_957_041 + place,
    UUID: lambda place: UUID(int=0xC2B1F0E46F0D4C5E9D0A5BE1F6F3A9D7 + place),
}
Pieces = tuple[str, ...]
_known: dict[tuple, Pieces | None] = {}


def address(name: str, *values: Any) -> str:
    """What `reverse(name, args=values)` answers; values of other types are left to it."""
    url = put_together(name, tuple(map(type, values)), values)
    return reverse(name, args=values) if url is None else url


def put_together(name: str, places: tuple, values: tuple | list) -> str | None:
    """The address with these values in the places that are types; None where Django must be asked.

    The other places are constant words of a program, never what somebody sent: they are remembered.
    """
    key = (name, get_script_prefix(), get_urlconf(), places)
    try:
        pieces = _known[key]
    except KeyError:
        pieces = _known[key] = pieces_of(name, places)
    return None if pieces is None else filled(pieces, values)


def filled(pieces: Pieces, values: tuple | list) -> str | None:
    """The address with these values between its pieces; None where Django must be asked."""
    url = pieces[0]
    for value, piece in zip(values, pieces[1:], strict=True):
        if not fits(value):
            return None
        url += f"{value}{piece}"
    return url


def fits(value: Any) -> bool:
    """Whether Django would set a value of these types into an address as it is."""
    kind = type(value)
    if kind is int:
        return value >= 0
    return kind not in WORDS or WORDS[kind].fullmatch(value) is not None


def pieces_of(name: str, places: tuple) -> Pieces | None:
    """What stands before, between and after the values."""
    if any(isinstance(one, type) and one not in MARKS for one in places):
        return None
    given = [MARKS[one](n) if isinstance(one, type) else one for n, one in enumerate(places)]
    try:
        url = reverse(name, args=given)
    except NoReverseMatch:
        return None
    pieces = []
    for mark, place in zip(given, places, strict=True):
        if isinstance(place, type):
            before, found, url = url.partition(str(mark))
            if not found:
                return None
            pieces.append(before)
    return (*pieces, url)
