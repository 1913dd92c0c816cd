"""The tables of reports in the words of OData: `$metadata`, as CSDL in XML."""

from collections.abc import Iterable
from functools import cache
from xml.etree.ElementTree import Element, SubElement, tostring

from helpdesk.reports.columns import VERSION, Column, Kind, Table
from helpdesk.reports.expressions import SEARCHED
from helpdesk.reports.tables import ENTITIES

NAMESPACE = "Helpdesk"
EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
EDM = "http://docs.oasis-open.org/odata/ns/edm"
VOCABULARIES = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/"
CAPABILITIES, CORE = "Org.OData.Capabilities.V1", "Org.OData.Core.V1"
TYPES = {
    Kind.NUMBER: "Edm.Int64",
    Kind.TEXT: "Edm.String",
    Kind.MOMENT: "Edm.DateTimeOffset",
    Kind.DAY: "Edm.Date",
    Kind.TRUTH: "Edm.Boolean",
}


@cache
def metadata() -> bytes:
    """The document that describes every entity set, what narrows and what sorts included."""
    root = Element("edmx:Edmx", {"Version": "4.0", "xmlns:edmx": EDMX})
    for name in (CAPABILITIES, CORE):
        reference = SubElement(root, "edmx:Reference", {"Uri": f"{VOCABULARIES}{name}.xml"})
        SubElement(reference, "edmx:Include", {"Namespace": name})
    services = SubElement(root, "edmx:DataServices")
    schema = SubElement(services, "Schema", {"Namespace": NAMESPACE, "xmlns": EDM})
    for table in ENTITIES.values():
        _entity_type(schema, table)
    container = SubElement(schema, "EntityContainer", {"Name": "Container"})
    for table in ENTITIES.values():
        _entity_set(container, table)
    functions = _annotation(container, f"{CAPABILITIES}.FilterFunctions")
    _collection(functions, "String", SEARCHED)
    _annotation(container, f"{CORE}.SchemaVersion", String=VERSION)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root)


def type_name(table: Table) -> str:
    return f"{table.entity}Row"


def _entity_type(schema: Element, table: Table) -> None:
    entity = SubElement(schema, "EntityType", {"Name": type_name(table)})
    key = SubElement(entity, "Key")
    SubElement(key, "PropertyRef", {"Name": "id"})
    for column in table.columns:
        said = {"Name": column.name, "Type": TYPES[column.kind]}
        if not column.nullable:
            said["Nullable"] = "false"
        if column.kind == Kind.MOMENT:
            said["Precision"] = "6"
        one = SubElement(entity, "Property", said)
        _annotation(one, f"{CORE}.Description", String=column.words)


def _entity_set(container: Element, table: Table) -> None:
    said = {"Name": table.entity, "EntityType": f"{NAMESPACE}.{type_name(table)}"}
    entity_set = SubElement(container, "EntitySet", said)
    _annotation(entity_set, f"{CORE}.Description", String=table.words)
    _except(
        entity_set,
        ("FilterRestrictions", "Filterable", "NonFilterableProperties"),
        (column for column in table.columns if column.path is None),
    )
    _except(
        entity_set,
        ("SortRestrictions", "Sortable", "NonSortableProperties"),
        (column for column in table.columns if not column.is_sorted),
    )
    for term, name in (
        ("InsertRestrictions", "Insertable"),
        ("UpdateRestrictions", "Updatable"),
        ("DeleteRestrictions", "Deletable"),
        ("ExpandRestrictions", "Expandable"),
        ("SearchRestrictions", "Searchable"),
    ):
        record = SubElement(_annotation(entity_set, f"{CAPABILITIES}.{term}"), "Record")
        SubElement(record, "PropertyValue", {"Property": name, "Bool": "false"})


def _except(target: Element, words: tuple[str, str, str], columns: Iterable[Column]) -> None:
    """A restriction: something can be done, but not with these columns."""
    term, what, without = words
    record = SubElement(_annotation(target, f"{CAPABILITIES}.{term}"), "Record")
    SubElement(record, "PropertyValue", {"Property": what, "Bool": "true"})
    value = SubElement(record, "PropertyValue", {"Property": without})
    _collection(value, "PropertyPath", (column.name for column in columns))


def _collection(parent: Element, kind: str, values: Iterable[str]) -> None:
    collection = SubElement(parent, "Collection")
    for value in values:
        SubElement(collection, kind).text = value


def _annotation(target: Element, term: str, **said: str) -> Element:
    return SubElement(target, "Annotation", {"Term": term, **said})
