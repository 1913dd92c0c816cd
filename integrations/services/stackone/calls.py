"""Calls of StackOne: paths, pages, and what its failures mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from integrations.connector import ConnectorError
from integrations.paging import Progress
from integrations.services.stackone import envelopes

PAGE = 100
REFUSED = (403, 501)  # the key or the provider behind it does not have this list


class Calls:
    """The calls of one job. Whether a call of it was answered is remembered: an unknown account
    answers 404 as an unknown ticket does, and must not make every ticket look deleted."""

    def __init__(self, session: Any, memory: dict[str, Any], service: str, prefix: str) -> None:
        self._session = session
        self._memory = memory
        self._service = service
        self._prefix = prefix
        self._answered = False

    def get(self, path: str, query: dict[str, Any], *, origin: str, accept: str = "") -> Any:
        """The answer itself."""
        headers = {"Accept": accept} if accept else {}
        return self._request("GET", path, origin, query=query, headers=headers)

    def send(self, method: str, path: str, body: dict[str, Any], origin: str) -> Any:
        """The JSON of the answer."""
        answer = self._request(method, path, origin, payload=body)
        return self._session.json(answer, maybe_done=method == "POST")

    def page(
        self, path: str, query: dict[str, Any], *, origin: str, following: str = ""
    ) -> tuple[list[Any], str]:
        """The records of a page and the cursor of the next one, "" on the last."""
        asked = {"page_size": PAGE, **query} | ({"next": following} if following else {})
        return envelopes.read_page(self._session.json(self.get(path, asked, origin=origin)))

    def pages(self, path: str, query: dict[str, Any], *, origin: str) -> Iterator[list[Any]]:
        following, seen, progress = "", set(), Progress()
        while True:
            items, following = self.page(path, query, origin=origin, following=following)
            yield items
            if not following:
                return
            if following in seen or progress.is_stuck(items):
                words = _("StackOne repeats the same page of a list. It is tried again.")
                raise ConnectorError(words, permanent=False, scope="connection")
            seen.add(following)

    def all(self, path: str, query: dict[str, Any], *, origin: str) -> Iterator[Any]:
        for page in self.pages(path, query, origin=origin):
            yield from page

    def _request(self, method: str, path: str, origin: str, **options: Any) -> Any:
        try:
            answer = self._session.request(
                method, f"{self._prefix}{path}", origin=origin, **options
            )
        except ConnectorError as error:
            raise self._explained(error, method, path) from error
        self._answered = True
        if self._session.installation and not self._memory.get("installation"):
            self._memory["installation"] = self._session.installation
        return answer

    def _explained(self, error: ConnectorError, method: str, path: str) -> ConnectorError:
        """The same failure, or what it means here."""
        if error.status == 404 and not self._answered:
            if path == "/tickets":
                words = _("StackOne does not know this account. Correct the account id.")
                return ConnectorError(words, permanent=True, scope="connection")
            self.get("/tickets", {"page_size": 1, "fields": "id"}, origin="")
        if error.status == 412:
            words = _("StackOne says that the account is disabled. Enable it there.")
            return ConnectorError(words, permanent=True, scope="connection", status=412)
        if error.status == 409 and method == "POST":
            error.maybe_done = True  # what is there already may be ours
        return error


def path(*parts: str) -> str:
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def unless_refused(ask: Callable[[], list[Any]]) -> list[Any]:
    """A list, or nothing where it is not offered."""
    try:
        return ask()
    except ConnectorError as error:
        if error.status not in REFUSED:
            raise
        return []


def moment_of(answer: Any) -> datetime | None:
    """When the service says that it answered."""
    try:
        said = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError, IndexError):
        return None
    return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC)
