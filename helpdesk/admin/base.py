"""What every list of settings shares: usage, deletion that can be undone, one look-up of names."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from helpdesk.actions.auditing import record_setting
from helpdesk.actions.configuring import restore_setting, retire_setting
from helpdesk.actions.usage import Use, reasons_to_keep, uses_of
from helpdesk.actor import Actor
from helpdesk.admin.forms import RevivingForm, SettingForm, SettingFormSet
from helpdesk.admin.steps import step
from helpdesk.doors.pages import put_errors
from helpdesk.models import SettingChange
from helpdesk.models.base import Configuration
from helpdesk.models.configuration import touch
from helpdesk.permissions import actor_of
from helpdesk.text import fold


def acting(request: HttpRequest) -> Actor:
    """The administrator at this door."""
    return actor_of(request.user, "admin")


class KeptFilter(SimpleListFilter):
    """What is in use, unless the deleted are asked for."""

    title = gettext_lazy("deleted")
    parameter_name = "kept"

    def lookups(self, request, model_admin):
        return [("deleted", _("Deleted")), ("all", _("Both"))]

    def choices(self, changelist):
        choices = list(super().choices(changelist))
        choices[0]["display"] = _("Not deleted")
        return choices

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        if self.value() == "deleted":
            return queryset.exclude(deleted_at=None)
        return queryset.filter(deleted_at=None)


class QuietList(ChangeList):
    """A list that says how many rows it has at its foot alone, where that is known."""

    def get_results(self, request):
        super().get_results(request)
        self.full_result_count = self.result_count


class HelpdeskAdmin(ModelAdmin):
    """A list and a form of ours. What a verb refuses is said in the form."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would count the whole list
    list_per_page = 50
    warn_unsaved_form = True
    list_filter_sheet = False

    def get_changelist(self, request, **kwargs):
        return QuietList

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as refused:
            # The transaction is rolled back; the same form is drawn again with the reason in it.
            request.refusal = refused
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if (refusal := getattr(request, "refusal", None)) is None:
            return form

        def clean(refused):
            cleaned = super(type(refused), refused).clean()
            put_errors(refused, refusal)
            return cleaned

        return type("RefusedForm", (form,), {"clean": clean})

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        return plain(super().formfield_for_dbfield(db_field, request, **kwargs))

    def save_formset(self, request, form, formset, change):
        if issubclass(formset.model, Configuration):
            retire_removed(formset)
        else:
            formset.save()

    def found(self, request: HttpRequest, object_id: str) -> Model:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def get_search_results(self, request, queryset, search_term):
        """Names are searched in their folded form, whatever case and width they are typed in."""
        return super().get_search_results(request, queryset, fold(search_term))


