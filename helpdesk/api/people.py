"""People, organisations, and who the key itself is."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk import actions
from helpdesk.actor import Actor, Role
from helpdesk.api.base import PAGING, ApiView, answer
from helpdesk.api.configured import named
from helpdesk.api.configuring import WrittenList, WrittenOne
from helpdesk.api.fields import CalledField, StrictSerializer, found_called
from helpdesk.api.listing import BY_NAME, SEARCH, ListView, OneView, refuse_bounded
from helpdesk.api.schemas.people import (
    OrganisationRead,
    UserRead,
    me_get,
    organisation_row,
    organisation_rows,
    user_erase,
    user_patch,
    user_post,
    user_row,
    user_rows,
)
from helpdesk.api.setting_inputs import OrganisationInput
from helpdesk.api.shapes import small_person
from helpdesk.lookup import (
    organisations_called,
    visible_organisations,
    visible_people,
    visible_queues,
)
from helpdesk.models import Organisation, User
from helpdesk.text import fold


def user_shape(one: User) -> dict:
    return {
        **small_person(one),
        "role": one.role,
        "organisation": named(one.organisation) if one.organisation_id else None,
        "timezone": one.timezone,
        "locale": one.locale,
        "is_active": one.is_active,
        "created_at": one.created_at,
    }


def organisation_shape(one: Organisation) -> dict:
    return {
        **named(one),
        "domains": sorted(domain.domain for domain in one.domains.all()),
        "shares_tickets": one.shares_tickets,
        "notes": one.notes,
    }


class UserInput(StrictSerializer):
    name = serializers.CharField(max_length=200)
    email = serializers.EmailField(max_length=254)
    organisation = CalledField(organisations_called, required=False, allow_null=True)
    timezone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    locale = serializers.CharField(max_length=12, required=False, allow_blank=True)

    def validate(self, values: dict) -> dict:
        if values.get("organisation") is not None:
            values["organisation"] = found_called(
                values["organisation"], organisations_called, "organisation", self.context["actor"]
            )
        return values


class UserRows:
    rows_for = staticmethod(lambda actor: visible_people(actor).select_related("organisation"))
    shape = staticmethod(user_shape)


@user_rows
class Users(UserRows, ListView):
    params = (*PAGING, SEARCH, "email", "role", "organisation")
    reads = UserRead
    sort = BY_NAME

    def narrowed(self, rows):
        params = self.request.GET
        rows = super().narrowed(rows)
        if "email" in params:
            rows = rows.filter(email=fold(params["email"]).strip())
        if "role" in params:
            rows = rows.filter(role=_role_in(params["role"]))
        if "organisation" in params:
            called = params["organisation"]
            found = organisations_called([called], self.actor).get(called)
            if found is None:
                words = _("There is no “%(value)s”.") % {"value": called[:60]}
                raise ValidationError({"organisation": words})
            rows = rows.filter(organisation=found)
        return rows

    @user_post
    def post(self, request) -> HttpResponse:
        """Make a customer."""
        refuse_bounded(self.actor)
        return self.said(actions.create_person(by=self.actor, **self.checked(UserInput)), 201)


@user_row
class OneUser(UserRows, OneView):
    @user_patch
    def patch(self, request, ref: str) -> HttpResponse:
        """Change a customer's profile."""
        person = self.row(ref)
        refuse_bounded(self.actor)
        fields = self.checked(UserInput, partial=True)
        return self.said(actions.change_person(person, by=self.actor, **fields))


class ErasedUser(UserRows, OneView):
    """A customer's name and addresses taken away for good."""

    http_method_names = ("post",)

    @user_erase
    def post(self, request, ref: str) -> HttpResponse:
        person = self.row(ref)
        refuse_bounded(self.actor)
        return self.said(actions.erase_person(person, by=self.actor))


class OrganisationRows:
    model = Organisation
    input = OrganisationInput
    rows_for = staticmethod(lambda actor: visible_organisations(actor).prefetch_related("domains"))
    shape = staticmethod(organisation_shape)

    def said(self, row: Organisation, status: int = 200) -> HttpResponse:
        fresh = Organisation.objects.prefetch_related("domains").get(pk=row.pk)
        return super().said(fresh, status)


@organisation_rows
class Organisations(OrganisationRows, WrittenList):
    params = (*PAGING, SEARCH)
    reads = OrganisationRead
    sort = BY_NAME


@organisation_row
class OneOrganisation(OrganisationRows, WrittenOne):
    pass


class Me(ApiView):
    """The key that asks."""

    @me_get
    def get(self, request) -> HttpResponse:
        key = request.auth
        queues = [row for row in visible_queues(self.actor).values() if row.deleted_at is None]
        shape = {
            "id": key.pk,
            "uuid": key.uuid,
            "name": key.name,
            "prefix": key.prefix,
            "scope": key.scope,
            "scopes": sorted(self.actor.scopes),
            "is_sandbox": key.is_sandbox,
            "writes_for_others": key.writes_for_others,
            "all_queues": self.actor.queues is None,
            "queues": [{**named(row), "slug": row.slug} for row in queues],
            "person": _own_person(self.actor),
            "expires_at": key.expires_at,
            "last_used_at": key.last_used_at,
            "rate_limit": request.allowance.limit,
        }
        return answer(shape)


def _own_person(actor: Actor) -> dict | None:
    return small_person(User.objects.filter(Q(pk=actor.person_id or 0)).first())


def _role_in(word: str) -> str:
    roles = [role for role, _words in User.ROLES]
    if word not in roles:
        said = {"value": word[:60], "names": ", ".join(Role(role).value for role in roles)}
        raise ValidationError({"role": _("There is no “%(value)s”. Known: %(names)s.") % said})
    return word
