"""Statuses, and the workflows between them."""

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from helpdesk.actions.usage import USES
from helpdesk.actions.workflow import recategorise
from helpdesk.admin.base import ConfigurationAdmin, SettingInline, acting, offer
from helpdesk.admin.forms import RevivingForm
from helpdesk.models import Status, Transition, Workflow
from helpdesk.models.configuration import configuration
from helpdesk.templatetags import look


@admin.register(Status)
class StatusAdmin(ConfigurationAdmin):
    """A change of category takes the tickets of the status along."""

    list_display = ("status", "category_words", "pauses_sla", "position", "used_by")
    list_filter = ("category",)
    ordering = ("position", "id")
    fields = ("name", "category", "pauses_sla", "position")
    uses = USES[Status]

    @display(description=gettext_lazy("Status"), ordering="name_folded")
    def status(self, status: Status) -> str:
        return look.status(status.category, status.name)

    @display(description=gettext_lazy("Category"), ordering="category")
    def category_words(self, status: Status) -> str:
        return status.get_category_display()

    def save_model(self, request, obj, form, change):
        moves = change and "category" in form.changed_data
        category = obj.category
        if moves:
            obj.category = form.initial["category"]
        super().save_model(request, obj, form, change)
        if moves:
            number = recategorise(obj, category, by=acting(request))
            obj.category = category
            words = ngettext(
                "%(count)d ticket of this status counts as “%(category)s” now.",
                "%(count)d tickets of this status count as “%(category)s” now.",
                number,
            )
            said = {"count": number, "category": obj.get_category_display()}
            messages.info(request, words % said)


class TransitionForm(RevivingForm):
    twin_of = ("workflow", "name_folded")


class TransitionsOfWorkflow(SettingInline):
    model = Transition
    form = TransitionForm
    fields = (
        "name",
        "sources",
        "target",
        "takers",
        "needs_resolution",
        "needs_comment",
        "position",
    )

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("target").prefetch_related("sources")

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        statuses = configuration().statuses.values()
        choices = [(status.pk, status.name) for status in statuses if status.deleted_at is None]
        offer(formset, "target", choices)
        formset.form.base_fields["sources"].choices = choices
        return formset


@admin.register(Workflow)
class WorkflowAdmin(ConfigurationAdmin):
    list_display = ("name", "initial", "is_default", "used_by")
    list_select_related = ("initial",)
    ordering = ("name_folded", "id")
    fields = ("name", "initial", "is_default")
    inlines = (TransitionsOfWorkflow,)
    uses = USES[Workflow]
