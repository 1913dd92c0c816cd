"""Cases of schemathesis, sent by five callers to a world with two queues, each call taken back."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property

import hypothesis
import orjson
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.generation.hypothesis.builder import (
    HypothesisTestConfig,
    HypothesisTestMode,
    create_test,
)
from schemathesis.generation.meta import TestPhase

from helpdesk.api.repeats import HEADER, NAME
from helpdesk.models import Webhook
from helpdesk.models.configuration import reset
from helpdesk.models.scopes import SCOPES
from tests.api.conftest import ROOT
from tests.factories import make_key
from tests.hostile.world import World

# All checks are on. One expects more than any document can promise: that whatever has the right
# shape is accepted. Names of rows, times of zones, rules between fields and the state of a ticket
# are no shapes. What a shape does say, `a_shape_would_have_said_so` holds the document to.
MAY_REFUSE = ["2xx", "3xx", "400", "401", "403", "404", "409", "412", "413", "422", "429"]
CONFIG = {
    "base-url": "http://localhost",
    "checks": {"positive_data_acceptance": {"expected-statuses": MAY_REFUSE}},
}
SHAPES = frozenset(
    "required null not_a_dict not_a_list max_length max_value min_value invalid_choice empty"
    " max_items min_items".split()
)
# RFC 9110 lets everybody send more headers than are known, and ours may all be left out.
OTHER_HEADERS = (
    "Invalid component: in header - object with unexpected properties",
    "Invalid component: in header - only required properties",
    "Invalid component: in header - all required properties and optional",
)
# In an address all is text: made up text that happens to be "false" is what false looks like there.
TRIED = "Invalid component: parameter `dry_run` in query"
# Lengths just inside the limits are taken for lengths outside of them.
NAMED = "Invalid component: parameter `Idempotency-Key` in header - near-boundary length string"
# By its own words nothing is wrong with it.
VALID = "Invalid component: in body - valid object"
FEW, ENOUGH = 2, 12  # made up ones; and limits, of which every eighth more is sent


@cache
def document() -> dict:
    found = SchemaGenerator().get_schema(request=None, public=True)
    return orjson.loads(orjson.dumps(found, default=str))


def labels_by_path() -> dict[str, list[str]]:
    return {
        path: [f"{method.upper()} {path}" for method in methods]
        for path, methods in document()["paths"].items()
    }


@cache
def described():
    """The document as schemathesis reads it, before our application in this process."""
    found = schemathesis.openapi.from_dict(document(), config=SchemathesisConfig.from_dict(CONFIG))
    found.app = get_wsgi_application()
    return found


def a_shape_would_have_said_so(_context, response, case) -> None:
    """JSON of the described shape is not refused for its shape."""
    is_meant = case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE
    if not is_meant or response.status_code != 400 or case.media_type == "application/xml":
        return
    said = [one for one in response.json()["errors"] if one["code"] in SHAPES]
    assert not said, f"What the document allows is refused: {said}, sent {case.body!r:.500}"


class Callers:
    """A key that may do everything, one that reads all, those of another queue and of few scopes,
    and nobody.

    What can be named in addresses and bodies is mostly what is there: made-up names would only
    ever see refusals.
    """

    def __init__(self) -> None:
        self.world = World()
        every = {"rate_limit": 10**6, "scopes": sorted(SCOPES), "writes_for_others": True}
        key, self.writing = make_key("write", **every)
        self.others = [
            make_key("read", **every)[1],
            make_key("write", [self.world.theirs.queue], rate_limit=10**6)[1],
            make_key("write", scopes=["views:write"], rate_limit=10**6)[1],
            "",
        ]
        Webhook.objects.filter(pk=self.world.ours.webhook.pk).update(key=key)
        self.found: dict[tuple, str] = {}
        self.cases = 0
        self._places: dict[str, dict[str, list[str]]] = {}

    def run(self, label: str, *, examples: int = 0, seed: int | None = None) -> None:
        """Send all cases of an operation: examples, limits of every value, and made up ones."""
        self.cases, self.most = 0, 0 if examples else ENOUGH
        settings = hypothesis.settings(
            max_examples=examples or FEW,
            derandomize=seed is None,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        )
        config = HypothesisTestConfig(
            project=described().config,
            modes=list(HypothesisTestMode),
            settings=settings,
            seed=seed,
        )
        operation = described().find_operation_by_label(label)
        create_test(operation=operation, test_func=lambda case: self.judge(case), config=config)()

    def judge(self, case) -> None:
        """Send a case with the writing key, and with one of the others in turn."""
        self.cases += 1
        is_limit = case.meta is not None and case.meta.phase.name == TestPhase.COVERAGE
        if is_limit and self.most and self.cases > self.most and self.cases % 8:
            return
        if self.cases % 4:
            self._name_what_is_there(case)
        for secret in (self.writing, self.others[self.cases % len(self.others)]):
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            with taken_back():
                try:
                    response = case.call(headers=headers)
                    case.validate_response(
                        response,
                        headers=headers,
                        additional_checks=[a_shape_would_have_said_so],
                        transport_kwargs={"headers": headers},
                    )
                except FailureGroup as group:
                    for one in group.exceptions:
                        self._note(case, one)

    def _note(self, case, failure: Exception) -> None:
        words = str(failure)
        if any(one in words for one in OTHER_HEADERS):
            return
        if TRIED in words and re.search(r"dry_run=(true|false)\b", case.as_curl_command()):
            return
        if VALID in words:
            return
        if NAMED in words and NAME.fullmatch((case.headers or {}).get(HEADER, "")):
            return
        kind = (case.operation.label, type(failure).__name__, words[:160])
        self.found.setdefault(kind, f"{case.operation.label}: {failure}\n{case.as_curl_command()}")

    def _name_what_is_there(self, case) -> None:
        parts = case.meta.components if case.meta else {}
        wrong = {where for where, one in parts.items() if one.mode == GenerationMode.NEGATIVE}
        if case.path_parameters and ParameterLocation.PATH not in wrong:
            for name, known in self._places_of(case.operation.path).items():
                case.path_parameters[name] = known[self.cases % len(known)]
        if isinstance(case.body, dict) and ParameterLocation.BODY not in wrong:
            for number, (name, now) in enumerate(case.body.items()):
                known = self._values.get(name)
                if known and isinstance(now, list) == isinstance(known[0], list):
                    case.body[name] = known[(self.cases + number) % len(known)]

    def _places_of(self, path: str) -> dict[str, list[str]]:
        if path not in self._places:
            self._places[path] = self._looked_up(path)
        return self._places[path]

    def _looked_up(self, path: str) -> dict[str, list[str]]:
        """The values of an address' parameters: from the table, or from the list above each."""
        client = Client(headers={"authorization": f"Bearer {self.writing}"})
        values: dict[str, list[str]] = {}
        for parameter in re.finditer(r"\{(\w+)\}", path):
            name, start = parameter[1], path[: parameter.start()]
            for other, known in values.items():
                start = start.replace(f"{{{other}}}", known[0])
            found = self._unlisted.get((start, name)) or self._unlisted.get(name)
            if found is None:
                answer = client.get(start)
                rows = answer.json()["results"] if answer.status_code == 200 else []
                found = [row["uuid" if name == "uuid" else "id"] for row in rows[:5]]
            if not found:
                return {}
            values[name] = [str(one) for one in found]
        return values

    @cached_property
    def _unlisted(self) -> dict:
        side = self.world.ours
        return {
            "change_set": [side.bulk_job.uuid],
            "source": [side.ticket.source],
            "source_ref": [side.ticket.source_ref],
            "person": [side.follower.pk],
            "kind": ["reply", "ack", "digest"],
            "comment_ref": [side.comment.pk, side.note.uuid],
            "delivery_ref": [side.delivery.uuid],
            (f"{ROOT}attachments/", "uuid"): [side.file.uuid],
            (f"{ROOT}tickets/", "ref"): [side.ticket.pk, side.linked.uuid],
        }

    @cached_property
    def _values(self) -> dict[str, list]:
        """What the members of bodies may name."""
        side = self.world.ours
        queue, ticket = side.queue, side.ticket
        steps = self.world.own_transition
        return {
            "assignee": [side.agent.email, side.agent.pk, None],
            "attachments": [[]],
            "comment": [str(side.comment.uuid)],
            "comments": [[str(side.comment.uuid)]],
            "created_at": ["2026-01-01T00:00:00Z"],
            "custom": [{}, {"helpers": [side.agent.pk]}],
            "email": ["new@example.com"],
            "fields": [{"priority": "high"}, {"title": "New"}],
            "home_queue": [queue.slug, None],
            "ids": [[ticket.pk, str(side.linked.uuid)]],
            "into": [side.linked.pk, str(side.linked.uuid)],
            "items": [[{"title": "New"}], [{"id": ticket.pk, "priority": "low"}]],
            "link": [side.mirrored.pk],
            "name": ["A name", "Another"],
            "on_behalf_of": [side.agent.email],
            "organisation": [side.organisation.name, None],
            "parent": [side.linked.pk, None],
            "person": [side.follower.email, str(side.agent.pk)],
            "q": ["is:unresolved"],
            "query": ["is:open", "priority:high"],
            "queue": [queue.slug, queue.pk, {"id": queue.pk}],
            "queues": [[queue.slug], []],
            "rate_limit": [100],
            "requester": [side.customer.email, {"email": "new@example.com", "name": "New"}],
            "scopes": [["tickets:read"], []],
            "source": ["shop"],
            "source_url": ["https://example.com/1"],
            "status": ["Open", "Resolved", "Waiting"],
            "tags": [["vip"], []],
            "team": [None],
            "ticket": [str(side.linked.pk)],
            "timezone": ["Europe/Berlin"],
            "title": ["Words", "Ünïcode"],
            "transition": [str(steps.pk), steps.name],
            "type": ["Incident", None],
            "url": ["https://example.com/hook"],
            "version": [ticket.version, 1],
        }


@contextmanager
def taken_back() -> Iterator[None]:
    """As the test client of Django does, the connection stays open from one call to the next."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)
        reset()


def asked() -> dict:
    """How much was asked for in the environment."""
    seed = os.environ.get("FUZZ_SEED")
    return {"examples": int(os.environ.get("FUZZ", "0")), "seed": int(seed) if seed else None}
