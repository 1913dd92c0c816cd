"""The tour: shown until it is read or skipped, remembered with the person."""

import pytest

from helpdesk.web.tour import STEPS
from tests.factories import make_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def card(client) -> int | None:
    """The number of the step that the home page shows."""
    tour = client.get("/home/").context["tour"]
    return tour["number"] if tour else None


def test_it_begins_on_the_first_home_page_and_goes_on_where_one_was(client, agent):
    assert card(client) == 1
    client.post("/tour/", {"step": "1"})
    assert card(client) == 2
    client.post("/tour/", {"step": "0"})
    assert card(client) == 1


def test_skipped_or_read_it_stays_away_until_it_is_asked_for(client, agent):
    client.post("/tour/", {"step": "done"})
    assert card(client) is None
    assert "Show it on the home page" in client.get("/tour/").content.decode()
    client.post("/tour/", {"step": "0"})
    assert card(client) == 1


@pytest.mark.parametrize("step", ["", "-1", "99", "x", "9" * 30])
def test_a_step_that_does_not_exist_ends_it(client, agent, step):
    client.post("/tour/", {"step": step})
    assert card(client) is None


def test_every_step_leads_to_a_page_that_is_there(client, agent):
    assert [client.get(step.url).status_code for step in STEPS] == [200] * len(STEPS)


def test_for_htmx_the_next_step_takes_the_place_of_the_card(client, agent):
    answer = client.post("/tour/", {"step": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert answer.strip().startswith('<section class="card tour"')
    assert "2 of 5" in answer
