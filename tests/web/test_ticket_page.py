"""The ticket page, read and worked on without JavaScript."""

import pytest
from django.urls import reverse

from helpdesk import actions
from helpdesk.models import Change, ReadMark, Ticket
from tests.budget import statements
from tests.factories import (
    actor_of,
    default_queue,
    make_agent,
    make_comment,
    make_queue,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


@pytest.fixture
def customer():
    return make_user("Leila Haddad", timezone="Asia/Beirut")


@pytest.fixture
def ticket(customer):
    return make_ticket("Export stops", body="It *stops* at 65,536", requester=customer)


def page_of(client, ticket, query="") -> str:
    response = client.get(reverse("ticket", args=[ticket.pk]) + query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_shows_who_asked_and_what(client, agent, ticket):
    html = page_of(client, ticket)
    assert "Export stops" in html and "It *stops* at 65,536" in html
    assert "Leila Haddad" in html and "Beirut" in html


@pytest.fixture(autouse=True)
def no_panels(settings):
    from helpdesk.web import ticket_page
    settings.PANELS = []
    ticket_page.panels.cache_clear()
    yield
    ticket_page.panels.cache_clear()
