"""Tickets as an administrator mends them: by verbs, bound to no workflow, trash included."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminURLInputWidget

from helpdesk import actions, search
from helpdesk.admin.base import HelpdeskAdmin, acting
from helpdesk.admin.paging import AheadPaginator
from helpdesk.admin.steps import step
from helpdesk.models import Channel, Ticket, custom_values
from helpdesk.models.base import Configuration
from helpdesk.templatetags import look

FIELDS = (
    *("title", "body", "body_format", "queue", "type", "status", "priority"),
    *("requester", "organisation", "assignee", "team", "parent", "tags"),
    *("due_at", "snoozed_until", "resolution", "resolution_comment", "source_url"),
)


class TicketForm(forms.ModelForm):
    """`base` is the version that was shown: what others changed meanwhile is not overwritten."""

    base = forms.IntegerField(widget=forms.HiddenInput, required=False)
    source_url = forms.URLField(
        label=gettext_lazy("Address there"),
        required=False,
        max_length=1000,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["base"].initial = self.instance.version if self.instance.pk else None
        if "body_format" in self.fields:
            self.fields["body_format"].label = _("Written as")
        if "status" in self.fields:
            self.fields["status"].required = bool(self.instance.pk)
            self.fields["queue"].required = bool(self.instance.pk)

    def _post_clean(self) -> None:
        """The verb sets and checks what was entered; the row at hand is left alone."""

    def save(self, commit: bool = True) -> Ticket:
        return self.instance


class TrashFilter(SimpleListFilter):
    title = gettext_lazy("trash")
    parameter_name = "trash"

    def lookups(self, request, model_admin):
        return [("only", _("In the trash")), ("all", _("Both"))]

    def choices(self, changelist):
        choices = list(super().choices(changelist))
        choices[0]["display"] = _("Not in the trash")
        return choices

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        if self.value() == "only":
            return queryset.exclude(deleted_at=None)
        return queryset.filter(deleted_at=None)


@admin.register(Ticket)
class TicketAdmin(HelpdeskAdmin):
    form = TicketForm
    paginator = AheadPaginator
    list_disable_select_all = True
    list_display = (
        *("number", "title", "status_words", "priority_words", "queue"),
        *("assignee", "requester_shown", "activity"),
    )
    list_display_links = ("number", "title")
    list_filter = ("status_category", "queue", "status", "priority", "type", "team", TrashFilter)
    list_select_related = ("queue", "status", "assignee", "requester")
    search_fields = ("title",)
    search_help_text = gettext_lazy("Words or a number")
    ordering = ("-id",)
    sortable_by = ("number", "activity")
    autocomplete_fields = ("requester", "organisation", "assignee", "tags")
    raw_id_fields = ("parent",)
    actions = ("restore",)
    actions_detail = ("open_in_workspace", "restore_one")
    readonly_fields = ("custom_words", "facts")
    delete_confirmation_template = "admin/retire.html"
    delete_selected_confirmation_template = "admin/retire_selected.html"

    def get_fieldsets(self, request, obj=None):
        what = (None, {"fields": ("title", "body", "body_format", "base")})
        where = (_("Handling"), {"fields": (*FIELDS[3:7], "assignee", "team", "tags")})
        who = (_("People"), {"fields": ("requester", "organisation")})
        dates = (_("Dates and result"), {"fields": ("parent", *FIELDS[13:])})
        also = (_("Also"), {"fields": ("custom_words", "facts")})
        return (what, where, who, dates, also) if obj else (what, where, who, dates)

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        return search.matching(queryset, search_term, acting(request)), False

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        related = db_field.related_model
        if issubclass(related, Configuration):
            kwargs.setdefault("queryset", related._default_manager.filter(deleted_at=None))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    # The list ----------------------------------------------------------------------------------

    @display(description=gettext_lazy("Number"), ordering="id")
    def number(self, ticket: Ticket) -> str:
        return f"#{ticket.pk}"

    @display(description=gettext_lazy("Status"))
    def status_words(self, ticket: Ticket) -> str:
        return look.status(ticket.status_category, ticket.status.name)

    @display(description=gettext_lazy("Priority"))
    def priority_words(self, ticket: Ticket) -> str:
        return look.priority(ticket.priority)

    @display(description=gettext_lazy("Activity"), ordering="last_activity_at")
    def activity(self, ticket: Ticket) -> str:
        return look.time_tag(ticket.last_activity_at, "age")

    @display(description=gettext_lazy("Requester"))
    def requester_shown(self, ticket: Ticket) -> str:
        return ticket.requester_words or "–"

    # The form ----------------------------------------------------------------------------------

    @display(description=gettext_lazy("Custom fields"))
    def custom_words(self, ticket: Ticket) -> str:
        rows = [
            (custom.name, custom_values.words(custom, stored))
            for custom, stored in ticket.custom_fields
            if stored is not None
        ]
        return format_html_join("", "<div>{}: {}</div>", rows) or "–"

    @display(description=gettext_lazy("Where it came from"))
    def facts(self, ticket: Ticket) -> str:
        came = _("Created %(at)s by %(channel)s, version %(version)d.") % {
            "at": ticket.created_at.isoformat(sep=" ", timespec="minutes"),
            "channel": ticket.get_channel_display(),
            "version": ticket.version,
        }
        source = f" {ticket.source} {ticket.source_ref}" if ticket.source else ""
        return came + source

    def save_model(self, request, obj, form, change):
        by = acting(request)
        cleaned = {name: form.cleaned_data[name] for name in FIELDS if name in form.cleaned_data}
        if "tags" in cleaned:
            cleaned["tags"] = list(cleaned["tags"])
        if change:
            fields = {name: cleaned[name] for name in form.changed_data if name in cleaned}
            actions.change_ticket(obj, by=by, base=form.cleaned_data["base"], **fields)
            return
        fields = {name: value for name, value in cleaned.items() if value not in (None, "", [])}
        ticket = actions.open_ticket(by=by, channel=Channel.WEB, **fields)
        obj.pk, obj.title, obj._state.adding = ticket.pk, ticket.title, False

    def save_related(self, request, form, formsets, change):
        """The verb has set the tags."""

    def construct_change_message(self, request, form, formsets, add=False):
        return super().construct_change_message(request, form, [], add)

    # The trash ---------------------------------------------------------------------------------

    def has_delete_permission(self, request, obj=None):
        gone = isinstance(obj, Ticket) and obj.is_deleted
        return not gone and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs, request):
        rows = list(objs)
        return [str(row) for row in rows], {self.opts.verbose_name_plural: len(rows)}, set(), []

    def delete_model(self, request, obj):
        actions.delete_ticket(obj, by=acting(request))

    def delete_queryset(self, request, queryset):
        for ticket in queryset.filter(deleted_at=None):
            actions.delete_ticket(ticket, by=acting(request))

    @admin.action(description=gettext_lazy("Restore from the trash"))
    def restore(self, request, queryset):
        gone = list(queryset.exclude(deleted_at=None))
        for ticket in gone:
            actions.restore_ticket(ticket, by=acting(request))
        words = ngettext("%(count)d ticket restored.", "%(count)d tickets restored.", len(gone))
        messages.success(request, words % {"count": len(gone)})

    def has_restore_permission(self, request, object_id=None):
        ticket = self.get_object(request, str(object_id))
        return ticket is not None and ticket.is_deleted

    @action(description=gettext_lazy("Restore"), url_path="restore", permissions=["restore"])
    def restore_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        ticket = self.found(request, object_id)

        def do(form) -> str:
            actions.restore_ticket(ticket, by=acting(request))
            return _("%(ticket)s is back.") % {"ticket": ticket}

        return step(
            self,
            request,
            ticket,
            title=_("Restore #%(number)s") % {"number": ticket.pk},
            words=_("It leaves the trash and appears in lists again, as it was."),
            button=_("Restore"),
            do=do,
        )

    @action(description=gettext_lazy("Open in the workspace"), url_path="workspace")
    def open_in_workspace(self, request: HttpRequest, object_id: str) -> HttpResponse:
        ticket = self.found(request, object_id)
        return redirect(reverse("ticket", args=(ticket.pk,)))
