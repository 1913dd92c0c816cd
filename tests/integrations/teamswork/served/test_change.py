"""Updates and statuses."""

from datetime import UTC, datetime

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Change, User
from helpdesk.models.configuration import configuration
from tests.factories import (
    make_field,
    make_ticket,
    make_user,
    status,
)
from tests.integrations.teamswork.served.caller import NOWHERE, USER, one, refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("spelling", ["ticket", "updates"])
def test_an_update_is_partial_in_both_spellings(api, spelling):
    item = api.create(description="Stays", priority="Low")
    body = {spelling: {"title": "My 2nd ticket", "priority": "Urgent"}, "user": USER}
    answer = api.put(f"/tickets/{item['id']}", body)
    after = answer.json()["item"]
    assert (after["title"], after["priority"], after["description"]) == (
        "My 2nd ticket",
        "Urgent",
        "Stays",
    )
    assert after["lastUpdatedOn"] > item["lastUpdatedOn"]
    assert after["lastUpdatedBy"]["name"] == "Jason Doe via Ledger"


def test_an_update_that_changes_nothing_records_nothing(api):
    region = make_field("region", "choice", ["EU", "US"])
    [option, _other] = configuration().options_of[region.pk]
    item = api.create(
        priority="Low",
        tags=["a", "b"],
        expectedDate="2026-04-01",
        assignee={"id": "1", "name": "Far", "email": "far@elsewhere.example"},
        customFields={str(region.uuid): [str(option.uuid)]},
        odd=1,
    )
    names = ["title", "requestor", "assignee", "priority", "tags", "customFields", "odd"]
    same = {name: item[name] for name in [*names, "description", "expectedDate"]}
    assert api.change(item["id"], **same)["lastUpdatedOn"] == item["lastUpdatedOn"]
    assert Change.objects.count() == 1


def test_writing_back_what_was_read_loses_no_time_of_day_and_no_marks(api):
    due = datetime(2026, 4, 1, 15, 30, tzinfo=UTC)
    ticket = make_ticket(due_at=due, body="<p>Hello <b>you</b></p>", body_format="html")
    item = api.get(f"/tickets/{ticket.uuid}").json()["item"]
    item["requestor"] = USER
    api.change(item["id"], **item)
    ticket.refresh_from_db()
    assert (ticket.due_at, ticket.body_format) == (due, "html")
    assert ticket.body == "<p>Hello <b>you</b></p>"


def test_values_are_cleared_with_null(api):
    note = make_field("note")
    item = api.create(
        expectedDate="2026-04-01", tags=["a"], customFields={str(note.uuid): "x"}, description="d"
    )
    after = api.change(
        item["id"], expectedDate=None, tags=[], customFields={str(note.uuid): None}, description=""
    )
    assert (after["expectedDate"], after["tags"], after["customFields"]) == (None, [], {})
    assert after["description"] == ""


def test_a_due_day_is_the_callers_own(api):
    item = api.create()
    body = {"ticket": {"expectedDate": "2026-04-01"}, "user": USER}
    after = api.put(f"/tickets/{item['id']}", body, timezone="7").json()["item"]
    assert one(item).due_at == datetime(2026, 3, 31, 17, tzinfo=UTC)
    assert after["expectedDate"] == "2026-04-01"
    query = {"expectedDateAfter": "2026-04-01", "expectedDateBefore": "2026-04-01"}
    assert api.get("/tickets", timezone="7", **query).json()["itemCount"] == 1


def test_a_requestor_is_changed_and_the_known_one_kept(api):
    item = api.create()
    other = {"id": "9", "name": "Bea", "email": "Bea@Customers.example"}
    after = api.change(item["id"], requestor=other)
    assert after["requestor"] == other
    assert one(item).requester == User.objects.get(email="bea@customers.example")
    nameless = make_ticket(requester=make_user("No Mail", email=None))
    shown = api.get(f"/tickets/{nameless.uuid}").json()["item"]["requestor"]
    assert api.change(str(nameless.uuid), requestor=shown)["requestor"] == shown


# Status ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_status_is_changed_by_both_methods_with_resolution_and_comment(api, method):
    item = api.create()
    body = {"status": "Resolved", "resolution": "fixed", "comment": "Great job!", "user": USER}
    after = api.call(method, f"/tickets/{item['id']}/status", body).json()["item"]
    assert (after["status"], after["resolution"]) == ("Resolved", "fixed")
    assert after["lastResolutionComment"] == "Great job!" and after["lastResolutionOn"]
    ticket = one(item)
    assert (ticket.status.name, ticket.resolution) == ("Resolved", "fixed")
    assert Change.objects.filter(ticket=ticket, kind="transitioned").count() == 1


def test_every_status_word_leads_to_its_status(api):
    item = api.create()
    steps = [
        ("Started", "Started", "In progress"),
        ("In Progress", "Started", "In progress"),
        ("Resolved", "Resolved", "Resolved"),
        (" Closed", "Closed", "Closed"),
        ("Reopened", "Reopened", "Open"),
        ("Closed", "Closed", "Closed"),
        ("Started", "Started", "In progress"),
        (str(status("Waiting").uuid), "Started", "Waiting"),
        ("started", "Started", "Waiting"),
    ]
    for word, shown, name in steps:
        body = {"status": word, "user": USER}
        answer = api.put(f"/tickets/{item['id']}/status", body)
        assert answer.status_code == 200, (word, answer.content)
        assert answer.json()["item"]["status"] == shown
        assert one(item).status.name == name


def test_a_waiting_ticket_is_shown_as_started(api):
    ticket = make_ticket()
    actions.take_transition(ticket, "Wait", by=system("rule"))
    assert api.get(f"/tickets/{ticket.uuid}").json()["item"]["status"] == "Started"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"status": "Sleeping", "user": USER}, "status"),
        ({"status": "", "user": USER}, "status"),
        ({"status": {"a": 1}, "user": USER}, "status"),
        ({"status": NOWHERE, "user": USER}, NOWHERE),
        ({"status": "Resolved", "resolution": "magic", "user": USER}, "resolution"),
        ({"status": "Started", "resolution": "fixed", "user": USER}, "resolution"),
        ({"status": "Resolved", "comment": 7, "user": USER}, "comment"),
        ({"status": "Resolved"}, "user"),
    ],
)
def test_a_status_that_cannot_be_is_refused(api, body, words):
    item = api.create()
    assert words in refused(api.put(f"/tickets/{item['id']}/status", body), 400)
    assert one(item).status.name == "Open"


def test_a_status_to_which_no_transition_leads_is_refused(api):
    item = api.create()
    for transition in configuration().transitions.values():
        if transition.name == "Start":
            transition.delete()
    answer = api.put(f"/tickets/{item['id']}/status", {"status": "Started", "user": USER})
    assert "Open now" in refused(answer, 400)


def test_a_resolution_may_be_corrected_later(api):
    item = api.create()
    path = f"/tickets/{item['id']}/status"
    api.put(path, {"status": "Resolved", "user": USER})
    body = {"status": "Resolved", "resolution": "cannotResolve", "comment": "Sorry", "user": USER}
    after = api.put(path, body).json()["item"]
    assert (after["resolution"], after["lastResolutionComment"]) == ("cannotResolve", "Sorry")
