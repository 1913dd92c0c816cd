"""TeamsWork's API, called by us."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from django.utils.translation import gettext as _

from integrations.connector import (
    STATUS_FIELDS,
    Capabilities,
    Connector,
    ConnectorError,
    Fields,
    Instance,
    NewAttachment,
    NewComment,
    RemoteAttachment,
    RemoteComment,
    RemotePerson,
    RemoteTicket,
)
from integrations.paging import Progress
from integrations.services.teamswork import comments, envelopes, instance, values, wire
from integrations.services.teamswork.setup import TeamsWorkSetup

PAGE = 100
OVERLAP = timedelta(minutes=1)
CLOCK_SKEW = timedelta(minutes=2)


class Client(Connector):
    title = "TeamsWork"
    Setup = TeamsWorkSetup
    vocabularies = {"status": values.STATUS, "priority": values.PRIORITY}
    capabilities = Capabilities(
        fields=wire.TRAVELS,
        after_create=frozenset(("priority", *STATUS_FIELDS)),
        lossy=frozenset(("body", "requester", "assignee", "due_at", "custom")),
        read_attachments=True,
        add_attachments=True,
        download_attachments=True,
        calls_per_minute=100,
    )

    def begin_session(self, open_session: Callable[..., Any]) -> Any:
        self._timezone = self.setup.get("timezone") or 0
        self._comment_path = "activities"
        self._open_session = open_session
        return open_session(
            self.setup["base_url"],
            service=self.title,
            authenticate=self._add_key,
            secrets=[self.setup["key"]],
            secret_names=["key"],
            explain=envelopes.error_text,
        )

    def check(self) -> str:
        item = envelopes.read_item(self._get("/instance"))
        name = item.get("displayName") or item.get("name") or item.get("id") or self.title
        return _("Connected to %(name)s.") % {"name": name}

    def describe(self) -> Instance:
        item = envelopes.read_item(self._get("/instance"))
        tags, _token = envelopes.read_items(self._get("/tags", with_timezone=False))
        return instance.read_instance(item, tags)

    def written(self, fields: Fields) -> Fields:
        return wire.write_theirs(fields, self.maps, timezone=self._timezone)

    def understood(self, theirs: Fields) -> Fields:
        return wire.read_theirs(theirs, self.maps, timezone=self._timezone)

    # Tickets -------------------------------------------------------------------------------------

    def create(self, fields: Fields, reference: str) -> RemoteTicket:
        """Only the POST: the id is to be stored before anything else can fail."""
        ticket = self._ticket_body({"requester": None, **fields})
        body = {"ticket": ticket, "user": self._user()}
        answer = self._send("POST", "/tickets", body, reference)
        item = envelopes.read_item(answer, maybe_done=True)
        return self._ticket(item, maybe_done=True)

    def read(self, remote_id: str, *, reference: str = "") -> RemoteTicket:
        return self._ticket(envelopes.read_item(self._get(_path(remote_id), reference=reference)))

    def update(
        self, remote_id: str, fields: Fields, *, whole: Fields, reference: str = ""
    ) -> RemoteTicket:
        item = None
        plain = {name: value for name, value in fields.items() if name not in STATUS_FIELDS}
        if "body" in plain:
            plain["body_format"] = whole.get("body_format", "plain")
        if ticket := self._ticket_body(plain):
            spelling = self.setup.get("body_spelling") or "ticket"
            body = {spelling: ticket, "user": self._user()}
            item = envelopes.read_item(self._send("PUT", _path(remote_id), body, reference))
        if "status" in fields or (
            whole.get("status") in values.DONE and not fields.keys().isdisjoint(STATUS_FIELDS)
        ):
            body = {**wire.write_status_body(whole, self.maps), "user": self._user()}
            answer = self._send("PUT", _path(remote_id, "status"), body, reference)
            item = envelopes.read_item(answer)
        return self._ticket(item) if item else self.read(remote_id, reference=reference)

    def begin(self) -> str:
        newest = next(self._pages("/tickets", {**_BY_INTERACTION, "limit": 1}), [])
        times = [ticket.updated_at for ticket in self._tickets(newest) if ticket.updated_at]
        return max(times, default=datetime.now(UTC)).isoformat()

    def changes(self, cursor: str) -> Iterator[tuple[RemoteTicket, str]]:
        """Listed newest first down to the cursor, then told oldest first, so that it only grows."""
        reached = datetime.fromisoformat(cursor)
        for ticket in reversed(self._changed_since(reached - OVERLAP)):
            reached = max(reached, ticket.updated_at or reached)
            yield ticket, reached.isoformat()

    def all_tickets(self) -> Iterator[RemoteTicket]:
        query = {"orderBy": "createdDateTime", "order": "ASC", "limit": PAGE}
        for page in self._pages("/tickets", query):
            yield from self._tickets(page)

    def find(self, fields: Fields, *, since: datetime, reference: str) -> list[RemoteTicket]:
        """By our reference where the service keeps it, else by equal title, text and requester."""
        equal = []
        requester = self._ticket_body({"requester": None, **fields})["requestor"]
        for ticket in self._created_since(since - CLOCK_SKEW):
            if ticket.reference:
                if ticket.reference == reference:
                    return [ticket]
            elif _reads_the_same(ticket, fields, requester):
                equal.append(ticket)
        return equal

    def _changed_since(self, floor: datetime) -> list[RemoteTicket]:
        found: dict[str, RemoteTicket] = {}
        for page in self._pages("/tickets", {**_BY_INTERACTION, "limit": PAGE}):
            tickets = self._tickets(page)
            recent = [
                position
                for position, ticket in enumerate(tickets)
                if ticket.updated_at and ticket.updated_at >= floor
            ]
            # Up to the last recent one: what stands above it was touched later still.
            for ticket in tickets[: recent[-1] + 1 if recent else 0]:
                found.setdefault(ticket.id, ticket)
            if not recent or recent[-1] < len(tickets) - 1:
                break
        return list(found.values())

    def _created_since(self, floor: datetime) -> Iterator[RemoteTicket]:
        query = {"orderBy": "createdDateTime", "order": "DESC", "limit": PAGE}
        for page in self._pages("/tickets", query):
            for ticket in self._tickets(page):
                if ticket.created_at and ticket.created_at < floor:
                    return
                yield ticket

    # Comments and files --------------------------------------------------------------------------

    def comments(self, remote_id: str, *, reference: str = "") -> list[RemoteComment]:
        found: dict[str, RemoteComment] = {}
        path = _path(remote_id, "activities")
        query = {"limit": PAGE, "include": "comment_HTML"}
        for page in self._pages(path, query, with_timezone=False, reference=reference):
            for comment in filter(None, map(comments.read_activity, page)):
                found.setdefault(comment.id, comment)
        return list(reversed(found.values()))

    def add_comment(
        self, remote_id: str, comment: NewComment, *, reference: str = ""
    ) -> RemoteComment:
        self.refuse_private(comment)
        body = {**comments.write_comment_body(comment), "user": self._user(comment.author)}
        answer = self._post_comment(remote_id, body, reference)
        item = envelopes.read_item(answer, maybe_done=True)
        added = comments.read_activity({**body, **item})
        if added is None:
            raise self._without_id(_("comment"))
        return added

    def find_comment(
        self, remote_id: str, comment: NewComment, *, since: datetime, reference: str = ""
    ) -> list[RemoteComment]:
        author = self._user(comment.author)["email"].casefold()
        return [
            found
            for found in self.comments(remote_id, reference=reference)
            if _text(found.body) == _text(comment.body)
            and found.author.email.casefold() == author
            and (found.created_at is None or found.created_at >= since - CLOCK_SKEW)
        ]

    def attachments(self, remote_id: str, *, reference: str = "") -> list[RemoteAttachment]:
        pages = self._pages(_path(remote_id, "attachments"), {}, reference=reference)
        return [file for page in pages for file in map(comments.read_attachment, page) if file]

    def download(
        self, remote_id: str, attachment: RemoteAttachment, *, reference: str = ""
    ) -> bytes:
        """Files lie at addresses of their own, often of another host, which gets no key."""
        address = urlsplit(attachment.url)
        base = self.setup["base_url"].rstrip("/")
        if attachment.url.startswith(f"{base}/"):
            path = attachment.url.removeprefix(base).partition("?")[0]
            session = self.session
        else:
            root, path = f"{address.scheme}://{address.netloc}", address.path or "/"
            session = self._open_session(
                root, service=self.title, secret_names=("signature", "sig", "token")
            )
        try:
            query = dict(parse_qsl(address.query, keep_blank_values=True))
            return session.get(path, query=query, origin=reference or self.origin).body
        except ConnectorError as error:
            if session is self.session:
                raise
            raise ConnectorError(  # another host says nothing about the connection
                error.message,
                permanent=error.permanent,
                retry_after=error.retry_after,
                status=error.status,
            ) from error

    def add_attachment(
        self, remote_id: str, attachment: NewAttachment, *, reference: str = ""
    ) -> RemoteAttachment | None:
        path, user = _path(remote_id, "attachments"), self._user(attachment.author)
        if attachment.content is None:
            link = {"src": attachment.url, "caption": attachment.name}
            answer = self._send("POST", path, {"attachments": [link], "user": user}, reference)
        else:
            body, content_type = comments.write_files_body([attachment], user)
            answer = self._call(
                "POST", path, reference=reference, body=body, content_type=content_type
            )
        return _attachment_in(answer, attachment.name)

    def _post_comment(self, remote_id: str, body: dict[str, Any], reference: str) -> Any:
        """1.1 takes comments as activities, 1.0 by a path of their own."""
        path = _path(remote_id, self._comment_path)
        try:
            return self._send("POST", path, body, reference, with_timezone=False)
        except ConnectorError as error:
            if error.status not in (404, 405) or self._comment_path == "comments":
                raise
        answer = self._send("POST", _path(remote_id, "comments"), body, reference, False)
        self._comment_path = "comments"
        return answer

    # Calls ---------------------------------------------------------------------------------------

    def _add_key(self, request: Any) -> None:
        request.query["key"] = self.setup["key"]

    def _user(self, person: RemotePerson | None = None) -> dict[str, str]:
        email = self.setup["user_email"]
        acting = {"id": "", "name": self.setup.get("user_name") or email, "email": email}
        people = self.maps.get("people")
        acting = values.write_person(acting, people=people)
        return values.write_person(person, people=people, otherwise=acting)

    def _ticket_body(self, fields: Fields) -> dict[str, Any]:
        return wire.write_ticket_body(
            fields, self.maps, timezone=self._timezone, otherwise=self._user()
        )

    def _ticket(self, item: Mapping[str, Any], *, maybe_done: bool = False) -> RemoteTicket:
        try:
            return wire.read_ticket(item, self.maps, timezone=self._timezone)
        except values.WireError as error:
            raise self._without_id(_("ticket"), maybe_done=maybe_done) from error

    def _tickets(self, items: list[Any]) -> list[RemoteTicket]:
        return [self._ticket(item) for item in items]

    def _without_id(self, what: str, *, maybe_done: bool = True) -> ConnectorError:
        words = _("TeamsWork answered with a %(what)s that has no id. It is looked for.")
        return ConnectorError(words % {"what": what}, permanent=False, maybe_done=maybe_done)

    def _get(self, path: str, *, with_timezone: bool = True, reference: str = "") -> Any:
        return self._call("GET", path, with_timezone=with_timezone, reference=reference)

    def _send(
        self,
        method: str,
        path: str,
        payload: dict[str, Any],
        reference: str,
        with_timezone: bool = True,
    ) -> Any:
        return self._call(
            method, path, with_timezone=with_timezone, reference=reference, payload=payload
        )

    def _pages(
        self,
        path: str,
        query: dict[str, Any],
        *,
        with_timezone: bool = True,
        reference: str = "",
    ) -> Iterator[list[Any]]:
        token, seen, progress = "", set(), Progress()
        while True:
            headers = {"continuationToken": token} if token else {}
            body = self._call(
                "GET",
                path,
                query=query,
                headers=headers,
                with_timezone=with_timezone,
                reference=reference,
            )
            items, token = envelopes.read_items(body)
            yield items
            if not token:
                return
            if token in seen or progress.is_stuck(items):
                words = _("TeamsWork repeats the same page of a list. It is tried again.")
                raise ConnectorError(words, permanent=False, scope="connection")
            seen.add(token)

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        with_timezone: bool = True,
        reference: str = "",
        **options: Any,
    ) -> Any:
        zone = {"timezone": self._timezone} if with_timezone else {}
        answer = self.session.request(
            method,
            path,
            query={**(query or {}), **zone},
            origin=reference or self.origin,
            **options,
        )
        return self.session.json(answer, maybe_done=method == "POST")


_BY_INTERACTION = {"orderBy": "lastInteraction", "order": "DESC"}


def _path(remote_id: str, part: str = "") -> str:
    path = f"/tickets/{quote(remote_id, safe='')}"
    return f"{path}/{part}" if part else path


def _text(text: Any) -> str:
    return " ".join(str(text or "").split())


def _reads_the_same(ticket: RemoteTicket, fields: Fields, requester: Mapping[str, str]) -> bool:
    theirs = ticket.fields.get("requester") or {}
    return (
        _text(ticket.fields.get("title")) == _text(fields.get("title"))
        and _text(ticket.fields.get("body")) == _text(fields.get("body"))
        and theirs.get("email", "").casefold() == requester["email"].casefold()
    )


def _attachment_in(body: Any, name: str) -> RemoteAttachment | None:
    """The added file in an answer whose shape is not documented; None if it is not told."""
    envelopes.refuse_hidden_failure(body, maybe_done=True)
    item = body.get("item")
    listed = body.get("items") or (item.get("attachments") if isinstance(item, Mapping) else None)
    found = [file for file in map(comments.read_attachment, values.list_of(listed)) if file]
    return next((file for file in found if file.name == name), None)
