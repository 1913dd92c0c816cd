"""API keys: made with their secret, changed, rotated, revoked, confined. Never deleted."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.models import ApiKey, Queue
from helpdesk.models.scopes import SCOPES, WRITE, for_reading
from helpdesk.permissions import authorise
from helpdesk.text import fold, one_line

# What a secondary key has from its primary.
SHARED = (
    "name",
    "all_queues",
    "home_queue",
    "person",
    "rate_limit",
    "expires_at",
    "sources",
    "allowed_from",
    "is_sandbox",
    "sandbox",
)
LONGEST_OVERLAP = timedelta(days=90)


@transaction.atomic
def make_key(
    key: ApiKey, queues: Iterable[Queue], *, by: Actor, with_twin: bool = False
) -> list[tuple[ApiKey, str]]:
    """Store a new key; returns it with its secret, and its reading twin with its own if asked."""
    authorise(by, "manage_keys")
    made = [(key, key.renew_secret())]
    key.save()
    key.queues.set(queues)
    if with_twin and key.scope == ApiKey.Scope.WRITE:
        made.append(make_twin(key))
    return made


def make_twin(key: ApiKey) -> tuple[ApiKey, str]:
    """A secondary key that only reads, with its secret."""
    twin = ApiKey(primary=key, scope=ApiKey.Scope.READ)
    secret = twin.renew_secret()
    _share(key, twin)
    return twin, secret


@transaction.atomic
def change_key(key: ApiKey, queues: Iterable[Queue], *, by: Actor) -> ApiKey:
    """Store what a form set on a key, and the same on its twin.

    Nothing else: a key that is revoked or rotated meanwhile stays so.
    """
    authorise(by, "manage_keys")
    entered = [
        one.name for one in ApiKey._meta.concrete_fields if one.editable and one.name != "id"
    ]
    key.save(update_fields=entered)
    key.queues.set(queues)
    share_with_twin(key)
    return key


@transaction.atomic
def rotate_key(key: ApiKey, *, by: Actor, overlap_until: datetime | None = None) -> str:
    """Give a key a new secret and return it. The former one works until then, or no longer."""
    authorise(by, "manage_keys")
    key = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    _refuse_revoked(key)
    if overlap_until and overlap_until > timezone.now() + LONGEST_OVERLAP:
        words = _("At most %(days)s days from now.") % {"days": LONGEST_OVERLAP.days}
        raise ValidationError({"until": words})
    secret = key.renew_secret(overlap_until)
    key.save(update_fields=["prefix", "digest", "previous_digest", "previous_until"])
    return secret


@transaction.atomic
def end_overlap(key: ApiKey, *, by: Actor) -> None:
    """Let the former secret of a key work no longer."""
    authorise(by, "manage_keys")
    ApiKey.objects.filter(pk=key.pk).update(previous_digest=None, previous_until=None)


@transaction.atomic
def revoke_key(key: ApiKey, *, by: Actor) -> None:
    """Let a key and its twin open nothing any more. This is not taken back."""
    authorise(by, "manage_keys")
    pair = ApiKey.objects.filter(Q(pk=key.pk) | Q(primary=key), revoked_at=None)
    pair.update(revoked_at=timezone.now(), previous_digest=None, previous_until=None)


@transaction.atomic
def enter_sandbox(key: ApiKey, *, by: Actor) -> ApiKey:
    """Confine a key and its twin to a queue of its own, made when it is first needed."""
    authorise(by, "manage_keys")
    key = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    _refuse_revoked(key)
    if key.primary_id:
        raise ValidationError(_("A secondary key follows its primary into the sandbox."))
    if key.sandbox_id is None:
        key.sandbox = _make_sandbox(key)
    key.is_sandbox = True
    key.save(update_fields=["is_sandbox", "sandbox"])
    share_with_twin(key)
    return key


@transaction.atomic
def leave_sandbox(key: ApiKey, *, by: Actor) -> ApiKey:
    """Let a key reach again what was chosen for it; its sandbox stays as it is."""
    authorise(by, "manage_keys")
    key = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    key.is_sandbox = False
    key.save(update_fields=["is_sandbox"])
    share_with_twin(key)
    return key


def source_names(text: str) -> list[str]:
    """The names of a text, one a line, each once. Raises ValidationError."""
    names = list(dict.fromkeys(filter(None, map(one_line, text.splitlines()))))
    if wrong := [name for name in names if ":" in name or len(name) > 200]:
        said = {"name": wrong[0][:60]}
        raise ValidationError(_("“%(name)s”: at most 200 characters, and no colon.") % said)
    return names


def scope_names(names: Iterable[str], scope: str) -> list[str]:
    """Named scopes as they are stored, for a key that reads, or reads and writes. Raises
    ValidationError."""
    names = sorted(set(names))
    if unknown := [name for name in names if name not in SCOPES]:
        said = {"name": unknown[0][:60], "names": ", ".join(SCOPES)}
        raise ValidationError(_("There is no scope “%(name)s”. Known: %(names)s.") % said)
    writing = [name for name in names if name.endswith(WRITE) or name == "people:erase"]
    if writing and scope != ApiKey.Scope.WRITE:
        said = {"name": writing[0]}
        raise ValidationError(_("A key that only reads can't have the scope “%(name)s”.") % said)
    return names


def refuse_mute_twin(scopes: Iterable[str]) -> None:
    """Raise ValidationError if a secondary key would have nothing to read: naming no scope, it
    would do all that is ordinary."""
    if scopes and not for_reading(scopes):
        words = _("The secondary key only reads: name a scope that reads, too.")
        raise ValidationError({"scopes": words})


def share_with_twin(key: ApiKey) -> None:
    """Store on the secondary key what it has from its primary."""
    twin = ApiKey.objects.filter(primary=key).first()
    if twin is not None:
        _share(key, twin)


def _share(key: ApiKey, twin: ApiKey) -> None:
    for name in SHARED:
        setattr(twin, name, getattr(key, name))
    refuse_mute_twin(key.scopes)
    twin.scopes = for_reading(key.scopes)
    twin.save(update_fields=None if twin._state.adding else [*SHARED, "scopes"])
    twin.queues.set(key.queues.all())


def _refuse_revoked(key: ApiKey) -> None:
    if key.revoked_at is not None:
        raise ValidationError(_("This key is revoked."))


def _make_sandbox(key: ApiKey) -> Queue:
    wanted = _("Sandbox of %(key)s") % {"key": key.name[:90]}
    name, number = wanted, 1
    while Queue.objects.filter(name_folded=fold(name)).exists():
        number += 1
        name = f"{wanted} {number}"
    return Queue.objects.create(
        name=name, slug=f"sandbox-{key.pk}", is_sandbox=True, position=10_000
    )
