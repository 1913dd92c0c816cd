"""A helpdesk's API as a test uses it: the tickets of one queue, by one key."""

import json
import urllib.error
import urllib.request
import uuid


class Desk:
    """`queue` is where tickets are opened; None: where the key does by itself."""

    def __init__(
        self,
        url: str,
        key: str,
        queue: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.url = url
        self.key = key
        self.queue = queue
        self.headers = headers or {}

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        data = json.dumps(body).encode() if body is not None else None
        return self._send(method, path, data, "application/json")

    def _send(self, method: str, path: str, data: bytes | None, content_type: str) -> dict:
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=data,
            headers={
                "Authorization": f"Bearer {self.key}",
                "Content-Type": content_type,
                **self.headers,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            error.add_note(f"{method} {path}: {error.read()[:500]!r}")
            raise

    # Tickets -------------------------------------------------------------------------------------

    def open(self, title: str, **fields) -> dict:
        queue = {"queue": self.queue} if self.queue else {}
        return self.call("POST", "/tickets/", {"title": title, **queue, **fields})

    def tickets(self) -> list[dict]:
        """Every ticket that the key sees, of the queue if there is one."""
        found, path = [], f"/tickets/?limit=200{f'&queue={self.queue}' if self.queue else ''}"
        while path:
            page = self.call("GET", path)
            found += page["results"]
            path = (page["next"] or "").removeprefix(f"{self.url}/api/v1")
        return found

    def titled(self, title: str) -> list[dict]:
        return [ticket for ticket in self.tickets() if ticket["title"] == title]

    def get(self, ticket: dict) -> dict:
        return self.call("GET", f"/tickets/{ticket['id']}/")

    def change(self, ticket: dict, **fields) -> None:
        self.call("PATCH", f"/tickets/{ticket['id']}/", fields)

    def take(self, ticket: dict, transition: str, **more) -> None:
        body = {"transition": transition, **more}
        self.call("POST", f"/tickets/{ticket['id']}/transitions/", body)

    def say(self, ticket: dict, body: str, *, public: bool = True) -> None:
        said = {"body": body, "format": "plain", "public": public}
        self.call("POST", f"/tickets/{ticket['id']}/comments/", said)

    def said(self, ticket: dict) -> list[str]:
        found = self.call("GET", f"/tickets/{ticket['id']}/comments/?limit=200")["results"]
        return sorted(comment["body"] for comment in found)

    def edit_reply(self, ticket: dict, old: str, new: str) -> None:
        found = self.call("GET", f"/tickets/{ticket['id']}/comments/?limit=200")["results"]
        [comment] = [one for one in found if one["body"] == old]
        self.call("PATCH", f"/tickets/{ticket['id']}/comments/{comment['uuid']}/", {"body": new})

    def attach(self, ticket: dict, name: str, content: bytes) -> None:
        edge = uuid.uuid4().hex
        disposition = f'form-data; name="file"; filename="{name}"'
        head = f"--{edge}\r\nContent-Disposition: {disposition}\r\n"
        body = f"{head}Content-Type: text/plain\r\n\r\n".encode() + content
        body += f"\r\n--{edge}--\r\n".encode()
        kind = f"multipart/form-data; boundary={edge}"
        self._send("POST", f"/tickets/{ticket['id']}/attachments/", body, kind)

    def files(self, ticket: dict) -> list[str]:
        found = self.call("GET", f"/tickets/{ticket['id']}/attachments/?limit=200")["results"]
        return sorted(file["name"] for file in found)

    def delete(self, ticket: dict) -> None:
        self.call("DELETE", f"/tickets/{ticket['id']}/")

    def has(self, ticket: dict) -> bool:
        try:
            self.get(ticket)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return False
        return True

    def try_to(self, ticket: dict, transition: str) -> None:
        """Take a transition, unless it is not open from where the ticket stands."""
        resolution = {"resolution": "fixed"} if transition == "Resolve" else {}
        try:
            self.take(ticket, transition, **resolution)
        except urllib.error.HTTPError as error:
            if error.code != 400:
                raise
