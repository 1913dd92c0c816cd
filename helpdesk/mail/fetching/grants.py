"""Signing in to a mailbox by OAuth 2: tokens are renewed in time, and trouble is told before it
breaks: the token of before is good for a while after renewing has begun to fail."""

import json
import logging
from datetime import datetime, timedelta
from http.client import HTTPException
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from urllib3.exceptions import HTTPError

from helpdesk.mail.fetching.server import FetchError
from helpdesk.models import Mailbox, MailGrant
from helpdesk.outbound.fence import (
    Deadline,
    FencedHTTPConnection,
    FencedHTTPSConnection,
    RefusedAddress,
    UnknownHost,
    networks,
)

log = logging.getLogger(__name__)
EARLY = timedelta(minutes=15)  # before the end of a token it is renewed
AGAIN_AFTER = timedelta(minutes=1)  # after a renewal that failed, while the token is good
SECONDS = 15.0
ANSWER_BYTES = 64 * 1024
Provider = MailGrant.Provider
TOKENS = [
    *("access_words", "refresh_words", "expires_at", "renewed_at", "failing_since", "last_error"),
]
TOKEN_URLS = {
    Provider.MICROSOFT: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
    Provider.GOOGLE: "https://oauth2.googleapis.com/token",
}
SCOPES = {
    Provider.MICROSOFT: "https://outlook.office365.com/.default",
    Provider.GOOGLE: "https://mail.google.com/",
}


class Unrenewed(FetchError):
    """The provider gave no token; the words say why and what to do."""


def grant_of(mailbox: Mailbox) -> MailGrant | None:
    return MailGrant.objects.filter(mailbox=mailbox).first()


def access_token(grant: MailGrant) -> str:
    """A token that is good now, renewed if it soon is not. Raises Unrenewed, LostKey."""
    now = timezone.now()
    if grant.is_fresh(now + EARLY) or (grant.is_fresh(now) and _failed_lately(grant, now)):
        return grant.access_token
    try:
        renew(grant)
    except Unrenewed:
        if not grant.is_fresh():
            raise
    return grant.access_token


def renew(grant: MailGrant) -> None:
    """Ask the provider for a token and keep it. Raises Unrenewed, which the grant keeps, too."""
    try:
        take(grant, _request_of(grant))
    except Unrenewed as error:
        now = timezone.now()
        grant.failing_since = grant.failing_since or now
        grant.renewed_at, grant.last_error = now, str(error)[:500]
        grant.save(update_fields=["failing_since", "renewed_at", "last_error"])
        log.warning("Grant %s was not renewed: %s", grant.pk, error)
        raise


def take(grant: MailGrant, fields: dict[str, str]) -> None:
    """Ask the provider for tokens with these fields and keep them. Raises Unrenewed."""
    said, now = _asked(_token_url(grant), fields), timezone.now()
    with transaction.atomic():
        grant.access_token = str(said["access_token"])
        grant.expires_at = now + timedelta(seconds=_seconds(said.get("expires_in")))
        if said.get("refresh_token"):  # a provider may end the one of before
            grant.refresh_token = str(said["refresh_token"])
        grant.renewed_at, grant.failing_since, grant.last_error = now, None, ""
        grant.save(update_fields=TOKENS)


def sign_in_words(user: str, token: str) -> str:
    """What XOAUTH2 says, before base64."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def check_grants() -> tuple[bool, str]:
    """For the health page: a grant that is no longer renewed, before and after it breaks."""
    failing = MailGrant.objects.filter(failing_since__isnull=False, mailbox__paused=False)
    grant = failing.select_related("mailbox").first()
    if grant is None:
        return True, _("Every sign-in of a mailbox is renewed.")
    if grant.is_fresh():
        words = _("Mailbox %(name)s can sign in until %(at)s only: %(error)s")
    else:
        words = _("Mailbox %(name)s can no longer sign in since %(at)s: %(error)s")
    at = grant.expires_at or grant.failing_since
    return False, words % {
        "name": grant.mailbox,
        "at": at.isoformat(timespec="minutes"),
        "error": grant.last_error,
    }


def _failed_lately(grant: MailGrant, now: datetime) -> bool:
    return bool(grant.failing_since and grant.renewed_at and now - grant.renewed_at < AGAIN_AFTER)


def _token_url(grant: MailGrant) -> str:
    url = grant.token_url or TOKEN_URLS.get(grant.provider, "").format(
        tenant=grant.tenant or "common"
    )
    if urlsplit(url).scheme not in ("http", "https"):
        raise Unrenewed(_("Enter the provider's token address."))
    return url


def _request_of(grant: MailGrant) -> dict[str, str]:
    """Fields by RFC 6749: section 6 with a refresh token, section 4.4 without."""
    fields = {"client_id": grant.client_id, "client_secret": grant.client_secret}
    scope = grant.scope or SCOPES.get(grant.provider, "")
    if refresh := grant.refresh_token:
        fields |= {"grant_type": "refresh_token", "refresh_token": refresh}
        scope = grant.scope
    else:
        fields["grant_type"] = "client_credentials"
    if scope:
        fields["scope"] = scope
    return {name: value for name, value in fields.items() if value}


def _asked(url: str, fields: dict[str, str]) -> dict:
    parts = urlsplit(url)
    try:
        status, body = _posted(url, urlencode(fields).encode())
    except (HTTPError, HTTPException, OSError, RefusedAddress, UnknownHost, ValueError) as error:
        words = _("%(host)s, which renews the sign-in, can't be reached: %(why)s")
        why = str(error) or type(error).__name__
        raise Unrenewed(words % {"host": parts.hostname, "why": why}) from error
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    said = said if isinstance(said, dict) else {}
    if status == 200 and said.get("access_token"):
        return said
    why = str(said.get("error_description") or said.get("error") or status)[:300]
    if said.get("error") == "invalid_grant":
        words = _("The sign-in was taken back or ran out: let the helpdesk in anew. (%(why)s)")
    else:
        words = _("The provider gave no token: %(why)s")
    raise Unrenewed(words % {"why": _without(why, fields)})


def _posted(url: str, body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(url)
    kind = FencedHTTPSConnection if parts.scheme == "https" else FencedHTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=SECONDS)
    connection.allowed = networks(settings.OUTBOUND_ALLOW)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
        "User-Agent": "helpdesk",
    }
    try:
        with Deadline(connection, SECONDS):
            connection.request("POST", target, body, headers, preload_content=False)
            answer = connection.getresponse()
            return answer.status, answer.read(ANSWER_BYTES) or b""
    finally:
        connection.release()


def _without(words: str, fields: dict[str, str]) -> str:
    """A provider may repeat what it was sent."""
    for name in ("client_secret", "refresh_token", "code", "code_verifier"):
        if fields.get(name):
            words = words.replace(fields[name], "…")
    return words


def _seconds(said: object) -> int:
    """How long a token is good; what is not said is an hour."""
    try:
        return max(60, min(int(str(said)), 86_400))
    except ValueError:
        return 3600
