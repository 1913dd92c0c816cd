"""The rows of a ticket list, written as plain strings: fifty of them cost less than a template.

Every word of a person goes through `escape`; the rest comes from `templatetags.look`.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from html import escape

from django.conf import settings
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.utils import dateformat, timezone
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from helpdesk.actor import Actor
from helpdesk.models import Change, CustomField, ReadMark, Tag, custom_values
from helpdesk.models.configuration import configuration
from helpdesk.models.tickets import Resolution
from helpdesk.models.workflow import UNRESOLVED
from helpdesk.templatetags import look
from helpdesk.web.presence_marks import presence_marks

TAGS_SHOWN = 2
SOON = 3_600  # seconds left that make a due time pressing …
SOON_SHARE = 0.25  # … or this share of the time that was given
EIGHTHS = 8  # the steps in which a clock shows the share that is left
FIELDS = (
    "id",
    "title",
    "priority",
    "status_id",
    "status_category",
    "queue_id",
    "type_id",
    "team_id",
    "tag_ids",
    "custom",
    "resolution",
    "due_at",
    "created_at",
    "updated_at",
    "last_activity_at",
    "requester_name",
    "assignee_id",
)
JOINED = {
    "person": F("requester__name"),
    "person_email": F("requester__email"),
    "company": F("organisation__name"),
    "owner": F("assignee__name"),
    "owner_email": F("assignee__email"),
}


def rows_of(tickets: QuerySet, actor: Actor) -> QuerySet:
    """What rows show, as dictionaries, and the newest change of all: one statement."""
    seen = ReadMark.objects.filter(
        person_id=actor.person_id, ticket=OuterRef("pk"), version__gte=OuterRef("version")
    )
    latest = Change.objects.order_by("-pk").values("pk")[:1]
    return tickets.values(*FIELDS, **JOINED, is_read=Exists(seen), latest=Subquery(latest))


def marks_of(rows: list[dict], actor: Actor) -> dict[int, dict]:
    """What other parts of the house mark on these rows, as `{"state", "words"}`.

    `state` is synced, waiting or conflict. One statement for each part, and one for who else is
    there, as `presence` of a mark.
    """
    marks: dict[int, dict] = {}
    numbers = [row["id"] for row in rows]
    for name in settings.MARKS if numbers else ():
        marks |= import_string(name)(numbers, actor)
    for number, presence in (presence_marks(numbers, actor) if numbers else {}).items():
        marks[number] = marks.get(number, {}) | {"presence": presence}
    return marks


class Writer:
    """Writes the rows of one page; what repeats on it is put together once.

    `suffix` is appended to each ticket's address, `opened` is the ticket beside the list; `group`
    names what the rows are grouped by, in whose order they are.
    """

    def __init__(
        self,
        marks: dict[int, dict],
        *,
        people: dict[int, str] | None = None,
        suffix: str = "",
        opened: int | None = None,
        group: str = "",
    ):
        self.marks, self.people = marks, people or {}
        self.suffix, self.opened, self.group = escape(suffix), opened, group
        self.now = timezone.now()
        self.known = configuration()
        self.zone = timezone.get_current_timezone_name()
        self.language = get_language()
        self.unread = escape(_("unread"))
        self._kept: dict[tuple, str] = {}

    def table(self, rows: list[dict], columns: list) -> SafeString:
        """`<tr>` elements; `columns` are of `helpdesk.web.columns`. End tags go without saying."""
        written, last = [], None
        for row in rows:
            if self.group and (head := self._group(row)) != last:
                written.append(f"<tr class=group><th colspan={len(columns) + 1}>{head}\n")
                last = head
            cells = "".join(
                f"<td class={column.css}>{column.cell(self, row)}" for column in columns
            )
            head = "<tr data-unread>" if is_unread(row) else "<tr>"
            written.append(f"{head}<td>{self._box(row)}{cells}\n")
        return mark_safe("".join(written))

    def split(self, rows: list[dict]) -> SafeString:
        """`<li>` elements of the list beside a ticket."""
        written, last = [], None
        for row in rows:
            if self.group and (head := self._group(row)) != last:
                written.append(f"<li class=group>{head}</li>\n")
                last = head
            written.append(self._split_row(row))
        return mark_safe("".join(written))

    def _group(self, row: dict) -> str:
        """The words of the group to which a row belongs."""
        match self.group:
            case "status":
                return self.status(row)
            case "priority":
                return self.priority(row)
            case "assignee":
                name = row["owner"] or row["owner_email"] or _("Nobody")
            case _:
                name = row["person"] or row["person_email"] or _("Nobody")
        return f"<bdi>{escape(name)}</bdi>"

    def _split_row(self, row: dict) -> str:
        return (
            f"<li class=row{' data-unread' if is_unread(row) else ''}>{self._box(row)}"
            f"<div class=row-line><bdi class=person>{escape(requester_words(row))}</bdi>"
            f"<bdi class=organisation>{escape(row['company'] or '')}</bdi>"
            f"<span class=age>{self.age(row['last_activity_at'])}</span></div>"
            f"<div class=row-line>{self.subject_link(row)}{self.priority_sign(row)}</div>"
            f"<div class=row-line>{self.status(row)}{self.due(row)}{self.tags(row, 1)}"
            f'<span class="line push">{self.mark(row)}{self.assignee(row)}</span></div></li>\n'
        )

    def _box(self, row: dict) -> str:
        """The check box that selects a row. The dot of what is unread is drawn; here it speaks."""
        number = row["id"]
        words = f'"{number}, {self.unread}"' if is_unread(row) else number
        return f"<input type=checkbox name=ticket value={number} aria-label={words}>"

    # Cells ----------------------------------------------------------------------------------

    def subject_link(self, row: dict) -> str:
        current = " aria-current=page" if row["id"] == self.opened else ""
        return (
            f'<a class=ticket-subject dir=auto href="/tickets/{row["id"]}/{self.suffix}"'
            f"{current}>{escape(row['title'])}</a>"
        )

    def subject(self, row: dict) -> str:
        return f"<div class=subject-cell>{self.subject_link(row)}{self.tags(row, TAGS_SHOWN)}</div>"

    def number(self, row: dict) -> str:
        return str(row["id"])

    def priority(self, row: dict) -> str:
        return self._once(("priority", row["priority"]), look.priority, row["priority"])

    def priority_sign(self, row: dict) -> str:
        return self._once(("sign", row["priority"]), look.priority_glyph, row["priority"], True)

    def status(self, row: dict) -> str:
        name = self.known.statuses[row["status_id"]].name
        return self._once(("status", row["status_id"]), look.status, row["status_category"], name)

    def tags(self, row: dict, shown: int) -> str:
        tags = self._tags_of(row["tag_ids"])
        words = "".join(self._once(("tag", tag.pk), _tag, tag) for tag in tags[:shown])
        if len(tags) > shown:
            words += f'<span class="tag more">+{len(tags) - shown}</span>'
        return words

    def _tags_of(self, ids: list[int]) -> list[Tag]:
        tags = [self.known.tags[pk] for pk in ids if pk in self.known.tags]
        return sorted((tag for tag in tags if not tag.deleted_at), key=lambda tag: tag.name_folded)

    def mark(self, row: dict) -> str:
        mark = self.marks.get(row["id"])
        if mark is None:
            return ""
        there = _present(mark["presence"]) if "presence" in mark else ""
        if "state" not in mark:
            return there
        return there + self._once(("mark", mark["state"], mark["words"]), _mark, mark)

    def requester(self, row: dict) -> str:
        person = f"<bdi>{escape(requester_words(row))}</bdi>"
        if not row["company"]:
            return person
        return f"{person} · <bdi>{escape(row['company'])}</bdi>"

    def organisation(self, row: dict) -> str:
        return f"<bdi>{escape(row['company'])}</bdi>" if row["company"] else ""

    def assignee(self, row: dict) -> str:
        pk = row["assignee_id"]
        if pk is None:
            return self._once(("nobody",), _nobody)
        name = row["owner"] or row["owner_email"] or str(pk)
        return self._once(("avatar", pk), _face, pk, name)

    def due(self, row: dict) -> str:
        at = row["due_at"]
        if at is None or row["status_category"] not in UNRESOLVED:
            return ""
        left = (at - self.now).total_seconds()
        given = max((at - row["created_at"]).total_seconds(), 1.0)
        share = max(0.0, min(1.0, left / given))
        clock = _clock(due_state(left, share), round(share * EIGHTHS))
        return f'<span class=due{clock} title="{self._full(at)}">{look.duration(left)}</span>'

    def age(self, at: datetime) -> str:
        return f'<time title="{self._full(at)}">{escape(look.age(at))}</time>'

    def last_activity(self, row: dict) -> str:
        return self.age(row["last_activity_at"])

    def created(self, row: dict) -> str:
        return self.age(row["created_at"])

    def updated(self, row: dict) -> str:
        return self.age(row["updated_at"])

    def queue(self, row: dict) -> str:
        return self._named(self.known.queues, row["queue_id"])

    def type(self, row: dict) -> str:
        return self._named(self.known.types, row["type_id"])

    def team(self, row: dict) -> str:
        return self._named(self.known.teams, row["team_id"])

    def resolution(self, row: dict) -> str:
        return escape(str(Resolution(row["resolution"]).label)) if row["resolution"] else ""

    def custom(self, row: dict, field: CustomField) -> str:
        stored = row["custom"].get(field.key)
        return f"<bdi>{escape(custom_values.words(field, stored, self.people))}</bdi>"

    def _named(self, rows: dict, pk: int | None) -> str:
        return f"<bdi>{escape(rows[pk].name)}</bdi>" if pk in rows else ""

    def _full(self, at: datetime) -> str:
        return _full_time(at, self.zone, self.language)

    def _once(self, key: tuple, write: Callable[..., str], *words) -> str:
        if (found := self._kept.get(key)) is None:
            found = self._kept[key] = write(*words)
        return found


def is_unread(row: dict) -> bool:
    return not row["is_read"] and row["status_category"] in UNRESOLVED


def requester_words(row: dict) -> str:
    """The requester's name as the ticket received it, or as it is now."""
    return row["requester_name"] or row["person"] or row["person_email"] or ""


