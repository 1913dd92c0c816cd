"""One setting in place of another on every ticket, after which nothing uses the first."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import changes
from helpdesk.actions.auditing import record_setting
from helpdesk.actions.configuring import authorise_setting, retire_setting
from helpdesk.actions.naming import name_instead
from helpdesk.actions.tags import merge_tags
from helpdesk.actor import Actor
from helpdesk.models import (
    Change,
    CustomField,
    FieldOption,
    SettingChange,
    Status,
    Tag,
    Team,
    Ticket,
    TicketType,
)
from helpdesk.models.configuration import touch
from helpdesk.permissions import authorise

BATCH = 100  # tickets a transaction
MOST = 5000  # tickets in one call
COLUMNS: dict[type[Model], str] = {Status: "status", TicketType: "type", Team: "team"}


def replace_setting(row: Model, into: Model, *, by: Actor) -> int:
    """Give every ticket of a status, type, team, tag or option the other one instead and remove
    the first; returns how many tickets that were.

    Each ticket records its change. Done in short transactions: interrupted, it is taken up by
    calling it again. Raises PermissionDenied, ValidationError.
    """
    if type(row) is not type(into) or row.pk == into.pk:
        raise ValidationError({"into": _("Choose another one of the same kind.")})
    if into.deleted_at is not None:
        raise ValidationError({"into": _("“%(name)s” was removed.") % {"name": into}})
    if isinstance(row, Tag):
        number = merge_tags(row, into, by=by)
        _note(row, into, number, by)
        return number
    field = row.field if isinstance(row, FieldOption) else None
    authorise_setting(by, field or row)
    if field is not None and into.field_id != field.pk:
        raise ValidationError({"into": _("Choose another option of the same field.")})
    if field is None:
        authorise(by, "configure")  # tickets of every queue change
    if not isinstance(row, FieldOption) and type(row) not in COLUMNS:
        raise ValidationError(_("This can't be replaced. Change its tickets first."))
    rows, fields_of = _using(row, into)
    if rows.count() > MOST:
        words = _("More than %(limit)s tickets use it. Change most of them in bulk first.")
        raise ValidationError(words % {"limit": MOST})
    number = 0
    while moved := _move_some(rows, fields_of, by):
        number += moved
    _finish(row, into, number, by)
    return number


def _using(row: Model, into: Model) -> tuple[QuerySet, Callable[[Ticket], dict]]:
    if isinstance(row, FieldOption):
        key, old, new = row.field.key, str(row.uuid), str(into.uuid)

        def custom(ticket: Ticket) -> dict:
            stored = ticket.custom.get(key)
            if isinstance(stored, list):
                return {"custom": {key: [new if one == old else one for one in stored]}}
            return {"custom": {key: new}}

        return Ticket.objects.filter(Q(**{f"custom__{key}__icontains": old})), custom
    column = COLUMNS[type(row)]
    return Ticket.objects.filter(**{column: row}), lambda ticket: {column: into}


@transaction.atomic
def _move_some(rows: QuerySet, fields_of: Callable[[Ticket], dict], by: Actor) -> int:
    tickets = list(rows.select_for_update(no_key=True).order_by("pk")[:BATCH])
    for ticket in tickets:
        if diff := ticket.set_fields(fields_of(ticket)):
            ticket.save_changed(diff)
            changes.record(Change.Kind.CHANGED, ticket, by=by, fields=diff)
    return len(tickets)


@transaction.atomic
def _finish(row: Model, into: Model, number: int, by: Actor) -> None:
    name_instead(row, into, by=by)
    if isinstance(row, TicketType):
        for custom in CustomField.objects.filter(types=row):
            custom.types.add(into)
            custom.types.remove(row)
        touch()
    if isinstance(row, FieldOption):
        row.deleted_at = timezone.now()
        row.save(update_fields=["deleted_at"])
    else:
        retire_setting(row, by=by)
    _note(row, into, number, by)


def _note(row: Model, into: Model, number: int, by: Actor) -> None:
    fields = {"into": [row, into], "tickets": [number, 0]}
    record_setting(SettingChange.Kind.REPLACED, row, by=by, fields=fields)
