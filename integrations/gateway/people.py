"""People of a served API: found or made by their address, and shown as they came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.models import Ticket, User
from helpdesk.text import fold, one_line
from integrations.remote import RemotePerson

Person = Mapping[str, str]
MAX_AS_IT_CAME = 300  # characters of each part that is kept as it came


def address_of(person: Person) -> str:
    """The e-mail address; some services have it in the id of an outsider instead."""
    for part in ("email", "id"):
        text = str(person.get(part) or "").strip()
        if "@" in text:
            return text
    return ""


def found_or_made(persons: Iterable[Person], field: str) -> dict[str, User]:
    """People by folded address; unknown ones are made as customers. `field` names who is wrong."""
    wanted = []
    for person in persons:
        address = address_of(person)
        try:
            validate_email(address)
        except ValidationError as error:
            words = _("“%(address)s” is not an e-mail address.")
            shown = {"address": str(person.get("email") or "")[:80]}
            raise ValidationError({field: words % shown}) from error
        wanted.append((address, one_line(str(person.get("name") or ""))))
    return actions.people_by_address(wanted) if wanted else {}


def agent_at(address: str) -> User | None:
    """The agent of this address, or None: naming one gives nobody that agent's rights."""
    person = User.objects.filter(email=fold(address)).first() if address else None
    return person if person is not None and person.is_agent else None


def as_field(user: User | None, name: str = "") -> dict[str, str] | None:
    """A person of ours as `connector` describes persons."""
    if user is None:
        return None
    email = user.email_written or user.email or ""
    return {"id": str(user.uuid), "name": name or str(user), "email": email}


def name_for(ticket: Ticket) -> str:
    """The requester's name as it came; where the key named a stranger, never the stored one."""
    if ticket.requester_name or not ticket.requester_as_named or ticket.requester is None:
        return ticket.requester_name
    return ticket.requester.email_written or ticket.requester.email or ""


def as_remote(user: User | None, name: str = "") -> RemotePerson:
    return RemotePerson(**(as_field(user, name) or {"name": name}))


def as_it_came(person: Person) -> dict[str, str]:
    """What is kept of a person beside who that is to us."""
    return {part: str(person.get(part) or "")[:MAX_AS_IT_CAME] for part in ("id", "name", "email")}


def keep(kept: dict[str, Any], person: Person) -> None:
    """Remember a person as it came, by address."""
    known = kept.get("people") or {}
    kept["people"] = {**known, fold(address_of(person)): as_it_came(person)}


def shown(kept: Mapping[str, Any], present: dict[str, str] | None) -> dict[str, str] | None:
    """The person as it came, else as it is here."""
    if not present:
        return None
    return (kept.get("people") or {}).get(fold(present["email"]), present)
