"""Opening and changing tickets."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from helpdesk import actions, changes
from helpdesk.actor import system
from helpdesk.models import Change, SearchDocument, Ticket, User
from tests.budget import statements
from tests.factories import (
    actor_of,
    default_queue,
    key_actor,
    make_agent,
    make_comment,
    make_field,
    make_key,
    make_queue,
    make_ticket,
    make_user,
    status,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return make_agent("Ann Field")


@pytest.fixture
def ann(agent):
    return actor_of(agent)


def kinds(ticket):
    return list(ticket.changes.order_by("version").values_list("kind", flat=True))


def test_a_title_is_all_a_ticket_needs(ann):
    ticket = actions.open_ticket(by=ann, title="  Printer\n on   fire ")
    ticket.refresh_from_db()
    assert ticket.title == "Printer on fire"
    assert (ticket.version, ticket.priority, ticket.status.category) == (1, "normal", "open")
    assert ticket.queue == default_queue()
    assert kinds(ticket) == ["opened"]


def test_a_ticket_without_a_title_is_refused_by_field(ann):
    with pytest.raises(ValidationError) as refusal:
        actions.open_ticket(by=ann, title=" \u202e ")
    assert list(refusal.value.message_dict) == ["title"]
    assert not Ticket.objects.exists()


def test_an_unknown_requester_becomes_a_customer_and_the_ticket_keeps_the_name_it_came_with(ann):
    first = actions.open_ticket(
        by=ann, title="One", requester={"email": "Cy@Example.com", "name": "Cy"}
    )
    second = actions.open_ticket(
        by=ann, title="Two", requester={"email": "cy@example.com", "name": "Cyrus K."}
    )
    assert first.requester == second.requester
    assert second.requester.name == "Cy" and second.requester.role == "customer"
    assert second.requester.email_written == "Cy@Example.com"
    assert second.requester_words == "Cyrus K."


def test_a_malformed_address_is_refused_by_field_and_nobody_is_made(ann):
    with pytest.raises(ValidationError) as refusal:
        actions.open_ticket(by=ann, title="One", requester={"email": "not an address"})
    assert "requester" in refusal.value.message_dict
    assert not User.objects.filter(role="customer").exists()


def test_a_repeated_source_reference_answers_the_first_ticket():
    by = system("import:1")
    first = actions.open_ticket(by=by, title="One", source="old", source_ref="7")
    again = actions.open_ticket(by=by, title="Changed", source="old", source_ref="7")
    assert again.pk == first.pk and again.is_repeat and not first.is_repeat
    assert Change.objects.count() == 1


def test_a_key_writes_only_sources_of_its_own():
    (one, _), (other, _) = make_key(), make_key()
    actions.open_ticket(by=key_actor(one), title="One", source="shop", source_ref="1")
    with pytest.raises(ValidationError) as refusal:
        actions.open_ticket(by=key_actor(other), title="Two", source="shop", source_ref="2")
    assert list(refusal.value.message_dict) == ["source"]
    with pytest.raises(ValidationError):
        actions.open_ticket(by=key_actor(one), title="Two", source="helpdesk:x", source_ref="2")


def test_a_reference_of_an_invisible_ticket_is_simply_not_free():
    hidden, own = make_queue(), make_queue()
    make_ticket(queue=hidden, source="shop", source_ref="1")
    key, _ = make_key(queues=[own], home_queue=own)
    with transaction.atomic():
        from_key = key_actor(key)
        actions.open_ticket(by=from_key, title="Mine", source="mine", source_ref="1")
    with pytest.raises(ValidationError):
        actions.open_ticket(by=from_key, title="Probe", source="shop", source_ref="1")


def test_many_rows_are_opened_in_order_and_the_failing_ones_are_said():
    refused = {}
    rows = [{"title": "A"}, {"title": ""}, {"title": "C", "priority": "nonsense"}, {"title": "D"}]
    tickets = actions.open_tickets(rows, by=system("import:1"), refused=refused)
    assert [ticket and ticket.title for ticket in tickets] == ["A", None, None, "D"]
    assert {index: list(error.message_dict) for index, error in refused.items()} == {
        1: ["title"],
        2: ["priority"],
    }


def test_opening_many_costs_no_more_statements_than_opening_few():
    def rows(count):
        return [
            {"title": f"T{n}", "requester": {"email": f"p{n}@example.com"}, "tags": ["a", "b"]}
            for n in range(count)
        ]

    make_ticket(tags=["a", "b"])
    with statements() as few:
        actions.open_tickets(rows(2), by=system("import:1"))
    with statements() as many:
        actions.open_tickets(rows(20), by=system("import:1"))
    assert len(many) == len(few)


def test_creating_one_ticket_takes_at_most_ten_statements(ann):
    make_ticket(tags=["x"])
    with statements() as made:
        actions.open_ticket(
            by=ann, title="One", tags=["x"], requester={"email": "cy@example.com", "name": "Cy"}
        )
    assert len(made) <= 10


def test_one_ticket_takes_one_transaction(ann):
    make_ticket(tags=["x"], requester={"email": "cy@example.com", "name": "Cy"})
    with CaptureQueriesContext(connection) as made:
        actions.open_ticket(
            by=ann, title="One", tags=["x"], requester={"email": "cy@example.com", "name": "Cy"}
        )
    begun = [one["sql"] for one in made.captured_queries if one["sql"].startswith("SAVEPOINT")]
    assert len(begun) == 1, "within the test's own"


def test_a_change_records_from_and_to_in_the_words_of_the_time(ann, agent):
    ticket = make_ticket()
    changed = actions.change_ticket(ticket, by=ann, assignee=agent, priority="high")
    change = changed.changes.get(version=2)
    assert change.fields["assignee"] == {"from": None, "to": {"id": agent.pk, "words": "Ann Field"}}
    assert change.fields["priority"] == {"from": "normal", "to": "high"}
    assert (change.person, change.origin, changed.version) == (agent, "web", 2)


@pytest.mark.parametrize(
    "repeat",
    [
        lambda ticket, by: actions.change_ticket(ticket, by=by, title=ticket.title, tags=["a"]),
        lambda ticket, by: actions.tag(ticket, by=by, add=["A"], remove=["zzz"]),
        lambda ticket, by: actions.assign(ticket, None, by=by),
        lambda ticket, by: actions.set_custom(ticket, {"region": "EU"}, by=by),
        lambda ticket, by: actions.set_parent(ticket, None, by=by),
        lambda ticket, by: actions.restore_ticket(ticket, by=by),
        lambda ticket, by: actions.attach(ticket, [], by=by),
    ],
)
def test_nothing_changed_is_nothing_recorded(ann, repeat):
    make_field("region")
    ticket = make_ticket(tags=["a"], custom={"region": "EU"})
    repeat(ticket, ann)
    ticket.refresh_from_db()
    assert ticket.version == 1 and ticket.changes.count() == 1


def test_long_text_is_kept_in_history_by_hash_and_length(ann):
    ticket = actions.change_ticket(make_ticket(body="secret words"), by=ann, body="other words")
    kept = ticket.changes.get(version=2).fields["body"]
    assert kept["to"]["length"] == 11 and "words" not in str(kept)


def test_two_editors_of_different_fields_both_win(ann):
    ticket = make_ticket()
    actions.change_ticket(ticket, by=ann, base=1, priority="high")
    changed = actions.change_ticket(ticket, by=ann, base=1, title="New words")
    assert (changed.priority, changed.title) == ("high", "New words")


def test_a_stale_base_is_refused_with_the_difference(ann):
    ticket = make_ticket(title="Old")
    actions.change_ticket(ticket, by=ann, title="Theirs")
    with pytest.raises(changes.Collision) as collision:
        actions.change_ticket(ticket, by=ann, base=1, title="Mine")
    [difference] = collision.value.difference
    assert (difference["field"], difference["to"], difference["by"]) == (
        "title",
        "Theirs",
        "Ann Field",
    )


def test_tags_are_added_and_removed_by_element_and_made_as_they_are_used(ann):
    ticket = make_ticket(tags=["vip", "old"])
    changed = actions.tag(ticket, by=ann, add=["New", "VIP"], remove=["OLD"])
    changed.refresh_from_db()
    assert [tag.name for tag in changed.tag_list] == ["New", "vip"]
    assert set(changed.tags.values_list("name", flat=True)) == {"New", "vip"}
    kept = changed.changes.get(version=2).fields["tags"]
    assert [one["words"] for one in kept["added"]] == ["New"]
    assert [one["words"] for one in kept["removed"]] == ["old"]


def test_a_deleted_tag_leaves_every_list_and_comes_back_with_its_name(ann):
    ticket = make_ticket(tags=["old"])
    [tag] = ticket.tag_list
    tag.deleted_at = ticket.created_at
    tag.save()
    assert Ticket.objects.get(pk=ticket.pk).tag_list == []
    assert [one.name for one in make_ticket(tags=["OLD"]).tag_list] == ["old"]


def test_an_assignee_must_be_an_agent(ann):
    with pytest.raises(ValidationError) as refusal:
        actions.assign(make_ticket(), make_user("Cy"), by=ann)
    assert list(refusal.value.message_dict) == ["assignee"]


def test_an_agent_moves_tickets_only_to_queues_they_work_on(ann):
    with pytest.raises(ValidationError) as refusal:
        actions.change_ticket(make_ticket(), by=ann, queue=make_queue())
    assert list(refusal.value.message_dict) == ["queue"]


def test_a_ticket_is_never_above_itself(ann):
    top = make_ticket()
    middle = make_ticket(parent=top)
    with pytest.raises(ValidationError) as refusal:
        actions.set_parent(top, middle, by=ann)
    assert list(refusal.value.message_dict) == ["parent"]


def test_an_unknown_field_is_a_mistake_of_the_caller(ann):
    with pytest.raises(TypeError):
        actions.change_ticket(make_ticket(), by=ann, version=9)


def test_a_read_key_and_a_reading_member_change_nothing():
    ticket = make_ticket()
    key, _ = make_key("read")
    reader = make_agent(access="read")
    for by in (key_actor(key), actor_of(reader), actor_of(make_user())):
        with pytest.raises(PermissionDenied):
            actions.change_ticket(ticket, by=by, title="New")


def test_the_trash_hides_a_ticket_until_it_is_restored(ann):
    ticket = actions.delete_ticket(make_ticket(), by=ann)
    assert not Ticket.objects.visible_to(ann).exists()
    assert Ticket.objects.trash_of(ann).get() == ticket
    actions.delete_ticket(ticket, by=ann)
    actions.restore_ticket(ticket, by=ann)
    assert Ticket.objects.visible_to(ann).get() == ticket
    assert kinds(ticket) == ["opened", "deleted", "restored"]


def test_the_search_document_follows_every_word(ann):
    ticket = make_ticket("Printer")
    make_comment(ticket, "Toner is empty")
    make_comment(ticket, "Customer is a robot", public=False)
    actions.change_ticket(ticket, by=ann, title="Scanner")
    document = SearchDocument.objects.get(ticket=ticket)
    assert "scanner" in document.public and "printer" not in document.public
    assert "toner" in document.public and "robot" not in document.public
    assert "robot" in document.internal


def test_custom_fields_refuse_by_key(ann):
    make_field("seats", "number")
    with pytest.raises(ValidationError) as refusal:
        actions.set_custom(make_ticket(), {"seats": "twelve", "nothing": 1}, by=ann)
    assert set(refusal.value.message_dict) == {"custom.seats", "custom.nothing"}


def test_a_ticket_moves_on_with_its_status_in_one_change(ann):
    ticket = actions.change_ticket(
        make_ticket(), by=ann, status=status("Resolved"), resolution="fixed"
    )
    assert ticket.resolved_at and ticket.first_resolved_at and not ticket.closed_at
    assert ticket.version == 2


def test_a_status_that_no_transition_leads_to_is_refused_with_what_is_open(ann):
    ticket = make_ticket(status=status("Closed"))
    with pytest.raises(ValidationError) as refusal:
        actions.change_ticket(ticket, by=ann, status=status("Waiting"))
    assert "Open" in refusal.value.message_dict["status"][0]


def test_mirrors_and_imports_set_any_status():
    ticket = make_ticket(status=status("Closed"))
    moved = actions.change_ticket(ticket, by=system("connection:1"), status=status("Waiting"))
    assert moved.status_category == "waiting" and moved.reopened_count == 1
    assert moved.closed_at is None and moved.first_resolved_at
