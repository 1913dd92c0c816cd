"""What the OpenAPI document says of snoozing, moving messages, checklists and time spent."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from helpdesk.api.schemas.common import (
    EMPTY,
    IF_MATCH,
    PAGE_PARAMETERS,
    READ_FAILS,
    Reference,
    SmallPerson,
    operation,
    page_of,
    path_of_ticket,
)
from helpdesk.api.schemas.tickets import TAG, TicketRead

FAILS = (400, 403, 404, 413, 415)
GONE = (400, 403, 404)
ON_STEP = [path_of_ticket(), OpenApiParameter("step", str, OpenApiParameter.PATH)]
ON_ENTRY = [path_of_ticket(), OpenApiParameter("entry", str, OpenApiParameter.PATH)]


class SnoozeWrite(serializers.Serializer):
    until = serializers.DateTimeField()


class MoveWrite(serializers.Serializer):
    into = Reference(help_text="The ticket that gets them: its number or uuid.")
    comments = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)


class StepRead(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    text = serializers.CharField()
    done = serializers.BooleanField()
    done_at = serializers.DateTimeField(allow_null=True)
    done_by = SmallPerson(allow_null=True)
    created_at = serializers.DateTimeField()


class StepWrite(serializers.Serializer):
    text = serializers.CharField(max_length=300)


class StepChange(serializers.Serializer):
    text = serializers.CharField(max_length=300, required=False)
    done = serializers.BooleanField(required=False)
    position = serializers.IntegerField(
        min_value=0, max_value=10_000, required=False, help_text="Counted from 0."
    )


class TimeRead(serializers.Serializer):
    id = serializers.IntegerField()
    uuid = serializers.UUIDField()
    minutes = serializers.IntegerField()
    note = serializers.CharField()
    worked_on = serializers.DateField()
    person = SmallPerson(allow_null=True)
    person_name = serializers.CharField()
    comment = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()


class TimeWrite(serializers.Serializer):
    minutes = serializers.IntegerField(min_value=1, max_value=100_000)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    worked_on = serializers.DateField(required=False)
    comment = serializers.UUIDField(required=False, help_text="The message it was spent on.")


class TimeChange(serializers.Serializer):
    minutes = serializers.IntegerField(min_value=1, max_value=100_000, required=False)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    worked_on = serializers.DateField(required=False)


ticket_snooze = operation(
    "tickets_snooze",
    "Snooze a ticket",
    TAG,
    {200: TicketRead},
    request=SnoozeWrite,
    parameters=[path_of_ticket(), IF_MATCH],
    fails=(*FAILS, 412),
    description="Put aside until a moment to come. It wakes then, or when the customer writes.",
)
ticket_wake = operation(
    "tickets_wake",
    "Wake a snoozed ticket",
    TAG,
    {200: TicketRead},
    parameters=[path_of_ticket(), IF_MATCH],
    fails=(*GONE, 412),
)
comments_move = operation(
    "comments_move",
    "Move messages to another ticket",
    TAG,
    {200: TicketRead},
    request=MoveWrite,
    parameters=[path_of_ticket(), IF_MATCH],
    fails=(*FAILS, 412),
    description="With their files and times; each keeps its author. The other ticket is answered.",
)
step_list = operation(
    "checklist_list",
    "List the steps of a ticket",
    TAG,
    {200: page_of(StepRead)},
    parameters=[path_of_ticket(), *PAGE_PARAMETERS],
    fails=READ_FAILS,
    description="The checklist in its order.",
)
step_post = operation(
    "checklist_create",
    "Add a step to a ticket's checklist",
    TAG,
    {201: StepRead},
    request=StepWrite,
    parameters=[path_of_ticket()],
    fails=FAILS,
)
step_patch = operation(
    "checklist_update",
    "Reword, tick off or move a step",
    TAG,
    {200: StepRead},
    request=StepChange,
    parameters=ON_STEP,
    fails=FAILS,
)
step_delete = operation(
    "checklist_delete",
    "Take a step away",
    TAG,
    {204: EMPTY},
    parameters=ON_STEP,
    fails=GONE,
)
time_list = operation(
    "time_spent_list",
    "List the time spent on a ticket",
    TAG,
    {200: page_of(TimeRead)},
    parameters=[path_of_ticket(), *PAGE_PARAMETERS],
    fails=READ_FAILS,
    description="Oldest first; `total_minutes` is the sum of all.",
)
time_post = operation(
    "time_spent_create",
    "Note time spent on a ticket",
    TAG,
    {201: TimeRead},
    request=TimeWrite,
    parameters=[path_of_ticket()],
    fails=FAILS,
    description="In the name of the caller, for today unless `worked_on` says another day.",
)
time_patch = operation(
    "time_spent_update",
    "Correct time spent",
    TAG,
    {200: TimeRead},
    request=TimeChange,
    parameters=ON_ENTRY,
    fails=FAILS,
)
time_delete = operation(
    "time_spent_delete",
    "Take an entry of time spent away",
    TAG,
    {204: EMPTY},
    parameters=ON_ENTRY,
    fails=GONE,
)
