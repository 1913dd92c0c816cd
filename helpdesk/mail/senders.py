"""Who wrote: found by address alone, and believed as far as our own mail server vouches for it."""

import re
from dataclasses import dataclass, field

from helpdesk.mail import headers
from helpdesk.mail.parsing import Mail
from helpdesk.models import Mailbox, SenderRule, StoredMessage, User
from helpdesk.text import fold

PASS, FAIL = "pass", "fail"
_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"^\s*(dkim|spf|dmarc)\s*=\s*([a-z]+)\b(.*)$", re.IGNORECASE | re.DOTALL)
_PROPERTY = re.compile(r"\b(header\.(?:d|i|from)|smtp\.(?:mailfrom|helo))\s*=\s*\"?([^\s;\"]+)")


@dataclass(frozen=True)
class Authentication:
    """What the trusted server found out. `by` is empty where none is trusted or none spoke."""

    by: str = ""
    results: tuple[str, ...] = ()  # as `dkim=pass example.com`
    is_aligned: bool = False
    is_refuted: bool = False  # DMARC failed


@dataclass
class Sender:
    """`person` is None for who was never heard of. `is_staff` is what the address claims."""

    address: str = ""
    name: str = ""
    person: User | None = None
    authentication: Authentication = Authentication()
    notes: list[str] = field(default_factory=list)
    is_unclear: bool = False  # several authors

    @property
    def is_staff(self) -> bool:
        return self.person is not None and self.person.is_agent

    @property
    def is_proven(self) -> bool:
        return self.authentication.is_aligned and not self.is_unclear


def sender_of(mail: Mail, stored: StoredMessage, mailbox: Mailbox) -> Sender:
    sender = Sender()
    authors = mail.senders
    if len(authors) > 1:
        sender.is_unclear = True
        sender.notes.append("several authors")
        named = {address for _name, address in headers.addresses(mail.headers, "Sender")}
        authors = [one for one in authors if one[1] in named] or authors
    if not authors:
        sender.notes.append("no author")
        authors = mail.answers_to[:1] or headers.addresses(mail.headers, "Sender", "Return-Path")
        sender.is_unclear = True
    if not authors:
        return sender
    sender.name, sender.address = authors[0]
    sender.person = person_at(sender.address)
    sender.authentication = authentication(mail, mailbox.trusted_server, sender.address)
    return sender


def person_at(address: str) -> User | None:
    rows = User.objects.filter(email=fold(address), erased_at=None)
    return rows.select_related("organisation").first()


def rule_for(address: str) -> SenderRule | None:
    """The list's word on an address: its own before that of its domain, nearer domains first."""
    folded = fold(address)
    domain = folded.rpartition("@")[2]
    labels = domain.split(".")[-6:]
    patterns = [folded, *(f"@{'.'.join(labels[at:])}" for at in range(len(labels)))]
    found = {one.pattern: one for one in SenderRule.objects.filter(pattern__in=patterns)}
    return next((found[one] for one in patterns if one in found), None)


def authentication(mail: Mail, trusted: str, address: str) -> Authentication:
    """What the first Authentication-Results of the trusted server says of this author's domain.

    Only the first one counts: a server writes on top, and what a sender put there lies below.
    """
    if not trusted:
        return Authentication()
    for value in mail.headers.get_all("Authentication-Results", [])[:20]:
        line = headers.text_of(value, 8000)
        by, _semicolon, rest = _uncommented(line).partition(";")
        if fold(by.split()[0] if by.split() else "") != fold(trusted.strip()):
            continue
        return _read(trusted, rest, fold(address.rpartition("@")[2]))
    return Authentication()


def _read(by: str, line: str, domain: str) -> Authentication:
    results, is_aligned, is_refuted = [], False, False
    for part in line.split(";")[:40]:
        match = _RESULT.match(part)
        if match is None:
            continue
        method, verdict = match[1].lower(), match[2].lower()
        said = {name: value.lower() for name, value in _PROPERTY.findall(match[3][:2000])}
        whose = _domain_of(method, said)
        results.append(f"{method}={verdict} {whose}".strip())
        if verdict == PASS and whose and _is_aligned(whose, domain):
            is_aligned = True
        if method == "dmarc" and verdict == FAIL:
            is_refuted = True
    is_aligned = is_aligned and not is_refuted
    return Authentication(by, tuple(results[:20]), is_aligned, is_refuted)


def _domain_of(method: str, said: dict[str, str]) -> str:
    names = {
        "dkim": ("header.d", "header.i"),
        "spf": ("smtp.mailfrom",),
        "dmarc": ("header.from",),
    }[method]
    found = next((said[name] for name in names if name in said), "")
    return found.rpartition("@")[2].strip(".")


def _is_aligned(whose: str, domain: str) -> bool:
    """The same domain, or one above it that is more than a public ending."""
    return whose == domain or (domain.endswith(f".{whose}") and whose.count(".") >= 1)


def _uncommented(line: str) -> str:
    for _level in range(4):
        shorter = _COMMENT.sub(" ", line)
        if shorter == line:
            break
        line = shorter
    return line
