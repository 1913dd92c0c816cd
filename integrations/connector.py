"""What every service folder implements, in words that belong to no service.

A service is a folder of `integrations/services/` whose `client.py` has a class `Client(Connector)`.
Its name is the folder's name: there is no registry.

Shapes used throughout, all of them JSON:

- *fields*: a ticket in **our** words. `title`, `body` (text), `body_format` (`plain`, `markdown`,
  `html`), `status` (one of `STATUSES`), `priority` (one of `PRIORITIES`), `resolution` (one of
  `RESOLUTIONS` or ""), `resolution_comment`, `type` (the name of a ticket type of ours or ""),
  `requester` and `assignee` (a person or None),
  `assignees` and `tags` (lists), `due_at` (ISO 8601 with offset, or None), `custom` (our key →
  value as `Ticket.custom` stores it; a choice by the option's key, people as persons),
  `custom_words` (name of a custom field → its value for people; for services without custom
  fields, and only on the way out).
- *person*: `{"id", "name", "email"}`; an `id` that is unknown is "".
- *theirs*: the same names, with the values in the **service's** words, exactly as read.
"""

from __future__ import annotations

import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from integrations import services
from integrations.remote import (
    Fields,
    Instance,
    NewAttachment,
    NewComment,
    RemoteAttachment,
    RemoteComment,
    RemoteField,
    RemoteOption,
    RemotePerson,
    RemoteTag,
    RemoteTicket,
)
from integrations.setup_form import SecretField, Setup, ThereField
from integrations.vocabulary import (
    PRIORITIES,
    RESOLUTIONS,
    SET_FIELDS,
    STATUS_FIELDS,
    STATUSES,
    CustomMap,
    Maps,
    Vocabulary,
)

__all__ = [
    "PRIORITIES",
    "RESOLUTIONS",
    "SET_FIELDS",
    "STATUSES",
    "STATUS_FIELDS",
    "Capabilities",
    "Connector",
    "ConnectorError",
    "CustomMap",
    "Fields",
    "Instance",
    "Maps",
    "NewAttachment",
    "NewComment",
    "RemoteAttachment",
    "RemoteComment",
    "RemoteField",
    "RemoteOption",
    "RemotePerson",
    "RemoteTag",
    "RemoteTicket",
    "SecretField",
    "Setup",
    "ThereField",
    "Vocabulary",
    "left_to_send",
    "load_connector",
    "service_names",
]


class ConnectorError(Exception):
    """A call that did not work, with words that name the remedy.

    `permanent`: repeating it changes nothing until a person acts. `scope`: what it stops, one
    `ticket` or the whole `connection`. `retry_after`: seconds. `maybe_done`: the service may have
    carried it out; look with `find` before repeating it.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        scope: str = "ticket",
        retry_after: float | None = None,
        maybe_done: bool = False,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.scope = scope
        self.retry_after = retry_after
        self.maybe_done = maybe_done
        self.status = status

    @property
    def gone(self) -> bool:
        """The service says that what was asked for does not exist (any more)."""
        return self.status in (404, 410)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a service can do. The mirror does what is possible and shows what was left out."""

    fields: frozenset[str]  # which fields travel
    after_create: frozenset[str] = frozenset()  # those that only `update` can set
    create_only: frozenset[str] = frozenset()  # those that only `create` can set
    lossy: frozenset[str] = frozenset()  # those whose value may come back other than it was sent
    create: bool = True
    update: bool = True
    delete: bool = False
    list: bool = True
    read_comments: bool = True
    add_comments: bool = True
    edit_comments: bool = False
    delete_comments: bool = False
    private_notes: bool = False
    read_attachments: bool = False
    add_attachments: bool = False
    download_attachments: bool = False
    ticket_attachments: bool = False  # `attachments` has files that no comment shows
    replaces: bool = False  # there is no update: `replace` makes a new ticket instead of the old
    comments_with_create: bool = False  # `create` and `replace` carry the whole conversation
    attachments_with_create: bool = False  # `create` carries the files there are by then
    repeatable_create: bool = False  # a create with the same reference makes no second ticket
    can_find_comments: bool = True  # False: a comment with a lost answer waits for a person
    told: frozenset[str] = frozenset()  # `created_at`, `updated_at`, `url`, `author`: see `create`
    keeps_reference: bool = False  # `find` may rely on the reference alone
    can_find: bool = True  # False: a lost answer on create has to be settled by a person
    dates_changes: bool = True  # False: `updated_at` differs after a change, and is no time of it
    calls_per_minute: int | None = None


