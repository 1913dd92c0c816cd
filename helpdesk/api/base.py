"""What every endpoint shares: a key at the door, strict parameters, one shape of answers."""

import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from functools import partial
from urllib.parse import urlencode

import orjson
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import (
    APIException,
    MethodNotAllowed,
    PermissionDenied,
    Throttled,
    UnsupportedMediaType,
)
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from helpdesk.actor import Actor
from helpdesk.api import repeats, xml
from helpdesk.api.deprecation import Deprecated
from helpdesk.api.parsing import MERGE_PATCH, JSONParser
from helpdesk.api.projection import fields_in, narrowed
from helpdesk.api.scopes import refuse_unscoped
from helpdesk.api.untaken import refuse_untaken
from helpdesk.doors import faults
from helpdesk.doors.errors import answer_to, refuse_unmeasured
from helpdesk.doors.keys import KeyAuthentication, KeyThrottle
from helpdesk.doors.paging import (
    MAX_LIMIT,
    MAX_OFFSET,
    is_count_asked,
    limit_in,
    offset_in,
    page_at,
    page_of,
    scope_of,
)
from helpdesk.doors.patience import patience
from helpdesk.filters import SortKey
from helpdesk.lookup import exactly
from helpdesk.models import Ticket
from helpdesk.prepared import Shape

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
LISTED = ("sort", "limit", "cursor", "offset", "count", "fields")
PAGING = ("limit", "cursor", "offset", "count", "fields")
JSON = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class AlwaysJSON(BaseContentNegotiation):
    """Answers are JSON whatever `Accept` says."""

    def select_parser(self, request, parsers):
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        if kind == MERGE_PATCH and request.method == "PATCH":
            kind = JSONParser.media_type  # what is left out stays, in either name
        if found := next((parser for parser in parsers if parser.media_type == kind), None):
            return found
        kinds = ", ".join(parser.media_type for parser in parsers)
        words = _("A body of this kind is not read here. Send it with its Content-Type: %(kinds)s.")
        raise UnsupportedMediaType(kind, words % {"kinds": kinds})

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """An endpoint. `params` names the query parameters of its GET; all others are refused."""

    authentication_classes = (KeyAuthentication,)
    throttle_classes = (KeyThrottle,)
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = AlwaysJSON
    permission_classes = ()
    http_method_names = ("get", "head", "post", "patch", "delete")
    params: tuple[str, ...] | None = ()
    xml: str | None = None  # the root of its answers in XML, if it speaks that
    reads: type[Serializer] | None = None  # describes a row of its list, or what it shows
    deprecated: Deprecated | None = None

    @property
    def actor(self) -> Actor:
        return self.request.user

    def initialize_request(self, request, *args, **kwargs):
        found = super().initialize_request(request, *args, **kwargs)
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        found.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        return found

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        refuse_unmeasured(request)
        _meet_fault(request)
        name = request.method.lower()
        if name not in self.http_method_names or not hasattr(self, name):
            raise MethodNotAllowed(request.method)
        is_read = request.method in SAFE_METHODS
        if is_read and self.params is None:
            return  # the list reads and refuses them itself
        refuse_unknown(request.GET, (self.params or ()) if is_read else (repeats.DRY_RUN,))
        if not is_read:
            setattr(self, name, partial(self._write, getattr(self, name)))

    def _write(self, handler, request, *args, **kwargs) -> HttpResponse:
        refuse_untaken(handler, request)
        return repeats.carried_out(self, request, handler, args, kwargs)

    def if_taken_back(self, undo: Callable[[], None]) -> None:
        """Call this if the write that is under way is taken back: for what no transaction holds."""
        self.__dict__.setdefault("_undoing", []).append(undo)

    def take_back(self) -> None:
        for undo in self.__dict__.pop("_undoing", []):
            undo()

    def check_permissions(self, request):
        if request.method not in SAFE_METHODS and not request.user.can_write:
            raise PermissionDenied(_("This key may only read."))
        refuse_unscoped(request)

    def get_parsers(self) -> list:
        return [*super().get_parsers(), *([xml.XMLParser()] if self.xml else [])]

    def get_exception_handler(self) -> Callable:
        return answer_to

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.xml and xml.is_wanted(request):
            xml.spoken(response, self.xml)
        response["X-Request-Id"] = getattr(request, "request_id", "")
        response.setdefault("Cache-Control", "private, no-cache")
        if self.deprecated:
            self.deprecated.say(response)
        if (allowance := getattr(request, "allowance", None)) is not None:
            for name, value in allowance.headers.items():
                response[name] = value
        return response

    def body(self) -> dict:
        """The JSON object that was sent."""
        found = self.request.data
        if not isinstance(found, dict):
            raise ValidationError(_("Send a JSON object."))
        return found

    def checked(self, serializer, **options) -> dict:
        """The body, checked by a serializer."""
        one = serializer(data=self.body(), context={"actor": self.actor}, **options)
        one.is_valid(raise_exception=True)
        return one.validated_data

    def ticket(self, ref: str, rows: QuerySet | None = None) -> Ticket:
        """The visible ticket of a number or uuid, or 404."""
        rows = Ticket.objects.visible_to(self.actor) if rows is None else rows
        return found_or_404(rows, ref)

    def list_of(
        self,
        rows: QuerySet | Callable[[], QuerySet],
        sort: Sequence[SortKey],
        shaped: Callable[[list], Iterable[dict]],
        headers: Mapping[str, str] | None = None,
        *,
        params: QueryDict | None = None,
        more: Mapping | None = None,
        shape: Shape | None = None,
        most: int = MAX_LIMIT,
    ) -> HttpResponse:
        """One page of rows, each in the shape that is read.

        `params` stand for those of the address, if the list was narrowed further; `more` joins
        the page; `shape` is all that the rows depend on, if that is known; `most` is how many
        rows a page may have.
        """
        params = self.request.GET if params is None else params
        with patience():
            return self._page(rows, sort, shaped, headers, params, more, shape, most)

    def _page(
        self,
        rows: QuerySet | Callable[[], QuerySet],
        sort: Sequence[SortKey],
        shaped: Callable[[list], Iterable[dict]],
        headers: Mapping[str, str] | None,
        params: QueryDict,
        more: Mapping | None,
        shape: Shape | None,
        most: int,
    ) -> HttpResponse:
        wanted = fields_in(params, self.reads)
        limit = limit_in(params, most=most)
        if "offset" in params:
            offset = offset_in(params)
            rows = rows() if callable(rows) else rows
            found, has_more = page_at(rows, sort, offset=offset, limit=limit)
            is_deeper = has_more and offset + limit <= MAX_OFFSET
            ends = {
                "next": ("offset", str(offset + limit) if is_deeper else None),
                "previous": ("offset", str(max(0, offset - limit)) if offset else None),
            }
        else:
            page = page_of(
                rows,
                sort,
                scope=scope_of(self.request.path, params),
                cursor=params.get("cursor", ""),
                limit=limit,
                shape=shape and shape.of(self.request.path),
            )
            found = page.rows
            ends = {"next": ("cursor", page.next), "previous": ("cursor", page.previous)}
        body = {"results": narrowed(shaped(found), wanted)}
        body |= {name: self._address_of(params, *end) for name, end in ends.items()}
        if is_count_asked(params):
            body["count"] = (rows() if callable(rows) else rows).count()
        body |= more or {}
        return answer(body, headers=headers)

    def url(self, path: str) -> str:
        return self.request.build_absolute_uri(path)

    def _address_of(self, params: QueryDict, name: str, value: str | None) -> str | None:
        if value is None:
            return None
        said = [
            pair
            for given, values in {**dict(params.lists()), name: [value]}.items()
            for pair in ((given, one) for one in values)
        ]
        return self.request.build_absolute_uri(f"{self.request.path}?{urlencode(said)}")


