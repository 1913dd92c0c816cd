"""Letting the helpdesk into a mailbox at a provider on loopback: there, back, and what is kept."""

import base64
import hashlib
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Response

from helpdesk.actions.mail_grants import set_grant
from helpdesk.actor import system
from helpdesk.mail.fetching import authorising, grants
from helpdesk.models import Mailbox, MailGrant, SettingChange
from tests.api.conftest import caller, fields_of
from tests.factories import make_agent, make_user
from tests.mail.messages import make_mailbox

pytestmark = pytest.mark.django_db
SECRET, CODE = "secret-of-the-client", "code-of-a-person"
BACK = "/mail/sign-in/"


class Provider:
    """Sends people back with a code, and changes it for tokens only as RFC 7636 says."""

    def __init__(self, server: HTTPServer) -> None:
        self.server, self.asked, self.challenge = server, [], ""
        self.answer = {"access_token": "access-1", "expires_in": 3600, "refresh_token": "refresh-1"}
        server.expect_request("/token", "POST").respond_with_handler(self._token)

    def agree(self, address: str) -> str:
        """What a person does there; returns the query with which they come back."""
        said = {name: one for name, [one] in parse_qs(urlsplit(address).query).items()}
        self.said, self.challenge = said, said["code_challenge"]
        return f"code={CODE}&state={said['state']}"

    def _token(self, request) -> Response:
        self.asked.append(dict(request.form))
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if request.form["code"] != CODE or proof != self.challenge:
            return Response(json.dumps({"error": "invalid_grant"}), 400)
        return Response(json.dumps(self.answer))


