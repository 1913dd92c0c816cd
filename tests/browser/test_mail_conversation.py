"""A conversation over real SMTP (aiosmtpd) and IMAP (dovecot), with the agent in Chromium: what she
writes leaves, and what comes she reads, with what became of it."""

import shutil
import tempfile
from pathlib import Path

import pytest
from django.test import override_settings
from playwright.sync_api import expect

from helpdesk import actions, changes
from helpdesk.actor import system
from helpdesk.mail.addresses import reply_address
from helpdesk.mail.outgoing import sending
from helpdesk.models import Mailbox, MailSending, Status
from tests.browser.conftest import unavailable
from tests.factories import make_queue
from tests.mail import dovecot
from tests.mail.messages import message, proven
from tests.mail.outgoing import smtp
from tests.mail.outgoing.test_conversation import answer_to
from tests.mail.outgoing.wires import Wires, to_of

pytestmark = pytest.mark.browser
US = "wires@helpdesk.example"
ANN, CY = "ann@wires.example", "cy@wires.example"


@pytest.fixture
def servers():
    if why := dovecot.missing():
        unavailable(why)
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    imap = dovecot.start(folder)
    server, controller = smtp.start()
    backend = "django.core.mail.backends.smtp.EmailBackend"
    here = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": server.port}
    with override_settings(EMAIL_BACKEND=backend, EMAIL_URL="smtp://127.0.0.1", **here):
        yield server, imap
    controller.stop()
    dovecot.stop(imap)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def wires(house, servers) -> Wires:
    mailbox = Mailbox.objects.create(
        name="Wires", address=US, queue=make_queue(), trusted_server="mx.helpdesk.example"
    )
    MailSending.objects.create(mailbox=mailbox, acknowledges=True, has_plus=True)
    return Wires(*servers, "wires", mailbox)


@pytest.fixture
def writer(admin):
    """The agent, whose replies leave at once."""
    before = dict(admin.preferences)
    admin.preferences |= {"undo_send": 0}
    admin.save()
    yield admin
    admin.preferences = before
    admin.save()


def test_an_agent_talks_with_customers_who_mail(wires, writer, visit):
    page = visit(writer)

    def read(*words: str) -> None:
        page.goto(f"/tickets/{ticket.pk}/")
        for one in words:
            expect(page.locator("main")).to_contain_text(one)

    def post(*people: str) -> list[smtp.Got]:
        changes.announce()
        before = len(wires.smtp.got)
        sending.send_due()
        return [got for got in wires.smtp.got[before:] if got.to[0] in people]

    first = wires.send(
        message("My printer is on fire.", sender=f"Ann <{ANN}>", to=US, Cc=CY), ANN, US
    )
    ticket = first.ticket
    [acknowledged] = post(ANN, CY)
    assert (acknowledged.to, acknowledged.mail["Auto-Submitted"]) == ([ANN], "auto-replied")

    read("My printer is on fire.")
    page.locator("#composer textarea[name=body]").fill("Try to switch it off.")
    page.locator("#composer textarea[name=body]").press("Control+Enter")
    expect(page.locator("main")).to_contain_text("Try to switch it off.")
    expect(page.locator("#composer textarea[name=body]")).to_have_value("")
    to_ann, to_cy = sorted(post(ANN, CY), key=lambda got: got.to)
    assert "switch it off" in to_ann.text
    read("Sent by mail")

    broken = {"to": US, "References": "<lost@client>", "In_Reply_To": ""}
    wires.send(answer_to(to_ann, ANN, "It still burns.", **broken), ANN, US)
    wires.send(answer_to(to_cy, CY, "Mine, too."), CY, to_of(str(to_cy.mail["Reply-To"])))
    read("It still burns.", "Mine, too.")

    resolved = Status.objects.get(name="Resolved")
    actions.change_ticket(ticket, by=system("rule"), status=resolved)
    away = answer_to(to_ann, ANN, "I am on holiday.", Auto_Submitted="auto-replied (vacation)")
    wires.send(away, ANN, to_of(str(to_ann.mail["Reply-To"])))
    read("I am on holiday.")
    ticket.refresh_from_db()
    assert (ticket.status, post(ANN, CY)) == (resolved, [])

    bounce = message(
        f"<{CY}>: 550 5.1.1 No such user",
        sender="MAILER-DAEMON@mx.example",
        to=to_cy.sender,
        subject="Undelivered Mail Returned to Sender",
        Return_Path="<>",
    )
    wires.send(bounce, "", to_cy.sender)
    read("came back", "550 5.1.1 No such user")

    signed = reply_address(ticket, writer, US)
    wires.send(message("By mail, unproven.", sender=writer.email, to=signed), writer.email, signed)
    assert post(ANN, CY) == []
    read("By mail, unproven.")
    page.get_by_role("link", name="Look, and approve").click()
    page.get_by_role("button", name=f"Post as reply of {writer.name}").click()
    expect(page.locator("body")).to_contain_text("Posted as a reply.")
    assert "By mail, unproven." in next(got for got in post(ANN) if got.to == [ANN]).text
    words = message(
        "By mail, proven.",
        sender=writer.email,
        to=signed,
        Authentication_Results=proven(writer.email.rpartition("@")[2]),
    )
    wires.send(words, writer.email, signed)
    read("By mail, proven.")
    assert "By mail, proven." in next(got for got in post(ANN) if got.to == [ANN]).text
