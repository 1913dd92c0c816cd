"""Where a call says that it comes from: believed as far as it can do no harm."""

import json
import uuid

import pytest
from django.test import Client

from helpdesk.actions import keys
from helpdesk.actor import system
from helpdesk.models import Ticket
from integrations.installation import installation, ticket_of
from integrations.models import Connection
from tests.factories import default_queue, make_key

pytestmark = pytest.mark.django_db
BASE = "/compat/teamswork/ticketing/v1/tickets"
USER = {"id": "", "name": "Jo", "email": "jo@example.org"}
BY = system("rule")
NOWHERE = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


def create(secret: str, origin: str, title: str = "T") -> Ticket:
    body = json.dumps({"ticket": {"title": title, "requestor": USER}, "user": USER})
    answer = Client(headers={"Helpdesk-Origin": origin}).post(
        f"{BASE}?key={secret}", body, content_type="application/json"
    )
    assert answer.status_code == 201, answer.content
    return Ticket.objects.get(uuid=answer.json()["item"]["id"])


def test_another_installation_is_believed():
    origin = "/".join(str(uuid.uuid4()) for _ in range(3))
    ticket = create(make_key()[1], origin)
    assert f"{ticket.source}/{ticket.source_ref}" == f"helpdesk:{origin}"


@pytest.mark.parametrize("connection", [NOWHERE, "made-up", "1"])
def test_a_connection_of_ours_that_is_not_there_reserves_nothing(connection):
    identity = uuid.uuid4()
    ticket = create(make_key()[1], f"{installation()}/{connection}/{identity}")
    assert (ticket.source, ticket.source_ref) == ("", "")
    assert ticket_of(installation(), str(identity)) is None


def test_a_connection_of_ours_that_mirrors_to_ourselves_is_believed():
    own = Connection.objects.create(service="teamswork", name="Loop", queue=default_queue())
    identity = str(uuid.uuid4())
    origin = f"{installation()}/{own.uuid}/{identity}"
    first, again = (create(make_key()[1], origin) for _ in range(2))
    assert first == again and first.source_ref == identity


def test_what_was_tried_in_a_sandbox_is_not_the_ticket_elsewhere():
    key, tried_with = make_key()
    keys.enter_sandbox(key, by=BY)
    there, ticket = str(uuid.uuid4()), str(uuid.uuid4())
    tried = create(tried_with, f"{there}/{uuid.uuid4()}/{ticket}")
    assert ticket_of(there, ticket) is None
    real = create(make_key()[1], f"{there}/{uuid.uuid4()}/{ticket}")
    assert real != tried and real.queue == default_queue()
    assert ticket_of(there, ticket) == real


def test_a_sandbox_knows_its_own_repeats():
    key, secret = make_key()
    keys.enter_sandbox(key, by=BY)
    there, ticket = str(uuid.uuid4()), str(uuid.uuid4())
    first, again = (create(secret, f"{there}/{uuid.uuid4()}/{ticket}") for _ in range(2))
    assert first == again
