"""StackOne's unified ticketing API, called by us.

It takes no comments and no files, so that replies stay here and the mirror says so on the ticket.
Nothing states in which order it lists: what changed is collected to the end before it is told.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator, Mapping
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
    RemoteAttachment,
    RemoteComment,
    RemoteOption,
    RemoteTicket,
)
from integrations.services.stackone import calls, envelopes, parts, values, wire, words
from integrations.services.stackone.directory import Directory
from integrations.services.stackone.setup import PREFIX, StackOneSetup

log = logging.getLogger(__name__)
OVERLAP = timedelta(minutes=1)
CLOCK_SKEW = timedelta(minutes=2)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Client(Connector):
    title = "StackOne"
    Setup = StackOneSetup
    vocabularies = {"status": words.STATUS, "priority": words.PRIORITY}
    capabilities = Capabilities(
        fields=wire.TRAVELS,
        after_create=frozenset(("status",)),
        create_only=frozenset(("type",)),
        lossy=frozenset(("body", "requester", "assignee", "type", "custom")),
        add_comments=False,
        read_attachments=True,
        download_attachments=True,
        ticket_attachments=True,
        keeps_reference=True,
        calls_per_minute=1000,
    )

    def begin_session(self, open_session: Callable[..., Any]) -> Any:
        self._generation = self.setup.get("generation") or wire.PROJECTS
        self._reference_field = self.setup.get("reference_field") or ""
        if self._generation == wire.COLLECTIONS or not self._reference_field:
            is_older = self._generation == wire.COLLECTIONS
            self.capabilities = replace(
                self.capabilities,
                after_create=frozenset(("status", "custom") if is_older else ("status",)),
                keeps_reference=False,
            )
        key = self.setup["api_key"]
        self._authorization = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        session = open_session(
            self.setup["base_url"],
            service=self.title,
            authenticate=self._sign,
            secrets=[key, self._authorization.removeprefix("Basic ")],
            explain=envelopes.error_text,
        )
        self._calls = calls.Calls(session, self.memory, self.title, PREFIX)
        self._directory = Directory(
            self.memory,
            one=lambda identity: self._one(calls.path("users", identity)),
            everybody=lambda: self._calls.all("/users", {}, origin=self.origin),
        )
        return session

    def check(self) -> str:
        self._calls.get("/tickets", {"page_size": 1, "fields": "id"}, origin=self.origin)
        account = self.setup["account_id"]
        if not self.setup.get("project"):
            return _("Connected to the account %(account)s.") % {"account": account}
        found = parts.read_option(self._one(calls.path(self._generation, self.setup["project"])))
        said = {"account": account, "project": found.text if found else self.setup["project"]}
        return _("Connected to %(project)s in the account %(account)s.") % said

    def describe(self) -> Instance:
        page, _next = self._calls.page("/tickets", {"page_size": calls.PAGE}, origin=self.origin)
        statuses: list[Any] = []
        for item in page[:1]:
            identity = words.text_of(item.get("id")) if isinstance(item, Mapping) else ""
            if identity:
                statuses = self._listed(calls.path("tickets", identity, "statuses"))
        types = self._listed("/ticket_types")
        people = calls.unless_refused(self._directory.list_all)
        return Instance(
            id=self.setup["account_id"],
            name=self.setup["account_id"],
            people=tuple(people),
            fields=parts.read_custom_fields(page, self._reference_field),
            statuses=(*_unified("status"), *_options(statuses)),
            priorities=_unified("priority"),
            types=_options(types),
        )

    def choices(self, name: str) -> list[RemoteOption]:
        if name != "project":
            raise LookupError(name)
        found = self._calls.all(f"/{self._generation}", {}, origin=self.origin)
        return list(_options(found))

    def written(self, fields: Fields) -> Fields:
        return wire.write_theirs(fields, self._setting)

    def understood(self, theirs: Fields) -> Fields:
        return wire.read_theirs(theirs, self._setting)

    # Tickets -------------------------------------------------------------------------------------

    def create(self, fields: Fields, reference: str) -> RemoteTicket:
        """The answer has only the id. What cannot be read back at once is read later."""
        body = wire.write_create_body(fields, self._setting, reference)
        answer = self._calls.send("POST", "/tickets", body, reference)
        data = envelopes.read_data(answer, maybe_done=True)
        identity = words.text_of(data.get("id")) or words.text_of(data.get("remote_id"))
        if not identity:
            raise self._without_id(maybe_done=True)
        try:
            return self.read(identity, reference=reference)
        except ConnectorError:
            return RemoteTicket(id=identity, reference=reference)  # made: that must not be lost

    def read(self, remote_id: str, *, reference: str = "") -> RemoteTicket:
        return self._ticket(self._one(calls.path("tickets", remote_id), reference=reference))

    def update(
        self, remote_id: str, fields: Fields, *, whole: Fields, reference: str = ""
    ) -> RemoteTicket:
        """The answer has nothing of the ticket, so it is read again."""
        said = dict(fields)
        if "body" in said:
            said["body_format"] = whole.get("body_format", "plain")
        is_older = self._generation == wire.COLLECTIONS
        body = wire.write_update_body(said, self._setting, reference if is_older else "")
        if body.get("reporters") or body.get("assignees"):
            self._keep_the_others(remote_id, body, reference)
        if body:
            self._calls.send("PATCH", calls.path("tickets", remote_id), body, reference)
        return self.read(remote_id, reference=reference)

    def begin(self) -> str:
        """Now, by the service's own clock: nothing there can be asked for the newest change."""
        answer = self._calls.get("/tickets", {"page_size": 1, "fields": "id"}, origin=self.origin)
        now = datetime.now(UTC)
        return min(now, calls.moment_of(answer) or now).isoformat()

    def changes(self, cursor: str) -> Iterator[tuple[RemoteTicket, str]]:
        """Collected whole, then told oldest first, so that the cursor only grows."""
        reached = datetime.fromisoformat(cursor)
        found = self._changed_since(reached - OVERLAP)
        for ticket in sorted(found, key=lambda one: (one.updated_at or LONG_AGO, one.id)):
            reached = max(reached, ticket.updated_at or reached)
            yield ticket, reached.isoformat()

    def all_tickets(self) -> Iterator[RemoteTicket]:
        for page in self._calls.pages("/tickets", {}, origin=self.origin):
            yield from self._tickets(page)

    def find(self, fields: Fields, *, since: datetime, reference: str) -> list[RemoteTicket]:
        """By our reference, else by equal words among those that bear none."""
        equal = []
        for ticket in self._changed_since(since - CLOCK_SKEW):
            if ticket.reference:
                if ticket.reference == reference:
                    return [ticket]
            elif _is_recent(ticket, since) and self._reads_the_same(ticket, fields):
                equal.append(ticket)
        return equal

    def _changed_since(self, floor: datetime) -> list[RemoteTicket]:
        """What changed, each once and as it was seen last, whatever order they are listed in."""
        query = {"filter[updated_after]": values.write_moment(floor)}
        found: dict[str, RemoteTicket] = {}
        for page in self._calls.pages("/tickets", query, origin=self.origin):
            for ticket in self._tickets(page):
                if ticket.updated_at is None or ticket.updated_at >= floor:
                    found[ticket.id] = ticket
        return list(found.values())

    def _reads_the_same(self, ticket: RemoteTicket, fields: Fields) -> bool:
        written = wire.write_theirs(fields, self._setting)
        return all(
            " ".join(str(ticket.theirs.get(name) or "").split())
            == " ".join(str(written.get(name) or "").split())
            for name in ("title", "body")
        ) and (
            not written.get("requester")
            or (ticket.theirs.get("requester") or {}).get("id") == written["requester"]["id"]
        )

    def _keep_the_others(self, remote_id: str, body: dict[str, Any], reference: str) -> None:
        """We know one reporter and one assignee of a ticket that may have several: the first."""
        now = self.read(remote_id, reference=reference).extra
        for name in ("reporters", "assignees"):
            if body.get(name):
                body[name] += [one for one in now[name][1:] if one not in body[name]]

    # Comments and files --------------------------------------------------------------------------

    def comments(self, remote_id: str, *, reference: str = "") -> list[RemoteComment]:
        items = self._listed(calls.path("tickets", remote_id, "comments"), reference)
        self._directory.meet(
            [one for item in items for one in wire.people_in(item)], self._mapped_ids
        )
        known = self._setting.people_known
        found = [comment for item in items if (comment := parts.read_comment(item, known))]
        found = list({comment.id: comment for comment in found}.values())
        return sorted(found, key=lambda one: one.created_at or LONG_AGO)

    def attachments(self, remote_id: str, *, reference: str = "") -> list[RemoteAttachment]:
        items = self._listed(calls.path("tickets", remote_id, "attachments"), reference)
        return [file for file in map(parts.read_attachment, items) if file]

    def download(
        self, remote_id: str, attachment: RemoteAttachment, *, reference: str = ""
    ) -> bytes:
        path = calls.path("tickets", remote_id, "attachments", attachment.id, "download")
        return self._calls.get(path, {}, origin=reference or self.origin, accept="*/*").body

    # Calls ---------------------------------------------------------------------------------------

    @property
    def _setting(self) -> wire.Setting:
        return wire.Setting(
            maps=self.maps,
            generation=self._generation,
            project=self.setup.get("project") or "",
            reference_field=self._reference_field,
            by_address=bool(self.memory.get("installation")),
            known=self._directory.known,
        )

    @property
    def _mapped_ids(self) -> list[str]:
        return list((self.maps.get("people") or {}).values())

    def _sign(self, request: Any) -> None:
        request.headers["Authorization"] = self._authorization
        request.headers["x-account-id"] = self.setup["account_id"]

    def _one(self, path: str, *, reference: str = "") -> Mapping[str, Any]:
        answer = self._calls.get(path, {}, origin=reference or self.origin)
        return envelopes.read_data(self.session.json(answer))

    def _listed(self, path: str, reference: str = "") -> list[Any]:
        """A list that the provider behind it may not have, or not for this key: then nothing."""
        return calls.unless_refused(
            lambda: list(self._calls.all(path, {}, origin=reference or self.origin))
        )

    def _ticket(self, item: Mapping[str, Any]) -> RemoteTicket:
        found = self._tickets([item])
        if not found:
            raise self._without_id()
        return found[0]

    def _tickets(self, items: list[Any]) -> list[RemoteTicket]:
        """What has no id cannot be mirrored, and must not hold up the others of its list."""
        ids = [identity for item in items for identity in wire.people_in(item)]
        self._directory.meet(ids, self._mapped_ids)
        setting, found = self._setting, []
        for item in items:
            try:
                found.append(wire.read_ticket(item, setting))
            except values.WireError as error:
                log.warning("%s listed a ticket that is none: %s", self.title, error)
        return found

    def _without_id(self, *, maybe_done: bool = False) -> ConnectorError:
        words_ = _("StackOne answered with a ticket that has no id. It is looked for.")
        return ConnectorError(words_, permanent=False, maybe_done=maybe_done)


def _is_recent(ticket: RemoteTicket, since: datetime) -> bool:
    return ticket.created_at is None or ticket.created_at >= since - CLOCK_SKEW


def _unified(name: str) -> tuple[RemoteOption, ...]:
    table = words.STATUS if name == "status" else words.PRIORITY
    return tuple(RemoteOption(key=word, text=word) for word in table.back)


def _options(items: Any) -> tuple[RemoteOption, ...]:
    found = [option for option in map(parts.read_option, items) if option]
    return tuple({option.key: option for option in found}.values())
