"""A person who is erased here is in nothing that connections remember."""

import pytest
from django.utils import timezone

from helpdesk import actions
from integrations.merge import changed, forgotten, same
from integrations.models import Connection, Exchange, Link, PersonLink
from tests.factories import actor_of, default_queue, make_agent, make_ticket, make_user

pytestmark = pytest.mark.django_db
RITA = {"id": "7", "name": "Rita Ü", "email": "rita@example.org"}
BOB = {"id": "8", "name": "Bob", "email": "bob@example.org"}


@pytest.fixture
def rita():
    return make_user("Rita Ü", email="rita@example.org")


@pytest.fixture
def link(rita):
    connection = Connection.objects.create(name="Acme", service="teamswork", queue=default_queue())
    ticket = make_ticket("One", requester=rita)
    PersonLink.objects.create(
        connection=connection, person=rita, email="rita@example.org", name="Rita Ü"
    )
    Exchange.objects.create(
        connection=connection, at=timezone.now(), method="PUT", url="/", request_body=str(RITA)
    )
    conflict = {"field": "requester", "ours": BOB, "theirs": RITA, "winner": "ours", "at": ""}
    return Link.objects.create(
        connection=connection,
        ticket=ticket,
        remote_id="t1",
        agreed_ours={"title": "One", "requester": RITA, "assignee": BOB},
        agreed_theirs={"title": "One", "requester": RITA, "by": "Rita Ü <rita@example.org>"},
        conflicts=[conflict, {**conflict, "theirs": None}],
    )


def test_nothing_of_an_erased_person_stays_with_a_connection(rita, link):
    actions.erase_person(rita, by=actor_of(make_agent("Ada", role="admin")))
    link.refresh_from_db()
    remembered = [link.agreed_ours, link.agreed_theirs, link.conflicts, *Exchange.objects.values()]
    assert "rita" not in repr(remembered).casefold()
    assert link.agreed_ours["assignee"] == BOB
    assert len(link.conflicts) == 1
    assert not PersonLink.objects.exists()


def test_what_still_stands_there_is_no_change_that_brings_the_person_back(rita, link):
    actions.erase_person(rita, by=actor_of(make_agent("Ada", role="admin")))
    link.refresh_from_db()
    assert changed({"title": "One", "requester": RITA}, link.agreed_theirs) == {}
    assert changed({"requester": BOB}, link.agreed_theirs) == {"requester": BOB}
    assert list(changed({"requester": None}, link.agreed_ours)) == ["requester"]


def test_a_forgotten_value_is_known_again_in_lists_too():
    assert same([RITA, BOB], [forgotten(RITA), BOB])
    assert not same([BOB], [forgotten(RITA), BOB])
    assert same(forgotten(RITA), {**RITA, "name": "Rita by another name"})
