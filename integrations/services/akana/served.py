"""Our records as Akana shows them, and its list parameters as the gateway takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rest_framework.request import Request

from integrations import gateway
from integrations.connector import Maps
from integrations.gateway import board, early_files, ways
from integrations.gateway.relations import people_of
from integrations.remote import RemoteAttachment, RemotePerson, RemoteTicket
from integrations.services.akana import comments, values, wire
from integrations.services.akana.listing import ListQuery

NAMES = {
    "title": "Title",
    "body": "Description",
    "priority": "Label",
    "tags": "Tag",
    "custom": "Environment",
    "attachments": "BoardItemArtifacts",
    "status": "ActionName",
    "comment": "Content",
}
KINDS = ("choice", "text")  # of a custom field that can hold an environment
# The status that each action leads to, for those that our endpoint offers.
STATUS_OF_ACTION = {"RESOLVED": "resolved", "CLOSED": "closed", "REOPEN": "open"}


def tenant_of(caller: gateway.Caller) -> str:
    """A queue is a tenant, by its short name."""
    return caller.queue.slug


def maps_of(caller: gateway.Caller) -> Maps:
    """The queue's custom field that is named Environment, if there is one."""
    for field in gateway.custom_fields(caller):
        if "environment" in (field.key, field.name.casefold()) and field.kind in KINDS:
            options = {str(one.uuid): one.label for one in gateway.options_of(field)}
            mapped = {"id": "Environment", "kind": str(field.kind), "options": options}
            return {"custom": {field.key: mapped}}
    return {}


def wanted_in(query: ListQuery, caller: gateway.Caller) -> gateway.Wanted | None:
    """A list as the gateway takes it; None if it can only be empty."""
    if not query.is_of_tickets or query.priorities == ():
        return None
    kept = {"APIID": query.api} if query.api and not _is_queue(query.api, caller) else {}
    return gateway.Wanted(
        statuses=query.statuses,
        is_reopened=query.is_reopened,
        priorities=query.priorities or (),
        tags=[("", tag) for tag in query.tags],
        kept=kept | ({"AppID": query.app} if query.app else {}),
        author=query.author,
        reference=query.reference,
        ticket=values.local_part(query.item),
        order=query.order,
        descending=query.descending,
        offset=query.start,
        limit=query.count,
    )


def _is_queue(identity: str, caller: gateway.Caller) -> bool:
    """Whether an API's id is that of the home queue, which all of its tickets are about."""
    return values.local_part(identity).casefold() == str(caller.queue.uuid)


# Tickets -----------------------------------------------------------------------------------------


def ticket_items(
    found: Sequence[Any], caller: gateway.Caller, request: Request, query: ListQuery
) -> list[dict[str, Any]]:
    maps, asker = maps_of(caller), query.asker or user_id(caller)
    around = board.around(caller, found, newest=query.comments)
    files = board.files_of_comments(one for stands in around.values() for one in stands.newest)
    items = []
    for ticket, read in zip(found, gateway.read_all(caller, found), strict=True):
        stands = around[ticket.pk]
        read.extra.update(
            user=author_of(read, caller),
            queue_id=str(caller.queue.uuid),
            comments=stands.comments,
            marks=len(stands.marks),
            is_marked=asker in stands.marks,
            artifacts=artifacts(stands.files, read.id, caller, request),
        )
        item = wire.write_item(read, maps, tenant_of(caller))
        if query.comments:
            item["Comment"] = comment_items(stands.newest, ticket, caller, request, files)
        if query.actions:
            item["Action"] = comments.write_actions(actions_now(ticket, caller))["Action"]
        items.append(item)
    return items


def tags_kept(tags: Sequence[str], caller: gateway.Caller) -> list[str]:
    """A new ticket's tags without the one that says what its origin says already."""
    reference = f"{caller.origin.source}/{caller.origin.ticket}".casefold()
    return [tag for tag in tags if tag.casefold() != reference]


def author_of(read: RemoteTicket, caller: gateway.Caller) -> RemotePerson:
    """Who opened a ticket as they came; else who asked for it."""
    requester = read.fields.get("requester") or {}
    came = (read.extra["kept"].get("user") or {}).get("id") or ""
    identity = came or str(requester.get("id") or "")
    name = str(requester.get("name") or "")
    return RemotePerson(id=values.with_tenant(identity, tenant_of(caller)), name=name)


def user_id(caller: gateway.Caller) -> str:
    """The id of whoever is signed in: the key."""
    return values.with_tenant(str(caller.key.uuid), tenant_of(caller))


def person_named(identity: str, caller: gateway.Caller) -> dict[str, str] | None:
    """The person of ours whom an id means, among those whom the caller may know of."""
    local = values.local_part(identity)
    found = people_of(caller).filter(uuid=local).first() if gateway.is_uuid(local) else None
    if found is None or not found.email:
        return None
    return {"id": "", "name": str(found), "email": found.email}


def author_named(identity: str, caller: gateway.Caller) -> RemotePerson:
    """Who says something: as a body names them, with what is known of them; else the key."""
    person = person_named(identity, caller) or {"name": "", "email": ""}
    identity = identity or user_id(caller)
    return RemotePerson(id=identity, name=person["name"], email=person["email"])


def actions_now(ticket: Any, caller: gateway.Caller) -> list[str]:
    """The names of the actions that a ticket allows now."""
    if not caller.actor.can_write:
        return []
    is_done = ways.word_now(ticket) in ("resolved", "closed")
    return [
        comments.ACTIONS[state]
        for state, word in STATUS_OF_ACTION.items()
        if (state != "REOPEN" or is_done) and ways.reachable(ticket, word, caller.actor)
    ]


# Comments and files ------------------------------------------------------------------------------


def comment_items(
    found: Sequence[Any],
    ticket: Any,
    caller: gateway.Caller,
    request: Request,
    files: Mapping[int, Sequence[Any]],
) -> list[dict[str, Any]]:
    """Comments of a ticket; `files` of each by its pk, as `board.files_of_comments` gives them."""
    tenant = tenant_of(caller)
    subject = values.with_tenant(str(ticket.uuid), tenant)
    items = []
    for comment in found:
        shown = artifacts(files[comment.pk], str(comment.uuid), caller, request, of_comment=True)
        read = gateway.read_comment(caller, comment)
        if not read.author.name:
            author = replace(read.author, name=comment.author_words)
            read = replace(read, author=author)
        items.append(comments.write_item(read, subject, tenant, shown))
    return items


def artifacts(
    files: Sequence[Any],
    identity: str,
    caller: gateway.Caller,
    request: Request,
    *,
    of_comment: bool = False,
) -> list[dict[str, str]]:
    """Files as a ticket, a comment or an upload names them."""
    context = values.with_tenant(identity, tenant_of(caller))
    base = request.build_absolute_uri(request.path.partition("/api/")[0] or "/").rstrip("/")
    return [
        comments.write_artifact(
            RemoteAttachment(id="", name=file.name),
            context,
            base,
            comments.artifact_path(context, file.name, of_comment=of_comment),
        )
        for file in files
    ]


def early_artifact(
    file: Any, caller: gateway.Caller, request: Request, *, of_comment: bool
) -> dict[str, str]:
    place = early_files.place_of(file)
    return artifacts([file], place, caller, request, of_comment=of_comment)[0]
