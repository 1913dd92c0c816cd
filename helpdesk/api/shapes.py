"""Small objects: how what is configured, and people, are read wherever they are named."""

from collections.abc import Iterable, Mapping

from helpdesk.models import CustomField, User
from helpdesk.models.configuration import Snapshot, configuration

GONE = object()  # a custom field that is no longer there
PERSON = ("id", "uuid", "name", "email_written")


def small_objects(known: Snapshot) -> dict[str, dict[int, dict]]:
    """The configured `queues`, `statuses`, `types` and `teams` as small objects, by id."""
    if "api.small" not in known.cache:
        known.cache["api.small"] = _all_small(known)
    return known.cache["api.small"]


def _all_small(known: Snapshot) -> dict[str, dict[int, dict]]:
    return {
        "statuses": {
            pk: {**_named(row), "category": row.category} for pk, row in known.statuses.items()
        },
        "queues": {pk: {**_named(row), "slug": row.slug} for pk, row in known.queues.items()},
        "types": {pk: _named(row) for pk, row in known.types.items()},
        "teams": {pk: _named(row) for pk, row in known.teams.items()},
    }


def _named(row) -> dict:
    return {"id": row.pk, "uuid": row.uuid, "name": row.name}


def person_columns(path: str) -> tuple[str, ...]:
    """The columns of a relation to a person that `person` reads."""
    return tuple(f"{path}__{name}" for name in PERSON)


def person(row: Mapping, path: str) -> dict | None:
    """The person at the end of a relation, out of a row of values."""
    pk = row[f"{path}__id"]
    if pk is None:
        return None
    email = row[f"{path}__email_written"]
    name = row[f"{path}__name"] or email
    return {"id": pk, "uuid": row[f"{path}__uuid"], "name": name, "email": email or None}


def small_person(one: User | None) -> dict | None:
    if one is None:
        return None
    email = one.email_written or None
    return {"id": one.pk, "uuid": one.uuid, "name": one.name or email or "", "email": email}


def people_named(ids: Iterable[int]) -> dict[int, dict]:
    """People by id as small objects: one statement, none if there are no ids."""
    ids = set(ids)
    rows = User.objects.filter(pk__in=ids) if ids else ()
    return {one.pk: small_person(one) for one in rows}


def custom_people_in(values: Iterable[dict]) -> set[int]:
    """The ids of everybody who is named in the people fields of some custom values."""
    keys = [
        key for key, one in configuration().fields.items() if one.kind == CustomField.Kind.PEOPLE
    ]
    return (
        {pk for custom in values for key in keys for pk in custom.get(key) or ()} if keys else set()
    )


def custom_shape(known: Snapshot, row: Mapping, people: Mapping[int, dict]) -> dict:
    """The custom fields of a ticket by key: those of its queue and type, null where not set."""
    shape = dict.fromkeys(_keys_for(known, row["queue_id"], row["type_id"]))
    fields = _fields_to_read(known)
    for key, value in sorted(row["custom"].items()):  # databases keep no order of their own
        if (field := fields.get(key, GONE)) is not GONE:
            shape[key] = value if field is None else _custom_value(known, field, value, people)
    return shape


def _keys_for(known: Snapshot, queue_id: int, type_id: int | None) -> tuple[str, ...]:
    name = ("api.keys", queue_id, type_id)
    if name not in known.cache:
        known.cache[name] = tuple(one.key for one in known.fields_for(queue_id, type_id))
    return known.cache[name]


def _fields_to_read(known: Snapshot) -> dict[str, CustomField | None]:
    """The kept fields by key; None for those whose values are read as they are stored."""
    if "api.fields" not in known.cache:
        known.cache["api.fields"] = {
            key: one if one.has_options or one.kind == CustomField.Kind.PEOPLE else None
            for key, one in known.fields.items()
            if one.deleted_at is None
        }
    return known.cache["api.fields"]


def _custom_value(known: Snapshot, field: CustomField, value, people: Mapping[int, dict]):
    if field.kind == CustomField.Kind.PEOPLE:
        return [people[pk] for pk in value if pk in people]
    if isinstance(value, list):
        return [known.options[one].label for one in value if one in known.options]
    return known.options[value].label if value in known.options else None
