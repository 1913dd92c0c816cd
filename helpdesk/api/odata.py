"""The tables of reports in the manner of OData v4, for reading: what Power BI and Excel load.

A subset: service document, `$metadata`, entity sets and single entities; `$filter`, `$select`,
`$orderby`, `$top`, `$skip`, `$count`, and pages by `@odata.nextLink`. The rest is refused by name.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

import orjson
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from rest_framework.exceptions import APIException

from helpdesk.api.base import JSON, ApiView
from helpdesk.doors.errors import answer_to
from helpdesk.doors.keys import KeyAuthentication
from helpdesk.doors.paging import MAX_OFFSET, page_of, scope_of
from helpdesk.filters import SortKey
from helpdesk.reports import csdl, expressions
from helpdesk.reports.columns import VERSION, Column, Table
from helpdesk.reports.tables import ENTITIES

PAGE = 1_000  # rows, unless the caller prefers less
PATIENCE = 30  # seconds for one statement of a database that can be told
MAX_SORTS = 4
KNOWN = ("$filter", "$select", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$format")
NARROWING = ("$filter",)  # what `/$count` takes
NOT_HERE = frozenset(
    "$expand $search $apply $compute $index $deltatoken $levels $schemaversion $id $batch".split()
)
KEYED = re.compile(r"(?P<name>\w{1,40})\((?:id=)?(?P<key>\d{1,18})\)", re.ASCII)
BASIC = re.compile(r"basic +([A-Za-z0-9+/=]{1,600}) *", re.IGNORECASE)
MAX_PAGE_SIZE = re.compile(r"odata\.maxpagesize\s*=\s*(\d{1,6})|maxpagesize\s*=\s*(\d{1,6})")
KIND = "application/json;odata.metadata=minimal;IEEE754Compatible=false"


class Refused(APIException):
    """What can't be read (400), or OData knows and this subset does not (501)."""

    def __init__(self, words: str, target: str | None = None, status: int = 400):
        self.status_code, self.target = status, target
        super().__init__(words)


class TooSlow(Refused):
    def __init__(self) -> None:
        words = f"This took more than {PATIENCE} s. Narrow it down by columns that sort."
        super().__init__(words, "$filter", 503)


