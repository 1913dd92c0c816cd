"""Macros: those of the key's person, of that person's teams, and everyone's."""

from django.http import HttpResponse
from rest_framework import serializers

from helpdesk.actions.macros import MAX_BODY, MAX_NAME, delete_macro, macros_of, save_macro
from helpdesk.actions.worded import retire_words
from helpdesk.api.base import PAGING, nothing
from helpdesk.api.configured import named
from helpdesk.api.listing import BY_ID, ListView, OneView
from helpdesk.api.macro_sets import MacroSets
from helpdesk.api.placed import PlacedInput, place_in, place_shape, use_shape
from helpdesk.api.schemas.macros import (
    MacroRead,
    macro_delete,
    macro_patch,
    macro_post,
    macro_row,
    macro_rows,
)
from helpdesk.models import Macro


def macro_shape(row: Macro) -> dict:
    return {
        **named(row),
        "says": row.says,
        "body": row.body,
        "sets": row.sets,
        **place_shape(row),
        **use_shape(row),
        "updated_at": row.updated_at,
    }


class MacroInput(PlacedInput):
    name = serializers.CharField(max_length=MAX_NAME)
    says = serializers.ChoiceField(Macro.Says.choices, required=False)
    body = serializers.CharField(
        max_length=MAX_BODY, trim_whitespace=False, required=False, allow_blank=True
    )
    sets = MacroSets(required=False)
    retired = serializers.BooleanField(required=False)


class MacroRows:
    rows_for = staticmethod(macros_of)
    shape = staticmethod(macro_shape)

    def again(self, row: Macro, status: int = 200) -> HttpResponse:
        return self.said(macros_of(self.actor).get(pk=row.pk), status)


@macro_rows
class Macros(MacroRows, ListView):
    params = PAGING
    reads = MacroRead
    sort = BY_ID

    @macro_post
    def post(self, request) -> HttpResponse:
        fields = self.checked(MacroInput)
        place, retired = place_in(fields, self.actor), fields.pop("retired", False)
        row = save_macro(by=self.actor, **fields, **place)
        return self.again(retire_words(row, by=self.actor, is_retired=retired), 201)


@macro_row
class OneMacro(MacroRows, OneView):
    @macro_patch
    def patch(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        fields = self.checked(MacroInput, partial=True)
        place = place_in(fields, self.actor, row)
        retired = fields.pop("retired", row.retired_at is not None)
        kept = {"name": row.name, "body": row.body, "says": row.says, "sets": row.sets}
        saved = save_macro(row, by=self.actor, **{**kept, **fields}, **place)
        return self.again(retire_words(saved, by=self.actor, is_retired=retired))

    @macro_delete
    def delete(self, request, ref: str) -> HttpResponse:
        delete_macro(self.row(ref), by=self.actor)
        return nothing()
