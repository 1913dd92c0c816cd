"""Answers with secrets: told once, and never again."""

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _

from helpdesk.api.base import JSON, answer

NOTICE = "notice"


def told_once(shape: dict, without: dict, *, renew: str, status: int = 200) -> HttpResponse:
    """An answer with a secret. A call repeated by its Idempotency-Key gets the shape `without` it,
    which says why, and that a `POST` to `renew` makes a new one."""
    response = answer(shape, status, {"Cache-Control": "no-store"})
    words = _(
        "What is secret was in the first answer alone. If that is lost, POST %(address)s"
        " with another Idempotency-Key makes a new one."
    )
    repeated = {**without, NOTICE: words % {"address": renew}}
    response.kept_content = orjson.dumps(repeated, default=str, option=JSON)
    return response
