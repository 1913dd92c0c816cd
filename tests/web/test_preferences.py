"""A person's own preferences, and what the workspace does with them."""

from datetime import UTC, datetime

import pytest

from helpdesk.models import Ticket
from tests.factories import make_agent, make_ticket

pytestmark = pytest.mark.django_db
GIVEN = {
    "name": "Maren Holt",
    "locale": "",
    "timezone": "",
    "theme": "",
    "density": "",
    "layout": "table",
}


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def save(client, **changed):
    return client.post("/preferences/", {**GIVEN, **changed})


def test_preferences_are_stored_and_shown_again(client, agent):
    answer = save(
        client,
        name="M. Holt",
        locale="de",
        timezone="Asia/Tokyo",
        density="compact",
        layout="split",
    )
    assert answer["Location"] == "/preferences/"
    agent.refresh_from_db()
    assert (agent.name, agent.locale, agent.timezone) == ("M. Holt", "de", "Asia/Tokyo")
    assert agent.preferences == {"density": "compact", "layout": "split"}
    page = client.get("/preferences/")
    assert page.context["form"].initial["timezone"] == "Asia/Tokyo"


def test_saving_keeps_what_other_pages_stored(client, agent):
    agent.preferences = {"columns": {"all": ["number"]}}
    agent.save()
    save(client, density="compact")
    agent.refresh_from_db()
    assert agent.preferences["columns"] == {"all": ["number"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("locale", "xx"),
        ("timezone", "../etc/passwd"),
        ("density", "huge"),
        ("layout", "circle"),
        ("theme", "pink"),
    ],
)
def test_a_wrong_preference_is_said_at_its_field_and_nothing_is_stored(client, agent, field, value):
    answer = save(client, **{"name": "New Name", field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    agent.refresh_from_db()
    assert agent.name == "Maren Holt"


def test_nobody_promotes_themselves_by_a_preference(client, agent):
    save(client, role="admin", is_active="", email="other@example.com")
    agent.refresh_from_db()
    assert agent.role == "agent"
    assert agent.email != "other@example.com"


def test_the_theme_belongs_to_the_browser(client, agent):
    assert save(client, theme="dark").cookies["theme"].value == "dark"
    assert 'data-theme="dark"' in client.get("/tickets/").content.decode()
    save(client)
    assert "data-theme=" not in client.get("/tickets/").content.decode()


def test_density_stands_on_every_page(client, agent):
    save(client, density="compact")
    assert 'data-density="compact"' in client.get("/tickets/").content.decode()


def test_times_are_shown_in_the_readers_zone(client, agent):
    ticket = make_ticket()
    at = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    Ticket.objects.filter(pk=ticket.pk).update(last_activity_at=at)
    assert "1 Mar 2026, 22:30:00 UTC" in client.get("/tickets/").content.decode()
    save(client, timezone="Asia/Tokyo")
    assert "2 Mar 2026, 07:30:00 JST" in client.get("/tickets/").content.decode()


def test_a_zone_that_no_longer_exists_is_the_helpdesks(client, agent):
    agent.timezone = "Atlantis/Centre"
    agent.save()
    assert client.get("/tickets/").status_code == 200


def test_the_page_speaks_the_readers_language(client, agent):
    assert '<html lang="en"' in client.get("/tickets/").content.decode()
    save(client, locale="fr")
    page = client.get("/tickets/", headers={"Accept-Language": "de"})
    assert '<html lang="fr"' in page.content.decode()
    assert page["Content-Language"] == "fr"


def test_one_readers_language_is_not_the_next_ones(client, agent):
    save(client, locale="fr")
    client.get("/tickets/")
    client.logout()
    client.force_login(make_agent())
    assert '<html lang="en"' in client.get("/tickets/").content.decode()
