"""What a change says, in words: one line of the timeline and of the history."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from helpdesk.models import Change, Channel, Format, Priority, Resolution, Ticket, TicketLink
from helpdesk.models.configuration import configuration
from helpdesk.templatetags.look import day
from helpdesk.text import excerpt

Kind = Change.Kind
ICONS = {
    Kind.OPENED: "plus",
    Kind.ATTACHED: "clip",
    Kind.DETACHED: "clip",
    Kind.LINKED: "link",
    Kind.UNLINKED: "link",
    Kind.FOLLOWED: "star",
    Kind.UNFOLLOWED: "star",
    Kind.DELETED: "trash",
    Kind.RESTORED: "undo",
    Kind.MERGED: "link",
    Kind.TOOK_IN: "link",
    Kind.UNMERGED: "undo",
    Kind.GAVE_BACK: "undo",
    Kind.SPLIT: "link",
    Kind.MOVED: "arrow-right",
    Kind.GOT: "arrow-right",
    Kind.PLANNED: "tasks",
    Kind.TIMED: "clock",
    Kind.COMMENT_EDITED: "pencil",
    Kind.COMMENT_REDACTED: "lock",
    Kind.COMMENT_DELETED: "trash",
}
CHOICES = {
    "priority": Priority,
    "resolution": Resolution,
    "channel": Channel,
    "body_format": Format,
}
NAMING = (  # what names other tickets
    *("parent", "links", "merged_into", "merged_tickets", "split_tickets"),
    *("moved_to", "moved_from"),
)
MOMENTS = ("due_at", "snoozed_until")
CUT = 120


@dataclass
class Event:
    """What one person did within a minute, as sentences that are safe to show."""

    person: str
    at: datetime
    icon: str
    sentences: list[SafeString]
    key: tuple
    via: str = ""
    resolution_comment: str = ""

    is_message = False

    @property
    def words(self) -> SafeString:
        return joined(self.sentences)


def event_of(change: Change, readable: set[int]) -> Event | None:
    """A change as an event, or None where its message says it all.

    `readable` holds the numbers of tickets whose subjects the reader may see.
    """
    sentences = _sentences(change, readable)
    if not sentences:
        return None
    return Event(
        person=change.person_name or _("The helpdesk"),
        at=change.at,
        icon=ICONS.get(change.kind, "sliders"),
        sentences=sentences,
        key=(change.person_id, change.key_id, change.person_name, change.origin),
        via=_door(change.origin),
    )


def grouped(events: list) -> list:
    """Neighbouring events of one person within a minute become one; messages stay."""
    entries: list = []
    for entry in events:
        last = entries[-1] if entries else None
        if (
            isinstance(entry, Event)
            and isinstance(last, Event)
            and last.key == entry.key
            and last.at.replace(second=0, microsecond=0)
            == entry.at.replace(second=0, microsecond=0)
        ):
            last.sentences += entry.sentences
            last.resolution_comment = last.resolution_comment or entry.resolution_comment
            last.icon = last.icon if last.icon == entry.icon else "sliders"
        else:
            entries.append(entry)
    return entries


def other_tickets(changes: list[Change]) -> set[int]:
    """The numbers of the tickets that these changes name."""
    numbers = set()
    for change in changes:
        for name in NAMING:
            said = change.fields.get(name) or {}
            sides = [said.get("from"), said.get("to")]
            sides += [*(said.get("added") or ()), *(said.get("removed") or ())]
            numbers |= {one["id"] for one in sides if isinstance(one, dict) and one.get("id")}
    return numbers


def field_label(name: str) -> str:
    """A field's name as people know it."""
    if name.startswith("custom."):
        field = configuration().fields.get(name.removeprefix("custom."))
        return field.name if field else name.removeprefix("custom.")
    if name in ("comment", "recipients"):
        return {"comment": _("new reply"), "recipients": _("recipients")}[name]
    known = {field.name for field in Ticket._meta.get_fields()}
    return str(Ticket._meta.get_field(name).verbose_name) if name in known else name


def field_words(name: str, said: dict, readable: set[int]) -> SafeString:
    """What a change did to one field."""
    return joined(_field_sentences({name: said}, readable))


