"""Workflows, relations, people."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from helpdesk import actions
from helpdesk.models import (
    Change,
    Comment,
    SearchDocument,
    Ticket,
    TicketLink,
    Transition,
    User,
)
from helpdesk.permissions import open_transitions
from tests.budget import statements
from tests.factories import (
    actor_of,
    make_agent,
    make_field,
    make_queue,
    make_ticket,
    make_user,
    status,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return actor_of(make_agent("Ann"))


def test_resolving_asks_for_a_resolution_and_keeps_the_comment_with_it(ann):
    ticket = make_ticket()
    with pytest.raises(ValidationError) as refusal:
        actions.take_transition(ticket, "Resolve", by=ann)
    assert list(refusal.value.message_dict) == ["resolution"]
    resolved = actions.take_transition(
        ticket, "resolve", by=ann, resolution="fixed", comment="New toner"
    )
    assert (resolved.resolution, resolved.resolution_comment) == ("fixed", "New toner")
    assert resolved.version == 2


def test_reopening_takes_the_resolution_away(ann):
    ticket = make_ticket()
    actions.take_transition(ticket, "Resolve", by=ann, resolution="fixed")
    reopened = actions.take_transition(ticket, "Reopen", by=ann)
    assert (reopened.resolution, reopened.reopened_count) == ("", 1)


def test_a_comment_elsewhere_becomes_an_internal_note_of_the_same_change(ann):
    ticket = actions.take_transition(make_ticket(), "Wait", by=ann, comment="Asked the vendor")
    note = Comment.objects.get()
    assert not note.public and ticket.changes.get(version=2).comment == note


def test_a_transition_is_also_known_by_where_it_leads(ann):
    assert actions.take_transition(make_ticket(), "waiting", by=ann).status_category == "waiting"


def test_a_transition_that_is_not_open_is_refused_with_those_that_are(ann):
    with pytest.raises(ValidationError) as refusal:
        actions.take_transition(make_ticket(), "Reopen", by=ann)
    assert "Start, Wait, Resolve, Close" in refusal.value.message_dict["transition"][0]


def test_who_may_take_a_transition_is_the_workflows_rule(ann):
    transition = Transition.objects.get(name="Close")
    transition.takers = "admins"
    transition.save()
    ticket = make_ticket()
    assert "Close" not in {str(one) for one in open_transitions(ticket, ann)}
    with pytest.raises(PermissionDenied):
        actions.take_transition(ticket, transition, by=ann)


def test_customers_take_only_what_everyone_may():
    customer = make_user()
    ticket = make_ticket(requester=customer, status=status("Resolved"))
    assert [str(one) for one in open_transitions(ticket, actor_of(customer))] == ["Reopen"]


def test_a_link_is_made_once_and_only_to_what_one_sees(ann):
    ticket, other = make_ticket(), make_ticket()
    actions.link(ticket, other, by=ann, kind="blocks")
    actions.link(ticket, other, by=ann, kind="blocks")
    assert TicketLink.objects.count() == 1
    assert ticket.changes.filter(kind="linked").count() == 1
    with pytest.raises(ValidationError):
        actions.link(ticket, make_ticket(queue=make_queue()), by=ann)
    actions.unlink(ticket, other, by=ann, kind="blocks")
    actions.unlink(ticket, other, by=ann, kind="blocks")
    assert not TicketLink.objects.exists()
    assert ticket.changes.count() == 3


def test_following_opens_a_ticket_to_an_agent_of_other_queues(ann):
    outsider = make_agent("Otto", queues=[make_queue()])
    ticket = make_ticket()
    actions.follow(ticket, outsider, by=ann)
    assert type(ticket).objects.visible_to(actor_of(outsider)).get() == ticket
    actions.unfollow(ticket, outsider, by=actor_of(outsider))
    assert not type(ticket).objects.visible_to(actor_of(outsider)).exists()


def test_only_administrators_give_roles(ann):
    with pytest.raises(PermissionDenied):
        actions.create_person(by=ann, name="Eve", email="eve@example.com", role="admin")
    with pytest.raises(PermissionDenied):
        actions.change_person(User.objects.get(pk=ann.person_id), by=ann, role="admin")


def test_the_last_administrator_keeps_the_role():
    admin = make_user(role="admin")
    with pytest.raises(ValidationError):
        actions.change_person(admin, by=actor_of(admin), role="agent")


def test_an_erased_person_leaves_an_empty_row(ann):
    customer = make_user("Cy")
    ticket = make_ticket(requester=customer, requester_name="Cy K.")
    actions.erase_person(customer, by=actor_of(make_user(role="admin")))
    customer.refresh_from_db()
    ticket.refresh_from_db()
    assert (customer.email, customer.name, ticket.requester_name) == (None, "", "")
    assert customer.erased_at and not customer.is_active


def test_an_erased_persons_name_is_found_nowhere_any_more(ann):
    cy = make_user("Cyrus Kane", email="cyrus@kane.example")
    others = make_ticket(title="Another")
    make_field("contacts", "people")
    came = {"id": "7", "name": "Cyrus", "email": "Cyrus@Kane.example"}
    extra = {"acme": {"user": came, "people": {"cyrus@kane.example": came}, "kept": 1}}
    ticket = make_ticket(title="Printer", requester=cy, requester_name="C. Kane", extra=extra)
    actions.reply(ticket, by=actor_of(cy), body="Hello")
    actions.set_custom(ticket, {"contacts": [cy.pk]}, by=ann)
    actions.follow(others, cy, by=ann, kind="cc")
    actions.change_ticket(others, by=ann, requester=cy)
    actions.change_ticket(others, by=ann, requester=None)
    with statements() as asked:
        actions.erase_person(cy, by=actor_of(make_user(role="admin")))
    for rows in (Change.objects, Ticket.objects, Comment.objects, SearchDocument.objects):
        kept = str(list(rows.values())).casefold()
        assert "kane" not in kept and "cyrus" not in kept
    said = ticket.changes.get(version=1).fields["requester"]["to"]
    assert said == {"id": cy.pk, "words": ""}
    assert ticket.changes.count() == 3
    ticket.refresh_from_db()
    assert ticket.extra["acme"]["kept"] == 1
    assert len(asked) < 40


def test_history_keeps_the_words_of_a_resolution_that_a_reopening_takes_away(ann):
    ticket = make_ticket()
    actions.take_transition(ticket, "Resolve", by=ann, resolution="fixed", comment="New toner")
    actions.take_transition(ticket, "Reopen", by=ann)
    kept = ticket.changes.get(version=2).fields["resolution_comment"]
    assert kept == {"from": "", "to": "New toner"}
