"""Snoozing a ticket, moving messages off it, its checklist, and the time spent on it."""

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk import actions
from helpdesk.api.base import PAGING, ApiView, answer, found_or_404, nothing
from helpdesk.api.comment_shape import comments_of
from helpdesk.api.fields import CalledField, MomentField, StrictSerializer, found_called
from helpdesk.api.merging import MAX_COMMENTS
from helpdesk.api.preconditions import unchanged_since
from helpdesk.api.schemas.working import (
    StepRead,
    TimeRead,
    comments_move,
    step_delete,
    step_list,
    step_patch,
    step_post,
    ticket_snooze,
    ticket_wake,
    time_delete,
    time_list,
    time_patch,
    time_post,
)
from helpdesk.api.shapes import small_person
from helpdesk.api.tickets import TicketView
from helpdesk.filters import SortKey
from helpdesk.lookup import tickets_called
from helpdesk.models import ChecklistItem, TimeSpent


class SnoozeInput(StrictSerializer):
    until = MomentField()


class MoveInput(StrictSerializer):
    into = CalledField(tickets_called)
    comments = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MAX_COMMENTS
    )


class StepInput(StrictSerializer):
    text = serializers.CharField(max_length=300)


class StepChangeInput(StrictSerializer):
    text = serializers.CharField(max_length=300, required=False)
    done = serializers.BooleanField(required=False)
    position = serializers.IntegerField(min_value=0, max_value=10_000, required=False)


class TimeChangeInput(StrictSerializer):
    minutes = serializers.IntegerField(min_value=1, max_value=100_000, required=False)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    worked_on = serializers.DateField(required=False)


class TimeInput(TimeChangeInput):
    minutes = serializers.IntegerField(min_value=1, max_value=100_000)
    comment = serializers.UUIDField(required=False)


class Snoozed(TicketView):
    @ticket_snooze
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        until = self.checked(SnoozeInput)["until"]
        with unchanged_since(request, ticket, self.actor):
            ticket = actions.snooze(ticket, by=self.actor, until=until)
        return self.said(ticket)

    @ticket_wake
    def delete(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        with unchanged_since(request, ticket, self.actor):
            ticket = actions.wake(ticket, by=self.actor)
        return self.said(ticket)


class MovedComments(TicketView):
    @comments_move
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        wanted = self.checked(MoveInput)
        into = found_called(wanted["into"], tickets_called, "into", self.actor)
        rows = comments_of(ticket.pk, self.actor)
        comments = list(rows.filter(uuid__in=wanted["comments"]))
        if len(comments) != len(set(wanted["comments"])):
            raise ValidationError({"comments": _("A message is not on this ticket.")})
        with unchanged_since(request, ticket, self.actor):
            moved = actions.move_comments(ticket, comments, into, by=self.actor)
        return self.said(moved)


class Checklist(ApiView):
    params = PAGING
    reads = StepRead

    @step_list
    def get(self, request, ref: str) -> HttpResponse:
        rows = ChecklistItem.objects.filter(ticket=self.ticket(ref)).select_related("done_by")
        in_order = [SortKey("position"), SortKey("id")]
        return self.list_of(rows, in_order, lambda found: [_step(one) for one in found])

    @step_post
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        step = actions.add_step(ticket, by=self.actor, text=self.checked(StepInput)["text"])
        return answer(_step(step), 201)


class OneStep(ApiView):
    @step_patch
    def patch(self, request, ref: str, step: str) -> HttpResponse:
        found = self.step(ref, step)
        wanted = self.checked(StepChangeInput, partial=True)
        if "done" in wanted:
            wanted["is_done"] = wanted.pop("done")
        return answer(_step(actions.change_step(found, by=self.actor, **wanted)))

    @step_delete
    def delete(self, request, ref: str, step: str) -> HttpResponse:
        actions.remove_step(self.step(ref, step), by=self.actor)
        return nothing()

    def step(self, ref: str, step: str) -> ChecklistItem:
        rows = ChecklistItem.objects.filter(ticket=self.ticket(ref))
        return found_or_404(rows.select_related("ticket", "done_by"), step)


class Times(ApiView):
    params = PAGING
    reads = TimeRead

    @time_list
    def get(self, request, ref: str) -> HttpResponse:
        rows = TimeSpent.objects.filter(ticket=self.ticket(ref))
        total = rows.aggregate(total=Sum("minutes"))["total"] or 0
        return self.list_of(
            rows.select_related("person", "comment"),
            [SortKey("id")],
            lambda found: [_time(one) for one in found],
            more={"total_minutes": total},
        )

    @time_post
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        wanted = self.checked(TimeInput)
        if identity := wanted.pop("comment", None):
            comment = comments_of(ticket.pk, self.actor).filter(uuid=identity).first()
            if comment is None:
                raise ValidationError({"comment": _("A message is not on this ticket.")})
            wanted["comment"] = comment
        return answer(_time(actions.note_time(ticket, by=self.actor, **wanted)), 201)


class OneTime(ApiView):
    @time_patch
    def patch(self, request, ref: str, entry: str) -> HttpResponse:
        row = self.entry(ref, entry)
        wanted = self.checked(TimeChangeInput, partial=True)
        return answer(_time(actions.change_time(row, by=self.actor, **wanted)))

    @time_delete
    def delete(self, request, ref: str, entry: str) -> HttpResponse:
        actions.remove_time(self.entry(ref, entry), by=self.actor)
        return nothing()

    def entry(self, ref: str, entry: str) -> TimeSpent:
        rows = TimeSpent.objects.filter(ticket=self.ticket(ref))
        return found_or_404(rows.select_related("ticket", "person", "comment"), entry)


def _step(step: ChecklistItem) -> dict:
    return {
        "id": step.pk,
        "uuid": step.uuid,
        "text": step.text,
        "done": step.is_done,
        "done_at": step.done_at,
        "done_by": small_person(step.done_by),
        "created_at": step.created_at,
    }


def _time(row: TimeSpent) -> dict:
    return {
        "id": row.pk,
        "uuid": row.uuid,
        "minutes": row.minutes,
        "note": row.note,
        "worked_on": row.worked_on,
        "person": small_person(row.person),
        "person_name": row.person_name,
        "comment": row.comment.uuid if row.comment_id else None,
        "created_at": row.created_at,
    }
