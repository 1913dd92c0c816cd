"""What reports keep beside the tickets: how long each status lasted, and counts of each day."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.models.tickets import Priority, Ticket
from helpdesk.models.workflow import Queue, Status


class StatusInterval(models.Model):
    """One stay of a ticket in a status. Written by `helpdesk.reports.intervals`, a subscriber.

    `version` is that of the change which began it; `written_at` moves whenever the row, or who
    sees its ticket, changed. An open interval has no `left_at`.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="status_intervals")
    status = models.ForeignKey(Status, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("status interval")
        verbose_name_plural = _("status intervals")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "version"], name="status_interval_once"),
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(left_at=None), name="status_interval_one_open"
            ),
        ]
        indexes = [models.Index(fields=["written_at", "id"], name="status_interval_written")]


class ReportedDay(models.Model):
    """A day that was counted: the mark beside its rows, since a day may have none."""

    day = models.DateField(primary_key=True)
    counted_at = models.DateTimeField(default=timezone.now)


class DailyCount(models.Model):
    """How many tickets a day ended with in a queue, status and priority. No row means none.

    `rebuilt` says that it was counted later than the day after: status, queue and priority are
    those of the day, by history, but `overdue` and `unassigned` are of when it was counted.
    """

    day = models.DateField()
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="+")
    status = models.ForeignKey(Status, models.CASCADE, related_name="+")
    priority = models.CharField(max_length=10, choices=Priority.choices)
    tickets = models.PositiveIntegerField()
    overdue = models.PositiveIntegerField(default=0)
    unassigned = models.PositiveIntegerField(default=0)
    rebuilt = models.BooleanField(default=False)
    counted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("daily count")
        verbose_name_plural = _("daily counts")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "queue", "status", "priority"], name="daily_count_once"
            )
        ]
        indexes = [models.Index(fields=["counted_at", "id"], name="daily_count_counted")]
