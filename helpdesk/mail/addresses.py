"""Addresses of ours: those that are read, and those that carry what only we can have written.

    support+r.812.3f.<mac>@example.com     an answer to ticket 812 by the person it was made for
    support+b.9a2.<mac>@example.com        a bounce of what was sent to one recipient
    support+m.4c1.<mac>@example.com        a bounce of a message that belongs to no comment
    support+f.9a3.<mac>@example.com        an answer to what was forwarded to one recipient
    support+p.7.<mac>@example.com          a test of mailbox 7, sent to itself

Whoever sends mail makes them here, so that whoever reads mail understands them.
"""

import re
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from helpdesk.models import Mailbox, OutgoingMail, Recipient, Ticket, User
from helpdesk.models.configuration import configuration
from helpdesk.text import fold

MAC = 20  # characters: 100 bits
_TOKEN = re.compile(rf"\+r\.(\d{{1,18}})\.([0-9a-z]{{1,13}})\.([a-z2-7]{{{MAC}}})@", re.IGNORECASE)
_BOUNCE = re.compile(rf"\+b\.([0-9a-z]{{1,13}})\.([a-z2-7]{{{MAC}}})@", re.IGNORECASE)
_ALONE = re.compile(rf"\+m\.([0-9a-z]{{1,13}})\.([a-z2-7]{{{MAC}}})@", re.IGNORECASE)
_FORWARD = re.compile(rf"\+f\.([0-9a-z]{{1,13}})\.([a-z2-7]{{{MAC}}})@", re.IGNORECASE)
_PROBE = re.compile(rf"\+p\.([0-9a-z]{{1,13}})\.([a-z2-7]{{{MAC}}})@", re.IGNORECASE)
_TAG = re.compile(r"\[#(\d{1,18})\]")


@dataclass(frozen=True)
class Token:
    """What a reply address says; only ever of a right signature."""

    ticket_id: int
    person_id: int


def reply_address(ticket: Ticket, person: User, base: str) -> str:
    """Where this person's answers to this ticket go; `base` is an address of a mailbox."""
    who = _base36(person.pk)
    mac = _mac("reply", f"{ticket.pk}.{who}")
    return _with(base, f"r.{ticket.pk}.{who}.{mac}")


def token_in(addresses: Iterable[str]) -> tuple[Token | None, bool]:
    """The first signed reply address, and whether one with a wrong signature was seen."""
    was_forged = False
    for address in addresses:
        match = _TOKEN.search(address)
        if match is None:
            continue
        number, who, mac = match[1], match[2].lower(), match[3].lower()
        if _is_signed("reply", f"{int(number)}.{who}", mac):
            return Token(int(number), int(who, 36)), was_forged
        was_forged = True
    return None, was_forged


def bounce_address(recipient: Recipient, base: str) -> str:
    """Where it is said that this recipient of a message could not be reached."""
    which = _base36(recipient.pk)
    return _with(base, f"b.{which}.{_mac('bounce', which)}")


def bounced_recipient(addresses: Iterable[str]) -> int | None:
    """The id of the Recipient whose signed bounce address this is."""
    return _signed_number(_BOUNCE, "bounce", addresses)


def bounce_address_alone(mail: OutgoingMail, base: str) -> str:
    """Where it is said that a message that belongs to no comment did not arrive."""
    which = _base36(mail.pk)
    return _with(base, f"m.{which}.{_mac('bounce-alone', which)}")


def bounced_mail(addresses: Iterable[str]) -> int | None:
    """The id of the OutgoingMail whose signed bounce address this is."""
    return _signed_number(_ALONE, "bounce-alone", addresses)


def forward_address(recipient: Recipient, base: str) -> str:
    """Where answers of whom a message was forwarded to go."""
    which = _base36(recipient.pk)
    return _with(base, f"f.{which}.{_mac('forward', which)}")


def forwarded_recipient(addresses: Iterable[str]) -> int | None:
    """The id of the Recipient to whom a message was forwarded, whose signed address this is."""
    return _signed_number(_FORWARD, "forward", addresses)


def probe_address(mailbox: Mailbox) -> str:
    """Where a test of a mailbox goes: it comes back only if addresses with a plus arrive."""
    which = _base36(mailbox.pk)
    return _with(mailbox.address, f"p.{which}.{_mac('probe', which)}")


def probed_mailbox(addresses: Iterable[str]) -> int | None:
    """The id of the mailbox whose signed test address this is."""
    return _signed_number(_PROBE, "probe", addresses)


def new_message_id(base: str) -> str:
    """A Message-ID of ours, without brackets."""
    return f"{uuid4().hex}@{base.rpartition('@')[2] or 'helpdesk.invalid'}"


def tagged(subject: str, ticket: Ticket) -> str:
    """The subject with the ticket's tag, once."""
    return f"[#{ticket.pk}] {without_tags(subject)}"


def tag_in(subject: str) -> int | None:
    found = _TAG.findall(subject)
    return int(found[-1]) if found else None


def without_tags(subject: str) -> str:
    return " ".join(_TAG.sub(" ", subject).split())


def own_addresses() -> set[str]:
    """Every address at which we are written to or from which we write, folded."""
    found = {fold(settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].strip("<> "))}
    for queue in configuration().queues.values():
        if queue.email_address:
            found.add(fold(queue.email_address))
    for mailbox in Mailbox.objects.only("address", "aliases"):
        found.update(mailbox.addresses)
    return found


def is_own(address: str, own: set[str]) -> bool:
    """Whether an address is ours, with or without what stands behind a plus."""
    folded = fold(address)
    local, _at, domain = folded.rpartition("@")
    return folded in own or f"{local.partition('+')[0]}@{domain}" in own


def _with(base: str, detail: str) -> str:
    local, _at, domain = base.rpartition("@")
    return f"{local.partition('+')[0]}+{detail}@{domain}"


def _signed_number(pattern: re.Pattern[str], purpose: str, addresses: Iterable[str]) -> int | None:
    for address in addresses:
        match = pattern.search(address)
        if match and _is_signed(purpose, match[1].lower(), match[2].lower()):
            return int(match[1], 36)
    return None


def _mac(purpose: str, value: str, secret: str | None = None) -> str:
    made = salted_hmac(f"helpdesk.mail.{purpose}", value, secret=secret, algorithm="sha256")
    return b32encode(made.digest()).decode()[:MAC].lower()


def _is_signed(purpose: str, value: str, mac: str) -> bool:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(_mac(purpose, value, one), mac) for one in secrets)


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    found = ""
    while number:
        number, rest = divmod(number, 36)
        found = digits[rest] + found
    return found or "0"
