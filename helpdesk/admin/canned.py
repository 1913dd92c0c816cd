"""Canned replies: everybody's, of teams and of persons."""

from django import forms
from django.contrib import admin
from unfold.widgets import UnfoldAdminTextareaWidget

from helpdesk.actions.canned import MAX_BODY
from helpdesk.admin.base import HelpdeskAdmin
from helpdesk.models import CannedReply, Team


class CannedReplyForm(forms.ModelForm):
    body = forms.CharField(
        label=CannedReply._meta.get_field("body").verbose_name,
        max_length=MAX_BODY,
        widget=UnfoldAdminTextareaWidget({"rows": 10}),
    )


@admin.register(CannedReply)
class CannedReplyAdmin(HelpdeskAdmin):
    form = CannedReplyForm
    list_display = ("name", "team", "owner", "updated_at")
    list_select_related = ("team", "owner")
    search_fields = ("name",)
    ordering = ("name", "id")
    autocomplete_fields = ("owner", "tags")
    fields = ("name", "body", "format", "team", "owner", "tags")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "team":
            kwargs["queryset"] = Team.objects.kept()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
