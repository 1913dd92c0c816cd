"""Connections in the admin site: what they are and how they fare. The console changes them."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from integrations.folder_admin import FolderAdmin
from integrations.models import Connection

__all__ = ["ConnectionAdmin", "FolderAdmin"]


@admin.register(Connection)
class ConnectionAdmin(ModelAdmin):
    """Read here, changed in the console; credentials are on no page."""

    show_full_result_count = False
    list_display = (
        "name",
        "service",
        "queue",
        "direction_words",
        "state_words",
        "error",
        "last_success_at",
    )
    list_filter = ("state", "service", "queue")
    list_select_related = ("queue",)
    search_fields = ("name", "service")
    ordering = ("name", "id")
    actions = None
    actions_list = ("console",)
    actions_detail = ("open_in_console",)
    fields = (
        *("name", "service", "queue", "direction_words", "scope_words", "query"),
        *("state_words", "error"),
        *("starts_at", "last_success_at", "created_at", "created_by"),
    )

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @display(description=gettext_lazy("Direction"), ordering="direction")
    def direction_words(self, connection: Connection) -> str:
        return connection.get_direction_display()

    @display(description=gettext_lazy("What is mirrored"))
    def scope_words(self, connection: Connection) -> str:
        return connection.get_scope_display()

    @display(description=gettext_lazy("State"), ordering="state")
    def state_words(self, connection: Connection) -> str:
        return connection.get_state_display()

    @action(description=gettext_lazy("All connections"), url_path="console")
    def console(self, request: HttpRequest) -> HttpResponse:
        return redirect(reverse("connections"))

    @action(description=gettext_lazy("Open this connection"), url_path="open")
    def open_in_console(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection = self.get_object(request, object_id)
        if connection is None:
            raise Http404
        return redirect(reverse("connection", args=(connection.uuid,)))
