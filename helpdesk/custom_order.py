"""By what a list is ordered for a custom field: its value as one that both databases compare."""

from django.db.models import F, FloatField, Func, IntegerField, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Left, Lower, NullIf, StrIndex

from helpdesk.models import CustomField
from helpdesk.models.configuration import configuration

Kind = CustomField.Kind
MAX_COMPARED = 80  # characters of a text: a cursor carries them
ORDERED = frozenset(
    {Kind.TEXT, Kind.TEXTAREA, Kind.EMAIL, Kind.URL, Kind.NUMBER, Kind.DATE, Kind.TOGGLE}
    | {Kind.CHOICE}
)


def is_ordered(custom: CustomField) -> bool:
    return custom.kind in ORDERED


def order_of(custom: CustomField) -> Combinable:
    """What a ticket's value is compared by; null where none is set, or one of another kind.

    Texts without their capitals, by their first characters; choices by the order of the options.
    """
    if custom.kind == Kind.NUMBER:
        return _Number(F("custom"), key=custom.key, output_field=FloatField())
    if custom.kind == Kind.TOGGLE:
        return _Truth(F("custom"), key=custom.key, output_field=IntegerField())
    text = _Text(F("custom"), key=custom.key, output_field=TextField())
    if custom.kind == Kind.CHOICE:
        return NullIf(StrIndex(Value(_options_of(custom)), text), Value(0))
    return Left(Lower(text), MAX_COMPARED)


def _options_of(custom: CustomField) -> str:
    """The options in order, those that were removed last, as one text: all uuids are as long."""
    every = configuration().options.values()
    own = [one for one in every if one.field_id == custom.pk]
    own.sort(key=lambda one: (one.deleted_at is not None, one.position, one.pk))
    return ",".join(str(one.uuid) for one in own)


class _Member(Func):
    """A member of a JSON object, if it is of a kind. In its SQL `{0}` is the object."""

    postgresql = sqlite = ""

    def __init__(self, *expressions, key: str, **extra):
        self.key = key
        super().__init__(*expressions, **extra)

    def as_postgresql(self, compiler, connection, **_context):
        return self._written(compiler, self.postgresql, self.key)

    def as_sqlite(self, compiler, connection, **_context):
        return self._written(compiler, self.sqlite, f'$."{self.key}"')

    def _written(self, compiler, template: str, place: str) -> tuple[str, list[str]]:
        column, _params = compiler.compile(self.source_expressions[0])
        return template.format(column), [place] * template.count("%s")


class _Text(_Member):
    postgresql = "CASE WHEN jsonb_typeof({0} -> %s::text) = 'string' THEN {0} ->> %s::text END"
    sqlite = "CASE WHEN json_type({0}, %s) = 'text' THEN json_extract({0}, %s) END"


class _Number(_Member):
    postgresql = (
        "CASE WHEN jsonb_typeof({0} -> %s::text) = 'number'"
        " THEN ({0} ->> %s::text)::double precision END"
    )
    sqlite = (
        "CASE WHEN json_type({0}, %s) IN ('integer', 'real')"
        " THEN CAST(json_extract({0}, %s) AS REAL) END"
    )


class _Truth(_Member):
    postgresql = "CASE {0} ->> %s::text WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
    sqlite = "CASE json_type({0}, %s) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
