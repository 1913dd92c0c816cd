"""What a mail provider posts: only with the secret, stored before the answer, never lost."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from helpdesk.actions.mailboxes import renew_door
from helpdesk.actor import system
from helpdesk.mail import door, receiving
from helpdesk.models import Mailbox, StoredMessage, Ticket
from tests.factories import make_agent, make_user
from tests.mail.messages import make_mailbox, message

pytestmark = pytest.mark.django_db
State = StoredMessage.State
KEY = "key-of-mailgun"


def make_door(provider: str, **fields) -> Mailbox:
    mailbox = make_mailbox(protocol="http", provider=provider, **fields)
    mailbox = renew_door(mailbox, by=system("rule"))
    if provider == "mailgun":
        mailbox.password = KEY
        mailbox.save()
    return mailbox


class Caller:
    """A provider that was given the address of a mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        parts = urlsplit(door.address_of(mailbox))
        self.path, self.client = parts.path, Client(enforce_csrf_checks=True)
        words = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
        self.headers = {"authorization": f"Basic {words}"}

    def post(self, body, kind: str = "application/json", headers: dict | None = None):
        sent = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.post(
            self.path,
            sent,
            content_type=kind,
            headers=self.headers if headers is None else headers,
        )


def form(**fields: str | bytes) -> tuple[bytes, str]:
    """A form as Mailgun sends it."""
    rows = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (name.replace("_", "-").encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in fields.items()
    )
    return rows + b"--x--\r\n", "multipart/form-data; boundary=x"


def signed(key: str = KEY) -> dict[str, str]:
    words = hmac.new(key.encode(), b"1790000000token", hashlib.sha256).hexdigest()
    return {"timestamp": "1790000000", "token": "token", "signature": words}


def raw_of(provider: str, raw: bytes) -> tuple:
    """The same message as each provider wraps it: body and content type."""
    words = raw.decode()
    if provider == "raw":
        return raw, "message/rfc822"
    if provider == "mailgun":
        return form(body_mime=raw, recipient="support@helpdesk.example", **signed())
    if provider == "postmark":
        said = {"FromFull": {}, "RawEmail": words, "OriginalRecipient": "support@helpdesk.example"}
        return said, "application/json"
    content = {
        "email_rfc822": base64.b64encode(raw).decode(),
        "email_rfc822_is_base64": True,
    }
    relayed = {"content": content, "protocol": "smtp", "rcpt_to": "support@helpdesk.example"}
    return [{"msys": {"relay_message": relayed}}], "application/json"


@pytest.mark.parametrize("provider", ["raw", "mailgun", "postmark", "sparkpost"])
def test_a_message_is_stored_as_it_came_and_once(provider):
    caller, raw = Caller(make_door(provider)), message(subject="Grüße", files=(("a", b"b", "x/y"),))
    for _again in range(2):
        answer = caller.post(*raw_of(provider, raw))
        assert (answer.status_code, answer.content) == (200, b"stored")
    stored = StoredMessage.objects.get()
    assert door.store(raw, stored.mailbox)[1] is False, "these very bytes are there"
    assert stored.state == State.STORED
    if provider != "raw":
        assert stored.envelope_to == "support@helpdesk.example"
    receiving.work_due()
    assert Ticket.objects.get().title == "Grüße"


def test_what_a_provider_took_apart_is_put_together_again():
    caller = Caller(make_door("mailjet"))
    headers = {"Subject": "Taken apart", "From": "Ann <ann@customer.example>"}
    headers |= {"To": "support@helpdesk.example", "Message-ID": "<apart@customer.example>"}
    said = {"Headers": headers, "Parts": [], "Text-part": "My words", "Recipient": "s@x.example"}
    assert caller.post(said).status_code == 200
    receiving.work_due()
    ticket = Ticket.objects.get()
    assert (ticket.title, ticket.body.strip()) == ("Taken apart", "My words")
    assert ticket.requester.email == "ann@customer.example"