def value_words(name: str, value) -> str:
    """A value of history in words."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, list):
        return ", ".join(value_words(name, one) for one in value)
    if isinstance(value, dict):
        return excerpt(str(value.get("words") or ""), CUT)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name in CHOICES:
        return str(dict(CHOICES[name].choices).get(value, value))
    if name in MOMENTS:
        moment = parse_datetime(str(value))
        return day(moment) if moment else str(value)
    if isinstance(value, str) and _is_date(name):
        date = parse_date(value)
        return day(date) if date else value
    return excerpt(str(value), CUT)


def joined(pieces: list[SafeString]) -> SafeString:
    """Pieces as a list in words: “a, b and c”."""
    if len(pieces) < 2:
        return pieces[0] if pieces else SafeString("")
    head = format_html_join(", ", "{}", ((piece,) for piece in pieces[:-1]))
    return format_html(_("{list} and {last}"), list=head, last=pieces[-1])


def _sentences(change: Change, readable: set[int]) -> list[SafeString]:
    fields = change.fields
    if change.kind in PLAIN:
        return [format_html("{}", PLAIN[change.kind]())]
    if change.kind in (Kind.ATTACHED, Kind.DETACHED):
        return _files(fields.get("attachments") or {})
    if change.kind in (Kind.LINKED, Kind.UNLINKED):
        return _links(fields.get("links") or {}, readable)
    if change.kind in (Kind.FOLLOWED, Kind.UNFOLLOWED):
        return _followers(change)
    if change.kind == Kind.PLANNED:
        return _steps(fields)
    if change.kind == Kind.TIMED:
        return _times(fields.get("time_spent") or {})
    if change.kind in MOVES:
        return _moves(change, readable)
    return _field_sentences(fields, readable)


PLAIN = {
    Kind.OPENED: lambda: _("opened the ticket"),
    Kind.DELETED: lambda: _("moved the ticket to the trash"),
    Kind.RESTORED: lambda: _("took the ticket out of the trash"),
    Kind.COMMENT_EDITED: lambda: _("edited a message"),
    Kind.COMMENT_REDACTED: lambda: _("redacted a message"),
    Kind.COMMENT_DELETED: lambda: _("deleted a message"),
}


MOVES = {  # the field that names the other ticket, its side, and the words
    Kind.MERGED: ("merged_into", "to", lambda: _("merged this into {ticket}")),
    Kind.UNMERGED: ("merged_into", "from", lambda: _("took back the merge into {ticket}")),
    Kind.TOOK_IN: ("merged_tickets", "added", lambda: _("merged {ticket} into this")),
    Kind.GAVE_BACK: ("merged_tickets", "removed", lambda: _("took back the merge of {ticket}")),
    Kind.SPLIT: ("split_tickets", "added", lambda: _("moved messages to {ticket}")),
    Kind.MOVED: ("moved_to", "added", lambda: _("moved messages to {ticket}")),
    Kind.GOT: ("moved_from", "added", lambda: _("moved messages here from {ticket}")),
}


def _moves(change: Change, readable: set[int]) -> list[SafeString]:
    name, side, words = MOVES[change.kind]
    said = (change.fields.get(name) or {}).get(side) or ()
    tickets = said if isinstance(said, list) else [said]
    return [
        format_html(words(), ticket=format_html("<b><bdi>{}</bdi></b>", shown["words"]))
        for shown in (_number(one, readable) for one in tickets if one)
        if shown
    ]


def _field_sentences(fields: dict, readable: set[int]) -> list[SafeString]:
    sets, added, removed, cleared, slept = [], [], [], [], []
    for name, said in fields.items():
        if not isinstance(said, dict):
            continue
        label = field_label(name)
        if "added" in said or "removed" in said:
            added += [_bold(one) for one in said.get("added") or ()]
            removed += [_bold(one) for one in said.get("removed") or ()]
            continue
        before, after = said.get("from"), said.get("to")
        if name == "snoozed_until":
            slept.append(_sleep(after))
            continue
        if name == "parent":
            before, after = _number(before, readable), _number(after, readable)
        old, new = value_words(name, before), value_words(name, after)
        if _is_text(before) or _is_text(after):
            side = sets if _length(after) else cleared
            side.append(_text_piece(label, before, after))
        elif old and new:
            sets.append(format_html("{} <b><bdi>{}</bdi> → <bdi>{}</bdi></b>", label, old, new))
        elif new:
            sets.append(format_html("{} <b><bdi>{}</bdi></b>", label, new))
        elif old:
            cleared.append(format_html("{} <b><bdi>{}</bdi></b>", label, old))
    sentences = []
    for words, pieces in (
        (_("set {list}"), sets),
        (_("added {list}"), added),
        (_("removed {list}"), removed),
        (_("cleared {list}"), cleared),
    ):
        if pieces:
            sentences.append(
                format_html(words, list=format_html_join(", ", "{}", ((one,) for one in pieces)))
            )
    return sentences + slept


def _sleep(until: str | None) -> SafeString:
    if not until:
        return format_html("{}", _("woke this ticket"))
    words = value_words("snoozed_until", until)
    return format_html(_("snoozed this until {time}"), time=format_html("<b>{}</b>", words))


def _steps(fields: dict) -> list[SafeString]:
    """What was done to the checklist."""
    said, done = fields.get("checklist") or {}, fields.get("checklist_done") or {}
    sentences = []
    if "to" in said:
        new = _bold({"words": said["to"]})
        sentences.append(format_html(_("changed a step to {list}"), list=new))
    for words, steps in (
        (_("added the step {list}"), said.get("added")),
        (_("removed the step {list}"), said.get("removed")),
        (_("ticked off {list}"), done.get("added")),
        (_("took the tick off {list}"), done.get("removed")),
    ):
        if steps:
            sentences.append(format_html(words, list=joined([_bold(one) for one in steps])))
    return sentences


def _times(said: dict) -> list[SafeString]:
    """What was done to the time spent."""
    sentences = []
    if said.get("to"):
        old, new = (_bold({"words": minutes_words(said[end]["minutes"])}) for end in ("from", "to"))
        sentences.append(
            format_html(_("corrected time spent from {old} to {new}"), old=old, new=new)
        )
    for words, side in ((_("noted {time}"), "added"), (_("removed the time {time}"), "removed")):
        for one in said.get(side) or ():
            shown = _bold({"words": minutes_words(one.get("minutes", 0))})
            sentences.append(format_html(words, time=shown))
    return sentences


def minutes_words(minutes: int) -> str:
    """25 m; 1 h 05 m."""
    hours, rest = divmod(minutes, 60)
    if hours:
        return _("%(hours)d h %(minutes)02d m") % {"hours": hours, "minutes": rest}
    return _("%(count)d m") % {"count": rest}


def _files(said: dict) -> list[SafeString]:
    sentences = []
    for words, side in ((_("attached {list}"), "added"), (_("removed the file {list}"), "removed")):
        if names := [_bold(one) for one in said.get(side) or ()]:
            sentences.append(
                format_html(words, list=format_html_join(", ", "{}", ((one,) for one in names)))
            )
    return sentences


def _links(said: dict, readable: set[int]) -> list[SafeString]:
    kinds = dict(TicketLink.Kind.choices)
    sentences = []
    for words, side in (
        (_("linked this as {kind} {ticket}"), "added"),
        (_("took away the link {kind} {ticket}"), "removed"),
    ):
        for one in said.get(side) or ():
            ticket = format_html("<b><bdi>{}</bdi></b>", _number(one, readable)["words"])
            kind = kinds.get(one.get("kind"), "")
            sentences.append(format_html(words, kind=kind, ticket=ticket))
    return sentences


def _followers(change: Change) -> list[SafeString]:
    said = change.fields.get("participants") or change.fields.get("recipients") or {}
    sentences = []
    for one in said.get("added") or ():
        own = one.get("id") == change.person_id
        words = _("follows this ticket") if own else _("added {person} as {kind}")
        sentences.append(format_html(words, person=_bold(one), kind=_part(one)))
    for one in said.get("removed") or ():
        own = one.get("id") == change.person_id
        words = _("no longer follows this ticket") if own else _("removed {person} as {kind}")
        sentences.append(format_html(words, person=_bold(one), kind=_part(one)))
    return sentences


def _part(one: dict) -> str:
    from_kind = {"follower": _("follower"), "cc": _("copied in"), "reporter": _("reporter")}
    return from_kind.get(one.get("kind"), _("co-assignee"))


def _bold(one) -> SafeString:
    words = one.get("words", "") if isinstance(one, dict) else str(one)
    return format_html("<b><bdi>{}</bdi></b>", excerpt(str(words), CUT))


def _number(value: dict | None, readable: set[int]) -> dict | None:
    """A ticket that is named: its number, and its subject where the reader may see it."""
    if not value:
        return None
    number = value.get("id")
    if number not in readable:
        return {"words": _("a ticket")}
    words = str(value.get("words") or "").removeprefix(f"#{number} ")
    return {"words": f"#{number} {excerpt(words, 60)}".strip()}


def _text_piece(label: str, before, after) -> SafeString:
    if _length(before) and _length(after):
        return format_html(_("new words in {field}"), field=label)
    return format_html("{}", label)


def _length(value) -> int:
    return value["length"] if _is_text(value) else len(str(value or ""))


def _is_text(value) -> bool:
    return isinstance(value, dict) and "length" in value and "words" not in value


def _is_date(name: str) -> bool:
    field = configuration().fields.get(name.removeprefix("custom."))
    return field is not None and name.startswith("custom.") and field.kind == "date"


def _door(origin: str) -> str:
    """Through which door, where that is worth a word."""
    name, _colon, _rest = origin.partition(":")
    doors = {"api": _("API"), "mail": _("mail"), "admin": _("settings"), "import": _("import")}
    return doors.get(name, "")
