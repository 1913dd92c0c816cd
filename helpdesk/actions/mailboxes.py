"""Mailboxes: made, changed, paused, removed; and whose mail is never, or always, taken."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.actions.auditing import record_setting
from helpdesk.actor import Actor
from helpdesk.encryption import encrypt
from helpdesk.models import Mailbox, MailGrant, MailSending, SenderRule, SettingChange
from helpdesk.permissions import authorise
from helpdesk.text import fold, one_line

FIELDS = (
    *("name", "address", "aliases", "queue", "protocol", "provider", "host", "port", "security"),
    *("username", "folder", "afterwards", "done_folder", "every", "max_megabytes"),
    *("trusted_server", "copies"),
)
SPEAKING = ("from_name", "names_agent", "signature", "acknowledges", "has_plus")
HIDDEN = "•••"  # stands for a secret in what is written down
Kind = SettingChange.Kind
Protocol, Afterwards = Mailbox.Protocol, Mailbox.Afterwards


@transaction.atomic
def make_mailbox(
    *, by: Actor, password: str = "", by_grant: bool = False, speaking: Mapping = {}, **fields
) -> Mailbox:
    """Make a mailbox of `FIELDS`; `speaking` are those of `SPEAKING`, see `speak`.

    With `by_grant` it will sign in by OAuth 2, so that it needs no password. Raises
    PermissionDenied, ValidationError by field, TypeError for unknown names.
    """
    authorise(by, "configure")
    mailbox = Mailbox()
    _put(mailbox, fields)
    _refuse_wrong(mailbox, password, by_grant=by_grant, former=None)
    if password:
        mailbox.password = password
    if mailbox.protocol == Protocol.HTTP:
        mailbox.door_secret = _door_secret()
    mailbox.save()
    told = {name: [None, getattr(mailbox, name)] for name in fields}
    record_setting(Kind.MADE, mailbox, by=by, fields=told)
    if speaking:
        speak(mailbox, by=by, **speaking)
    return mailbox


@transaction.atomic
def change_mailbox(
    mailbox: Mailbox,
    *,
    by: Actor,
    password: str = "",
    by_grant: bool = False,
    speaking: Mapping = {},
    **fields,
) -> Mailbox:
    """Change what is given; an empty password leaves that of before. It is looked into at once."""
    authorise(by, "configure")
    mailbox = _held(mailbox)
    before = {name: getattr(mailbox, name) for name in fields if name in FIELDS}
    former = mailbox.host, mailbox.username
    _put(mailbox, fields)
    grant = MailGrant.objects.filter(mailbox=mailbox).first()
    _refuse_wrong(mailbox, password, by_grant=by_grant or grant is not None, former=former)
    if grant is not None and former != (mailbox.host, mailbox.username):
        grant.forget_secrets()
        grant.save()
    diff = {name: [was, getattr(mailbox, name)] for name, was in before.items()}
    diff = {name: pair for name, pair in diff.items() if pair[0] != pair[1]}
    if password:
        diff["password"] = [HIDDEN if mailbox.secret else "", HIDDEN]
        mailbox.password = password
    if mailbox.protocol == Protocol.HTTP and not mailbox.door_secret:
        mailbox.door_secret = _door_secret()
    if diff:
        mailbox.due_at, mailbox.failing_since, mailbox.last_error = timezone.now(), None, ""
        mailbox.save(
            update_fields=[
                *fields,
                *("secret", "door_secret", "due_at", "failing_since", "last_error"),
            ]
        )
        record_setting(Kind.CHANGED, mailbox, by=by, fields=diff)
    if speaking:
        speak(mailbox, by=by, **speaking)
    return mailbox


@transaction.atomic
def speak(mailbox: Mailbox, *, by: Actor, **fields) -> MailSending:
    """Set how a mailbox speaks: some of `SPEAKING`. Raises ValidationError by field."""
    authorise(by, "configure")
    _refuse_unknown(fields, SPEAKING)
    mailbox = _held(mailbox)
    sending = MailSending.objects.filter(mailbox=mailbox).first() or MailSending(mailbox=mailbox)
    before = {name: getattr(sending, name) for name in fields}
    for name, value in fields.items():
        setattr(sending, name, one_line(value) if name == "from_name" else value)
    sending.full_clean(exclude=["mailbox"])
    diff = {name: [was, getattr(sending, name)] for name, was in before.items()}
    diff = {name: pair for name, pair in diff.items() if pair[0] != pair[1]}
    if diff or sending._state.adding:
        sending.save()
    if diff:
        record_setting(Kind.CHANGED, mailbox, by=by, fields=diff)
    return sending


@transaction.atomic
def pause_mailbox(mailbox: Mailbox, *, by: Actor) -> Mailbox:
    """Fetch nothing until it is resumed; what is handed over is taken all the same."""
    return _set_paused(mailbox, True, by)


@transaction.atomic
def resume_mailbox(mailbox: Mailbox, *, by: Actor) -> Mailbox:
    return _set_paused(mailbox, False, by)


@transaction.atomic
def renew_door(mailbox: Mailbox, *, by: Actor) -> Mailbox:
    """A new secret in the address for a provider; that of before opens no longer."""
    authorise(by, "configure")
    mailbox = _held(mailbox)
    if mailbox.protocol != Protocol.HTTP:
        raise ValidationError(_("No provider hands mail over here."))
    mailbox.door_secret = _door_secret()
    mailbox.save(update_fields=["door_secret"])
    record_setting(Kind.CHANGED, mailbox, by=by, fields={"door": [HIDDEN, HIDDEN]})
    return mailbox


@transaction.atomic
def remove_mailbox(mailbox: Mailbox, *, by: Actor) -> None:
    """Remove one that no message came into. Raises ValidationError `in_use`."""
    authorise(by, "configure")
    mailbox = _held(mailbox)
    if number := mailbox.messages.count():
        words = ngettext(
            "%(count)s message came into it. Pause it instead.",
            "%(count)s messages came into it. Pause it instead.",
            number,
        )
        raise ValidationError(words % {"count": number}, code="in_use")
    record_setting(Kind.RETIRED, mailbox, by=by)
    mailbox.delete()


@transaction.atomic
def rule_sender(*, by: Actor, pattern: str, verdict: str, note: str = "") -> SenderRule:
    """Block, or always take, an address or all of a domain. Raises ValidationError by field.

    It is not written down as a change of settings: an address is somebody's, and is forgotten with
    them.
    """
    authorise(by, "configure")
    pattern = fold(one_line(pattern).strip())
    probe = f"x{pattern}" if pattern.startswith("@") else pattern
    if not _is_address(probe):
        words = _("Give an address, or all of a domain as @example.com.")
        raise ValidationError({"pattern": words})
    rule = SenderRule(pattern=pattern, verdict=verdict, note=one_line(note))
    rule.made_by_id = by.person_id
    rule.full_clean(exclude=["made_by"])
    rule.save()
    return rule


@transaction.atomic
def forget_rule(rule: SenderRule, *, by: Actor) -> None:
    authorise(by, "configure")
    SenderRule.objects.filter(pk=rule.pk).delete()


# What is wrong -----------------------------------------------------------------------------------


def _put(mailbox: Mailbox, fields: dict) -> None:
    _refuse_unknown(fields, FIELDS)
    for name, value in fields.items():
        if name not in ("aliases", "queue", "port", "every", "max_megabytes"):
            value = one_line(value)
        setattr(mailbox, name, value)
    mailbox.provider = mailbox.provider or Mailbox.Provider.RAW


def _refuse_unknown(fields: Mapping, known: tuple[str, ...]) -> None:
    if unknown := sorted(set(fields) - set(known)):
        raise TypeError(f"A mailbox has no {', '.join(unknown)}.")


def _refuse_wrong(
    mailbox: Mailbox, password: str, *, by_grant: bool, former: tuple[str, str] | None
) -> None:
    errors: dict = {}
    try:
        mailbox.full_clean(exclude=["queue"] if mailbox.queue_id else None)
    except ValidationError as error:
        errors |= error.message_dict
    aliases = mailbox.aliases.split()
    mailbox.aliases = "\n".join(aliases)
    if wrong := [one for one in aliases if not _is_address(one)]:
        errors["aliases"] = [_("“%(one)s” is no address.") % {"one": wrong[0][:80]}]
    if mailbox.queue_id and (mailbox.queue.is_sandbox or mailbox.queue.deleted_at):
        errors["queue"] = [_("There is no such queue.")]
    if mailbox.is_fetched:
        errors |= _wrong_fetching(mailbox, password, by_grant=by_grant, former=former)
    elif _is_signed(mailbox) and not password and not mailbox.secret:
        errors["password"] = [_("Enter the HTTP webhook signing key of Mailgun.")]
    if errors:
        raise ValidationError(errors)


def _wrong_fetching(
    mailbox: Mailbox, password: str, *, by_grant: bool, former: tuple[str, str] | None
) -> dict:
    required = [_("This field is required.")]
    errors = {name: required for name in ("host", "username") if not getattr(mailbox, name)}
    if mailbox.protocol == Protocol.POP3 and mailbox.afterwards != Afterwards.DELETE:
        words = _("POP3 knows neither folders nor marks: what is stored is deleted there.")
        errors["afterwards"] = [words]
    is_elsewhere = former is not None and former != (mailbox.host, mailbox.username)
    if not password and not by_grant and (not mailbox.secret or is_elsewhere):
        errors["password"] = [_("Enter the password.")]
    return errors


def _is_signed(mailbox: Mailbox) -> bool:
    way = (mailbox.protocol, mailbox.provider)
    return way == (Protocol.HTTP, Mailbox.Provider.MAILGUN)


def _is_address(said: str) -> bool:
    local, _at, domain = said.rpartition("@")
    try:
        if not domain.isascii():
            domain = domain.encode("idna").decode()
        validate_email(f"{local}@{domain}")
    except (ValidationError, UnicodeError):
        return False
    return len(said) <= 254


def _set_paused(mailbox: Mailbox, paused: bool, by: Actor) -> Mailbox:
    authorise(by, "configure")
    mailbox = _held(mailbox)
    if mailbox.paused != paused:
        mailbox.paused, mailbox.due_at = paused, timezone.now()
        mailbox.save(update_fields=["paused", "due_at"])
        record_setting(Kind.CHANGED, mailbox, by=by, fields={"paused": [not paused, paused]})
    return mailbox


def _held(mailbox: Mailbox) -> Mailbox:
    rows = Mailbox.objects.select_for_update(of=("self",)).select_related("queue")
    return rows.get(pk=mailbox.pk)


def _door_secret() -> str:
    return encrypt(get_random_string(40))
