"""Asking somebody at a provider to let the helpdesk into a mailbox: RFC 6749, with PKCE (RFC 7636).

The provider sends them back with a code, which is changed for tokens at once. `Asked` is what has
to be remembered in between, by the browser that began.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import gettext as _
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient, is_secure_transport

from helpdesk.mail.fetching import grants
from helpdesk.mail.fetching.grants import Provider, Unrenewed
from helpdesk.models import Mailbox, MailGrant
from helpdesk.text import one_line

PATIENCE = timedelta(minutes=15)
AUTHORISE_URLS = {
    Provider.MICROSOFT: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
    Provider.GOOGLE: "https://accounts.google.com/o/oauth2/v2/auth",
}
OUTLOOK = "https://outlook.office.com/"
MORE = {  # what a provider wants said, so that it gives a refresh token
    Provider.MICROSOFT: {"prompt": "select_account"},
    Provider.GOOGLE: {"access_type": "offline", "prompt": "consent"},
}


@dataclass(frozen=True)
class Asked:
    """One request of a browser to a provider. `at` is ISO 8601."""

    grant: int
    state: str
    verifier: str
    at: str

    def as_dict(self) -> dict:
        return asdict(self)


def redirect_address() -> str:
    """Where a provider sends people back to: to be registered there."""
    return f"{settings.PUBLIC_URL}{reverse('mail-sign-in-back')}"


def begin(grant: MailGrant) -> tuple[str, Asked]:
    """The address at the provider, and what to remember. Raises Unrenewed in words."""
    url = grant.authorise_url or AUTHORISE_URLS.get(grant.provider, "").format(
        tenant=grant.tenant or "common"
    )
    if not url:
        raise Unrenewed(_("Enter the provider's authorisation address."))
    if not is_secure_transport(redirect_address()):
        raise Unrenewed(_("PUBLIC_URL must begin with https://: people are sent back there."))
    client = WebApplicationClient(grant.client_id)
    asked = Asked(
        grant=grant.pk,
        state=get_random_string(32),
        verifier=client.create_code_verifier(64),
        at=timezone.now().isoformat(),
    )
    try:
        address = client.prepare_request_uri(
            url,
            redirect_uri=redirect_address(),
            scope=wanted_scope(grant),
            state=asked.state,
            code_challenge=client.create_code_challenge(asked.verifier, "S256"),
            code_challenge_method="S256",
            login_hint=grant.mailbox.username,
            **MORE.get(grant.provider, {}),
        )
    except OAuth2Error as error:
        raise Unrenewed(_said(error)) from error
    return address, asked


def finish(asked: Asked, query: str, now: datetime | None = None) -> MailGrant:
    """Change what the provider answered, as the query of our address, for tokens, and keep them.

    Raises Unrenewed in words: refused there, too late, another browser, or no tokens.
    """
    began = datetime.fromisoformat(asked.at)
    grant = MailGrant.objects.select_related("mailbox").filter(pk=asked.grant).first()
    if grant is None or (now or timezone.now()) - began > PATIENCE:
        raise Unrenewed(_("That took too long. Begin anew."))
    client = WebApplicationClient(grant.client_id)
    try:
        said = client.parse_request_uri_response(f"{redirect_address()}?{query}", state=asked.state)
    except OAuth2Error as error:
        raise Unrenewed(_said(error)) from error
    body = {
        "grant_type": "authorization_code",
        "client_id": grant.client_id,
        "client_secret": grant.client_secret,
        "code": said["code"],
        "redirect_uri": redirect_address(),
        "code_verifier": asked.verifier,
    }
    grants.take(grant, {name: value for name, value in body.items() if value})
    Mailbox.objects.filter(pk=grant.mailbox_id).update(due_at=timezone.now())
    return grant


def is_own(asked: Asked, state: str) -> bool:
    return constant_time_compare(asked.state, state)


def wanted_scope(grant: MailGrant) -> str:
    """As little as is needed: to read the mailbox, and to send if it does."""
    if grant.scope:
        return grant.scope
    if grant.provider == Provider.MICROSOFT:
        way = "POP" if grant.mailbox.protocol == Mailbox.Protocol.POP3 else "IMAP"
        names = [f"{OUTLOOK}{way}.AccessAsUser.All"] if grant.mailbox.is_fetched else []
        names += [f"{OUTLOOK}SMTP.Send"] if grant.sends else []
        return " ".join([*names, "offline_access"])
    return grants.SCOPES.get(grant.provider, "")


def _said(error: OAuth2Error) -> str:
    why = one_line(str(error.description or error.error or error))[:300]
    return _("The provider did not let the helpdesk in: %(why)s") % {"why": why}
