"""A small Apideck in memory, behind a real HTTP server, that misbehaves when asked to."""

import json
import threading
from datetime import UTC, datetime, timedelta
from itertools import count

from werkzeug import Request, Response

KEY = "unify-key"
HEADERS = {"x-apideck-app-id": "app", "x-apideck-consumer-id": "consumer"}
ERRORS = {
    400: "RequestValidationError",
    402: "RequestLimitError",
    404: "EntityNotFoundError",
    422: "InvalidStateError",
    429: "ConnectorRateLimitError",
}


class FakeApideck:
    """`faults` are (method, end of the path, what); each is used once, in order.

    What: a status, a `Response`, `lost`, the work is done but the answer is a gateway's 504, or
    `cut`, the same but the answer is no JSON. Its pages are counted from the start of the list, so
    that they shift when it changes. `quirks`: `begins open`, `two statuses`, `no sort`, `no
    filter`, `ignores sort`, `ignores since`, `drops tags`, `numbers` (ids as numbers), `html`.
    """

    def __init__(self) -> None:
        self.tickets: dict[str, dict] = {}
        self.comments: dict[str, list[dict]] = {}
        self.users = [{"id": "u1", "name": "Uma Under", "email": "uma@there.example"}]
        self.tags = [{"id": "t1", "name": "vip"}]
        self.quirks: set[str] = set()
        self.faults: list[tuple[str, str, object]] = []
        self.calls: list[tuple[str, str]] = []
        self.requests: list[Request] = []
        self.between_pages = lambda: None
        self._ids = count(100)
        self._lock = threading.Lock()
        self._clock = datetime(2026, 1, 1, tzinfo=UTC)

    # What a test does over there -----------------------------------------------------------------

    def add(self, subject: str, **members) -> dict:
        identity = str(next(self._ids))
        now = self.now()
        ticket = {
            "id": identity,
            "subject": subject,
            "description": "",
            "status": "open",
            "priority": "normal",
            "assignees": [],
            "tags": [],
            "due_date": None,
            "custom_mappings": {},
            "created_by": "u1",
            "created_at": now,
            "updated_at": now,
            **members,
        }
        self.tickets[identity] = ticket
        self.comments[identity] = []
        return ticket

    def change(self, ticket: dict, **members) -> None:
        ticket |= {**members, "updated_at": self.now()}

    def say(self, ticket: dict, body: str, **members) -> dict:
        now = self.now()
        comment = {"id": str(next(self._ids)), "body": body, "created_by": "u1"}
        comment |= {"created_at": now, "updated_at": now, **members}
        self.comments[ticket["id"]].append(comment)
        ticket["updated_at"] = now
        return comment

    def now(self) -> str:
        """A clock that never stands still and is ahead of ours, so that order is plain."""
        self._clock = max(self._clock + timedelta(milliseconds=5), datetime.now(UTC))
        return self._clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def bodies(self, method: str) -> list[dict]:
        return [json.loads(one.get_data()) for one in self.requests if one.method == method]

    # The service ---------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        with self._lock:
            path = request.path.removeprefix("/issue-tracking/collections").strip("/")
            self.calls.append((request.method, path))
            self.requests.append(request)
            if request.headers.get("Authorization") != f"Bearer {KEY}":
                return self.error(401, "Unauthorized")
            for name in HEADERS:
                if not request.headers.get(name):
                    return self.error(
                        400, f"Missing Header: {name}", "RequestHeadersValidationError"
                    )
            fault = self._fault(request.method, path)
            if isinstance(fault, Response):
                return fault
            if isinstance(fault, int):
                return self.error(fault, "As you wished")
            done = self._do(request, path.split("/") if path else [])
            if fault == "lost":
                return Response("<html>Gateway Timeout</html>", 504)
            return Response("<html>welcome</html>", 200) if fault == "cut" else done

    def _fault(self, method: str, path: str) -> object:
        for fault in self.faults:
            if fault[0] == method and path.endswith(fault[1]):
                self.faults.remove(fault)
                return fault[2]
        return None

    def _do(self, request: Request, parts: list[str]) -> Response:
        method, body = request.method, request.get_json(silent=True) or {}
        collections = [{"id": "desk", "name": "Desk"}, {"id": "lab", "name": None}]
        if not parts:
            return self._page(request, collections)
        if parts[0] != "desk":
            return self.error(404, "No such collection")
        if len(parts) == 1:
            return self._one(collections[0])
        if parts[1] in ("users", "tags"):
            return self._page(request, getattr(self, parts[1]))
        if len(parts) == 2:
            return self._list(request) if method == "GET" else self._create(body)
        ticket = self.tickets.get(parts[2])
        if ticket is None:
            return self.error(404, "No such ticket")
        if len(parts) > 3:
            return self._comment(request, ticket, parts[4:], body)
        if method == "DELETE":
            del self.tickets[parts[2]]
            return self._id(200, parts[2])
        if method == "PATCH":
            self._write(ticket, body)
            return self._id(200, parts[2])
        return self._one(self._shown(ticket))

    def _create(self, body: dict) -> Response:
        if not body.get("subject"):
            return self.error(400, "subject is required")
        if "begins open" in self.quirks:
            body = {**body, "status": "open"}
        ticket = self.add(body["subject"])
        self._write(ticket, body)
        return self._id(201, ticket["id"])

    def _write(self, ticket: dict, body: dict) -> None:
        members = {name: one for name, one in body.items() if name != "pass_through"}
        if "tags" in members:
            names = {tag["id"]: tag["name"] for tag in self.tags}
            tags = [{"id": one["id"], "name": names.get(one["id"])} for one in members["tags"]]
            members["tags"] = [] if "drops tags" in self.quirks else tags
        if members.get("status") == "in_progress" and "two statuses" in self.quirks:
            members["status"] = "open"
        if "html" in self.quirks and "description" in members:
            members["description"] = f"<p>{members['description']}</p>"
        custom = dict(ticket["custom_mappings"])
        for one in body.get("pass_through", []):
            assert one["service_id"]
            custom |= one["extend_object"]
        self.change(ticket, **members, custom_mappings=custom)

    def _comment(self, request: Request, ticket: dict, parts: list[str], body: dict) -> Response:
        said = self.comments[ticket["id"]]
        if not parts:
            if request.method == "POST":
                return self._id(201, self.say(ticket, body["body"])["id"])
            return self._page(request, said)
        comment = next((one for one in said if one["id"] == parts[0]), None)
        if comment is None:
            return self.error(404, "No such comment")
        if request.method == "DELETE":
            said.remove(comment)
        elif request.method == "PATCH":
            comment |= {"body": body["body"], "updated_at": self.now()}
        else:
            return self._one(comment)
        return self._id(200, comment["id"])

    def _list(self, request: Request) -> Response:
        asked = request.args
        if "no sort" in self.quirks and "sort[by]" in asked:
            return self.error(400, "No sorting here", "UnsupportedSortFieldError")
        if "no filter" in self.quirks and "filter[since]" in asked:
            return self.error(400, "No filters here", "UnsupportedFiltersError")
        rows = list(self.tickets.values())
        by = asked.get("sort[by]")
        if by and "ignores sort" not in self.quirks:
            rows.sort(key=lambda one: one[by], reverse=asked.get("sort[direction]") == "desc")
        since = asked.get("filter[since]")
        if since and "ignores since" not in self.quirks:
            rows = [one for one in rows if one["updated_at"] >= since]
        return self._page(request, [self._shown(one) for one in rows])

    def _page(self, request: Request, rows: list[dict]) -> Response:
        assert 1 <= int(request.args.get("limit", 20)) <= 200
        start, limit = int(request.args.get("cursor") or 0), int(request.args.get("limit", 20))
        ending = start + limit
        cursors = {"next": str(ending) if ending < len(rows) else None, "current": None}
        body = self._envelope(200, rows[start:ending]) | {"meta": {"cursors": cursors}}
        answer = Response(json.dumps(body), 200, content_type="application/json")
        self.between_pages()
        return answer

    def _shown(self, ticket: dict) -> dict:
        return {**ticket, "id": int(ticket["id"])} if "numbers" in self.quirks else ticket

    def _one(self, data: dict) -> Response:
        return Response(json.dumps(self._envelope(200, data)), 200, content_type="application/json")

    def _id(self, status: int, identity: str) -> Response:
        data = {"id": int(identity) if "numbers" in self.quirks else identity}
        body = json.dumps(self._envelope(status, data))
        return Response(body, status, content_type="application/json")

    def _envelope(self, status: int, data: object) -> dict:
        said = {"status_code": status, "status": "OK", "service": "jira", "resource": "Tickets"}
        return {**said, "operation": "all", "data": data}

    def error(self, status: int, detail: object, kind: str = "", **headers) -> Response:
        body = {
            "status_code": status,
            "error": "Error",
            "type_name": kind or ERRORS.get(status, "ConnectorExecutionError"),
            "message": "Refused",
            "detail": detail,
        }
        return Response(json.dumps(body), status, headers, content_type="application/json")
