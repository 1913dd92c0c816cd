"""Comments, files and workflow actions on the Akana wire, both ways; see `wire`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from integrations.connector import NewComment, RemoteAttachment, RemoteComment, RemotePerson
from integrations.services.akana import values
from integrations.services.akana.values import WireError

BOARD = "/api/boards/items"
ACTIONS = {
    "RESOLVED": "ticket.action.resolve",
    "CLOSED": "ticket.action.close",
    "REOPEN": "ticket.action.reopen",
}
OF_ACTION = {"resolve": "RESOLVED", "close": "CLOSED", "reopen": "REOPEN"}
# Bounded in every part, so that no text takes long to be searched.
FILE_LINK = re.compile(
    r"!?\[(?P<text>[^\[\]]{0,500})\]\((?P<name>[^\s)\"(]{1,2000})(?:\s{1,9}\"[^\"]{0,500}\")?\)"
)


# Comments ----------------------------------------------------------------------------------------


def write_body(
    comment: NewComment, author: str, artifacts: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """A public comment; private ones are never written."""
    if not comment.public:
        raise WireError("A private note is not written to this service.")
    text, media_type = values.write_text(comment.body, comment.format)
    body = {
        "Content": text,
        "UserID": author,
        "MediaType": media_type,
        "BoardItemArtifacts": {"BoardItemArtifact": list(artifacts)},
    }
    return {name: value for name, value in body.items() if value or name != "UserID"}


def read_item(item: Any) -> RemoteComment | None:
    """A comment of theirs; None for what is none.

    A comment that is nothing but links to its own files, or one link to elsewhere, is read as files
    without words.
    """
    identity = str(item.get("CommentID") or "").strip() if isinstance(item, Mapping) else ""
    if not identity:
        return None
    files = tuple(read_artifacts(item.get("BoardItemArtifacts")))
    body = str(item.get("Content") or "")
    if not (body.strip() or files):
        return None
    if files and is_file_link(body, [file.name for file in files]):
        body = ""
    elif not files and (linked := as_link(identity, body)):
        body, files = "", (linked,)
    return RemoteComment(
        id=identity,
        body=body,
        format=values.read_format(item.get("MediaType")),
        author=RemotePerson(
            id=str(item.get("UserID") or "").strip(), name=str(item.get("UserName") or "").strip()
        ),
        created_at=values.read_moment(item.get("Created")),
        attachments=files,
        extra={"marks": item.get("Marks"), "is_marked": item.get("IsMarked")},
    )


def write_item(
    comment: RemoteComment, subject: str, tenant: str, artifacts: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A comment as it is listed; `subject` is the ticket. The text comes from `extra["text"]`."""
    is_markdown = comment.format == "markdown"
    return {
        "CommentID": values.with_tenant(comment.id, tenant),
        "CommentSubjectID": subject,
        "Content": comment.extra.get("text", comment.body),
        "MediaType": values.MARKDOWN if is_markdown else values.PLAIN,
        "Created": values.write_moment(comment.created_at),
        "Marks": 0,
        "IsMarked": False,
        "UserID": values.with_tenant(comment.author.id, tenant),
        "UserName": comment.author.name,
        "BoardItemArtifacts": {"BoardItemArtifact": list(artifacts)},
    }


def is_file_link(body: str, names: Sequence[str]) -> bool:
    """Whether a text only links files of these names."""
    linked = [unquote(match["name"]) for match in FILE_LINK.finditer(body)]
    rest = FILE_LINK.sub("", body).strip()
    return bool(linked) and not rest and {*linked} <= {*names}


def file_link(name: str) -> str:
    """The text that shows a file, as the portal writes it."""
    return link(name, quote(name))


def link(name: str, address: str) -> str:
    words = re.sub(r"[\[\]\\\r\n]", "", name)
    address = address.translate({ord(sign): quote(sign) for sign in ' ()"<>'})
    return f"[{words}]({address})"


