"""Connections to other services: how they fare, and paused, resumed, tried again.

What is known of them lies elsewhere: `settings.API_CONNECTIONS` names the module that has
`connections`, `shape`, `links`, `link_shape`, `pause`, `resume` and `retry`.
"""

from functools import cache
from importlib import import_module

from django.conf import settings
from django.http import HttpResponse
from rest_framework import serializers

from helpdesk.api.base import PAGING, answer, found_or_404
from helpdesk.api.fields import StrictSerializer
from helpdesk.api.listing import BY_ID, ListView, OneView, RowsView
from helpdesk.api.schemas.connections import (
    ConnectionLinkRead,
    ConnectionRead,
    connection_links,
    connection_pause,
    connection_resume,
    connection_retry,
    connection_row,
    connection_rows,
)
from helpdesk.filters import SortKey

NEWEST_FIRST = (SortKey("pk", descending=True),)
MAX_ID = 2**63 - 1


@cache
def known():
    return import_module(settings.API_CONNECTIONS)


class ConnectionRows:
    rows_for = staticmethod(lambda actor: known().connections(actor))
    shape = staticmethod(lambda row: known().shape(row))


@connection_rows
class Connections(ConnectionRows, ListView):
    params = PAGING
    reads = ConnectionRead
    sort = BY_ID


@connection_row
class OneConnection(ConnectionRows, OneView):
    pass


class ConnectionLinks(ConnectionRows, RowsView):
    """Its tickets that are not in step, the newest first."""

    params = PAGING
    reads = ConnectionLinkRead

    @connection_links
    def get(self, request, ref: str) -> HttpResponse:
        rows = known().links(self.row(ref), self.actor)
        return self.list_of(
            rows, NEWEST_FIRST, lambda found: [known().link_shape(one) for one in found]
        )


class PausedConnection(ConnectionRows, RowsView):
    http_method_names = ("post",)

    @connection_pause
    def post(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        known().pause(row, self.actor)
        return self.said(self.row(str(row.pk)))


class ResumedConnection(ConnectionRows, RowsView):
    http_method_names = ("post",)

    @connection_resume
    def post(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        known().resume(row, self.actor)
        return self.said(self.row(str(row.pk)))


class RetryInput(StrictSerializer):
    link = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)


class RetriedConnection(ConnectionRows, RowsView):
    http_method_names = ("post",)

    @connection_retry
    def post(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        wanted = self.checked(RetryInput).get("link") if request.body else None
        link = None
        if wanted is not None:
            link = found_or_404(known().links(row, self.actor), str(wanted))
        return answer({"retried": known().retry(row, self.actor, link)})
