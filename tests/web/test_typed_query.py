"""The search box of the list: a typed query and the chips are two faces of one thing."""

from urllib.parse import quote

import pytest
from django.utils.html import escape

from tests.factories import make_agent, make_field, make_tag, make_ticket, status
from tests.web.test_lists import listed, numbers, statements_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def chips(page) -> list[tuple[str, str]]:
    return [(str(chip.label), chip.value) for chip in page.context["chips"]]


def box(page) -> str:
    return page.context["typed"]


def test_what_is_typed_becomes_chips_and_narrows_the_list(client, agent):
    mine = make_ticket("Printer on fire", assignee=agent, tags=[make_tag("vip")])
    make_ticket("Printer out of ink")
    page = client.get("/tickets/", {"q": "is:unresolved assignee:me tag:vip printer"})
    assert numbers(page) == [mine.pk]
    assert chips(page) == [
        ("Status", "New, Open, Waiting"),
        ("Assignee", "Me"),
        ("Tag", "vip"),
        ("Search", "printer"),
    ]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "is:unresolved"),
        ({"view": "my-open"}, "assignee:me is:unresolved"),
        ({"view": "recent"}, "sort:-updated_at"),
        ({"search": "printer"}, "printer"),
        ({"search": "printer is:open"}, 'printer "is:open"'),
        ({"priority": "urgent", "sort": "title"}, "priority:urgent sort:title"),
        ({"not_tag": "spam"}, "-tag:spam"),
        ({"q": "-tag:spam due:<2h"}, "-tag:spam due:<2h"),
        ({"q": "  printer  is:open "}, "is:open printer"),
    ],
)
def test_chips_read_as_a_query_that_finds_the_same(client, agent, params, text):
    make_tag("spam")
    make_ticket("Printer", priority="urgent", assignee=agent, status=status("Open"))
    page = client.get("/tickets/", params)
    assert page.status_code == 200, page.context["query"].errors
    assert box(page) == text
    assert f'value="{escape(text)}"' in page.content.decode()
    assert listed(client, q=text) == numbers(page)


def test_an_empty_query_means_everything(client, agent):
    make_ticket("Done", status=status("Closed"))
    answer = client.get("/tickets/", {"q": " "})
    assert answer["Location"] == "/tickets/?view=all"


@pytest.mark.parametrize("form", ["{}", "#{}", " {} "])
def test_a_number_in_the_box_opens_its_ticket(client, agent, form):
    ticket = make_ticket()
    answer = client.get("/tickets/", {"q": form.format(ticket.pk)})
    assert answer["Location"] == f"/tickets/{ticket.pk}/"


@pytest.mark.parametrize(
    ("text", "word", "said"),
    [
        ("printer status:nowhere is:open", "status:nowhere", "nowhere"),
        ("is:lost x", "is:lost", "There is no “is:lost”"),
        ("a regoin:EU b", "regoin:EU", "There is no “regoin”"),
        ("-tag:unheard-of", "-tag:unheard-of", "unheard-of"),
        ("updated:7d", "updated:7d", "&gt;7d or &lt;7d"),
        ("sort:colour", "sort:colour", "colour"),
        ('tag:"<b>', "tag:&quot;&lt;b&gt;", "&lt;b&gt;"),
    ],
)
def test_a_wrong_word_is_marked_and_the_text_stays(client, agent, text, word, said):
    make_ticket("Printer")
    page = client.get("/tickets/", {"q": text})
    html = page.content.decode()
    assert page.status_code == 422
    assert numbers(page) == []
    assert html.count("<mark>") == 1
    assert f"<mark>{word}</mark>" in html
    assert said in html
    assert box(page) == text
    assert 'aria-invalid="true" aria-describedby="query-wrong" autofocus' in html
    assert "The list is not shown" in html


def test_each_wrong_word_is_told_once(client, agent):
    page = client.get("/tickets/", {"q": "is:lost printer colour:red priority:huge"})
    html = page.content.decode()
    assert [part for part in page.context["wrong"]["parts"] if part[1]] == [
        ("is:lost", True),
        ("colour:red", True),
        ("priority:huge", True),
    ]
    assert html.count('class="chip-error"') == 3


def test_the_first_wrong_word_is_where_the_browser_counts_it(client, agent):
    page = client.get("/tickets/", {"q": "\N{PRINTER} is:lost"})
    assert 'data-wrong="3 10"' in page.content.decode()  # the picture is two units long


def test_an_unknown_name_is_answered_with_the_one_that_was_meant(client, agent):
    make_field("region")
    html = client.get("/tickets/", {"q": "regoin:EU"}).content.decode()
    assert 'Did you mean <a class="link" href="/tickets/?custom.region=EU">Region</a>' in html


def test_words_without_and_ranges_have_chips_that_read(client, agent):
    make_field("seats", "number")
    make_tag("spam")
    text = "-tag:spam -assignee:me custom.seats:>3 updated:>7d due:<2h"
    page = client.get("/tickets/", {"q": text})
    assert chips(page) == [
        ("Not tagged", "spam"),
        ("Not: Assignee", "Me"),
        ("Seats >", "3"),
        ("Updated before", "7 d ago"),
        ("Due before", "2 h"),
    ]


def test_links_of_a_typed_list_lead_on_in_parameters(client, agent):
    make_ticket("Printer", priority="urgent")
    page = client.get("/tickets/", {"q": "priority:urgent printer sort:title"})
    [first, _second] = page.context["chips"]
    assert first.remove == "/tickets/?search=printer&sort=title"
    assert page.context["here"] == "/tickets/?priority=urgent&search=printer&sort=title"


def test_a_query_too_long_is_refused_in_words(client, agent):
    page = client.get("/tickets/", {"q": "x" * 2001})
    assert page.status_code == 422
    assert "At most 2000 characters" in page.content.decode()


def test_a_typed_query_costs_no_more_than_its_parameters(client, agent):
    make_ticket("Printer", assignee=agent)
    by_hand = "/tickets/?assignee=me&search=printer"
    typed = "/tickets/?q=" + quote("assignee:me printer")
    client.get(by_hand), client.get(typed)
    assert len(statements_of(client, typed)) == len(statements_of(client, by_hand))
