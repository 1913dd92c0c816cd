"""What the OpenAPI document says of macros."""

from rest_framework import serializers

from helpdesk.actions.macros import MAX_BODY, MAX_NAME
from helpdesk.api.macro_sets import MacroSets
from helpdesk.api.schemas.placed import (
    PlacedPatch,
    Worded,
    changed_one,
    listed_rows,
    made_one,
    one_row,
    removed_one,
)
from helpdesk.models import Macro

MACROS = "Macros"
SETS = (
    "What it puts into the form: `status` and `team` (ids), `assignee` (an id or `me`),"
    " `priority`, `add_tags`, `remove_tags` (names)."
)


class MacroRead(Worded):
    says = serializers.ChoiceField(Macro.Says.choices)
    body = serializers.CharField()
    sets = serializers.DictField(help_text=SETS)
    updated_at = serializers.DateTimeField()


class MacroPatch(PlacedPatch):
    name = serializers.CharField(required=False, max_length=MAX_NAME)
    says = serializers.ChoiceField(Macro.Says.choices, required=False)
    body = serializers.CharField(required=False, allow_blank=True, max_length=MAX_BODY)
    sets = MacroSets(required=False, help_text=SETS)
    retired = serializers.BooleanField(required=False)


class MacroWrite(MacroPatch):
    name = serializers.CharField(max_length=MAX_NAME)


macro_rows = listed_rows("macros_list", "List macros", MACROS, MacroRead)
macro_row = one_row("macros_get", "Get a macro", MACROS, MacroRead)
macro_post = made_one("macros_create", "Make a macro", MACROS, MacroRead, MacroWrite)
macro_patch = changed_one("macros_change", "Change a macro", MACROS, MacroRead, MacroPatch)
macro_delete = removed_one("macros_delete", "Remove a macro", MACROS)
