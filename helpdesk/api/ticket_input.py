"""The ticket as it is written: every editable field, by the names it is read under."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from helpdesk.actions.labels import MAX_NAME, MAX_TAGS
from helpdesk.actions.tickets import MAX_BODY
from helpdesk.actor import Actor
from helpdesk.api.fields import (
    Called,
    CalledField,
    MomentField,
    PersonField,
    RowField,
    StrictSerializer,
    found_called,
    with_people_found,
)
from helpdesk.api.kinds import WordOrNumberField
from helpdesk.lookup import (
    organisations_called,
    people_called,
    people_seen,
    tickets_called,
    uuid_of,
    visible_queues,
)
from helpdesk.models import UNRESOLVED, Attachment, Channel, Format, Priority, Resolution, Ticket
from helpdesk.models.configuration import configuration

PEOPLE = ("requester", "assignee")
MOMENTS = ("created_at", "first_response_at", "resolved_at", "closed_at")
FOR_OTHERS = (*MOMENTS, "on_behalf_of", "silent")
CLOCKS_DIFFER = timedelta(minutes=5)
MAX_FILES = 50


def longest(name: str) -> int:
    """How many characters a field of a ticket holds."""
    return Ticket._meta.get_field(name).max_length


@dataclass(frozen=True, slots=True)
class LookUps:
    """How those are found whom a ticket names: each takes what they are called, and the actor."""

    people: Callable = people_called
    seen: Callable = people_seen
    organisations: Callable = organisations_called
    tickets: Callable = tickets_called


BY_NAME = LookUps()


@extend_schema_field(
    {"type": "object", "additionalProperties": True, "description": "Values by key; null clears."}
)
class CustomValues(serializers.DictField):
    """Custom fields by key; their values are checked by their definitions."""


class TagNames(serializers.ListField):
    """Names of tags."""

    def __init__(self, **options):
        child = serializers.CharField(max_length=MAX_NAME)
        super().__init__(child=child, required=False, max_length=MAX_TAGS, **options)


class ForOthersInput(StrictSerializer):
    """What only a key that writes for others may say."""

    created_at = MomentField(required=False, help_text="When it happened.")
    on_behalf_of = CalledField(people_seen, required=False, help_text="Who did it in truth.")
    silent = serializers.BooleanField(required=False, help_text="Whether nobody is told.")

    def validate(self, values: dict) -> dict:
        values = super().validate(values)
        actor, known = self.context["actor"], self.context.get("known", BY_NAME)
        refuse_for_others([name for name in FOR_OTHERS if values.get(name)], actor)
        late = timezone.now() + CLOCKS_DIFFER
        if wrong := [name for name in MOMENTS if (at := values.get(name)) and at > late]:
            raise ValidationError({name: _("This is still to come.") for name in wrong})
        if isinstance(values.get("on_behalf_of"), Called):
            said = values["on_behalf_of"]
            values["on_behalf_of"] = found_called(said, known.seen, "on_behalf_of", actor)
        return values


class TicketFieldsInput(StrictSerializer):
    body = serializers.CharField(
        allow_blank=True, trim_whitespace=False, required=False, max_length=MAX_BODY
    )
    body_format = serializers.ChoiceField(Format.choices, required=False)
    queue = RowField(visible_queues, required=False)
    type = RowField(lambda actor: configuration().types, required=False, allow_null=True)
    status = RowField(lambda actor: configuration().statuses, required=False)
    priority = serializers.ChoiceField(Priority.choices, required=False)
    requester = PersonField(people_called, required=False, allow_null=True)
    requester_name = serializers.CharField(
        allow_blank=True, required=False, max_length=longest("requester_name")
    )
    organisation = CalledField(organisations_called, required=False, allow_null=True)
    assignee = CalledField(people_called, required=False, allow_null=True)
    team = RowField(lambda actor: configuration().teams, required=False, allow_null=True)
    parent = CalledField(tickets_called, required=False, allow_null=True)
    tags = TagNames()
    custom = CustomValues(required=False)
    channel = serializers.ChoiceField(Channel.choices, required=False)
    due_at = MomentField(required=False, allow_null=True)
    snoozed_until = MomentField(required=False, allow_null=True)
    resolution = serializers.ChoiceField(Resolution.choices, required=False, allow_blank=True)
    resolution_comment = serializers.CharField(allow_blank=True, required=False)
    source_url = serializers.CharField(
        allow_blank=True, required=False, max_length=longest("source_url")
    )

    def validate(self, values: dict) -> dict:
        actor, known = self.context["actor"], self.context.get("known", BY_NAME)
        values = with_people_found(values, PEOPLE, actor, known.people)
        for name, look_up in (("organisation", known.organisations), ("parent", known.tickets)):
            if isinstance(values.get(name), Called):
                values[name] = found_called(values[name], look_up, name, actor)
        return values


class TicketInput(ForOthersInput, TicketFieldsInput):
    """What opens a ticket: only the title is required."""

    mail_requester = serializers.BooleanField(
        required=False, help_text="Whether its text is mailed to the requester, as a reply is."
    )
    first_response_at = MomentField(required=False)
    resolved_at = MomentField(required=False)
    closed_at = MomentField(required=False)

    title = serializers.CharField(max_length=longest("title"))
    source = serializers.CharField(required=False, allow_blank=True, max_length=longest("source"))
    source_ref = WordOrNumberField(required=False, allow_blank=True, max_length=200)
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_FILES
    )

    def validate(self, values: dict) -> dict:
        values = super().validate(values)
        status = values.get("status")
        said = [name for name in ("resolved_at", "closed_at") if values.get(name)]
        if said and (status is None or status.category in UNRESOLVED):
            words = _("Only with a status that resolves or closes it.")
            raise ValidationError(dict.fromkeys(said, words))
        return values


class TicketChange(TicketFieldsInput):
    """What changes a ticket. `version` is the one that the caller saw."""

    title = serializers.CharField(required=False, max_length=longest("title"))
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class TicketBySource(TicketChange):
    """What opens the ticket of a source's reference, or changes it. A new one needs a title."""

    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_FILES
    )


def refuse_for_others(said: Sequence[str], actor: Actor) -> None:
    """Raise PermissionDenied if a key says what only one that writes for others may say."""
    if said and not actor.writes_for_others:
        words = _("Only a key that writes for others may say: %(names)s.")
        raise PermissionDenied(words % {"names": ", ".join(said)})


def waiting_files(identities: list, actor: Actor) -> list[Attachment]:
    """Files that this key uploaded and nothing claimed yet; ValidationError if one is not there."""
    wanted = {uuid_of(str(one)) for one in identities}
    found = list(
        Attachment.objects.filter(
            uuid__in=wanted,
            state=Attachment.State.WAITING,
            uploaded_with_id=actor.key_id,
            uploaded_by_id=actor.person_id,
        )
    )
    if len(found) != len(wanted):
        raise ValidationError({"attachments": _("A file is no longer there. Upload it again.")})
    return found
