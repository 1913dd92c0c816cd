"""Two at once: what another transaction did between a look and a write."""

import contextlib
import threading
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction

from helpdesk import actions
from helpdesk.actions import opening, tickets
from helpdesk.actor import system
from helpdesk.models import Stamp, Tag, Ticket
from helpdesk.models.configuration import configuration
from tests.factories import key_actor, make_key, make_tag, make_ticket

BY = system("rule")


def looked_too_early(monkeypatch):
    """The first look for known references happens before the other transaction commits."""
    looks = []
    real = opening._existing

    def look(rows, by):
        looks.append(rows)
        return {} if len(looks) == 1 else real(rows, by)

    monkeypatch.setattr(opening, "_existing", look)


@pytest.mark.django_db
def test_a_reference_taken_a_moment_ago_answers_the_first_ticket(monkeypatch):
    first = make_ticket(source="shop", source_ref="7")
    looked_too_early(monkeypatch)
    again = actions.open_ticket(by=BY, title="Again", source="shop", source_ref="7")
    assert again.pk == first.pk and again.is_repeat
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_the_other_rows_of_a_batch_are_opened_all_the_same(monkeypatch):
    first = make_ticket(source="shop", source_ref="2")
    looked_too_early(monkeypatch)
    rows = [{"title": f"Row {n}", "source": "shop", "source_ref": str(n)} for n in (1, 2, 3)]
    one, two, three = actions.open_tickets(rows, by=BY)
    assert two.pk == first.pk and two.is_repeat
    assert not one.is_repeat and not three.is_repeat
    assert Ticket.objects.count() == 3
    assert [ticket.changes.count() for ticket in (one, two, three)] == [1, 1, 1]


@pytest.mark.django_db
def test_a_reference_is_known_however_it_is_spaced():
    first = make_ticket(source="the  shop", source_ref=" A  7 ")
    again = actions.open_ticket(by=BY, title="Again", source="the shop", source_ref="A 7")
    other = actions.open_ticket(by=BY, title="Again", source="the  shop ", source_ref="A\n7")
    assert first.pk == again.pk == other.pk


@pytest.mark.django_db
def test_the_second_row_with_a_reference_in_one_call_is_refused():
    refused = {}
    rows = [{"title": n, "source": "shop", "source_ref": "7"} for n in "ab"]
    found = actions.open_tickets(rows, by=BY, refused=refused)
    assert [ticket and ticket.title for ticket in found] == ["a", None]
    assert list(refused[1].message_dict) == ["source_ref"]


@pytest.mark.django_db
def test_a_key_does_not_come_by_anothers_source_with_an_added_space():
    one, other = (key_actor(make_key()[0]) for _ in range(2))
    actions.open_ticket(by=one, title="One", source="zen desk", source_ref="1")
    with pytest.raises(ValidationError):
        actions.open_ticket(by=other, title="Two", source="zen  desk", source_ref="2")


@pytest.mark.django_db
def test_a_key_of_all_queues_is_not_handed_a_ticket_out_of_the_trash():
    by = key_actor(make_key()[0])
    ticket = actions.open_ticket(by=by, title="One", source="shop", source_ref="1")
    actions.delete_ticket(ticket, by=by)
    with pytest.raises(ValidationError) as refusal:
        actions.open_ticket(by=by, title="Again", source="shop", source_ref="1")
    assert list(refusal.value.message_dict) == ["source_ref"]


@pytest.mark.django_db
def test_a_tag_that_was_taken_back_is_made_anew(settings):
    settings.CONFIGURATION_CHECK_SECONDS = 3600
    ticket = make_ticket()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.tag(ticket, by=BY, add=["printer"])
        assert [tag.name for tag in Ticket.objects.get().tag_list] == ["printer"]
        raise ZeroDivisionError
    assert "printer" not in configuration().tags_by_name
    actions.tag(ticket, by=BY, add=["printer"])
    assert Ticket.objects.get().tag_ids == [Tag.objects.get(name="printer").pk]


