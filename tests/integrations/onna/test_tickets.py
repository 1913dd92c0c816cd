"""Tickets of our Onna endpoint: made, made anew, read and deleted."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Change, Comment, Ticket, TicketType
from tests.budget import statements
from tests.factories import make_agent, make_comment, make_queue, make_ticket, status
from tests.integrations.onna.caller import Caller, refused, ticket_of

pytestmark = pytest.mark.django_db
BY = system("rule")
ANN = {"author": "ann@x.example", "creation_date": "2022-07-22T03:39:07.000000+00:00"}


def test_what_is_required_is_all_that_is_shown(api):
    answer = api.send(name="Printer jams")
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == {"onna_id", "onna_url"}
    assert len(made["onna_id"]) == 32 and made["onna_id"].startswith("tk")
    assert api.read(made["onna_id"]) == {
        "onna_parent_id": api.folder,
        "ref": "12345",
        "url": "",
        "name": "Printer jams",
        **made,
    }


def test_all_that_was_said_is_shown_again(api):
    TicketType.objects.create(name="Bug")
    said = {
        "url": "https://tracker.example/7",
        "name": "Printer jams",
        "description": "Tray *2*\nagain",
        "type": "Bug",
        "category": "Hardware",
        "subcategory": "Tray",
        "status": "In Development",
        "priority": "Highest",
        "severity": "high",
        "author": "cy",
        "requester": "Ann@x.example",
        "updater": "cy",
        "assignees": ["bo@x.example", "dee"],
        "assignee_group": "Second line",
        "followers": ["a", "b"],
        "reactions": [":+1:"],
        "tags": ["Front-End", "a"],
        "creation_date": "2022-07-22T03:39:07.000000+00:00",
        "update_date": "2022-07-22T05:40:07.500000+00:00",
        "comments": [{**ANN, "text": "First"}, {"author": "Bo", **_at("2022-07-23"), "text": "2"}],
    }
    identity = api.create(**said)
    read = api.read(identity)
    assert {name: read[name] for name in said} == said
    ticket = ticket_of(identity)
    assert (ticket.status, ticket.priority) == (status("In progress"), "urgent")
    assert str(ticket.type) == "Bug" and ticket.requester.email == "ann@x.example"
    assert ticket.created_at == datetime(2022, 7, 22, 3, 39, 7, tzinfo=UTC)
    assert sorted(tag.name for tag in ticket.tag_list) == ["Front-End", "a"]
    assert [one.happened_at.year for one in ticket.comments.all()] == [2022, 2022]


def _at(day: str) -> dict:
    return {"creation_date": f"{day}T00:00:00.000000+00:00"}


def test_an_agent_is_assigned_by_address_and_nobody_else(api):
    agent = make_agent("Bo")
    identity = api.create(assignees=[agent.email, "who@x.example"])
    assert ticket_of(identity).assignee == agent
    assert api.read(identity)["assignees"] == [agent.email, "who@x.example"]
    other = api.create(ref="2", assignees=["who@x.example"])
    assert ticket_of(other).assignee is None
    assert api.read(other)["assignees"] == ["who@x.example"]


def test_a_requester_without_address_is_a_name(api):
    identity = api.create(requester="Ann Lee")
    ticket = ticket_of(identity)
    assert (ticket.requester, ticket.requester_name) == (None, "Ann Lee")
    assert api.read(identity)["requester"] == "Ann Lee"


def test_what_is_changed_here_is_shown_in_our_words(api):
    said = {"status": "In progress", "priority": "P4", "tags": ["a"], "requester": "Ann Lee"}
    identity = api.create(update_date="2022-07-22T05:40:07Z", **said)
    assert api.read(identity)["update_date"] == "2022-07-22T05:40:07.000000+00:00"
    ticket = ticket_of(identity)
    actions.change_ticket(ticket, by=BY, priority="urgent", title="New", tags=["a", "b"])
    read = api.read(identity)
    assert (read["name"], read["priority"], read["tags"]) == ("New", "urgent", ["a", "b"])
    assert (read["status"], read["requester"]) == ("In progress", "Ann Lee")
    assert read["update_date"] > "2023"


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("open", "Open"),
        ("In progress", "In progress"),
        ("Waiting", "Waiting"),
        ("Done", "Resolved"),
        ("archived", "Closed"),
        ("Something else", "Open"),
    ],
)
def test_free_words_become_statuses_of_ours(api, word, name):
    identity = api.create(
        status=word,
        update_date="2022-07-22T05:40:07Z",
        requester="ann@x.example",
        comments=[{**ANN, "text": "Still broken"}],
    )
    ticket = ticket_of(identity)
    assert ticket.status == status(name)
    assert api.read(identity)["status"] == word
    if word in ("Done", "archived"):
        assert ticket.resolved_at == datetime(2022, 7, 22, 5, 40, 7, tzinfo=UTC)


# The same reference ------------------------------------------------------------------------------


def test_the_same_reference_makes_the_first_ticket_anew(api):
    first = api.create(
        name="Old", status="open", tags=["a"], description="x", requester="ann@x.example"
    )
    again = api.create(name="New", status="resolved", priority="high")
    assert again == first and Ticket.objects.count() == 1
    read = api.read(first)
    assert (read["name"], read["status"], read["priority"]) == ("New", "resolved", "high")
    assert not {"tags", "description", "requester"} & set(read)
    ticket = ticket_of(first)
    assert ticket.status.category == "resolved" and not ticket.tag_list
    assert (ticket.requester, ticket.body) == (None, "")


def test_the_same_said_again_records_nothing(api):
    said = {
        "status": "In progress",
        "requester": "ann@x.example",
        "assignees": ["bo"],
        "tags": ["b", "a"],
        "comments": [{**ANN, "text": "First"}],
    }
    first = api.create(**said)
    changes = Change.objects.count()
    assert api.create(**said) == first
    assert (Change.objects.count(), Comment.objects.count()) == (changes, 1)


def test_the_same_reference_in_another_folder_is_another_ticket(api):
    folder = api.post("/folders", {"name": "Two", "onna_parent_id": api.folder}).json()["onna_id"]
    assert api.create() != api.create(onna_parent_id=folder)
    assert api.create() != Caller().create()
    assert Ticket.objects.count() == 3


def test_comments_are_kept_once_edited_and_taken_away(api):
    two = {"author": "Bo", **_at("2022-07-23"), "text": "Second"}
    first = api.create(comments=[{**ANN, "text": "First"}, two])
    uuids = [one.uuid for one in ticket_of(first).comments.order_by("happened_at")]
    api.create(comments=[{**ANN, "text": "First, edited"}, two, {**two, "text": "Third"}])
    said = api.read(first)["comments"]
    assert [one["text"] for one in said] == ["First, edited", "Second", "Third"]
    assert [one.uuid for one in ticket_of(first).comments.order_by("happened_at", "pk")][:2] == (
        uuids
    )
    api.create(comments=[two])
    assert [one["text"] for one in api.read(first)["comments"]] == ["Second"]
    api.create()  # nothing was said of comments
    assert [one["text"] for one in api.read(first)["comments"]] == ["Second"]
    api.create(comments=[])
    assert "comments" not in api.read(first)


def test_what_is_said_here_stays_and_notes_are_never_shown(api):
    first = api.create(comments=[{**ANN, "text": "First"}])
    ticket = ticket_of(first)
    make_comment(ticket, "We look into it")
    make_comment(ticket, "A nuisance", public=False)
    api.create(comments=[{**ANN, "text": "First"}])
    said = [one["text"] for one in api.read(first)["comments"]]
    assert said == ["First", "We look into it"] and ticket.comments.count() == 3


def test_what_was_redacted_or_deleted_here_stays_so(api):
    said = [{**ANN, "text": "Secret"}, {"author": "Bo", **_at("2022-07-23"), "text": "Second"}]
    first = api.create(comments=said)
    one, two = ticket_of(first).comments.order_by("happened_at")
    actions.redact_comment(one, by=BY)
    actions.delete_comment(two, by=BY)
    api.create(comments=said)
    assert [comment["text"] for comment in api.read(first)["comments"]] == [""]


def test_an_old_word_of_the_requester_does_not_open_it_again(api):
    said = {"requester": "ann@x.example", "status": "closed"}
    first = api.create(**said)
    api.create(**said, comments=[{**ANN, "text": "Thanks"}])
    assert ticket_of(first).status.category == "closed"


def test_a_reference_of_any_length_is_one(api):
    long = "r" * 3000
    first = api.create(ref=long)
    assert api.create(ref=long) == first != api.create(ref=long + "x")
    assert api.read(first)["ref"] == long


# Another installation ----------------------------------------------------------------------------


def origin() -> str:
    return "/".join(str(uuid.uuid4()) for _ in range(3))


def test_a_repeated_origin_answers_the_first_ticket_with_new_content(db):
    ours = origin()
    api = Caller(origin=ours)
    first = api.create(ref=ours, name="Old")
    assert api.create(ref=ours, name="New") == first
    assert (api.read(first)["name"], api.read(first)["ref"]) == ("New", ours)
    assert ticket_of(first).source_ref == ours.rpartition("/")[2]


def test_another_connection_of_the_same_ticket_changes_nothing(db):
    ours = origin()
    api = Caller(origin=ours)
    first = api.create(ref=ours, name="Old")
    installation, _connection, ticket = ours.split("/")
    api.headers["Helpdesk-Origin"] = f"{installation}/{uuid.uuid4()}/{ticket}"
    assert api.create(ref="else", name="New") == first
    assert api.read(first)["name"] == "Old"


# What is not there -------------------------------------------------------------------------------


def test_a_deleted_ticket_is_gone_until_it_comes_again(api):
    first = api.create(name="Old")
    assert api.call("DELETE", f"/resources/tickets/{first}").status_code == 204
    refused(api.get(f"/resources/tickets/{first}"), 404)
    refused(api.call("DELETE", f"/resources/tickets/{first}"), 404)
    assert api.create(name="New") == first and api.read(first)["name"] == "New"


def test_what_was_deleted_here_does_not_come_again(api):
    first = api.create()
    actions.delete_ticket(ticket_of(first), by=BY)
    assert "trash" in refused(api.send(), 422)


@pytest.mark.parametrize("identity", ["x", "tk", "tk" + "0" * 30, "fd" + "0" * 30, "0" * 36])
def test_an_id_that_nobody_has_is_404(api, identity):
    refused(api.get(f"/resources/tickets/{identity}"), 404)
    refused(api.call("DELETE", f"/resources/tickets/{identity}"), 404)


def test_tickets_of_another_queue_are_404():
    own, other = make_queue("Own"), make_queue("Other")
    api = Caller(queues=[own], home_queue=own)
    ticket = make_ticket("Theirs", queue=other)
    refused(api.get(f"/resources/tickets/tk{ticket.uuid.hex[2:]}"), 404)


def test_a_ticket_that_began_here_is_shown_in_their_words(api):
    ticket = make_ticket("Ours")
    read = api.read(f"tk{ticket.uuid.hex[2:]}")
    assert (read["name"], read["ref"]) == ("Ours", str(ticket.pk))
    assert read["onna_parent_id"] == api.folder and read["url"].endswith(f"/tickets/{ticket.pk}/")
    assert {"status", "priority", "creation_date", "update_date"} <= set(read)


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["onna_parent_id", "ref", "url", "name"])
@pytest.mark.parametrize("value", [None, 7, [], {}])
def test_what_is_required_is_a_text(api, name, value):
    assert name in refused(api.send(**{name: value}), 422)
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": " "}, "name"),
        ({"ref": ""}, "ref"),
        ({"status": 1}, "status"),
        ({"tags": "a"}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"tags": ["a"] * 1001}, "at most 1000"),
        ({"assignees": ["a"] * 1001}, "at most 1000"),
        ({"followers": ["a"] * 1001}, "at most 1000"),
        ({"reactions": ["a"] * 1001}, "at most 1000"),
        ({"comments": [{**ANN, "text": "x"}] * 5001}, "at most 5000"),
        ({"comments": {}}, "comments"),
        ({"comments": ["x"]}, "comments.0"),
        ({"comments": [{**ANN}]}, "comments.0.text"),
        ({"comments": [{**ANN, "text": " "}]}, "comments.0.text"),
        ({"comments": [{"author": "a", "text": "x"}]}, "comments.0.creation_date"),
        ({"comments": [{**ANN, "author": None, "text": "x"}]}, "comments.0.author"),
        ({"creation_date": "yesterday"}, "creation_date"),
        ({"description": "x" * 200_001}, "description"),
        ({"tags": ["x" * 200]}, "tag"),
        ({"name": "x" * 501}, "name"),
    ],
)
def test_wrong_members_are_refused_by_name(api, said, words):
    assert words in refused(api.send(**said), 422)
    assert not Ticket.objects.exists()


def test_an_unknown_folder_is_404(api):
    for folder in ("fd" + "0" * 30, Caller().folder, "x"):
        refused(api.send(onna_parent_id=folder), 404)


@pytest.mark.parametrize(
    ("owners", "shown"),
    [
        ("bo@x.example, cy@x.example", ["bo@x.example", "cy@x.example"]),
        (["bo@x.example"], ["bo@x.example"]),
        ("", None),
        (None, None),
    ],
)
def test_owners_stands_for_assignees(api, owners, shown):
    assert api.read(api.create(owners=owners)).get("assignees") == shown


def test_dates_are_taken_in_both_spellings(api):
    read = api.read(api.create(creation_date="2022/07/26 12:33:39"))
    assert read["creation_date"] == "2022-07-26T12:33:39.000000+00:00"


def test_many_names_are_kept(api):
    names = [f"person-{number:04}@customers.example" for number in range(1000)]
    identity = api.create(assignees=names, followers=names, reactions=["x"] * 1000)
    assert api.read(identity)["followers"] == names


def test_many_comments_are_stored_with_few_statements(api):
    def said(count, text):
        start = datetime(2024, 1, 1, tzinfo=UTC)
        return [
            {
                "author": f"Who {number}",
                "creation_date": (start + timedelta(minutes=number)).isoformat(),
                "text": f"{text} {number}",
            }
            for number in range(count)
        ]

    api.create(ref="few", comments=said(3, "Words"))
    with statements() as few:
        api.create(ref="other", comments=said(3, "Words"))
    with statements() as many:
        first = api.create(ref="many", comments=said(200, "Words"))
    assert len(many) <= len(few) + 20, many  # a database takes so many values a statement
    with statements() as again:
        api.create(ref="many", comments=said(200, "Edited"))
    assert len(again) <= len(few) + 20, again
    assert {one.body.split()[0] for one in ticket_of(first).comments.all()} == {"Edited"}
    with statements() as gone:
        api.create(ref="many", comments=[])
    assert len(gone) <= len(few) + 20, gone
    assert "comments" not in api.read(first)
