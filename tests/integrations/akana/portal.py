"""A portal of Akana's that a test fills and spoils: real HTTP, a few tickets, cookies that end.

Most web servers drop headers whose names hold an underscore, or write them with a hyphen. This one
shows them as they came.
"""

import json
import re
import threading
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from werkzeug import Response

from integrations.services.akana.client import Client

USER = "u-bot.acme"
NOW = "2026-03-01T12:00:00Z"


def cookie(number: int, life: int = 1800) -> str:
    said = (
        f"TokenID=token-{number},claimed_id=,issueTime=1000,expirationTime={1000 + life * 1000},"
        "UserName=bot,UserFDN=u-bot%2Eacme,AttributesIncluded=false,sig=x"
    )
    return quote(said, safe="")


def ticket(number: int, **members) -> dict:
    return {
        "TicketID": f"ticket{number}.acme",
        "Title": f"Ticket {number}",
        "Description": "Words",
        "DescriptionMediaType": "text/plain",
        "Environment": "Production",
        "State": "OPEN",
        "UserID": "u-ann.acme",
        "UserName": "Ann",
        "Created": f"2026-03-01T12:{number % 60:02}:00Z",
        "Label": ["com.soa.ticket.label.priority.high"],
        "Tag": [],
        "Comments": 0,
        "Marks": 0,
        "IsMarked": False,
    } | members


class Asked(NamedTuple):
    """A request; `headers` are by name, whatever its case."""

    method: str
    path: str
    args: dict[str, str]
    headers: Message
    body: bytes

    def json(self):
        return json.loads(self.body)


