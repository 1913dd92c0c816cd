"""Who of theirs is who of ours: customers by address, agents only as an administrator said."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.utils.translation import gettext as _

from helpdesk.actor import STAFF, Actor, Role, system
from helpdesk.models import User
from helpdesk.text import fold, one_line
from integrations.models import Connection, PersonLink
from integrations.remote import RemotePerson, RemoteTicket


def actor_of_connection(connection: Connection, name: str = "") -> Actor:
    """The connection as actor: its rights count, never those of the person it names."""
    return system(connection.origin, name=via(connection, name))


def via(connection: Connection, name: str = "") -> str:
    """“Ann via Acme”."""
    name = one_line(name)[:120]
    if not name:
        return connection.name
    return _("%(person)s via %(connection)s") % {"person": name, "connection": connection.name}


def updater_name(remote: RemoteTicket) -> str:
    """Who touched a ticket last, as far as the service says."""
    said = remote.extra.get("updated_by") or remote.extra.get("lastUpdatedBy")
    if isinstance(said, RemotePerson):
        return said.name or said.email
    if isinstance(said, dict):
        return str(said.get("name") or said.get("email") or "")
    return str(said or "")


def linked_person(connection: Connection, person: dict[str, Any] | None) -> User | None:
    """Who an administrator said this is."""
    if not person:
        return None
    said = Q(pk__in=[])
    if person.get("id"):
        said |= Q(remote_id=person["id"])
    if person.get("email"):
        said |= Q(email__iexact=person["email"])
    found = PersonLink.objects.filter(said, connection=connection).select_related("person")
    link = found.order_by("pk").first()
    return link.person if link else None


def requester_fields(connection: Connection, person: dict[str, Any] | None) -> dict[str, Any]:
    """`requester` and `requester_name` as verbs take them; an unknown address is a new customer."""
    if not person:
        return {"requester": None, "requester_name": ""}
    name = one_line(str(person.get("name") or ""))[:200]
    if linked := linked_person(connection, person):
        return {"requester": linked, "requester_name": name}
    email = str(person.get("email") or "").strip()
    if not _is_address(email) or _is_staff(email):
        return {"requester": None, "requester_name": name or email[:200]}
    return {"requester": {"email": email, "name": name}, "requester_name": name}


def assignee_of(connection: Connection, person: dict[str, Any] | None) -> User | None:
    found = linked_person(connection, person)
    return found if found is not None and found.is_agent else None


def author_of(connection: Connection, person: RemotePerson, requester: User | None) -> User | None:
    """The author of a comment: a customer we know, or whom a PersonLink names.

    Strangers stay a name. As customers they would reopen what they comment on, and most of those
    who comment over there are the agents of that service.
    """
    if linked := linked_person(connection, person.as_field()):
        return linked
    if not person.email:
        return None
    if requester is not None and requester.email == fold(person.email).strip():
        return None if requester.role in STAFF else requester
    return User.objects.filter(
        email=fold(person.email).strip(), role=Role.CUSTOMER, erased_at=None
    ).first()


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return len(email) <= 254


def _is_staff(email: str) -> bool:
    return User.objects.filter(email=fold(email), role__in=STAFF).exists()
