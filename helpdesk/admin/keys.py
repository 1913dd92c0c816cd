"""API keys: made with their secret on the page, once; revoked and renewed, never deleted."""

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from helpdesk.actions import keys
from helpdesk.admin.base import HelpdeskAdmin
from helpdesk.admin.steps import page, step
from helpdesk.doors.addresses import networks_in
from helpdesk.models import ApiKey
from helpdesk.models.scopes import SCOPES
from helpdesk.permissions import actor_of
from helpdesk.text import one_line


class SourcesField(forms.CharField):
    """Names, one a line."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value) -> list[str]:
        return keys.source_names(super().clean(value))

    def has_changed(self, initial, data) -> bool:
        return (initial or []) != [line for line in (data or "").splitlines() if line]


class NetworksField(SourcesField):
    """Networks, one a line."""

    def clean(self, value) -> list[str]:
        return networks_in(forms.CharField.clean(self, value).split())


def scope_choices() -> list[tuple[str, str]]:
    return [(name, f"{name} · {words}") for name, words in SCOPES.items()]


class KeyForm(forms.ModelForm):
    sources = SourcesField(
        label=gettext_lazy("Sources"),
        required=False,
        help_text=gettext_lazy("Names under which this key stores references, one a line."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Only these scopes"),
        required=False,
        choices=scope_choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("None chosen: all but what has to be named."),
    )
    allowed_from = NetworksField(
        label=gettext_lazy("May call from"),
        required=False,
        help_text=gettext_lazy("Networks such as 192.0.2.0/24, one a line. Empty: everywhere."),
    )
    with_twin = forms.BooleanField(
        label=gettext_lazy("With a secondary key that only reads"),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy("For a key that writes: the pair that some services ask for."),
    )

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean(self) -> dict:
        cleaned = super().clean()
        try:
            scope = cleaned.get("scope") or self.instance.scope
            cleaned["scopes"] = keys.scope_names(cleaned.get("scopes") or (), scope)
            if cleaned.get("with_twin") or ApiKey.objects.filter(primary=self.instance.pk or 0):
                keys.refuse_mute_twin(cleaned["scopes"])
        except ValidationError as error:
            self.add_error(None if hasattr(error, "error_dict") else "scopes", error)
        reaches = cleaned.get("all_queues") or cleaned.get("queues") or cleaned.get("home_queue")
        if "all_queues" in self.fields and not reaches:
            self.add_error("queues", _("Choose the queues it reaches, or all of them."))
        return cleaned


class UsableFilter(SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("usable", _("Usable")), ("expired", _("Expired")), ("revoked", _("Revoked"))]

    def queryset(self, request, queryset):
        now = timezone.now()
        rows = {
            "usable": Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now)),
            "expired": Q(revoked_at=None, expires_at__lte=now),
            "revoked": Q(revoked_at__isnull=False),
        }
        return queryset.filter(rows[self.value()]) if self.value() in rows else queryset


@admin.register(ApiKey)
class ApiKeyAdmin(HelpdeskAdmin):
    form = KeyForm
    list_display = ("name", "prefix", "scope_words", "home_queue", "state", "last_used_at")
    list_filter = ("scope", UsableFilter)
    list_select_related = ("home_queue",)
    search_fields = ("name", "prefix")
    ordering = ("name", "id")
    autocomplete_fields = ("person",)
    filter_horizontal = ()
    actions = None
    actions_detail = ("renew", "revoke")
    readonly_fields = ("prefix", "twin", "created_at", "last_used_at", "revoked_at")

    def get_fieldsets(self, request, obj=None):
        reach = (_("What it reaches"), {"fields": ("all_queues", "queues", "home_queue")})
        names = (
            "scopes",
            "allowed_from",
            "person",
            "writes_for_others",
            "sources",
            "rate_limit",
            "expires_at",
        )
        limits = (_("Limits"), {"fields": names})
        if obj is None:
            return ((None, {"fields": ("name", "scope", "with_twin")}), reach, limits)
        head = (None, {"fields": ("name", "scope", "prefix", "twin")})
        dates = (_("Dates"), {"fields": ("created_at", "last_used_at", "revoked_at")})
        return (head, reach, limits, dates)

    def get_readonly_fields(self, request, obj=None):
        return (*self.readonly_fields, "scope") if obj else self.readonly_fields

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None:  # the twin is made with its key
            form.base_fields.pop("with_twin", None)
        return form

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        kwargs.setdefault("queryset", db_field.related_model.objects.kept())
        kwargs.setdefault("widget", UnfoldAdminCheckboxSelectMultipleWidget)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "home_queue":
            kwargs.setdefault("queryset", db_field.related_model.objects.kept())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        fixed = isinstance(obj, ApiKey) and (obj.revoked_at or obj.primary_id)
        return not fixed and super().has_change_permission(request, obj)

    @display(description=gettext_lazy("Scope"), ordering="scope")
    def scope_words(self, key: ApiKey) -> str:
        return key.get_scope_display()

    @display(description=gettext_lazy("State"))
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return _("Revoked")
        return _("Usable") if key.is_usable else _("Expired")

    @display(description=gettext_lazy("Belongs to"))
    def twin(self, key: ApiKey) -> str:
        if key.primary_id:
            return _("%(key)s, which it follows in all but its secret") % {"key": key.primary}
        secondary = ApiKey.objects.filter(primary=key).first()
        return str(secondary or "–")

    # Saving: the secrets stand in the answer to the form and nowhere else -------------------------

    def save_model(self, request, obj, form, change):
        if not change:
            request.secrets = [(str(obj.name), obj.renew_secret())]
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        key = form.instance
        if not change and form.cleaned_data["with_twin"] and key.scope == ApiKey.Scope.WRITE:
            _twin, secret = keys.make_twin(key)
            request.secrets.append((_("Secondary, only reads"), secret))
        keys.share_with_twin(key)

    def response_add(self, request, obj, post_url_continue=None):
        return self.shown_once(request, obj, request.secrets)

    def shown_once(self, request: HttpRequest, key: ApiKey, secrets: list) -> HttpResponse:
        return page(
            self,
            request,
            "admin/secret.html",
            key,
            title=_("The secret of %(name)s") % {"name": key.name},
            words=_("Copy it now: only a hash of it is stored, and it is never shown again."),
            secrets=secrets,
        )

    def has_usable_permission(self, request, object_id=None):
        key = self.get_object(request, str(object_id))
        return key is not None and key.revoked_at is None

    @action(description=gettext_lazy("New secret"), url_path="renew", permissions=["usable"])
    def renew(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.found(request, object_id)
        if request.method == "POST":
            secret = keys.rotate_key(key, by=actor_of(request.user, "admin"))
            self.log_change(request, key, _("New secret."))
            return self.shown_once(request, key, [(key.name, secret)])
        return step(
            self,
            request,
            key,
            title=_("A new secret for “%(name)s”") % {"name": key.name},
            words=_("The present secret stops working at once. The new one is shown once."),
            button=_("Make a new secret"),
            do=lambda form: "",
        )

    @action(description=gettext_lazy("Revoke"), url_path="revoke", permissions=["usable"])
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.found(request, object_id)

        def do(form) -> str:
            keys.revoke_key(key, by=actor_of(request.user, "admin"))
            self.log_change(request, key, _("Revoked."))
            return _("“%(name)s” is revoked.") % {"name": key.name}

        return step(
            self,
            request,
            key,
            title=_("Revoke “%(name)s”") % {"name": key.name},
            words=_(
                "Whoever uses it is refused from now on; a secondary key goes with its primary."
                " This cannot be undone."
            ),
            button=_("Revoke this key"),
            do=do,
            danger=True,
        )
