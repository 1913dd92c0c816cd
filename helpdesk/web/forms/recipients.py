"""To whom a reply goes, as boxes and a line for more: works without script."""

from dataclasses import dataclass
from functools import cached_property

from django import forms
from django.core.exceptions import ValidationError

from helpdesk.actions.recipients import checked_recipients
from helpdesk.fields import SEPARATORS, find_person, split_address
from helpdesk.models import Recipient, Ticket, User
from helpdesk.text import fold

KINDS = (Recipient.Kind.TO, Recipient.Kind.CC, Recipient.Kind.BCC)
MARK = "recipients"  # says that the form showed them: what is not ticked was taken away


@dataclass(frozen=True)
class Chip:
    """One recipient with a box. `value` is what the form posts: `Name <address>`."""

    kind: str
    address: str
    name: str = ""
    person: User | None = None
    is_on: bool = True

    @property
    def value(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address

    @property
    def words(self) -> str:
        return self.name or self.address

    def stored(self) -> dict:
        return {"kind": str(self.kind), "address": self.address, "name": self.name}


def offered(ticket: Ticket) -> list[Chip]:
    """The requester, and whoever is copied in: `ticket.copied_in` holds them, if it was asked."""
    found = []
    person = ticket.requester
    if person is not None and person.email:
        name = person.name or ticket.requester_name
        found.append(Chip(Recipient.Kind.TO, person.email_written, name, person))
    for one in getattr(ticket, "copied_in", None) or []:
        if one["address"]:
            found.append(Chip(Recipient.Kind.CC, one["address"], one["name"]))
    return found


def kept(recipients: list[dict] | None, ticket: Ticket) -> list[Chip]:
    """The chips of a draft; those that the ticket offers where it says nothing."""
    if recipients is None:
        return offered(ticket)
    requester = ticket.requester
    return [
        Chip(
            one["kind"],
            one["address"],
            one.get("name", ""),
            requester if requester and fold(one["address"]) == requester.email else None,
        )
        for one in recipients
    ]


class RecipientsMixin(forms.Form):
    """Reads `to`, `cc`, `bcc` (ticked) and `add_to`, `add_cc`, `add_bcc` (typed)."""

    recipient_errors: tuple[str, ...] = ()

    @cached_property
    def posted_chips(self) -> list[Chip] | None:
        """What is ticked and typed, by address once; None where the form showed none."""
        if not self.is_bound or MARK not in self.data:
            return None
        found: dict[str, Chip] = {}
        for kind in KINDS:
            words = self.data.getlist(kind) + SEPARATORS.split(self.data.get(f"add_{kind}", ""))
            for text in filter(None, (one.strip() for one in words[:100])):
                chip = self._chip(kind, text)
                if chip is not None:
                    found.setdefault(fold(chip.address), chip)
        return list(found.values())

    def _chip(self, kind: str, text: str) -> Chip | None:
        address, name = split_address(text)
        try:
            if address is None:
                person = find_person(text)
                address, name = person.email_written, person.name
            [checked] = checked_recipients([{"kind": kind, "address": address, "name": name}])
        except ValidationError as error:
            self.recipient_errors += tuple(error.messages)
            return None
        return Chip(kind, checked["address"], checked["name"])