@pytest.mark.django_db
def test_taking_off_an_unknown_tag_makes_none():
    ticket = make_ticket(tags=["kept"])
    actions.tag(ticket, by=BY, remove=["unknown", "KEPT"])
    assert list(Tag.objects.values_list("name", flat=True)) == ["kept"]
    assert Ticket.objects.get().tag_ids == []


@pytest.mark.django_db
def test_a_circle_is_seen_however_old_the_parent_is_that_a_caller_holds():
    above, below = make_ticket(), make_ticket()
    held = Ticket.objects.get(pk=below.pk)
    actions.set_parent(below, above, by=BY)
    with pytest.raises(ValidationError) as refusal:
        actions.set_parent(above, held, by=BY)
    assert list(refusal.value.message_dict) == ["parent"]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_that_are_put_above_each_other_at_once_make_no_circle():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    one, two = make_ticket(), make_ticket()
    barrier, real = threading.Barrier(2, timeout=3), tickets.refuse_foreign

    def refuse_foreign(*args):
        real(*args)
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tickets, "refuse_foreign", refuse_foreign)
        raised = together(
            lambda: actions.set_parent(one, two, by=BY), lambda: actions.set_parent(two, one, by=BY)
        )
    assert [type(error) for error in raised] == [ValidationError]
    assert Ticket.objects.exclude(parent=None).count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_tickets_are_linked_to_each_other_at_once():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    one, two = make_ticket(), make_ticket()
    barrier = threading.Barrier(2, timeout=3)

    def linking(ticket, other):
        def work():
            with transaction.atomic():
                actions.link(ticket, other, by=BY)
                barrier.wait()

        return work

    assert together(linking(one, two), linking(two, one)) == []


@pytest.mark.django_db
def test_a_tag_that_another_process_put_on_a_moment_ago_can_be_taken_off(settings):
    settings.CONFIGURATION_CHECK_SECONDS = 3600
    ticket = make_ticket()
    configuration()
    tag = Tag(name="new", name_folded="new")
    Tag.objects.bulk_create([tag])
    Stamp.objects.update(value=uuid.uuid4())
    Ticket.objects.update(tag_ids=[tag.pk])
    ticket = actions.change_ticket(ticket, by=BY, tags=[])
    said = ticket.changes.get(version=2).fields["tags"]
    assert said == {"added": [], "removed": [{"id": tag.pk, "words": "new"}]}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_other_threads_see_configuration_when_it_is_committed_and_then_at_once(settings):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    settings.CONFIGURATION_CHECK_SECONDS = 3600
    configuration()
    seen = []

    def look():
        seen.append("printer" in configuration().tags_by_name)

    with transaction.atomic():
        make_tag("printer")
        assert "printer" in configuration().tags_by_name
        assert together(look) == []
    assert together(look) == []
    assert seen == [False, True]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_that_make_the_same_tags_in_opposite_order_wait_for_each_other():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    barrier = threading.Barrier(2, timeout=3)

    def making(first, second):
        def work():
            with transaction.atomic():
                actions.open_ticket(by=BY, title="One", tags=[first])
                with contextlib.suppress(threading.BrokenBarrierError):
                    barrier.wait()
                actions.open_ticket(by=BY, title="Two", tags=[second])

        return work

    assert together(making("a", "b"), making("b", "a")) == []
    assert Tag.objects.count() == 2


def together(*works):
    """Do each in a thread with a connection of its own; what they raised."""
    raised = []

    def run(work):
        try:
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return raised


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_calls_with_one_reference_open_one_ticket():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    barrier, real = threading.Barrier(2, timeout=10), opening._prepared

    def prepared(*args):
        barrier.wait()
        return real(*args)

    answers = []

    def call():
        answers.append(actions.open_ticket(by=BY, title="One", source="shop", source_ref="1").pk)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_prepared", prepared)
        assert together(call, call) == []
    assert len(set(answers)) == 1 and len(answers) == 2
    assert Ticket.objects.count() == 1
