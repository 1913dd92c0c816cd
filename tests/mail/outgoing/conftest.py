"""The mail server of these tests, a mailbox that speaks, and people who read."""

import pytest

from helpdesk import changes
from helpdesk.mail.outgoing import notices, sending
from helpdesk.models import MailSending, OutgoingMail
from tests.factories import make_agent, make_ticket, make_user
from tests.mail.messages import make_mailbox
from tests.mail.outgoing import smtp


@pytest.fixture(scope="session")
def started_smtp():
    server, controller = smtp.start()
    yield server
    controller.stop()


@pytest.fixture
def smtp_process(started_smtp):
    """The server as it was at first, whatever the test before told it."""
    started_smtp.got.clear()
    started_smtp.refuses.clear()
    started_smtp.says_at_end = "250 Taken"
    return started_smtp


@pytest.fixture
def smtp_server(smtp_process, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_process.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_URL = f"smtp://127.0.0.1:{smtp_process.port}"
    return smtp_process


@pytest.fixture
def mailbox():
    made = make_mailbox(trusted_server="mx.helpdesk.example")
    MailSending.objects.create(mailbox=made, from_name="Acme Support", has_plus=True)
    return made


@pytest.fixture
def ann():
    return make_user("Ann Customer", email="ann@customer.example")


@pytest.fixture
def agent():
    return make_agent("Maren Agent", email="maren@helpdesk.example")


@pytest.fixture
def ticket(mailbox, ann):
    made = make_ticket("Printer on fire", requester=ann)
    changes.announce()
    return made


@pytest.fixture
def post(smtp_server):
    """Announce what happened and send all that is due, waiting for nothing."""

    def run() -> list[smtp.Got]:
        changes.announce()
        notices.gather()
        before = len(smtp_server.got)
        sending.send_due()
        return smtp_server.got[before:]

    return run


@pytest.fixture
def due_now():
    """What waits for its next try is due."""

    def run() -> None:
        for mail in OutgoingMail.objects.filter(state="waiting"):
            OutgoingMail.objects.filter(pk=mail.pk).update(due_at=mail.created_at)

    return run
