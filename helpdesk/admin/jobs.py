"""Work in the background, and changes that the announcer set aside."""

from django.contrib import admin, messages
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from helpdesk import changes
from helpdesk.admin.base import HelpdeskAdmin
from helpdesk.admin.paging import AheadPaginator
from helpdesk.models import Change, Job


class ReadOnlyAdmin(HelpdeskAdmin):
    """Rows to look at."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    paginator = AheadPaginator
    list_display = ("shown", "kind_words", "state_words", "progress_words", "owner", "created_at")
    list_filter = ("state", "kind")
    list_select_related = ("owner",)
    search_fields = ("name",)
    ordering = ("-id",)
    sortable_by = ()
    actions = None
    fields = (
        *("name", "kind_words", "state_words", "progress_words", "owner", "error"),
        *("created_at", "started_at", "finished_at"),
    )

    @display(description=gettext_lazy("Job"))
    def shown(self, job: Job) -> str:
        return str(job)

    @display(description=gettext_lazy("Kind"))
    def kind_words(self, job: Job) -> str:
        return job.get_kind_display()

    @display(description=gettext_lazy("State"))
    def state_words(self, job: Job) -> str:
        return job.get_state_display()

    @display(description=gettext_lazy("Rows done"))
    def progress_words(self, job: Job) -> str:
        if job.total is None:
            return str(job.done)
        return _("%(done)d of %(total)d") % {"done": job.done, "total": job.total}


@admin.register(Change)
class SetAsideAdmin(ReadOnlyAdmin):
    """Changes that a subscriber refused: nobody was mailed or mirrored because of them."""

    paginator = AheadPaginator
    list_display = ("shown", "kind_words", "person_name", "origin", "recorded_at", "error")
    list_select_related = ("ticket",)
    search_fields = ("announce_error",)
    ordering = ("id",)
    sortable_by = ()
    actions = ("announce_again",)
    fields = ("shown", "kind_words", "person_name", "origin", "recorded_at", "announce_error")

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(announce_error="")

    @display(description=gettext_lazy("Change"))
    def shown(self, change: Change) -> str:
        return f"#{change.ticket_id} {change.ticket.title} · v{change.version}"

    @display(description=gettext_lazy("What happened"))
    def kind_words(self, change: Change) -> str:
        return change.get_kind_display()

    @display(description=gettext_lazy("Why it was set aside"))
    def error(self, change: Change) -> str:
        return change.announce_error[:200]

    @admin.action(description=gettext_lazy("Announce again"))
    @transaction.atomic
    def announce_again(self, request, queryset):
        rows = Change.objects.filter(pk__in=queryset.values_list("pk", flat=True))
        number = rows.update(announce_error="")
        transaction.on_commit(changes.nudge, robust=True)
        words = ngettext(
            "%(count)d change is announced again.", "%(count)d changes are announced again.", number
        )
        messages.success(request, words % {"count": number})
