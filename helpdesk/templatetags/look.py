"""What the look draws: icons, glyphs, avatars and times. Plain strings, no template inside."""

import re
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from html import escape

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import dateformat, timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from helpdesk.dates import date_words

register = template.Library()

SPRITE = "icons.svg"  # named up to a hundred times a page
STATUS_WORDS = {
    "new": gettext_lazy("New"),
    "open": gettext_lazy("Open"),
    "waiting": gettext_lazy("Waiting"),
    "resolved": gettext_lazy("Resolved"),
    "closed": gettext_lazy("Closed"),
}
PRIORITY_WORDS = {
    "low": gettext_lazy("Low"),
    "normal": gettext_lazy("Normal"),
    "high": gettext_lazy("High"),
    "urgent": gettext_lazy("Urgent"),
}
MIRROR_WORDS = {
    "synced": gettext_lazy("In sync"),
    "waiting": gettext_lazy("Waiting to be sent"),
    "conflict": gettext_lazy("Conflict"),
}
HUES = 8
THEMES = ("light", "dark", "contrast")
MINUTE, HOUR, DAY = 60, 3_600, 86_400


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """A line icon of `icons.svg`. Without `label` it is decoration; with one it speaks."""
    return _use(name, f"icon {css}".strip(), label)


@register.simple_tag
@cache
def status_glyph(category: str) -> SafeString:
    """The shape of a status category. Its word stands beside it, so it is silent."""
    return _use(f"s-{category}", f"glyph s-{category}")


@register.simple_tag
def status(category: str, name: str = "") -> SafeString:
    """Glyph and word of a status; `name` is the administrator's own word."""
    word = escape(str(name or STATUS_WORDS[category]))
    return SafeString(f'<span class="glyph-label s-{category}">{word}</span>')


@register.simple_tag
def priority_glyph(level: str, label: bool = False) -> SafeString:
    """Three bars or the red square. With `label` it speaks its word (where no word is shown)."""
    word = str(PRIORITY_WORDS[level]) if label else ""
    return _use(f"p-{level}", f"glyph p-{level}", word)


@register.simple_tag
def priority(level: str, name: str = "") -> SafeString:
    """Glyph and word of a priority."""
    word = escape(str(name or PRIORITY_WORDS[level]))
    return SafeString(f'<span class="glyph-label p-{level}">{word}</span>')


@register.simple_tag
def sla_glyph(state: str, share: float = 1.0) -> SafeString:
    """A clock whose wedge is the `share` (0–1) of time left, or the mark of an end state.

    `state` is one of fine, soon, late, paused, met.
    """
    if state in ("fine", "soon"):
        eighths = max(0, min(8, round(share * 8)))
        return _use(f"sla-{eighths}", "glyph sla" if state == "fine" else "glyph soon")
    return _use({"late": "late", "paused": "pause", "met": "check"}[state], f"glyph {state}")


@register.simple_tag
def mirror_mark(state: str, label: str = "") -> SafeString:
    """Two opposed arrows and a tick, dots or a triangle; the word is in the accessible name."""
    return _use(f"m-{state}", f"mirror-mark m-{state}", label or str(MIRROR_WORDS[state]))


@register.simple_tag
def avatar(person, size: int = 20, css: str = "") -> SafeString:
    """The initials of a person or an organisation on one of eight grounds; nobody is a ring.

    `person` has `pk` and `name` (a model or a row), or is None. Its name stands in the title.
    """
    if person is None:
        return _nobody(size)
    pk, name = _identity(person)
    return avatar_of(pk, name, size, css)


@register.simple_tag
def avatar_of(pk: int, name: str, size: int = 20, css: str = "") -> SafeString:
    """The same from a list row that holds only the id and the name."""
    return _face(int(pk or 0) % HUES, name or "?", size, css)


@register.simple_tag(takes_context=True)
def theme_attribute(context) -> SafeString:
    """`data-theme="dark"` when the reader chose one; the system decides otherwise."""
    chosen = _theme(context)
    return SafeString(f' data-theme="{chosen}"' if chosen else "")


@register.simple_tag(takes_context=True)
def contrast_media(context) -> str:
    """Where the style sheet of high contrast counts: chosen, or asked for by the system."""
    return "all" if _theme(context) == "contrast" else "(prefers-contrast: more)"


def _theme(context) -> str:
    request = context.get("request")
    chosen = request.COOKIES.get("theme") if request else None
    return chosen if chosen in THEMES else ""


@register.filter
def initials(name: str) -> str:
    """Two letters for alphabets, one for scripts that are written without them."""
    words = [word for word in re.split(r"[\s·.,@_-]+", name or "") if word[:1].isalpha()]
    if not words:
        return "?"
    if _is_wide(words[0][0]):
        return words[0][0]
    return "".join(word[0] for word in (words[0], *words[-1:])[: min(2, len(words))]).upper()


