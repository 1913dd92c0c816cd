"""How a person wants to see a view beside its columns: widths, density, groups."""

from dataclasses import asdict, dataclass, field

from django.utils.translation import gettext_lazy as _

from helpdesk.models import User
from helpdesk.web.named_views import NamedView

WIDTHS = [("", _("Usual")), ("narrow", _("Narrow")), ("wide", _("Wide")), ("wider", _("Wider"))]
DENSITIES = [
    ("", _("As in my preferences")),
    ("comfortable", _("Comfortable")),
    ("compact", _("Compact")),
]
GROUPS = [
    ("", _("No groups")),
    ("status", _("Status")),
    ("priority", _("Priority")),
    ("assignee", _("Assignee")),
    ("requester", _("Requester")),
]
DOWN_FIRST = ("priority",)  # the most urgent group leads
MOST = 200  # views of which a person keeps the shape


@dataclass(frozen=True, slots=True)
class Shape:
    """`widths` by the key of a column; `group` is the name of an order."""

    widths: dict[str, str] = field(default_factory=dict)
    density: str = ""
    group: str = ""

    @property
    def group_sort(self) -> str:
        """The order that keeps groups together, as `sort_keys` reads it."""
        return f"-{self.group}" if self.group in DOWN_FIRST else self.group


def shape_of(person: User, view: NamedView | None) -> Shape:
    said = person.preferences.get("shapes", {}).get(_key(view))
    if said is None:
        return usual_shape(view)
    return checked_shape(said.get("widths", {}), said.get("density"), said.get("group"))


def usual_shape(view: NamedView | None) -> Shape:
    """The shape of a view for who chose none."""
    return checked_shape({}, "", view.group if view else "")


def checked_shape(widths: dict[str, str], density: str | None, group: str | None) -> Shape:
    """What is known of this; the rest is as usual."""
    known = {key: width for key, width in widths.items() if width and width in dict(WIDTHS)}
    return Shape(
        known,
        density if density in dict(DENSITIES) else "",
        group if group in dict(GROUPS) else "",
    )


def with_shape(person: User, view: NamedView | None, shape: Shape) -> dict:
    """All shapes that a person keeps, with this one; the oldest give way."""
    kept = {**person.preferences.get("shapes", {})}
    kept.pop(_key(view), None)
    if shape != usual_shape(view):
        kept[_key(view)] = asdict(shape)
    return dict(list(kept.items())[-MOST:])


def _key(view: NamedView | None) -> str:
    return view.key if view else ""
