"""Addresses in mail that work without signing in: signed, for one file or one person alone."""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

from helpdesk.models import Attachment, Ticket, User

FILE, LEAVE = "helpdesk.mail.file", "helpdesk.mail.leave"
FILE_DAYS = 30
DAY = 86_400


@dataclass(frozen=True)
class Leaving:
    ticket_id: int
    person_id: int


def file_link(file: Attachment) -> str:
    return _absolute("mail-file", signing.dumps(file.uuid.hex, salt=FILE))


def file_of(token: str) -> str | None:
    """The uuid of the file that a link leads to, while it lasts."""
    said = _said(token, FILE, FILE_DAYS * DAY)
    return said if isinstance(said, str) else None


def leave_link(ticket: Ticket, person: User) -> str:
    return _absolute("mail-leave", signing.dumps([ticket.pk, person.pk], salt=LEAVE))


def leaving_of(token: str) -> Leaving | None:
    said = _said(token, LEAVE, None)
    return Leaving(*said) if isinstance(said, list) and len(said) == 2 else None


def ticket_link(ticket: Ticket) -> str:
    return settings.PUBLIC_URL + reverse("ticket", args=[ticket.pk])


def _absolute(name: str, token: str) -> str:
    return settings.PUBLIC_URL + reverse(name, args=[token])


def _said(token: str, salt: str, seconds: int | None):
    try:
        return signing.loads(token, salt=salt, max_age=seconds)
    except signing.BadSignature:
        return None
