"""Queues: the containers tickets live in."""

from django.contrib import admin
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from helpdesk.actions.usage import USES
from helpdesk.admin.base import ConfigurationAdmin
from helpdesk.models import Queue
from helpdesk.models.configuration import configuration


@admin.register(Queue)
class QueueAdmin(ConfigurationAdmin):
    list_display = ("name", "slug", "teams_words", "workflow_words", "is_default", "used_by")
    list_filter = ("workflow",)
    ordering = ("position", "name_folded", "id")
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "description", "is_default", "position")}),
        (gettext_lazy("Who works here, and how"), {"fields": ("teams", "workflow")}),
        (gettext_lazy("E-mail"), {"fields": ("email_name", "email_address", "reopens_closed")}),
    )
    uses = USES[Queue]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields  # the slug of old stays

    @display(description=gettext_lazy("Teams"))
    def teams_words(self, queue: Queue) -> str:
        known = configuration()
        teams = [known.teams[pk] for pk in known.queue_teams.get(queue.pk, ())]
        kept = sorted(
            (team for team in teams if team.deleted_at is None), key=lambda t: t.name_folded
        )
        return ", ".join(team.name for team in kept) or "–"

    @display(description=gettext_lazy("Workflow"))
    def workflow_words(self, queue: Queue) -> str:
        workflow = configuration().workflow_of(queue.pk)
        return workflow.name if workflow else "–"
