"""How a ticket's fields are set, compared and saved: the half of `Ticket` that verbs use."""

import hashlib
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.models import custom_values
from helpdesk.models.configuration import configuration, recheck
from helpdesk.models.workflow import UNRESOLVED, Category
from helpdesk.text import fold, normalise

EDITABLE = (
    "queue",
    "title",
    "body",
    "body_format",
    "type",
    "status",
    "priority",
    "requester",
    "requester_name",
    "organisation",
    "assignee",
    "team",
    "channel",
    "parent",
    "tags",
    "custom",
    "due_at",
    "snoozed_until",
    "resolution",
    "resolution_comment",
    "source_url",
)
RANKS = {"low": 1, "normal": 2, "high": 3, "urgent": 4}
LONG_TEXT = ("body", "resolution_comment")
LONG = 2_000  # characters; what is longer stands in history by hash and length

Diff = dict[str, list | dict]


class TicketFields(models.Model):
    """Set, compare, save: what every verb on a ticket goes through."""

    class Meta:
        abstract = True

    def set_fields(self, fields: dict) -> Diff:
        """Set fields to new values and return what differs: `{"status": [2, 5]}` by id,
        `{"tags": {"added": [7], "removed": []}}`, `{"custom": {"region": ["EU", None]}}`.

        Relations take instances or None, `tags` the whole list of Tags, `custom` only the keys to
        set (None clears). Unknown names raise TypeError, wrong values ValidationError by field.
        """
        if unknown := set(fields) - set(EDITABLE):
            raise TypeError(f"A ticket has no editable field {', '.join(sorted(unknown))}.")
        diff: Diff = {}
        errors: dict[str, list] = {}
        for name in sorted(fields, key=EDITABLE.index):  # queue and type before custom
            try:
                if found := self._set_field(name, fields[name]):
                    diff[name] = found
            except ValidationError as error:
                for key, messages in _by_field(name, error).items():
                    errors.setdefault(key, []).extend(messages)
        if errors:
            raise ValidationError(errors)
        return diff

    def save_changed(self, diff: Diff, *, at: datetime | None = None, **metrics) -> None:
        """Save the columns and sets of a diff and no others; the version grows by one.

        `metrics` are further columns that the verb derived, such as `last_customer_at`.
        """
        at = at or timezone.now()
        if "status" in diff:
            self._note_status(*diff["status"], at)
            metrics_of_status = (
                "status_category",
                "resolved_at",
                "closed_at",
                "first_resolved_at",
                "reopened_count",
            )
        else:
            metrics_of_status = ()
        for name, value in metrics.items():
            setattr(self, name, value)
        self.version += 1
        self.updated_at = max(timezone.now(), self.updated_at)
        columns = {name for name in diff if name != "tags"} | set(metrics) | set(metrics_of_status)
        columns |= {"version", "updated_at"}
        if "title" in diff:
            self.title_folded = fold(self.title)[:160]
            columns.add("title_folded")
        if "priority" in diff:
            self.priority_rank = RANKS[self.priority]
            columns.add("priority_rank")
        if "tags" in diff:
            columns.add("tag_ids")
        self.save(update_fields=columns)
        if "tags" in diff:
            self.tags.remove(*diff["tags"]["removed"])
            self.tags.add(*diff["tags"]["added"])

    def _set_field(self, name: str, value) -> list | dict | None:
        if name == "tags":
            return self._set_tags(value)
        if name == "custom":
            return self._set_custom(value)
        field = self._meta.get_field(name)
        if field.is_relation:
            if value is None and not field.null:
                raise ValidationError(_("This field cannot be empty."))
            old, new = getattr(self, field.attname), value.pk if value is not None else None
            if old == new:
                return None
            setattr(self, name, value)
            return [old, new]
        if isinstance(value, str):
            value = normalise(value)
            value = value.strip() if name not in LONG_TEXT else value
        elif isinstance(value, datetime) and timezone.is_naive(value):
            raise ValidationError(_("Say the time zone."))
        value = field.clean(value, self)
        old = getattr(self, name)
        if old == value:
            return None
        setattr(self, name, value)
        return [_json(name, old), _json(name, value)]

    def _set_tags(self, tags) -> dict | None:
        old, new = set(self.tag_ids), {tag.pk for tag in tags}
        if old == new:
            return None
        self.tag_ids = sorted(new)
        return {"added": sorted(new - old), "removed": sorted(old - new)}

    def _set_custom(self, values: dict) -> dict | None:
        known = configuration().fields
        open_to = {field.key for field in configuration().fields_for(self.queue_id, self.type_id)}
        changed, errors, custom = {}, {}, dict(self.custom)
        for key, value in values.items():
            field = known.get(key)
            if field is None or (key not in open_to and value not in (None, "", [])):
                errors[f"custom.{key}"] = [
                    _("There is no such custom field on this ticket. Known here: %(keys)s.")
                    % {"keys": ", ".join(sorted(open_to)) or "–"}
                ]
                continue
            try:
                new = custom_values.clean(field, value)
            except ValidationError as error:
                errors[f"custom.{key}"] = error.messages
                continue
            old = custom.get(key)
            if old == new and type(old) is type(new):
                continue
            changed[key] = [old, new]
            if new is None:
                custom.pop(key, None)
            else:
                custom[key] = new
        if errors:
            raise ValidationError(errors)
        self.custom = custom
        return changed or None

    def _note_status(self, old: int | None, new: int, at: datetime) -> None:
        statuses = configuration().statuses
        before = statuses[old].category if old else None
        after = statuses[new].category
        self.status_category = after
        was_done = before in (Category.RESOLVED, Category.CLOSED)
        if after in UNRESOLVED:
            if was_done:
                self.reopened_count += 1
            self.resolved_at = self.closed_at = None
            return
        self.resolved_at = self.resolved_at or at
        self.first_resolved_at = self.first_resolved_at or at
        self.closed_at = (self.closed_at or at) if after == Category.CLOSED else None


