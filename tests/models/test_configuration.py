"""The snapshot of the configuration, and when it is replaced."""

import uuid

import pytest

from helpdesk.models import Stamp, Tag, Ticket
from helpdesk.models.configuration import configuration, recheck
from tests.budget import statements
from tests.factories import make_tag, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def slow_look(settings):
    settings.CONFIGURATION_CHECK_SECONDS = 3600
    configuration()


def made_elsewhere(name: str) -> Tag:
    """A tag that another process made: here nothing says so."""
    tag = Tag(name=name, name_folded=name)
    Tag.objects.bulk_create([tag])
    Stamp.objects.update(value=uuid.uuid4())
    return tag


def test_one_load_serves_every_look(slow_look):
    with statements() as asked:
        configuration()
    assert asked == []


def test_what_this_process_changes_is_seen_at_once(slow_look):
    tag = make_tag("new")
    assert tag.pk in configuration().tags


def test_what_another_process_changed_is_seen_when_asked_for(slow_look):
    tag = made_elsewhere("new")
    assert tag.pk not in configuration().tags
    assert tag.pk in recheck().tags


def test_a_ticket_never_leaves_out_a_tag_that_was_made_a_moment_ago_elsewhere(slow_look):
    ticket = make_ticket()
    configuration()
    tag = made_elsewhere("new")
    Ticket.objects.filter(pk=ticket.pk).update(tag_ids=[tag.pk])
    ticket.refresh_from_db()
    assert [one.name for one in ticket.tag_list] == ["new"]
