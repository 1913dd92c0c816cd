"""What a connector keeps from job to job, such as the token of a sign-in: encrypted, per setup."""

import copy
import hashlib
import json
from typing import Any

from helpdesk.encryption import LostKey, decrypt, encrypt
from integrations.connector import Connector
from integrations.models import Connection


class Memory:
    """The memory of one connection, for the length of one job.

    It is bound to what was entered: with another setup or other credentials it begins empty. Of
    two jobs at once the one that stores first wins, so that a newer token is never lost.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._setup = _fingerprint(connection)
        self._stored = connection.memory
        self.content: dict[str, Any] = self._read()
        self._before = copy.deepcopy(self.content)

    def __repr__(self) -> str:
        return f"<Memory of {self._connection}>"

    def store(self, connector: Connector) -> None:
        """Keep what the connector knows now, if it changed and nobody else stored meanwhile."""
        content = connector.memory
        if content == self._before:
            return
        words = encrypt(json.dumps({"setup": self._setup, "content": content})) if content else ""
        rows = Connection.objects.filter(pk=self._connection.pk, memory=self._stored)
        if rows.update(memory=words):
            self._stored = words
        self._before = copy.deepcopy(content)

    def _read(self) -> dict[str, Any]:
        if not self._stored:
            return {}
        try:
            kept = json.loads(decrypt(self._stored))
        except (LostKey, ValueError):  # it is learned anew
            return {}
        return kept["content"] if kept.get("setup") == self._setup else {}


def _fingerprint(connection: Connection) -> str:
    entered = json.dumps(connection.entered, sort_keys=True, default=str)
    return hashlib.sha256(entered.encode()).hexdigest()