def described(ticket, diff: Diff) -> dict:
    """A diff as history keeps it: by id and the words of the time, long text by hash and length."""
    known = configuration()
    said: dict[str, dict] = {}
    for name, change in diff.items():
        if name == "tags":
            if not known.tags.keys() >= {*change["added"], *change["removed"]}:
                known = recheck()
            said[name] = {
                side: [{"id": pk, "words": known.tags[pk].name} for pk in change[side]]
                for side in ("added", "removed")
            }
        elif name == "custom":
            for key, (old, new) in change.items():
                field = known.fields[key]
                said[f"custom.{key}"] = {
                    "from": custom_values.described(field, old),
                    "to": custom_values.described(field, new),
                }
        elif ticket._meta.get_field(name).is_relation:
            old, new = change
            said[name] = {
                "from": _named(ticket, name, old),
                "to": {"id": new, "words": str(getattr(ticket, name))} if new else None,
            }
        else:
            said[name] = {"from": change[0], "to": change[1]}
    return said


def _named(ticket, name: str, pk: int | None) -> dict | None:
    """A relation's former value with its words: from the snapshot where that knows it."""
    if pk is None:
        return None
    known = configuration()
    rows = {
        "queue": known.queues,
        "type": known.types,
        "status": known.statuses,
        "team": known.teams,
    }.get(name)
    row = rows.get(pk) if rows else None
    if row is None:
        row = ticket._meta.get_field(name).related_model._base_manager.filter(pk=pk).first()
    return {"id": pk, "words": str(row or "")}


def _json(name: str, value):
    if name == "body" or (isinstance(value, str) and len(value) > LONG):
        digest = hashlib.sha256(value.encode()).hexdigest()[:16]
        return {"hash": digest, "length": len(value)}
    return value.isoformat() if isinstance(value, datetime) else value


def _by_field(name: str, error: ValidationError) -> dict[str, list]:
    return error.message_dict if hasattr(error, "error_dict") else {name: error.messages}
