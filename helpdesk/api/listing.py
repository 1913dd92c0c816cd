"""Lists and single rows of what is not a ticket: the two endpoints that each noun has."""

from collections.abc import Callable

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied

from helpdesk.api.base import PAGING, ApiView, answer, found_or_404
from helpdesk.filters import SortKey
from helpdesk.lookup import number_of, uuid_of
from helpdesk.text import fold

IN_ORDER = (SortKey("position"),)
BY_ID = (SortKey("id"),)
BY_NAME = (SortKey("name_folded"),)
SEARCH = "search"


class RowsView(ApiView):
    """`rows_for(actor)` are those the actor may see; `shape` is how one is read."""

    rows_for: Callable[..., QuerySet]
    shape: Callable[..., dict]
    word: str | None = None  # a column by which a row may be addressed beside id and uuid

    def row(self, ref: str):
        """The row of an id, uuid or word, or 404."""
        rows = type(self).rows_for(self.actor)
        if self.word and number_of(ref) is None and uuid_of(ref) is None and "\0" not in ref:
            rows = rows.filter(**{self.word: fold(ref)})
            found = rows.first()
            return found_or_404(rows, str(found.pk) if found else "")
        return found_or_404(rows, ref)

    def shaped(self, row) -> dict:
        return type(self).shape(row)

    def said(self, row, status: int = 200) -> HttpResponse:
        return answer(self.shaped(row), status)


class ListView(RowsView):
    params = PAGING
    sort = IN_ORDER

    def get(self, request) -> HttpResponse:
        rows = self.narrowed(type(self).rows_for(self.actor))
        return self.list_of(rows, self.sort, lambda found: [self.shaped(row) for row in found])

    def narrowed(self, rows: QuerySet) -> QuerySet:
        """The rows whose name or address begins with the words of `search`, where that is known."""
        words = self.request.GET.get(SEARCH)
        if words is None:
            return rows
        folded = fold(words).strip()
        found = Q(name_folded__startswith=folded)
        if any(field.name == "email" for field in rows.model._meta.fields):
            found |= Q(email__startswith=folded)
        return rows.filter(found)


class OneView(RowsView):
    def get(self, request, ref: str) -> HttpResponse:
        return self.said(self.row(ref))


def refuse_bounded(actor) -> None:
    """Only a key of all queues writes what every queue shares."""
    if actor.queues is not None:
        raise PermissionDenied(_("Only a key of all queues may write this."))
