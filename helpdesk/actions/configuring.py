"""Setting up: made, changed, put in order, removed and brought back, each written down.

One way for the administration, the settings of the workspace and the API. What is used is not
removed; see `actions.replacing` for giving its tickets another one.
"""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actions.auditing import record_setting
from helpdesk.actions.setting_nouns import TELLERS, WRITERS, Noun, noun_of
from helpdesk.actions.usage import reasons_to_keep
from helpdesk.actions.workflow import recategorise
from helpdesk.actor import Actor, Role
from helpdesk.models import (
    CustomField,
    Queue,
    SettingChange,
    Stamp,
    Status,
    Team,
    Workflow,
)
from helpdesk.models.base import Named
from helpdesk.models.configuration import configuration, touch
from helpdesk.permissions import can
from helpdesk.text import fold, normalise, one_line

Kind = SettingChange.Kind


@transaction.atomic
def make_setting(model: type[Model], *, by: Actor, **fields) -> Model:
    """Make a setting. A removed one of the same name comes back with these fields.

    Fields are those of `setting_nouns.NOUNS`: relations and sets as rows, nested lists as
    `nested_settings` takes them. Raises PermissionDenied, ValidationError by field, TypeError.
    """
    noun = noun_of(model)
    Stamp.objects.select_for_update().filter(pk=1).first()  # one maker at a time
    row = _removed_twin(model, fields) or model()
    if not row._state.adding:
        row.deleted_at = None
        row.save(update_fields=["deleted_at"])
        fields.pop("key", None)
    elif any(field.name == "position" for field in model._meta.fields):
        last = model._base_manager.order_by("-position").values_list("position", flat=True).first()
        fields.setdefault("position", 0 if last is None else last + 1)
    return _written(noun, row, fields, by=by, kind=Kind.MADE)


@transaction.atomic
def change_setting(row: Model, *, by: Actor, **fields) -> Model:
    """Change some fields of a setting; nothing differs, nothing is written down.

    Raises PermissionDenied, ValidationError by field, TypeError for unknown names.
    """
    noun = noun_of(type(row))
    row = type(row)._base_manager.select_for_update().get(pk=row.pk)
    authorise_setting(by, row, fields)
    return _written(noun, row, fields, by=by, kind=Kind.CHANGED)


@transaction.atomic
def retire_setting(row: Model, *, by: Actor) -> Model:
    """Remove a setting that nothing uses: it stays for history. Raises ValidationError `in_use`."""
    noun_of(type(row))
    row = type(row)._base_manager.select_for_update().get(pk=row.pk)
    authorise_setting(by, row)
    if row.deleted_at is not None:
        return row
    if reasons := reasons_to_keep(row):
        raise ValidationError([ValidationError(words, code="in_use") for words in reasons])
    row.deleted_at = timezone.now()
    row.save(update_fields=["deleted_at"])
    record_setting(Kind.RETIRED, row, by=by)
    return row


@transaction.atomic
def restore_setting(row: Model, *, by: Actor) -> Model:
    """Bring back what was removed, as it was."""
    noun_of(type(row))
    row = type(row)._base_manager.select_for_update().get(pk=row.pk)
    authorise_setting(by, row)
    if row.deleted_at is not None:
        row.deleted_at = None
        row.save(update_fields=["deleted_at"])
        record_setting(Kind.RESTORED, row, by=by)
    return row


@transaction.atomic
def order_settings(model: type[Model], rows: Sequence[Model], *, by: Actor) -> list[Model]:
    """Put these rows first, in this order; those that are not named follow as they stood."""
    noun = noun_of(model)
    if "position" not in noun.columns:
        raise ValidationError(_("These have no order of their own."))
    if not can(by, noun.verb):
        raise PermissionDenied(_("Only administrators put these in order."))
    every = list(model._base_manager.select_for_update().filter(deleted_at=None))
    first = list(dict.fromkeys(row.pk for row in rows))
    known = {row.pk: row for row in every}
    if not set(first) <= known.keys():
        raise ValidationError({"ids": _("One of these is not there.")})
    ordered = [known[pk] for pk in first]
    ordered += [row for row in every if row.pk not in set(first)]
    before = [str(row) for row in every]
    if before != [str(row) for row in ordered]:
        for position, row in enumerate(ordered):
            row.position = position
        model._base_manager.bulk_update(ordered, ["position"])
        touch()
        pair = [before, [str(row) for row in ordered]]
        record_setting(Kind.ORDERED, ordered[0], by=by, fields={"order": pair}, name="–")
    return ordered


# Authority -----------------------------------------------------------------------------------


def may_set_up(actor: Actor, row: Model) -> bool:
    """Administrators and keys everything; who leads a team, what only that team works with."""
    noun = noun_of(type(row))
    if can(actor, noun.verb):
        return True
    if actor.role != Role.AGENT or not actor.can_write:
        return False
    known = configuration()
    teams, queues = known.leads.get(actor.person_id, set()), known.led_queues(actor.person_id)
    match row:
        case Team():
            return row.pk in teams
        case Queue():
            return row.pk in queues
        case CustomField():
            bound = set(row.queues.values_list("pk", flat=True)) if row.pk else set()
            return bool(bound) and bound <= queues
        case Workflow():
            using = Queue.objects.kept().filter(workflow=row).values_list("pk", flat=True)
            return not row.is_default and bool(teams) and set(using) <= queues
    return False


