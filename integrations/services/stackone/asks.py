"""What is asked of our StackOne endpoint, as the gateway takes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from integrations import gateway
from integrations.connector import Fields
from integrations.gateway import relations, types
from integrations.remote import RemotePerson, RemoteTicket
from integrations.services.stackone import words
from integrations.services.stackone.bodies import Asked
from integrations.services.stackone.served import account_ids
from integrations.services.stackone.values import WireError


def fields_asked(asked: Asked, caller: gateway.Caller, now: RemoteTicket | None) -> Fields:
    """Our fields, with rows for what the verbs take as rows. `now`: the ticket as it is."""
    for member, identity in asked.projects:
        if identity.lower() not in account_ids(caller):
            raise WireError(f"{member}: there is no {member.removesuffix('_id')} {identity[:60]}.")
    fields: Fields = {**asked.fields, "rows": {}}
    if now is not None and _only_repeats(asked.fields, now):
        del fields["body"], fields["body_format"]
    rows = fields["rows"]
    if asked.type is not None:
        fields["type"] = types.type_called(asked.type) if asked.type else ""
    if asked.parent is not None:
        parent = asked.parent
        fields["parent"] = relations.parent_named(caller, parent, "parent_id") if parent else None
    if asked.organization is not None:
        name, said = "organization_id", asked.organization
        rows["organisation"] = relations.organisation_named(caller, said, name) if said else None
        if now is None and not said:
            del rows["organisation"]  # the requester's own
    return fields


def people_asked(
    asked: Asked, caller: gateway.Caller, fields: Fields, kept: dict[str, Any], *, is_new: bool
) -> tuple[dict[str, list[Any]], RemotePerson]:
    """Puts people, teams and what is kept of them in `fields` and `kept`.

    Answers who takes part beside them, and the creator.
    """
    taking: dict[str, list[Any]] = {}
    rows, creator = fields["rows"], RemotePerson()
    if asked.creator and is_new:
        person, creator = relations.creator_named(caller, asked.creator, "creator_id")
        if not asked.reporters and not person.is_agent:
            rows["requester"] = person
    if asked.reporters or (asked.reporters is not None and not is_new):
        first, others = asked.reporters[:1], asked.reporters[1:]
        found = relations.people_named(caller, first, "reporters")
        rows["requester"] = found[0] if found else None
        named = relations.known_named(caller, others, "reporters")
        taking["reporter"] = [one for one in named if not isinstance(one, str)]
        kept["reporters"] = [one for one in named if isinstance(one, str)]
    if asked.assignees is not None:
        _assign(asked.assignees, caller, fields, kept, taking)
    if asked.components is not None:
        teams = [relations.team_named(caller, one, "component_ids") for one in asked.components]
        rows["team"] = teams[0] if teams else None
        kept["components"] = [str(team.uuid) for team in teams[1:]]
    return taking, creator


def status_asked(asked: Asked, caller: gateway.Caller, now: RemoteTicket) -> dict[str, str]:
    """As `relations.change_whole` takes it: by the id of one of ours, or a word of ours."""
    if asked.status is None:
        return {}
    by, said = asked.status
    if by == "value":
        is_same = words.STATUS.out[now.fields["status"]] == said
        return {} if is_same else {"status": words.STATUS.back[said]}
    for status, _ways in gateway.statuses(caller):
        name = str(status.uuid) if by == "id" else status.name
        if words.folded(name) == words.folded(said):
            return {"status_id": str(status.uuid)}
    raise WireError(f"status.{by}: there is no status {said[:60]}.")


def list_asked(since: datetime | None, *, limit: int, offset: int, token: str) -> gateway.Wanted:
    """What was changed last comes last, so that a change moves nothing out of a later page."""
    return gateway.Wanted(
        between={"updated_at": (since, None)} if since else {},
        order="updated_at",
        descending=False,
        limit=limit,
        offset=offset,
        token=token,
    )


# Inner parts -------------------------------------------------------------------------------------


def _assign(
    ids: list[str],
    caller: gateway.Caller,
    fields: Fields,
    kept: dict[str, Any],
    taking: dict[str, list[Any]],
) -> None:
    """The first is assigned, other agents help; addresses of nobody here are given back."""
    named = relations.agents_named(caller, ids, "assignees")
    first, others = (named[0] if named else None), named[1:]
    if isinstance(first, str):
        fields["assignee"] = {"id": first, "name": "", "email": first}
    else:
        fields["rows"]["assignee"], kept["assignee"] = first, None
    taking["co_assignee"] = [one for one in others if not isinstance(one, str)]
    kept["others"] = [one for one in others if isinstance(one, str)]


def _only_repeats(said: Fields, now: RemoteTicket) -> bool:
    """Whether a text is the one that was shown, which may be less than what is kept."""
    if "body" not in said:
        return False
    shown = now.extra["body_html"] if said["body_format"] == "html" else now.fields["body"]
    return said["body"] == shown
