"""Bringing a ticket into a state by the actions of Akana's workflow."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from integrations.connector import ConnectorError, RemoteTicket
from integrations.services.akana import comments, values
from integrations.services.akana.calls import Calls
from integrations.services.akana.setup import actions_of

NOT_TOLD = (400, 403, 404, 405, 501)


def is_in(state: str, ticket: RemoteTicket) -> bool:
    """Whether a ticket stands in a state. Opened again is open."""
    now = str(ticket.theirs.get("status") or "")
    pair = {"OPEN", "REOPEN"}
    return values.last_part(now) == values.last_part(state) or {now, state} <= pair


def bring(
    calls: Calls, setup: dict[str, Any], remote_id: str, state: str, words: str, reference: str
) -> None:
    """Take the action that leads to a state, after opening the ticket again if that helps.

    What is allowed now is asked for first; where the service does not tell, the action is tried.
    """
    named = actions_of(setup)
    action = named.get(state) or named.get(state.casefold())
    if action is None:
        said = _("No action is named that leads to “%(state)s”. Name it on the connection.")
        raise ConnectorError(said % {"state": state}, permanent=True)
    allowed = _allowed(calls, remote_id, reference)
    if not _may(action, allowed) and _may(named["REOPEN"], allowed):
        _act(calls, remote_id, named["REOPEN"], "", reference)
        allowed = _allowed(calls, remote_id, reference)
    if not _may(action, allowed):
        said = _("Akana does not allow “%(action)s” now. Allowed: %(allowed)s.")
        names = {"action": action, "allowed": ", ".join(allowed or ()) or "–"}
        raise ConnectorError(said % names, permanent=True)
    _act(calls, remote_id, action, words, reference)


def _allowed(calls: Calls, remote_id: str, reference: str) -> list[str] | None:
    """The actions that are allowed now; None where the service does not tell."""
    path = f"/api/workflow/objects/{quote(remote_id, safe='')}/actions"
    try:
        return comments.read_actions(calls.get(path, reference=reference))
    except ConnectorError as error:
        if error.status in NOT_TOLD:
            return None
        raise


def _may(action: str, allowed: list[str] | None) -> bool:
    return allowed is None or action.casefold() in map(str.casefold, allowed)


def _act(calls: Calls, remote_id: str, action: str, words: str, reference: str) -> None:
    path = f"/api/tickets/{quote(remote_id, safe='')}/actions"
    calls.post(path, "Action", comments.write_action(action, words), reference)
