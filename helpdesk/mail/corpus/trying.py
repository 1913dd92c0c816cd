"""The corpus tried against the installed system: what each message should become, and what it did."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from uuid import uuid4

from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.utils import translation

from helpdesk import actions
from helpdesk.actor import Role, system
from helpdesk.folding import unfolded
from helpdesk.mail import parsing
from helpdesk.mail.addresses import bounce_address, reply_address
from helpdesk.mail.corpus import (
    ANN,
    OURS,
    US,
    Case,
    clients,
    files,
    hostile,
    languages,
    machines,
    threads,
)
from helpdesk.mail.receiving import receive
from helpdesk.mail.showing import shown
from helpdesk.mail.store import raw_of
from helpdesk.mail.threads import remember
from helpdesk.models import (
    Attachment,
    Comment,
    Mailbox,
    Queue,
    Recipient,
    StoredMessage,
    Ticket,
    TicketLink,
    User,
)
from helpdesk.permissions import actor_of

SECONDS = 2.0  # of this process, not of the clock
GITA = "gita@helpdesk.example"
State = StoredMessage.State


@dataclass
class World:
    """Ann's ticket with a message that was sent to her, and Gita, an agent."""

    mailbox: Mailbox
    ticket: Ticket
    words: dict[bytes, bytes]  # what stands in for the placeholders of `Case.raw`


def every_case() -> list[Case]:
    rooms = (languages, clients, machines, threads, files, hostile)
    return [case for room in rooms for case in room.cases()]


def make_world(queue: Queue) -> World:
    by = system("rule")
    mailbox = Mailbox.objects.create(
        name=f"Self-test {uuid4()}",
        address=US,
        queue=queue,
        protocol=Mailbox.Protocol.PIPE,
        trusted_server="mx.helpdesk.example",
    )
    ann = _person(ANN, "Ann", Role.CUSTOMER)
    gita = _person(GITA, "Gita", Role.ADMIN)
    ticket = actions.open_ticket(by=by, title="Printer", requester=ann, queue=queue)
    comment = actions.reply(ticket, by=actor_of(gita), body="Have you tried?")
    remember(OURS, ticket, comment, is_ours=True)
    recipient = Recipient.objects.create(comment=comment, address=ANN, person=ann)
    words = {
        b"SUPPORT+{{REPLY}}": reply_address(ticket, ann, US).upper(),
        b"{{REPLY}}": reply_address(ticket, ann, US),
        b"{{AGENT}}": reply_address(ticket, gita, US),
        b"{{BOUNCE}}": bounce_address(recipient, US),
        b"{{NUMBER}}": str(ticket.pk),
    }
    return World(mailbox, ticket, {name: value.encode() for name, value in words.items()})


def try_all(queue: Queue) -> Iterator[tuple[Case, list[str]]]:
    """Each message of the corpus, and what is wrong with what became of it.

    Each is taken in a transaction of its own, which is taken back: nothing is announced, sent or
    kept. What they bring as files lies in a folder of their own, which goes, too.
    """
    with _own_files(), translation.override("en"):  # the corpus names reasons in English
        for case in every_case():
            with _taken_back():
                faults = faults_of(case, make_world(queue))
            yield case, faults


def faults_of(case: Case, world: World) -> list[str]:
    """Have a message taken; what is not as it should be, in words."""
    raw = case.raw
    for name, value in world.words.items():
        raw = raw.replace(name, value)
    began = time.process_time()
    stored = receive(raw, world.mailbox)
    taken = time.process_time() - began
    stored.refresh_from_db()
    told = Told()
    told.same("state", stored.state, case.state, stored.reason)
    told.holds("reason", stored.reason, case.reason)
    if case.state == State.WORKED or case.kind != "human":
        told.same("kind", stored.kind, case.kind)
    told.same("place", place_of(stored, world.ticket), case.on)
    if case.answered is not None:
        told.same("automatic answer", stored.may_answer, case.answered)
    for note in case.notes:
        told.holds("notes", stored.story["notes"], note)
    if stored.ticket is not None:
        _compare_words(told, stored, case)
    if taken >= SECONDS:
        told.faults.append(f"took {taken:.1f} s")
    return told.faults


class Told:
    """What differs."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def same(self, what: str, found: object, wanted: object, why: str = "") -> None:
        if found != wanted:
            because = f" ({why})" if why else ""
            self.faults.append(f"{what}: {found!r}, not {wanted!r}{because}")

    def holds(self, what: str, found, wanted: str) -> None:
        if wanted not in found:
            self.faults.append(f"{what}: {found!r} is without {wanted!r}")

    def lacks(self, what: str, found, unwanted: str) -> None:
        if unwanted in found:
            self.faults.append(f"{what}: {found!r} has {unwanted!r}")


def place_of(stored: StoredMessage, ticket: Ticket) -> str:
    if stored.ticket is None:
        return ""
    if stored.ticket == ticket:
        return "ticket"
    return "linked" if TicketLink.objects.filter(ticket=stored.ticket, other=ticket) else "new"


def _compare_words(told: Told, stored: StoredMessage, case: Case) -> None:
    where: Ticket | Comment = stored.comment or stored.ticket
    body, mail = where.body, where.extra.get("mail", {})
    if stored.kind == "bounce":
        if case.public:
            told.same("public", bool(stored.comment and stored.comment.public), True)
        return
    if stored.comment is not None:
        told.same("public", stored.comment.public, case.public)
        author = stored.comment.author
        told.same("author", author.email if author else "", case.author)
    else:
        told.same("requester", stored.ticket.requester.email, case.author)
        if case.subject is not None:
            told.same("title", stored.ticket.title, case.subject)
    if mail.get("folds"):
        told.same("length", mail["length"], len(body))
    left = unfolded(body, mail.get("folds", []))
    if case.text is not None:
        told.same("text", left, case.text)
    told.holds("text", left, case.says)
    if case.folded:
        told.holds("body", body, case.folded)
        told.lacks("text", left, case.folded)
    page = _page_of(stored)
    for one in case.runs:
        told.lacks("page", page, one)
    if case.files is not None:
        kept = where.attachments if stored.comment else stored.ticket.attachments
        names = tuple(kept.order_by("pk").values_list("name", flat=True))
        told.same("files", names, case.files)


def _page_of(stored: StoredMessage) -> str:
    """The message's own HTML as it would be shown."""
    html = parsing.read(raw_of(stored), stored.came_at).html
    return shown(html, {}, with_remote=True)[0].lower() if html else ""


def _person(address: str, name: str, role: str) -> User:
    found = User.objects.filter(email=address).first()
    return found or actions.create_person(by=system("rule"), name=name, email=address, role=role)


@contextmanager
def _taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def _own_files() -> Iterator[None]:
    field = Attachment._meta.get_field("file")
    usual = field.storage
    with TemporaryDirectory(prefix="self-test-") as folder:
        field.storage = FileSystemStorage(location=folder)
        try:
            yield
        finally:
            field.storage = usual
