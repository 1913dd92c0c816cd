"""The people of a queue by id: who works in it, and who may be assigned."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext as _

from integrations.gateway.caller import Caller
from integrations.gateway.instance import agents
from integrations.remote import RemotePerson


def user(caller: Caller, identity: str) -> RemotePerson:
    """One of `agents`. Anyone else raises Http404: customers are seen through tickets alone."""
    found = _by_id(caller).get(identity.lower())
    if found is None:
        raise Http404
    return found


def assignee(caller: Caller, identity: str) -> RemotePerson:
    """Who is to be assigned, by id. Raises ValidationError for anyone else."""
    found = _by_id(caller).get(identity.lower())
    if found is None:
        words = _("There is no agent “%(id)s” here.")
        raise ValidationError({"assignee": words % {"id": identity[:60]}})
    return found


def _by_id(caller: Caller) -> dict[str, RemotePerson]:
    return {person.id: person for person in agents(caller)}
