"""Who is signed in: session and person, each by a statement that is put together once."""

from copy import deepcopy
from datetime import datetime
from functools import lru_cache
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from helpdesk import prepared
from helpdesk.models import User


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        found = prepared.rows("session", _sessions, key=self.session_key, now=timezone.now())
        if not found:
            self._session_key = None
            return {}
        return deepcopy(_decoded(found[0].session_data))


class Backend(AuthenticationBackend):
    def get_user(self, user_id: int) -> User | None:
        found = prepared.rows("person", _people, person=user_id)
        return found[0] if found and self.user_can_authenticate(found[0]) else None


@lru_cache(500)
def _decoded(data: str) -> dict[str, Any]:
    """What is written in a row of sessions: the signature of the same words is checked once."""
    return SessionStore().decode(data)


def _sessions(key: str, now: datetime) -> QuerySet:
    return Session.objects.filter(session_key=key, expire_date__gt=now)


def _people(person: int) -> QuerySet:
    return User._default_manager.filter(pk=person)
