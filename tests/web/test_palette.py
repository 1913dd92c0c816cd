"""The palette: what it finds, what it offers to do, to whom, and what it costs."""

import re
from html import unescape

import pytest
from django.core.cache import cache

from helpdesk import actions
from helpdesk.actions.macros import save_macro
from tests.budget import statements
from tests.factories import (
    actor_of,
    default_queue,
    make_agent,
    make_queue,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db
STATEMENTS = 6  # beside session, user and the stamp of the configuration
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def offered(client, q: str = "", **more) -> dict[str, list[str]]:
    """The words of the lines by section."""
    page = client.get("/go/", {"q": q, **more}, **HTMX)
    assert page.status_code == 200
    found = {}
    for part in page.content.decode().split("<h2 ")[1:]:
        label = re.search(r">([^<]*)</h2>", part)[1]
        lines = re.findall(r'class="go-words" dir="auto">(.*?)</span>', part)
        found[label] = [unescape(re.sub("</?mark>", "", line)) for line in lines]
    return found


def test_a_number_leads_to_its_ticket_at_once(client, agent):
    ticket = make_ticket("Printer on fire")
    assert offered(client, f"#{ticket.pk}") == {"Go to": ["Printer on fire"]}
    assert client.get("/go/", {"q": str(ticket.pk)}).url == f"/tickets/{ticket.pk}/"


def test_words_find_tickets_people_and_views_with_what_was_found_marked(client, agent):
    make_ticket("The export stops")
    make_user("Expedita Moreau", email="exp@lumen.example")
    found = offered(client, "exp")
    assert found["Tickets"] == ["The export stops"]
    assert found["People"] == ["Expedita Moreau"]
    assert offered(client, "unassig")["Views and pages"] == ["Unassigned"]
    page = client.get("/go/", {"q": "exp"}, **HTMX).content.decode()
    assert "The <mark>exp</mark>ort stops" in page


def test_what_one_may_not_see_is_not_found_by_word_number_or_memory(client, agent):
    hidden = make_ticket("Secret export", queue=make_queue("Elsewhere"))
    assert "Tickets" not in offered(client, "secret")
    assert "Go to" not in offered(client, str(hidden.pk))
    assert "Recent tickets" not in offered(client, recent=str(hidden.pk))
    assert f"Actions on #{hidden.pk}" not in offered(client, ">", on=hidden.pk)


def test_without_words_it_shows_what_was_seen_last(client, agent):
    first, second = make_ticket("First"), make_ticket("Second")
    assert offered(client, recent=f"{second.pk},{first.pk}")["Recent tickets"] == [
        "Second",
        "First",
    ]
    client.get(f"/tickets/{first.pk}/")
    assert offered(client)["Recent tickets"] == ["First"]


def test_after_a_sign_there_are_only_actions(client, agent):
    ticket = make_ticket("Assign nothing here")
    make_agent("Tomasz Lis", [default_queue()], email="tomasz@desk.example")
    save_macro(
        by=actor_of(make_user("Ada", role="admin")), name="Wait for it", sets={"priority": "low"}
    )
    found = offered(client, ">assign", on=ticket.pk)
    assert found == {f"Actions on #{ticket.pk}": ["Assign to me"]}
    [labels] = offered(client, ">assign to tom", on=ticket.pk).values()
    assert labels == ["Assign to Tomasz Lis"]
    [labels] = offered(client, ">macro", on=ticket.pk).values()
    assert labels == ["Apply macro: Wait for it"]
    [labels] = offered(client, ">priority urg", on=ticket.pk).values()
    assert labels == ["Set priority: Urgent"]


def test_what_is_offered_does_it(client, agent):
    ticket = make_ticket("Do it")
    page = client.get("/go/", {"q": ">assign to me", "on": ticket.pk})
    [section] = page.context["sections"]
    [one] = section.items
    data = {"only": "assignee", "version": ticket.version, one.name: one.value}
    assert client.post(one.to, data).status_code == 302
    ticket.refresh_from_db()
    assert ticket.assignee == agent


def test_with_rows_selected_it_offers_what_the_bar_over_the_list_does(client, agent):
    found = offered(client, ">", selected=3)
    assert found["Actions on the selected tickets"][:3] == ["Assign", "Status", "Priority"]


def test_who_may_only_read_is_offered_no_change(client):
    light = make_agent("Lea", role="light")
    client.force_login(light)
    ticket = make_ticket("Look, do not touch")
    labels = [one for found in offered(client, ">", on=ticket.pk).values() for one in found]
    assert "Assign to me" not in labels
    assert not [one for one in labels if one.startswith("Set")]


def test_without_script_it_is_a_page_of_links_and_forms(client, agent):
    ticket = make_ticket("Plain")
    page = client.get("/go/", {"q": ">", "on": ticket.pk}).content.decode()
    assert 'form="go-assignee"' in page
    assert 'id="go-assignee" method="post"' in page
    assert 'role="option"' not in page


@pytest.mark.parametrize("words", ["export", ">assign to mar", "", "hol"])
def test_it_costs_the_same_however_much_there_is(client, agent, words):
    ticket = make_ticket("Export")
    offered(client, words, on=ticket.pk, recent=str(ticket.pk))
    costs = []
    for count in (1, 30):
        make_more(count)
        offered(client, words, on=ticket.pk)  # the snapshot of the configuration is read anew
        cache.clear()
        with statements() as counted:
            offered(client, words, on=ticket.pk, recent=str(ticket.pk))
        costs.append(len(counted))
    assert costs[0] == costs[1], counted
    assert costs[0] <= STATEMENTS + 3, counted


def make_more(count: int) -> None:
    actions.open_tickets(
        [{"title": f"Export {number}"} for number in range(count)],
        by=actor_of(make_user(role="admin")),
    )
    for number in range(count):
        make_agent(f"Marvin {number} Holm", email=f"holm{number}.{count}@desk.example")
