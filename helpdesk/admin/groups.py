"""Teams with their members, organisations with their e-mail domains."""

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline

from helpdesk.actions.usage import USES
from helpdesk.admin.base import ConfigurationAdmin, SettingInline, offer
from helpdesk.admin.forms import RowForm
from helpdesk.admin.paging import AheadPaginator
from helpdesk.admin.people import MembershipForm
from helpdesk.models import Membership, Organisation, OrganisationDomain, Team, User


class MembersOfTeam(SettingInline):
    model = Membership
    form = MembershipForm
    fields = ("user", "access", "is_lead")
    verbose_name = gettext_lazy("member")
    verbose_name_plural = gettext_lazy("members")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user", "team")

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.base_fields["user"].queryset = User.objects.staff()
        formset.form.base_fields["user"].label = _("Person")
        people = User.objects.staff().order_by("name_folded", "pk")
        offer(formset, "user", [(person.pk, str(person)) for person in people])
        return formset


@admin.register(Team)
class TeamAdmin(ConfigurationAdmin):
    list_display = ("name", "used_by")
    ordering = ("name_folded", "id")
    fields = ("name",)
    inlines = (MembersOfTeam,)
    uses = USES[Team]


class DomainsOfOrganisation(TabularInline):
    model = OrganisationDomain
    form = RowForm
    fields = ("domain",)
    extra = 0
    hide_title = True


@admin.register(Organisation)
class OrganisationAdmin(ConfigurationAdmin):
    paginator = AheadPaginator
    list_display = ("name", "shares_tickets", "used_by")
    list_filter = ("shares_tickets",)
    ordering = ("name_folded", "id")
    sortable_by = ("name",)
    search_fields = ("name_folded", "domains__domain")
    search_help_text = gettext_lazy("Name or e-mail domain")
    fields = ("name", "shares_tickets", "notes")
    inlines = (DomainsOfOrganisation,)
    uses = USES[Organisation]
