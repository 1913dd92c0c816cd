"""Conditions of custom fields on the pages of the workspace."""

import pytest

from helpdesk.actions.field_rules import save_rule
from helpdesk.actor import system
from helpdesk.models import Ticket, Transition
from tests.factories import make_agent, make_field, make_ticket

pytestmark = pytest.mark.django_db
NEW = {"title": "T", "priority": "normal", "requester": ""}


@pytest.fixture
def fields(db):
    region = make_field("region", "choice", ["EU", "US", "Asia"])
    vat = make_field("vat", name="VAT number")
    is_eu = {"field": "custom.region", "is": "is", "values": ["EU"]}
    by = system("rule")
    save_rule(vat, by=by, effect="show", tests=[is_eu])
    save_rule(vat, by=by, effect="require", tests=[is_eu])
    is_low = {"field": "priority", "is": "is", "values": ["low"]}
    save_rule(region, by=by, effect="limit", tests=[is_low], options=["EU", "US"])
    save_rule(region, by=by, effect="resolve")
    return {one.label: str(one.uuid) for one in region.options.all()}


@pytest.fixture
def agent_client(client):
    client.force_login(make_agent("Ann"))
    return client


def field_html(response, name: str) -> str:
    """The element around a field."""
    page = response.content.decode()
    start = page.rindex('class="field span-', 0, page.index(f'name="{name}"'))
    return page[start : page.index(f'name="{name}"') + 60]


def queue_of(client) -> str:
    page = client.get("/tickets/new/")
    return str(page.context["form"].fields["queue"].initial)


def test_a_field_that_is_not_asked_for_is_on_the_page_for_those_without_script(
    agent_client, fields
):
    page = agent_client.get("/tickets/new/")
    assert "is-out" in field_html(page, "custom.vat")
    assert "is-out" not in field_html(page, "custom.region")
    assert "needed to resolve" in field_html(page, "custom.region")


def test_choosing_shows_what_is_asked_for_now(agent_client, fields):
    body = NEW | {"queue": queue_of(agent_client), "custom.region": fields["EU"], "refresh": "1"}
    part = agent_client.post("/tickets/new/", body, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "is-out" not in field_html(part, "custom.vat")
    assert "required" in field_html(part, "custom.vat")
    back = agent_client.post(
        "/tickets/new/",
        body | {"custom.region": fields["US"], "custom.vat": "DE1"},
        headers={"HX-Request": "true"},
    )
    assert "is-out" in field_html(back, "custom.vat") and "DE1" not in back.content.decode()


def test_options_are_narrowed_by_the_priority(agent_client, fields):
    body = NEW | {"queue": queue_of(agent_client), "priority": "low", "refresh": "1"}
    part = agent_client.post("/tickets/new/", body, headers={"HX-Request": "true"})
    assert fields["EU"] in part.content.decode() and fields["Asia"] not in part.content.decode()


def test_the_server_decides_and_names_the_field(agent_client, fields):
    body = NEW | {"queue": queue_of(agent_client), "custom.region": fields["US"]}
    refused = agent_client.post("/tickets/new/", body | {"custom.vat": "DE1"})
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["custom.vat"]
    assert "is-out" not in field_html(refused, "custom.vat")
    needed = agent_client.post("/tickets/new/", body | {"custom.region": fields["EU"]})
    assert list(needed.context["form"].errors) == ["custom.vat"]
    made = agent_client.post(
        "/tickets/new/", body | {"custom.region": fields["EU"], "custom.vat": "DE1"}
    )
    assert made.status_code == 302
    assert Ticket.objects.latest("pk").custom["vat"] == "DE1"


def test_properties_ask_anew_when_another_field_changed(agent_client, fields):
    ticket = make_ticket(custom={"region": "US"})
    page = agent_client.get(f"/tickets/{ticket.pk}/?edit=1")
    assert "is-out" in field_html(page, "custom.vat")
    seen = page.context["edit"].seen_words
    body = {"refresh": "1", "seen": seen, "custom.region": fields["EU"], "title": "T"}
    headers = {"HX-Request": "true", "HX-Target": "properties-edit"}
    part = agent_client.post(f"/tickets/{ticket.pk}/properties/", body, headers=headers)
    assert "is-out" not in field_html(part, "custom.vat")
    assert "field-error" not in part.content.decode()
    ticket.refresh_from_db()
    assert ticket.custom["region"] == fields["US"]


def test_resolving_asks_for_what_it_needs_in_its_own_form(agent_client, fields):
    ticket = make_ticket()
    way = Transition.objects.filter(target__category="resolved").first()
    path = f"/tickets/{ticket.pk}/transitions/{way.pk}/"
    page = agent_client.get(path)
    assert 'name="custom.region"' in page.content.decode()
    body = {"resolution": "fixed", "comment": "x"}
    refused = agent_client.post(path, body)
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["custom.region"]
    agent_client.post(path, body | {"custom.region": fields["US"]})
    ticket.refresh_from_db()
    assert (ticket.status_category, ticket.custom["region"]) == ("resolved", fields["US"])
