"""Keys: their secrets, their twins, and the sandbox that confines them."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from helpdesk.actions import keys
from helpdesk.actor import Role, system
from helpdesk.doors.keys import actor_for_secret, credential_of
from helpdesk.filters import TicketFilter
from helpdesk.lookup import visible_queues
from helpdesk.models import ApiKey, Queue, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.permissions import actor_of
from tests.factories import default_queue, make_agent, make_key, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
BY = system("rule")


def in_sandbox(**fields) -> tuple[ApiKey, str]:
    key, secret = make_key(**fields)
    return keys.enter_sandbox(key, by=BY), secret


def test_nobody_but_administrators_manages_keys():
    key, _secret = make_key()
    for person in (make_agent(), make_user()):
        by = actor_of(person)
        with pytest.raises(PermissionDenied):
            keys.rotate_key(key, by=by)
        with pytest.raises(PermissionDenied):
            keys.revoke_key(key, by=by)
        with pytest.raises(PermissionDenied):
            keys.enter_sandbox(key, by=by)


def test_a_former_secret_works_until_its_time_is_over():
    key, old = make_key()
    now = timezone.now()
    new = keys.rotate_key(key, by=BY, overlap_until=now + timedelta(hours=1))
    assert credential_of(old).key == credential_of(new).key == key
    with time_machine.travel(now + timedelta(hours=1, seconds=1), tick=False):
        assert credential_of(old) is None
        assert credential_of(new) is not None


def test_without_an_overlap_a_former_secret_works_no_longer():
    key, old = make_key()
    new = keys.rotate_key(key, by=BY)
    assert credential_of(old) is None and credential_of(new) is not None


def test_only_the_last_secret_overlaps_and_it_can_be_ended():
    key, first = make_key()
    until = timezone.now() + timedelta(hours=1)
    second = keys.rotate_key(key, by=BY, overlap_until=until)
    third = keys.rotate_key(key, by=BY, overlap_until=until)
    assert [credential_of(one) is not None for one in (first, second, third)] == [False, True, True]
    keys.end_overlap(key, by=BY)
    assert [credential_of(one) is not None for one in (second, third)] == [False, True]


def test_a_revoked_key_opens_nothing_by_either_secret_and_stays_revoked():
    key, old = make_key()
    new = keys.rotate_key(key, by=BY, overlap_until=timezone.now() + timedelta(hours=1))
    keys.revoke_key(key, by=BY)
    assert credential_of(old) is None and credential_of(new) is None
    for verb in (keys.rotate_key, keys.enter_sandbox):
        with pytest.raises(ValidationError):
            verb(key, by=BY)


def test_a_secret_overlaps_at_most_ninety_days():
    key, _secret = make_key()
    with pytest.raises(ValidationError, match="90 days"):
        keys.rotate_key(key, by=BY, overlap_until=timezone.now() + timedelta(days=91))


def test_a_sandbox_key_reaches_its_sandbox_and_nothing_else():
    other = make_ticket("Real")
    key, secret = in_sandbox()
    actor = actor_for_secret(secret)
    assert actor.queues == {key.sandbox_id} and actor.home_queue_id == key.sandbox_id
    mine = make_ticket("Tried", by=actor)
    assert mine.queue_id == key.sandbox_id
    assert list(Ticket.objects.visible_to(actor)) == [mine]
    assert list(visible_queues(actor)) == [key.sandbox_id]
    with pytest.raises(ValidationError, match="queue"):
        make_ticket("Elsewhere", by=actor, queue=default_queue())
    assert other.queue_id != key.sandbox_id


def test_a_key_that_is_revoked_while_it_is_edited_stays_revoked():
    key, _secret = make_key()
    keys.make_twin(key)
    edited = ApiKey.objects.get(pk=key.pk)
    keys.revoke_key(key, by=BY)
    edited.name = "Edited"
    keys.change_key(edited, [], by=BY)
    for one in ApiKey.objects.all():
        assert (one.name, one.is_usable) == ("Edited", False)


def test_the_twin_goes_where_its_primary_goes():
    key = ApiKey(name="Acme", scope="write", all_queues=True)
    made = keys.make_key(key, [], by=BY, with_twin=True)
    assert [one.scope for one, _secret in made] == ["write", "read"]
    keys.enter_sandbox(key, by=BY)
    reads = actor_for_secret(made[1][1])
    assert not reads.can_write and reads.queues == actor_for_secret(made[0][1]).queues
    with pytest.raises(ValidationError, match="primary"):
        keys.enter_sandbox(made[1][0], by=BY)
    keys.leave_sandbox(key, by=BY)
    assert actor_for_secret(made[1][1]).queues is None


def test_out_of_the_sandbox_a_key_reaches_what_was_chosen_and_finds_its_sandbox_again():
    queue = make_queue()
    key, secret = make_key(queues=[queue])
    sandbox = keys.enter_sandbox(key, by=BY).sandbox_id
    keys.leave_sandbox(key, by=BY)
    assert actor_for_secret(secret).queues == {queue.pk}
    assert keys.enter_sandbox(key, by=BY).sandbox_id == sandbox
    assert Queue.objects.filter(is_sandbox=True).count() == 1


def test_two_keys_of_one_name_have_a_sandbox_each():
    first, second = (in_sandbox(name="Acme")[0] for _ in range(2))
    assert first.sandbox_id != second.sandbox_id
    assert first.sandbox.name != second.sandbox.name


def test_a_sandbox_is_out_of_the_sight_of_all_but_administrators():
    agent, customer = make_agent(), make_user()
    key, secret = in_sandbox()
    tried = make_ticket("Tried", by=actor_for_secret(secret), requester=customer, assignee=agent)
    wide = actor_for_secret(make_key()[1])
    for actor in (actor_of(agent), actor_of(customer), wide):
        assert not Ticket.objects.visible_to(actor).exists()
    assert key.sandbox_id not in visible_queues(wide)
    with pytest.raises(ValidationError, match="queue"):
        make_ticket("Into it", by=wide, queue=key.sandbox)
    admin = actor_of(make_user(role=Role.ADMIN))
    assert list(Ticket.objects.visible_to(admin)) == [tried]


def test_lists_leave_sandboxes_out_unless_their_queue_is_asked_for():
    real = make_ticket("Real")
    key, secret = in_sandbox()
    tried = make_ticket("Tried", by=actor_for_secret(secret))
    admin = actor_of(make_user(role=Role.ADMIN))

    def found(**params) -> list[Ticket]:
        rows = Ticket.objects.visible_to(admin)
        return list(TicketFilter(params, rows, actor=admin).qs.order_by("pk"))

    assert found() == found(category="unresolved") == [real]
    assert found(queue=key.sandbox.slug) == [tried]
    assert found(id=str(tried.pk)) == [tried]


def test_a_sandbox_never_takes_the_place_of_the_default_queue():
    in_sandbox()
    Queue.objects.filter(is_sandbox=False).update(is_default=False, position=99_999)
    make_queue("Another")
    assert not configuration().default_queue.is_sandbox