class ODataAuthentication(KeyAuthentication):
    """A key as bearer, or as the password of Basic, which is what Power BI and Excel ask for."""

    def secret_in(self, request) -> str:
        found = BASIC.fullmatch(request.META.get("HTTP_AUTHORIZATION", ""))
        if found is None:
            return super().secret_in(request)
        try:
            pair = base64.b64decode(found[1], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return pair.partition(":")[2]


class ODataView(ApiView):
    schema = None  # it describes itself by $metadata
    params = None  # its options are read, and refused, by OData's rules
    authentication_classes = (ODataAuthentication,)
    http_method_names = ("get", "head", "post", "put", "patch", "delete")

    def get_exception_handler(self) -> Callable:
        return failure

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response["OData-Version"] = "4.0"
        response["Reporting-Version"] = VERSION
        return response

    @property
    def root(self) -> str:
        return self.url(reverse("api:odata"))

    def options(self, known: tuple[str, ...]) -> dict[str, str]:
        """The query options, each once. Raises Refused for all others."""
        found = {}
        for name, values in self.request.GET.lists():
            if name in NOT_HERE or name.startswith("@"):
                raise Refused(f"{name[:40]} is not supported.", name[:40], 501)
            if name not in known:
                words = f"There is no option {name[:40]} here. Known: {', '.join(known) or '–'}."
                raise Refused(words, name[:40])
            if len(values) > 1:
                raise Refused(f"{name} is given twice.", name)
            found[name] = values[0]
        if found.get("$format", "json").partition(";")[0] not in ("json", "application/json"):
            raise Refused("Only $format=json is supported.", "$format", 501)
        return found


class Service(ODataView):
    def get(self, request) -> HttpResponse:
        self.options(("$format",))
        sets = [
            {"name": one.entity, "kind": "EntitySet", "url": one.entity}
            for one in ENTITIES.values()
        ]
        return said({"@odata.context": f"{self.root}$metadata", "value": sets})


class Metadata(ODataView):
    def get(self, request) -> HttpResponse:
        if self.request.GET.get("$format", "xml") not in ("xml", "application/xml"):
            raise Refused("$metadata is XML alone.", "$format", 501)
        return HttpResponse(csdl.metadata(), content_type="application/xml")


class EntitySet(ODataView):
    """`Tickets`, or one of them: `Tickets(812)`."""

    def get(self, request, entity_set: str) -> HttpResponse:
        if entity_set in NOT_HERE:
            raise Refused(f"{entity_set} is not supported.", entity_set, 501)
        if keyed := KEYED.fullmatch(entity_set):
            return self._one(_table(keyed["name"]), int(keyed["key"]))
        table = _table(entity_set)
        options = self.options(KNOWN)
        names = _selected(table, options)
        rows = _narrowed(table, self.actor, options)
        with patience():
            count = rows.count() if _is_true(options, "$count") else None
            found, link = self._page(table, rows, options)
            shapes = table.shaped(found, self.actor)
        body = {"@odata.context": self._context(table, options)}
        if count is not None:
            body["@odata.count"] = count
        body["value"] = [{name: shape[name] for name in names} for shape in shapes]
        if link:
            body["@odata.nextLink"] = link
        return said(body)

    def _one(self, table: Table, key: int) -> HttpResponse:
        options = self.options(("$select", "$format"))
        found = table.rows(self.actor).filter(pk=key).first()
        if found is None:
            raise Http404
        [shape] = table.shaped([found], self.actor)
        names = _selected(table, options)
        context = f"{self._context(table, options)}/$entity"
        return said({"@odata.context": context, **{name: shape[name] for name in names}})

    def _page(self, table: Table, rows: QuerySet, options: dict) -> tuple[list, str | None]:
        """The rows of this page, and the address of the next one."""
        top, size = _number(options, "$top"), self._page_size()
        if top == 0:
            return [], None
        limit = size if top is None else min(top, size)
        sort = _sort(table, self.actor, options)
        scope = scope_of(
            self.request.path, {name: options.get(name) for name in ("$filter", "$orderby")}
        )
        cursor = options.get("$skiptoken", "")
        skip = _number(options, "$skip") or 0
        if skip > MAX_OFFSET:
            raise Refused(f"$skip goes to {MAX_OFFSET}; beyond, follow @odata.nextLink.", "$skip")
        if skip and cursor:
            raise Refused("Give either $skip or $skiptoken.", "$skip")
        if skip:  # only ids are read of what is passed over
            passed = page_of(rows.values("id"), sort, scope=scope, limit=skip)
            if passed.next is None:
                return [], None
            cursor = passed.next
        page = page_of(rows, sort, scope=scope, cursor=cursor, limit=limit)
        left = None if top is None else top - len(page.rows)
        if page.next is None or left == 0:
            return page.rows, None
        kept = {name: value for name, value in options.items() if name not in ("$top", "$skip")}
        kept |= {"$skiptoken": page.next} | ({} if left is None else {"$top": str(left)})
        link = f"{self.root}{table.entity}?{urlencode(kept, safe='$', quote_via=quote)}"
        return page.rows, link

    def _page_size(self) -> int:
        found = MAX_PAGE_SIZE.search(self.request.META.get("HTTP_PREFER", ""))
        return max(1, min(int(found[1] or found[2]), PAGE)) if found else PAGE

    def _context(self, table: Table, options: dict) -> str:
        chosen = f"({','.join(_selected(table, options))})" if options.get("$select") else ""
        return f"{self.root}$metadata#{table.entity}{chosen}"


class Count(ODataView):
    """How many rows there are, as plain text."""

    def get(self, request, entity_set: str) -> HttpResponse:
        table = _table(entity_set)
        rows = _narrowed(table, self.actor, self.options(NARROWING))
        with patience():
            return HttpResponse(str(rows.count()), content_type="text/plain")


def said(body: dict) -> HttpResponse:
    return HttpResponse(orjson.dumps(body, option=JSON), content_type=KIND)


def failure(error: Exception, context: dict) -> HttpResponse:
    """A failure in the shape of OData, with the codes of every door."""
    if isinstance(error, Refused):
        code = {501: "not_supported", 503: "too_slow"}.get(error.status_code, "invalid")
        body = {"code": code, "message": str(error.detail)}
        if error.target:
            body["target"] = error.target
        return _failed(body, error.status_code)
    answer = answer_to(error, context)
    problem = orjson.loads(answer.content)
    body = {"code": problem["code"], "message": problem["detail"]}
    if problem["errors"]:
        body["details"] = [
            {"code": one["code"], "message": one["message"], "target": one["field"]}
            for one in problem["errors"]
        ]
    said = _failed(body, answer.status_code)
    if "Retry-After" in answer:
        said["Retry-After"] = answer["Retry-After"]
    if answer.status_code == 401:
        said["WWW-Authenticate"] = 'Basic realm="odata", charset="UTF-8"'
    if answer.status_code == 405:
        said["Allow"] = "GET, HEAD"
    return said


@contextmanager
def patience() -> Iterator[None]:
    """Statements of the block are stopped after a while, and that is said."""
    if connection.vendor != "postgresql":
        yield
        return
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}s'")
            yield
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        raise TooSlow from error