@pytest.fixture
def provider(monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # loopback has no certificate
    with HTTPServer("127.0.0.1") as server:
        yield Provider(server)


@pytest.fixture
def mailbox(db) -> Mailbox:
    return make_mailbox(protocol="imap", host="127.0.0.1", username="support@helpdesk.example")


@pytest.fixture
def grant(mailbox, provider) -> MailGrant:
    return set_grant(
        mailbox,
        by=system("rule"),
        provider="other",
        client_id="client",
        client_secret=SECRET,
        authorise_url=provider.server.url_for("/authorise"),
        token_url=provider.server.url_for("/token"),
        scope="mail",
    )


@pytest.fixture
def admin(db) -> Client:
    client = Client()
    client.force_login(make_user("Root", role="admin"))
    return client


def leave(client: Client, mailbox: Mailbox) -> str:
    answer = client.get(reverse("mailbox-authorise", args=[mailbox.uuid]))
    assert answer.status_code == 302
    return answer["Location"]


def words_of(answer) -> str:
    return " ".join(str(one) for one in answer.context["messages"])


def test_a_person_agrees_and_the_mailbox_signs_in(admin, mailbox, grant, provider):
    query = provider.agree(leave(admin, mailbox))
    assert provider.said | {"state": "", "code_challenge": ""} == {
        "response_type": "code",
        "client_id": "client",
        "redirect_uri": authorising.redirect_address(),
        "scope": "mail",
        "state": "",
        "code_challenge": "",
        "code_challenge_method": "S256",
        "login_hint": mailbox.username,
    }
    answer = admin.get(f"{BACK}?{query}", follow=True)
    assert "signs in by OAuth 2" in words_of(answer)
    assert answer.redirect_chain[-1][0] == reverse("mailbox-sign-in", args=[mailbox.uuid])
    grant.refresh_from_db()
    assert (grant.access_token, grant.refresh_token) == ("access-1", "refresh-1")
    assert grants.access_token(grant) == "access-1"
    page = answer.content.decode()
    assert not [one for one in (SECRET, "access-1", "refresh-1", CODE) if one in page]


@pytest.mark.parametrize("how", ["another state", "no state", "another browser", "twice", "late"])
def test_only_the_browser_that_left_comes_back_and_once(
    admin, mailbox, grant, provider, how, time_machine
):
    query = provider.agree(leave(admin, mailbox))
    if how == "another state":
        query = query.replace("state=", "state=x")
    elif how == "no state":
        query = f"code={CODE}"
    elif how == "another browser":
        admin = Client()
        admin.force_login(make_user("Other", role="admin"))
    elif how == "twice":
        admin.get(f"{BACK}?{query}")
        MailGrant.objects.update(access_words="", refresh_words="")
        provider.asked.clear()
    else:
        time_machine.move_to(timezone.now() + timedelta(minutes=20))
    said = words_of(admin.get(f"{BACK}?{query}", follow=True))
    assert "Begin anew" in said
    assert provider.asked == []
    grant.refresh_from_db()
    assert not grant.access_words


def test_what_the_provider_says_is_told_and_nothing_is_kept(admin, mailbox, grant, provider):
    provider.agree(leave(admin, mailbox))
    said = f"error=access_denied&error_description=<b>No</b>&state={provider.said['state']}"
    answer = admin.get(f"{BACK}?{said}", follow=True)
    assert "did not let the helpdesk in: <b>No</b>" in words_of(answer)
    assert "<b>No</b>" not in answer.content.decode()
    query = provider.agree(leave(admin, mailbox))
    provider.challenge = "of somebody else"
    assert "let the helpdesk in anew" in words_of(admin.get(f"{BACK}?{query}", follow=True))
    grant.refresh_from_db()
    assert not grant.access_words


def test_without_https_nobody_is_sent_away(admin, mailbox, grant, monkeypatch):
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT")
    answer = admin.get(reverse("mailbox-authorise", args=[mailbox.uuid]), follow=True)
    assert "PUBLIC_URL must begin with https://" in words_of(answer)


@pytest.mark.parametrize(
    ("provider_name", "protocol", "sends", "wanted"),
    [
        ("microsoft", "imap", False, "IMAP.AccessAsUser.All offline_access"),
        ("microsoft", "pop3", True, "POP.AccessAsUser.All .SMTP.Send offline_access"),
        ("microsoft", "pipe", True, "SMTP.Send offline_access"),
        ("google", "imap", True, "https://mail.google.com/"),
    ],
)
def test_as_little_is_asked_for_as_is_needed(mailbox, provider_name, protocol, sends, wanted):
    mailbox.protocol = protocol
    grant = MailGrant(mailbox=mailbox, provider=provider_name, client_id="x", sends=sends)
    assert authorising.wanted_scope(grant).replace(authorising.OUTLOOK, ".").strip(".") == wanted


def test_microsoft_and_google_are_known_by_their_addresses(mailbox, settings):
    settings.PUBLIC_URL = "https://help.example"
    for name, start in {
        "microsoft": "https://login.microsoftonline.com/acme/oauth2/v2.0/authorize?",
        "google": "https://accounts.google.com/o/oauth2/v2/auth?",
    }.items():
        grant = MailGrant(mailbox=mailbox, pk=1, provider=name, tenant="acme", client_id="x")
        address, _asked = authorising.begin(grant)
        assert address.startswith(start)
        assert "redirect_uri=https%3A%2F%2Fhelp.example%2Fmail%2Fsign-in%2F" in address
    assert "access_type=offline" in address


FORM = {"provider": "microsoft", "client_id": "client", "smtp_security": "starttls"}


def test_the_page_takes_a_secret_and_never_shows_it(admin, mailbox):
    path = reverse("mailbox-sign-in", args=[mailbox.uuid])
    assert admin.post(path, FORM | {"client_secret": SECRET}).status_code == 302
    grant = MailGrant.objects.get(mailbox=mailbox)
    assert (grant.client_secret, SECRET in grant.client_words) == (SECRET, False)
    page = admin.get(path).content.decode()
    assert SECRET not in page
    assert authorising.redirect_address() in page
    assert SECRET not in json.dumps(list(SettingChange.objects.values_list("fields", flat=True)))
    admin.post(path, FORM)
    grant.refresh_from_db()
    assert grant.client_secret == SECRET, "an empty one leaves that of before"
    assert admin.post(path, FORM | {"provider": "other"}).status_code == 422


def test_secrets_are_not_carried_to_another_place(admin, mailbox, grant):
    for change in (
        lambda: set_grant(mailbox, by=system("rule"), token_url="https://elsewhere.example/"),
        lambda: set_grant(mailbox, by=system("rule"), smtp_host="elsewhere.example"),
        lambda: caller(scopes=["configuration:manage"]).patch(
            f"mailboxes/{mailbox.pk}/", {"host": f"{mailbox.pk}.elsewhere.example"}
        ),
    ):
        grant.client_secret = grant.access_token = grant.refresh_token = SECRET
        grant.expires_at = timezone.now() + timedelta(hours=1)
        grant.save()
        change()
        kept = MailGrant.objects.get(pk=grant.pk)
        assert (kept.client_words, kept.access_words, kept.refresh_words) == ("", "", "")


def test_a_mailbox_that_signs_in_by_grant_needs_no_password(admin, mailbox):
    said = {
        "name": "Sales",
        "address": "sales@helpdesk.example",
        "queue": mailbox.queue_id,
        "protocol": "imap",
        "security": "tls",
        "host": "outlook.office365.com",
        "username": "sales@helpdesk.example",
        "by_grant": "on",
        "folder": "INBOX",
        "afterwards": "keep",
        "every": "60",
        "max_megabytes": "30",
        "copies": "one",
    }
    answer = admin.post(reverse("mailbox-new"), said)
    made = Mailbox.objects.get(name="Sales")
    assert answer["Location"] == reverse("mailbox-sign-in", args=[made.uuid])


def test_by_call_it_is_set_and_taken_away_and_its_secrets_are_not_read(mailbox):
    api = caller(scopes=["configuration:manage"])
    path = f"mailboxes/{mailbox.pk}/"
    said = {"provider": "google", "client_id": "x", "client_secret": SECRET, "refresh_token": "r-1"}
    answer = api.patch(f"{path}sign-in/", said)
    assert answer.status_code == 200, answer.content
    sign_in = answer.json()["sign_in"]
    assert (sign_in["has_client_secret"], sign_in["has_refresh_token"]) == (True, True)
    assert SECRET not in answer.content.decode()
    assert MailGrant.objects.get().refresh_token == "r-1"
    assert fields_of(api.patch(f"{path}sign-in/", {"provider": "other"})) == ["token_url"]
    assert api.delete(f"{path}sign-in/").status_code == 204
    assert api.get(path).json()["sign_in"] is None


def test_only_administrators_go_there(mailbox, grant):
    agent = Client()
    agent.force_login(make_agent())
    for name in ("mailbox-sign-in", "mailbox-authorise"):
        assert agent.get(reverse(name, args=[mailbox.uuid])).status_code == 403
    assert agent.get(BACK).status_code == 403