def _meet_fault(request) -> None:
    """Refuse as the fault lab says, which a sandbox key's calls may meet."""
    fault = faults.meet(request._request, request.auth)
    if fault is None or fault.status is None:
        return
    if fault.status == 429:
        raise Throttled(wait=int(fault.headers["Retry-After"]))
    refusal = APIException(fault.words)
    refusal.status_code = fault.status
    raise refusal


def answer(body, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(
        orjson.dumps(body, default=str, option=JSON),
        status=status,
        content_type="application/json",
        headers=dict(headers or {}),
    )


def nothing() -> HttpResponse:
    return _without_body(HttpResponse(status=204))


def unchanged(headers: Mapping[str, str]) -> HttpResponse:
    """What the caller has already still holds."""
    return _without_body(HttpResponse(status=304, headers=dict(headers)))


def _without_body(response: HttpResponse) -> HttpResponse:
    """No kind is said of a body that is not there: a cache would put it on the one it keeps."""
    del response.headers["Content-Type"]
    return response


def refuse_unknown(params, known: Sequence[str]) -> None:
    """Raise ValidationError for parameters that are not known, blank, or given twice."""
    errors = {}
    for name, values in params.lists():
        if name not in known:
            errors[name[:60]] = _("There is no such parameter. Known: %(names)s.") % {
                "names": ", ".join(known) or "–"
            }
        elif len(values) > 1 or not values[0].strip() or "\0" in values[0]:
            errors[name] = _("Give one value.")
    if errors:
        raise ValidationError(errors)


def found_or_404(rows: QuerySet, ref: str):
    """The row of an id or uuid in an address, or 404."""
    named = exactly(ref)
    if named is None:
        raise Http404
    found = rows.filter(**{"pk" if isinstance(named, int) else "uuid": named}).first()
    if found is None:
        raise Http404
    return found


def in_utc(moment):
    return moment.astimezone(UTC) if moment is not None else None
