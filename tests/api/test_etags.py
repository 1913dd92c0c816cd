"""The ETag of a ticket says its version, for writes, and the very answer, for readers."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Status, Ticket
from helpdesk.models.configuration import reset
from tests.api.conftest import Caller, fields_of
from tests.factories import make_agent, make_field, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
XML = {"Accept": "application/xml"}


def path_of(ticket: Ticket) -> str:
    return f"tickets/{ticket.pk}/"


def status_with(api: Caller, path: str, tag: str, **headers) -> int:
    return api.get(path, headers={"If-None-Match": tag, **headers}).status_code


def test_it_names_the_version_and_the_answer(api):
    ticket = make_ticket()
    tag = api.get(path_of(ticket))["ETag"]
    assert re.fullmatch(r'"1-[0-9a-f]{8}"', tag)
    same = api.get(path_of(ticket), headers={"If-None-Match": f'"9-00000000", W/{tag}'})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", tag)


def test_what_the_answer_names_by_reference_is_part_of_it(api):
    ticket = make_ticket(assignee=make_agent("Ann"), requester=make_user("Rita"))
    path, tags = path_of(ticket), set()
    for change in (
        lambda: None,
        lambda: Status.objects.filter(pk=ticket.status_id).update(name="Begun"),
        lambda: type(ticket.assignee).objects.filter(pk=ticket.assignee_id).update(name="Anna"),
    ):
        change()
        reset()
        answered = api.get(path)
        assert status_with(api, path, answered["ETag"]) == 304
        tags.add(answered["ETag"])
    assert len(tags) == 3 and {tag.partition("-")[0] for tag in tags} == {'"1'}


def test_the_version_alone_is_no_reason_to_send_nothing(api):
    ticket = make_ticket()
    assert status_with(api, path_of(ticket), '"1"') == 200


def test_each_way_of_asking_has_its_own(api):
    ticket = make_ticket("Title")
    path = path_of(ticket)
    asked = [path, f"{path}?fields=title", f"{path}?expand=comments", f"{path}?fields=id,title"]
    tags = [api.get(one)["ETag"] for one in asked]
    said = api.get(path, headers=XML)
    assert len({*tags, said["ETag"]}) == 5
    for one, tag in zip(asked, tags, strict=True):
        assert [status_with(api, one, other) for other in tags] == [
            304 if other == tag else 200 for other in tags
        ]
    assert status_with(api, path, said["ETag"]) == 200
    assert status_with(api, path, said["ETag"], **XML) == 304


def test_comments_that_an_answer_shows_are_part_of_it(api):
    ticket = make_ticket()
    path = f"{path_of(ticket)}?fields=id&expand=comments"
    before = api.get(path)["ETag"]
    assert status_with(api, path, before) == 304
    said = actions.add_note(ticket, body="Said", by=system("web"))
    after = api.get(path)["ETag"]
    assert after != before and status_with(api, path, before) == 200
    edited = api.patch(f"{path_of(ticket)}comments/{said.pk}/", {"body": "Else"})
    assert edited.status_code == 200, edited.content
    assert status_with(api, path, after) == 200


@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"{}-9f3ac1d2"', '"{}-0"', 'W/"{}-9f3ac1d2"'])
def test_a_write_is_held_to_the_version_alone(api, form):
    ticket = make_ticket("One")
    actions.change_ticket(ticket, by=system("rule"), title="Two")
    late = api.patch(path_of(ticket), {"priority": "low"}, headers={"If-Match": form.format(1)})
    assert (late.status_code, late.json()["difference"][0]["to"]) == (412, "Two")
    kept = api.patch(path_of(ticket), {"priority": "low"}, headers={"If-Match": form.format(2)})
    assert (kept.status_code, kept["ETag"][:3]) == (200, '"3-')


@pytest.mark.parametrize(
    "form", ["1", "1-9f3ac1d2", '"1-"', '"1-xyz"', '"-9f3ac1d2"', '"9f3ac1d2"']
)
def test_what_is_no_etag_of_a_ticket_is_refused(api, form):
    ticket = make_ticket()
    assert fields_of(api.patch(path_of(ticket), {}, headers={"If-Match": form})) == ["If-Match"]


def test_what_a_write_answers_is_what_is_read_next(api):
    for key in ("zone", "region", "a"):
        make_field(key, "text")
    only = make_field("number", "number")
    only.queues.add(make_queue("Other"))
    opened = api.post(
        "tickets/",
        {
            "title": "Screen",
            "queue": "other",
            "requester": {"email": "new@example.com", "name": "New"},
            "due_at": "2030-01-02T03:04:05.678901+02:00",
            "tags": ["late", "Vip"],
            "custom": {"zone": "1", "number": 7.5, "region": "2", "a": "3"},
        },
    )
    path = f"tickets/{opened.json()['id']}/"

    def read_as(answered) -> dict:
        assert answered.status_code in (200, 201), answered.content
        read = api.get(path)
        assert (read["ETag"], read.content) == (answered["ETag"], answered.content)
        return read.json()

    read_as(opened)
    moved = api.patch(path, {"queue": "support", "assignee": make_agent("Ann").email})
    assert read_as(moved)["custom"]["number"] == 7.5  # kept, though the queue does not ask for it
    read_as(api.post(f"{path}tags/", {"add": ["more"], "remove": ["late"]}))
    read_as(api.post(f"{path}snooze/", {"until": (timezone.now() + DAY).isoformat()}))
    found = api.get(f"{path}transitions/").json()["results"]
    resolved = next(one for one in found if one["status"]["category"] == "resolved")
    body = {"transition": resolved["id"], "resolution": "fixed"}
    read_as(api.post(f"{path}transitions/", body))
    api.delete(path)
    read_as(api.post(f"{path}restore/"))


def test_by_its_source_it_is_the_same(api):
    path = "tickets/by-source/shop/7/"
    opened = api.put(path, {"title": "A"})
    assert (
        api.get(path)["ETag"]
        == opened["ETag"]
        == api.get(f"tickets/{opened.json()['id']}/")["ETag"]
    )
    changed = api.put(path, {"priority": "low"}, headers={"If-Match": opened["ETag"]})
    assert (changed.status_code, api.get(path)["ETag"]) == (200, changed["ETag"])
    assert status_with(api, path, changed["ETag"]) == 304


def test_a_repeated_write_answers_with_its_etag(api):
    named = {"Idempotency-Key": "once"}
    first = api.post("tickets/", {"title": "A"}, headers=named)
    again = api.post("tickets/", {"title": "A"}, headers=named)
    assert again["Idempotent-Replayed"] == "true" and again["ETag"] == first["ETag"]
