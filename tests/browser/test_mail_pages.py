"""The pages of mail that came in, as a browser shows them."""

from collections.abc import Callable

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Mailbox, OutgoingMail, Queue, SenderRule, StoredMessage, Ticket
from tests.browser.looks import examine
from tests.factories import make_agent
from tests.mail.messages import message, take

pytestmark = pytest.mark.browser
HTML = (
    '<h2 dir="rtl">الطابعة تحترق</h2><table><tr><td>Wide</td><td>'
    + "cell " * 80
    + '</td></tr></table><img src="https://track.example/1.png" width="600">'
)


def mailbox() -> Mailbox:
    queue = Queue.objects.get(is_default=True)
    fields = {"queue": queue, "address": "box@helpdesk.example", "protocol": "imap"}
    error = "mail.example refused: " + "authentication failed, " * 12
    row, is_new = Mailbox.objects.get_or_create(name="Büro für Störungen", defaults=fields)
    if is_new:
        row.password = "secret"
        row.host, row.username, row.last_error, row.lag = "mail.example", "box", error[:400], 7
        row.failing_since = row.created_at
        row.save()
    return row


def stored(which: str) -> StoredMessage:
    """`held`, `taken` or `unproven`."""
    box = mailbox()
    if found := StoredMessage.objects.filter(message_id=f"{which}@x.example").first():
        return found
    agent = make_agent("Gita Unproven")
    senders = {"held": box.address, "unproven": agent.email}
    words = "It burns\n\nOn 1 Nov 2026 at 10:00 Gita <g@x.example> wrote:\n> Is it warm?\n> Well?\n"
    subject = {"held": "مرحبا " + "long " * 60, "unproven": f"[#{agent.pk}] x"}.get(which, "Fire")
    first = take(
        box,
        message(
            words,
            sender=senders.get(which, "Ann <ann@customer.example>"),
            subject=subject,
            html="" if which == "unproven" else HTML,
            Message_ID=f"<{which}@x.example>",
            Cc=", ".join(f"person{number}@customer.example" for number in range(8)),
        ),
    )
    return first


def path_of(which: str, rest: str = "") -> Callable[[], str]:
    return lambda: f"/mail/messages/{stored(which).uuid}/{rest}"


def listed(rest: str) -> Callable[[], str]:
    def path() -> str:
        stored("held")
        SenderRule.objects.get_or_create(pattern="@spam.example", defaults={"verdict": "block"})
        return rest

    return path


def undelivered() -> str:
    """The page of a first message that came back, and can be sent again."""
    box = mailbox()
    ticket = Ticket.objects.filter(title="An invoice for you").first()
    if ticket is None:
        by, ann = system("rule"), {"email": "ann@customer.example", "name": "Ann"}
        ticket = actions.open_ticket(
            by=by, title="An invoice for you", body="It is paid.", requester=ann, queue=box.queue
        )
        OutgoingMail.objects.create(
            kind="opening",
            ticket=ticket,
            mailbox=box,
            address="ann.with-a-very-long-name@department.customer.example",
            name="Ann",
            message_id="opening@helpdesk.example",
            state="failed",
            last_error="It came back: 550 5.1.1 No such user. " * 4,
            give_up_at=ticket.created_at,
        )
    return f"/tickets/{ticket.pk}/opening/deliveries/"


PAGES = {
    "quarantine": listed("/mail/"),
    "done": listed("/mail/?state=worked"),
    "none": "/mail/?state=copy",
    "held message": path_of("held"),
    "taken message": path_of("taken"),
    "as designed": path_of("taken", "html/"),
    "mailboxes": listed("/mail/mailboxes/"),
    "mailbox": lambda: f"/mail/mailboxes/{mailbox().uuid}/",
    "new mailbox": "/mail/mailboxes/new/",
    "sign-in by OAuth 2": lambda: f"/mail/mailboxes/{mailbox().uuid}/sign-in/",
    "senders": listed("/mail/senders/"),
    "sending": listed("/mail/sending/"),
    "template": "/mail/templates/reply/",
    "how a mailbox speaks": lambda: f"/mail/mailboxes/{mailbox().uuid}/sending/",
    "first message, undelivered": undelivered,
    "ticket by mail": lambda: f"/tickets/{stored('taken').ticket_id}/",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_mail_is_whole(name, admin_page, watch):
    path = PAGES[name]
    admin_page.goto(path if isinstance(path, str) else path())
    found = examine(admin_page, watch)
    assert not found, "\n".join(found)
