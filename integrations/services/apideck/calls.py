"""How the Apideck client calls: addresses, headers, pages, and what an error means here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from integrations.connector import ConnectorError
from integrations.paging import Progress
from integrations.services.apideck import envelopes

COLLECTIONS = "/issue-tracking/collections"
PAGE = 200  # the most they give
REFUSED_PARAMETERS = {"UnsupportedSortFieldError": "sort", "UnsupportedFiltersError": "filter"}
Items = list[Mapping[str, Any]]


class Calls:
    """The calls of one connection. `service` is what the last answer named as its source."""

    def __init__(
        self, setup: dict[str, Any], open_session: Callable[..., Any], *, service: str
    ) -> None:
        self.setup = setup
        self.service = setup.get("service_id") or ""
        self._said_type = ""
        self._refused: set[str] = set()  # parameters that the service behind Apideck cannot do
        self.session = open_session(
            setup["base_url"],
            service=service,
            authenticate=self._authenticate,
            secrets=[setup["api_key"]],
            explain=self._explain,
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        origin: str,
        query: Mapping[str, Any] | None = None,
        payload: Any = None,
    ) -> Any:
        """The JSON of a success. Raises ConnectorError."""
        self._said_type = ""
        try:
            answer = self.session.request(
                method,
                path,
                query={"raw": "false", **(query or {})},
                payload=payload,
                origin=origin,
            )
        except ConnectorError as error:
            if error.status == 404 and self._is_nowhere(path):
                raise self._stopped(error) from error
            raise
        body = self.session.json(answer, maybe_done=method == "POST")
        if isinstance(body, Mapping) and isinstance(body.get("service"), str):
            self.service = self.setup.get("service_id") or body["service"]
        return body

    def page(self, path: str, query: Mapping[str, Any], origin: str) -> tuple[Items, str]:
        """One page. What the service cannot sort or filter by is left away from then on."""
        asked = {"limit": PAGE} | {
            name: value
            for name, value in query.items()
            if name.partition("[")[0] not in self._refused
        }
        try:
            return envelopes.read_page(self.send("GET", path, query=asked, origin=origin))
        except ConnectorError:
            refused = REFUSED_PARAMETERS.get(self._said_type)
            if refused is None or refused in self._refused:
                raise
            self._refused.add(refused)
        return self.page(path, query, origin)

    def pages(
        self,
        path: str,
        query: Mapping[str, Any],
        origin: str,
        *,
        cursor: str = "",
        known: Collection[str] = (),
    ) -> Iterator[Items]:
        """Page after page, `cursor` naming the first one. A record may be on two of them.

        `known`: the ids of what stood before that page. A page that leads to itself and has
        nothing new is the last one.
        """
        seen, known, progress = {cursor}, set(known), Progress()
        while True:
            asked = cursor
            items, cursor = self.page(path, {**query, "cursor": asked} if asked else query, origin)
            ids = {str(item.get("id")) for item in items}
            yield items
            if not cursor or (cursor == asked and ids <= known):
                return
            if cursor in seen or progress.is_stuck(items):
                words = _("Apideck repeats the same page of a list. It is tried again.")
                raise ConnectorError(words, permanent=False, scope="connection")
            seen.add(cursor)
            known |= ids

    def all(self, path: str, query: Mapping[str, Any], origin: str) -> Items:
        """Every record of a list, each once."""
        found: dict[str, Mapping[str, Any]] = {}
        for page in self.pages(path, query, origin):
            for item in page:
                found.setdefault(str(item.get("id")), item)
        return list(found.values())

    def gone(self, error: ConnectorError, origin: str) -> ConnectorError:
        """What a 404 of a ticket means: if its collection is missing too, it stops everything."""
        try:
            self.send("GET", self.collection(), origin=origin)
        except ConnectorError as other:
            return other
        return error

    def collection(self, *parts: str) -> str:
        """The path of what lies in the chosen collection."""
        segments = (self.setup.get("collection") or "", *parts)
        return "/".join((COLLECTIONS, *(quote(part, safe="") for part in segments)))

    def _is_nowhere(self, path: str) -> bool:
        """Whether a 404 says that what the connection stands on is missing."""
        if self._said_type in envelopes.NO_CONNECTION:
            return True
        return path in (COLLECTIONS, self.collection(), self.collection("tickets"))

    def _stopped(self, error: ConnectorError) -> ConnectorError:
        words = _("Check the collection and the consumer's connection in Apideck.")
        return ConnectorError(f"{error.message} {words}", permanent=True, scope="connection")

    def _authenticate(self, request: Any) -> None:
        said = {
            "Authorization": f"Bearer {self.setup['api_key']}",
            "x-apideck-app-id": self.setup["app_id"],
            "x-apideck-consumer-id": self.setup["consumer_id"],
            "x-apideck-service-id": self.setup.get("service_id"),
        }
        request.headers.update({name: value for name, value in said.items() if value})

    def _explain(self, body: Any) -> str:
        self._said_type = envelopes.type_name(body)
        return envelopes.error_text(body)