def due_state(left: float, share: float) -> str:
    """late, soon or fine, from the seconds and the share of time that are left."""
    if left < 0:
        return "late"
    return "soon" if left < SOON or share < SOON_SHARE else "fine"


def _clock(state: str, eighths: int) -> str:
    """The attributes of a due time: its state unless that is fine, the wedge unless it is late."""
    wedge = f" data-left={eighths}" if state != "late" else ""
    return wedge if state == "fine" else f" data-state={state}{wedge}"


def _tag(tag: Tag) -> str:
    return f"<bdi class=tag data-hue={tag.hue}>{escape(tag.name)}</bdi>"


def _present(presence: dict) -> str:
    words = escape(presence["words"])  # viewing or typing
    return f'<span class="present p-{presence["mode"]}" role=img title="{words}"></span>'


def _mark(mark: dict) -> str:
    shape, words = mark["state"], escape(mark["words"])  # synced, waiting, conflict
    return f'<span class="mirrored m-{shape}" role=img title="{words}"></span>'


def _face(pk: int, name: str) -> str:
    """As `look.avatar_of`, in fewer bytes: a list has fifty."""
    letters = escape(look.initials(name))
    return (
        f"<span class=avatar data-hue={pk % look.HUES} role=img"
        f' title="{escape(name)}">{letters}</span>'
    )


def _nobody() -> str:
    words = escape(_("Nobody"))
    return f'<span class="avatar no-owner" role=img title="{words}"></span>'


@lru_cache(maxsize=8192)
def _full_time(at: datetime, zone: str, language: str) -> str:
    """Date, seconds and zone for a title, in the zone and language that are active now."""
    return escape(dateformat.format(timezone.localtime(at), _("D j M Y, H:i:s T")))
