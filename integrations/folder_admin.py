"""Folders that clients of served APIs made, in the admin site: each may lead to another queue."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from helpdesk.models import Queue
from integrations.gateway import folders
from integrations.models import Record


class FolderForm(forms.ModelForm):
    queue = forms.ModelChoiceField(
        label=gettext_lazy("Queue"),
        queryset=Queue.objects.none(),
        required=False,
        empty_label=gettext_lazy("The key's home queue"),
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Where new tickets of this folder go."),
    )

    class Meta:
        model = Record
        fields = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        reached = [queue.pk for queue in folders.queues_for(self.instance.key)]
        self.fields["queue"].queryset = Queue.objects.filter(pk__in=reached)
        self.initial["queue"] = folders.queue_of(self.instance)


@admin.register(Record)
class FolderAdmin(ModelAdmin):
    """What else is remembered for a key is nobody's to edit."""

    form = FolderForm
    fields = ("folder", "key", "name", "queue")
    readonly_fields = ("folder", "key", "name")
    list_display = ("folder", "key", "service", "created_at")
    list_select_related = ("key",)
    list_filter = ("service",)
    search_fields = ("name",)
    ordering = ("-id",)
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).filter(kind=folders.KIND, key__isnull=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Record | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Record, form: FolderForm, change: bool) -> None:
        folders.point(obj, form.cleaned_data["queue"])

    @display(description=gettext_lazy("Folder"))
    def folder(self, record: Record) -> str:
        return record.content.get("name") or record.name
