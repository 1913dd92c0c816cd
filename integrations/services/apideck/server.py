"""Apideck's issue tracking, served by us at `/compat/apideck/issue-tracking/`.

A collection is a queue that the key may see. Beside what the contract says: a status may be named
by our own word or name, tags by name, and a create with the same `Helpdesk-Origin` is answered with
the first ticket. Internal notes are never shown.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import path, re_path
from django.utils.translation import gettext as _
from rest_framework.request import Request

from integrations import gateway
from integrations.services.apideck import comments, envelopes, listing, served
from integrations.services.apideck.words import WireError

CREATED = 201
HEADERS = ("x-apideck-app-id", "x-apideck-consumer-id")
OVERRIDES = ("PATCH", "DELETE")
MOMENTS = ("created_at", "updated_at")


class View(gateway.ServedView):
    """`resource` is the word of the envelope. `self.caller` is narrowed to the collection named."""

    resource = "Collections"
    dialect = gateway.Dialect(
        service="apideck",
        secret=gateway.bearer_in,
        envelope=lambda refusal: envelopes.write_error(
            refusal.status, refusal.message, kind=refusal.kind, detail=refusal.detail
        ),
        misread=(WireError,),
        names=served.NAMES,
        calls=gateway.IN_HEADER,
    )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Who cannot send PATCH or DELETE sends POST and names it."""
        named = request.GET.get("_method", "").upper()
        if request.method == "POST" and named in OVERRIDES:
            request.method = named
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The key, then the other headers, then whatever is asked for."""
        super().initial(request, *args, **kwargs)
        for name in HEADERS:
            if not request.headers.get(name, "").strip():
                raise gateway.Refused(
                    400,
                    _("A header is missing."),
                    kind="RequestHeadersValidationError",
                    detail=f"Missing Header: {name}",
                )
        if "collection" in kwargs:
            self.caller = gateway.in_queue(self.caller, kwargs["collection"])
        self.is_raw = listing.read_flag(self.asked, "raw")

    def handle_exception(self, error: Exception) -> Any:
        if isinstance(error, WireError):
            kind = getattr(error, "kind", "")
            error = gateway.Refused(400, str(error), kind=kind)
        elif isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            words = " ".join(error.messages)
            if "continuationToken" in error.error_dict:
                error = gateway.Refused(400, words, kind="InvalidCursorError")
            elif "status" in error.error_dict:
                error = gateway.Refused(422, f"status: {words}")
        return super().handle_exception(error)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Request-Id"] = getattr(request, "request_id", "") or str(uuid.uuid4())
        if allowance := getattr(request, "allowance", None):
            response["x-downstream-ratelimit-limit"] = str(allowance.limit)
            response["x-downstream-ratelimit-remaining"] = str(allowance.remaining)
            response["x-downstream-ratelimit-reset"] = str(allowance.resets_in)
        return response

    @property
    def asked(self) -> dict[str, list[str]]:
        """The parameters of the address, each with all its values."""
        return gateway.query_lists(self.request)

    def list_answer(
        self,
        query: listing.ListQuery,
        page: gateway.Page,
        items: list[dict[str, Any]],
        raw: Callable[[], Any],
    ) -> dict[str, Any]:
        fields = listing.read_fields(self.asked)
        paging = envelopes.Paging(
            current=query.cursor or None,
            next=page.next or None,
            current_link=self.link(query.cursor),
            next_link=self.link(page.next) if page.next else None,
        )
        shown = [listing.project(item, fields) for item in items]
        body = envelopes.write_page(self.resource, shown, page.total, paging)
        return self.with_raw(body, lambda: {"items": raw()})

    def one_answer(self, item: dict[str, Any], raw: Callable[[], Any]) -> dict[str, Any]:
        shown = listing.project(item, listing.read_fields(self.asked))
        return self.with_raw(envelopes.write_one(self.resource, "one", shown, 200), raw)

    def id_answer(self, operation: str, identity: Any, status: int = 200) -> Any:
        data = {"id": str(identity)}
        body = envelopes.write_one(self.resource, operation, data, status)
        return self.with_raw(body, lambda: dict(data)), status

    def with_raw(self, body: dict[str, Any], raw: Callable[[], Any]) -> dict[str, Any]:
        return {**body, "_raw": raw()} if self.is_raw else body

    def link(self, cursor: str) -> str:
        """The address of a page of this list, all else as it was asked for."""
        said = [(name, one) for name, many in self.asked.items() for one in many]
        said = [(name, one) for name, one in said if name != "cursor"]
        said += [("cursor", cursor)] if cursor else []
        query = f"?{urlencode(said)}" if said else ""
        return self.request.build_absolute_uri(f"{self.request.path}{query}")


class Collections(View):
    def get(self, request: Request) -> Any:
        query = listing.read_query(self.asked, orders=("name", *MOMENTS))
        home = self.caller.queue.pk

        def place(queue: Any) -> list[str]:
            """Usually the home queue first; queues have no date, but numbers in their order."""
            if query.order in MOMENTS:
                return [f"{queue.pk:020}"]
            first = "" if query.order else str(int(queue.pk != home))
            return [first, queue.name_folded, str(queue.uuid)]

        page = served.page_of_short("collections", gateway.queues(self.caller), query, place)
        items = [served.collection_item(self.caller, queue) for queue in page.rows]
        return self.list_answer(query, page, items, lambda: items)


class Collection(View):
    def get(self, request: Request, collection: str) -> Any:
        item = served.collection_item(self.caller, self.caller.queue)
        return self.one_answer(item, lambda: item)


class Tickets(View):
    resource = "Tickets"

    def get(self, request: Request, collection: str) -> Any:
        query = listing.read_query(self.asked, orders=MOMENTS, filters=True)
        page = gateway.page_of(self.caller, served.wanted_in(query))
        items = served.ticket_items(self.caller, page.rows)
        return self.list_answer(query, page, items, lambda: served.ours(self.caller, page.rows))

    def post(self, request: Request, collection: str) -> Any:
        ticket = served.create(self.caller, request.data)
        return self.id_answer("add", ticket.uuid, CREATED)


class Ticket(View):
    resource = "Tickets"

    def get(self, request: Request, collection: str, ticket: str) -> Any:
        row = gateway.ticket(self.caller, ticket)
        [item] = served.ticket_items(self.caller, [row])
        return self.one_answer(item, lambda: served.ours(self.caller, [row])[0])

    def patch(self, request: Request, collection: str, ticket: str) -> Any:
        row = gateway.ticket(self.caller, ticket)
        served.change(self.caller, row, request.data)
        return self.id_answer("update", row.uuid)

    def delete(self, request: Request, collection: str, ticket: str) -> Any:
        row = gateway.ticket(self.caller, ticket)
        gateway.delete(self.caller, row)
        return self.id_answer("delete", row.uuid)


class OfComments(View):
    resource = "Comments"
    dialect = replace(View.dialect, names={"comment": "body"})


class Comments(OfComments):
    def get(self, request: Request, collection: str, ticket: str) -> Any:
        query = listing.read_query(self.asked, orders=MOMENTS)
        row = gateway.ticket(self.caller, ticket)
        page = gateway.comments_page(
            self.caller,
            row,
            order=query.order or "created_at",
            descending=query.descending,
            limit=query.limit,
            token=query.cursor,
        )
        items = [served.comment_item(self.caller, comment) for comment in page.rows]
        return self.list_answer(query, page, items, lambda: items)

    def post(self, request: Request, collection: str, ticket: str) -> Any:
        row = gateway.ticket(self.caller, ticket)
        new = comments.read_comment_body(request.data)
        comment = gateway.comment(self.caller, row, new)
        return self.id_answer("add", comment.uuid, CREATED)


class Comment(OfComments):
    def get(self, request: Request, collection: str, ticket: str, comment: str) -> Any:
        listing.read_query(self.asked)  # the vendor lists `limit` and `cursor` here too
        item = served.comment_item(self.caller, self.found(ticket, comment))
        return self.one_answer(item, lambda: item)

    def patch(self, request: Request, collection: str, ticket: str, comment: str) -> Any:
        row = self.found(ticket, comment)
        if "body" in request.data:
            new = comments.read_comment_body(request.data)
            gateway.edit_comment(self.caller, row, new)
        return self.id_answer("update", row.uuid)

    def delete(self, request: Request, collection: str, ticket: str, comment: str) -> Any:
        row = self.found(ticket, comment)
        gateway.delete_comment(self.caller, row)
        return self.id_answer("delete", row.uuid)

    def found(self, ticket: str, comment: str) -> Any:
        return gateway.comment_of(self.caller, gateway.ticket(self.caller, ticket), comment)


class Users(View):
    resource = "Users"

    def get(self, request: Request, collection: str) -> Any:
        query = listing.read_query(self.asked)
        people = gateway.agents(self.caller)
        page = served.page_of_short(
            "users", people, query, lambda person: [person.name.casefold(), person.id]
        )
        items = [served.user_item(person) for person in page.rows]
        return self.list_answer(query, page, items, lambda: items)


class User(View):
    resource = "Users"

    def get(self, request: Request, collection: str, user: str) -> Any:
        item = served.user_item(gateway.user(self.caller, user))
        return self.one_answer(item, lambda: item)


class Tags(View):
    resource = "Tags"

    def get(self, request: Request, collection: str) -> Any:
        query = listing.read_query(self.asked)
        known = list(gateway.tag_ids().items())
        page = served.page_of_short("tags", known, query, lambda tag: [tag[0].casefold(), tag[1]])
        items = [served.tag_item(identity, name) for name, identity in page.rows]
        return self.list_answer(query, page, items, lambda: items)


class Unknown(gateway.Unknown, View):
    pass


def both(route: str, view: type[View]) -> list[Any]:
    """An address with and without a slash at its end: never redirected."""
    return [path(one, view.as_view()) for one in (route, f"{route}/")]


BASE = "issue-tracking/collections"
ONE = f"{BASE}/<str:collection>"
TICKET = f"{ONE}/tickets/<str:ticket>"
urlpatterns = [
    *both(BASE, Collections),
    *both(ONE, Collection),
    *both(f"{ONE}/tickets", Tickets),
    *both(TICKET, Ticket),
    *both(f"{TICKET}/comments", Comments),
    *both(f"{TICKET}/comments/<str:comment>", Comment),
    *both(f"{ONE}/users", Users),
    *both(f"{ONE}/users/<str:user>", User),
    *both(f"{ONE}/tags", Tags),
    re_path(r"^", Unknown.as_view()),
]
