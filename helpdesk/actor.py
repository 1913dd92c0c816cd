"""Who does something, and through which door. Imports nothing of ours."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    ADMIN = "admin"
    AGENT = "agent"
    LIGHT = "light"
    CUSTOMER = "customer"
    KEY = "key"
    SYSTEM = "system"


STAFF = frozenset({Role.ADMIN, Role.AGENT, Role.LIGHT})


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a key at a door.

    `queues` are the ids of the queues the actor sees, None meaning all of them; `read_only_queues`
    those of them where it may not write. `origin` names the door: `web`, `api`, `mail`, `admin`,
    `rule`, `import:<job>`, `connection:<id>`, `compat:<service>`.
    """

    role: Role
    origin: str
    person_id: int | None = None
    key_id: int | None = None
    name: str = ""
    queues: frozenset[int] | None = frozenset()
    read_only_queues: frozenset[int] = field(default=frozenset())
    organisation_id: int | None = None
    can_write: bool = True
    home_queue_id: int | None = None
    request_id: str = ""
    scopes: frozenset[str] = frozenset()  # what a key may do, by names of `models.scopes`
    writes_for_others: bool = False  # a key that may name authors and times, and stay silent
    on_behalf_of_id: int | None = None
    change_set: UUID | None = None  # what all that is recorded belongs to

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def sees_internal(self) -> bool:
        """Whether internal notes and staff-only fields are shown."""
        return self.role != Role.CUSTOMER

    @property
    def sets_any_status(self) -> bool:
        """Mirrors, imports, rules and administrators' settings pages are not bound to workflows."""
        return self.role == Role.SYSTEM or self.origin == "admin"

    def at(self, origin: str) -> "Actor":
        """The same actor at another door."""
        return replace(self, origin=origin)

    def in_set(self, change_set: UUID) -> "Actor":
        """The same actor, whose changes belong to one set."""
        return replace(self, change_set=change_set)

    def speaking_for(self, person_id: int) -> "Actor":
        """The same actor, for somebody who did it in truth."""
        return replace(self, on_behalf_of_id=person_id)


def system(origin: str, *, name: str = "", person_id: int | None = None) -> Actor:
    """An actor that is bound to no queue: a rule, an import, a connection."""
    return Actor(role=Role.SYSTEM, origin=origin, name=name, person_id=person_id, queues=None)
