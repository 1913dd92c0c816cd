"""The first page: what comes next, who asked for one, what is unfinished, what it costs."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from helpdesk.models import Draft, Mention
from integrations.models import Connection, Link
from tests.budget import statements
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_queue,
    make_ticket,
    make_user,
    status,
)

pytestmark = pytest.mark.django_db
STATEMENTS = 6  # beside session, user and the stamp of the configuration


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def figures(client) -> dict[str, int]:
    cache.clear()
    return {view.key: count for view, count in client.get("/home/").context["figures"]}


def test_the_figures_count_what_the_person_sees(client, agent):
    now = timezone.now()
    make_ticket(assignee=agent, due_at=now + timedelta(hours=3))
    make_ticket(due_at=now - timedelta(hours=1))
    make_ticket(status=status("Waiting"), due_at=now + timedelta(days=3))
    make_ticket(queue=make_queue("Elsewhere"))
    assert figures(client) == {
        "my-open": 1,
        "due-soon": 1,
        "overdue": 1,
        "unassigned": 2,
        "waiting": 1,
    }
    page = client.get("/tickets/?view=due-soon")
    assert page.status_code == 200
    assert page.context["query"].title == "Due soon"


def test_what_is_due_first_comes_first_and_what_has_no_owner_stands_below(client, agent):
    now = timezone.now()
    calm = make_ticket("Calm", assignee=agent)
    later = make_ticket("Later", assignee=agent, due_at=now + timedelta(days=2))
    late = make_ticket("Late", assignee=agent, due_at=now - timedelta(days=2))
    nobodys = make_ticket("Nobody’s", priority="urgent")
    page = client.get("/home/")
    assert [line["number"] for line in page.context["next"]] == [late.pk, later.pk, calm.pk]
    assert [line["number"] for line in page.context["unassigned"]] == [nobodys.pk]


def test_mentions_and_drafts_are_ones_own_and_on_tickets_that_one_sees(client, agent):
    seen, hidden = make_ticket("Seen"), make_ticket("Hidden", queue=make_queue("Elsewhere"))
    other = make_agent("Tomasz")
    for ticket in (seen, hidden):
        note = make_comment(ticket, "@Maren look", public=False)
        Mention.objects.create(person=agent, comment=note, by=other)
    Draft.objects.create(person=agent, ticket=seen, kind="reply", body="Dear Leila")
    Draft.objects.create(person=other, ticket=seen, kind="reply", body="Secret of Tomasz")
    text = client.get("/home/").content.decode()
    assert "Tomasz</bdi> named you on" in text
    assert "Dear Leila" in text
    assert "Hidden" not in text
    assert "Secret of Tomasz" not in text


def unfinished(client) -> list[tuple[str, str]]:
    """What the lines of the card say, and where they lead."""
    page = client.get("/home/").content.decode()
    card = page[page.index('aria-labelledby="home-drafts"') :].split("</section>")[0]
    lines = re.findall(r'<span class="cut">(.*?)<span class="end', card, re.DOTALL)
    said = [" ".join(re.sub("<[^>]+>", " ", line).split()) for line in lines]
    return [
        (words, *re.findall('<a [^>]*href="([^"]+)"', line))
        for words, line in zip(said, lines, strict=True)
    ]


def test_what_is_unfinished_says_where_it_belongs_and_opens_there(client, agent):
    ticket, gone = make_ticket("Door jams"), make_ticket("Secret", queue=make_queue("Elsewhere"))
    rows = [(ticket, "reply", {}), (ticket, "note", {}), (gone, "note", {})]
    rows.append((None, "ticket", {"form": "title=Lamp+flickers"}))
    drafts = [
        Draft.objects.create(person=agent, ticket=one, kind=kind, fields=fields, body="My words")
        for one, kind, fields in rows
    ]
    assert unfinished(client) == [
        ("New ticket Lamp flickers My words", f"/tickets/new/?draft={drafts[3].uuid}"),
        (f"Note: #{gone.pk} My words",),
        (f"Note: #{ticket.pk} Door jams My words", address(ticket, drafts[1])),
        (f"Reply: #{ticket.pk} Door jams My words", address(ticket, drafts[0])),
    ]
    assert client.get(address(ticket, drafts[1])).context["composer"].chosen_kind == "note"


def test_what_has_a_title_or_files_but_no_words_is_unfinished_too(client, agent):
    ticket = make_ticket("Door jams")
    file = {"id": "x", "name": "door.png", "size": 3, "type": "image/png"}
    new = {"form": "title=Lamp+flickers", "keep": True}
    titled = Draft.objects.create(person=agent, kind="ticket", fields=new)
    reply = Draft.objects.create(person=agent, ticket=ticket, kind="reply", files=[file])
    nothing = {"form": "priority=3", "keep": False}
    Draft.objects.create(person=agent, kind="ticket", fields=nothing)
    assert unfinished(client) == [
        (f"Reply: #{ticket.pk} Door jams door.png", address(ticket, reply)),
        ("New ticket Lamp flickers", f"/tickets/new/?draft={titled.uuid}"),
    ]
    cache.clear()
    nav = client.get("/tickets/").content.decode()
    assert ">2<" in nav[nav.index('href="/home/#home-drafts"') :].split("</li>")[0]


def address(ticket, draft) -> str:
    return f"/tickets/{ticket.pk}/?draft={draft.uuid}#composer"


def test_the_navigation_says_how_much_one_began_to_write(client, agent):
    ticket = make_ticket("Seen")
    Draft.objects.create(person=make_agent("Tomasz"), ticket=ticket, kind="note", body="Not mine")
    Draft.objects.create(person=agent, ticket=ticket, kind="note", body="")
    assert "#home-drafts" not in client.get("/tickets/").content.decode()
    for kind in ("reply", "note"):
        Draft.objects.create(person=agent, ticket=ticket, kind=kind, body="Dear Leila")
    cache.clear()
    nav = client.get("/tickets/").content.decode()
    item = nav[nav.index('href="/home/#home-drafts"') :].split("</li>")[0]
    assert "Unfinished" in item and ">2</span>" in item


def test_administrators_see_which_mirrors_need_a_person_and_nobody_else_does(client, agent):
    row = Connection.objects.create(service="teamswork", name="Acme", queue=default_queue())
    Link.objects.create(connection=row, ticket=make_ticket(), state=Link.State.CONFLICT)
    words = "Acme: 1 ticket needs a person"
    assert words not in client.get("/home/").content.decode()
    client.force_login(make_user("Ada", role="admin"))
    assert words in client.get("/home/").content.decode()


def test_an_empty_desk_says_what_to_do(client, agent):
    text = client.get("/home/").content.decode()
    assert "Take one that has no owner yet" in text
    assert "Write @ and a name in a note" in text


def test_the_page_costs_six_statements_however_much_there_is(client):
    admin = make_user("Ada", role="admin")
    client.force_login(admin)

    def cost() -> int:
        cache.clear()
        with statements() as said:
            assert client.get("/home/").status_code == 200
        beside = re.compile(r'^SELECT "helpdesk_user"\."id"|django_session|helpdesk_stamp')
        return len([sql for sql in said if not beside.search(sql)])

    make_ticket(assignee=admin)
    cost()
    few = cost()
    for number in range(8):
        ticket = make_ticket(assignee=admin if number % 2 else None)
        note = make_comment(ticket, public=False)
        Mention.objects.create(person=admin, comment=note, by=make_agent())
        Draft.objects.create(person=admin, ticket=ticket, kind="note", body="Words")
    cost()
    assert cost() == few <= STATEMENTS
