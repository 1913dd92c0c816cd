"""A value of another kind than its member's is refused by name, never read as what it may mean."""

import pytest

from helpdesk.models import Ticket, User
from tests.api.conftest import caller
from tests.factories import make_ticket

pytestmark = pytest.mark.django_db


def refused(response) -> set[str]:
    assert response.status_code == 400, response.content
    return {one["field"] for one in response.json()["errors"]}


@pytest.fixture
def writer(db):
    return caller(scopes=["tickets:write", "comments:write", "configuration:manage"])


@pytest.mark.parametrize("value", [7, 7.5, True, ["Words"], {"Words": 1}])
def test_only_text_is_text(writer, value):
    assert refused(writer.post("tickets/", {"title": value})) == {"title"}


def test_all_that_is_mistaken_is_named_beside_what_else_is_wrong(writer):
    body = {"title": 7, "body": 8, "priority": "huge"}
    assert refused(writer.post("tickets/", body)) == {"title", "body", "priority"}


def test_text_within_lists_and_rows_is_text_too(writer):
    assert refused(writer.post("tickets/", {"title": "Words", "tags": ["vip", 7]})) == {"tags.1"}
    field = {"key": "size", "name": "Size", "kind": "choice", "options": [{"label": 7}]}
    assert refused(writer.post("custom-fields/", field)) == {"options.0.label"}


@pytest.mark.parametrize("value", ["true", "on", 1, 0, "yes"])
def test_only_true_and_false_are_truths(writer, value):
    ticket = writer.post("tickets/", {"title": "Words"}).json()
    path = f"tickets/{ticket['id']}/comments/"
    assert refused(writer.post(path, {"public": value, "body": "Words"})) == {"public"}


@pytest.mark.parametrize("value", ["1", True])
def test_only_numbers_are_numbers(writer, value):
    ticket = writer.post("tickets/", {"title": "Words"}).json()
    body = {"title": "Others", "version": value}
    assert refused(writer.patch(f"tickets/{ticket['id']}/", body)) == {"version"}


@pytest.mark.parametrize("said", [7731, 7731.0, "7731"])
def test_a_reference_elsewhere_may_be_a_number(writer, said):
    made = writer.post("tickets/", {"title": "Order", "source": "shop", "source_ref": said})
    assert made.status_code == 201, made.content
    assert made.json()["source_ref"] == "7731"
    assert Ticket.objects.get(source="shop", source_ref="7731").title == "Order"


def test_a_reference_elsewhere_is_no_fraction(writer):
    body = {"title": "Order", "source": "shop", "source_ref": 7.5}
    assert refused(writer.post("tickets/", body)) == {"source_ref"}


def test_a_word_that_is_no_choice_is_told_the_choices(api):
    answer = api.post("tickets/", {"title": "A", "channel": "fax", "priority": "highest"})
    said = {error["field"]: error for error in answer.json()["errors"]}
    assert said["priority"]["message"] == "There is no “highest”. Known: low, normal, high, urgent."
    assert said["channel"]["code"] == "invalid_choice"
    german = api.post(
        "tickets/", {"title": "A", "priority": "highest"}, headers={"Accept-Language": "de"}
    )
    assert german.json()["errors"][0]["message"].startswith("Es gibt kein")


def test_a_choice_in_a_list_is_told_too(api):
    body = {"name": "A", "url": "https://hook.example/", "events": ["ticket.nope"]}
    [error] = api.post("webhooks/", body).json()["errors"]
    assert error["field"] == "events.0"
    assert "ticket.opened, ticket.changed" in error["message"]


def test_nothing_said_of_a_new_person_is_lost(api):
    person = {"email": "ann@example.com", "name": "Ann", "phone": "+49 30 1", "id": None}
    assert refused(api.post("tickets/", {"title": "A", "requester": person})) == {"requester.phone"}
    assert not User.objects.filter(email="ann@example.com").exists()


@pytest.mark.parametrize("value", [None, True, {}, [], 1.5, {"name": None}])
def test_what_names_no_row_is_not_repeated_in_words_of_python(api, value):
    [error] = api.patch(f"tickets/{make_ticket().pk}/", {"queue": value}).json()["errors"]
    assert error["field"] == "queue"
    assert not {"None", "True", "{", "["} & set(error["message"].split("”")[0].split("“"))
