"""Signing in by OAuth 2 at a real IMAP and POP3 server, with tokens of a provider on loopback."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Response

from helpdesk.mail import fetching
from helpdesk.mail.fetching import grants
from helpdesk.models import Mailbox, MailGrant, Ticket
from tests.mail.messages import make_mailbox, message

pytestmark = pytest.mark.django_db
SECRET = "secret-of-the-client"


class Provider:
    """Gives out tokens for a refresh token, each ends the one before, and vouches for the last."""

    def __init__(self, server: HTTPServer, user: str) -> None:
        self.server, self.user, self.asked = server, user, []
        self.refresh, self.refusal = "refresh-0", None
        server.expect_request("/token", "POST").respond_with_handler(self._token)
        server.expect_request("/introspect").respond_with_handler(self._introspect)

    @property
    def access(self) -> str:
        return f"access-{len(self.asked)}"

    def _token(self, request) -> Response:
        if self.refusal:
            return Response(json.dumps(self.refusal), 400)
        self.asked.append(dict(request.form))
        if request.form.get("refresh_token", self.refresh) != self.refresh:
            return Response(json.dumps({"error": "invalid_grant"}), 400)
        self.refresh = f"refresh-{len(self.asked)}"
        said = {"access_token": self.access, "expires_in": 3600, "refresh_token": self.refresh}
        return Response(json.dumps(said))

    def _introspect(self, request) -> Response:
        is_known = self.access in request.get_data(as_text=True)
        return Response(json.dumps({"active": is_known, "username": self.user}))


@pytest.fixture
def provider(mail_server, account):
    with HTTPServer("127.0.0.1", mail_server.tokens) as server:
        yield Provider(server, account)


@pytest.fixture
def make_box(mail_server, account, provider):
    def make(protocol: str = "imap", refresh: str = "refresh-0") -> Mailbox:
        mailbox = make_mailbox(
            protocol=protocol,
            host="127.0.0.1",
            port=getattr(mail_server, protocol),
            security=Mailbox.Security.NONE,
            username=account,
            afterwards="delete",
        )
        grant = MailGrant(
            mailbox=mailbox,
            provider="other",
            token_url=provider.server.url_for("/token"),
            client_id="client",
            scope="mail",
        )
        grant.client_secret, grant.refresh_token = SECRET, refresh
        grant.save()
        return mailbox

    return make


def pass_time(mailbox: Mailbox, span: timedelta) -> None:
    grant = MailGrant.objects.get(mailbox=mailbox)
    MailGrant.objects.update(expires_at=grant.expires_at - span, renewed_at=grant.renewed_at - span)


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_mail_is_fetched_with_a_token_that_is_renewed_in_time(
    mail_server, account, provider, make_box, protocol
):
    mailbox = make_box(protocol)
    mail_server.put(account, message())
    look = fetching.fetch(mailbox)
    assert (look.stored, look.error) == (1, "")
    assert provider.asked == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "refresh-0",
            "client_id": "client",
            "client_secret": SECRET,
            "scope": "mail",
        }
    ]
    assert fetching.fetch(mailbox).error == ""
    assert len(provider.asked) == 1, "the token is good for an hour"
    pass_time(mailbox, timedelta(minutes=50))
    mail_server.put(account, message("Another"))
    assert fetching.fetch(mailbox).stored == 1
    assert provider.asked[1]["refresh_token"] == "refresh-1", "the newest one"
    assert Ticket.objects.count() == 2


def test_without_a_refresh_token_the_application_signs_in_as_itself(provider, make_box):
    assert fetching.fetch(make_box(refresh="")).error == ""
    assert provider.asked[0]["grant_type"] == "client_credentials"


def test_it_is_told_before_it_breaks_and_when_it_has(provider, make_box):
    mailbox = make_box()
    assert fetching.fetch(mailbox).error == ""
    assert grants.check_grants()[0]
    provider.refusal = {"error": "invalid_grant", "error_description": f"{SECRET} was revoked"}
    pass_time(mailbox, timedelta(minutes=50))
    assert fetching.fetch(mailbox).error == "", "the token of before is good for ten minutes"
    is_well, words = grants.check_grants()
    assert not is_well
    assert f"{mailbox} can sign in until" in words
    assert "let the helpdesk in anew" in words
    assert SECRET not in words
    pass_time(mailbox, timedelta(minutes=15))
    assert "let the helpdesk in anew" in fetching.fetch(mailbox).error
    is_well, words = grants.check_grants()
    assert (is_well, "can no longer sign in since" in words) == (False, True)
    provider.refusal = None
    assert fetching.fetch(mailbox).error == ""
    assert grants.check_grants()[0]


def test_a_token_that_the_mail_server_refuses_is_said_in_words(provider, make_box):
    mailbox = make_box()
    assert fetching.fetch(mailbox).error == ""
    provider.asked.append({})  # the provider has forgotten the token
    assert "refused the user or password" in fetching.fetch(mailbox).error


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "token address"),
        ("ftp://127.0.0.1/", "token address"),
        ("http://127.0.0.1:1/", "can't be reached"),
        ("http://10.0.0.1/", "not public"),
    ],
)
def test_where_no_token_is_to_be_had_it_is_said(make_box, url, words):
    mailbox = make_box()
    MailGrant.objects.update(token_url=url)
    assert words in fetching.fetch(mailbox).error


def test_no_secret_is_kept_readable(provider, make_box):
    mailbox = make_box()
    fetching.fetch(mailbox)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM helpdesk_mailgrant")
        row = repr(cursor.fetchall())
    assert not [one for one in (SECRET, "refresh-", "access-") if one in row]
    grant = MailGrant.objects.get(mailbox=mailbox)
    assert (grant.access_token, grant.refresh_token) == ("access-1", "refresh-1")
    assert grant.expires_at > timezone.now()
