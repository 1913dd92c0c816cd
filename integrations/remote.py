"""What a service has, and what is on its way to it. Pure shapes; `connector` explains the words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RemotePerson:
    id: str = ""
    name: str = ""
    email: str = ""

    def as_field(self) -> dict[str, str]:
        return {"id": self.id, "name": self.name, "email": self.email}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAttachment:
    """A file or link as the service lists it. `url` may need the service's own sign-in."""

    id: str
    name: str
    url: str = ""
    is_link: bool = False
    created_at: datetime | None = None
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteComment:
    id: str
    body: str
    format: str = "plain"
    public: bool = True
    author: RemotePerson = RemotePerson()
    created_at: datetime | None = None
    attachments: tuple[RemoteAttachment, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTicket:
    """A ticket as the service has it now.

    `fields` holds only what the service said; `theirs` has the same names in its own words.
    `reference` is the origin reference that was handed to `create`, where the service keeps it.
    An unchanged `updated_at` means that neither ticket nor conversation changed.
    """

    id: str
    number: str = ""
    url: str = ""
    fields: Fields = field(default_factory=dict)
    theirs: Fields = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted: bool = False
    reference: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment:
    """A comment of ours on its way out."""

    body: str
    format: str = "plain"
    public: bool
    author: RemotePerson = RemotePerson()
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttachment:
    """A file (`content`) or a link (`url`) of ours on its way out."""

    name: str
    content_type: str = "application/octet-stream"
    content: bytes | None = None
    url: str = ""
    author: RemotePerson = RemotePerson()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteOption:
    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteField:
    """A custom field of the service. `kinds`: our kinds that it can hold, the best fit first."""

    id: str
    title: str
    type: str
    multiple: bool = False
    required: bool = False
    options: tuple[RemoteOption, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTag:
    text: str
    category_id: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """What the service offers for mapping. Empty where it does not tell."""

    id: str = ""
    name: str = ""
    people: tuple[RemotePerson, ...] = ()
    fields: tuple[RemoteField, ...] = ()
    tags: tuple[RemoteTag, ...] = ()
    statuses: tuple[RemoteOption, ...] = ()
    priorities: tuple[RemoteOption, ...] = ()
    types: tuple[RemoteOption, ...] = ()
