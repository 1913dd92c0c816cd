"""What stands on the wire in bench/backfill.py: a slow way to a server, and a loop without a mirror."""

import asyncio
import json
import re
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import requests

ORIGIN = "Helpdesk-Origin"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Proxy:
    """Passes requests on to a port of this machine, each `delay` seconds late, any number at once.

    `await_words` waits for a request that has these words in it.
    """

    def __init__(self, port: int, to: int) -> None:
        self.port, self.to, self.delay = port, to, 0.0
        self.url = f"http://127.0.0.1:{port}"
        self._words, self._seen, self._at = b"", threading.Event(), 0.0
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True).start()
        if not ready.wait(10):
            raise SystemExit(f"Port {port} can't be used.")

    def watch_for(self, words: str) -> None:
        self._seen.clear()
        self._words = words.encode()

    def seen_at(self, timeout: float) -> float | None:
        """When it came by (`time.monotonic`), or None."""
        return self._at if self._seen.wait(timeout) else None

    async def _serve(self, ready: threading.Event) -> None:
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port, limit=2**24)
        ready.set()
        await server.serve_forever()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        answers = asyncio.create_task(_pump(there, writer))
        try:
            while request := await _read_request(reader):
                if self._words and self._words in request:
                    self._words, self._at = b"", time.monotonic()
                    self._seen.set()
                await asyncio.sleep(self.delay)
                back.write(request)
                await back.drain()
            await answers
        except (OSError, asyncio.IncompleteReadError):
            answers.cancel()
        finally:
            back.close()
            writer.close()


class Bare:
    """The same calls once more, in a plain loop: same headers and bodies, to a queue of its own.

    Each ticket gets another reference, so that it is made anew and not known already.
    """

    def __init__(self, root: str, queue: str, instead_of: str) -> None:
        self.root, self.queue, self.instead_of = root, queue, instead_of
        self.session = requests.Session()
        self.references: dict[str, str] = {}
        self.ids: dict[str, str] = {}

    def repeat(self, path: Path) -> float:
        """Make the calls in a file; returns the seconds they took."""
        calls = [self._other(json.loads(line)) for line in path.read_text().splitlines()]
        started = time.perf_counter()
        for ticket, call in calls:
            self._send(ticket, call)
        return time.perf_counter() - started

    def _send(self, ticket: str, call: dict[str, Any]) -> None:
        where = call["path"]
        if ticket in self.ids and "/tickets/" in where:
            where = _with_id(where, self.ids[ticket])
        answer = self.session.request(
            call["method"], self.root + where, headers=call["headers"], data=call["body"]
        )
        answer.raise_for_status()
        if call["method"] == "POST" and where.partition("?")[0].endswith("/tickets"):
            self.ids[ticket] = answer.json()["data"]["id"]

    def _other(self, call: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The call under another reference, and that reference."""
        origin = call["headers"].get(ORIGIN, "").split("/")  # installation, connection, ticket
        text = json.dumps(call).replace(self.instead_of, self.queue)
        if len(origin) < 3:
            return "", json.loads(text)
        other = self.references.setdefault(origin[2], str(uuid.uuid4()))
        return other, json.loads(text.replace(origin[2], other))


def _with_id(path: str, identity: str) -> str:
    head, _tickets, rest = path.partition("/tickets/")
    return f"{head}/tickets/{UUID.sub(identity, rest, count=1)}"


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    """One request to its end, or nothing where no more comes."""
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()
