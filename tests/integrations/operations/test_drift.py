"""Drift checks: what differs is told, nothing is changed by telling, and the mirror repairs it."""

from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.models import Ticket
from integrations.models import Connection, Link, Record
from integrations.operations import checking, drift
from integrations.operations.repair import repair
from integrations.services.teamswork.client import Client
from tests.budget import statements
from tests.factories import default_queue, make_comment, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asked(monkeypatch):
    monkeypatch.setattr(drift, "ask_for", lambda task, *args, **options: None)


def checked(connection) -> dict:
    """The report of a new check: kind → rows."""
    drift.begin(connection, "Ada")
    checking.check(connection.pk)
    connection.refresh_from_db()
    assert connection.drift["state"] == "done", connection.drift
    found: dict[str, list] = {}
    for row in drift.rows_of(connection):
        found.setdefault(row.content["kind"], []).append(row)
    return found


@pytest.fixture
def pairs(connection, agent, settle, there):
    for number in range(3):
        make_ticket(f"Ticket {number}", by=agent)
    settle(connection)
    return list(Ticket.objects.order_by("pk"))


def silently(there, ticket, **members) -> None:
    """A change there that the mirror never hears of."""
    there.tickets[Link.objects.get(ticket=ticket).remote_id] |= members
    link = Link.objects.get(ticket=ticket)
    link.agreed_theirs |= {"title": members["title"]} if "title" in members else {}
    link.save()


@pytest.mark.parametrize("lists", [True, False])
def test_each_kind_of_drift_is_found(connection, pairs, there, agent, monkeypatch, lists):
    monkeypatch.setattr(Client, "capabilities", replace(Client.capabilities, list=lists))
    silently(there, pairs[0], title="Other there")
    del there.tickets[Link.objects.get(ticket=pairs[1]).remote_id]
    there.add("New there")
    make_ticket("Never announced", by=agent)
    before = (Ticket.objects.count(), Link.objects.count())
    there.calls.clear()
    found = checked(connection)
    assert {method for method, _path in there.calls} == {"GET"}
    assert before == (Ticket.objects.count(), Link.objects.count())
    [different] = found["different"]
    assert [(one["field"], one["ours"], one["theirs"]) for one in different.content["fields"]] == [
        ("title", "Ticket 0", "Other there")
    ]
    assert [row.content["ticket"] for row in found["gone"]] == [pairs[1].pk]
    assert [row.content["title"] for row in found["missing_there"]] == ["Never announced"]
    assert [row.content["title"] for row in found.get("missing_here", [])] == (
        ["New there"] if lists else []
    )
    assert connection.drift["counts"]["equal"] == 1
    assert any("cannot list" in words for words in connection.drift["unchecked"]) is not lists


@pytest.mark.parametrize(
    ("side", "title"), [("ours", "Ticket 0"), ("theirs", "Other there"), ("policy", "Ticket 0")]
)
def test_a_difference_is_repaired_by_the_mirror(connection, pairs, there, settle, side, title):
    Connection.objects.update(winner="ours")
    connection.refresh_from_db()
    silently(there, pairs[0], title="Other there")
    [row] = checked(connection)["different"]
    there.calls.clear()
    assert repair(connection, row, side)
    assert not there.calls
    settle(connection)
    pairs[0].refresh_from_db()
    remote = there.tickets[Link.objects.get(ticket=pairs[0]).remote_id]
    assert pairs[0].title == remote["title"] == title
    assert not checked(connection).get("different")


def test_sets_become_those_of_the_chosen_side(connection, pairs, there, agent, settle):
    actions.change_ticket(pairs[0], by=agent, tags=["mine", "both"])
    settle(connection)
    link = Link.objects.get(ticket=pairs[0])
    there.tickets[link.remote_id]["tags"] = [{"text": "both"}, {"text": "theirs"}]
    link.agreed_theirs = {**link.agreed_theirs, "tags": ["both", "theirs"]}
    link.save()
    [row] = checked(connection)["different"]
    repair(connection, row, "theirs")
    settle(connection)
    pairs[0].refresh_from_db()
    assert sorted(tag.name for tag in pairs[0].tag_list) == ["both", "theirs"]


