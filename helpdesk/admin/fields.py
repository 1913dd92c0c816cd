"""Custom fields and their options."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from helpdesk.actions.usage import number_of_tickets, tickets_choosing, tickets_with
from helpdesk.admin.base import ConfigurationAdmin, QuietList, SettingInline
from helpdesk.admin.forms import RevivingForm, SettingForm, SettingFormSet
from helpdesk.models import CustomField, FieldOption


class CustomFieldForm(SettingForm):
    def clean_kind(self) -> str:
        kind = self.cleaned_data["kind"]
        if self.instance.pk and kind != self.initial["kind"]:
            number = tickets_with([self.instance])[self.instance.pk]
            if number:
                words = ngettext(
                    "%(count)d ticket holds a value of this kind. Make a new field instead.",
                    "%(count)d tickets hold values of this kind. Make a new field instead.",
                    number,
                )
                raise ValidationError(words % {"count": number})
        return kind

    def clean_key(self) -> str:
        key = self.cleaned_data["key"]
        twin = CustomField.objects.filter(key=key).exclude(pk=self.instance.pk).first()
        if twin is not None and twin.deleted_at:
            raise ValidationError(_("A deleted field has this key. Restore it, or choose another."))
        if twin is not None:
            raise ValidationError(_("Another field has this key."))
        return key


class OptionForm(RevivingForm):
    twin_of = ("field", "label")


class OptionFormSet(SettingFormSet):
    """Options that tickets have chosen stay."""

    def clean(self) -> None:
        super().clean()
        for form in self.deleted_forms:
            number = self.chosen.get(form.instance.pk, 0)
            if number:
                words = ngettext(
                    "“%(name)s” can't be removed: %(count)d ticket chose it.",
                    "“%(name)s” can't be removed: %(count)d tickets chose it.",
                    number,
                )
                raise ValidationError(words % {"name": form.instance, "count": number})


class OptionsOfField(SettingInline):
    model = FieldOption
    form = OptionForm
    formset = OptionFormSet
    fields = ("label", "position", "chosen_by")
    readonly_fields = ("chosen_by",)
    chosen: dict[int, int] = {}

    def get_formset(self, request, obj=None, **kwargs):
        if obj is not None:  # an inline is made anew for each request
            self.chosen = tickets_choosing(obj, list(self.get_queryset(request).filter(field=obj)))
        formset = super().get_formset(request, obj, **kwargs)
        formset.chosen = self.chosen
        return formset

    @display(description=gettext_lazy("Chosen by"))
    def chosen_by(self, option: FieldOption) -> str:
        return number_of_tickets(self.chosen.get(option.pk, 0))


class FieldList(QuietList):
    """The list of fields with how many tickets hold each: one statement more, always."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        holding = tickets_with(self.result_list)
        for custom in self.result_list:
            custom.used_by_tickets = holding[custom.pk]


ABOUT = (
    "name",
    "key",
    "kind",
    "help_text",
    "required",
    "required_to_resolve",
    "staff_only",
)


@admin.register(CustomField)
class CustomFieldAdmin(ConfigurationAdmin):
    form = CustomFieldForm
    list_display = ("name", "key", "kind_words", "required", "staff_only", "position", "used_by")
    list_filter = ("kind", "required", "staff_only")
    ordering = ("position", "id")
    search_fields = ("name_folded", "key")
    inlines = (OptionsOfField,)
    filter_horizontal = ()
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    "key",
                    "kind",
                    "help_text",
                    "required",
                    "required_to_resolve",
                    "staff_only",
                )
            },
        ),
        (gettext_lazy("Where it appears"), {"fields": ("queues", "types", "position")}),
    )

    def get_changelist(self, request, **kwargs):
        return FieldList

    def get_readonly_fields(self, request, obj=None):
        return ("key",) if obj else ()

    def get_inlines(self, request, obj):
        return self.inlines if obj is None or obj.has_options else ()

    @display(description=gettext_lazy("Kind"), ordering="kind")
    def kind_words(self, custom: CustomField) -> str:
        return custom.get_kind_display()

    @display(description=gettext_lazy("Used by"))
    def used_by(self, custom: CustomField) -> str:
        return number_of_tickets(custom.used_by_tickets)
