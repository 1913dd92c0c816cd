"""What the OpenAPI document says everywhere: small objects, pages, failures, the key."""

from collections.abc import Callable, Sequence
from functools import cache

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    inline_serializer,
)
from rest_framework import serializers

from helpdesk.api.fields import REFERENCE
from helpdesk.api.untaken import BODY, taking
from helpdesk.doors.paging import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET
from helpdesk.models import Category

PROBLEM_TYPE = "application/problem+json"


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "helpdesk.doors.keys.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema) -> dict:
        return {"type": "http", "scheme": "bearer", "description": "An API key."}


@extend_schema_field(REFERENCE)
class Reference(serializers.Field):
    """A row by id, uuid or word."""


class ToldOnce(serializers.Serializer):
    """What an answer with a secret has beside it."""

    notice = serializers.CharField(
        required=False,
        help_text="In a repeated answer of an Idempotency-Key: why the secret is null, and how to"
        " make a new one.",
    )


@extend_schema_field({"type": "string", "format": "binary"})
class FilePart(serializers.FileField):
    """A file as a part of a form."""


class Small(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    name = serializers.CharField()


class SmallQueue(Small):
    slug = serializers.CharField()


class SmallStatus(Small):
    category = serializers.ChoiceField(Category.choices)


class SmallPerson(Small):
    email = serializers.CharField(allow_null=True)


class SmallTicket(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    title = serializers.CharField()


class ProblemError(serializers.Serializer):
    field = serializers.CharField(allow_null=True, help_text="A dotted path, null for the whole.")
    code = serializers.CharField()
    message = serializers.CharField()


class Problem(serializers.Serializer):
    """Every failure has this body. `difference` comes with 409 and 412."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable: made to be compared.")
    detail = serializers.CharField(help_text="Words for people, in the caller's language.")
    errors = ProblemError(many=True)
    difference = serializers.ListField(child=serializers.DictField(), required=False)
    request_id = serializers.CharField()


FIELDS_PARAMETER = OpenApiParameter(
    "fields",
    str,
    description="Only these members, between commas, with dots for inner ones: `title,queue.name`.",
)
PAGE_PARAMETERS = [
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        description="How many rows at most.",
    ),
    OpenApiParameter("cursor", str, description="From `next` or `previous` of another page."),
    OpenApiParameter(
        "offset",
        {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET},
        description="Pass over so many rows. Beyond the maximum, and where rows come and go"
        " meanwhile, follow cursors.",
    ),
    OpenApiParameter(
        "count", {"type": "string", "enum": ["exact"]}, description="Count all rows, as `count`."
    ),
    FIELDS_PARAMETER,
]
SEARCH_PARAMETER = OpenApiParameter("search", str, description="What the name begins with.")
NULL_IF_REPEATED = "Null in a repeated answer of an Idempotency-Key, which says so in `notice`."
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag that was read; else 412. Of a ticket its version counts.",
)
ALWAYS = (400, 401, 403, 429, 503)  # a parameter, the key, its scopes, its limit; a busy database


def path_of_ticket() -> OpenApiParameter:
    return OpenApiParameter("ref", str, OpenApiParameter.PATH, description="A number or uuid.")


def page_of(serializer: type[serializers.Serializer], *, since: bool = False, **options):
    """The schema of one page of a list; with `since`, of one that is a window in time."""
    return _page_class(serializer, since)(**options)


@cache
def _page_class(
    serializer: type[serializers.Serializer], since: bool
) -> type[serializers.Serializer]:
    """One class for each serializer: the generator tells components apart by their class."""
    page = inline_serializer(
        f"{serializer.__name__}{'Window' if since else 'Page'}",
        {
            "results": serializer(many=True),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "count": serializers.IntegerField(
                required=False, help_text="Of all rows, with `count=exact`."
            ),
            **(_window() if since else {}),
        },
    )
    return type(page)


def _window() -> dict:
    return {
        "next_since": serializers.DateTimeField(
            required=False, help_text="Where the next window begins, with `updated_since`."
        ),
        "gone": serializers.URLField(
            required=False, help_text="The tickets to drop in this window."
        ),
    }


def operation(
    name: str,
    summary: str,
    tag: str,
    answers: dict,
    *,
    request=None,
    parameters: Sequence[OpenApiParameter] = (),
    fails: Sequence[int] = (),
    description: str = "",
) -> Callable:
    """The decorator that describes one method of an endpoint."""
    problems = {
        (status, PROBLEM_TYPE): OpenApiResponse(Problem) for status in sorted({*ALWAYS, *fails})
    }
    described = extend_schema(
        operation_id=name,
        summary=summary,
        description=description or summary,
        tags=[tag],
        request=request,
        responses={**answers, **problems},
        parameters=list(parameters),
    )
    headers = {one.name for one in parameters if one.location == OpenApiParameter.HEADER}
    taken = frozenset(headers | ({BODY} if request is not None else set()))
    return lambda method: taking(described(method), taken)


READ_FAILS = (400, 404)
WRITE_FAILS = (400, 403, 404, 409, 412, 413, 415)
EMPTY = OpenApiResponse(description="Done.")