def test_what_is_missing_is_made_on_the_other_side(connection, pairs, there, agent, settle):
    del there.tickets[Link.objects.get(ticket=pairs[1]).remote_id]
    there.add("New there")
    make_ticket("Never announced", by=agent)
    found = checked(connection)
    for kind in ("gone", "missing_here", "missing_there"):
        for row in found[kind]:
            assert repair(connection, row, "ours"), kind
    settle(connection)
    assert sorted(one["title"] for one in there.tickets.values()) == [
        "Never announced", "New there", "Ticket 0", "Ticket 1", "Ticket 2",
    ]  # fmt: skip
    assert Ticket.objects.filter(title="New there").count() == 1
    found = checked(connection)
    assert not found and connection.drift["counts"]["equal"] == 5


def test_what_is_gone_there_may_be_unlinked(connection, pairs, there):
    link = Link.objects.get(ticket=pairs[1])
    del there.tickets[link.remote_id]
    [row] = checked(connection)["gone"]
    repair(connection, row, "theirs")
    link.refresh_from_db()
    assert link.state == Link.State.ENDED


def test_what_is_under_way_or_at_rest_is_not_called_drift(connection, pairs, there, agent):
    actions.change_ticket(pairs[0], by=agent, title="On its way")
    changes.announce()
    silently(there, pairs[1], title="Other there")
    Link.objects.filter(ticket=pairs[1]).update(state=Link.State.PAUSED)
    assert not checked(connection)
    assert connection.drift["counts"] == {"busy": 1, "equal": 1}
    assert any("paused" in words for words in connection.drift["unchecked"])


def test_one_killed_goes_on_where_it_was(connection, pairs, there, monkeypatch):
    monkeypatch.setattr(Client, "capabilities", replace(Client.capabilities, list=False))
    monkeypatch.setattr(checking, "BATCH", 1)
    drift.begin(connection, "Ada")
    reads: list[str] = []
    original = checking.Check._read

    class Killed(BaseException):
        pass

    def read(self, link):
        reads.append(link.remote_id)
        if len(reads) == 3:
            raise Killed
        original(self, link)

    monkeypatch.setattr(checking.Check, "_read", read)
    with pytest.raises(Killed):
        checking.check(connection.pk)
    checking.check(connection.pk)  # another one holds it still, as far as can be told
    assert len(reads) == 3
    connection.refresh_from_db()
    connection.drift["alive_until"] = timezone.now().isoformat()
    connection.save()
    checking.check(connection.pk)
    connection.refresh_from_db()
    assert connection.drift["state"] == "done" and connection.drift["counts"] == {"equal": 3}
    assert len(reads) == 4


def test_a_failing_service_ends_the_check_and_says_why(connection, pairs, there):
    there.is_down = True
    drift.begin(connection, "Ada")
    checking.check(connection.pk)
    connection.refresh_from_db()
    assert connection.drift["state"] == "failed" and "out of order" in connection.drift["error"]


def test_it_waits_for_calls_and_leaves_those_of_live_work(connection, pairs, monkeypatch):
    Connection.objects.update(calls_per_minute=60, budget_level=2.0, budget_at=timezone.now())
    naps: list[float] = []

    def nap(seconds):
        naps.append(seconds)
        assert Connection.objects.get().budget_level >= 2.0
        Connection.objects.update(budget_level=24.0)

    drift.begin(connection, "Ada")
    checking.check(connection.pk, sleep=nap)
    connection.refresh_from_db()
    assert naps and connection.drift["state"] == "done"


def test_a_stopped_check_ends(connection, pairs, monkeypatch):
    monkeypatch.setattr(checking, "BEAT_EVERY", 0)
    original = checking.Check._compare

    def compare(self, link, remote):
        drift.stop(connection)
        original(self, link, remote)

    monkeypatch.setattr(checking.Check, "_compare", compare)
    drift.begin(connection, "Ada")
    checking.check(connection.pk)
    connection.refresh_from_db()
    assert connection.drift["state"] == "stopped"


