"""A service in memory whose abilities a test chooses: what the mirror does is looked at there."""

from datetime import UTC, datetime
from itertools import count

from integrations.connector import (
    Capabilities,
    Connector,
    ConnectorError,
    Instance,
    NewComment,
    RemoteAttachment,
    RemoteComment,
    RemotePerson,
    RemoteTicket,
    Setup,
)

FIELDS = frozenset(
    ("title", "body", "status", "priority", "requester", "assignee", "tags", "due_at", "custom")
)


class There:
    """The other side. `faults` are (verb, what), each used once: `lost` does the work first."""

    def __init__(self) -> None:
        self.tickets: dict[str, dict] = {}
        self.said: dict[str, list[RemoteComment]] = {}
        self.files: dict[str, list[RemoteAttachment]] = {}
        self.contents: dict[str, bytes] = {}
        self.calls: list[str] = []
        self.faults: list[tuple[str, object]] = []
        self.installation = ""
        self.by_reference: dict[str, str] = {}
        self.shows_references = False
        self.by_part: dict[str, RemoteComment] = {}
        self.writes = 0
        self.numbers = count(1)

    @property
    def only(self) -> dict:
        [ticket] = self.tickets.values()
        return ticket

    def texts(self, identity: str) -> list[str]:
        return [one.body for one in self.said[identity]]

    def add(self, fields: dict) -> str:
        identity = f"t{next(self.numbers)}"
        now = datetime.now(UTC)
        self.tickets[identity] = {"id": identity, "made": now, "at": now, **fields}
        self.said[identity], self.files[identity] = [], []
        return identity

    def say(self, identity: str, body: str, author: str = "Bob") -> RemoteComment:
        comment = RemoteComment(
            id=f"c{next(self.numbers)}",
            body=body,
            author=RemotePerson(name=author),
            created_at=datetime.now(UTC),
        )
        self.said[identity].append(comment)
        self.touch(identity)
        return comment

    def touch(self, identity: str) -> None:
        self.tickets[identity]["at"] = datetime.now(UTC)


class MadeUp(Connector):
    title = "Made up"
    Setup = Setup
    capabilities = Capabilities(fields=FIELDS)
    there: There

    def begin_session(self, open_session):
        return None

    @property
    def installation(self) -> str:
        return self.there.installation if self.there.calls else ""

    @property
    def writes(self) -> int:
        return self.there.writes

    def _call(self, verb: str, work=None, *, writes: bool = False):
        self.there.calls.append(verb)
        fault = next((found for found in self.there.faults if found[0] == verb), None)
        if fault:
            self.there.faults.remove(fault)
        what = fault[1] if fault else None
        if isinstance(what, Exception):
            raise what
        self.there.writes += writes
        if what == "refused":
            raise ConnectorError("Refused there.", permanent=True)
        result = work() if work else None
        if what == "lost":
            raise ConnectorError("Lost on the way.", permanent=False, maybe_done=True)
        return result

    def check(self) -> str:
        self._call("check")
        return "fine"

    def describe(self) -> Instance:
        return Instance()

    def written(self, fields):
        return {name: value for name, value in fields.items() if name != "body_format"}

    def understood(self, theirs):
        return dict(theirs)

    def create(self, fields, reference, *, comments=(), attachments=()):
        def work():
            there = self.there
            if there.installation and reference in there.by_reference:
                return there.by_reference[reference]
            identity = there.add(self.written(fields))
            there.by_reference[reference] = identity
            self._put(identity, comments)
            there.files[identity] = [
                RemoteAttachment(id=f"f{next(there.numbers)}", name=one.name) for one in attachments
            ]
            return identity

        return self._ticket(self._call("create", work, writes=True))

    def find(self, fields, *, since, reference):
        self._call("find")
        identity = self.there.by_reference.get(reference)
        return [self._ticket(identity)] if identity else []

    def replace(self, remote_id, fields, *, comments=(), reference=""):
        def work():
            identity = self.there.add(self.written(fields))
            self._put(identity, comments)
            return identity

        return self._ticket(self._call("replace", work, writes=True))

    def read(self, remote_id, *, reference=""):
        self._call("read")
        if remote_id not in self.there.tickets:
            raise ConnectorError("Not there.", permanent=True, status=404)
        return self._ticket(remote_id)

    def update(self, remote_id, fields, *, whole, reference=""):
        def work():
            self.there.tickets[remote_id] |= self.written(fields)
            self.there.touch(remote_id)

        self._call(f"update {' '.join(sorted(fields))}", work, writes=True)
        return self._ticket(remote_id)

    def delete(self, remote_id, *, reference=""):
        self._call("delete", lambda: self.there.tickets.pop(remote_id, None), writes=True)

    def begin(self):
        return "0"

    def changes(self, cursor):
        self._call("changes")
        for identity in list(self.there.tickets):
            yield self._ticket(identity), "1"

    def comments(self, remote_id, *, reference=""):
        self._call("comments")
        return list(self.there.said[remote_id])

    def add_comment(self, remote_id, comment: NewComment, *, reference=""):
        self.refuse_private(comment)

        def work():
            there = self.there
            if there.installation and reference in there.by_part:
                return there.by_part[reference]
            there.by_part[reference] = there.say(remote_id, comment.body, comment.author.name)
            return there.by_part[reference]

        return self._call("add_comment", work, writes=True)

    def edit_comment(self, remote_id, comment_id, comment, *, reference=""):
        self._call("edit_comment", writes=True)
        said = self.there.said[remote_id]
        [old] = [one for one in said if one.id == comment_id]
        new = RemoteComment(id=old.id, body=comment.body, author=old.author)
        said[said.index(old)] = new
        self.there.touch(remote_id)
        return new

    def attachments(self, remote_id, *, reference=""):
        self._call("attachments")
        return list(self.there.files[remote_id])

    def add_attachment(self, remote_id, attachment, *, reference=""):
        def work():
            self.there.files[remote_id].append(
                RemoteAttachment(id=f"f{next(self.there.numbers)}", name=attachment.name)
            )

        self._call("add_attachment", work, writes=True)

    def download(self, remote_id, attachment, *, reference=""):
        return self._call("download", lambda: self.there.contents[attachment.id])

    def _put(self, identity: str, comments) -> None:
        for one in comments:
            self.there.say(identity, one.body, one.author.name)

    def _ticket(self, identity: str) -> RemoteTicket:
        kept = self.there.tickets[identity]
        theirs = {name: value for name, value in kept.items() if name in FIELDS}
        references = {made: said for said, made in self.there.by_reference.items()}
        return RemoteTicket(
            id=identity,
            reference=references.get(identity, "") if self.there.shows_references else "",
            number=identity,
            fields={"body_format": "plain", **theirs},
            theirs=dict(theirs),
            created_at=kept["made"],
            updated_at=kept["at"],
        )
