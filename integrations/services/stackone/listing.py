"""The parameters of a read, looked at closely, and the cursor that a page ends with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.services.stackone.values import WireError, read_moment, write_moment

PAGE, LARGEST_PAGE = 25, 100
_COMMON = "id remote_id created_at updated_at unified_custom_fields"
_PROJECT = f"{_COMMON} organization_id remote_organization_id name description"
# What `fields` may name, by the kind of record.
FIELDS = {
    "ticket": f"""{_COMMON} type ticket_number title creator_id remote_creator_id reporters
        assignees content parent_id remote_parent_id closed_at ticket_url status priority tags
        projects components collections organization""",
    "comment": f"""{_COMMON} ticket_id remote_ticket_id content user_id remote_user_id
        internal""",
    "attachment": f"""{_COMMON} ticket_id remote_ticket_id user_id remote_user_id file_name
        file_format file_url size""",
    "user": f"""{_COMMON} type name primary_email primary_phone username active first_name
        last_name customer_account_reference""",
    "type": """id remote_id name project_id remote_project_id collection_id
        unified_custom_fields""",
    "status": "id remote_id name type unified_custom_fields",
    "project": _PROJECT,
    "component": f"{_PROJECT} project_id remote_project_id",
    "collection": f"{_PROJECT} key parent_id remote_parent_id type",
}
ALLOWED = {kind: tuple(names.split()) for kind, names in FIELDS.items()}
REQUIRED = {"comment": ("ticket_id",)}  # by the vendor's schema, whatever is chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A read as it is asked for. `fields` are the members to show, None for all."""

    fields: tuple[str, ...] | None = None
    raw: bool = False
    limit: int = PAGE
    offset: int = 0
    token: str = ""
    since: datetime | None = None

    def cursor(self, token: str) -> str:
        """What `next` says, "" on the last page: it keeps the filter that it began with."""
        return f"{write_moment(self.since) or ''}~{token}" if token else ""

    def shown(self, item: Mapping[str, Any]) -> dict[str, Any]:
        if self.fields is None:
            return dict(item)
        return {name: item.get(name) for name in self.fields}


def read_query(parameters: Mapping[str, str], kind: str) -> Query:
    """Raises WireError, naming the parameter. `proxy[…]` and unknown ones are passed over."""
    since, token = _since(parameters), parameters.get("next", "")
    if token:
        began, _sign, token = token.rpartition("~")
        since = read_moment(began) if began else None
        if not token or (began and since is None):
            raise WireError("next: use the value of the page before.")
    limit = min(_number(parameters, "page_size", PAGE), LARGEST_PAGE)
    return Query(
        fields=_fields(parameters, kind),
        raw=_raw(parameters),
        limit=limit,
        offset=(_number(parameters, "page", 1) - 1) * limit,
        token=token,
        since=since,
    )


def _since(parameters: Mapping[str, str]) -> datetime | None:
    for name in parameters:
        if re.fullmatch(r"filter\[.*\].*", name, re.DOTALL) and name != "filter[updated_after]":
            raise WireError(f"{name[:60]}: there is no such filter. Use filter[updated_after].")
    for name in ("filter[updated_after]", "updated_after"):
        if said := parameters.get(name, "").strip():
            moment = read_moment(said)
            if moment is None or not 1 < moment.year < 9999:
                raise WireError(f"{name}: use a date and time as 2020-01-01T00:00:00.000Z.")
            return moment
    return None


def _fields(parameters: Mapping[str, str], kind: str) -> tuple[str, ...] | None:
    said = parameters.get("fields", "")
    names = tuple(dict.fromkeys(filter(None, (name.strip() for name in said.split(",")))))
    for name in names:
        if name not in ALLOWED[kind]:
            allowed = ", ".join(ALLOWED[kind])
            raise WireError(f"fields: there is no field {name[:60]}. Use some of {allowed}.")
    return (*names, *REQUIRED.get(kind, ())) if names else None


def _raw(parameters: Mapping[str, str]) -> bool:
    said = parameters.get("raw", "").strip().lower()
    if said not in ("", "true", "false"):
        raise WireError("raw: use true or false.")
    return said == "true"


def _number(parameters: Mapping[str, str], name: str, usual: int) -> int:
    said = parameters.get(name, "").strip()
    if not said:
        return usual
    if not re.fullmatch(r"[0-9]{1,6}", said) or int(said) < 1:
        raise WireError(f"{name}: use a whole number from 1 up.")
    return int(said)