def authorise_setting(actor: Actor, row: Model, fields: dict | None = None) -> None:
    """Raise PermissionDenied unless the actor may set this up, or these fields of it."""
    if not may_set_up(actor, row):
        raise PermissionDenied(_("Only administrators and those who lead its teams set this up."))
    noun = noun_of(type(row))
    if noun.by_leads and not can(actor, noun.verb):
        others = sorted(set(fields or ()) - noun.by_leads)
        if others:
            words = _("Only administrators set %(names)s.") % {"names": ", ".join(others)}
            raise PermissionDenied(words)


# Writing -------------------------------------------------------------------------------------


def _written(noun: Noun, row: Model, fields: dict, *, by: Actor, kind: str) -> Model:
    if unknown := set(fields) - set(noun.names):
        raise TypeError(f"{noun.model.__name__} has no {', '.join(sorted(unknown))}.")
    before = {} if row._state.adding else _told(noun, row)
    is_new = row._state.adding
    category = fields.pop("category", None) if isinstance(row, Status) and not is_new else None
    _put_columns(noun, row, fields)
    if getattr(row, "is_default", False):
        for other in noun.model._base_manager.filter(is_default=True).exclude(pk=row.pk):
            other.is_default = False
            other.save(update_fields=["is_default"])
    columns = [name for name in noun.columns if name in fields]
    if is_new:
        row.save()
    elif columns:
        row.save(update_fields=columns)
    for name in noun.sets:
        if name in fields:
            getattr(row, name).set(fields[name])
    for name in noun.nested:
        if name in fields:
            WRITERS[name](row, fields[name])
    if category is not None and category != row.category:
        recategorise(row, category, by=by)
        row.refresh_from_db()
    touch()
    if not may_set_up(by, row):  # as it is now, too: nobody gives away what they lead
        raise PermissionDenied(_("Only administrators and those who lead its teams set this up."))
    after = _told(noun, row)
    diff = {name: [before.get(name), value] for name, value in after.items()}
    diff = {name: pair for name, pair in diff.items() if pair[0] != pair[1]}
    if diff or kind == Kind.MADE:
        record_setting(kind, row, by=by, fields=diff)
    return row


def _told(noun: Noun, row: Model) -> dict:
    told = {name: getattr(row, name) for name in noun.columns}
    told = {name: str(one) if isinstance(one, Model) else one for name, one in told.items()}
    told |= {name: sorted(str(one) for one in getattr(row, name).all()) for name in noun.sets}
    return told | {name: TELLERS[name](row) for name in noun.nested}


def _put_columns(noun: Noun, row: Model, fields: dict) -> None:
    """Set the columns after the checks of their own and of the noun. Raises ValidationError."""
    errors: dict = {}
    if row._state.adding:
        for name in ("name", "key", "slug"):
            if name in noun.columns:
                fields.setdefault(name, _usual_word(name, fields))
        for name in noun.columns:
            if name not in fields and _is_needed(row._meta.get_field(name)):
                errors[name] = _("This field is required.")
    noun.check(row, fields, errors)
    for name in noun.columns:
        if name not in fields or name in errors:
            continue
        try:
            fields[name] = _cleaned(row, name, fields[name])
        except ValidationError as error:
            errors[name] = error.messages
        else:
            setattr(row, name, fields[name])
    if errors:
        raise ValidationError(errors)


def _is_needed(field) -> bool:
    return not (field.has_default() or field.blank or field.null)


def _usual_word(name: str, fields: dict) -> str:
    """A slug or key out of the name, where none is given."""
    words = fold(one_line(str(fields.get("name") or "")))
    between = "-" if name == "slug" else "_"
    plain = "".join(one if one.isascii() and one.isalnum() else " " for one in words)
    return "" if name == "name" else between.join(plain.split())[:64]


def _cleaned(row: Model, name: str, value):
    field = row._meta.get_field(name)
    if field.is_relation:
        if value is None and not field.null:
            raise ValidationError(_("This field cannot be empty."))
        if value is not None and value.deleted_at is not None:
            raise ValidationError(_("“%(name)s” was removed.") % {"name": value})
        return value
    if name == "name":
        return _free_name(row, value)
    if name == "is_default" and not value and row.is_default and not row._state.adding:
        raise ValidationError(_("Make another one the default instead."))
    if isinstance(value, str):
        value = normalise(value) if name in ("notes", "description") else one_line(value)
    return field.clean(value, row)


def _free_name(row: Model, value) -> str:
    name = one_line(value) if isinstance(value, str) else ""
    limit = row._meta.get_field("name").max_length
    if not name or len(name) > limit:
        words = _("Give it a name of at most %(limit)s characters.")
        raise ValidationError(words % {"limit": limit})
    if not _has_own_name(type(row)):
        return name
    twins = type(row)._base_manager.filter(name_folded=fold(name)[:160]).exclude(pk=row.pk)
    twin = twins.first()
    if twin is not None and twin.deleted_at:
        words = _("A removed one bears this name. Bring it back, or choose another name.")
        raise ValidationError(words)
    if twin is not None:
        raise ValidationError(_("Another one bears this name already."))
    return name


def _has_own_name(model: type[Model]) -> bool:
    return issubclass(model, Named) and any(
        isinstance(one, UniqueConstraint) and one.fields == ("name_folded",)
        for one in model._meta.constraints
    )


def _removed_twin(model: type[Model], fields: dict) -> Model | None:
    rows = model._base_manager.select_for_update().exclude(deleted_at=None)
    if model is CustomField:
        found = rows.filter(key=fields.get("key") or _usual_word("key", fields)).first()
        is_same = found is not None and fields.get("kind", found.kind) == found.kind
        return found if is_same else None
    if not _has_own_name(model):
        return None
    return rows.filter(name_folded=fold(one_line(str(fields.get("name") or "")))[:160]).first()
