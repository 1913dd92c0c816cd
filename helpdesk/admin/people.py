"""People: made, changed and erased by verbs."""

from zoneinfo import available_timezones

import allauth.account.admin  # noqa: F401  registers what is unregistered below
import django.contrib.auth.admin  # noqa: F401
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from helpdesk import actions
from helpdesk.actions.usage import Use, tickets_by, uses_of
from helpdesk.actor import STAFF
from helpdesk.admin.base import HelpdeskAdmin, SettingInline, acting, offer
from helpdesk.admin.forms import RevivingForm
from helpdesk.admin.paging import AheadPaginator
from helpdesk.admin.steps import page, step
from helpdesk.models import Membership, User
from helpdesk.models.configuration import configuration, touch
from helpdesk.text import fold, one_line

admin.site.index_title = gettext_lazy("Overview")
admin.site.unregister(Group)  # what one may do follows from the role
admin.site.unregister(EmailAddress)  # a person's one address stands on the person

PROFILE = ("name", "email", "role", "organisation", "timezone", "locale", "signature", "is_active")


class PersonForm(forms.ModelForm):
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), required=False, widget=UnfoldAdminSelectWidget
    )
    locale = forms.ChoiceField(
        label=gettext_lazy("Language"), required=False, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "timezone" in self.fields:
            zones = sorted(available_timezones())
            self.fields["timezone"].choices = [
                ("", _("As the helpdesk")),
                *((zone, zone) for zone in zones),
            ]
            self.fields["locale"].choices = [("", _("As the browser")), *settings.LANGUAGES]

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean_email(self) -> str | None:
        email = fold(self.cleaned_data["email"] or "").strip()
        if email and User.objects.filter(email=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Another person has this address."))
        return (self.cleaned_data["email"] or "").strip() or None

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("role") in STAFF and not cleaned.get("email"):
            self.add_error("email", _("Whoever works here signs in with an address."))
        if not cleaned.get("name") and not cleaned.get("email"):
            self.add_error("name", _("Enter a name or an address."))
        return cleaned


class MembershipForm(RevivingForm):
    twin_of = ("user", "team")


class TeamsOfPerson(SettingInline):
    model = Membership
    form = MembershipForm
    fields = ("team", "access", "is_lead")
    verbose_name = gettext_lazy("team")
    verbose_name_plural = gettext_lazy("teams")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user", "team")

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        teams = [team for team in configuration().teams.values() if team.deleted_at is None]
        offer(formset, "team", [(team.pk, team.name) for team in teams])
        return formset


@admin.register(User)
class UserAdmin(HelpdeskAdmin):
    """People are made, changed and erased by verbs; nobody is ever deleted."""

    form = PersonForm
    paginator = AheadPaginator
    list_display = ("person", "address", "role_words", "organisation", "is_active", "used_by")
    list_filter = ("role", "is_active", ("erased_at", admin.EmptyFieldListFilter))
    list_select_related = ("organisation",)
    search_fields = ("name_folded", "email")
    search_help_text = gettext_lazy("Name or e-mail")
    ordering = ("name_folded", "id")
    sortable_by = ("person", "role_words")
    autocomplete_fields = ("organisation",)
    actions = None
    actions_detail = ("password_link", "erase")
    readonly_fields = ("created_at", "last_login", "erased_at")
    uses = (
        Use(
            "used_by_tickets",
            tickets_by("requester").rows,
            "requester",
            ngettext_lazy("%(count)d ticket of theirs", "%(count)d tickets of theirs", "count"),
        ),
        Use(
            "used_by_work",
            tickets_by("assignee").rows,
            "assignee",
            ngettext_lazy("%(count)d assigned", "%(count)d assigned", "count"),
        ),
    )

    def get_queryset(self, request):
        uses = {use.name: use.annotation() for use in self.uses}
        return super().get_queryset(request).annotate(**uses)

    def get_search_results(self, request, queryset, search_term):
        if request.resolver_match.url_name == "autocomplete":
            queryset = queryset.filter(erased_at=None)
            if request.GET.get("field_name") == "assignee":
                queryset = queryset.filter(role__in=STAFF, is_active=True)
        return super().get_search_results(request, queryset, search_term)

    def get_fieldsets(self, request, obj=None):
        person = (None, {"fields": ("name", "email", "role", "is_active", "organisation")})
        habits = (_("Habits"), {"fields": ("timezone", "locale", "signature")})
        dates = (_("Dates"), {"fields": self.readonly_fields})
        return (person, habits, dates) if obj else (person, habits)

    def get_inlines(self, request, obj):
        return [TeamsOfPerson] if obj is None or obj.role in STAFF else []

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        erased = obj is not None and obj.erased_at is not None
        return not erased and super().has_change_permission(request, obj)

    @display(description=gettext_lazy("Person"), ordering="name_folded")
    def person(self, person: User) -> str:
        return _("Erased person %(id)s") % {"id": person.pk} if person.erased_at else str(person)

    @display(description=gettext_lazy("E-mail"))
    def address(self, person: User) -> str:
        return person.email_written or "–"

    @display(description=gettext_lazy("Role"), ordering="role")
    def role_words(self, person: User) -> str:
        return person.get_role_display()

    @display(description=gettext_lazy("Tickets"))
    def used_by(self, person: User) -> str:
        return ", ".join(uses_of(person, self.uses)) or "–"

    def save_model(self, request, obj, form, change):
        names = form.changed_data if change else PROFILE
        fields = {name: form.cleaned_data[name] for name in names if name in PROFILE}
        if change:
            actions.change_person(obj, by=acting(request), **fields)
        else:
            made = actions.create_person(by=acting(request), **fields)
            obj.pk, obj._state.adding = made.pk, False

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        touch()

    def has_sign_in_permission(self, request, object_id=None):
        person = self.get_object(request, str(object_id))
        return person is not None and person.is_agent

    def has_erase_permission(self, request, object_id=None):
        person = self.get_object(request, str(object_id))
        return person is not None and person.erased_at is None

    @action(description=gettext_lazy("Password link"), url_path="password", permissions=["sign_in"])
    def password_link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """An address under which the person chooses a password; made anew on every look."""
        person = self.found(request, object_id)
        key = default_token_generator.make_token(person)
        path = reverse(
            "account_reset_password_from_key",
            kwargs={"uidb36": user_pk_to_url_str(person), "key": key},
        )
        return page(
            self,
            request,
            "admin/secret.html",
            person,
            title=_("Password link for %(name)s") % {"name": person},
            words=_(
                "Give this address to %(name)s over a way that only they read. Whoever opens it"
                " chooses the password. It serves once, and for %(days)d days."
            )
            % {"name": person, "days": settings.PASSWORD_RESET_TIMEOUT // 86_400},
            secrets=[(_("Address"), request.build_absolute_uri(path))],
        )

    @action(description=gettext_lazy("Erase"), url_path="erase", permissions=["erase"])
    def erase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person = self.found(request, object_id)

        def do(form) -> str:
            actions.erase_person(person, by=acting(request))
            self.log_change(request, person, _("Erased."))
            touch()
            return _("The person is erased.")

        return step(
            self,
            request,
            person,
            title=_("Erase %(name)s") % {"name": person},
            words=_(
                "Name, address, signature, role and teams are emptied, on the person and on every"
                " ticket and message. Tickets and messages stay. This cannot be undone."
            ),
            button=_("Erase this person"),
            do=do,
            danger=True,
        )
