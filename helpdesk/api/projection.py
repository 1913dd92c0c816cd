"""`?fields=title,assignee.name`: only the members of an answer that were asked for."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework import serializers

MAX_FIELDS = 100
LISTS = (serializers.ListSerializer, serializers.ListField)
Tree = dict[str, "Tree"]  # by name what is wanted of it; empty: all of it


def fields_in(params: Mapping, reads: type[serializers.Serializer] | None) -> Tree | None:
    """What is wanted, None for everything. Raises ValidationError under `fields`.

    `reads` describes what there is; members of a map, such as `custom`, may have any name.
    """
    text = params.get("fields")
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if len(names) > MAX_FIELDS:
        words = _("At most %(limit)s names.") % {"limit": MAX_FIELDS}
        raise ValidationError({"fields": words})
    wanted: Tree = {}
    for name in names:
        _refuse_unknown(name, reads)
        inner, is_new = wanted, False
        for part in name.split("."):
            is_new = part not in inner
            whole = not is_new and not inner[part]
            inner = inner.setdefault(part, {})
            if whole:  # all of it is wanted already
                break
        else:
            if not is_new:
                inner.clear()
    return wanted


def narrowed(shapes: Iterable[dict], wanted: Tree | None) -> list[dict]:
    return list(shapes) if wanted is None else [_of(shape, wanted) for shape in shapes]


def _of(shape, wanted: Tree):
    if not wanted:
        return shape
    if isinstance(shape, list):
        return [_of(one, wanted) for one in shape]
    if not isinstance(shape, Mapping):
        return shape  # null, where there could be more
    return {name: _of(shape[name], inner) for name, inner in wanted.items() if name in shape}


def _refuse_unknown(name: str, reads) -> None:
    one = reads() if reads else None
    for part in name.split("."):
        if isinstance(one, serializers.DictField):
            return
        one = one.child if isinstance(one, LISTS) else one
        known = one.fields if isinstance(one, serializers.BaseSerializer) else {}
        if part not in known:
            said = {"name": name[:60], "names": ", ".join(known) or "–"}
            words = _("There is no “%(name)s” to show. Known here: %(names)s.")
            raise ValidationError({"fields": words % said})
        one = known[part]
