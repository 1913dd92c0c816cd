"""The search page: tickets with the line that was found, people, and only what one may see."""

import re
from html import unescape

import pytest
from django.core.cache import cache

from helpdesk import actions
from tests.budget import statements
from tests.factories import (
    actor_of,
    make_agent,
    make_comment,
    make_queue,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db
STATEMENTS = 6  # beside session, user and the stamp of the configuration


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def found(client, q: str) -> dict[int, str]:
    """The line of every ticket that was found, by its number."""
    page = client.get("/search/", {"q": q})
    assert page.status_code == 200
    return {line["number"]: str(line["said"]) for line in page.context.get("tickets", ())}


def test_the_line_in_which_a_word_stands_is_shown_with_the_word_marked(client, agent):
    ticket = make_ticket("Cannot print", body="The printer says PC LOAD letter and stops.")
    assert found(client, "letter") == {
        ticket.pk: "The printer says PC LOAD <mark>letter</mark> and stops."
    }


def test_a_word_far_into_a_long_reply_is_found_with_what_is_around_it(client, agent):
    ticket = make_ticket("Long", body="Nothing here.")
    make_comment(ticket, "filler " * 900 + "the chrysanthemum bloomed " + "more " * 300)
    line = found(client, "chrysanthem")[ticket.pk]
    assert line.startswith("…")
    assert "the <mark>chrysanthem</mark>um bloomed" in line
    assert len(line) < 260


def test_what_customers_wrote_is_never_markup(client, agent):
    ticket = make_ticket("<b>Title</b> tulip", body="x <script>alert(1)</script> tulip <img src=x>")
    html = client.get("/search/", {"q": "tulip"}).content.decode()
    assert "<script>alert" not in html
    assert "<img src=x>" not in html
    assert "&lt;b&gt;Title&lt;/b&gt; <mark>tulip</mark>" in html
    assert found(client, "tulip").keys() == {ticket.pk}


def test_html_that_is_cut_in_the_middle_of_a_tag_shows_words_alone(client, agent):
    ticket = make_ticket("Designed", body="-")
    filler = "".join(f'<p class="very-long-{n}" title="row {n}">row {n}</p>' for n in range(60))
    make_comment(ticket, f"{filler}<p>the gladiolus</p>", format="html")
    line = found(client, "gladiolus")[ticket.pk]
    assert "<mark>gladiolus</mark>" in line
    assert "class=" not in unescape(line)


def test_tickets_and_notes_that_one_may_not_read_are_neither_shown_nor_counted(client, agent):
    seen = make_ticket("Marigold here")
    make_ticket("Marigold elsewhere", queue=make_queue("Elsewhere"))
    make_comment(seen, "the marigold is a secret", public=False)
    page = client.get("/search/", {"q": "marigold"})
    assert [line["number"] for line in page.context["tickets"]] == [seen.pk]
    assert page.context["count"] == "1"
    assert "elsewhere" not in page.content.decode().casefold()


def test_people_are_found_by_name_and_lead_to_their_tickets(client, agent):
    customer = make_user("Ngọc Trần", email="ngoc@song.example")
    page = client.get("/search/", {"q": "ngọc"})
    [one] = page.context["people"]
    assert one["person"] == customer
    ticket = make_ticket("Hers", requester=customer)
    listed = client.get(one["url"]).content.decode()
    assert f"/tickets/{ticket.pk}/" in listed


def test_a_number_opens_its_ticket_and_filters_alone_are_a_list(client, agent):
    ticket = make_ticket("One")
    assert client.get("/search/", {"q": f"#{ticket.pk}"}).url == f"/tickets/{ticket.pk}/"
    assert client.get("/search/", {"q": "priority:urgent"}).url.startswith("/tickets/?")


def test_filters_narrow_what_is_found(client, agent):
    urgent = make_ticket("Dahlia one", priority="urgent")
    make_ticket("Dahlia two")
    assert found(client, "dahlia priority:urgent").keys() == {urgent.pk}


def test_a_wrong_word_is_pointed_at(client, agent):
    page = client.get("/search/", {"q": "dahlia is:lost"})
    assert page.status_code == 422
    assert "<mark>is:lost</mark>" in page.content.decode()


def test_nothing_typed_teaches_and_nothing_found_advises(client, agent):
    assert "The words next to each other" in client.get("/search/").content.decode()
    assert "Try fewer of them" in client.get("/search/", {"q": "zzzzqq"}).content.decode()


def test_a_search_that_takes_too_long_says_so_and_what_helps(client, agent, settings):
    settings.STATEMENT_SECONDS = 0
    actions.open_tickets(
        [{"title": f"Petunia {number}"} for number in range(300)],
        by=actor_of(make_user("Ada", role="admin")),
    )
    page = client.get("/search/", {"q": "petunia"})
    if not page.context.get("stopped"):
        pytest.skip("this database was faster than its clock")
    assert "Narrow it by" in page.content.decode()


def test_it_costs_the_same_however_much_is_found(client, agent):
    beside = re.compile(r'^SELECT "helpdesk_user"\."id"|django_session|helpdesk_stamp')
    by = actor_of(make_user("Ada", role="admin"))

    def cost() -> list[str]:
        client.get("/search/", {"q": "aster"})
        cache.clear()
        with statements() as said:
            assert client.get("/search/", {"q": "aster"}).status_code == 200
        return [sql for sql in said if not beside.search(sql)]

    costs = []
    for count in (3, 60):
        made = actions.open_tickets(
            [{"title": f"Aster {number}", "body": "an aster"} for number in range(count)], by=by
        )
        for ticket in made[:5]:
            make_comment(ticket, "the aster again")
        costs.append(cost())
    assert len(costs[1]) <= len(costs[0]) + 1, costs[1]  # the count, of more than one page
    assert len(costs[1]) <= STATEMENTS + 1, costs[1]
