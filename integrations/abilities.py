"""What a service can and cannot do, in words made from its `Capabilities`. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.templatetags.look import grouped
from integrations.connector import Capabilities
from integrations.panels import field_words

# Every field of a ticket that may travel, in the order in which people read them.
FIELDS = (
    "title",
    "body",
    "status",
    "resolution",
    "resolution_comment",
    "priority",
    "type",
    "requester",
    "assignee",
    "assignees",
    "tags",
    "due_at",
    "custom",
)


@dataclass(frozen=True, slots=True)
class Abilities:
    """Sentences: what works, and what does not and why nobody need look for it."""

    can: tuple[str, ...]
    cannot: tuple[str, ...]


def abilities_of(capabilities: Capabilities, service: str) -> Abilities:
    said = [
        *_tickets(capabilities),
        *_fields(capabilities),
        *_conversation(capabilities),
        *_files(capabilities),
        *_lost_answers(capabilities),
    ]
    names = {"service": service}
    return Abilities(
        can=tuple(words % names for works, words in said if works),
        cannot=tuple(words % names for works, words in said if not works),
    )


def list_of(names: list[str]) -> str:
    """“status, priority and tags”."""
    words = [field_words(name) for name in names]
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


Said = Iterator[tuple[bool, str]]


def _tickets(can: Capabilities) -> Said:
    if can.create:
        yield True, _("Tickets from here are created in %(service)s.")
    else:
        yield False, _("%(service)s takes no new tickets from here.")
    if can.update:
        yield True, _("Changes here are sent to %(service)s.")
    elif can.replaces:
        yield (
            True,
            _(
                "A change here makes the ticket in %(service)s anew: it may get another number, "
                "and the old one is deleted."
            ),
        )
    else:
        yield False, _("A ticket that %(service)s has is not changed from here any more.")
    if can.list:
        yield True, _("Tickets and changes of %(service)s come here.")
    else:
        yield False, _("Nothing comes back from %(service)s: it cannot list its tickets.")
    if can.delete:
        yield True, _("A ticket can be deleted in %(service)s, if the connection says so.")
    else:
        yield False, _("A ticket that is deleted here cannot be deleted in %(service)s.")


def _fields(can: Capabilities) -> Said:
    travels = [name for name in FIELDS if name in can.fields]
    yield True, _("What travels: %(fields)s.") % {"fields": list_of(travels)}
    stays = [name for name in FIELDS if name not in can.fields]
    if not {"assignee", "assignees"} <= set(stays):
        stays = [name for name in stays if name != "assignee"]
    stays = [name for name in stays if name != "assignees"]
    if stays:
        yield False, _("%%(service)s has no place for: %(fields)s.") % {"fields": list_of(stays)}
    for names, words in (
        (
            can.create_only,
            _("Later edits of %(fields)s stay here: only a new ticket takes them to %%(service)s."),
        ),
        (
            can.lossy,
            _("What comes back from %%(service)s may differ from what was sent: %(fields)s."),
        ),
    ):
        if found := [name for name in FIELDS if name in names]:
            yield False, words % {"fields": list_of(found)}


def _conversation(can: Capabilities) -> Said:
    if can.add_comments:
        yield True, _("Public replies go to %(service)s.")
    elif can.comments_with_create and can.replaces:
        yield True, _("Public replies go to %(service)s, each time with the whole ticket.")
    elif can.comments_with_create:
        yield (
            False,
            _("Replies cannot go to %(service)s, save those a new ticket begins with."),
        )
    else:
        yield False, _("Replies cannot go to %(service)s.")
    if can.read_comments and can.list:
        yield True, _("Comments of %(service)s come here.")
    elif can.list:
        yield False, _("Comments of %(service)s do not come here.")
    if can.private_notes:
        yield True, _("Internal notes go to %(service)s and are internal there too.")
    else:
        yield False, _("Internal notes stay here: %(service)s could not keep them private.")
    sends = can.add_comments
    if sends and not can.edit_comments:
        yield False, _("A reply that is edited here stays as it was in %(service)s.")
    if sends and not can.delete_comments:
        yield False, _("A reply that is deleted here stays in %(service)s.")


def _files(can: Capabilities) -> Said:
    if can.add_attachments:
        yield True, _("Files of public messages go to %(service)s.")
    elif can.attachments_with_create:
        yield False, _("Files go to %(service)s with a new ticket alone.")
    else:
        yield False, _("Files stay here: %(service)s takes none.")
    if can.read_attachments or can.download_attachments:
        yield True, _("Files of %(service)s are shown here.")
    elif can.list:
        yield False, _("Files of %(service)s are not shown here.")


def _lost_answers(can: Capabilities) -> Said:
    if not can.can_find and not can.repeatable_create:
        yield (
            False,
            _(
                "If the answer to a new ticket is lost on the way, a person has to look whether "
                "%(service)s has it."
            ),
        )
    if can.add_comments and not can.can_find_comments:
        yield (
            False,
            _(
                "If the answer to a reply is lost on the way, a person has to look whether "
                "%(service)s has it."
            ),
        )
    if can.calls_per_minute:
        words = ngettext(
            "%%(service)s allows %(count)s call a minute, which all workers share.",
            "%%(service)s allows %(count)s calls a minute, which all workers share.",
            can.calls_per_minute,
        )
        yield True, words % {"count": grouped(can.calls_per_minute)}