class Portal:
    """Answers as the contract says, but for what is put in `odd`: (method, path) → answers."""

    def __init__(self, open_session):
        self.open_session = open_session
        self.tickets: dict[str, dict] = {}
        self.comments: dict[str, list] = {}
        self.actions: list | None = ["ticket.action.resolve", "ticket.action.close"]
        self.odd: dict[tuple[str, str], list] = {}
        self.calls: list = []
        self.logins, self.good, self.life = 0, set(), 1800
        self.csrf = True
        self.headers: dict[str, str] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def client(self, memory=None, maps=None, **setup) -> Client:
        form = Client.Setup(
            {
                "base_url": f"http://127.0.0.1:{self.server.server_address[1]}",
                "email": "bot@acme.example",
                "password": "s3cret-pass",
                "tenant": "acme",
                **setup,
            }
        )
        assert form.is_valid(), form.errors
        return Client(
            form.cleaned_data,
            open_session=self.open_session,
            memory=memory if memory is not None else {},
            maps=maps,
            origin="one/7",
        )

    def add(self, number: int, **members) -> dict:
        made = ticket(number, **members)
        self.tickets[made["TicketID"]] = made
        return made

    def spoil(self, method: str, path: str, *answers) -> None:
        self.odd[method, path] = list(answers)

    def asked(self, *paths: str) -> list:
        return [one for one in self.calls if one.path in paths] if paths else self.calls

    def lines(self) -> list[str]:
        """What was called, sign-ins aside."""
        made = [one for one in self.calls if not one.path.startswith("/api/login")]
        return [f"{one.method} {one.path}" for one in made]

    # Answers -------------------------------------------------------------------------------------

    def answer(self, request: Asked) -> Response:
        self.calls.append(request)
        if queued := self.odd.get((request.method, request.path)):
            found = queued.pop(0)
            if found is not None:
                return found if isinstance(found, Response) else found(request)
        if request.path == "/api/login":
            return self.log_in()
        if not self.is_signed_in(request):
            return Response("Not signed in", 401, content_type="text/plain")
        if request.path == "/api/login/renewToken":
            return self.log_in(renewal=True)
        return self.of_tickets(request)

    def log_in(self, *, renewal: bool = False):
        self.logins += not renewal
        number = len(self.good) + 1
        value = cookie(number, self.life)
        self.good.add(value)
        answer = Response("{}", content_type="application/json", headers=self.headers)
        answer.headers.add("Set-Cookie", f"AtmoAuthToken_acme={value}; Path=/; HttpOnly")
        if self.csrf:
            token = f"TokenID%3Dcsrf-{number}%2CexpirationTime%3D9"
            answer.headers.add("Set-Cookie", f"Csrf-Token_acme={token}; Path=/")
        return answer

    def is_signed_in(self, request) -> bool:
        value = request.headers.get("Cookie", "").partition("AtmoAuthToken_acme=")[2]
        if value.partition(";")[0] not in self.good:
            return False
        return request.method == "GET" or not self.csrf or self.says_csrf(request)

    def says_csrf(self, request) -> bool:
        sent = request.headers.get("Cookie", "").partition("Csrf-Token_acme=")[2]
        said = request.headers.get("X-Csrf-Token_acme") or request.headers.get("X-Csrf-Token-acme")
        return bool(said) and said == sent.partition(";")[0]

    def of_tickets(self, request):
        parts = request.path.strip("/").split("/")[1:]
        if parts == ["tickets"]:
            return self.listed(request) if request.method == "GET" else self.created(request)
        if parts[:2] == ["workflow", "objects"]:
            if self.actions is None:
                return Response("No", 404, content_type="text/plain")
            return as_json({"Action": [{"Name": name} for name in self.actions]})
        if parts[0] == "boards":
            return self.of_boards(request, parts[2:])
        found = self.tickets.get(parts[1])
        if found is None:
            return Response("Unknown", 404, content_type="text/plain")
        if len(parts) == 2:
            return as_json(found)
        do = {"actions": self.acted, "comments": self.said, "marks": self.marked}[parts[2]]
        return do(request, found)

    def listed(self, request):
        rows = sorted(self.tickets.values(), key=lambda one: one["Created"], reverse=True)
        start, count = int(request.args.get("start", 0)), int(request.args["count"])
        page = rows[start : start + count]
        return as_json({"totalResults": len(rows), "startIndex": start, "Ticket": page})

    def created(self, request):
        body = request.json()
        made = self.add(100 + len(self.tickets), **body)
        return Response(made["TicketID"], content_type="text/plain")

    def of_boards(self, request, parts):
        if parts[-1] == "commentdetails":
            rows = self.comments.get(parts[0], [])
            start, count = int(request.args["start"]), int(request.args["count"])
            return as_json({"totalResults": len(rows), "Comment": rows[start : start + count]})
        if request.method == "GET":
            return Response(b"\x89PNG bytes", content_type="image/png")
        context = "new-item.acme" if parts == ["artifacts"] else parts[0]
        context = "new-comment.acme" if parts == ["comments", "artifacts"] else context
        name = re.search(rb'filename="([^"]*)"', request.body)[1].decode()
        return as_json(
            {
                "ContextID": context,
                "FileName": name,
                "BaseUri": "https://portal.example",
                "UriPath": f"/api/boards/items/{context}/artifacts/{quote(name)}",
            }
        )

    def acted(self, request, found):
        name = request.json()["ActionName"]
        state = {"resolve": "RESOLVED", "close": "CLOSED", "reopen": "REOPEN"}
        found["State"] = state.get(name.rpartition(".")[2], name)
        if found["State"] == "REOPEN":
            self.actions = ["ticket.action.resolve", "ticket.action.close"]
        return Response(found["State"], content_type="text/plain")

    def said(self, request, found):
        body = request.json()
        rows = self.comments.setdefault(found["TicketID"], [])
        identity = f"c{len(rows)}.acme"
        rows.append({"CommentID": identity, "Created": NOW, **body})
        found["Comments"] += 1
        return Response(identity, content_type="text/plain")

    def marked(self, request, found):
        found["Marks"] += 1
        return Response(str(found["Marks"]), content_type="text/plain")


def handler_of(portal: Portal) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answered(self):
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            args = dict(parse_qsl(address.query, keep_blank_values=True))
            answer = portal.answer(Asked(self.command, address.path, args, self.headers, body))
            self.send_response(answer.status_code)
            content = answer.get_data()
            for name, value in answer.headers.items():
                if name != "Content-Length":
                    self.send_header(name, value)
            length = answer.headers.get("X-Length", len(content))
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            return

    for method in ("GET", "POST", "PUT"):
        setattr(Handler, f"do_{method}", Handler.answered)
    return Handler


def as_json(body, status=200):
    return Response(json.dumps(body), status, content_type="application/vnd.soa.v81+json")
