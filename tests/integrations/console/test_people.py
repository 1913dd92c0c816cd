"""Who of theirs is an agent here: nobody, unless an administrator says so."""

import pytest
from django.urls import reverse

from integrations.mirror.people import assignee_of
from integrations.models import Connection, Link, PersonLink
from integrations.remote import Instance, RemotePerson
from integrations.vocabulary_store import keep_description
from tests.budget import statements
from tests.factories import make_agent, make_ticket, make_user
from tests.integrations.console.conftest import connect, cost, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(acme) -> Connection:
    return connect()


def post(client, connection, **typed):
    url = reverse("connection-people", args=[connection.uuid])
    answer = client.post(url, {"remote_id": "", "email": "", "name": ""} | typed, follow=True)
    connection.refresh_from_db()
    return answer


def test_an_agent_there_is_one_here_only_once_matched(console, made):
    ann = make_agent("Ann Agent")
    there = {"id": "7", "name": "Ann", "email": ann.email}
    assert assignee_of(made, there) is None
    post(console, made, remote_id="7", email="ANN@acme.example", name="Ann", ours=ann.email.upper())
    assert assignee_of(made, there) == ann
    assert PersonLink.objects.get().email == "ann@acme.example"
    assert made.maps["people"] == {ann.email: "7"}
    assert made.maps["decided"]["people"] == [ann.email]


def test_a_match_is_taken_off(console, made):
    ann = make_agent("Ann Agent")
    post(console, made, remote_id="7", ours=ann.email)
    link = PersonLink.objects.get()
    console.post(reverse("connection-part", args=[made.uuid, link.pk]))
    made.refresh_from_db()
    assert not PersonLink.objects.exists()
    assert made.maps["people"] == {} and made.maps["decided"]["people"] == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"ours": "nobody@here.example", "remote_id": "7"}, "Nobody here has this address."),
        ({"ours": "ann@here.example"}, "Enter the id or the e-mail there."),
        ({"ours": "", "remote_id": "7"}, "required"),
        ({"ours": "ann@here.example", "email": "no address"}, "valid email"),
        ({"ours": "ann@here.example", "remote_id": "taken"}, "matched already"),
        ({"ours": "ann@here.example", "email": "Taken@acme.example"}, "matched already"),
    ],
)
def test_a_wrong_match_is_refused_with_words(console, made, typed, words):
    ann = make_agent("Ann", email="ann@here.example")
    PersonLink.objects.create(
        connection=made, person=ann, remote_id="taken", email="taken@acme.example"
    )
    answer = post(console, made, **typed)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert PersonLink.objects.count() == 1


def test_the_page_says_who_is_matched_who_could_be_and_who_is_a_customer(console, made):
    ann, ben = make_agent("Ann Agent"), make_agent("Ben Agent")
    cleo = make_user("Cleo Customer")
    post(console, made, remote_id="1", ours=ann.email)
    keep_description(
        made,
        Instance(
            people=(
                RemotePerson(id="1", name="Ann there"),
                RemotePerson(id="2", name="Ben there", email=ben.email.upper()),
                RemotePerson(id="3", name="Cleo there", email=cleo.email),
                RemotePerson(id="4", name="<b>Dan</b>", email="dan@acme.example"),
            )
        ),
    )
    text = page(console, "connection-people", made.uuid)
    assert "Match with Ben Agent" in text and "Match with Cleo" not in text
    assert "nobody yet" in text and "&lt;b&gt;Dan&lt;/b&gt;" in text
    post(console, made, remote_id="2", email=ben.email, name="Ben there", ours=ben.email)
    assert "Match with Ben Agent" not in page(console, "connection-people", made.uuid)


def test_what_was_left_out_is_sent_again(console, made):
    ann = make_agent("Ann Agent")
    Link.objects.create(connection=made, ticket=make_ticket(), state="ok", left_out=["Ann"])
    answer = post(console, made, remote_id="7", ours=ann.email)
    assert "1 ticket of which something was left out is sent again" in answer.content.decode()


def test_a_match_of_another_connection_is_not_found(console, made):
    other = connect("Other")
    link = PersonLink.objects.create(connection=other, person=make_agent(), remote_id="7")
    assert console.post(reverse("connection-part", args=[made.uuid, link.pk])).status_code == 404


def test_the_page_has_a_budget_however_many_people_there_are(console, made):
    page(console, "connection-people", made.uuid)
    with statements() as few:
        page(console, "connection-people", made.uuid)
    persons = []
    for number in range(30):
        agent = make_agent()
        persons.append(RemotePerson(id=str(number), name="X", email=agent.email))
        PersonLink.objects.create(connection=made, person=agent, remote_id=f"x{number}")
    keep_description(made, Instance(people=tuple(persons)))
    page(console, "connection-people", made.uuid)
    with statements() as many:
        page(console, "connection-people", made.uuid)
    assert cost(many) <= cost(few) + 1 <= 14


def test_agents_do_not_get_in(client, made):
    client.force_login(make_agent())
    assert client.get(reverse("connection-people", args=[made.uuid])).status_code == 403
