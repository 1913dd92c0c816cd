"""Who is in a team, options one by one, and what was changed of the settings."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk.actions.members import remove_member, set_member
from helpdesk.actions.replacing import replace_setting
from helpdesk.api.base import PAGING, answer, nothing
from helpdesk.api.configured import FieldRows, TeamRows
from helpdesk.api.configuring import IntoInput, called
from helpdesk.api.fields import CalledField, StrictSerializer, found_called
from helpdesk.api.listing import ListView, OneView, refuse_bounded
from helpdesk.api.schemas.members import (
    SettingChangeRead,
    changes_list,
    member_delete,
    member_put,
    members_list,
    option_replace,
)
from helpdesk.api.shapes import small_person
from helpdesk.filters import SortKey
from helpdesk.lookup import people_called
from helpdesk.models import FieldOption, Membership, SettingChange, Team

NEWEST = (SortKey("id", True),)


class MemberInput(StrictSerializer):
    user = CalledField(people_called)
    access = serializers.ChoiceField(Membership.Access.choices, required=False)
    is_lead = serializers.BooleanField(required=False)


def member_shape(row: Membership) -> dict:
    return {"user": small_person(row.user), "access": row.access, "is_lead": row.is_lead}


class Members(TeamRows, OneView):
    """The people of a team; `POST` puts one in, or changes what they may do there."""

    def members(self, team: Team):
        rows = Membership.objects.kept().filter(team=team, user__erased_at=None)
        return rows.select_related("user").order_by("user__name_folded", "user_id")

    @members_list
    def get(self, request, ref: str) -> HttpResponse:
        team = self.row(ref)
        refuse_bounded(self.actor)
        shapes = [member_shape(one) for one in self.members(team)]
        return answer({"results": shapes, "next": None, "previous": None})

    @member_put
    def post(self, request, ref: str) -> HttpResponse:
        team = self.row(ref)
        refuse_bounded(self.actor)
        fields = self.checked(MemberInput)
        person = found_called(fields.pop("user"), people_called, "user", self.actor)
        row = set_member(team, person, by=self.actor, **fields)
        return answer(member_shape(row))


class OneMember(TeamRows, OneView):
    http_method_names = ("delete",)

    @member_delete
    def delete(self, request, ref: str, person: int) -> HttpResponse:
        team = self.row(ref)
        refuse_bounded(self.actor)
        row = Membership.objects.kept().filter(team=team, user_id=person).first()
        if row is None:
            raise Http404
        remove_member(team, row.user, by=self.actor)
        return nothing()


class ReplacedOption(FieldRows, OneView):
    """An option of a field whose tickets get another one."""

    http_method_names = ("post",)

    @option_replace
    def post(self, request, ref: str, option: int) -> HttpResponse:
        field = self.row(ref)
        refuse_bounded(self.actor)
        rows = {one.pk: one for one in field.options.filter(deleted_at=None)}
        if option not in rows:
            raise Http404
        word = self.checked(IntoInput)["into"].word
        by_label = {one.label: one for one in rows.values()}
        into = by_label.get(word) or called(_Named.of(rows), word, "into").row
        number = replace_setting(rows[option], into, by=self.actor)
        shape = {"id": into.pk, "uuid": into.uuid, "label": into.label}
        return answer({"tickets": number, "into": shape})


class _Named:
    """An option with the attributes by which rows are called."""

    def __init__(self, row: FieldOption):
        self.row, self.uuid, self.name_folded = row, row.uuid, row.label.casefold()
        self.deleted_at = row.deleted_at

    @classmethod
    def of(cls, rows: dict[int, FieldOption]) -> dict[int, "_Named"]:
        return {pk: cls(row) for pk, row in rows.items()}


@changes_list
class SettingChanges(ListView):
    """What was changed of the settings, newest first."""

    params = (*PAGING, "noun", "row")
    reads = SettingChangeRead
    sort = NEWEST
    rows_for = staticmethod(lambda actor: SettingChange.objects.all())

    def get(self, request) -> HttpResponse:
        refuse_bounded(self.actor)
        return super().get(request)

    def narrowed(self, rows):
        noun, row = (self.request.GET.get(name) for name in ("noun", "row"))
        rows = rows.filter(noun=noun) if noun else rows
        if row is None:
            return rows
        if not (row.isascii() and row.isdecimal() and len(row) < 19):
            raise ValidationError({"row": _("Give the number of a row.")})
        return rows.filter(row_id=int(row))

    def shaped(self, row: SettingChange) -> dict:
        return {
            "id": row.pk,
            "at": row.at,
            "kind": row.kind,
            "noun": row.noun,
            "row": row.row_id,
            "name": row.name,
            "fields": row.fields,
            "person": row.person_id,
            "person_name": row.person_name,
            "key": row.key_id,
            "origin": row.origin,
        }
