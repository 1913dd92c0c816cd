"""Akana's tickets API, called by us."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from integrations.connector import (
    Capabilities,
    Connector,
    ConnectorError,
    Fields,
    Instance,
    NewAttachment,
    NewComment,
    RemoteAttachment,
    RemoteComment,
    RemoteField,
    RemoteOption,
    RemotePerson,
    RemoteTicket,
)
from integrations.services.akana import (
    comments,
    lists,
    login,
    uploads,
    values,
    watching,
    wire,
    workflow,
)
from integrations.services.akana.calls import Calls
from integrations.services.akana.setup import AkanaSetup

PAGE = 100
CLOCK_SKEW = timedelta(minutes=2)
NEWEST_FIRST = {"SortBy": "DescendingDate"}


class Client(Connector):
    """There is no update: title, text, priority and tags stay as they were created."""

    title = "Akana"
    Setup = AkanaSetup
    vocabularies = {"status": values.STATUS, "priority": values.PRIORITIES}
    capabilities = Capabilities(
        fields=wire.TRAVELS,
        after_create=frozenset(("status", "resolution_comment")),
        create_only=wire.CREATE_ONLY,
        lossy=wire.LOSSY,
        read_attachments=True,
        add_attachments=True,
        download_attachments=True,
        attachments_with_create=True,
        keeps_reference=True,
        ticket_attachments=True,
        dates_changes=False,
    )

    def begin_session(self, open_session: Callable[..., Any]) -> Any:
        self._calls = Calls(self.setup, self.memory, open_session, self.title)
        return self._calls.session

    def check(self) -> str:
        self._calls.log_in()
        self._page({"count": 1})
        said = {"email": self.setup["email"], "tenant": self._calls.sign_in.tenant}
        return _("Signed in as %(email)s at the tenant %(tenant)s.") % said

    def describe(self) -> Instance:
        """What the contract says: the service itself lists none of it."""
        tenant = self._calls.sign_in.tenant or self.setup.get("tenant") or ""
        environments = tuple(RemoteOption(key=one, text=one) for one in values.ENVIRONMENTS)
        return Instance(
            id=tenant,
            name=tenant,
            fields=(
                RemoteField(
                    id="Environment",
                    title="Environment",
                    type="environment",
                    required=True,
                    options=environments,
                    kinds=("choice", "text"),
                ),
                RemoteField(id="APIID", title="API", type="text", kinds=("text",)),
                RemoteField(id="AppID", title="App", type="text", kinds=("text",)),
            ),
            statuses=tuple(
                RemoteOption(key=state, text=state.capitalize()) for state in values.STATUS.back
            ),
            priorities=tuple(
                RemoteOption(key=label, text=values.last_part(label).capitalize())
                for label in values.PRIORITIES.back
            ),
        )

    def stand_in_headers(self) -> dict[str, str]:
        """The cookie of a sign-in, without which no other request is made."""
        tenant = self.setup.get("tenant") or "tenant"
        return {"Set-Cookie": f"{login.AUTH}{tenant}=UserFDN%3Ddry-run-sign-in"}

    def choices(self, name: str) -> list[RemoteOption]:
        """The APIs that the newest tickets are about: the service lists tickets, not APIs."""
        if name != "api_id":
            return super().choices(name)
        items = self._page({**NEWEST_FIRST, "count": PAGE}).items
        found = dict.fromkeys(str(item.get("APIID") or "").strip() for item in items)
        return [RemoteOption(key=one, text=one) for one in found if one]

    def written(self, fields: Fields) -> Fields:
        return wire.write_theirs(fields, self.maps, author=self._calls.sign_in.user)

    def understood(self, theirs: Fields) -> Fields:
        return wire.read_theirs(theirs, self.maps)

    # Tickets -------------------------------------------------------------------------------------

    def create(
        self, fields: Fields, reference: str, *, attachments: Sequence[NewAttachment] = ()
    ) -> RemoteTicket:
        """Files first, then the ticket. Links are no files there: they go below the text."""
        artifacts, links = uploads.upload_all(self._calls, attachments, reference)
        fields = uploads.with_links(fields, links)
        body = wire.write_body(
            fields,
            self.maps,
            self._about,
            author=self._calls.user,
            reference=reference,
            artifacts=artifacts,
        )
        text = self._calls.post("/api/tickets", "Ticket", body, reference)
        identity = self._id(self._calls.identity_in(text, _("ticket")))
        try:
            return self.read(identity, reference=reference)
        except ConnectorError:  # the id must not be lost: the next look reads it
            return self._as_sent(identity, fields, reference)

    def read(self, remote_id: str, *, reference: str = "") -> RemoteTicket:
        return self._ticket(self._calls.get(_path(remote_id), "Ticket", reference=reference))

    def update(
        self, remote_id: str, fields: Fields, *, whole: Fields, reference: str = ""
    ) -> RemoteTicket:
        """The status alone; the words of a resolution go along with it."""
        ticket = self.read(remote_id, reference=reference)
        if "status" not in fields:
            return ticket
        state = values.write_state(fields["status"], self.maps)
        if workflow.is_in(state, ticket):
            return ticket
        words = fields.get("resolution_comment") or whole.get("resolution_comment") or ""
        workflow.bring(self._calls, self.setup, remote_id, state, words, reference)
        return self.read(remote_id, reference=reference)

    def begin(self) -> str:
        items, is_all = self._newest()
        return str(watching.cursor_at(items, is_all=is_all))

    def changes(self, cursor: str) -> Iterator[tuple[RemoteTicket, str]]:
        """Those of the newest tickets that look otherwise than before, oldest first."""
        try:
            before = watching.read(cursor)
        except ValueError as error:
            words = _("What was seen of %(service)s is lost. Make the connection anew.")
            words %= {"service": self.title}
            raise ConnectorError(words, permanent=True, scope="connection") from error
        items, is_all = self._newest()
        at, told = watching.news(before, items, is_all=is_all)
        for identity, digest in told:
            try:
                ticket = self.read(identity)
            except ConnectorError as error:
                if not error.gone:
                    raise
                at = watching.told(at, identity, "")
                continue
            at = watching.told(at, identity, digest)
            yield ticket, str(at)

    def all_tickets(self) -> Iterator[RemoteTicket]:
        """Each read by itself: a list may shorten its texts."""
        for item in self._listed(self._mine):
            try:
                yield self.read(str(item["TicketID"]))
            except ConnectorError as error:
                if not error.gone:
                    raise

    def find(self, fields: Fields, *, since: datetime, reference: str) -> list[RemoteTicket]:
        """By our reference among the tags, whether the list is filtered by it or not."""
        tag = values.write_tags([], reference)[0]
        for item in self._listed({"Tag": tag}):
            created = values.read_moment(item.get("Created"))
            if created is not None and created < since - CLOCK_SKEW:
                break
            identity = str(item["TicketID"])
            if "Tag" not in item or values.read_tags(item["Tag"])[1] == reference:
                found = self.read(identity, reference=reference)
            else:
                continue
            if found.reference == reference:
                return [found]
        return []

    # Comments, marks and files -------------------------------------------------------------------

    def comments(self, remote_id: str, *, reference: str = "") -> list[RemoteComment]:
        path = f"{comments.BOARD}/{quote(remote_id, safe='')}/commentdetails"
        found: dict[str, RemoteComment] = {}
        start = 0
        while True:
            query = {"start": start, "count": PAGE, "IncludeActions": "false"}
            page = self._read_page(
                self._calls.get(path, "Comments", query=query, reference=reference), "Comment"
            )
            new = [one for one in map(comments.read_item, page.items) if one]
            before = len(found)
            found |= {one.id: one for one in new if one.id not in found}
            start += len(page.items)
            if len(found) == before or not _has_more(page, start):
                break
        far = values.read_moment("9999-01-01T00:00:00Z")
        return sorted(found.values(), key=lambda one: one.created_at or far)

    def add_comment(
        self, remote_id: str, comment: NewComment, *, reference: str = ""
    ) -> RemoteComment:
        self.refuse_private(comment)
        author = self._author(comment.author)
        identity = self._say(remote_id, comments.write_body(comment, author), reference)
        text, _media_type = values.write_text(comment.body, comment.format)
        return RemoteComment(
            id=identity,
            body=text,
            format="markdown" if comment.format == "markdown" else "plain",
            author=RemotePerson(id=author),
        )

    def find_comment(
        self, remote_id: str, comment: NewComment, *, since: datetime, reference: str = ""
    ) -> list[RemoteComment]:
        text, _media_type = values.write_text(comment.body, comment.format)
        said = self.comments(remote_id, reference=reference)
        author = self._author(comment.author)
        return [
            found
            for found in said
            if " ".join(found.body.split()) == " ".join(text.split())
            and found.author.id in ("", author)
            and (found.created_at is None or found.created_at >= since - CLOCK_SKEW)
        ]

    def mark(self, remote_id: str, *, user: str = "", reference: str = "") -> int:
        """Mark a ticket for a user, who is signed in if nobody else is named; the marks it has."""
        text = self._calls.post_text(_path(remote_id, "marks"), user or self._calls.user, reference)
        if re.fullmatch(r"\d{1,9}", text):
            return int(text)
        words = _("%(service)s did not say how often the ticket is marked.")
        raise ConnectorError(words % {"service": self.title}, permanent=True)

    def attachments(self, remote_id: str, *, reference: str = "") -> list[RemoteAttachment]:
        """Those of the ticket and of its comments."""
        own = self.read(remote_id, reference=reference).extra["attachments"]
        said = self.comments(remote_id, reference=reference)
        found = [*own, *(file for comment in said for file in comment.attachments)]
        return list({file.id: file for file in found}.values())

    def download(
        self, remote_id: str, attachment: RemoteAttachment, *, reference: str = ""
    ) -> bytes:
        path = comments.path_of(attachment)
        return self._calls.get_bytes(path, query={"download": "true"}, reference=reference)

    def add_attachment(
        self, remote_id: str, attachment: NewAttachment, *, reference: str = ""
    ) -> RemoteAttachment | None:
        """A file of a ticket that is there already comes with a comment that links to it."""
        author = self._author(attachment.author)
        if attachment.content is None:
            text = comments.link(attachment.name, attachment.url)
            new = NewComment(body=text, format="markdown", public=True)
            identity = self._say(remote_id, comments.write_body(new, author), reference)
            return comments.as_link(identity, text)
        path = f"{comments.BOARD}/comments/artifacts"
        artifact = uploads.upload(self._calls, path, attachment, reference)
        text = comments.file_link(str(artifact["FileName"]))
        new = NewComment(body=text, format="markdown", public=True)
        self._say(remote_id, comments.write_body(new, author, [artifact]), reference)
        return comments.read_artifact(artifact)

    # Inner parts ---------------------------------------------------------------------------------

    @property
    def _about(self) -> wire.About:
        return wire.About(
            api=self.setup.get("api_id") or "",
            app=self.setup.get("app_id") or "",
            environment=self.setup.get("environment") or values.ENVIRONMENTS[0],
        )

    @property
    def _mine(self) -> dict[str, Any]:
        """The list that is mirrored."""
        chosen = self.setup.get("api_id")
        return {"APIID": chosen} if chosen else {}

    def _author(self, person: RemotePerson) -> str:
        return wire.write_person({"email": person.email}, self.maps, self._calls.user)

    def _as_sent(self, identity: str, fields: Fields, reference: str) -> RemoteTicket:
        """A new ticket that could not be read yet: as it was sent, and open."""
        names = wire.CREATE_ONLY | {"body_format"}
        theirs = self.written({name: fields[name] for name in names & fields.keys()})
        theirs["status"] = values.STATUS.out["open"]
        read = self.understood(theirs)
        return RemoteTicket(id=identity, fields=read, theirs=theirs, reference=reference)

    def _id(self, identity: str) -> str:
        """Another helpdesk knows its tickets without the tenant: by that they are known here too,
        whichever connection brings them."""
        return values.local_part(identity) if self._calls.sign_in.is_helpdesk else identity

    def _ticket(self, item: Any) -> RemoteTicket:
        try:
            ticket = wire.read_item(item, self.maps)
            return replace(ticket, id=self._id(ticket.id))
        except values.WireError as error:
            words = _("%(service)s answered without the ticket. It is tried again.")
            words %= {"service": self.title}
            raise ConnectorError(words, permanent=False, status=200) from error

    def _newest(self) -> tuple[list[Mapping[str, Any]], bool]:
        """The newest tickets as they are listed, and whether these are all."""
        watched = self.setup.get("watched") or 500
        items: list[Mapping[str, Any]] = []
        for item in self._listed(self._mine):
            if len(items) >= watched:
                return items, False
            items.append(item)
        return items, True

    def _listed(self, query: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Tickets of a list, newest first, each once, however the service pages."""
        start, seen = 0, set[str]()
        while True:
            asked = {**query, **NEWEST_FIRST, "start": start, "count": PAGE}
            page = self._page(asked)
            new = [
                item for item in page.items if str(item.get("TicketID") or "") not in seen | {""}
            ]
            for item in new:
                seen.add(str(item["TicketID"]))
                yield item
            start += len(page.items)
            if not new or not _has_more(page, start):
                return

    def _page(self, query: dict[str, Any]) -> lists.Page:
        return self._read_page(self._calls.get("/api/tickets", "Tickets", query=query), "Ticket")

    def _read_page(self, body: Any, name: str) -> lists.Page:
        try:
            return lists.read_page(body, name)
        except values.WireError as error:
            words = _("%(service)s answered with something that is no list. It is tried again.")
            words %= {"service": self.title}
            raise ConnectorError(words, permanent=False, scope="connection", status=200) from error

    def _say(self, remote_id: str, body: dict[str, Any], reference: str) -> str:
        text = self._calls.post(_path(remote_id, "comments"), "Comment", body, reference)
        return self._calls.identity_in(text, _("comment"))


def _path(remote_id: str, part: str = "") -> str:
    path = f"/api/tickets/{quote(remote_id, safe='')}"
    return f"{path}/{part}" if part else path


def _has_more(page: lists.Page, start: int) -> bool:
    return bool(page.items) and (page.total is None or start < page.total)