@pytest.mark.parametrize("provider", list(Mailbox.Provider.values))
def test_nobody_posts_without_the_secret(provider):
    mailbox = make_door(provider)
    caller, former = Caller(mailbox), Caller(mailbox)
    renew_door(mailbox, by=system("rule"))
    body, kind = raw_of(provider if provider != "mailjet" else "postmark", message())
    wrong = base64.b64encode(b"helpdesk:wrong").decode()
    for headers in ({}, {"authorization": f"Basic {wrong}"}, {"authorization": "Basic \xff"}):
        assert caller.post(body, kind, headers).status_code == 401
    assert former.post(body, kind).status_code == 401, "the address of before"
    assert not StoredMessage.objects.exists()


@pytest.mark.parametrize(
    "fields", [{}, signed("another key"), signed() | {"timestamp": "1790000001"}, {"token": "é"}]
)
def test_of_mailgun_only_signed_calls_are_taken(fields):
    caller = Caller(make_door("mailgun"))
    body, kind = form(body_mime=message(), **fields)
    assert caller.post(body, kind).status_code == 401
    assert not StoredMessage.objects.exists()


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'{"RecordType": "Bounce"}', b'{"Headers": 1}', b"\xff\xfe"]
)
@pytest.mark.parametrize("provider", ["postmark", "mailjet", "sparkpost"])
def test_a_call_that_cannot_be_read_is_kept_in_quarantine(provider, body):
    caller = Caller(make_door(provider))
    answer = caller.post(body)
    assert answer.status_code == 200
    receiving.work_due()
    stored = StoredMessage.objects.filter(state=State.QUARANTINED)
    assert stored.count() == StoredMessage.objects.count()
    assert not Ticket.objects.exists()


def test_a_message_larger_than_a_page_is_taken_and_one_larger_than_the_mailbox_is_not():
    caller = Caller(make_door("mailgun", max_megabytes=12))
    large = message("x" * 11 * 1024 * 1024)
    assert caller.post(*raw_of("mailgun", large)).status_code == 200
    assert StoredMessage.objects.get().size == len(large)
    assert caller.post(*raw_of("mailgun", b"y" * 13 * 1024 * 1024)).status_code == 413
    assert caller.post(*raw_of("mailgun", b"y" * 20 * 1024 * 1024)).status_code == 413
    assert StoredMessage.objects.count() == 1


def test_where_nothing_can_be_stored_the_provider_is_to_try_again(monkeypatch):
    def away(*some, **named):
        raise OperationalError("database is locked")

    caller = Caller(make_door("raw"))
    monkeypatch.setattr(door, "store", away)
    answer = caller.post(message(), "message/rfc822")
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")


def test_a_mailbox_that_is_fetched_has_no_door(client):
    mailbox = make_door("raw")
    Mailbox.objects.update(protocol="imap", host="127.0.0.1")
    mailbox.refresh_from_db()
    assert client.post(reverse("mail-door", args=[mailbox.uuid])).status_code == 404
    assert door.address_of(mailbox) == ""


def test_an_administrator_makes_a_door_and_sees_its_address(client):
    client.force_login(make_user("Ada", "admin"))
    fields = {"name": "Hook", "address": "hook@helpdesk.example", "protocol": "http"}
    fields |= {"queue": "1", "provider": "mailgun", "security": "tls", "every": "60"}
    fields |= {"max_megabytes": "30", "copies": "one", "afterwards": "move"}
    fields["queue"] = str(make_mailbox("Other").queue_id)
    page = client.post(reverse("mailbox-new"), fields)
    assert page.status_code == 422
    assert "signing key of Mailgun" in page.content.decode()
    client.post(reverse("mailbox-new"), fields | {"password": KEY})
    mailbox = Mailbox.objects.get(name="Hook")
    page = client.get(reverse("mailbox", args=[mailbox.uuid])).content.decode()
    assert door.address_of(mailbox) in page
    assert KEY not in page
    former = door.address_of(mailbox)
    client.post(reverse("mailbox-door", args=[mailbox.uuid]))
    mailbox.refresh_from_db()
    assert door.address_of(mailbox) not in (former, "")


def test_an_agent_neither_sees_nor_renews_the_address(client):
    mailbox = make_door("raw")
    client.force_login(make_agent())
    assert client.get(reverse("mailbox", args=[mailbox.uuid])).status_code == 403
    assert client.post(reverse("mailbox-door", args=[mailbox.uuid])).status_code == 403