class Connector(ABC):
    """One connected service, for the length of one job. Not shared between threads.

    `setup` is the cleaned data of `Setup`. `open_session` is called with what the service needs
    and returns the session with which all calls are made: `integrations.http.Session` with what
    the mirror adds, as in `partial(Session, allowed_networks=…, journal=…, budget=…)`.
    `origin` is sent with calls that concern no ticket; those that do take a `reference`,
    `<installation>/<connection>/<ticket uuid>`. Every method may raise `ConnectorError`.
    `memory` is what the connector keeps from job to job, such as a token of a sign-in: JSON,
    stored encrypted when it was changed. What is secret in it is told to the session's redactor.
    `capabilities` may be replaced on the instance where the setup decides about them.
    """

    title: ClassVar[str]
    Setup: ClassVar[type[Setup]]
    capabilities: Capabilities
    vocabularies: ClassVar[Mapping[str, Vocabulary]] = {}  # "status", "priority"
    has_webhooks: ClassVar[bool] = False

    def __init__(
        self,
        setup: dict[str, Any],
        *,
        open_session: Callable[..., Any],
        maps: Maps | None = None,
        origin: str = "",
        memory: dict[str, Any] | None = None,
    ) -> None:
        self.setup = setup
        self.maps: Maps = maps or {}
        self.origin = origin
        self.memory: dict[str, Any] = memory if memory is not None else {}
        self.session = self.begin_session(open_session)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.title}>"

    @property
    def poll_seconds(self) -> int:
        """How often `changes` is to be asked for."""
        return self.setup.get("poll_seconds") or 60

    @property
    def installation(self) -> str:
        """The helpdesk installation that answered the last call, "" for anything else."""
        return self.session.installation

    @property
    def writes(self) -> int:
        """How many requests have left that may have changed something there."""
        return self.session.writes

    @abstractmethod
    def begin_session(self, open_session: Callable[..., Any]) -> Any:
        """Open the session with this service's address and credentials."""

    def stand_in_headers(self) -> Mapping[str, str]:
        """Headers of the answers to a dry run, such as the cookie of a sign-in there is not."""
        return {}

    @abstractmethod
    def check(self) -> str:
        """Try the credentials and say in words what was found."""

    @abstractmethod
    def describe(self) -> Instance:
        """People, custom fields and tags there, for mapping."""

    @abstractmethod
    def written(self, fields: Fields) -> Fields:
        """Fields of ours in the service's words, as a read would show them. Makes no call."""

    @abstractmethod
    def understood(self, theirs: Fields) -> Fields:
        """What `written` gave, read back into our words: what of it survives. Makes no call.

        `written(understood(written(fields))) == written(fields)` for all fields.
        """

    def choices(self, name: str) -> list[RemoteOption]:
        """What there is to choose for a `ThereField` of the Setup; the other fields are valid."""
        raise self.unable(_("list what can be chosen"))

    @classmethod
    def verify_webhook(cls, setup: dict[str, Any], headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a webhook is genuine. It is a doorbell alone: nothing in its body is believed."""
        return False

    @abstractmethod
    def create(self, fields: Fields, reference: str) -> RemoteTicket:
        """Create a ticket. Fields named in `capabilities.after_create` are left for `update`.

        What `capabilities.told` names stands among `fields`, though it travels neither way later:
        times in ISO 8601, the ticket's page here, the person who opened it.
        With `comments_with_create` it takes `comments`, with `attachments_with_create`
        `attachments`, both by name: see `replace`.
        """

    def read(self, remote_id: str, *, reference: str = "") -> RemoteTicket:
        raise self.unable(_("read a ticket"))

    def update(
        self, remote_id: str, fields: Fields, *, whole: Fields, reference: str = ""
    ) -> RemoteTicket:
        """Set some fields and return the ticket as it is now.

        Sets in `fields` are whole lists, `custom` holds only the keys to set (None clears).
        `whole` is the ticket as it should be afterwards.
        """
        raise self.unable(_("change a ticket"))

    def replace(
        self,
        remote_id: str,
        fields: Fields,
        *,
        comments: Sequence[NewComment] = (),
        reference: str = "",
    ) -> RemoteTicket:
        """Make the ticket anew as it should be; with `capabilities.replaces` only.

        The answer's id may differ; then the mirror stores it and deletes the old ticket after.
        """
        raise self.unable(_("replace a ticket"))

    def delete(self, remote_id: str, *, reference: str = "") -> None:
        raise self.unable(_("delete a ticket"))

    def begin(self) -> str:
        """The cursor from which `changes` yields only what happens from now on."""
        raise self.unable(_("list tickets"))

    def changes(self, cursor: str) -> Iterator[tuple[RemoteTicket, str]]:
        """What changed since a cursor, oldest first, each with the cursor to store with it.

        What lies within a minute before the cursor is given again.
        """
        raise self.unable(_("list tickets"))

    def all_tickets(self) -> Iterator[RemoteTicket]:
        """Every ticket there, for backfill and drift checks."""
        raise self.unable(_("list tickets"))

    def find(self, fields: Fields, *, since: datetime, reference: str) -> list[RemoteTicket]:
        """Tickets that a create with a lost answer, begun at `since`, may have made."""
        raise self.unable(_("look for a ticket"))

    def comments(self, remote_id: str, *, reference: str = "") -> list[RemoteComment]:
        """The conversation, oldest first."""
        raise self.unable(_("read comments"))

    def add_comment(
        self, remote_id: str, comment: NewComment, *, reference: str = ""
    ) -> RemoteComment:
        raise self.unable(_("add a comment"))

    def find_comment(
        self, remote_id: str, comment: NewComment, *, since: datetime, reference: str = ""
    ) -> list[RemoteComment]:
        """Comments that an `add_comment` with a lost answer, begun at `since`, may have made."""
        raise self.unable(_("look for a comment"))

    def edit_comment(
        self, remote_id: str, comment_id: str, comment: NewComment, *, reference: str = ""
    ) -> RemoteComment:
        raise self.unable(_("edit a comment"))

    def delete_comment(self, remote_id: str, comment_id: str, *, reference: str = "") -> None:
        raise self.unable(_("delete a comment"))

    def attachments(self, remote_id: str, *, reference: str = "") -> list[RemoteAttachment]:
        raise self.unable(_("list files"))

    def download(
        self, remote_id: str, attachment: RemoteAttachment, *, reference: str = ""
    ) -> bytes:
        raise self.unable(_("hand out a file"))

    def add_attachment(
        self, remote_id: str, attachment: NewAttachment, *, reference: str = ""
    ) -> RemoteAttachment | None:
        """Add a file or link; None if the service does not say which one it became."""
        raise self.unable(_("take a file"))

    def refuse_private(self, comment: NewComment) -> None:
        """Called first by each `add_comment`: a note never leaves as a public comment."""
        if not comment.public and not self.capabilities.private_notes:
            raise self.unable(_("keep a note private, so it was not sent"))

    def unable(self, what: str) -> ConnectorError:
        words = _("%(service)s cannot %(what)s.") % {"service": self.title, "what": what}
        return ConnectorError(words, permanent=True)


def left_to_send(connector: Connector, fields: Fields, remote: RemoteTicket) -> Fields:
    """What `create` could not carry and the new ticket does not show by itself."""
    written = connector.written(fields)
    return {
        name: fields[name]
        for name in connector.capabilities.after_create & fields.keys()
        if (written.get(name) or None) != (remote.theirs.get(name) or None)
    }


def service_names() -> list[str]:
    """Every service there is a folder for."""
    return sorted(found.name for found in pkgutil.iter_modules(services.__path__) if found.ispkg)


def load_connector(name: str) -> type[Connector]:
    """The `Client` class of a service. Raises LookupError for a name without a folder."""
    if name not in service_names():
        raise LookupError(f"There is no service {name!r}. Known: {', '.join(service_names())}.")
    return import_module(f"{services.__name__}.{name}.client").Client
