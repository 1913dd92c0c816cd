"""A small TeamsWork in memory, behind a real HTTP server, that misbehaves when asked to."""

import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from werkzeug import Request, Response

KEY = "primary-key"
RESOLVING = ("Resolved", "Closed")


class FakeTeamsWork:
    """`faults` are (method, part of the path, what); each is used once, in order.

    What: a status; `lost`, the work is done but the answer is a gateway's 504; `cut`, the work is
    done but the answer breaks off; `hidden`, nothing is done and 200 says so with an error.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.tickets: dict[str, dict] = {}
        self.activities: dict[str, list[dict]] = {}
        self.fields: list[dict] = []
        self.categories: list[dict] = []
        self.calls: list[tuple[str, str]] = []
        self.origins: list[str] = []
        self.faults: list[tuple[str, str, object]] = []
        self.refuse: Callable[[str, str, dict], int | None] = lambda method, path, body: None
        self.is_down = False
        self.installation = ""
        self._lock = threading.Lock()
        self._clock = datetime(2026, 1, 1, tzinfo=UTC)

    # What a test does over there ---------------------------------------------------------------

    def add(self, title: str, **members) -> dict:
        identity = str(uuid.uuid4())
        now = self.now()
        self.tickets[identity] = {
            "id": identity,
            "ticketNo": len(self.tickets) + 1,
            "title": title,
            "description": "",
            "status": "Open",
            "resolution": None,
            "requestor": {"id": "r", "name": "Rita", "email": "rita@example.org"},
            "assignee": None,
            "priority": "Medium",
            "expectedDate": None,
            "tags": [],
            "customFields": {},
            "lastResolutionComment": None,
            "createdOn": now,
            "lastUpdatedOn": now,
            **members,
        }
        self.activities[identity] = []
        return self.tickets[identity]

    def change(self, ticket: dict, **members) -> None:
        ticket |= {**members, "lastUpdatedOn": self.now()}

    def say(self, ticket: dict, text: str, *, private: bool = False, user: dict | None = None):
        now = self.now()
        activity = {
            "id": str(uuid.uuid4()),
            "ticketId": ticket["id"],
            "comment": text,
            "isPrivate": private,
            "createdDateTime": now,
            "createdBy": user or {"id": "b", "name": "Bob", "email": "bob@there.example"},
            "attachments": [],
            "changes": [],
        }
        self.activities[ticket["id"]].insert(0, activity)
        ticket["lastUpdatedOn"] = now
        return activity

    def now(self) -> str:
        """A clock that never stands still and is ahead of ours, so that order is plain."""
        self._clock = max(self._clock + timedelta(milliseconds=5), datetime.now(UTC))
        return self._clock.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def texts(self, ticket: dict) -> list[str]:
        return [one["comment"] for one in reversed(self.activities[ticket["id"]])]

    @property
    def only(self) -> dict:
        [ticket] = self.tickets.values()
        return ticket

    # What it answers ---------------------------------------------------------------------------

    def __call__(self, request: Request) -> Response:
        path = request.path.removeprefix(self.path)
        with self._lock:
            self.calls.append((request.method, path))
            self.origins.append(request.headers.get("Helpdesk-Origin", ""))
            if self.is_down:
                return self._error(503, "Down")
            if request.args.get("key") != KEY:
                return self._error(401, "Wrong key")
            body = self._body(request)
            fault = self._fault(request.method, path)
            if isinstance(fault, int):
                return self._error(fault, "Told to fail")
            if fault == "hidden":
                return self._answer(200, {"error": True, "message": "Not today"})
            if refused := self.refuse(request.method, path, body):
                return self._error(refused, "Refused")
            answer = self._route(request, path, body)
            if fault == "lost":
                return self._error(504, "Gateway timeout")
            if fault == "cut":
                answer.headers["Content-Length"] = str(len(answer.data) + 100)
            return answer

    def _fault(self, method: str, path: str):
        for fault in self.faults:
            if fault[0] == method and fault[1] in path:
                self.faults.remove(fault)
                return fault[2]
        return None

    def _body(self, request: Request) -> dict:
        if (request.content_type or "").startswith("multipart"):
            files = [file.filename for file in request.files.getlist("files")]
            return {"files": files, "user": json.loads(request.form["user"])}
        return json.loads(request.data) if request.data else {}

    def _route(self, request: Request, path: str, body: dict) -> Response:
        parts = path.strip("/").split("/")
        if parts == ["instance"]:
            item = {"id": "i", "name": "Acme desk", "customFields": self.fields}
            return self._item(200, {**item, "assignees": {"type": "specific", "peoples": []}})
        if parts == ["tags"]:
            return self._answer(200, {"items": self.categories, "error": False})
        if parts == ["tickets"]:
            return self._create(body) if request.method == "POST" else self._list(request)
        ticket = self.tickets.get(parts[1])
        if ticket is None:
            return self._error(404, "No such ticket")
        if len(parts) == 2:
            if request.method == "PUT":
                self._write(ticket, body["ticket"])
            return self._item(200, ticket)
        if parts[2] == "status":
            return self._set_status(ticket, body)
        if parts[2] == "attachments":
            return self._attach(ticket, request, body)
        if request.method == "GET":
            return self._answer(200, {"items": self.activities[ticket["id"]], "error": False})
        said = self.say(ticket, body["comment"], user=body["user"])
        shown = {**said, "activityId": said["id"], "user": body["user"]}
        return self._item(201, {name: value for name, value in shown.items() if name != "id"})

    def _create(self, body: dict) -> Response:
        ticket = self.add(body["ticket"]["title"])
        members = {name: value for name, value in body["ticket"].items() if name != "priority"}
        self._write(ticket, members)  # the priority of a create is ignored, as by the live one
        return self._item(201, ticket)

    def _write(self, ticket: dict, members: dict) -> None:
        members = dict(members)
        if "tags" in members:
            members["tags"] = [tag["text"] for tag in members["tags"]]
        if "customFields" in members:
            known = {field["id"] for field in self.fields}
            assert set(members["customFields"]) <= known
            custom = {**ticket["customFields"], **members["customFields"]}
            members["customFields"] = {k: v for k, v in custom.items() if v is not None}
        self.change(ticket, **members)

    def _set_status(self, ticket: dict, body: dict) -> Response:
        is_done = body["status"] in RESOLVING
        self.change(
            ticket,
            status=body["status"],
            resolution=body.get("resolution") if is_done else None,
            lastResolutionComment=body.get("comment") if is_done else None,
        )
        return self._item(200, ticket)

    def _attach(self, ticket: dict, request: Request, body: dict) -> Response:
        files = [file for one in self.activities[ticket["id"]] for file in one["attachments"]]
        if request.method == "GET":
            return self._answer(200, {"items": files, "error": False})
        said = self.say(ticket, "", user=body["user"])
        names = body.get("files") or [link["caption"] for link in body["attachments"]]
        said["attachments"] = [
            {"id": str(uuid.uuid4()), "filename": name, "src": f"https://there.example/{name}"}
            for name in names
        ]
        return self._answer(200, {"items": said["attachments"], "error": False})

    def _list(self, request: Request) -> Response:
        by = {"lastInteraction": "lastUpdatedOn", "createdDateTime": "createdOn"}
        rows = sorted(
            self.tickets.values(),
            key=lambda ticket: ticket[by[request.args["orderBy"]]],
            reverse=request.args["order"] == "DESC",
        )
        start = int(request.headers.get("continuationToken") or 0)
        limit = int(request.args.get("limit", 10))
        body = {"items": rows[start : start + limit], "itemCount": len(rows), "error": False}
        if start + limit < len(rows):
            body["continuationToken"] = str(start + limit)
        return self._answer(200, body)

    def _item(self, status: int, item: dict) -> Response:
        return self._answer(status, {"item": item, "error": False, "message": ""})

    def _error(self, status: int, message: str) -> Response:
        return self._answer(status, {"error": True, "message": message, "statusCode": status})

    def _answer(self, status: int, body: dict) -> Response:
        headers = {"Helpdesk-Installation": self.installation} if self.installation else {}
        return Response(json.dumps(body), status, headers, content_type="application/json")
