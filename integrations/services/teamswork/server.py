"""TeamsWork's API, served by us at `/compat/teamswork/ticketing/v1/`.

The key in the address selects a queue. Beside what the contract says: `priority` is honoured on
create, which the live service forgets; a time of day in a date filter is honoured as well; several
tags in a filter are joined by *or*. Our own internal notes are never shown.
"""

from __future__ import annotations

from typing import Any

from django.urls import path, re_path
from rest_framework.request import Request

from integrations import gateway
from integrations.remote import RemoteComment
from integrations.services.teamswork import (
    bodies,
    comments,
    envelopes,
    listing,
    served,
    values,
    wire,
)

CREATED = 201


class View(gateway.ServedView):
    dialect = gateway.Dialect(
        service="teamswork",
        secret=lambda request: request.query_params.get("key", ""),
        envelope=lambda refusal: envelopes.write_error(refusal.status, refusal.message),
        misread=(values.WireError,),
        names=served.NAMES,
        calls=100,
    )

    def asked(self, *names: str) -> dict[str, str]:
        """The parameters of the address, or those of them that matter here."""
        asked = gateway.query(self.request)
        return {name: asked[name] for name in names if name in asked} if names else asked

    @property
    def hours(self) -> int:
        return listing.read_timezone(self.asked("timezone"))

    @property
    def token(self) -> str:
        """Sent as a header of that name, where the answer had it in its body."""
        return self.request.headers.get("continuationToken", "").strip()

    def ticket_answer(self, ticket: Any) -> dict[str, Any]:
        query = listing.read_query(self.asked("timezone", "include"))
        read = gateway.read(self.caller, ticket, html=query.with_html)
        maps = served.maps_of(self.caller)
        return envelopes.write_item(served.ticket_item(read, maps, query, self.hours))

    def files_answer(self, attachments: list[Any]) -> dict[str, Any]:
        request = self.request
        items = [served.attachment_item(one, self.caller, request) for one in attachments]
        return envelopes.write_items(items)


class Tickets(View):
    def get(self, request: Request) -> Any:
        query = listing.read_query(self.asked())
        page = gateway.page_of(self.caller, served.wanted_in(query, self.token))
        maps, hours = served.maps_of(self.caller), self.hours
        items = [
            served.ticket_item(read, maps, query, hours)
            for read in gateway.read_all(self.caller, page.rows, html=query.with_html)
        ]
        return envelopes.write_items(items, total=page.total, continuation_token=page.next)

    def post(self, request: Request) -> Any:
        body, maps = request.data, served.maps_of(self.caller)
        fields = bodies.read_ticket(body, maps, timezone=self.hours, is_new=True)
        user = bodies.read_user(body)
        gateway.categorise(bodies.read_tag_categories(body))
        kept = _kept(body)
        ticket = gateway.create(self.caller, fields, user=user, kept=kept)
        return self.ticket_answer(ticket), CREATED


class Ticket(View):
    def get(self, request: Request, identity: str) -> Any:
        return self.ticket_answer(gateway.ticket(self.caller, identity))

    def put(self, request: Request, identity: str) -> Any:
        ticket = gateway.ticket(self.caller, identity)
        body, maps = request.data, served.maps_of(self.caller)
        fields = bodies.read_ticket(body, maps, timezone=self.hours)
        now = gateway.read(self.caller, ticket).fields
        fields = bodies.without_same(fields, body, now, timezone=self.hours)
        user = bodies.read_user(body)
        gateway.categorise(bodies.read_tag_categories(body))
        kept = _kept(body)
        return self.ticket_answer(gateway.change(self.caller, ticket, fields, user=user, kept=kept))


class Status(View):
    """PUT in the heading of the contract, POST in its example."""

    def put(self, request: Request, identity: str) -> Any:
        ticket = gateway.ticket(self.caller, identity)
        body = request.data
        user = bodies.read_user(body)
        status_id = str(body.get("status") or "").strip().lower()
        if not listing.is_uuid(status_id):
            status_id = ""
            now = gateway.read(self.caller, ticket).fields["status"]
            fields = wire.read_status_body(body, now=now)
        else:
            # Whether one of our own states takes a resolution, its transition says.
            fields = wire.read_status_body({**body, "status": "Resolved"})
        ticket = gateway.set_status(self.caller, ticket, fields, user=user, status_id=status_id)
        return self.ticket_answer(ticket)

    post = put