def test_the_clock_begins_what_is_due_and_keeps_its_times(connection):
    drift.schedule(connection, 24)
    drift.tend()
    connection.refresh_from_db()
    assert "state" not in connection.drift
    connection.drift["next_at"] = timezone.now().isoformat()
    connection.save()
    drift.tend()
    connection.refresh_from_db()
    assert connection.drift["state"] == "wanted" and connection.drift["every_hours"] == 24
    assert connection.drift["next_at"] > timezone.now().isoformat()


def test_redaction_empties_the_report(connection, pairs, there, agent):
    silently(there, pairs[0], title="A card number")
    [row] = checked(connection)["different"]
    comment = make_comment(pairs[0], "A card number", by=agent)
    actions.redact_comment(comment, by=agent)
    changes.announce()
    row.refresh_from_db()
    assert "card" not in str(row.content)


def test_the_reports_of_a_removed_connection_go(connection, pairs, there):
    silently(there, pairs[0], title="Other there")
    checked(connection)
    drift.clean()
    assert Record.objects.filter(kind="drift").exists()
    Connection.objects.all().delete()
    drift.clean()
    assert not Record.objects.filter(kind="drift").exists()


# The page ----------------------------------------------------------------------------------------


def deed(console, connection, name, **said):
    url = reverse("connection-drift", args=[connection.uuid])
    return console.post(url, {"deed": name, **said})


def test_the_page_checks_shows_repairs_and_schedules(console, connection, pairs, there, settle):
    url = reverse("connection-drift", args=[connection.uuid])
    assert "Compare both sides" in console.get(url).content.decode()
    silently(there, pairs[0], title="<i>Other</i>")
    deed(console, connection, "check")
    assert 'hx-trigger="every 5s"' in console.get(url).content.decode()
    checking.check(connection.pk)
    shown = console.get(url).content.decode()
    assert "&lt;i&gt;Other&lt;/i&gt;" in shown and "Send ours" in shown
    row = drift.rows_of(connection).get()
    deed(console, connection, "repair", row=row.pk, side="ours")
    assert "Repair asked for" in console.get(url).content.decode()
    settle(connection)
    assert {one["title"] for one in there.tickets.values()} >= {"Ticket 0"}
    deed(console, connection, "schedule", hours="24")
    connection.refresh_from_db()
    assert connection.drift["every_hours"] == 24
    for wrong in (
        {"deed": "nonsense"},
        {"deed": "schedule", "hours": "3"},
        {"deed": "repair", "row": "x", "side": "ours"},
        {"deed": "repair", "row": "999999", "side": "ours"},
        {"deed": "repair", "row": row.pk, "side": "both"},
    ):
        assert console.post(url, wrong).status_code == 404, wrong


def test_all_are_repaired_at_once(console, connection, pairs, there, settle):
    for ticket in pairs:
        silently(there, ticket, title=f"There {ticket.pk}")
    checked(connection)
    assert deed(console, connection, "repair-all", side="theirs").status_code == 404
    deed(console, connection, "repair-all", side="theirs", kind="different")
    settle(connection)
    titles = Ticket.objects.order_by("pk").values_list("title", flat=True)
    assert list(titles) == [f"There {ticket.pk}" for ticket in pairs]


def test_the_page_costs_the_same_for_many_and_hides_the_trash(console, connection, pairs, agent):
    url = reverse("connection-drift", args=[connection.uuid])
    rows = [
        Record(
            service="teamswork",
            kind="drift",
            name=f"{connection.pk}/{number:06d}",
            content={
                "kind": "different", "link": None, "ticket": pairs[number % 3].pk, "title": "",
                "remote_id": "1", "number": "1", "said": "", "fields": [],
            },
        )
        for number in range(60)
    ]  # fmt: skip
    rows[0].save()
    console.get(url)
    with statements() as few:
        console.get(url)
    Record.objects.bulk_create(rows[1:])
    with statements() as many:
        assert len(console.get(url).context["rows"]) == 50
    assert len(many) <= len(few) <= 15
    actions.delete_ticket(pairs[0], by=agent)
    assert pairs[0].pk not in {row["ticket"] for row in console.get(url).context["rows"]}
    assert default_queue().pk == connection.queue_id
