"""Django with nothing wasted: no middleware, one view an operation, `values()` and orjson.

The same columns as floor.py, read by the ORM; keys, sessions and users are checked each time.
"""

import hashlib
import os
import sys
from functools import wraps
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

import django

django.setup()

import orjson
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse
from django.template import engines
from django.urls import path
from django.utils import timezone

from helpdesk import search
from helpdesk.actor import system
from helpdesk.models import ApiKey, Change, Comment, Queue, SearchDocument, Status, Ticket, User

settings.MIDDLEWARE = []
settings.ROOT_URLCONF = "bench.bare"
ROWS = 50
COLUMNS = (
    "id uuid title body body_format priority channel due_at created_at updated_at stored_at"
    " last_activity_at version custom status_category resolution resolution_comment source"
    " source_ref source_url resolved_at closed_at snoozed_until first_response_at reopened_count"
    " tag_ids requester__id requester__uuid requester__name requester__email assignee__id"
    " assignee__uuid assignee__name assignee__email queue__name status__name"
).split()
SAID = ("id", "uuid", "public", "body", "format", "happened_at", "author__id", "author__name")
TICKETS = Ticket.objects.filter(deleted_at=None).values(*COLUMNS)
LIST = engines["django"].from_string(
    """{% for row in rows %}<tr><td>{{ row.id }}<td><a href="/tickets/{{ row.id }}/">{{ row.title }}
    </a><td>{{ row.requester__name }}<td>{{ row.status__name }}<td>{{ row.priority }}<td>
    {{ row.assignee__name }}<td>{{ row.due_at }}<td>{{ row.last_activity_at }}{% endfor %}"""
)
TICKET = engines["django"].from_string(
    """<h1>{{ row.title }}</h1>{{ row.body }} {{ row.requester__name }} {{ row.due_at }}
    {% for one in said %}<article>{{ one.author__name }} {{ one.happened_at }}<p>{{ one.body }}
    {% endfor %}"""
)


def keyed(view):
    @wraps(view)
    def guarded(request):
        secret = request.META["HTTP_AUTHORIZATION"][7:]
        digest = hashlib.sha256(secret.encode()).hexdigest()
        ApiKey.objects.select_related("person").get(digest=digest, revoked_at=None)
        return filled(request, orjson.dumps(view(request), default=str))

    return guarded


def signed_in(view):
    @wraps(view)
    def guarded(request):
        key = request.COOKIES["sessionid"]
        session = Session.objects.get(session_key=key, expire_date__gt=timezone.now())
        User.objects.get(pk=session.get_decoded()["_auth_user_id"], is_active=True)
        return filled(request, view(request).encode())

    return guarded


def filled(request, body: bytes) -> HttpResponse:
    body = body.ljust(int(request.GET.get("bytes", 0)))
    return HttpResponse(body, headers={"Content-Length": str(len(body))})


@keyed
def listed(request):
    return list(TICKETS.filter(status_category="open").order_by("-id")[:ROWS])


@keyed
def one(request):
    row = TICKETS.get(id=request.GET["n"])
    return row | {"comments": said(row["id"])}


def said(number: int) -> list:
    rows = Comment.objects.filter(ticket=number, deleted_at=None, state="sent")
    return list(rows.order_by("happened_at", "id").values(*SAID))


@keyed
@transaction.atomic
def create(request):
    given = orjson.loads(request.body)
    ticket = Ticket.objects.create(
        uuid=uuid4(),
        queue=Queue.objects.get(is_default=True),
        status=Status.objects.get(name="Open"),
        status_category="open",
        requester=User.objects.get(email=given["requester"]["email"]),
        channel="api",
        version=1,
        **{name: given[name] for name in ("title", "body", "priority", "custom")},
    )
    Change.objects.create(ticket=ticket, version=1, kind="opened", at=timezone.now(), fields={})
    SearchDocument.objects.create(ticket=ticket, public=f"{ticket.title} {ticket.body}".lower())
    return {name: getattr(ticket, name) for name in ("id", "uuid", "title", "body", "created_at")}


@signed_in
def page(request):
    rows = TICKETS.filter(status_category__in=("new", "open", "waiting"))
    return LIST.render({"rows": rows.order_by("-last_activity_at", "-id")[:ROWS]})


@signed_in
def ticket(request):
    number = int(request.GET["n"])
    return TICKET.render({"row": TICKETS.get(id=number), "said": said(number)})


@keyed
def found(request):
    rows = search.matching(TICKETS, request.GET["word"], system("api"))
    return list(rows.order_by("-id")[:ROWS])


@keyed
def deep(request):
    return list(TICKETS.filter(id__lt=request.GET["n"]).order_by(F("id").desc())[:ROWS])


urlpatterns = [
    path(name, view)
    for name, view in {
        "A": listed,
        "B": one,
        "C": create,
        "D": page,
        "E": ticket,
        "F1": found,
        "F2": found,
        "G": deep,
    }.items()
]
application = WSGIHandler()
