"""What callers of a served API say on a ticket: one thing, or a whole conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.actions.conversations import add_comments
from helpdesk.actor import STAFF
from helpdesk.models import Attachment, Comment, Ticket, User
from helpdesk.text import fold, one_line
from integrations.gateway import people
from integrations.gateway.caller import Caller
from integrations.remote import NewComment, RemotePerson


def comment(
    caller: Caller,
    ticket: Ticket,
    new: NewComment,
    *,
    attachments: Sequence[Attachment] = (),
    identity: Mapping[str, str] | None = None,
    silent: bool = False,
) -> Comment:
    """Say something, publicly or not. A repeated origin answers the first comment.

    The author is shown by name, and has the rights of the key alone. `identity` is a `source` and
    `source_ref` that the service gives it; `silent`: it is old and rings no bell.
    """
    identity = dict(identity or {})
    if caller.origin.part:
        identity = {"source": caller.origin.source, "source_ref": caller.origin.part}
        if (first := _first_comment(ticket, identity)) is not None:
            return first
    verb = actions.reply if new.public else actions.add_note
    said = {"user": people.as_it_came(new.author.as_field())}
    try:
        return verb(
            ticket,
            by=caller.speaking_for(new.author.name or new.author.email),
            body=new.body,
            format=new.format,
            author=_author(new.author, ticket),
            author_name=one_line(new.author.name or new.author.email)[:200],
            attachments=attachments,
            extra={caller.service: said},
            at=new.created_at,
            silent=silent,
            **identity,
        )
    except IntegrityError:
        if (first := _first_comment(ticket, identity)) is not None:
            return first
        words = _("This reference is taken.")
        raise ValidationError({"comment": words}) from None


def converse(
    caller: Caller, ticket: Ticket, said: Sequence[tuple[NewComment, Mapping[str, str], bool]]
) -> None:
    """Say many things publicly at once: each with its identity, and whether it rings no bell.

    What is there already under its identity is not said again.
    """
    authors = _authors([new.author for new, _identity, _silent in said], ticket)
    rows = [
        {
            "by": caller.speaking_for(new.author.name or new.author.email),
            "body": new.body,
            "format": new.format,
            "author": authors.get(_address(new.author)),
            "author_name": one_line(new.author.name or new.author.email)[:200],
            "extra": {caller.service: {"user": people.as_it_came(new.author.as_field())}},
            "at": new.created_at,
            "silent": silent,
            **identity,
        }
        for new, identity, silent in said
    ]
    try:
        with transaction.atomic():
            add_comments(ticket, rows, by=caller.actor)
    except IntegrityError:  # an equal call is under way: each by itself finds what that one said
        for new, identity, silent in said:
            comment(caller, ticket, new, identity=identity, silent=silent)


# Inner parts -------------------------------------------------------------------------------------


def _author(person: RemotePerson, ticket: Ticket) -> User | None:
    return _authors([person], ticket).get(_address(person))


def _authors(persons: Iterable[RemotePerson], ticket: Ticket) -> dict[str, User]:
    """By address the requester, participants and agents among them.

    Anyone else stays a name: an agent of another installation is no customer of ours, whose words
    would open a resolved ticket again.
    """
    addresses = {_address(person) for person in persons} - {""}
    if not addresses:
        return {}
    takes_part = Q(requested_tickets=ticket) | Q(participations__ticket=ticket)
    is_agent = Q(role__in=STAFF, is_active=True)
    rows = User.objects.filter(takes_part | is_agent, email__in=addresses, erased_at=None)
    return {row.email: row for row in rows}


def _address(person: RemotePerson) -> str:
    return fold(people.address_of(person.as_field()))


def _first_comment(ticket: Ticket, identity: dict[str, Any]) -> Comment | None:
    return Comment.objects.filter(ticket=ticket, **identity).first() if identity else None
