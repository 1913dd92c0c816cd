"""The ticket as it is written: every editable field, by the names it is read under."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from helpdesk.actor import Actor
from helpdesk.api.fields import (
    Called,
    CalledField,
    MomentField,
    RowField,
    StrictSerializer,
    found_called,
    with_people_found,
)
from helpdesk.lookup import (
    organisations_called,
    people_called,
    tickets_called,
    uuid_of,
    visible_queues,
)
from helpdesk.models import Attachment, Channel, Format, Priority, Resolution
from helpdesk.models.configuration import configuration

PEOPLE = ("requester", "assignee")
MAX_FILES = 50


@extend_schema_field(
    {"type": "object", "additionalProperties": True, "description": "Values by key; null clears."}
)
class CustomValues(serializers.DictField):
    """Custom fields by key; their values are checked by their definitions."""


class TicketFieldsInput(StrictSerializer):
    body = serializers.CharField(allow_blank=True, trim_whitespace=False, required=False)
    body_format = serializers.ChoiceField(Format.choices, required=False)
    queue = RowField(visible_queues, required=False)
    type = RowField(lambda actor: configuration().types, required=False, allow_null=True)
    status = RowField(lambda actor: configuration().statuses, required=False)
    priority = serializers.ChoiceField(Priority.choices, required=False)
    requester = CalledField(people_called, may_be_new=True, required=False, allow_null=True)
    requester_name = serializers.CharField(allow_blank=True, required=False)
    organisation = CalledField(organisations_called, required=False, allow_null=True)
    assignee = CalledField(people_called, required=False, allow_null=True)
    team = RowField(lambda actor: configuration().teams, required=False, allow_null=True)
    parent = CalledField(tickets_called, required=False, allow_null=True)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    custom = CustomValues(required=False)
    channel = serializers.ChoiceField(Channel.choices, required=False)
    due_at = MomentField(required=False, allow_null=True)
    snoozed_until = MomentField(required=False, allow_null=True)
    resolution = serializers.ChoiceField(Resolution.choices, required=False, allow_blank=True)
    resolution_comment = serializers.CharField(allow_blank=True, required=False)
    source_url = serializers.CharField(allow_blank=True, required=False)

    def validate(self, values: dict) -> dict:
        actor = self.context["actor"]
        values = with_people_found(values, PEOPLE, actor)
        for name, look_up in (("organisation", organisations_called), ("parent", tickets_called)):
            if isinstance(values.get(name), Called):
                values[name] = found_called(values[name], look_up, name, actor)
        return values


class TicketInput(TicketFieldsInput):
    """What opens a ticket: only the title is required."""

    title = serializers.CharField()
    source = serializers.CharField(required=False, allow_blank=True, max_length=200)
    source_ref = serializers.CharField(required=False, allow_blank=True, max_length=200)
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_FILES
    )


class TicketChange(TicketFieldsInput):
    """What changes a ticket. `version` is the one that the caller saw."""

    title = serializers.CharField(required=False)
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class TicketBySource(TicketChange):
    """What opens the ticket of a source's reference, or changes it. A new one needs a title."""

    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_FILES
    )


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
