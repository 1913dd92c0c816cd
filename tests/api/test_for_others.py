"""Keys that write for others: named authors, times of the past, silence."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from helpdesk.models import Change, Ticket
from tests.api.conftest import caller, fields_of
from tests.factories import default_queue, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
LONG_AGO = "2019-03-01T09:00:00Z"


@pytest.fixture
def mover(db):
    """A key that moves another helpdesk's tickets here."""
    return caller(writes_for_others=True)


def test_a_ticket_is_opened_for_another_with_its_own_times_and_silently(mover):
    ann = make_user("Ann")
    body = {
        "title": "Old",
        "status": "Closed",
        "created_at": LONG_AGO,
        "first_response_at": "2019-03-01T10:00:00Z",
        "resolved_at": "2019-03-02T09:00:00Z",
        "closed_at": "2019-03-03T09:00:00+01:00",
        "on_behalf_of": ann.email,
        "silent": True,
        "resolution": "fixed",
    }
    made = mover.post("tickets/", body)
    assert made.status_code == 201, made.content
    said = made.json()
    assert said["created_at"] == LONG_AGO
    assert said["closed_at"] == "2019-03-03T08:00:00Z"
    change = Change.objects.get()
    assert (change.silent, change.on_behalf_of, change.key) == (True, ann, mover.key)
    assert change.at == datetime(2019, 3, 1, 9, tzinfo=UTC)
    [told] = mover.get(f"tickets/{said['id']}/activities/").json()["results"]
    assert told["on_behalf_of"]["email"] == ann.email and told["person_name"] == mover.key.name
    assert Ticket.objects.get().stored_at > timezone.now() - timedelta(minutes=10)


def test_a_comment_is_said_by_its_author_at_its_time_and_silently(mover):
    ann, ticket = make_user("Ann"), make_ticket()
    said = {"body": "Hello", "public": True, "created_at": LONG_AGO, "silent": True}
    made = mover.post(f"tickets/{ticket.pk}/comments/", {**said, "on_behalf_of": ann.pk})
    assert made.status_code == 201, made.content
    assert made.json()["author"]["id"] == ann.pk
    assert made.json()["happened_at"] == LONG_AGO
    change = Change.objects.get(kind=Change.Kind.REPLIED)
    assert (change.silent, change.on_behalf_of) == (True, ann)


@pytest.mark.parametrize(
    "said", [{"created_at": LONG_AGO}, {"silent": True}, {"on_behalf_of": "ann@example.com"}]
)
def test_other_keys_may_say_none_of_it(api, said):
    make_user("Ann", email="ann@example.com")
    ticket = make_ticket()
    opened = api.post("tickets/", {"title": "T", **said})
    commented = api.post(f"tickets/{ticket.pk}/comments/", {"body": "b", "public": True, **said})
    for refused in (opened, commented):
        assert refused.status_code == 403
        assert next(iter(said)) in refused.json()["detail"]
    assert Change.objects.count() == 1
    assert api.post("tickets/", {"title": "T", "silent": False}).status_code == 201


def test_times_to_come_and_times_that_contradict_the_status_are_refused(mover):
    later = (timezone.now() + timedelta(days=1)).isoformat()
    assert fields_of(mover.post("tickets/", {"title": "T", "created_at": later})) == ["created_at"]
    resolved = {"title": "T", "resolved_at": LONG_AGO}
    assert fields_of(mover.post("tickets/", resolved)) == ["resolved_at"]
    assert not Ticket.objects.exists()


def test_whom_a_key_of_some_queues_does_not_see_it_does_not_speak_for():
    mover = caller(queues=[default_queue()], writes_for_others=True)
    stranger = make_user("Stranger")
    make_ticket(queue=make_queue(), requester=stranger)
    named = mover.post("tickets/", {"title": "T", "requester": {"email": stranger.email}})
    assert named.status_code == 201
    for called in (stranger.pk, stranger.email, 10**8):
        refused = mover.post("tickets/", {"title": "T", "on_behalf_of": called})
        assert fields_of(refused) == ["on_behalf_of"]


def test_a_key_of_some_queues_reads_no_more_of_whom_it_only_named():
    mover, stranger = caller(writes_for_others=True), make_user("Stranger")
    ticket = make_ticket(requester=stranger)
    said = {"body": "Hello", "public": True, "on_behalf_of": stranger.pk}
    assert mover.post(f"tickets/{ticket.pk}/comments/", said).status_code == 201
    path, bound = f"tickets/{ticket.pk}/activities/", caller(queues=[default_queue()])
    whose = [one["on_behalf_of"] for one in bound.get(path).json()["results"]]
    assert whose == [None, {**whose[1], "id": stranger.pk}]
    Ticket.objects.update(requester_as_named=True)
    assert {one["on_behalf_of"] for one in bound.get(path).json()["results"]} == {None}
    assert mover.get(path).json()["results"][1]["on_behalf_of"]["id"] == stranger.pk


def test_what_a_key_may_is_chosen_on_its_page_and_told_by_it(mover, api):
    assert mover.get("me/").json()["writes_for_others"] is True
    assert api.get("me/").json()["writes_for_others"] is False
