"""Apideck's unified issue tracking, called by us."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from integrations.connector import (
    Capabilities,
    Connector,
    ConnectorError,
    Fields,
    Instance,
    NewComment,
    RemoteComment,
    RemoteOption,
    RemotePerson,
    RemoteTicket,
)
from integrations.services.apideck import (
    comments,
    envelopes,
    instance,
    references,
    webhooks,
    wire,
    words,
)
from integrations.services.apideck.calls import COLLECTIONS, Calls
from integrations.services.apideck.setup import LINE, TAG, ApideckSetup

log = logging.getLogger(__name__)
OVERLAP = timedelta(minutes=1)
CLOCK_SKEW = timedelta(minutes=2)
STEP_BACK = timedelta(seconds=1)  # for services whose `since` leaves out the moment itself


class Client(Connector):
    """Files, private notes, people who ask and resolutions have no place in Apideck's tickets."""

    title = "Apideck"
    Setup = ApideckSetup
    vocabularies = {"status": words.STATUS, "priority": words.PRIORITY}
    has_webhooks = True
    capabilities = Capabilities(
        fields=wire.TRAVELS - {"type"},
        after_create=frozenset(("status",)),  # sent, but some services always begin with `open`
        lossy=frozenset(("assignee",)),
        delete=True,
        edit_comments=True,
        delete_comments=True,
        keeps_reference=True,
    )

    def begin_session(self, open_session: Callable[..., Any]) -> Any:
        if self.maps.get("type") or self.maps.get("type_out"):
            self.capabilities = replace(self.capabilities, fields=wire.TRAVELS)
        if not self.setup.get("reference", TAG):
            self.capabilities = replace(self.capabilities, keeps_reference=False)
        if self.setup.get("statuses") == "two":
            self.vocabularies = {**self.vocabularies, "status": words.TWO_STATUSES}
        self._calls = Calls(self.setup, open_session, service=self.title)
        self._places: dict[str, references.Found] = {}  # what was read, by id
        self._people: dict[str, RemotePerson] | None = None
        return self._calls.session

    def check(self) -> str:
        body = self._calls.send("GET", self._path(), origin=self.origin)
        found = envelopes.read_data(body, dict)
        return _("Connected to %(name)s.") % {"name": found.get("name") or found.get("id")}

    def describe(self) -> Instance:
        body = self._calls.send("GET", self._path(), origin=self.origin)
        collection = envelopes.read_data(body, dict)
        tags = self._if_offered(lambda: self._all("tags"))
        people = self._if_offered(lambda: self._all("users"))
        newest: Any = []
        if instance.FIELDS_KEY not in (collection.get("custom_mappings") or {}):
            newest = self._calls.page(self._path("tickets"), {"limit": 50}, self.origin)[0]
        return instance.read_instance(collection, tags, people, newest)

    def choices(self, name: str) -> list[RemoteOption]:
        if name != "collection":
            raise self.unable(_("list what can be chosen"))
        found = self._calls.all(COLLECTIONS, {}, self.origin)
        return [
            RemoteOption(key=str(one["id"]), text=str(one.get("name") or one["id"]))
            for one in found
            if one.get("id") not in (None, "")
        ]

    def written(self, fields: Fields) -> Fields:
        return wire.write_theirs(fields, self.maps, statuses=self.vocabularies["status"])

    def understood(self, theirs: Fields) -> Fields:
        return wire.understand(theirs, self.maps)

    @classmethod
    def verify_webhook(cls, setup: dict[str, Any], headers: Mapping[str, str], body: bytes) -> bool:
        return webhooks.is_genuine(setup.get("api_key") or "", headers, body)

    # Tickets -------------------------------------------------------------------------------------

    def create(self, fields: Fields, reference: str) -> RemoteTicket:
        """The POST answers an id alone; how the ticket came out is read, if that works."""
        body = self._body(fields)
        self._put_reference(body, fields.get("body_format") == "html", reference)
        answer = self._calls.send("POST", self._path("tickets"), payload=body, origin=reference)
        made = RemoteTicket(id=envelopes.read_id(answer), reference=reference)
        return self._read_back(made, lambda: self.read(made.id, reference=reference))

    def read(self, remote_id: str, *, reference: str = "") -> RemoteTicket:
        origin = reference or self.origin
        try:
            body = self._calls.send("GET", self._path("tickets", remote_id), origin=origin)
        except ConnectorError as error:
            if not error.gone:
                raise
            raise self._calls.gone(error, origin) from error
        return self._ticket(envelopes.read_data(body, dict))

    def update(
        self, remote_id: str, fields: Fields, *, whole: Fields, reference: str = ""
    ) -> RemoteTicket:
        """PATCH answers an id alone, so the ticket is read after it."""
        said = dict(fields)
        if "body" in said:
            said["body_format"] = whole.get("body_format", "plain")
        body = self._body(said)
        self._keep_reference(body, remote_id, said.get("body_format") == "html", reference)
        if body:
            path = self._path("tickets", remote_id)
            self._calls.send("PATCH", path, payload=body, origin=reference or self.origin)
        return self.read(remote_id, reference=reference)

    def delete(self, remote_id: str, *, reference: str = "") -> None:
        path = self._path("tickets", remote_id)
        origin = reference or self.origin
        try:
            self._calls.send("DELETE", path, origin=origin)
        except ConnectorError as error:
            if not error.gone:
                raise
            found = self._calls.gone(error, origin)
            if found is not error:
                raise found from error

    def begin(self) -> str:
        query = {**_sorted("updated_at", "desc"), "limit": 20}
        items, _next = self._calls.page(self._path("tickets"), query, self.origin)
        times = [ticket.updated_at for ticket in map(self._ticket, items) if ticket.updated_at]
        if times == sorted(times, reverse=True):
            return max(times, default=datetime.now(UTC)).isoformat()
        return (datetime.now(UTC) - CLOCK_SKEW).isoformat()  # it does not sort

    def changes(self, cursor: str) -> Iterator[tuple[RemoteTicket, str]]:
        """Oldest first. Each page is asked for anew from where the last one ended.

        So a ticket that changes meanwhile moves to a page that is still to come, and none is
        passed over because others went away. Cursors serve only where a page holds one moment.
        """
        reached = datetime.fromisoformat(cursor)
        floor = reached - OVERLAP
        told: set[tuple[str, datetime | None]] = set()
        while True:
            tickets, floor_of_next = self._changed_since(floor)
            for ticket in tickets:
                if (ticket.id, ticket.updated_at) in told:
                    continue
                told.add((ticket.id, ticket.updated_at))
                reached = max(reached, ticket.updated_at or reached)
                yield ticket, reached.isoformat()
            if floor_of_next is None:
                return
            floor = floor_of_next

    def all_tickets(self) -> Iterator[RemoteTicket]:
        told: set[str] = set()
        for page in self._ticket_pages(_sorted("created_at", "asc")):
            for ticket in page:
                if ticket.id not in told:
                    told.add(ticket.id)
                    yield ticket

    def find(self, fields: Fields, *, since: datetime, reference: str) -> list[RemoteTicket]:
        """By our reference where the service keeps it, else by equal title and text."""
        floor = since - CLOCK_SKEW
        equal = []
        query = {**_sorted("created_at", "desc"), "filter[since]": words.write_moment(floor)}
        for page in self._ticket_pages(query):
            for ticket in page:
                if ticket.reference:
                    if ticket.reference == references.ticket_part(reference):
                        return [ticket]
                elif (ticket.created_at or floor) >= floor and _reads_the_same(ticket, fields):
                    equal.append(ticket)
        return equal

    # Comments ------------------------------------------------------------------------------------

    def comments(self, remote_id: str, *, reference: str = "") -> list[RemoteComment]:
        path = self._path("tickets", remote_id, "comments")
        items = self._calls.all(path, {}, reference or self.origin)
        people = self._authors(items)
        found = [comments.read_comment(item, people) for item in items if item.get("id")]
        first = datetime.min.replace(tzinfo=UTC)
        return sorted(found, key=lambda comment: comment.created_at or first)

    def add_comment(
        self, remote_id: str, comment: NewComment, *, reference: str = ""
    ) -> RemoteComment:
        self.refuse_private(comment)
        path = self._path("tickets", remote_id, "comments")
        body = comments.write_comment_body(comment)
        answer = self._calls.send("POST", path, payload=body, origin=reference or self.origin)
        return self._comment_after(remote_id, envelopes.read_id(answer), comment, reference)

    def find_comment(
        self, remote_id: str, comment: NewComment, *, since: datetime, reference: str = ""
    ) -> list[RemoteComment]:
        sent = words.read_text(words.write_text(comment.body, comment.format))[0]
        return [
            found
            for found in self.comments(remote_id, reference=reference)
            if _text(found.body) == _text(sent)
            and (found.created_at is None or found.created_at >= since - CLOCK_SKEW)
        ]

    def edit_comment(
        self, remote_id: str, comment_id: str, comment: NewComment, *, reference: str = ""
    ) -> RemoteComment:
        self.refuse_private(comment)
        path = self._path("tickets", remote_id, "comments", comment_id)
        body = comments.write_comment_body(comment)
        self._calls.send("PATCH", path, payload=body, origin=reference or self.origin)
        return self._comment_after(remote_id, comment_id, comment, reference)

    def delete_comment(self, remote_id: str, comment_id: str, *, reference: str = "") -> None:
        path = self._path("tickets", remote_id, "comments", comment_id)
        try:
            self._calls.send("DELETE", path, origin=reference or self.origin)
        except ConnectorError as error:
            if not error.gone:
                raise

    # Inner parts ---------------------------------------------------------------------------------

    def _path(self, *parts: str) -> str:
        return self._calls.collection(*parts)

    def _all(self, name: str) -> list[Mapping[str, Any]]:
        return self._calls.all(self._path(name), {}, self.origin)

    def _body(self, fields: Fields) -> dict[str, Any]:
        return wire.write_ticket_body(
            fields,
            self.maps,
            service_id=self._calls.service or envelopes.SERVICE,
            statuses=self.vocabularies["status"],
        )

    def _ticket(self, item: Mapping[str, Any]) -> RemoteTicket:
        try:
            ticket = wire.read_ticket(item, self.maps)
        except words.WireError as error:
            text = _("Apideck answered with a ticket that has no id. It is tried again.")
            raise ConnectorError(text, permanent=False, scope="connection") from error
        self._places[ticket.id] = references.Found(ticket.reference, ticket.extra["reference_in"])
        return ticket

    def _ticket_pages(self, query: Mapping[str, Any], **start: Any) -> Iterator[list[RemoteTicket]]:
        path = self._path("tickets")
        for items in self._calls.pages(path, query, self.origin, **start):
            yield [self._ticket(item) for item in items]

    def _changed_since(self, floor: datetime) -> tuple[list[RemoteTicket], datetime | None]:
        """Tickets changed since a moment, oldest first, and from when to go on (None: at the end).

        Where the service does not sort, or one moment fills a page, all that there are.
        """
        query = {**_sorted("updated_at", "asc"), "filter[since]": words.write_moment(floor)}
        items, cursor = self._calls.page(self._path("tickets"), query, self.origin)
        tickets = [self._ticket(item) for item in items]
        times = [ticket.updated_at or floor for ticket in tickets]
        if not cursor:
            return _in_order(tickets, floor), None
        if times == sorted(times) and times and times[-1] - STEP_BACK > floor:
            return _in_order(tickets, floor), times[-1] - STEP_BACK
        known = [ticket.id for ticket in tickets]
        for page in self._ticket_pages(query, cursor=cursor, known=known):
            tickets += page
        return _in_order({ticket.id: ticket for ticket in tickets}.values(), floor), None

    def _put_reference(self, body: dict[str, Any], is_html: bool, reference: str) -> None:
        kept = self.setup.get("reference", TAG)
        if kept == TAG:
            tag = {"id": references.as_tag(reference)}
            body["tags"] = [*body.get("tags", []), tag]
        elif kept == LINE:
            text = body.get("description") or ""
            is_html = is_html or words.read_text(text)[1] == "html"
            body["description"] = references.with_line(text, reference, html=is_html)

    def _keep_reference(
        self, body: dict[str, Any], remote_id: str, is_html: bool, reference: str
    ) -> None:
        """Where it stands in what is written anew, it is written again."""
        if body.keys().isdisjoint(("tags", "description")):
            return
        if remote_id not in self._places:
            self.read(remote_id, reference=reference)
        found = self._places[remote_id]
        if found.place == "tags" and "tags" in body:
            body["tags"] = [*body["tags"], {"id": references.as_tag(found.reference)}]
        elif found.place == "description" and "description" in body:
            is_html = is_html or words.read_text(body["description"])[1] == "html"
            body["description"] = references.with_line(
                body["description"], found.reference, html=is_html
            )

    def _comment_after(
        self, remote_id: str, comment_id: str, comment: NewComment, reference: str
    ) -> RemoteComment:
        """A comment as it came out, if it can be read; its id is worth more than its text."""
        body, format = words.read_text(words.write_text(comment.body, comment.format))
        sent = RemoteComment(id=comment_id, body=body, format=format)
        path = self._path("tickets", remote_id, "comments", comment_id)

        def look() -> RemoteComment:
            answer = self._calls.send("GET", path, origin=reference or self.origin)
            data = envelopes.read_data(answer, dict)
            return comments.read_comment({**data, "id": comment_id}, {})

        return self._read_back(sent, look)

    def _read_back(self, made: Any, look: Callable[[], Any]) -> Any:
        """What was made as it is there, or as far as known: the id must not be lost."""
        try:
            return look()
        except ConnectorError as error:
            log.info("What was sent could not be read back: %s", error.message)
            return made

    def _authors(self, items: list[Mapping[str, Any]]) -> Mapping[str, RemotePerson]:
        """People by id, asked for once a job and only if somebody said something."""
        if self._people is None and any(item.get("created_by") for item in items):
            users = self._if_offered(lambda: self._all("users"))
            self._people = {person.id: person for person in instance.read_people(users)}
        return self._people or {}

    def _if_offered(self, ask: Callable[[], list[Any]]) -> list[Any]:
        """A list, empty where the service behind Apideck does not have it."""
        try:
            return ask()
        except ConnectorError as error:
            if error.scope == "connection" or not error.permanent:
                raise
            return []


def _sorted(by: str, direction: str) -> dict[str, str]:
    return {"sort[by]": by, "sort[direction]": direction}


def _in_order(tickets: Iterable[RemoteTicket], floor: datetime) -> list[RemoteTicket]:
    """Those that were touched since a moment, or never said when, oldest first."""
    recent = [one for one in tickets if one.updated_at is None or one.updated_at >= floor]
    return sorted(recent, key=lambda one: one.updated_at or floor)


def _text(text: Any) -> str:
    return " ".join(str(text or "").split())


def _reads_the_same(ticket: RemoteTicket, fields: Fields) -> bool:
    sent = words.write_text(fields.get("body"), fields.get("body_format") or "plain")
    return _text(ticket.fields.get("title")) == _text(fields.get("title")) and _text(
        ticket.theirs.get("body")
    ) == _text(sent)
