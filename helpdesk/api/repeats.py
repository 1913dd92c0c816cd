"""Writes that are named, so that a repeated one has one effect, and writes that are only tried.

`Idempotency-Key: <name>` is remembered with the answer for a day, by key. The same name with the
same request gets the same answer; with another request it is refused. Two at once are one: the
second waits for the first one's transaction. What failed is not remembered: it had no effect.
A response with `kept_content` is remembered as that says: secrets are answered once and not stored.
`?dry_run=true` carries a write out and takes it back: the answer is the one that it would have had.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException

from helpdesk.api.parsing import RawFileParser
from helpdesk.api.untaken import takes_body
from helpdesk.models import RequestKey

HEADER = "Idempotency-Key"
DRY_RUN = "dry_run"
KEPT_FOR = timedelta(hours=24)
CLEAN_BATCH = 1000
NAME = re.compile(r"[\x21-\x7e]{1,200}")
KEPT_HEADERS = ("Content-Type", "ETag", "Location")


class OtherRequest(APIException):
    """The name was used for another request before."""

    status_code = 422

    def __init__(self) -> None:
        super().__init__(
            _("This Idempotency-Key was used for another request. Choose a new one for each write.")
        )


def carried_out(view, request, handler: Callable[..., HttpResponse], args, kwargs) -> HttpResponse:
    """Do what a write asks for: really, once, or only to see what it would answer."""
    name = request.headers.get(HEADER)
    if name is not None and not NAME.fullmatch(name):
        words = _("Give 1 to 200 printable characters without spaces.")
        raise ValidationError({HEADER: words})
    if is_dry_run(request):
        return _tried(view, handler, request, args, kwargs)
    if name is None:
        return handler(request, *args, **kwargs)
    return _once(view, handler, request, args, kwargs, name)


def clean() -> int:
    """Forget names that are a day old; returns how many."""
    late = RequestKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    count = 0
    while ids := list(late.order_by("pk").values_list("pk", flat=True)[:CLEAN_BATCH]):
        RequestKey.objects.filter(pk__in=ids).delete()
        count += len(ids)
    return count


def is_dry_run(request) -> bool:
    """Whether a write is only tried. Raises ValidationError."""
    said = request.GET.get(DRY_RUN, "false")
    if said not in ("true", "false"):
        raise ValidationError({DRY_RUN: _("Say true or false.")})
    return said == "true"


def _tried(view, handler, request, args, kwargs) -> HttpResponse:
    try:
        with transaction.atomic():
            response = handler(request, *args, **kwargs)
            transaction.set_rollback(True)
    finally:
        view.take_back()
    response["Dry-Run"] = "true"
    return response


def _once(view, handler, request, args, kwargs, name: str) -> HttpResponse:
    digest = _digest(request, handler)
    known = RequestKey.objects.filter(key=request.auth, name=name)
    known.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            try:
                with transaction.atomic():  # waits here for another one of the same name
                    row = RequestKey.objects.create(key=request.auth, name=name, digest=digest)
            except IntegrityError:
                row = None
            if row is not None:
                response = handler(request, *args, **kwargs)
                kept = getattr(response, "kept_content", response.content)  # without what is secret
                row.status, row.body = response.status_code, kept.decode()
                row.headers = {one: response[one] for one in KEPT_HEADERS if one in response}
                row.save(update_fields=["status", "headers", "body"])
                return response
    except Exception:
        view.take_back()
        raise
    return _again(known.get(), digest)


def _again(row: RequestKey, digest: str) -> HttpResponse:
    if row.digest != digest:
        raise OtherRequest
    kind = row.headers.get("Content-Type")
    response = HttpResponse(row.body, status=row.status, content_type=kind)
    for name, value in row.headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    return response


def _digest(request, handler: Callable) -> str:
    """Of all that decides what a write does. A form is compared by its parts, not its boundary."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if not takes_body(handler):
        return digest.hexdigest()  # what was sent said nothing, or was refused
    if request.content_type.startswith(("multipart/", RawFileParser.media_type)):
        for name, values in sorted(request.POST.lists()):
            digest.update(repr((name, values)).encode())
        for name, file in sorted(request.FILES.items()):
            digest.update(repr((name, file.name, file.content_type)).encode())
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    else:
        digest.update(request._request.body)
    return digest.hexdigest()
