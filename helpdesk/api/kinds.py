"""What a value of a body is, before it is read: text is text, a number no text, "yes" no truth.

The fields of the framework are generous, as forms are: they take 1 for "1" and "on" for true. A
caller who mixes them up is told, in place of finding out later what was kept.
"""

from functools import cache

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

TEXT = (serializers.CharField, serializers.UUIDField)


@extend_schema_field(
    {
        "description": "Text, or a whole number that stands for its digits.",
        "oneOf": [{"type": "string", "maxLength": 200}, {"type": "integer"}],
    }
)
class WordOrNumberField(serializers.CharField):
    """What things are called elsewhere, which is often a number."""

    def to_internal_value(self, data):
        if isinstance(data, float):
            if not data.is_integer():
                self.fail("invalid")
            data = int(data)
        return super().to_internal_value(data)


def mistaken(field: serializers.Field, value) -> list | dict | None:
    """What is to be said of a value of another kind than the field's: by name or place within."""
    kind = _kind_of(type(field))
    if kind and value is not None and type(value) not in kind:
        return _words(field, value)
    child = getattr(field, "child", None)
    if isinstance(value, list) and child is not None and not _is_free(type(child)):
        return _within(((place, child, one) for place, one in enumerate(value)))
    if isinstance(value, dict):
        if isinstance(field, serializers.Serializer):
            inner = field.fields
            return _within((name, inner[name], value[name]) for name in value if name in inner)
        if child is not None and not _is_free(type(child)):
            return _within((name, child, one) for name, one in value.items())
    return None


def _within(parts) -> dict | None:
    return {name: said for name, one, value in parts if (said := mistaken(one, value))} or None


def _words(field: serializers.Field, value) -> list:
    try:
        field.fail("invalid", value=str(value)[:60], input=str(value)[:60])
    except serializers.ValidationError as error:
        return error.detail


@cache
def _kind_of(field: type[serializers.Field]) -> tuple[type, ...] | None:
    """The kinds that a field takes; None: whatever it says itself."""
    if issubclass(field, WordOrNumberField):
        return (str, int, float)
    if issubclass(field, TEXT):
        return (str,)
    if issubclass(field, serializers.BooleanField):
        return (bool,)
    if issubclass(field, serializers.IntegerField):
        return (int, float)  # JSON has one kind of number: 2.0 is whole
    return None


@cache
def _is_free(field: type[serializers.Field]) -> bool:
    """Whether nothing within is looked at."""
    holds = issubclass(field, serializers.BaseSerializer | serializers.ListField)
    return _kind_of(field) is None and not holds and not issubclass(field, serializers.DictField)
