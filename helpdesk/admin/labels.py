"""What tickets are labelled with: ticket types, tags and their categories."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from helpdesk.actions.tags import merge_tags
from helpdesk.actions.usage import USES
from helpdesk.admin.base import ConfigurationAdmin, acting
from helpdesk.admin.forms import SettingForm
from helpdesk.admin.paging import AheadPaginator
from helpdesk.admin.steps import step
from helpdesk.models import Tag, TagCategory, TicketType

HUES = [
    gettext_lazy("Indigo"),
    gettext_lazy("Teal"),
    gettext_lazy("Green"),
    gettext_lazy("Amber"),
    gettext_lazy("Red"),
    gettext_lazy("Plum"),
    gettext_lazy("Violet"),
    gettext_lazy("Ochre"),
    gettext_lazy("Grey"),
]


def dot(hue: int, word: str) -> SafeString:
    """A colour of the nine, and words beside it."""
    return format_html(
        '<span class="hue-dot" data-hue="{}" aria-hidden="true"></span>{}', hue, word
    )


@admin.register(TicketType)
class TicketTypeAdmin(ConfigurationAdmin):
    list_display = ("name", "position", "used_by")
    ordering = ("position", "name_folded", "id")
    fields = ("name", "position")
    uses = USES[TicketType]


class TagCategoryForm(SettingForm):
    hue = forms.TypedChoiceField(
        label=gettext_lazy("Colour"),
        coerce=int,
        choices=lambda: [(number, dot(number, word)) for number, word in enumerate(HUES)],
        widget=UnfoldAdminRadioSelectWidget,
        initial=0,
    )


@admin.register(TagCategory)
class TagCategoryAdmin(ConfigurationAdmin):
    form = TagCategoryForm
    list_display = ("name", "colour", "position", "used_by")
    ordering = ("position", "name_folded", "id")
    fields = ("name", "hue", "position")
    uses = USES[TagCategory]

    @display(description=gettext_lazy("Colour"), ordering="hue")
    def colour(self, category: TagCategory) -> SafeString:
        return dot(category.hue, HUES[category.hue])


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(
        label=gettext_lazy("Tag to keep"),
        queryset=Tag.objects.none(),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = Tag.objects.kept().order_by("name_folded", "pk")


@admin.register(Tag)
class TagAdmin(ConfigurationAdmin):
    """Renaming keeps a tag's tickets; merging gives them another tag."""

    paginator = AheadPaginator
    list_display = ("name", "category_words", "used_by")
    list_filter = ("category",)
    list_select_related = ("category",)
    ordering = ("name_folded", "id")
    sortable_by = ("name",)
    fields = ("name", "category")
    actions_detail = ("merge", "restore_one")
    uses = USES[Tag]

    @display(description=gettext_lazy("Category"))
    def category_words(self, tag: Tag) -> str:
        return dot(tag.category.hue, tag.category.name) if tag.category_id else "–"

    def has_merge_permission(self, request, object_id=None):
        row = self.get_object(request, str(object_id))
        return row is not None and row.deleted_at is None

    @action(description=gettext_lazy("Merge"), url_path="merge", permissions=["merge"])
    def merge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        tag = self.found(request, object_id)

        def do(form) -> str:
            into = form.cleaned_data["into"]
            number = merge_tags(tag, into, by=acting(request))
            self.log_change(request, tag, _("Merged into “%(name)s”.") % {"name": into})
            words = ngettext(
                "%(count)d ticket now has “%(name)s” instead.",
                "%(count)d tickets now have “%(name)s” instead.",
                number,
            )
            return words % {"count": number, "name": into}

        return step(
            self,
            request,
            tag,
            title=_("Merge “%(name)s” into another tag") % {"name": tag},
            words=_("Every ticket of this tag gets the other one, and this tag is deleted."),
            button=_("Merge"),
            do=do,
            form_class=MergeForm,
        )