@register.filter
def age(value: datetime | None) -> str:
    """How long ago, for lists: 4 m, 3 h, 2 d, then 12 Sep, then 12 Sep 2025."""
    if value is None:
        return ""
    seconds = max(0, (timezone.now() - value).total_seconds())
    if seconds < HOUR:
        return _("%(count)d m") % {"count": seconds // MINUTE}
    if seconds < DAY:
        return _("%(count)d h") % {"count": seconds // HOUR}
    if seconds < 7 * DAY:
        return _("%(count)d d") % {"count": seconds // DAY}
    local = timezone.localtime(value)
    this_year = local.year == timezone.localtime().year
    return date_words(local, _("j M") if this_year else _("j M Y"))


@register.filter
def when(value: datetime | None) -> str:
    """A moment of a conversation: 09:12 today, Mon 22:31 this week, 12 Sep 09:12 before."""
    if value is None:
        return ""
    local, now = timezone.localtime(value), timezone.localtime()
    if local.date() == now.date():
        return date_words(local, "H:i")
    if timedelta(0) <= now.date() - local.date() < timedelta(days=7):
        return date_words(local, "D H:i")
    pattern = _("j M H:i") if local.year == now.year else _("j M Y H:i")
    return date_words(local, pattern)


@register.filter
def day(value: date | datetime | None) -> str:
    """A date anywhere else: Wed 18 Nov, 16:00; the year when it is another one."""
    if value is None:
        return ""
    timed = isinstance(value, datetime)
    local = timezone.localtime(value) if timed else value
    pattern = _("D j M") if local.year == timezone.localtime().year else _("D j M Y")
    return date_words(local, f"{pattern}, H:i" if timed else pattern)


@register.filter
def full_time(value: datetime | None) -> str:
    """Full date, seconds and zone, for titles."""
    if value is None:
        return ""
    return dateformat.format(timezone.localtime(value), _("l j F Y, H:i:s T"))


@register.simple_tag
def time_tag(value: datetime | None, form: str = "when") -> SafeString:
    """`<time>` with its full date as title; `form` is age, when or day."""
    if value is None:
        return SafeString("")
    words = {"age": age, "when": when, "day": day}[form](value)
    local = timezone.localtime(value)
    machine, full = _full(local, str(local.tzinfo), get_language())
    return SafeString(f'<time datetime="{machine}" title="{full}">{escape(words)}</time>')


@lru_cache(5000)
def _full(local: datetime, _zone: str, _language: str) -> tuple[str, str]:
    """A moment for machines, and its full date for titles in a language.

    The zone counts by itself: one moment in two zones is equal.
    """
    full = dateformat.format(local, _("l j F Y, H:i:s T"))
    return local.isoformat(timespec="seconds"), escape(full)


@register.filter
def grouped(value: int | None) -> str:
    """8,469: numbers grouped from four digits. Ticket numbers are not grouped."""
    if value is None:
        return ""
    return f"{value:,}".replace(",", pgettext("thousands separator", ","))


@register.filter
def capped(value: int | None) -> str:
    """Counts in the navigation: in full up to 999, then 999+."""
    if value is None:
        return ""
    return str(value) if value <= 999 else "999+"


@register.filter
def duration(seconds: float) -> str:
    """1 h 12 m, with a real minus when it is over."""
    sign = "\N{MINUS SIGN}" if seconds < 0 else ""
    minutes = int(abs(seconds) // MINUTE)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return sign + _("%(count)d d") % {"count": days}
    if hours:
        parts = {"hours": hours, "minutes": minutes % 60}
        return sign + _("%(hours)d h %(minutes)02d m") % parts
    return sign + _("%(count)d m") % {"count": minutes}


def _use(name: str, css: str, label: str = "") -> SafeString:
    sprite, names = _sprite()
    if name not in names:
        raise template.TemplateSyntaxError(f"There is no icon “{name}” in {SPRITE}.")
    shape = f'<use href="{sprite}#{name}"/>'
    if label:
        word = escape(str(label))
        return SafeString(f'<svg class="{css}" role=img><title>{word}</title>{shape}</svg>')
    return SafeString(f'<svg class="{css}" aria-hidden=true>{shape}</svg>')


@cache
def _sprite() -> tuple[str, frozenset[str]]:
    path = settings.BASE_DIR / "static" / SPRITE
    return static(SPRITE), frozenset(re.findall(r'<symbol id="([^"]+)"', path.read_text()))


@lru_cache(maxsize=4096)
def _face(hue: int, name: str, size: int, css: str) -> SafeString:
    measure = f" data-size={size}" if size != 20 else ""
    label = escape(str(name))
    return SafeString(
        f'<span class="avatar{" " + css if css else ""}" data-hue="{hue}"{measure} role=img '
        f'title="{label}">{escape(initials(name))}</span>'
    )


def _nobody(size: int) -> SafeString:
    word = escape(_("Nobody"))
    measure = f" data-size={size}" if size != 20 else ""
    return SafeString(
        f'<svg class="avatar nobody"{measure} role=img>'
        f'<title>{word}</title><use href="{_sprite()[0]}#nobody"/></svg>'
    )


def _identity(person) -> tuple[int, str]:
    if isinstance(person, dict):
        return person.get("id") or 0, person.get("name") or ""
    return getattr(person, "pk", None) or getattr(person, "id", 0), str(person.name or person)


def _is_wide(letter: str) -> bool:
    """Ideographs, kana and hangul: one sign is a word."""
    return "\u3040" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7af"
