"""Faults that the calls of a sandbox key meet on purpose, so that clients can be tried.

A door asks `meet` once it knows the key. What is refused, the door says in its own words; all else
`FaultLab`, the innermost middleware, does with the answer. Waiting is short, and only a few calls
wait at once: the others of that moment go without the wait, so that nobody is starved.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.request import RawPostDataException
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk import models
from helpdesk.models import ApiKey

HEADER = "Helpdesk-Fault"
NONE = "none"  # in the header: this call meets nothing
USUAL_WAIT, LONGEST_WAIT = 1.0, 5.0  # seconds
AT_ONCE = 2  # calls of a process that may wait
PIECES = 10  # of a dripping answer
SENT_AFTER = 0.05  # seconds until what was handed to the web server is on the wire
MISSING = 64  # bytes that an answer without a body promises


class Kind(StrEnum):
    LIMITED = "429"
    ERROR = "500"
    BEFORE = "before-timeout"
    AFTER = "after-timeout"
    CUT = "cut"
    DUPLICATE = "duplicate"
    DRIP = "drip"


WORDS = {
    Kind.LIMITED: gettext_lazy("429 with Retry-After, nothing is done"),
    Kind.ERROR: gettext_lazy("500, nothing is done"),
    Kind.BEFORE: gettext_lazy("No answer, nothing is done"),
    Kind.AFTER: gettext_lazy("No answer, but the work is done"),
    Kind.CUT: gettext_lazy("The answer breaks off in the middle, the work is done"),
    Kind.DUPLICATE: gettext_lazy("The call is carried out twice"),
    Kind.DRIP: gettext_lazy("The answer comes slowly, piece by piece"),
}
REFUSED = {Kind.LIMITED: 429, Kind.ERROR: 500, Kind.BEFORE: 503}


@dataclass(frozen=True, slots=True)
class Fault:
    """What one call meets. `seconds`: how long it waits, drips, or is told to wait."""

    kind: Kind
    seconds: float = USUAL_WAIT

    @property
    def status(self) -> int | None:
        """The status with which the door refuses; None if the work is done."""
        return REFUSED.get(self.kind)

    @property
    def words(self) -> str:
        return _("A fault of the fault lab: %(kind)s.") % {"kind": self.kind.value}

    @property
    def headers(self) -> dict[str, str]:
        wait = str(max(1, round(self.seconds)))
        return {"Retry-After": wait} if self.kind == Kind.LIMITED else {}


def meet(request: HttpRequest, key: ApiKey) -> Fault | None:
    """The fault that this call meets; None for most, and for every key outside a sandbox.

    It is noted on the request for the middleware, and counted. A call that is carried out a second
    time meets nothing more. Raises ValidationError for a header that names no fault.
    """
    if not key.is_sandbox or hasattr(request, "fault"):
        return None
    lab_id = key.primary_id or key.pk
    asked = request.headers.get(HEADER)
    fault = read(asked) if asked is not None else None
    if fault is not None and fault.kind == Kind.DUPLICATE and not _is_kept(request):
        fault = None
    if asked is None:
        fault = _dealt_by_mix(lab_id, request)
    elif fault is not None:
        _count(lab_id, fault.kind)
    request.fault = fault
    return fault


def read(text: str) -> Fault | None:
    """The fault of a header such as `after-timeout; seconds=2`. Raises ValidationError."""
    word, *parameters = (part.strip() for part in text.lower().split(";"))
    if word == NONE:
        return None
    if word not in list(Kind):
        said = {"header": HEADER, "names": ", ".join([*Kind, NONE])}
        raise ValidationError(_("%(header)s: one of %(names)s.") % said)
    seconds = USUAL_WAIT
    for parameter in filter(None, parameters):
        name, _equals, value = parameter.partition("=")
        seconds = _seconds(value.strip()) if name.strip() == "seconds" else None
        if seconds is None:
            said = {"header": HEADER, "most": int(LONGEST_WAIT)}
            raise ValidationError(_("%(header)s: only “seconds”, 0 to %(most)s.") % said)
    return Fault(Kind(word), seconds)


def chosen(seed: int, number: int, shares: dict[str, float]) -> Kind | None:
    """What the n-th call meets in a mix of percents: the same for the same seed."""
    place = random.Random(f"{seed}:{number}").random() * 100
    for kind in Kind:
        place -= shares.get(kind, 0)
        if place < 0:
            return kind
    return None


class FaultLab:
    """Middleware: does with an answer what the door found that it meets."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        fault = getattr(request, "fault", None)
        if fault is None:
            return response
        match fault.kind:
            case Kind.DUPLICATE:
                request._stream = BytesIO(request.body)  # doors may read it from there
                return self.get_response(request)
            case Kind.BEFORE | Kind.AFTER:
                _wait(fault.seconds)
                return _unanswered()
            case Kind.CUT:
                return _cut(response)
            case Kind.DRIP:
                return _dripping(response, fault.seconds)
        return response


