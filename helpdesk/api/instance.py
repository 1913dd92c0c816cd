"""All that an integrator needs to render a form, in one answer."""

import hashlib

import orjson
from django.conf import settings
from django.http import HttpResponse

from helpdesk.actions.comments import MAX_BODY as MAX_COMMENT
from helpdesk.actions.labels import MAX_TAGS
from helpdesk.actions.tickets import MAX_BODY
from helpdesk.actor import Actor
from helpdesk.api.base import JSON, ApiView, unchanged
from helpdesk.api.configured import (
    field_shape,
    fields_of,
    named,
    queue_shape,
    status_shape,
    type_shape,
)
from helpdesk.api.field_rules import rule_shape
from helpdesk.api.schemas.instance import instance_get
from helpdesk.api.shapes import small_person
from helpdesk.api.tag_categories import category_shape
from helpdesk.api.tags import tag_shape
from helpdesk.api.workflows import workflow_ids, workflow_shape
from helpdesk.doors.paging import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET
from helpdesk.lookup import visible_people, visible_queues
from helpdesk.models import Channel, Format, Priority, Resolution, Ticket, TicketLink, User
from helpdesk.models.configuration import configuration

MOST = 1000  # of each list
VERSION = "1"


class Instance(ApiView):
    @instance_get
    def get(self, request) -> HttpResponse:
        content = orjson.dumps(
            instance_shape(self.actor, request.allowance.limit), default=str, option=JSON
        )
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if tag in request.headers.get("If-None-Match", ""):
            return unchanged({"ETag": tag})
        return HttpResponse(content, content_type="application/json", headers={"ETag": tag})


def instance_shape(actor: Actor, rate_limit: int) -> dict:
    """What the actor may know of how this helpdesk is set up: two statements, whatever its size.

    `truncated` names the lists that are longer than what is shown.
    """
    known, flows = configuration(), workflow_ids(actor)
    workflows = _kept(known.workflows)
    lists = {
        "queues": [queue_shape(row) for row in _kept(visible_queues(actor))],
        "types": [type_shape(row) for row in _kept(known.types)],
        "statuses": [status_shape(row) for row in _kept(known.statuses)],
        "workflows": [
            workflow_shape(row) for row in workflows if actor.queues is None or row.pk in flows
        ],
        "custom_fields": [
            field_shape(row, actor) for row in fields_of(actor).order_by("position", "id")
        ],
        "field_rules": _rules(actor),
        "field_orders": _orders(actor),
        "tags": [tag_shape(row) for row in _kept(known.tags)],
        "tag_categories": [category_shape(row) for row in _kept(known.categories)],
        "teams": [named(row) for row in _kept(known.teams)],
        "agents": _agents(actor),
    }
    return {
        "name": "Helpdesk",
        "url": settings.PUBLIC_URL,
        "version": VERSION,
        "language": settings.LANGUAGE_CODE,
        "time_zone": settings.TIME_ZONE,
        "limits": _limits(rate_limit),
        "priorities": _choices(Priority),
        "resolutions": _choices(Resolution),
        "channels": _choices(Channel),
        "formats": _choices(Format),
        "link_kinds": _choices(TicketLink.Kind),
        **{name: rows[:MOST] if rows is not None else None for name, rows in lists.items()},
        "truncated": [name for name, rows in lists.items() if rows and len(rows) > MOST],
    }


def _rules(actor: Actor) -> list[dict]:
    """The conditions of custom fields: what shows, requires and limits them."""
    known, queues = configuration(), visible_queues(actor)
    shown = {
        field.pk
        for field in known.fields.values()
        if field.deleted_at is None
        and (not known.field_queues[field.pk] or known.field_queues[field.pk] & queues.keys())
    }
    return [
        rule_shape(row)
        for row in known.field_rules
        if row.field_id in shown and row.queue_id in (None, *queues)
    ]


def _orders(actor: Actor) -> list[dict]:
    known, queues = configuration(), visible_queues(actor)
    return [
        {
            "queue": named(queues[queue]) if queue else None,
            "type": named(known.types[kind]) if kind else None,
            "keys": keys,
        }
        for (queue, kind), keys in known.field_orders.items()
        if queue in (None, *queues)
    ]


def _limits(rate_limit: int) -> dict:
    return {
        "calls_per_minute": rate_limit,
        "page": MAX_LIMIT,
        "page_default": DEFAULT_LIMIT,
        "offset": MAX_OFFSET,
        "title": Ticket._meta.get_field("title").max_length,
        "body": MAX_BODY,
        "comment": MAX_COMMENT,
        "tags": MAX_TAGS,
        "upload_megabytes": settings.MAX_UPLOAD_MB,
    }


def _agents(actor: Actor) -> list[dict] | None:
    """Who can be assigned; None for a key that does not read people."""
    if "people:read" not in actor.scopes:
        return None
    ids = User.objects.staff().values("pk")
    rows = visible_people(actor).filter(pk__in=ids).order_by("name_folded", "pk")
    return [{**small_person(one), "role": one.role} for one in rows[: MOST + 1]]


def _kept(rows: dict) -> list:
    return [row for row in rows.values() if row.deleted_at is None]


def _choices(choices) -> list[dict]:
    return [{"value": value, "label": str(label)} for value, label in choices.choices]
