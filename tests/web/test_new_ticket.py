"""A new ticket, opened without JavaScript."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from helpdesk.models import FieldOption, Ticket, TicketType, User
from tests.factories import (
    default_queue,
    make_agent,
    make_field,
    make_queue,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def filled(**fields) -> dict:
    usual = {
        "queue": default_queue().pk,
        "title": "Export stops",
        "body": "At **noon**",
        "priority": "normal",
        "requester": "leila@example.com",
    }
    return {**usual, **fields}


def opened(client, **fields):
    return client.post(reverse("ticket-new"), filled(**fields))


def test_a_ticket_is_opened_for_someone_unknown(client, agent):
    answer = opened(client, requester_name="Leila Haddad", priority="high")
    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/tickets/{ticket.pk}/"
    assert str(ticket.requester) == "Leila Haddad" and ticket.requester.role == "customer"
    assert ticket.priority == "high"
    html = client.get(answer["Location"]).content.decode()
    assert "At <strong>noon</strong>" in html and f"Ticket #{ticket.pk} is open." in html


def test_a_ticket_is_opened_for_someone_known(client, agent):
    leila = make_user("Leila Haddad")
    for words in (leila.email.upper(), "leila haddad", f"Leila <{leila.email}>"):
        opened(client, requester=words)
    assert {ticket.requester for ticket in Ticket.objects.all()} == {leila}
    assert User.objects.count() == 2


def test_everything_is_set_at_once(client, agent):
    kind, team = TicketType.objects.first(), default_queue().teams.first()
    opened(
        client,
        type=kind.pk,
        team=team.pk,
        assignee=agent.email,
        due_at="2027-01-31T16:00",
        **{"tags.added": "vip, export"},
    )
    ticket = Ticket.objects.get()
    assert (ticket.type, ticket.team, ticket.assignee) == (kind, team, agent)
    assert [tag.name for tag in ticket.tag_list] == ["export", "vip"]
    assert ticket.due_at.isoformat() == "2027-01-31T16:00:00+00:00"


def test_mistakes_are_listed_and_nothing_is_lost(client, agent):
    make_field("seats", "number", required=True)
    wrong = {"title": " ", "requester": "leila@", "custom.seats": "twelve", "body": "My words"}
    answer = opened(client, **wrong)
    html = answer.content.decode()
    assert answer.status_code == 422 and not Ticket.objects.exists()
    assert "3 fields need attention" in html and "data-error-summary" in html
    for name in ("id_title", "id_requester", "id_custom.seats"):
        assert f'href="#{name}"' in html and f'id="{name}"' in html
    assert "Enter a subject." in html and "Enter a number" in html
    assert 'value="twelve"' in html and 'value="leila@"' in html and "My words</textarea>" in html


def test_every_kind_of_custom_field_is_there_and_is_kept(client, agent):
    make_field("order"), make_field("notes", "textarea", staff_only=True)
    make_field("seats", "number"), make_field("day", "date"), make_field("blocked", "toggle")
    make_field("region", "choice", ["EU"]), make_field("products", "choices", ["A", "B"])
    make_field("managers", "people"), make_field("contact", "email"), make_field("page", "url")
    html = client.get(reverse("ticket-new")).content.decode()
    assert html.count("Staff only") == 1
    options = {one.label: str(one.uuid) for one in FieldOption.objects.all()}
    custom = {
        "order": "1",
        "notes": "Call first",
        "seats": "12",
        "day": "2026-11-16",
        "blocked": "on",
        "region": options["EU"],
        "products": [options["A"], options["B"]],
        "managers.added": agent.email,
        "contact": "a@example.com",
        "page": "https://example.com/",
    }
    answer = opened(client, **{f"custom.{key}": value for key, value in custom.items()})
    assert answer.status_code == 302
    del custom["managers.added"]
    expected = custom | {"seats": 12, "blocked": True, "managers": [agent.pk]}
    assert Ticket.objects.get().custom == expected


def test_a_required_custom_field_is_asked_for(client, agent):
    make_field("order", required=True)
    answer = opened(client)
    assert answer.status_code == 422 and not Ticket.objects.exists()


def test_fields_follow_the_queue_and_all_that_was_typed_stays(client, agent):
    other = make_queue("Sales")
    other.teams.add(*default_queue().teams.all(), *agent_teams(agent))
    make_field("plan").queues.add(other)
    make_field("seats").queues.add(default_queue())
    first = client.get(reverse("ticket-new")).content.decode()
    assert "custom.seats" in first and "custom.plan" not in first
    file = SimpleUploadedFile("rows.csv", b"1,2")
    data = filled(queue=other.pk, title="", body="My words", refresh="1", files=[file])
    answer = client.post(reverse("ticket-new"), {**data, "tags.added": "vip"})
    html = answer.content.decode()
    assert answer.status_code == 200 and "needs attention" not in html
    assert "custom.plan" in html and "custom.seats" not in html
    assert "My words</textarea>" in html and 'value="vip"' in html and "rows.csv" in html


def agent_teams(agent):
    return [membership.team for membership in agent.memberships.all()]


def test_files_go_with_a_ticket_and_outlive_a_mistake(client, agent):
    html = opened(client, title="", files=[SimpleUploadedFile("a.csv", b"1")]).content.decode()
    [kept] = re.findall(r'name="kept" value="([^"]+)"', html)
    opened(client, kept=kept, files=[SimpleUploadedFile("b.csv", b"2")])
    names = Ticket.objects.get().attachments.values_list("name", flat=True)
    assert sorted(names) == ["a.csv", "b.csv"]


def test_queues_out_of_reach_are_neither_offered_nor_taken(client, agent):
    board = make_queue("Board")
    assert "Board" not in client.get(reverse("ticket-new")).content.decode()
    assert opened(client, queue=board.pk).status_code == 422
    assert not Ticket.objects.exists()


def test_htmx_gets_the_fields_alone(client, agent):
    make_field("seats")
    headers = {"HX-Request": "true"}
    answer = client.post(reverse("ticket-new"), filled(refresh="1"), headers=headers)
    html = answer.content.decode()
    assert html.strip().startswith('<div id="custom-fields">') and "custom.seats" in html
    assert "<html" not in html
