"""The commands for operators: a backfill begun, a check made, and what is wrong in words."""

import pytest
from django.core.management import CommandError, call_command

from helpdesk import changes
from integrations.models import Connection, Link
from tests.factories import make_ticket

pytestmark = pytest.mark.django_db


def test_a_backfill_is_begun_and_its_progress_told(connect, agent, capsys):
    make_ticket("Old", by=agent)
    changes.announce()
    connection = connect()
    call_command("backfill", str(connection.pk), "--status")
    call_command("backfill", str(connection.pk), "--all")
    call_command("backfill", str(connection.pk), "--status")
    said = capsys.readouterr().out
    assert "No backfill was begun." in said and "running: 0 of 1 done, 1 left" in said
    with pytest.raises(CommandError, match="under way"):
        call_command("backfill", str(connection.pk))


def test_a_check_says_what_differs(connection, there, agent, settle, capsys):
    make_ticket("One", by=agent)
    settle(connection)
    Link.objects.update(agreed_theirs={**Link.objects.get().agreed_theirs, "title": "Else"})
    there.only["title"] = "Else"
    call_command("check_drift", str(connection.pk))
    assert "different: 1" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["backfill", "check_drift"])
def test_what_is_wrong_is_said(connection, command):
    with pytest.raises(CommandError, match="no connection 999"):
        call_command(command, "999")
    Connection.objects.update(state="paused", direction="in")
    with pytest.raises(CommandError, match=r"stopped|only receives"):
        call_command(command, str(connection.pk))


def test_a_wrong_query_begins_nothing(connection):
    with pytest.raises(CommandError, match="colour"):
        call_command("backfill", str(connection.pk), "--query=colour=red")
    connection.refresh_from_db()
    assert connection.backfill == {}