def as_link(identity: str, body: str) -> RemoteAttachment | None:
    """The link that a comment consists of, as we write it; None for all other comments."""
    found = FILE_LINK.fullmatch(body.strip())
    if found is None or not found["name"].startswith(("https://", "http://")):
        return None
    name = found["text"] or found["name"]
    return RemoteAttachment(id=f"{identity}/link", name=name, url=found["name"], is_link=True)


# Files -------------------------------------------------------------------------------------------


def read_artifacts(artifacts: Any) -> list[RemoteAttachment]:
    """The files of a ticket or comment: null, an empty object and nothing at all are none."""
    inner = artifacts.get("BoardItemArtifact") if isinstance(artifacts, Mapping) else None
    return [file for file in map(read_artifact, values.list_of(inner)) if file]


def read_artifact(artifact: Any) -> RemoteAttachment | None:
    """A file; its id is where it belongs and its name, `<ContextID>/<FileName>`."""
    if not isinstance(artifact, Mapping):
        return None
    context = str(artifact.get("ContextID") or "").strip()
    name = str(artifact.get("FileName") or "").strip()
    if not context or not name:
        return None
    path = str(artifact.get("UriPath") or "").strip()
    base = str(artifact.get("BaseUri") or "").strip()
    return RemoteAttachment(id=f"{context}/{name}", name=name, url=base + path if path else "")


def write_artifact(file: RemoteAttachment, context: str, base: str, path: str) -> dict[str, str]:
    return {"ContextID": context, "FileName": file.name, "BaseUri": base, "UriPath": path}


def artifact_path(context: str, name: str, *, of_comment: bool = False) -> str:
    place = f"{BOARD}/comments" if of_comment else BOARD
    return f"{place}/{quote(context, safe='')}/artifacts/{quote(name, safe='')}"


def path_of(file: RemoteAttachment) -> str:
    """Where a file is fetched: as the service says it, if that is one of its own addresses."""
    _before, found, rest = file.url.partition(f"{BOARD}/")
    context, _slash, name = file.id.partition("/")
    if found and not re.search(r"[\s?#]|(^|/)\.\.?(/|$)", rest):
        return found + rest
    return artifact_path(context, name)


# Actions -----------------------------------------------------------------------------------------


def write_action(name: str, words: str = "") -> dict[str, Any]:
    return {"ActionName": name, "Comments": words} if words else {"ActionName": name}


def read_action(body: Any) -> tuple[str, str]:
    """The state that an action leads to and the words said with it, one text or a list of them."""
    name = body.get("ActionName") if isinstance(body, Mapping) else None
    if not isinstance(name, str) or not name.strip():
        raise WireError("ActionName: is required.")
    state = OF_ACTION.get(values.last_part(name))
    if state is None:
        raise WireError(f"ActionName: use one of {', '.join(ACTIONS.values())}.")
    said = values.list_of(body.get("Comments"))
    if any(not isinstance(one, str) for one in said):
        raise WireError("Comments: a text is required.")
    return state, "\n\n".join(one.strip() for one in said if one.strip())


def write_actions(names: Sequence[str]) -> dict[str, Any]:
    return {"Action": [{"Name": name} for name in names]}


def read_actions(body: Any) -> list[str] | None:
    """The names of the actions that are allowed now; None if the answer does not tell."""
    if isinstance(body, Mapping):
        listed = next(
            (body[name] for name in ("Action", "Actions", "action") if name in body), None
        )
        if isinstance(listed, Mapping):
            return read_actions(listed) if "Action" in listed else _names([listed])
        if listed is None:
            return _names([body]) if _name(body) else None
        return _names(values.list_of(listed))
    return _names(body) if isinstance(body, list) else None


def _names(listed: list[Any]) -> list[str]:
    return [name for name in map(_name, listed) if name]


def _name(action: Any) -> str:
    if isinstance(action, str):
        return action.strip()
    if not isinstance(action, Mapping):
        return ""
    found = (action.get(key) for key in ("Name", "ActionName", "name", "actionName"))
    return str(next(filter(None, found), "")).strip()
