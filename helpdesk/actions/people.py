"""People as they come: found by their address, or made as customers."""

from collections.abc import Callable, Iterable
from functools import cache

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from helpdesk import prepared
from helpdesk.actions.erasing import forget
from helpdesk.actor import Actor, Role
from helpdesk.lookup import visible_people
from helpdesk.models import OrganisationDomain, User
from helpdesk.permissions import can
from helpdesk.text import fold, one_line

PROFILE = ("name", "email", "organisation", "timezone", "locale", "signature", "is_active", "role")

KEPT_BY_KEYS = frozenset({"name", "organisation", "timezone", "locale"})


def person_by_address(email: str, name: str = "") -> User:
    """The person with this address; an unknown one is made as a customer."""
    return people_by_address([(email, name)])[fold(email.strip())]


def people_by_address(wanted: Iterable[tuple[str, str]]) -> dict[str, User]:
    """People by folded address, from `(email, name)` pairs, in a few statements for all of them.

    The first name under an address stays; an unknown address becomes a customer of the
    organisation its domain belongs to. A malformed address raises ValidationError.
    """
    names: dict[str, tuple[str, str]] = {}
    for email, name in wanted:
        names.setdefault(fold(email.strip()), (email.strip(), one_line(name)[:200]))
    found = _by_address(names)
    missing = {address: names[address] for address in names if address not in found}
    if missing:
        for address in missing:
            validate_email(address)
        with transaction.atomic():
            _make_customers(missing)
            found |= _by_address(missing)
    return found


def strangers_among(people: Iterable[User], by: Actor) -> set[int]:
    """The ids of those whom a key of some queues names without seeing them. One statement."""
    if by.role != Role.KEY or by.queues is None:
        return set()
    ids = {person.pk for person in people}
    seen = visible_people(by).filter(pk__in=ids) if ids else User.objects.none()
    return ids - set(seen.values_list("pk", flat=True))


def _by_address(addresses: Iterable[str]) -> dict[str, User]:
    addresses = list(addresses)
    if len(addresses) == 1:
        rows = prepared.rows("an address", lambda email: _called([email]), email=addresses[0])
    else:
        rows = _called(addresses)
    return {person.email: person for person in rows}


def _called(addresses: list[str]) -> QuerySet[User]:
    return User.objects.filter(email__in=addresses).select_related("organisation")


def _make_customers(missing: dict[str, tuple[str, str]]) -> None:
    domains = {address.rpartition("@")[2] for address in missing}
    organisations = dict(
        OrganisationDomain.objects.filter(domain__in=domains).values_list(
            "domain", "organisation_id"
        )
    )
    people = []
    for address, (written, name) in sorted(missing.items()):  # two at once: in the same order
        person = User(
            email=address,
            email_written=written,
            name=name,
            name_folded=fold(name or address)[:260],
            role=Role.CUSTOMER,
            organisation_id=organisations.get(address.rpartition("@")[2]),
        )
        person.set_unusable_password()
        people.append(person)
    User.objects.bulk_create(people, ignore_conflicts=True)


@transaction.atomic
def change_person(person: User, *, by: Actor, **fields) -> User:
    """Change a person's profile. Only administrators change others, and anyone's role; a key of
    all queues changes what is not an identity of customers.

    Raises PermissionDenied, ValidationError by field, TypeError for unknown names.
    """
    if unknown := set(fields) - set(PROFILE):
        raise TypeError(f"A person has no field {', '.join(sorted(unknown))}.")
    person = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    is_own = person.pk == by.person_id and not {"role", "is_active"} & set(fields)
    if not (by.role in (Role.ADMIN, Role.SYSTEM) or is_own or _keeps(by, person, set(fields))):
        raise PermissionDenied(_("Only an administrator changes this."))
    changed = {name for name, value in fields.items() if getattr(person, name) != value}
    for name in changed:
        setattr(person, name, fields[name])
    _keep_an_administrator(person, changed)
    if changed:
        person.clean_fields(exclude={field.name for field in User._meta.fields} - changed)
        person.validate_unique(exclude={field.name for field in User._meta.fields} - changed)
        person.save(update_fields=changed)
    if "email" in changed:
        person.emailaddress_set.all().delete()  # signing in by the former address ends
    return person


@transaction.atomic
def create_person(*, by: Actor, password: str | None = None, **fields) -> User:
    """Make a person; a role other than customer takes an administrator."""
    if unknown := set(fields) - set(PROFILE):
        raise TypeError(f"A person has no field {', '.join(sorted(unknown))}.")
    if fields.get("role", Role.CUSTOMER) != Role.CUSTOMER and by.role not in (
        Role.ADMIN,
        Role.SYSTEM,
    ):
        raise PermissionDenied(_("Only an administrator makes agents."))
    person = User(**fields)
    person.email = fold(person.email).strip() if person.email else None
    person.email_written = (fields.get("email") or "").strip()
    person.set_password(password)
    person.full_clean(exclude=["password"])
    person.save()
    return person


@transaction.atomic
def erase_person(person: User, *, by: Actor) -> User:
    """Empty a person's name, addresses and signature, and every copy of them in tickets, history
    and search; the row and what it took part in stay."""
    if not can(by, "erase"):
        raise PermissionDenied(_("Only an administrator erases a person."))
    person = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if by.role == Role.KEY and person.role != Role.CUSTOMER:
        raise PermissionDenied(_("A key erases customers alone."))
    if person.erased_at is None:
        person.role = Role.CUSTOMER
        _keep_an_administrator(person, {"role"})
        address, name = person.email or "", person.name
        person.email, person.name, person.signature = None, "", ""
        person.is_active, person.organisation = False, None
        person.erased_at = timezone.now()
        person.set_unusable_password()
        person.save()
        forget(person, address)
        for forget_elsewhere in _forgetters():
            forget_elsewhere(person, address, name)
        person.memberships.all().delete()
        person.emailaddress_set.all().delete()
    return person


@cache
def _forgetters() -> tuple[Callable[[User, str, str], None], ...]:
    return tuple(import_string(name) for name in settings.FORGETTERS)


def _keeps(by: Actor, person: User, names: set[str]) -> bool:
    """Whether a key may keep this customer's profile: never the address they sign in by."""
    is_wide_key = by.role == Role.KEY and by.queues is None and by.can_write
    return is_wide_key and person.role == Role.CUSTOMER and names <= KEPT_BY_KEYS


def _keep_an_administrator(person: User, changed: set[str]) -> None:
    if changed & {"role", "is_active"} and not person.is_superuser:
        others = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=person.pk)
        was_admin = User.objects.filter(pk=person.pk, role=Role.ADMIN, is_active=True).exists()
        if was_admin and not others.exists():
            raise ValidationError({"role": _("The last administrator keeps the role.")})
