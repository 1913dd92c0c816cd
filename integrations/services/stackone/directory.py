"""Who is behind the ids of users, asked for once and remembered from job to job."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from integrations.connector import ConnectorError, RemotePerson
from integrations.services.stackone.values import read_user

REMEMBERED = 5000
FEW = 5  # strangers that are asked for one by one; for more the whole list is read once
SILENT = (403, 404, 501)  # answers that say that nothing is known of somebody


class Directory:
    """`memory` is the connector's. `one` asks for a user by id, `everybody` lists them all."""

    def __init__(
        self,
        memory: dict[str, Any],
        *,
        one: Callable[[str], Any],
        everybody: Callable[[], Iterable[Any]],
    ) -> None:
        self._memory = memory
        self._one = one
        self._everybody = everybody
        self._strangers: set[str] = set()
        self._was_listed = False

    @property
    def known(self) -> dict[str, RemotePerson]:
        rows = self._memory.get("people") or {}
        return {
            identity: RemotePerson(id=identity, name=name, email=email)
            for identity, (name, email) in rows.items()
        }

    def meet(self, ids: Iterable[str], mapped: Iterable[str] = ()) -> None:
        """Learn who these are, as far as the service tells. `mapped`: whose address is known."""
        known = {*(self._memory.get("people") or {}), *mapped, *self._strangers}
        named = [one for one in dict.fromkeys(ids) if "@" not in one]  # an address says who it is
        missing = [identity for identity in named if identity not in known]
        if len(missing) > FEW and not self._was_listed:
            self.list_all()
            missing = [one for one in missing if one not in self._memory.get("people", {})]
        for identity in missing:
            try:
                person = read_user(self._one(identity))
            except ConnectorError as error:
                if error.status not in SILENT or error.scope == "connection":
                    raise
                person = None
            if person is None or person.id != identity:
                self._strangers.add(identity)
            else:
                self._remember([person])

    def list_all(self) -> list[RemotePerson]:
        self._was_listed = True
        people = [person for person in map(read_user, self._everybody()) if person]
        self._remember(people)
        return people

    def _remember(self, people: list[RemotePerson]) -> None:
        rows = dict(self._memory.get("people") or {})
        for person in people:
            rows[person.id] = [person.name, person.email]
        self._memory["people"] = dict(list(rows.items())[-REMEMBERED:])
