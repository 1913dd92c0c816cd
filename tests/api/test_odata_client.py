"""A client of OData that others wrote, with nothing but our address."""

from datetime import UTC, datetime, timedelta

import pytest
import requests
from odata import ODataService
from requests.auth import HTTPBasicAuth

from helpdesk.api import odata
from helpdesk.reports.tables import ENTITIES
from tests.factories import make_key, make_ticket

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def service(live_server):
    """The service as the client learns it from `$metadata`, with the key as password."""
    _key, secret = make_key("read")
    with requests.Session() as session:
        session.auth = HTTPBasicAuth("anybody", secret)
        yield ODataService(
            f"{live_server.url}/api/v1/odata/",
            session=session,
            reflect_entities=True,
            quiet_progress=True,
        )


def test_it_learns_every_set_from_the_metadata(service):
    assert set(service.entities) == set(ENTITIES)


def test_it_reads_page_after_page(service, monkeypatch):
    monkeypatch.setattr(odata, "PAGE", 3)
    made = [make_ticket().pk for _number in range(8)]
    assert [row.id for row in service.query(service.entities["Tickets"])] == made


def test_it_narrows_sorts_and_chooses(service):
    for number, title in enumerate(["It's one", "Two", "It's three"]):
        make_ticket(title, created_at=MORNING + timedelta(hours=number))
    tickets = service.entities["Tickets"]
    query = service.query(tickets).filter(tickets.title.startswith("It's"))
    query = query.filter(tickets.created_at >= MORNING).order_by(tickets.created_at.desc())
    assert [row.title for row in query] == ["It's three", "It's one"]
    [row] = query.limit(1).offset(1)
    assert (row.title, row.created_at) == ("It's one", MORNING)
    assert row.due_at is None
    assert service.query(tickets).filter(tickets.title == "Two").count() == 1


def test_it_reads_one_row_by_its_key(service):
    ticket = make_ticket("One")
    assert service.query(service.entities["Tickets"]).get(ticket.pk).title == "One"
