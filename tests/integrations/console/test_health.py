"""How each connection fares, in figures and words, and what its service can and cannot do."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from integrations import console as figures
from integrations.abilities import abilities_of
from integrations.connector import Capabilities
from integrations.models import Connection, Exchange, Link
from tests.budget import statements
from tests.factories import make_agent, make_ticket, make_user
from tests.integrations.console.conftest import connect, cost, page

pytestmark = pytest.mark.django_db
ALL = frozenset(("title", "body", "status", "priority", "assignee", "tags", "custom"))


def note(connection: Connection, *, minutes: int = 1, error: str = "") -> Exchange:
    at = timezone.now() - timedelta(minutes=minutes)
    return Exchange.objects.create(
        connection=connection, at=at, method="PUT", url="https://acme.example/", error=error
    )


def health(connection: Connection):
    return figures.health_of(figures.connections().get(pk=connection.pk))


def test_backlog_and_lag_count_what_is_due_and_still_mirrored(acme):
    made, now = connect(), timezone.now()
    for minutes, state in [(3, "ok"), (9, "waiting"), (90, "ended")]:
        due = now - timedelta(minutes=minutes)
        Link.objects.create(connection=made, ticket=make_ticket(), state=state, due_at=due)
    found = health(made)
    assert found.backlog == 2
    assert found.late == now - timedelta(minutes=9)


def test_what_a_person_paused_does_not_wait(acme):
    made = connect()
    due = timezone.now() - timedelta(hours=9)
    for state in ("paused", "gone"):
        Link.objects.create(connection=made, ticket=make_ticket(), state=state, due_at=due)
    assert (health(made).backlog, health(made).late) == (0, None)


def test_work_that_is_put_off_is_no_lag(acme):
    made = connect()
    later = timezone.now() + timedelta(minutes=5)
    Link.objects.create(connection=made, ticket=make_ticket(), due_at=later)
    assert (health(made).backlog, health(made).late) == (1, None)


def test_the_error_rate_is_that_of_the_last_hour(acme):
    made = connect()
    note(made, minutes=70, error="Long ago.")
    assert health(made).failed_percent is None
    for _number in range(3):
        note(made)
    assert health(made).failed_percent == 0
    note(made, error="Refused.")
    found = health(made)
    assert (found.calls, found.failed, found.failed_percent) == (4, 1, 25)


def test_one_failure_in_very_many_is_not_rounded_away(acme):
    assert figures.Health(0, None, 1000, 1, None, None, None).failed_percent == 1


@time_machine.travel("2026-03-02 09:00:00+00:00", tick=False)
def test_the_rate_budget_says_what_is_left_and_refills(acme):
    made = connect()
    found = health(made)
    assert (found.left, found.burst, found.per_minute) == (40, 40, 100)
    Connection.objects.update(budget_level=2, budget_at=timezone.now())
    assert health(made).left == 2
    Connection.objects.update(budget_at=timezone.now() - timedelta(seconds=11))
    assert health(made).left == 12
    Connection.objects.update(calls_per_minute=50)
    assert health(made).per_minute == 50


def test_the_list_shows_the_figures_of_each(console, acme):
    made = connect(last_success_at=timezone.now())
    Link.objects.create(connection=made, ticket=make_ticket(), due_at=timezone.now())
    note(made, error="Refused.")
    text = page(console, "connections")
    for words in ["100 % (1 of 1)", "40 of 40", "Acme desk", "Both ways"]:
        assert words in text, words


def test_the_list_costs_the_same_for_one_and_for_forty(console, acme):
    connect()
    page(console, "connections")
    with statements() as few:
        page(console, "connections")
    for number in range(40):
        made = connect(f"More {number}")
        Link.objects.create(connection=made, ticket=make_ticket(), due_at=timezone.now())
        note(made, error="Refused.")
    page(console, "connections")
    with statements() as many:
        page(console, "connections")
    assert cost(many) == cost(few) <= 12


def test_the_page_of_a_connection_has_a_budget(console, acme):
    made = connect()
    for _number in range(30):
        Link.objects.create(connection=made, ticket=make_ticket(), state=Link.State.ERROR)
        note(made, error="Refused.")
    page(console, "connection", made.uuid)
    with statements() as made_statements:
        page(console, "connection", made.uuid)
    assert cost(made_statements) <= 18


def test_the_empty_list_teaches(console):
    text = page(console, "connections")
    assert "No connection yet" in text and "a key that may write" in text
    assert reverse("connection-choose") in text


def test_a_connection_whose_service_is_gone_still_has_its_pages(console):
    made = connect(service="vanished")
    assert "vanished" in page(console, "connections")
    assert "vanished" in page(console, "connection", made.uuid)


def test_the_webhook_address_is_shown_where_the_service_calls(console, acme, settings):
    settings.PUBLIC_URL = "https://desk.example"
    made = connect()
    address = f"https://desk.example/integrations/webhooks/{made.uuid}/"
    text = page(console, "connection", made.uuid)
    assert f'data-copy="{address}"' in text
    plain = connect("Plain", service="teamswork")
    assert "integrations/webhooks" not in page(console, "connection", plain.uuid)


# Abilities in words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"list": False}, "Nothing comes back from Acme: it cannot list its tickets."),
        ({"add_comments": False}, "Replies cannot go to Acme."),
        (
            {"add_comments": False, "comments_with_create": True},
            "Replies cannot go to Acme, save those a new ticket begins with.",
        ),
        ({"update": False}, "A ticket that Acme has is not changed from here any more."),
        ({"create": False}, "Acme takes no new tickets from here."),
        ({"fields": ALL - {"tags"}}, "tags"),
        (
            {"create_only": frozenset({"title", "body"})},
            "Later edits of subject and description",
        ),
        (
            {"lossy": frozenset({"status"})},
            "may differ from what was sent: status.",
        ),
        ({"can_find": False}, "If the answer to a new ticket is lost on the way"),
        ({"can_find_comments": False}, "If the answer to a reply is lost on the way"),
        ({"add_attachments": False}, "Files stay here: Acme takes none."),
        ({"private_notes": False}, "Internal notes stay here"),
        ({"delete": False}, "cannot be deleted in Acme"),
    ],
)
def test_a_gap_is_said_in_words_and_only_if_there_is_one(changed, words):
    able = {
        "fields": ALL | {"type", "requester", "resolution", "resolution_comment", "due_at"},
        "delete": True,
        "edit_comments": True,
        "delete_comments": True,
        "private_notes": True,
        "read_attachments": True,
        "add_attachments": True,
    }
    assert abilities_of(Capabilities(**able), "Acme").cannot == ()
    gaps = abilities_of(Capabilities(**{**able, **changed}), "Acme").cannot
    assert any(words in gap for gap in gaps), gaps


def test_a_service_that_replaces_says_so_and_is_not_said_to_stand_still():
    found = abilities_of(
        Capabilities(
            fields=ALL,
            update=False,
            replaces=True,
            add_comments=False,
            comments_with_create=True,
        ),
        "100 % Acme",
    )
    assert any("anew" in words and "100 % Acme" in words for words in found.can)
    assert not any("not changed" in words for words in found.cannot)


def test_gaps_are_shown_before_connecting_and_on_the_page(console, acme):
    made = connect()
    words = "Later edits of subject stay here"
    for text in (
        page(console, "connection-choose"),
        page(console, "connection-new", "acme"),
        page(console, "connection", made.uuid),
    ):
        assert words in text


def test_nobody_but_who_may_configure_gets_in(client, acme):
    made = connect()
    for person in (make_agent(), make_user()):
        client.force_login(person)
        for name in ("connection-secret", "connection-edit", "connection"):
            assert client.get(reverse(name, args=[made.uuid])).status_code == 403
