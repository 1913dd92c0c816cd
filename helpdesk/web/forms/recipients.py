"""To whom a reply goes, as boxes and a line for more: works without script."""

from dataclasses import dataclass, field
from functools import cached_property

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from helpdesk.actions.recipients import MOST, checked_recipients
from helpdesk.fields import SEPARATORS, find_person, lookup_html, split_address
from helpdesk.models import Draft, Recipient, Ticket, User
from helpdesk.text import fold

KINDS = (Recipient.Kind.TO, Recipient.Kind.CC, Recipient.Kind.BCC)
MARK = "recipients"  # says that the form showed them: what is not ticked was taken away
MOST_WORDS = 100  # of one kind that are looked at


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
    """Reads `to`, `cc`, `bcc` (ticked) and `add_to`, `add_cc`, `add_bcc` (typed).

    What is typed and no recipient stays in its line: in a draft by kind in `fields["typed"]`.
    """

    shown_draft: Draft | None = None

    @cached_property
    def posted_chips(self) -> list[Chip] | None:
        """What is ticked and typed, by address once; None where the form showed none."""
        return None if self._posted is None else list(self._posted.chips.values())

    @cached_property
    def recipient_errors(self) -> list[tuple[str, str]]:
        """Why what was typed is refused, each with the kind of its line."""
        return [] if self._posted is None else list(self._posted.errors)

    @property
    def typed(self) -> dict[str, str]:
        """What stands in the line for more, by kind."""
        if self._posted is not None:
            return {kind: self._line(kind, words) for kind, words in self._posted.refused.items()}
        return self.addressed.fields.get("typed", {}) if self.addressed else {}

    @property
    def wrong(self) -> dict[str, bool | None]:
        """For each kind whether its line is refused: True for the first one, which takes the focus,
        False for others, None where nothing is wrong."""
        refused = {kind for kind, _words in self.recipient_errors}
        first = next((kind for kind in KINDS if kind in refused), None)
        return {str(kind): kind == first if kind in refused else None for kind in KINDS}

    @property
    def to_chips(self) -> list[Chip]:
        return [one for one in self.chips if one.kind == "to"]

    @property
    def cc_chips(self) -> list[Chip]:
        return [one for one in self.chips if one.kind == "cc"]

    @property
    def bcc_chips(self) -> list[Chip]:
        return [one for one in self.chips if one.kind == "bcc"]

    @property
    def has_copies(self) -> bool:
        return bool(self.cc_chips or self.bcc_chips or {"cc", "bcc"} & self.typed.keys())

    @property
    def recipient_words(self) -> list[str]:
        """What is wrong with the recipients: it is said beside them."""
        return [words for _kind, words in self.recipient_errors]

    @property
    def lookup(self) -> SafeString:
        """Attributes of an input that suggests people."""
        return lookup_html()

    @property
    def addressed(self) -> Draft | None:
        """The draft whose recipients are shown."""
        return self.shown_draft

    def _line(self, kind: str, words: list[str]) -> str:
        """Where a comma ended it, the next one is typed behind it."""
        is_ended = SEPARATORS.match(self.data.get(f"add_{kind}", "").rstrip()[-1:])
        return ", ".join(words) + (", " if is_ended else "")

    @cached_property
    def _posted(self) -> "Posted | None":
        if not self.is_bound or MARK not in self.data:
            return None
        posted = Posted()
        for kind in map(str, KINDS):
            words = self.data.getlist(kind) + SEPARATORS.split(self.data.get(f"add_{kind}", ""))
            for at, text in enumerate(filter(None, (one.strip() for one in words))):
                posted.take(kind, text, is_looked_at=at < MOST_WORDS)
        return posted


@dataclass
class Posted:
    """What was posted: recipients by address, and what is none, by kind, with why."""

    chips: dict[str, Chip] = field(default_factory=dict)
    refused: dict[str, list[str]] = field(default_factory=dict)
    errors: list[tuple[str, str]] = field(default_factory=list)

    def take(self, kind: str, text: str, *, is_looked_at: bool) -> None:
        try:
            if not is_looked_at:
                raise ValidationError(_("At most %(limit)s recipients.") % {"limit": MOST})
            chip = _chip(kind, text)
        except ValidationError as error:
            self.refused.setdefault(kind, []).append(text)
            said = ((kind, words) for words in error.messages)
            self.errors += [one for one in said if one not in self.errors]
        else:
            self.chips.setdefault(fold(chip.address), chip)


def _chip(kind: str, text: str) -> Chip:
    """Raises ValidationError."""
    address, name = split_address(text)
    if address is None:
        person = find_person(text)
        address, name = person.email_written, person.name
    [checked] = checked_recipients([{"kind": kind, "address": address, "name": name}])
    return Chip(kind, checked["address"], checked["name"])
