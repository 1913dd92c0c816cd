"""How a mailbox signs in by OAuth 2: the registration at a provider, entered and taken away."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actions.auditing import record_setting
from helpdesk.actions.mailboxes import HIDDEN
from helpdesk.actor import Actor
from helpdesk.models import Mailbox, MailGrant, SettingChange
from helpdesk.permissions import authorise
from helpdesk.text import one_line

FIELDS = (
    *("provider", "tenant", "client_id", "authorise_url", "token_url", "scope"),
    *("sends", "smtp_host", "smtp_port", "smtp_security"),
)
# Where secrets go: what was meant for one place is not carried to another.
PLACES = ("provider", "tenant", "client_id", "authorise_url", "token_url", "smtp_host")
Provider = MailGrant.Provider


@transaction.atomic
def set_grant(
    mailbox: Mailbox, *, by: Actor, client_secret: str = "", refresh_token: str = "", **fields
) -> MailGrant:
    """Set some of `FIELDS`; an empty secret leaves that of before, unless the place changes.

    Raises PermissionDenied, ValidationError by field, TypeError for unknown names.
    """
    authorise(by, "configure")
    if unknown := sorted(set(fields) - set(FIELDS)):
        raise TypeError(f"A sign-in has no {', '.join(unknown)}.")
    rows = MailGrant.objects.select_for_update(of=("self",))
    grant = rows.filter(mailbox=mailbox).first() or MailGrant(mailbox=mailbox)
    before = {name: getattr(grant, name) for name in fields}
    for name, value in fields.items():
        setattr(grant, name, one_line(value) if isinstance(value, str) else value)
    _refuse_wrong(grant)
    diff = {name: [was, getattr(grant, name)] for name, was in before.items()}
    diff = {name: pair for name, pair in diff.items() if pair[0] != pair[1]}
    if grant.pk and any(name in diff for name in PLACES):
        grant.forget_secrets()
    if client_secret:
        diff["client_secret"] = [HIDDEN if grant.client_words else "", HIDDEN]
        grant.client_secret = client_secret
    if refresh_token:
        diff["refresh_token"] = [HIDDEN if grant.refresh_words else "", HIDDEN]
        grant.refresh_token = refresh_token
        grant.access_words, grant.expires_at, grant.failing_since = "", None, None
    if diff or not grant.pk:
        grant.save()
        Mailbox.objects.filter(pk=mailbox.pk).update(due_at=timezone.now())
        record_setting(SettingChange.Kind.CHANGED, mailbox, by=by, fields=diff)
    return grant


@transaction.atomic
def remove_grant(mailbox: Mailbox, *, by: Actor) -> None:
    """Sign in by password again. What the provider gave out it has to take back itself."""
    authorise(by, "configure")
    number, _each = MailGrant.objects.filter(mailbox=mailbox).delete()
    if number:
        pair = {"sign_in": ["OAuth 2", ""]}
        record_setting(SettingChange.Kind.CHANGED, mailbox, by=by, fields=pair)


def _refuse_wrong(grant: MailGrant) -> None:
    errors: dict = {}
    try:
        grant.full_clean(exclude=["mailbox"])
    except ValidationError as error:
        errors |= error.message_dict
    if grant.provider == Provider.OTHER:
        if not grant.token_url:
            errors.setdefault("token_url", [_("Enter the provider's token address.")])
        if grant.sends and not grant.smtp_host:
            errors.setdefault("smtp_host", [_("This field is required.")])
    if errors:
        raise ValidationError(errors)
