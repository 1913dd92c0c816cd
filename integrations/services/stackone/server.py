"""StackOne's unified ticketing API, served by us at `/compat/stackone/unified/ticketing/`.

The key's home queue is the linked account, and its only project and collection; the teams that
work on it are the components. Both generations are read and answered. Internal notes are never
shown. Beside the contract: a person may be named by an e-mail address, and a type by its name.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.urls import path, re_path
from django.utils.translation import gettext as _
from rest_framework.request import Request

from integrations import gateway
from integrations.gateway import downloads, pages, relations, types
from integrations.services.stackone import asks, bodies, envelopes, listing, served, values

ACCOUNT_HEADER = "x-account-id"
CREATED = 201
NAMES = {
    "body": "content",
    "requester": "reporters",
    "assignee": "assignees",
    "custom": "unified_custom_fields",
    "parent": "parent_id",
    "organisation": "organization_id",
    "team": "component_ids",
    "continuationToken": "next",
}


def secret_in(request: Request) -> str:
    """The key of `Authorization: Basic base64("<key>:")`, "" for anything else."""
    scheme, _space, said = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(said.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


class View(gateway.ServedView):
    dialect = gateway.Dialect(
        service="stackone",
        secret=secret_in,
        envelope=lambda refusal: envelopes.write_error(refusal.status, refusal.message, _now()),
        misread=(values.WireError,),
        names=NAMES,
        calls=1000,
    )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        account = request.headers.get(ACCOUNT_HEADER, "").strip()
        if not account:
            raise gateway.Refused(400, _("%(name)s: is required.") % {"name": ACCOUNT_HEADER})
        if account.lower() not in served.account_ids(self.caller):
            raise gateway.Refused(404, _("This key has no such account."))

    def asked(self, kind: str) -> listing.Query:
        return listing.read_query(gateway.query(self.request), kind)

    def one(self, item: dict[str, Any], query: listing.Query) -> dict[str, Any]:
        return envelopes.write_one(query.shown(item), self.raw(item, query))

    def page(
        self, items: list[dict[str, Any]], following: str, query: listing.Query
    ) -> dict[str, Any]:
        shown = [query.shown(item) for item in items]
        return envelopes.write_page(shown, query.cursor(following), self.raw(items, query))

    def listed(self, items: list[dict[str, Any]], name: str, query: listing.Query) -> Any:
        """A page of what is known in whole."""
        page = pages.page_of_list(items, name, _span(query))
        return self.page(page.rows, page.next, query)

    def raw(self, item: Any, query: listing.Query) -> list[dict[str, Any]] | None:
        """There is no provider behind us: what we answered stands for what it did."""
        if not query.raw:
            return None
        url = self.request.build_absolute_uri(self.request.path)
        response = item if isinstance(item, list) else {"data": item}
        return [{"method": "GET", "url": url, "body": None, "response": response}]


# Tickets -----------------------------------------------------------------------------------------


class Tickets(View):
    def get(self, request: Request) -> Any:
        query = self.asked("ticket")
        wanted = asks.list_asked(
            query.since, limit=query.limit, offset=query.offset, token=query.token
        )
        page = gateway.page_of(self.caller, wanted)
        items = served.ticket_items(self.caller, page.rows, request)
        return self.page(items, page.next, query)

    def post(self, request: Request) -> Any:
        asked = bodies.read_ticket(request.data, served.maps_of(self.caller), is_new=True)
        with relations.together():
            kept: dict[str, Any] = {"custom": asked.beside} if asked.beside else {}
            fields = asks.fields_asked(asked, self.caller, None)
            parts, user = asks.people_asked(asked, self.caller, fields, kept, is_new=True)
            ticket = relations.create_whole(self.caller, fields, user=user, parts=parts, kept=kept)
        return envelopes.write_created(str(ticket.uuid), _now()), CREATED


class Ticket(View):
    def get(self, request: Request, identity: str) -> Any:
        query = self.asked("ticket")
        ticket = gateway.ticket(self.caller, identity)
        [item] = served.ticket_items(self.caller, [ticket], request)
        return self.one(item, query)

    def patch(self, request: Request, identity: str) -> Any:
        ticket = gateway.ticket(self.caller, identity)
        asked = bodies.read_ticket(request.data, served.maps_of(self.caller))
        now = gateway.read(self.caller, ticket, html=True)
        with relations.together():
            kept: dict[str, Any] = {}
            if asked.beside:
                before = now.extra["kept"].get("custom") or {}
                kept["custom"] = {**before, **asked.beside}
            fields = asks.fields_asked(asked, self.caller, now)
            parts, _user = asks.people_asked(asked, self.caller, fields, kept, is_new=False)
            status = asks.status_asked(asked, self.caller, now)
            relations.change_whole(self.caller, ticket, fields, parts=parts, kept=kept, **status)
        return envelopes.write_updated(_now())


class Statuses(View):
    def get(self, request: Request, identity: str) -> Any:
        gateway.ticket(self.caller, identity)
        return self.listed(served.status_items(self.caller), "statuses", self.asked("status"))


class Comments(View):
    def get(self, request: Request, identity: str) -> Any:
        ticket = gateway.ticket(self.caller, identity)
        query = self.asked("comment")
        page = pages.public_comments(self.caller, ticket, _span(query))
        items = [served.comment_item(self.caller, one, ticket) for one in page.rows]
        return self.page(items, page.next, query)


class Comment(View):
    def get(self, request: Request, identity: str, part: str) -> Any:
        ticket = gateway.ticket(self.caller, identity)
        comment = gateway.comment_of(self.caller, ticket, part)
        item = served.comment_item(self.caller, comment, ticket)
        return self.one(item, self.asked("comment"))


class Attachments(View):
    def get(self, request: Request, identity: str) -> Any:
        ticket = gateway.ticket(self.caller, identity)
        query = self.asked("attachment")
        page = pages.files_page(self.caller, ticket, _span(query))
        items = [
            served.attachment_item(self.caller, one, str(ticket.uuid), request) for one in page.rows
        ]
        return self.page(items, page.next, query)


class Attachment(View):
    def get(self, request: Request, identity: str, part: str) -> Any:
        ticket = gateway.ticket(self.caller, identity)
        found = downloads.file_of(self.caller, ticket, part)
        item = served.attachment_item(self.caller, found, str(ticket.uuid), request)
        return self.one(item, self.asked("attachment"))


class Download(View):
    def get(self, request: Request, identity: str, part: str) -> Any:
        """The bytes. What is only a link, or wanted in another format, is not offered: 501."""
        ticket = gateway.ticket(self.caller, identity)
        found = downloads.file_of(self.caller, ticket, part)
        said = gateway.query(request)
        wanted = said.get("format", "").strip().lower()
        if wanted not in ("", "base64", "binary", "raw"):
            raise values.WireError("format: use base64, or leave it out for the bytes.")
        kind = said.get("export_format", "").strip().lower()
        if kind not in ("", found.content_type.lower()):
            raise gateway.Refused(501, _("Files are handed out in their own format alone."))
        if found.url:
            raise gateway.Refused(501, _("This is a link. Fetch it from its file_url."))
        return downloads.content_of(found, as_base64=wanted == "base64")


# What there is to choose -------------------------------------------------------------------------


class Users(View):
    def get(self, request: Request) -> Any:
        query = self.asked("user")
        page = pages.people_page(self.caller, _span(query))
        return self.page([served.user_item(one) for one in page.rows], page.next, query)


class User(View):
    def get(self, request: Request, identity: str) -> Any:
        item = served.user_item(relations.person_of(self.caller, identity))
        return self.one(item, self.asked("user"))


class Types(View):
    def get(self, request: Request, identity: str = "") -> Any:
        if identity:
            _project_or_404(self.caller, identity)
        items = [served.type_item(one, self.caller) for one in types.ticket_types()]
        return self.listed(items, "types", self.asked("type"))


class Type(View):
    def get(self, request: Request, identity: str) -> Any:
        item = served.type_item(types.ticket_type(identity), self.caller)
        return self.one(item, self.asked("type"))


class Containers(View):
    """Projects or collections: the home queue alone."""

    kind: str = "project"
    item: Callable[[gateway.Caller], dict[str, Any]] = staticmethod(served.project_item)

    def get(self, request: Request, identity: str = "") -> Any:
        query = self.asked(self.kind)
        if identity:
            _project_or_404(self.caller, identity)
            return self.one(self.item(self.caller), query)
        return self.listed([self.item(self.caller)], self.kind, query)


class Components(View):
    def get(self, request: Request, identity: str) -> Any:
        _project_or_404(self.caller, identity)
        teams = relations.teams_of(self.caller)
        items = [served.component_item(team, self.caller) for team in teams]
        return self.listed(items, "components", self.asked("component"))


class Component(View):
    def get(self, request: Request, identity: str, part: str) -> Any:
        _project_or_404(self.caller, identity)
        for team in relations.teams_of(self.caller):
            if str(team.uuid) == part.lower():
                item = served.component_item(team, self.caller)
                return self.one(item, self.asked("component"))
        raise _nothing()


class Unknown(gateway.Unknown, View):
    pass


def _project_or_404(caller: gateway.Caller, identity: str) -> None:
    if identity.lower() not in served.account_ids(caller):
        raise _nothing()


def _nothing() -> gateway.Refused:
    return gateway.Refused(404, _("There is nothing at this address."))


def _span(query: listing.Query) -> pages.Span:
    return pages.Span(limit=query.limit, offset=query.offset, token=query.token, since=query.since)


def _now() -> datetime:
    return datetime.now(UTC)


BASE = "unified/ticketing/"
TICKET = f"{BASE}tickets/<str:identity>"
PROJECT = f"{BASE}projects/<str:identity>"
collections = {"kind": "collection", "item": staticmethod(served.collection_item)}
urlpatterns = [
    path(f"{BASE}tickets", Tickets.as_view()),
    path(TICKET, Ticket.as_view()),
    path(f"{TICKET}/statuses", Statuses.as_view()),
    path(f"{TICKET}/comments", Comments.as_view()),
    path(f"{TICKET}/comments/<str:part>", Comment.as_view()),
    path(f"{TICKET}/attachments", Attachments.as_view()),
    path(f"{TICKET}/attachments/<str:part>", Attachment.as_view()),
    path(f"{TICKET}/attachments/<str:part>/download", Download.as_view()),
    path(f"{BASE}users", Users.as_view()),
    path(f"{BASE}users/<str:identity>", User.as_view()),
    path(f"{BASE}ticket_types", Types.as_view()),
    path(f"{BASE}ticket_types/<str:identity>", Type.as_view()),
    path(f"{BASE}projects", Containers.as_view()),
    path(PROJECT, Containers.as_view()),
    path(f"{PROJECT}/components", Components.as_view()),
    path(f"{PROJECT}/components/<str:part>", Component.as_view()),
    path(f"{PROJECT}/ticket_types", Types.as_view()),
    path(f"{BASE}collections", Containers.as_view(**collections)),
    path(f"{BASE}collections/<str:identity>", Containers.as_view(**collections)),
    re_path(r"^", Unknown.as_view()),
]
