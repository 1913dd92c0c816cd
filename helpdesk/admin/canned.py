"""Canned replies and macros: everybody's, of teams and of persons."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextareaWidget

from helpdesk.actions.canned import MAX_BODY
from helpdesk.actions.filling import checked_sets
from helpdesk.admin.base import HelpdeskAdmin
from helpdesk.models import CannedReply, Macro, Team


class MacroForm(forms.ModelForm):
    """Its changes are checked as the verb checks them."""

    def clean_sets(self) -> dict:
        sets = self.cleaned_data["sets"] or {}
        if not isinstance(sets, dict):
            raise forms.ValidationError(_("Write them as {“name”: value}."))
        return checked_sets(sets)


@admin.register(Macro)
class MacroAdmin(HelpdeskAdmin):
    form = MacroForm
    list_display = ("name", "says", "team", "owner", "updated_at")
    list_select_related = ("team", "owner")
    search_fields = ("name",)
    ordering = ("name", "id")
    autocomplete_fields = ("owner",)
    fields = ("name", "says", "body", "sets", "team", "owner")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "team":
            kwargs["queryset"] = Team.objects.kept()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


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
