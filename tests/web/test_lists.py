"""The ticket list: what it shows, to whom, in which order, and what it costs."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Organisation, Presence, ReadMark, TagCategory, Team, Ticket
from helpdesk.models.configuration import configuration
from tests.factories import (
    actor_of,
    default_queue,
    make_agent,
    make_field,
    make_queue,
    make_tag,
    make_ticket,
    make_user,
    status,
)

pytestmark = pytest.mark.django_db
STATEMENTS = 6  # beside session, user and, once a second, the stamp of the configuration
BYTES = 60_000


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def numbers(answer) -> list[int]:
    """The tickets of a page, in order."""
    return [int(one) for one in re.findall(r'href="/tickets/(\d+)/', answer.content.decode())]


def listed(client, **params) -> list[int]:
    answer = client.get("/tickets/", params)
    assert answer.status_code == 200, answer.context["query"].errors
    return numbers(answer)


def many(count: int, **fields) -> list[Ticket]:
    rows = [{"title": f"Ticket {number}", **fields} for number in range(count)]
    return actions.open_tickets(rows, by=system("import:1"))


# Views -----------------------------------------------------------------------------------------


def test_the_first_page_shows_what_is_unresolved_latest_activity_first(client, agent):
    old, new = make_ticket("Old"), make_ticket("New")
    Ticket.objects.filter(pk=old.pk).update(last_activity_at=timezone.now() - timedelta(days=2))
    make_ticket("Done", status=status("Resolved"))
    assert listed(client) == [new.pk, old.pk]


def test_each_view_shows_its_tickets_and_counts_as_many(client, agent):
    late = timezone.now() - timedelta(hours=1)
    team = configuration().memberships[agent.pk][0][0]
    make_ticket("Mine", assignee=agent, due_at=late)
    make_ticket("Somebody’s", assignee=make_agent(), team=Team.objects.get(pk=team))
    make_ticket("Nobody’s", status=status("Waiting"))
    make_ticket("Done", status=status("Closed"), due_at=late)
    cache.clear()
    items = [
        item
        for section in client.get("/tickets/").context["shell"].sections
        for item in section["items"]
        if "view=" in item["url"]
    ]
    said = {item["url"].partition("view=")[2]: item["count"] for item in items}
    for key, count in said.items():
        assert count in (None, len(listed(client, view=key))), key
    counted = {key: count for key, count in said.items() if not key.startswith("team-")}
    assert counted == {
        "my-open": 1,
        "unresolved": 3,
        "unassigned": 1,
        "overdue": 1,
        "waiting": 1,
        "snoozed": 0,
        "recent": None,
        "all": None,
        f"queue-{default_queue().slug}": 3,
    }
    assert said[f"team-{team}"] == 1
    assert len(listed(client, view="all")) == 4


def test_a_view_is_open_in_the_navigation_however_it_was_asked_for(client, agent):
    page = client.get("/tickets/?assignee=none&category=unresolved")
    assert page.context["query"].title == "Unassigned"


def test_an_unknown_view_is_named_and_nothing_is_listed(client, agent):
    make_ticket()
    answer = client.get("/tickets/?view=secret")
    assert answer.status_code == 422
    assert "There is no view “secret”." in answer.content.decode()
    assert numbers(answer) == []


# Filters ---------------------------------------------------------------------------------------


def test_every_filter_narrows_the_list(client, agent):
    colour = make_field("colour", "choice", options=["Red", "Blue"])
    company = Organisation.objects.create(name="Cedar Logistics")
    leila = make_user("Leila", organisation=company)
    billing = make_queue("Billing")
    billing.teams.add(*default_queue().teams.all())
    vip, spam = make_tag("vip"), make_tag("spam")
    wanted = make_ticket(
        "Nightly export stops",
        queue=billing,
        requester=leila,
        assignee=agent,
        priority="urgent",
        tags=[vip],
        custom={colour.key: "Blue"},
        due_at=timezone.now() - timedelta(hours=1),
        organisation=company,
        status=status("Waiting"),
    )
    make_ticket("Another", tags=[spam], custom={colour.key: "Red"})
    for params in (
        {"status": "Waiting"},
        {"category": "waiting"},
        {"queue": billing.slug},
        {"assignee": "me"},
        {"assignee": agent.email},
        {"requester": leila.email},
        {"organisation": "Cedar Logistics"},
        {"priority": "urgent"},
        {"tag": "vip"},
        {"not_tag": "spam"},
        {"custom.colour": "Blue"},
        {"overdue": "true"},
        {"due_at_before": "2999-01-01"},
        {"search": "nightly"},
        {"search": "leila"},
        {"id": str(wanted.pk)},
    ):
        assert listed(client, **params) == [wanted.pk], params


@pytest.mark.parametrize(
    "params",
    [
        {"regoin": "EU"},
        {"status": "Nowhere"},
        {"assignee__password__startswith": "a"},
        {"custom.nothing": "1"},
        {"priority": "huge"},
        {"assignee": "stranger@example.com"},
        {"sort": "assignee__password"},
        {"cursor": "forged"},
        {"search": "a\0b"},
    ],
)
def test_a_wrong_parameter_is_named_and_the_list_is_not_run(client, agent, params):
    make_ticket()
    answer = client.get("/tickets/", params)
    said = answer.content.decode()
    assert answer.status_code == 422
    assert numbers(answer) == []
    assert "The list is not shown" in said
    assert 'class="chip-error"' in said


def test_an_unknown_filter_is_answered_with_the_one_that_was_meant(client, agent):
    make_field("region")
    said = client.get("/tickets/?regoin=EU").content.decode()
    assert "There is no filter “regoin”." in said
    assert 'href="/tickets/?custom.region=EU"' in said


def test_a_chip_leads_to_the_list_without_its_filter(client, agent):
    make_ticket("Low", priority="low")
    both = make_ticket("Urgent", priority="urgent", tags=[make_tag("vip")])
    page = client.get("/tickets/?tag=vip&priority=urgent&sort=title")
    chip = next(chip for chip in page.context["chips"] if chip.label == "Tag")
    assert chip.remove == "/tickets/?priority=urgent&sort=title"
    assert numbers(client.get(chip.remove)) == [both.pk]


def test_removing_the_last_chip_shows_everything(client, agent):
    make_ticket("Done", status=status("Closed"))
    [chip] = client.get("/tickets/").context["chips"]
    assert len(numbers(client.get(chip.remove))) == 1


def test_the_filter_form_holds_what_is_filtered_by_now(client, agent):
    make_field("colour", "choice", options=["Red", "Blue"])
    answer = client.get("/tickets/filters/?priority=high,urgent&custom.colour=Red&tag=vip")
    form = answer.context["form"]
    assert form["priority"].initial == "high,urgent"
    assert '<option value="high,urgent" selected>' in str(form["priority"])
    assert '<option value="Red" selected>' in str(form["custom.colour"])
    assert 'value="vip"' in str(form["tag"])


def test_the_filter_form_is_a_fragment_for_htmx_and_a_page_for_others(client, agent):
    page = client.get("/tickets/filters/")
    fragment = client.get("/tickets/filters/", headers={"HX-Request": "true"})
    assert b"<html" in page.content
    assert b"<html" not in fragment.content
    assert b'name="assignee"' in fragment.content
    assert "HX-Request" in fragment["Vary"]


def test_the_empty_fields_of_the_form_do_not_stay_in_the_address(client, agent):
    form = {"priority": "high", "category": "unresolved", "queue": "", "tag": " ", "search": ""}
    answer = client.get("/tickets/", form)
    assert answer["Location"] == "/tickets/?priority=high&category=unresolved"
    answer = client.get("/tickets/", {"category": "unresolved", "assignee": "me", "tag": ""})
    assert answer["Location"] == "/tickets/?view=my-open"


# Order and pages -------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["priority", "number", "title", "due_at", "assignee", "status"])
def test_every_sortable_column_orders_both_ways(client, agent, column):
    make_ticket("Beta", priority="low", assignee=agent, due_at=timezone.now())
    make_ticket("Alpha", priority="urgent", status=status("Waiting"))
    up, down = listed(client, sort=column), listed(client, sort=f"-{column}")
    assert len(up) == len(down) == 2
    if column not in ("due_at", "assignee"):  # empty ones are last either way
        assert up == down[::-1]


def test_the_head_of_the_sorted_column_says_so_and_turns_it(client, agent):
    make_ticket()
    said = client.get("/tickets/?sort=-priority").content.decode()
    assert re.search(r'c-priority scope=col aria-sort="descending"><a[^>]*sort=priority"', said)


def test_every_ticket_is_on_exactly_one_page_and_back_leads_back(client, agent):
    many(120)
    seen, url, ranges = [], "/tickets/?view=all&sort=number", []
    while url:
        page = client.get(url)
        seen.append(numbers(page))
        ranges.append(page.context["range"])
        back, url = page.context["previous"], page.context["next"]
    assert ranges == ["1–50 of 120", "51–100 of 120", "101–120 of 120"]
    every = [number for page in seen for number in page]
    assert every == sorted(Ticket.objects.values_list("pk", flat=True))
    page = client.get(back)
    assert numbers(page) == seen[1]
    assert page.context["range"] == "51–100 of 120"
    assert numbers(client.get(page.context["previous"])) == seen[0]


def test_a_count_beyond_the_cap_says_so(client, agent, monkeypatch):
    monkeypatch.setattr("helpdesk.web.list_page.COUNTED", 60)
    many(70)
    page = client.get("/tickets/?view=all")
    assert page.context["count"] == "60+ tickets"
    assert page.context["range"] == "1–50 of 60+"


# Rows ------------------------------------------------------------------------------------------


def test_a_row_shows_what_the_ticket_is(client, agent):
    company = Organisation.objects.create(name="Cedar & Sons")
    area = TagCategory.objects.create(name="Area", hue=3)
    tags = [make_tag(name) for name in ("api", "bug", "cedar")]
    tags[0].category = area
    tags[0].save()
    make_ticket(
        "<script>alert(1)</script> & more",
        requester=make_user("Leila <b>", organisation=company),
        organisation=company,
        tags=tags,
        assignee=agent,
        priority="urgent",
        due_at=timezone.now() - timedelta(minutes=72, seconds=5),
    )
    said = client.get("/tickets/").content.decode()
    assert "<script>alert" not in said
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more</a>" in said
    assert "<bdi>Leila &lt;b&gt;</bdi>" in said
    assert "Cedar &amp; Sons" in said
    assert "data-hue=3>api</bdi>" in said
    assert '<span class="tag more">+1</span>' in said
    assert "\N{MINUS SIGN}1 h 12 m" in said
    assert "data-state=late" in said
    assert 'title="Maren Holt"' in said
    assert "Urgent" in said


def test_the_name_a_ticket_came_with_stands_in_its_row(client, agent):
    make_ticket(requester=make_user("Leila"), requester_name="L. Haddad")
    said = client.get("/tickets/").content.decode()
    assert "<bdi>L. Haddad</bdi>" in said


def test_the_dot_goes_when_the_newest_version_was_read(client, agent):
    ticket = make_ticket()
    assert "<tr data-unread>" in client.get("/tickets/").content.decode()
    ReadMark.objects.create(person=agent, ticket=ticket, version=ticket.version)
    assert "<tr data-unread>" not in client.get("/tickets/").content.decode()
    actions.change_ticket(ticket, by=system("rule"), priority="high")
    assert "<tr data-unread>" in client.get("/tickets/").content.decode()


def test_marks_of_other_parts_stand_in_the_rows(client, agent, settings):
    ticket = make_ticket()
    settings.MARKS = ["tests.web.marks.conflict"]
    said = client.get("/tickets/").content.decode()
    assert f'title="Elsewhere {ticket.pk}: conflict"' in said
    assert "m-conflict" in said


def test_chosen_columns_stay_with_the_person_and_the_view(client, agent):
    field = make_field("plan")
    make_ticket("Wide", custom={field.key: "Enterprise"})
    answer = client.post(
        "/tickets/columns/?view=unresolved", {"columns": ["number", "queue", "custom.plan"]}
    )
    assert answer["Location"] == "/tickets/?view=unresolved"
    said = client.get("/tickets/").content.decode()
    assert "Enterprise" in said
    assert "<td class=c-queue>" in said
    assert "<td class=c-priority>" not in said
    assert "<td class=c-subject>" in said
    assert "Enterprise" not in client.get("/tickets/?view=all").content.decode()
    client.post("/tickets/columns/?view=unresolved", {"reset": "1"})
    assert "Enterprise" not in client.get("/tickets/").content.decode()


def test_columns_stand_in_the_order_and_the_width_that_a_person_gave_them(client, agent):
    make_ticket()
    client.post(
        "/tickets/columns/?view=all",
        {
            "columns": ["age", "status", "number"],
            "place.age": "1",
            "place.subject": "2",
            "place.number": "3",
            "place.status": "x",
            "width.status": "wider",
            "width.age": "huge",
        },
    )
    said = client.get("/tickets/?view=all").content.decode()
    heads = re.findall(r"<th class=(c-[\w-]+) scope=col( data-width=\w+)?", said)
    assert heads == [
        ("c-check", ""),
        ("c-age", ""),
        ("c-subject", ""),
        ("c-number", ""),
        ("c-status", " data-width=wider"),
    ]
    assert "c-priority" in client.get("/tickets/").content.decode()


def test_a_view_has_a_density_of_its_own(client, agent):
    make_ticket()
    client.post("/tickets/columns/?view=all", {"columns": ["age"], "density": "compact"})
    assert '<html lang="en" dir="ltr" data-density="compact">' in (
        client.get("/tickets/?view=all").content.decode()
    )
    assert 'dir="ltr" data-density' not in client.get("/tickets/").content.decode()
    client.post("/tickets/columns/?view=all", {"reset": "1"})
    agent.refresh_from_db()
    assert agent.preferences["shapes"] == {}


def test_rows_are_grouped_in_the_order_of_their_groups_then_in_their_own(client, agent):
    low, urgent, late = (
        make_ticket("Low", priority="low"),
        make_ticket("Urgent", priority="urgent"),
        make_ticket("Low too", priority="low"),
    )
    shape = {"columns": ["age"], "group": "priority"}
    client.post("/tickets/columns/?view=all", shape)
    page = client.get("/tickets/?view=all")
    assert numbers(page) == [urgent.pk, late.pk, low.pk]
    heads = re.findall(r"<tr class=group><th colspan=3>(.*)", page.content.decode())
    assert [re.sub("<.*?>", "", head) for head in heads] == ["Urgent", "Low"]


def test_pages_of_groups_follow_each_other(client, agent):
    many(60, priority="low")
    [urgent] = many(1, priority="urgent")
    client.post("/tickets/columns/?view=all", {"columns": ["age"], "group": "priority"})
    first = client.get("/tickets/?view=all")
    assert numbers(first)[0] == urgent.pk
    second = client.get(first.context["next"])
    assert len(numbers(second)) == 11
    assert not set(numbers(first)) & set(numbers(second))


def test_several_orders_are_chosen_one_after_the_other(client, agent):
    answer = client.post(
        "/tickets/columns/?view=all", {"columns": ["age"], "sort": ["-priority", "title", "secret"]}
    )
    assert answer["Location"] == "/tickets/?view=all&sort=-priority%2Ctitle"
    b, a, top = make_ticket("B"), make_ticket("A"), make_ticket("C", priority="urgent")
    page = client.get(answer["Location"])
    assert numbers(page) == [top.pk, a.pk, b.pk]
    assert "<sup>2</sup>" in page.content.decode()


def test_a_column_of_people_names_them_in_one_statement(client, agent):
    field = make_field("experts", "people")
    people = [make_user(f"Expert {number}") for number in range(3)]
    for person in people:
        make_ticket(custom={field.key: [person.pk]})
    client.post("/tickets/columns/?view=unresolved", {"columns": ["custom.experts"]})
    with CaptureQueriesContext(connection) as few:
        said = client.get("/tickets/").content.decode()
    assert all(str(person) in said for person in people)
    make_ticket(custom={field.key: [make_user("Expert 9").pk]})
    with CaptureQueriesContext(connection) as more:
        assert "Expert 9" in client.get("/tickets/").content.decode()
    assert len(more) <= len(few)


# Beside a ticket -------------------------------------------------------------------------------


def test_the_layout_is_chosen_once_and_returns_to_the_list(client, agent):
    ticket = make_ticket()
    answer = client.post(
        "/preferences/layout/", {"layout": "split", "next": "/tickets/?view=all&sort=title"}
    )
    assert answer["Location"] == "/tickets/?view=all&sort=title"
    said = client.get("/tickets/?view=all").content.decode()
    assert 'data-layout="list"' in said
    assert f'href="/tickets/{ticket.pk}/?list=view%3Dall"' in said
    away = client.post("/preferences/layout/", {"layout": "table", "next": "//evil.example/"})
    assert away["Location"] == "/tickets/"


def test_the_list_stands_beside_the_ticket_that_was_opened_from_it(client, agent, settings):
    settings.PANELS = []
    agent.preferences = {"layout": "split"}
    agent.save()
    first, second = make_ticket("First"), make_ticket("Second")
    make_ticket("Hidden", queue=make_queue("Secret"))
    said = client.get(f"/tickets/{first.pk}/?list=view%3Dall%26sort%3Dtitle").content.decode()
    rows = said[said.index('<ol class="rows') : said.index("</ol>")]
    assert [int(one) for one in re.findall(r'href="/tickets/(\d+)/', rows)] == [
        first.pk,
        second.pk,
    ]
    assert rows.count("aria-current=page") == 1
    assert 'href="/tickets/?view=all&amp;sort=title"' in said


# Freshness -------------------------------------------------------------------------------------


def poll(client, page):
    query = page.context["query"]
    return client.get(f"/tickets/fresh/?{query.words()}&since={page.context['latest']}")


def test_nothing_new_is_an_empty_answer(client, agent):
    make_ticket()
    assert poll(client, client.get("/tickets/")).status_code == 204


def test_what_others_changed_is_announced_and_ones_own_changes_are_not(client, agent):
    ticket = make_ticket()
    page = client.get("/tickets/")
    actions.change_ticket(ticket, by=actor_of(agent), priority="high")
    assert poll(client, page).status_code == 204
    make_ticket()
    make_ticket("Done", status=status("Closed"))
    answer = poll(client, page)
    assert answer.status_code == 200
    assert "1 ticket changed" in answer.content.decode()
    assert b"<html" not in answer.content


def test_rows_on_the_page_come_anew_and_what_is_new_is_only_counted(client, agent):
    ticket, calm = make_ticket("Shown"), make_ticket("Calm")
    page = client.get("/tickets/")
    actions.change_ticket(ticket, by=actor_of(make_agent()), title="Renamed")
    make_ticket("New one")
    shown = {"shown": f"{ticket.pk},{calm.pk}", "since": page.context["latest"]}
    answer = client.get("/tickets/fresh/?view=unresolved", {"view": "unresolved", **shown})
    text = answer.content.decode()
    assert numbers(answer) == [ticket.pk]
    assert "Renamed" in text
    assert "New one" not in text
    assert "1 ticket changed" in text
    [latest] = re.findall(r'data-latest="(\d+)"', text)
    later = {**shown, "view": "unresolved", "since": latest, "from": shown["since"]}
    again = client.get("/tickets/fresh/", later)
    assert again.status_code == 204, "nothing happened since"


def test_a_row_that_left_the_list_is_named_as_gone(client, agent):
    ticket = make_ticket()
    page = client.get("/tickets/")
    actions.change_ticket(ticket, by=system("rule"), status=status("Closed"))
    asked = {"view": "unresolved", "shown": ticket.pk, "since": page.context["latest"]}
    answer = client.get("/tickets/fresh/", asked)
    assert f'data-gone="{ticket.pk}"' in answer.content.decode()
    assert numbers(answer) == []


def test_a_poll_tells_nothing_of_a_ticket_that_one_may_not_see(client, agent):
    page = client.get("/tickets/")
    hidden = make_ticket("Hidden", queue=make_queue("Elsewhere"))
    asked = {"view": "unresolved", "since": page.context["latest"], "shown": hidden.pk}
    answer = client.get("/tickets/fresh/", asked)
    assert "Hidden" not in answer.content.decode()
    assert numbers(answer) == []


def test_a_row_says_who_else_is_at_its_ticket(client, agent):
    ticket = make_ticket()
    Presence.objects.create(
        ticket=ticket,
        person=make_agent("Tomasz"),
        mode="typing",
        expires_at=timezone.now() + timedelta(seconds=30),
    )
    assert "Tomasz is typing" in client.get("/tickets/").content.decode()


@pytest.mark.parametrize("since", ["", "x", "-1", "9" * 30])
def test_a_poll_with_a_wrong_number_says_nothing(client, agent, since):
    make_ticket()
    assert client.get("/tickets/fresh/", {"since": since}).status_code == 204


# Search ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}", "#{}", " {} "])
def test_a_number_in_the_search_box_opens_its_ticket(client, agent, form):
    ticket = make_ticket()
    answer = client.get("/tickets/", {"search": form.format(ticket.pk)})
    assert answer["Location"] == f"/tickets/{ticket.pk}/"


def test_a_number_one_may_not_see_answers_as_one_that_does_not_exist(client, agent):
    hidden = make_ticket(queue=make_queue("Secret"))
    unknown = hidden.pk + 1000
    answers = [client.get("/tickets/", {"search": str(pk)}) for pk in (hidden.pk, unknown)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [numbers(answer) for answer in answers] == [[], []]


def test_the_search_box_finds_every_ticket_with_the_words(client, agent):
    found = [make_ticket(f"Nightly export {number}").pk for number in range(3)]
    make_ticket("Something else")
    page = client.get("/tickets/", {"search": "export"})
    assert sorted(numbers(page)) == found
    assert page.context["count"] == "3 tickets"


def test_the_search_box_finds_resolved_tickets_too(client, agent):
    done = make_ticket("Thermal printer", status=status("Closed"))
    assert listed(client, search="thermal") == [done.pk]


# Who sees what ---------------------------------------------------------------------------------


def test_tickets_of_other_queues_are_neither_listed_nor_counted_nor_announced(client, agent):
    secret = make_queue("Secret")
    make_ticket("Hidden", queue=secret)
    page = client.get("/tickets/?view=all")
    assert numbers(page) == []
    assert page.context["count"] == "0 tickets"
    assert all(
        not item["count"] for section in page.context["shell"].sections for item in section["items"]
    )
    make_ticket("Hidden too", queue=secret)
    assert poll(client, page).status_code == 204
    assert client.get("/tickets/?queue=secret").status_code == 422
    assert "Secret" not in client.get("/tickets/filters/").content.decode()


def test_the_trash_is_not_listed(client, agent):
    ticket = make_ticket()
    actions.delete_ticket(ticket, by=system("rule"))
    assert listed(client, view="all") == []


def test_a_read_only_agent_reads_the_list(client):
    client.force_login(make_agent(access="read"))
    ticket = make_ticket()
    assert listed(client) == [ticket.pk]


# What it costs ---------------------------------------------------------------------------------


def statements_of(client, url: str) -> list[str]:
    """The statements of a page whose counts nobody asked for lately."""
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    beside = ('FROM "django_session"', '"password"', 'FROM "helpdesk_stamp"')
    return [one["sql"] for one in captured if not any(words in one["sql"] for words in beside)]


@pytest.mark.parametrize("layout", ["table", "split"])
@pytest.mark.parametrize("params", [{}, {"search": "ticket"}, {"view": "all", "sort": "-priority"}])
def test_a_page_costs_the_same_few_statements_with_10_and_with_1000_tickets(
    client, agent, layout, params
):
    agent.preferences = {"layout": layout}
    agent.save()
    url = f"/tickets/?{urlencode(params)}"
    many(10)
    client.get(url)  # loads templates and content types once
    few = statements_of(client, url)
    many(990, requester=make_user(), assignee=agent)
    for number in range(30):
        make_user(f"Somebody {number}")
    more = statements_of(client, url)
    assert len(more) == len(few) <= STATEMENTS, "\n".join(more)


def test_fifty_busy_rows_stay_below_the_size_of_a_page(client, agent, settings):
    tags = [make_tag(f"tag-{number}") for number in range(12)]
    company = Organisation.objects.create(name="Mercado del Sur")
    for number in range(60):
        make_ticket(
            f"Nightly export {number} stops at 65,536 rows and reports success",
            requester=make_user("Sofía Hernández", organisation=company),
            organisation=company,
            tags=[tags[number % 12], tags[(number + 5) % 12]],
            assignee=agent if number % 3 else None,
            due_at=timezone.now() + timedelta(hours=number - 20) if number % 3 else None,
        )
    settings.MARKS = ["tests.web.marks.half"]
    page = client.get("/tickets/")
    hashes = 13 * page.content.count(b"/static/")  # what a manifest adds to each file's name
    assert len(numbers(page)) == 50
    assert len(page.content) + hashes <= BYTES, len(page.content) + hashes


def test_people_are_not_listed_in_any_page(client, agent):
    make_user("Somebody Else")
    make_ticket()
    for url in ("/tickets/", "/tickets/filters/", "/tickets/columns/"):
        assert "Somebody Else" not in client.get(url).content.decode()


def test_people_are_found_as_one_types(client, agent):
    make_user("Leila Haddad", email="Leila@Cedar.example")
    make_agent("Leif Holm", email="leif@harbour.example")
    said = client.get("/people/?q=lei").content.decode()
    assert '<option value="Leila@Cedar.example">Leila Haddad</option>' in said
    staff = client.get("/people/?staff=1&q=LEI").content.decode()
    assert "Leila" not in staff
    assert "Leif Holm" in staff
    assert client.get("/people/?q=l").content == b""
    assert (
        "Leif Holm"
        in client.get(
            "/people/?assignee=holm", headers={"HX-Request": "true", "HX-Trigger-Name": "assignee"}
        ).content.decode()
    )
