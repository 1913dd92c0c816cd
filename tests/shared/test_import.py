"""The real file of 8,469 tickets, and an export of another tracker, through the command."""

import csv
import json
import resource
from io import StringIO

import pytest
from django.core.management import call_command

from helpdesk.models import Change, Comment, Ticket, User
from tests.factories import default_queue
from tests.shared.conftest import SHARED

pytestmark = [pytest.mark.shared, pytest.mark.django_db]
FILE = SHARED / "data" / "customer_support_tickets.csv"
MAP = {
    "columns": {
        "Ticket ID": "source_ref",
        "Ticket Subject": "title",
        "Ticket Description": "body",
        "Ticket Status": "status",
        "Ticket Priority": "priority",
        "Ticket Type": "type",
        "Ticket Channel": "channel",
        "Customer Name": "requester.name",
        "Customer Email": "requester.email",
        "Customer Age": "custom.customer_age",
        "Customer Gender": "custom.customer_gender",
        "Product Purchased": "custom.product",
        "Date of Purchase": "custom.bought_on",
        "Resolution": "resolution_comment",
        "First Response Time": "first_response_at",
        "Time to Resolution": "resolved_at",
        "Customer Satisfaction Rating": "custom.satisfaction",
    },
    "values": {
        "status": {"Pending Customer Response": "waiting"},
        "priority": {"Critical": "urgent", "Medium": "normal"},
        "channel": {"Chat": "web", "Social media": "web"},
    },
}


def run(path, **options) -> str:
    out = StringIO()
    call_command(
        "import_tickets", path, queue=default_queue().slug, stdout=out, stderr=StringIO(), **options
    )
    return out.getvalue().strip()


def test_a_dry_run_of_the_real_file_keeps_nothing_and_little_memory(tmp_path):
    mapping = tmp_path / "map.json"
    mapping.write_text(json.dumps(MAP))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    said = run(FILE, source="old", map=mapping, dry_run=True)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # kilobytes
    assert said.endswith("imported 8469, unchanged 0, refused 0")
    assert not Ticket.objects.exists() and not User.objects.exists()
    assert grown < 100 * 1024


def test_every_row_of_the_real_file_is_accounted_for_and_none_twice(tmp_path):
    mapping = tmp_path / "map.json"
    mapping.write_text(json.dumps(MAP))
    with FILE.open(newline="", encoding="utf-8") as file:
        rows = {row["Ticket ID"]: row for row in csv.DictReader(file)}
    assert len(rows) == 8469

    assert run(FILE, source="old", map=mapping) == "imported 8469, unchanged 0, refused 0"
    people, changes = User.objects.count(), Change.objects.count()
    assert Ticket.objects.count() == 8469 and not Comment.objects.exists()
    assert people == len({row["Customer Email"].lower() for row in rows.values()})
    check_some(rows)

    assert run(FILE, source="old", map=mapping) == "imported 0, unchanged 8469, refused 0"
    assert (User.objects.count(), Change.objects.count()) == (people, changes)


def check_some(rows: dict[str, dict]) -> None:
    """One ticket in fifty, against its row."""
    statuses = {"Open": "open", "Pending Customer Response": "waiting", "Closed": "closed"}
    found = Ticket.objects.filter(source="old").select_related("requester")
    for ticket in found.order_by("pk")[::50]:
        row = rows[ticket.source_ref]
        assert ticket.title == row["Ticket Subject"]
        assert ticket.body.split() == row["Ticket Description"].split()
        assert ticket.status_category == statuses[row["Ticket Status"]]
        assert ticket.requester_name == row["Customer Name"]
        assert ticket.requester.email == row["Customer Email"].lower()
        assert ticket.custom["product"] == row["Product Purchased"]
        assert ticket.priority == MAP["values"]["priority"].get(
            row["Ticket Priority"], row["Ticket Priority"].lower()
        )


def test_the_export_of_a_tracker_is_known_without_a_map(examples):
    path = examples / "onna-shortcut-export.csv"
    assert run(path, source="shortcut") == "imported 1, unchanged 0, refused 0"
    ticket = Ticket.objects.get()
    assert ticket.source_ref == "12345" and ticket.source_url.endswith("/story/12345")
    assert ticket.title.startswith("As a developer I want")
    assert ticket.created_at.isoformat() == "2022-07-26T12:33:39+00:00"
    assert ticket.requester.email == "ana@example.com"
    assert [tag.name for tag in ticket.tag_list] == ["front-end"]
    assert run(path, source="shortcut") == "imported 0, unchanged 1, refused 0"
