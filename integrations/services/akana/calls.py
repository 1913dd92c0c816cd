"""Calls to Akana: signed in before they leave, and once more if the sign-in was over."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from integrations.connector import ConnectorError
from integrations.services.akana import login, markup
from integrations.services.akana.values import WireError

LOGIN, RENEW = "/api/login", "/api/login/renewToken"
IDENTITY = re.compile(r"[\w.@:+-]{1,200}")
TEXT_ANSWER = "text/plain, */*;q=0.1"
XML_OBJECTS = ("Ticket", "Tickets", "Action")  # the others are in JSON whatever is chosen


class Calls:
    """What a client talks through. `session` is an `integrations.http.Session`."""

    def __init__(
        self,
        setup: dict[str, Any],
        memory: dict[str, Any],
        open_session: Callable[..., Any],
        title: str,
    ) -> None:
        self._setup = setup
        self._is_xml = setup.get("wire_format") == "xml"
        self._title = title
        self.sign_in = login.SignIn(memory, setup)
        self.session = open_session(
            setup["base_url"],
            service=title,
            authenticate=self._authenticate,
            secrets=[setup["password"], *self.sign_in.secrets],
            explain=_error_text,
        )

    # Signing in ----------------------------------------------------------------------------------

    def log_in(self) -> None:
        """Sign in anew. Whether that worked, the cookie says, whatever the body."""
        self.sign_in.forget()
        credentials = {"email": self._setup["email"], "password": self._setup["password"]}
        try:
            answer = self.session.post(LOGIN, payload=credentials)
        except ConnectorError as error:
            raise self._login_failure(error) from error
        if not self._take(answer):
            raise self._no_cookie(answer)
        if (named := self._setup.get("tenant")) and named != self.sign_in.tenant:
            found = self.sign_in.tenant
            self.sign_in.forget()
            words = _(
                "%(service)s signs in to the tenant “%(found)s”, not “%(named)s”. Correct it."
            )
            said = {"service": self._title, "found": found, "named": named}
            raise ConnectorError(words % said, permanent=True, scope="connection")

    @property
    def user(self) -> str:
        """The id of the user in whose name everything is said, signed in for that if need be."""
        self._ensure()
        return self.sign_in.user

    def _ensure(self) -> None:
        if not self.sign_in.is_good:
            self.log_in()
        elif self.sign_in.is_old:
            self._renew()

    def _renew(self) -> None:
        """Before the end; what cannot be renewed is signed in anew, while it is good it is used."""
        try:
            if self._take(self.session.post(RENEW, payload={})):
                return
        except ConnectorError as error:
            if error.status is None or error.status >= 500 or error.status == 429:
                return
        self.log_in()

    def _take(self, answer: Any) -> bool:
        """Keep the cookies of an answer, and hide them from now on."""
        is_in = self.sign_in.take(answer.headers, helpdesk=bool(self.session.installation))
        for secret in self.sign_in.secrets:
            self.session.hide(secret)
        return is_in

    def _authenticate(self, request: Any) -> None:
        if request.path != LOGIN:
            request.headers.update(self.sign_in.headers(writes=not request.is_safe))

    def _login_failure(self, error: ConnectorError) -> ConnectorError:
        error.maybe_done = False  # nothing but a sign-in was asked for
        if error.status not in (400, 401, 403):
            return error
        words = _("%(service)s refused the e-mail or the password. Enter them anew. (%(status)s)")
        said = {"service": self._title, "status": error.status}
        return ConnectorError(words % said, permanent=True, scope="connection", status=error.status)

    def _no_cookie(self, answer: Any) -> ConnectorError:
        said = {"service": self._title, "email": self._setup["email"]}
        try:
            task = login.pending_task(answer.json())
        except (ValueError, RecursionError):
            task = ""
        found = {
            "password": _("the password has to be changed"),
            "agreement": _("an agreement has to be accepted"),
            "questions": _("the security questions have to be answered"),
        }.get(task)
        if found:
            words = _(
                "%(service)s knows the password, but first %(task)s. Do that once in a browser,"
                " signed in as %(email)s."
            )
            said["task"] = found
        else:
            words = _(
                "%(service)s answered the sign-in without a cookie. Check the address, and whether"
                " %(email)s can sign in with a browser."
            )
        return ConnectorError(words % said, permanent=True, scope="connection", status=200)

    # Calls ---------------------------------------------------------------------------------------

    def get(
        self, path: str, *roots: str, query: dict[str, Any] | None = None, reference: str = ""
    ) -> Any:
        """What an address shows, as the members of a JSON object whatever its format."""
        format = "xml" if self._is_xml and roots and roots[0] in XML_OBJECTS else "json"
        accept = f"application/vnd.soa.v81+{format}"
        answer = self._call("GET", path, query=query, headers={"Accept": accept}, origin=reference)
        return self._decoded(answer, *roots)

    def get_bytes(self, path: str, *, query: dict[str, Any], reference: str = "") -> bytes:
        headers = {"Accept": "*/*"}
        options = {"query": query, "headers": headers, "origin": reference}
        return self._call("GET", path, any_type=True, **options).body

    def post(self, path: str, root: str, members: dict[str, Any], reference: str) -> str:
        """Send an object, in the format that is chosen. The answer is a text."""
        body: dict[str, Any] = {"payload": members}
        if self._is_xml and root in XML_OBJECTS:
            body = {"body": markup.write(root, members), "content_type": "application/xml"}
        headers = {"Accept": TEXT_ANSWER}
        return self._call("POST", path, headers=headers, origin=reference, **body).text.strip()

    def post_text(self, path: str, text: str, reference: str) -> str:
        options = {"body": text.encode(), "content_type": "text/plain"}
        headers = {"Accept": TEXT_ANSWER}
        return self._call("POST", path, headers=headers, origin=reference, **options).text.strip()

    def post_file(self, path: str, body: bytes, content_type: str, reference: str) -> Any:
        """Upload a file. Done twice it does no harm, so that nothing is left unclear by it."""
        options = {"body": body, "content_type": content_type, "origin": reference}
        try:
            answer = self._call("POST", path, **options)
            return self._decoded(answer)
        except ConnectorError as error:
            error.maybe_done = False
            raise

    def identity_in(self, text: str, what: str) -> str:
        """The id that a call answers, bare or as a JSON text."""
        if text.startswith('"'):
            try:
                text = str(json.loads(text))
            except ValueError:
                text = ""
        if IDENTITY.fullmatch(text):
            return text
        words = _("%(service)s took the %(what)s but answered without its id. It is looked for.")
        said = {"service": self._title, "what": what}
        raise ConnectorError(words % said, permanent=False, maybe_done=True, status=200)

    def _call(self, method: str, path: str, *, any_type: bool = False, **options: Any) -> Any:
        """Signed in; and once more with a new sign-in if the first was refused, never again."""
        self._ensure()
        try:
            answer = self.session.request(method, path, **options)
            is_over = _is_page(answer) and not any_type
        except ConnectorError as error:
            if error.status != 401:
                raise
            is_over = True
            answer = None
        if is_over:
            if answer is not None and method != "GET":
                raise self._page_instead(maybe_done=True)
            self.log_in()
            answer = self.session.request(method, path, **options)
            if _is_page(answer) and not any_type:
                raise self._page_instead(maybe_done=method != "GET")
        self._take(answer)
        return answer

    def _page_instead(self, *, maybe_done: bool) -> ConnectorError:
        """A web page where there should be data: most often the one to sign in."""
        self.sign_in.forget()
        words = _("%(service)s answered with a web page instead of data. Check the address.")
        return ConnectorError(
            words % {"service": self._title},
            permanent=False,
            scope="ticket" if maybe_done else "connection",
            maybe_done=maybe_done,
            status=200,
        )

    def _decoded(self, answer: Any, *roots: str) -> Any:
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if not kind.endswith("xml"):
            return self.session.json(answer)
        try:
            return markup.read(answer.body, *roots)
        except WireError as error:
            words = _("%(service)s answered with XML that cannot be read: %(why)s")
            said = {"service": self._title, "why": error}
            raise ConnectorError(
                words % said, permanent=False, scope="connection", status=answer.status
            ) from error


def _error_text(body: Any) -> str:
    """The words of an error in JSON; most errors there are plain texts."""
    if isinstance(body, str):
        return body
    named = ("message", "Message", "faultstring", "error", "description")
    said = (body.get(name) for name in named) if isinstance(body, dict) else ()
    return next((one for one in said if isinstance(one, str) and one), "")


def _is_page(answer: Any) -> bool:
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    start = answer.body[:200].lstrip().lower()
    return kind == "text/html" or start.startswith((b"<!doctype html", b"<html"))