# Choosing ----------------------------------------------------------------------------------------


def _dealt_by_mix(lab_id: int, request: HttpRequest) -> Fault | None:
    if not models.FaultLab.objects.filter(pk=lab_id, is_on=True).exists():
        return None
    with transaction.atomic():
        lab = models.FaultLab.objects.select_for_update().get(pk=lab_id)
        lab.calls += 1
        kind = chosen(lab.seed, lab.calls, lab.shares)
        if kind == Kind.DUPLICATE and not _is_kept(request):
            kind = None
        if kind is not None:
            lab.dealt[kind] = lab.dealt.get(kind, 0) + 1
        lab.save(update_fields=["calls", "dealt"])
    return Fault(kind) if kind is not None else None


def _count(lab_id: int, kind: Kind) -> None:
    models.FaultLab.objects.get_or_create(pk=lab_id)
    with transaction.atomic():
        lab = models.FaultLab.objects.select_for_update().get(pk=lab_id)
        lab.dealt[kind] = lab.dealt.get(kind, 0) + 1
        lab.save(update_fields=["dealt"])


def _is_kept(request: HttpRequest) -> bool:
    """Whether the body is at hand for a second time; too large a one is not carried out twice."""
    try:
        request.body  # noqa: B018 - reads and keeps it
    except (RequestDataTooBig, RawPostDataException):
        return False
    return True


def _seconds(text: str) -> float | None:
    is_number = text.isascii() and text.replace(".", "", 1).isdecimal() and len(text) < 6
    return float(text) if is_number and float(text) <= LONGEST_WAIT else None


# Spoiling answers --------------------------------------------------------------------------------

_places = threading.BoundedSemaphore(AT_ONCE)


def _wait(seconds: float) -> None:
    if _places.acquire(blocking=False):
        try:
            time.sleep(seconds)
        finally:
            _places.release()


def _unanswered() -> StreamingHttpResponse:
    """As near to silence as a web server allows: the connection ends, often before any byte, at
    the latest after the head of a gateway's 504.

    An answer shorter than it promised makes the server close the connection.
    """
    return _broken([], MISSING, status=504)


def _cut(response: HttpResponse) -> HttpResponse:
    content = _content(response)
    if not content:
        return _unanswered()
    return _broken(_half(content), len(content), response)


def _dripping(response: HttpResponse, seconds: float) -> HttpResponse:
    content = _content(response)
    if not content:
        _wait(seconds)
        return response
    return _broken(_pieces(content, seconds), len(content), response)


def _content(response: HttpResponse) -> bytes:
    return b"".join(response) if response.streaming else response.content


def _broken(
    pieces: Iterable[bytes], promised: int, like: HttpResponse | None = None, *, status: int = 200
) -> StreamingHttpResponse:
    """An answer of these pieces that says how long it would be."""
    spoilt = StreamingHttpResponse(pieces, status=like.status_code if like else status)
    for name, value in like.headers.items() if like else ():
        spoilt[name] = value
    spoilt["Content-Length"] = str(promised)
    return spoilt


def _half(content: bytes) -> Iterator[bytes]:
    yield content[: len(content) // 2]
    time.sleep(SENT_AFTER)  # else the connection may end before this left


def _pieces(content: bytes, seconds: float) -> Iterator[bytes]:
    size = -(-len(content) // PIECES)
    has_place = _places.acquire(blocking=False)
    try:
        for start in range(0, len(content), size):
            if has_place:
                time.sleep(seconds / PIECES)
            yield content[start : start + size]
    finally:
        if has_place:
            _places.release()
