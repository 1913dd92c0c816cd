"""The OpenAPI document tells each limit of what is written, and no other than is enforced."""

from collections.abc import Iterator

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers

from helpdesk.actions.labels import MAX_NAME, MAX_TAGS
from helpdesk.api import urls
from helpdesk.api.fields import StrictSerializer
from tests.api.conftest import fields_of

WRITES = ("post", "put", "patch", "delete")
BOUNDED = {"uuid", "date-time", "date", "binary"}
# What may be as long as a body is: kept whole, cut, or looked up among what there is.
UNLIMITED = {
    "FileWrite.name",
    "ImportFile.encoding",
    "ImportFile.name",
    "ImportMapping.columns.*",
    "ImportMapping.values.*.*",
    "OrganisationInput.notes",
    "RuleTestWrite.field",
    "TicketInput.requester.name",
    "TicketInput.resolution_comment",
}
SAME = {
    "PatchedOrganisationInput": "OrganisationInput",
    "PatchedTicketChange": "TicketInput",
    "TicketBySource": "TicketInput",
}
# Described here alone: parts of forms, which no serializer reads, and what stands in a list.
READ_OTHERWISE = {"FileWrite", "ImportFile", "RuleTestWrite"}
CHECKED_BY_THE_VERB = {"tests"}  # of conditions


@pytest.fixture(scope="module")
def document() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


def parts_of(document: dict, schema: dict, where: str, inside: frozenset = frozenset()) -> Iterator:
    """Every part of what is written, by where it stands, but for words that name a row."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in inside:
            below = document["components"]["schemas"][name]
            yield from parts_of(document, below, SAME.get(name, name), inside | {name})
        return
    yield where, schema
    for word in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(word, ()):
            if not is_plain_text(one):
                yield from parts_of(document, one, where, inside)
    for name, one in schema.get("properties", {}).items():
        yield from parts_of(document, one, f"{where}.{name}", inside)
    for name, sign in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(name), dict):
            yield from parts_of(document, schema[name], where + sign, inside)


def is_plain_text(schema: dict) -> bool:
    return schema == {"type": "string"}


def kinds_of(schema: dict) -> set[str]:
    kinds = schema.get("type", ())
    return {kinds} if isinstance(kinds, str) else set(kinds)


def written(document: dict) -> dict[str, dict]:
    found = {}
    for methods in document["paths"].values():
        for method in WRITES:
            content = methods.get(method, {}).get("requestBody", {}).get("content", {})
            for one in content.values():
                found |= dict(parts_of(document, one["schema"], ""))
    return found


def test_every_text_and_list_that_is_written_tells_how_long_it_may_be(document):
    gaps = set()
    for where, schema in written(document).items():
        kinds = kinds_of(schema)
        if "enum" in schema or schema.get("format") in BOUNDED:
            continue
        if "string" in kinds and "maxLength" not in schema:
            gaps.add(where)
        if (
            "array" in kinds
            and "maxItems" not in schema
            and "enum" not in items_of(document, schema)
        ):
            gaps.add(where)
    assert gaps == UNLIMITED


def items_of(document: dict, schema: dict) -> dict:
    found = schema["items"]
    while "$ref" in found:
        found = document["components"]["schemas"][found["$ref"].rpartition("/")[2]]
    return found


def all_below(kind: type) -> Iterator[type]:
    for one in kind.__subclasses__():
        yield one
        yield from all_below(one)


def limits_of(field: serializers.Field) -> dict:
    if isinstance(field, serializers.ChoiceField):
        return {"choices": list(field.choices)}
    if isinstance(field, serializers.Serializer):
        return {name: limits_of(one) for name, one in field.get_fields().items()}
    names = ("max_length", "min_length", "max_value", "min_value")
    found = {name: getattr(field, name, None) for name in names}
    if isinstance(field, serializers.ListField):
        found["min_length"] = found["min_length"] or (None if field.allow_empty else 1)
        found["child"] = limits_of(field.child)
    return {name: one for name, one in found.items() if one is not None}


def described() -> list[type]:
    found = all_below(serializers.Serializer)
    ends = ("Write", "Patch", "Mapping", "Rotate", "File")
    home = f"{urls.__package__}.schemas."
    return [one for one in found if one.__module__.startswith(home) and one.__name__.endswith(ends)]


@pytest.mark.parametrize("shape", described(), ids=lambda one: one.__name__)
def test_what_is_described_is_what_is_checked(shape):
    fields = shape().get_fields()
    checked = [
        one for one in all_below(StrictSerializer) if one().get_fields().keys() == fields.keys()
    ]
    assert bool(checked) != (shape.__name__ in READ_OTHERWISE)
    for one in checked:
        for name, field in one().get_fields().items():
            if name not in CHECKED_BY_THE_VERB:
                assert limits_of(fields[name]) == limits_of(field), (one, name)


def test_tags_of_a_bulk_call_and_of_a_macro_have_the_limits_of_tags(document):
    schemas = document["components"]["schemas"]
    parts = [
        *(
            schemas["BulkWrite"]["properties"]["fields"]["properties"][one]
            for one in ("add", "remove")
        ),
        *(schemas["MacroSets"]["properties"][one] for one in ("add_tags", "remove_tags")),
        *(schemas[one]["properties"]["tags"] for one in ("TicketInput", "CannedReplyWrite")),
    ]
    for one in parts:
        assert (one["maxItems"], one["items"]["maxLength"]) == (MAX_TAGS, MAX_NAME)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("tickets/", {"title": "x" * 501}, "title"),
        ("tickets/", {"title": "x", "tags": ["y" * 121]}, "tags.0"),
        ("tickets/", {"title": "x", "tags": list(map(str, range(101)))}, "tags"),
        (
            "tickets/",
            {"title": "x", "requester": {"email": f"{'x' * 243}@example.com"}},
            "requester",
        ),
        ("macros/", {"name": "x", "sets": {"status": True}}, "sets.status"),
        ("macros/", {"name": "x", "sets": {"add_tags": ["y" * 121]}}, "sets.add_tags.0"),
        ("macros/", {"name": "x", "sets": "urgent"}, "sets"),
    ],
)
def test_what_is_too_long_or_of_another_kind_is_refused_by_its_place(api, path, body, field):
    assert fields_of(api.post(path, body)) == [field]