class ConfigurationAdmin(HelpdeskAdmin):
    """Settings that are soft-deleted: what is used stays, and what was deleted comes back.

    `uses` are the rows that keep a setting from being deleted.
    """

    form = SettingForm
    uses: tuple[Use, ...] = ()
    search_fields = ("name_folded",)
    actions = ("restore",)
    actions_detail = ("restore_one",)
    delete_confirmation_template = "admin/retire.html"
    delete_selected_confirmation_template = "admin/retire_selected.html"

    def get_queryset(self, request) -> QuerySet:
        rows = super().get_queryset(request)
        return rows.annotate(**{use.name: use.annotation() for use in self.uses})

    def get_list_filter(self, request):
        return (*super().get_list_filter(request), KeptFilter)

    def get_search_results(self, request, queryset, search_term):
        if request.resolver_match.url_name == "autocomplete":
            queryset = queryset.filter(deleted_at=None)
        return super().get_search_results(request, queryset, search_term)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        return super().formfield_for_foreignkey(db_field, request, **_kept(db_field, kwargs))

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        kwargs.setdefault("widget", UnfoldAdminCheckboxSelectMultipleWidget)
        return super().formfield_for_manytomany(db_field, request, **_kept(db_field, kwargs))

    @display(description=gettext_lazy("Used by"))
    def used_by(self, row: Model) -> str:
        return ", ".join(uses_of(row, self.uses)) or "–"

    # Saving ------------------------------------------------------------------------------------

    def save_model(self, request, obj, form, change):
        if getattr(obj, "is_default", False):
            for other in type(obj).objects.filter(is_default=True).exclude(pk=obj.pk):
                other.is_default = False
                other.save(update_fields=["is_default"])
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        touch()  # sets of ids change without a save()
        note_saved(request, form, formsets, change)

    # Deletion ----------------------------------------------------------------------------------

    def reasons_to_keep(self, request: HttpRequest, row: Model) -> list[str]:
        """Why this row can't be deleted, in words; empty if it can."""
        return reasons_to_keep(row)

    def get_deleted_objects(self, objs, request):
        rows = list(objs)
        reasons = [reason for row in rows for reason in self.reasons_to_keep(request, row)]
        counts = {self.opts.verbose_name_plural: len(rows)}
        return [str(row) for row in rows], counts, set(), reasons

    def delete_model(self, request, obj):
        retire_setting(obj, by=acting(request))

    def delete_queryset(self, request, queryset):
        for row in queryset.filter(deleted_at=None):
            self.delete_model(request, row)

    def has_delete_permission(self, request, obj=None):
        gone = obj is not None and obj.deleted_at is not None
        return not gone and super().has_delete_permission(request, obj)

    @admin.action(description=gettext_lazy("Restore what was deleted"))
    def restore(self, request, queryset):
        restored = [self.bring_back(request, row) for row in queryset.exclude(deleted_at=None)]
        words = ngettext("%(count)d restored.", "%(count)d restored.", len(restored))
        messages.success(request, words % {"count": len(restored)})

    def bring_back(self, request: HttpRequest, row: Model) -> Model:
        row = restore_setting(row, by=acting(request))
        self.log_change(request, row, _("Restored."))
        return row

    def has_restore_permission(self, request, object_id=None):
        row = self.get_object(request, str(object_id))
        return row is not None and row.deleted_at is not None

    @action(description=gettext_lazy("Restore"), url_path="restore", permissions=["restore"])
    def restore_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.found(request, object_id)

        def restore(form) -> str:
            self.bring_back(request, row)
            return _("“%(name)s” is back.") % {"name": row}

        return step(
            self,
            request,
            row,
            title=_("Restore “%(name)s”") % {"name": row},
            words=_("It appears in lists and forms again, as it was."),
            button=_("Restore"),
            do=restore,
        )


class SettingInline(TabularInline):
    """Rows inside a setting's form: soft-deleted, and revived when they are added again."""

    form = RevivingForm
    formset = SettingFormSet
    extra = 0
    hide_title = True

    def get_queryset(self, request):
        return super().get_queryset(request).filter(deleted_at=None)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        return plain(super().formfield_for_dbfield(db_field, request, **kwargs))

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        return super().formfield_for_foreignkey(db_field, request, **_kept(db_field, kwargs))

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        kwargs.setdefault("widget", UnfoldAdminCheckboxSelectMultipleWidget)
        return super().formfield_for_manytomany(db_field, request, **_kept(db_field, kwargs))


def note_saved(request: HttpRequest, form, formsets, change: bool) -> None:
    """Write down what a form of settings changed: its fields, and that its lists did."""
    fields = {name: [form.initial.get(name), form.cleaned_data[name]] for name in form.changed_data}
    for formset in formsets:
        if formset.has_changed():
            words = [str(one) for one in formset.queryset]
            fields[formset.model._meta.model_name] = [words, _("changed")]
    if fields or not change:
        kind = SettingChange.Kind.CHANGED if change else SettingChange.Kind.MADE
        record_setting(kind, form.instance, by=acting(request), fields=fields)


def retire_removed(formset) -> None:
    """Save a list inside a form: what was removed in it is soft-deleted."""
    rows = formset.save(commit=False)
    for row in formset.deleted_objects:
        row.deleted_at = timezone.now()
        row.save(update_fields=["deleted_at"])
    for row in rows:
        row.save()
    formset.save_m2m()


def plain(field: forms.Field | None) -> forms.Field | None:
    """A field without links that open other forms in windows of their own."""
    if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
        field.widget = field.widget.widget
    return field


def offer(formset: type, name: str, choices: list[tuple]) -> None:
    """Give a field of every row the same choices, read once instead of once a row."""
    field = formset.form.base_fields[name]
    field.choices = choices if field.required and len(choices) == 1 else [("", "–"), *choices]


def _kept(db_field, kwargs: dict) -> dict:
    related = db_field.related_model
    if issubclass(related, Configuration):
        kwargs.setdefault("queryset", related._default_manager.filter(deleted_at=None))
    return kwargs