class Activities(View):
    parser_classes = (gateway.JSONBody,)

    def get(self, request: Request, identity: str) -> Any:
        ticket = gateway.ticket(self.caller, identity)
        limit = listing.read_query(self.asked("limit")).limit
        page = gateway.activities(self.caller, ticket, limit=limit, token=self.token)
        html = "comment_HTML" in self.asked("include").get("include", "").split(",")
        items = [
            served.activity_item(one, identity, self.caller, request, html=html)
            for one in page.rows
        ]
        return envelopes.write_items(items, total=page.total, continuation_token=page.next)

    def post(self, request: Request, identity: str) -> Any:
        ticket = gateway.ticket(self.caller, identity)
        new = comments.read_comment_body(request.data)
        bodies.read_user(request.data)
        comment = gateway.comment(self.caller, ticket, new)
        return _comment_answer(self.caller, ticket, comment), CREATED


class Comments(Activities):
    """The path of 1.0: to add, not to read."""

    get = None
    http_method_names = ["post"]


class Attachments(View):
    parser_classes = (gateway.JSONBody, gateway.FilesBody)

    def get(self, request: Request, identity: str) -> Any:
        ticket = gateway.ticket(self.caller, identity)
        return self.files_answer(list(gateway.files_shown(self.caller, ticket)))

    def post(self, request: Request, identity: str) -> Any:
        """Links in a JSON body, files in a form; with a comment they belong to it."""
        ticket = gateway.ticket(self.caller, identity)
        uploads = []
        body = request.data
        if hasattr(body, "getlist"):
            uploads = body.getlist("files")
            body = {name: body.get(name) for name in body if name != "files"}
            if not uploads or any(not hasattr(one, "chunks") for one in uploads):
                raise values.WireError("files: at least one file is required.")
        links = [] if uploads else comments.read_links_body(body)
        user = bodies.read_user(body)
        text = body.get("comment") or body.get("comment_HTML") or ""
        new = comments.read_comment_body({**body, "comment": text or "-"})
        kept = gateway.keep_files(uploads, links, by=self.caller.actor)
        if text:
            new = comments.read_comment_body(body)
            comment = gateway.comment(self.caller, ticket, new, attachments=kept)
            kept = gateway.files_of(self.caller, comment)
        else:
            kept = gateway.attach(self.caller, ticket, kept, user=user, public=new.public)
        return self.files_answer(kept), CREATED


class ActivityAttachments(View):
    def get(self, request: Request, identity: str) -> Any:
        _ticket, found = gateway.activity_files(self.caller, identity)
        return self.files_answer(found)


class TheInstance(View):
    def get(self, request: Request) -> Any:
        return envelopes.write_item(served.instance_item(self.caller))


class Tags(View):
    def get(self, request: Request) -> Any:
        return envelopes.write_items(served.category_items(self.caller))


class Unknown(gateway.Unknown, View):
    pass


def _kept(body: Any) -> dict[str, Any]:
    more = bodies.read_more(body)
    return {"more": more} if more else {}


def _comment_answer(caller: gateway.Caller, ticket: Any, comment: Any) -> dict[str, Any]:
    read: RemoteComment = gateway.read_comment(caller, comment)
    item = comments.write_comment(read, str(ticket.uuid), str(ticket.pk))
    return envelopes.write_item(item | {"comment_HTML": read.extra["html"]})


BASE = "ticketing/v1/"
urlpatterns = [
    path(f"{BASE}tickets", Tickets.as_view()),
    path(f"{BASE}tickets/activity/<str:identity>/attachments", ActivityAttachments.as_view()),
    path(f"{BASE}tickets/<str:identity>", Ticket.as_view()),
    path(f"{BASE}tickets/<str:identity>/status", Status.as_view()),
    path(f"{BASE}tickets/<str:identity>/activities", Activities.as_view()),
    path(f"{BASE}tickets/<str:identity>/comments", Comments.as_view()),
    path(f"{BASE}tickets/<str:identity>/attachments", Attachments.as_view()),
    path(f"{BASE}instance", TheInstance.as_view()),
    path(f"{BASE}tags", Tags.as_view()),
    re_path(r"^", Unknown.as_view()),
]