def _failed(body: dict, status: int) -> HttpResponse:
    return HttpResponse(orjson.dumps({"error": body}), status=status, content_type=KIND)


def _table(name: str) -> Table:
    if name not in ENTITIES:
        raise Http404
    return ENTITIES[name]


def _column(table: Table, name: str, option: str) -> Column:
    if name not in table.by_name:
        names = ", ".join(table.by_name)
        words = f"{option}: {table.entity} has no property {name[:40]}. It has: {names}."
        status = 501 if "/" in name or "(" in name else 400
        raise Refused(words, option, status)
    return table.by_name[name]


def _selected(table: Table, options: dict) -> list[str]:
    words = options.get("$select", "*")
    names = [name.strip() for name in words.split(",")]
    if "*" in names:
        return list(table.by_name)
    return [_column(table, name, "$select").name for name in dict.fromkeys(names)]


def _narrowed(table: Table, actor, options: dict) -> QuerySet:
    rows = table.rows(actor)
    if "$filter" not in options:
        return rows

    def column_of(name: str) -> Column:
        column = _column(table, name, "$filter")
        if not column.narrows_for(actor):
            raise Refused(f"$filter: {name} can't be narrowed by.", "$filter", 501)
        return column

    try:
        node = expressions.read(options["$filter"], column_of)
    except expressions.Wrong as error:
        is_known = isinstance(error, expressions.NotSupported)
        raise Refused(str(error), "$filter", 501 if is_known else 400) from error
    return rows.filter(expressions.condition(node))


def _sort(table: Table, actor, options: dict) -> list[SortKey]:
    keys = []
    for part in options.get("$orderby", "id").split(","):
        name, *way = part.split()[:3] or [""]
        column = _column(table, name, "$orderby")
        if way not in ([], ["asc"], ["desc"]):
            raise Refused("$orderby: write a property, then asc or desc.", "$orderby")
        if not (column.is_sorted and column.narrows_for(actor)):
            sorted_by = ", ".join(one.name for one in table.columns if one.is_sorted)
            words = f"$orderby: {name} is not sorted by. Known: {sorted_by}."
            raise Refused(words, "$orderby", 501)
        if column.path not in {key.path for key in keys}:
            keys.append(SortKey(column.path, way == ["desc"], column.nullable))
    if len(keys) > MAX_SORTS:
        raise Refused(f"$orderby takes at most {MAX_SORTS} properties.", "$orderby")
    return keys


def _number(options: dict, name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Refused(f"{name} is a whole number.", name)
    return int(text)


def _is_true(options: dict, name: str) -> bool:
    text = options.get(name, "false")
    if text not in ("true", "false"):
        raise Refused(f"{name} is true or false.", name)
    return text == "true"
