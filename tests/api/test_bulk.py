"""Many tickets in one call: a result for each, one bad item stops no other."""

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Change, Ticket, User
from tests.api.conftest import caller, fields_of
from tests.budget import statements
from tests.factories import (
    default_queue,
    make_agent,
    make_field,
    make_queue,
    make_tag,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db
BULK = "tickets/bulk/"


def create(count: int, **more) -> dict:
    return {"operation": "create", "items": [{"title": f"T{n}", **more} for n in range(count)]}


def statuses(response) -> list[int]:
    assert response.status_code == 200, response.content
    return [one["status"] for one in response.json()["results"]]


class TestCreating:
    def test_each_item_is_answered_as_its_own_call_would_be(self, api):
        make_ticket("Known", by=system("rule"), source="crm", source_ref="1")
        api.post("tickets/", {"title": "Mine", "source": "erp", "source_ref": "1"})
        items = [
            {"title": "New", "requester": {"email": "new@example.com"}, "tags": ["vip"]},
            {"title": ""},
            {"title": "Again", "source": "erp", "source_ref": "1"},
            {"title": "x", "nonsense": 1},
            {"title": "x", "queue": "nowhere"},
            {"title": "x", "assignee": "nobody@example.com"},
            {"title": "Colon", "source": "a:b", "source_ref": "1"},
            {"title": "Last"},
        ]
        response = api.post(BULK, {"operation": "create", "items": items})
        assert statuses(response) == [201, 400, 200, 400, 400, 400, 400, 201]
        said = response.json()
        assert (said["total"], said["succeeded"], said["failed"]) == (8, 3, 5)
        fields = [one["errors"][0]["field"] for one in said["results"] if one["errors"]]
        assert fields == [
            "items.1.title",
            "items.3.nonsense",
            "items.4.queue",
            "items.5.assignee",
            "items.6.source",
        ]
        first = said["results"][0]
        read = api.get(first["url"]).json()
        assert (read["id"], read["uuid"], read["version"]) == (first["id"], first["uuid"], 1)
        assert Ticket.objects.filter(title="Last").exists()
        assert {str(one) for one in Change.objects.values_list("change_set", flat=True)} == {
            "None",
            said["change_set"],
        }

    def test_an_atomic_call_does_all_or_nothing_and_names_the_items(self, api):
        body = create(3) | {"atomic": True}
        body["items"][1] = {"title": ""}
        assert fields_of(api.post(BULK, body)) == ["items.1.title"]
        assert not Ticket.objects.exists()
        assert statuses(api.post(BULK, create(3) | {"atomic": True})) == [201] * 3

    def test_a_hundred_are_a_few_statements(self, api):
        ann = make_agent("Ann")
        make_tag("vip")
        make_field("region", "choice", ["EU"])
        more = {"assignee": ann.email, "tags": ["vip"], "custom": {"region": "EU"}}
        more["requester"] = {"email": "a@example.com"}
        api.post(BULK, create(2, **more))
        people = User.objects.count()
        with statements() as few:
            assert statuses(api.post(BULK, create(10, **more))) == [201] * 10
        with statements() as many:
            response = api.post(BULK, create(100, **more))
        assert statuses(response) == [201] * 100
        assert User.objects.count() == people
        assert len(many) <= len(few) + 8 <= 30  # SQLite inserts some 40 at once

    def test_times_and_silence_are_for_keys_that_write_for_others(self, api):
        old = {"created_at": "2019-03-01T09:00:00Z"}
        assert statuses(api.post(BULK, create(1, **old))) == [403]
        assert api.post(BULK, create(1) | {"silent": True}).status_code == 403
        mover = caller(writes_for_others=True)
        ann = make_user("Ann")
        made = mover.post(BULK, create(2, **old, on_behalf_of=ann.pk) | {"silent": True})
        assert statuses(made) == [201, 201]
        assert set(Change.objects.values_list("silent", "on_behalf_of")) == {(True, ann.pk)}

    def test_a_dry_run_keeps_nothing_and_a_name_makes_it_once(self, api):
        tried = api.post(f"{BULK}?dry_run=true", create(150))
        assert statuses(tried) == [201] * 150
        assert not Ticket.objects.exists()
        named = {"Idempotency-Key": "one"}
        first, again = (api.post(BULK, create(2), headers=named) for _time in range(2))
        assert first.json() == again.json()
        assert Ticket.objects.count() == 2


class TestChanging:
    def test_items_have_fields_of_their_own(self, api):
        one, two, three = (make_ticket() for _number in range(3))
        actions.change_ticket(three, by=system("rule"), title="Changed since")
        items = [
            {"id": one.pk, "title": "One", "priority": "high"},
            {"id": str(two.uuid), "title": "Two"},
            {"id": three.pk, "title": "Three", "version": 1},
            {"id": 10**8, "title": "x"},
            {"title": "x"},
            {"id": one.pk, "priority": "no such"},
            {"id": two.pk, "priority": "low"},
        ]
        response = api.post(BULK, {"operation": "change", "items": items})
        assert statuses(response) == [200, 200, 409, 404, 400, 400, 200]
        results = response.json()["results"]
        assert results[2]["difference"][0]["field"] == "title"
        assert [one["errors"][0]["field"] for one in results if one["errors"]] == [
            "items.2",
            "items.3",
            "items.4.id",
            "items.5.priority",
        ]
        two.refresh_from_db()
        assert (two.title, two.priority, results[6]["version"]) == ("Two", "low", two.version)

    def test_one_set_of_fields_is_for_many(self, api):
        tickets = [make_ticket() for _number in range(3)]
        body = {"operation": "change", "fields": {"priority": "urgent", "tags": ["x"]}}
        body["ids"] = [tickets[0].pk, str(tickets[1].uuid), 10**8, "nonsense"]
        response = api.post(BULK, body)
        assert statuses(response) == [200, 200, 404, 404]
        assert response.json()["results"][2]["errors"][0]["field"] == "ids.2"
        assert Ticket.objects.filter(priority="urgent").count() == 2

    def test_a_typed_query_says_which_and_how_many(self, api):
        for number in range(4):
            make_ticket(f"Printer {number}", priority="high" if number % 2 else "low")
        body = {"operation": "tag", "q": "priority:high printer", "fields": {"add": ["hot"]}}
        response = api.post(BULK, body)
        assert statuses(response) == [200, 200]
        assert response.json()["total"] == 2
        assert api.get("tickets/?tag=hot&count=exact").json()["count"] == 2
        none = api.post(BULK, body | {"q": "priority:urgent"})
        assert statuses(none) == []
        assert fields_of(api.post(BULK, body | {"q": "nonsense:high"})) == ["q"]

    def test_a_query_that_means_too_many_is_refused_with_their_number(self, api, monkeypatch):
        monkeypatch.setattr("helpdesk.api.bulk_input.MAX_ITEMS", 2)
        for _number in range(4):
            make_ticket()
        response = api.post(BULK, {"operation": "delete", "q": "is:unresolved"})
        assert fields_of(response) == ["q"]
        assert "4 tickets" in response.json()["detail"]
        assert Ticket.objects.filter(deleted_at=None).count() == 4

    def test_transitions_tags_and_the_trash(self, api):
        one, two = make_ticket(tags=["a", "b"]), make_ticket(tags=["b"])
        ids = [one.pk, two.pk]
        tagged = api.post(
            BULK, {"operation": "tag", "ids": ids, "fields": {"add": ["c"], "remove": ["b"]}}
        )
        assert statuses(tagged) == [200, 200]
        assert [t["tags"] for t in api.get("tickets/?sort=number").json()["results"]] == [
            ["a", "c"],
            ["c"],
        ]
        items = [
            {"id": one.pk, "transition": "Resolved", "resolution": "fixed"},
            {"id": two.pk, "transition": "Resolved"},
            {"id": one.pk, "transition": "no such"},
        ]
        taken = api.post(BULK, {"operation": "transition", "items": items})
        assert statuses(taken) == [200, 400, 400], taken.content
        assert taken.json()["results"][1]["errors"][0]["field"] == "items.1.resolution"
        gone = api.post(BULK, {"operation": "delete", "ids": [*ids, one.pk]})
        assert statuses(gone) == [204, 204, 404]
        assert not Ticket.objects.filter(deleted_at=None).exists()

    def test_each_changed_ticket_costs_the_same(self, api):
        tickets = [make_ticket() for _number in range(40)]

        def cost(some, priority):
            body = {"operation": "change", "ids": [one.pk for one in some]}
            with statements() as counted:
                assert set(statuses(api.post(BULK, body | {"fields": {"priority": priority}})))
            return len(counted)

        cost(tickets[:1], "low")
        few, many = cost(tickets[:5], "high"), cost(tickets, "urgent")
        assert (many - few) / 35 <= 6, (few, many)

    def test_nothing_different_records_nothing(self, api):
        ticket = make_ticket(priority="high")
        body = {"operation": "change", "ids": [ticket.pk], "fields": {"priority": "high"}}
        assert statuses(api.post(BULK, body)) == [200]
        assert Change.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "operation"),
        ({"operation": "explode", "ids": [1]}, "operation"),
        ({"operation": "delete"}, "items"),
        ({"operation": "delete", "ids": [1], "q": "x"}, "q"),
        ({"operation": "create", "ids": [1]}, "ids"),
        ({"operation": "create", "items": []}, "items"),
        ({"operation": "create", "items": [1]}, "items.0"),
        ({"operation": "change", "ids": [1]}, "fields"),
        ({"operation": "change", "ids": [1], "fields": {"priority": "x"}}, "fields.priority"),
        ({"operation": "change", "ids": [1], "fields": {"assignee": "x"}}, "fields.assignee"),
        ({"operation": "change", "items": [{"id": 1}], "fields": {"title": "x"}}, "fields"),
        ({"operation": "tag", "ids": [1], "fields": {}}, "fields"),
        ({"operation": "transition", "ids": [1], "fields": {}}, "fields.transition"),
        ({"operation": "delete", "ids": [1] * 1001}, "ids"),
        ({"operation": "delete", "ids": [1], "nonsense": 1}, "nonsense"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused_by_its_field(api, body, field):
    assert field in fields_of(api.post(BULK, body))


def test_what_a_key_does_not_see_is_not_there():
    own, foreign = default_queue(), make_queue()
    bound = caller(queues=[own])
    ticket, hidden = make_ticket(queue=own), make_ticket(queue=foreign)
    for operation, fields in {
        "change": {"title": "x"},
        "tag": {"add": ["x"]},
        "transition": {"transition": "Resolved", "resolution": "fixed"},
        "delete": {},
    }.items():
        body = {"operation": operation, "ids": [hidden.pk, 10**8], "fields": fields}
        response = bound.post(BULK, body)
        one, other = response.json()["results"]
        assert one | {"index": 1, "errors": other["errors"]} == other
    body = {"operation": "change", "q": "is:unresolved", "fields": {"title": "x"}}
    assert bound.post(BULK, body).json()["results"][0]["id"] == ticket.pk
    hidden.refresh_from_db()
    assert hidden.version == 1
    into = [{"title": "x", "queue": queue} for queue in (foreign.slug, "no-such")]
    one, other = bound.post(BULK, {"operation": "create", "items": into}).json()["results"]
    assert (one["status"], other["status"]) == (400, 400)


def test_a_key_that_only_reads_may_not(reader):
    assert reader.post(BULK, create(1)).status_code == 403


class TestUndoing:
    def test_a_set_of_changes_is_undone_but_for_what_was_changed_since(self, api):
        make_field("region", "choice", ["EU", "US"])
        make_field("note", "text")
        ann = make_agent("Ann")
        one = make_ticket(tags=["a"], custom={"region": "EU", "note": "n"})
        two = make_ticket(tags=["a"])
        body = {
            "priority": "urgent",
            "assignee": ann.pk,
            "tags": ["b"],
            "custom": {"region": "US", "note": None},
            "due_at": "2030-01-01T00:00:00Z",
        }
        ids = [one.pk, two.pk]
        done = api.post(BULK, {"operation": "change", "ids": ids, "fields": body}).json()
        api.patch(f"tickets/{two.pk}/", {"priority": "low"})
        undone = api.post(f"change-sets/{done['change_set']}/undo/")
        assert undone.status_code == 200, undone.content
        said = undone.json()
        assert said["undone"] == ids
        assert [(each["ticket"], each["field"]) for each in said["skipped"]] == [
            (two.pk, "priority")
        ]
        first, second = (api.get(f"tickets/{pk}/").json() for pk in ids)
        assert (first["priority"], first["tags"], first["due_at"]) == ("normal", ["a"], None)
        assert first["custom"] == {"region": "EU", "note": "n"}
        assert (first["assignee"], second["assignee"]) == (None, None)
        assert (second["priority"], second["tags"]) == ("low", ["a"])
        again = api.post(f"change-sets/{done['change_set']}/undo/").json()
        assert again["undone"] == []
        assert Change.objects.exclude(undoes=None).count() == 2
        redone = api.post(f"change-sets/{said['change_set']}/undo/").json()
        assert redone["undone"] == ids
        assert api.get(f"tickets/{one.pk}/").json()["priority"] == "urgent"

    def test_transitions_and_the_trash_are_undone_and_long_texts_are_not(self, api):
        one = make_ticket(body="Before")
        before = one.status.category
        items = [{"id": one.pk, "transition": "Resolved", "resolution": "fixed"}]
        done = api.post(BULK, {"operation": "transition", "items": items}).json()
        api.post(f"change-sets/{done['change_set']}/undo/")
        read = api.get(f"tickets/{one.pk}/").json()
        assert (read["status"]["category"], read["resolution"]) == (before, "")
        assert read["resolved_at"] is None
        gone = api.post(BULK, {"operation": "delete", "ids": [one.pk]}).json()
        assert api.get(f"tickets/{one.pk}/").status_code == 404
        api.post(f"change-sets/{gone['change_set']}/undo/")
        assert api.get(f"tickets/{one.pk}/").status_code == 200
        text = {"operation": "change", "ids": [one.pk], "fields": {"body": "After"}}
        said = api.post(BULK, text).json()
        kept = api.post(f"change-sets/{said['change_set']}/undo/").json()
        assert (kept["undone"], kept["skipped"][0]["field"]) == ([], "body")

    def test_a_requester_who_comes_back_is_read_as_they_were_named(self, api):
        bound = caller(queues=[default_queue()])
        stranger, other = make_user("Stranger"), make_user("Other")
        named = {"title": "T", "requester": {"email": stranger.email}}
        ticket = bound.post("tickets/", named).json()
        body = {"operation": "change", "ids": [ticket["id"]], "fields": {"requester": other.pk}}
        done = api.post(BULK, body).json()
        assert api.post(f"change-sets/{done['change_set']}/undo/").json()["skipped"] == []
        shown = bound.get(f"tickets/{ticket['id']}/").json()["requester"]
        assert (shown["email"], shown["name"]) == (stranger.email, stranger.email)

    def test_a_set_is_undone_by_whom_sees_its_tickets(self, api):
        done = api.post(
            BULK, {"operation": "change", "ids": [make_ticket().pk], "fields": {"priority": "low"}}
        )
        path = f"change-sets/{done.json()['change_set']}/undo/"
        assert caller(queues=[make_queue()]).post(path).status_code == 404
        assert caller("read").post(path).status_code == 403


ODD = [
    None,
    True,
    10**25,
    -1,
    1.5,
    "",
    "\0",
    "x" * 600,
    [],
    [[1]],
    [None],
    {},
    {"id": None},
    {"a": {}},
]


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_odd_values_are_refused_item_by_item_and_break_nothing(api, value):
    ticket = make_ticket()
    names = ["title", "requester", "assignee", "custom", "tags", "parent", "organisation", "queue"]
    items = [{"title": "T", name: value} for name in [*names, "created_at", "source", "due_at"]]
    made = statuses(api.post(BULK, {"operation": "create", "items": items}))
    assert set(made) <= {201, 400, 403}
    ids = api.post(BULK, {"operation": "delete", "ids": [value, 10**8]})
    assert ids.status_code == 400 or {one["status"] for one in ids.json()["results"]} <= {400, 404}
    named = [{"id": value, "title": "x"}, {"id": ticket.pk, "title": "Well"}]
    assert statuses(api.post(BULK, {"operation": "change", "items": named}))[1] == 200
    for name in ("operation", "items", "ids", "q", "fields", "atomic", "silent"):
        body = {"operation": "change", "ids": [10**8], "fields": {"title": "x"}, name: value}
        assert api.post(BULK, body).status_code in (200, 400, 403), name
