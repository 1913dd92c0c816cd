"""What an HTTP answer that is no success means for the mirror, in words that name the remedy."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from urllib3.exceptions import SSLError
from urllib3.exceptions import TimeoutError as ConnectionTimeout

from helpdesk.outbound.fence import RefusedAddress, UnknownHost
from integrations.connector import ConnectorError
from integrations.exchange import TooMuch

RATE_LIMIT_WAIT = 60.0  # seconds, when the service does not say


@dataclass(frozen=True, slots=True)
class Meaning:
    words: str
    permanent: bool = True
    scope: str = "ticket"


MEANINGS = {
    400: Meaning(gettext_lazy("%(service)s refused what was sent.")),
    401: Meaning(gettext_lazy("%(service)s refused the key. Enter a new one."), scope="connection"),
    402: Meaning(
        gettext_lazy("%(service)s says that its plan or quota is used up. Renew it there."),
        scope="connection",
    ),
    403: Meaning(
        gettext_lazy("%(service)s does not let this key do that. Use one that may write."),
        scope="connection",
    ),
    404: Meaning(gettext_lazy("%(service)s does not know this (any more).")),
    405: Meaning(gettext_lazy("%(service)s does not offer this.")),
    408: Meaning(
        gettext_lazy("%(service)s did not answer in time. It is tried again."), permanent=False
    ),
    409: Meaning(
        gettext_lazy("%(service)s has changed this meanwhile. It is tried again."), permanent=False
    ),
    410: Meaning(gettext_lazy("%(service)s has deleted this.")),
    413: Meaning(gettext_lazy("%(service)s says that this is too large. Shorten it.")),
    415: Meaning(gettext_lazy("%(service)s does not take this kind of file.")),
    422: Meaning(gettext_lazy("%(service)s refused a value. Correct it on the ticket.")),
    429: Meaning(
        gettext_lazy("%(service)s allows no more calls just now. It is tried again."),
        permanent=False,
        scope="connection",
    ),
    500: Meaning(gettext_lazy("%(service)s failed inside. It is tried again."), permanent=False),
    501: Meaning(gettext_lazy("%(service)s does not offer this.")),
}
OTHER_REFUSAL = Meaning(gettext_lazy("%(service)s refused this."))
OTHER_FAILURE = Meaning(
    gettext_lazy("%(service)s is out of order. It is tried again."),
    permanent=False,
    scope="connection",
)


def error_of_answer(
    service: str,
    status: int,
    *,
    said: str = "",
    retry_after: float | None = None,
    maybe_done: bool = False,
) -> ConnectorError:
    """The error of a 4xx or 5xx answer. `said` is the service's own text."""
    meaning = MEANINGS.get(status) or (OTHER_FAILURE if status >= 500 else OTHER_REFUSAL)
    if status == 429 and retry_after is None:
        retry_after = RATE_LIMIT_WAIT
    words = str(meaning.words) % {"service": service}
    if said:
        words += " " + _("It said: %(said)s") % {"said": said}
    return ConnectorError(
        f"{words} ({status})",
        permanent=meaning.permanent,
        scope=meaning.scope,
        retry_after=retry_after,
        maybe_done=maybe_done,
        status=status,
    )


def error_of_redirect(service: str, status: int) -> ConnectorError:
    words = _(
        "%(service)s points to another address, which is not followed. Check the address of the "
        "connection. (%(status)s)"
    )
    return ConnectorError(
        words % {"service": service, "status": status},
        permanent=True,
        scope="connection",
        status=status,
    )


def not_json(service: str, text: str, status: int, *, maybe_done: bool = False) -> ConnectorError:
    """The error of a success whose body is something else, such as a sign-in page."""
    start = " ".join(text.split())[:80]
    words = _(
        "%(service)s answered with something that is not JSON: “%(start)s”. Check the address."
    )
    return ConnectorError(
        words % {"service": service, "start": start},
        permanent=False,
        scope="connection",
        maybe_done=maybe_done,
        status=status,
    )


def error_of_transport(
    service: str,
    host: str,
    error: Exception,
    *,
    deadline: float | None = None,
    maybe_done: bool = False,
) -> ConnectorError:
    """The error of a call without a whole answer. `deadline`: seconds, when that cut it."""
    names = {"service": service, "host": host}
    permanent, scope = False, "connection"
    if deadline is not None:
        names["seconds"] = f"{deadline:g}"
        words = _("%(service)s took longer than %(seconds)s s to answer. It is tried again.")
    elif isinstance(error, RefusedAddress):
        names["address"], permanent = error.address, True
        words = _(
            "%(host)s has the address %(address)s, which is private. Only an operator can "
            "allow it, with OUTBOUND_ALLOW."
        )
    elif isinstance(error, UnknownHost):
        words = _("There is no host named %(host)s. Check the address of the connection.")
    elif isinstance(error, (SSLError, ssl.SSLError)):
        words = _("The certificate of %(host)s is not valid. Nothing was sent.")
    elif isinstance(error, TooMuch):
        names["what"], permanent, scope = error.what, True, "ticket"
        words = _("%(service)s sent %(what)s. The answer was not read.")
    elif isinstance(error, (TimeoutError, ConnectionTimeout)):
        words = _("%(service)s did not answer in time. It is tried again.")
    elif isinstance(error, ConnectionRefusedError):
        words = _("%(host)s cannot be reached. It is tried again.")
    else:
        words = _("%(service)s broke off the connection in the middle. It is tried again.")
    return ConnectorError(words % names, permanent=permanent, scope=scope, maybe_done=maybe_done)
