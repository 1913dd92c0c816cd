"""Tags by name: made as they are used."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from helpdesk.models import Stamp, Tag
from helpdesk.models.configuration import configuration, touch
from helpdesk.text import fold, one_line

MAX_TAGS = 100
MAX_NAME = 120


def tags_named(names: Iterable[str | Tag]) -> list[Tag]:
    """The tags of these names, whatever their case; those that do not exist are made."""
    wanted: dict[str, str] = {}
    found: dict[str, Tag] = {}
    for name in names:
        if isinstance(name, Tag):
            found[name.name_folded] = name
        else:
            text = _checked(name)
            wanted.setdefault(fold(text)[:160], text)
    if len(wanted) + len(found) > MAX_TAGS:
        raise ValidationError({"tags": _("At most %(limit)s tags.") % {"limit": MAX_TAGS}})
    known = configuration().tags_by_name
    missing = {}
    for folded, text in wanted.items():
        if (tag := known.get(folded)) is not None and tag.deleted_at is None:
            found[folded] = tag
        else:
            missing[folded] = text
    if missing:
        found |= _made(missing)
    return list(found.values())


def folded_names(names: Iterable[str | Tag]) -> set[str]:
    """What tags of these names are told by; none is made."""
    return {one.name_folded if isinstance(one, Tag) else fold(_checked(one))[:160] for one in names}


def _checked(name: str) -> str:
    text = one_line(name) if isinstance(name, str) else ""
    if not text or len(text) > MAX_NAME:
        raise ValidationError(
            {
                "tags": _("A tag is a word or two of at most %(limit)s characters.")
                % {"limit": MAX_NAME}
            }
        )
    return text


def _made(missing: dict[str, str]) -> dict[str, Tag]:
    Stamp.objects.select_for_update().filter(pk=1).first()  # one maker of tags at a time
    rows = [Tag(name=text, name_folded=folded) for folded, text in missing.items()]
    Tag.objects.bulk_create(rows, ignore_conflicts=True)
    made = Tag.objects.filter(name_folded__in=missing)
    made.exclude(deleted_at=None).update(deleted_at=None)
    touch()
    return {tag.name_folded: tag for tag in made.select_related("category")}
