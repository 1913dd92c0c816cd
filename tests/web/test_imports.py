"""Importing in the browser, without JavaScript."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from helpdesk.imports import running
from helpdesk.models import Job, Ticket
from tests.budget import statements
from tests.factories import make_agent, make_user

pytestmark = pytest.mark.django_db
CSV = (
    "Ticket ID,Ticket Subject,Mood,Customer Email,Ticket Status\n"
    "1,<script>alert(1)</script>,good,cy@example.com,Pending\n"
    "2,,bad,,Open\n"
)


@pytest.fixture
def admin(client):
    person = make_user("Ada", role="admin")
    client.force_login(person)
    return person


def upload(client, content=CSV, name="old.csv"):
    file = SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
    return client.post(reverse("imports"), {"file": file})


def mapped(**changes):
    return {
        "column-0": "source_ref",
        "column-1": "title",
        "column-2": "custom.mood",
        "column-3": "requester.email",
        "column-4": "status",
        "value-4-0": "",
        "value-4-1": "Waiting",
        "queue": running.configuration().default_queue.pk,
        "source": "old",
        "timezone": "UTC",
        **changes,
    }


def test_a_file_goes_in_step_by_step(client, admin):
    page = client.get(upload(client)["Location"])
    assert "Values of Ticket Status" in page.content.decode()
    job = Job.objects.get()
    where = reverse("import", args=[job.uuid])
    assert client.post(where, mapped())["Location"] == where
    assert "Trying every row" in client.get(where).content.decode()
    running.run_jobs()
    tried = client.get(where).content.decode()
    assert "Import 1 ticket" in tried and "Ticket Subject: Enter a subject." in tried
    assert not Ticket.objects.exists()
    client.post(reverse("import-start", args=[job.uuid]))
    running.run_jobs()
    report = client.get(where).content.decode()
    assert "Refused rows as CSV" in report
    ticket = Ticket.objects.get()
    assert ticket.status_category == "waiting" and ticket.custom == {"mood": "good"}
    refused = b"".join(client.get(reverse("import-refused", args=[job.uuid])).streaming_content)
    assert b"Enter a subject" in refused and b",bad," in refused


def test_a_wrong_mapping_is_refused_beside_its_field(client, admin):
    upload(client)
    where = reverse("import", args=[Job.objects.get().uuid])
    wrong = mapped(**{"column-2": "title", "timezone": "Nowhere/Else"})
    page = client.post(where, wrong)
    assert page.status_code == 422
    assert "already goes there" in page.content.decode()
    assert "There is no time zone" in page.content.decode()


def test_a_mapping_can_be_changed_after_the_dry_run(client, admin):
    upload(client)
    job = Job.objects.get()
    where = reverse("import", args=[job.uuid])
    client.post(where, mapped())
    running.run_jobs()
    assert "Becomes" in client.get(f"{where}?map=1").content.decode()
    client.post(f"{where}?map=1", mapped(**{"column-1": "body", "column-2": "title"}))
    running.run_jobs()
    job.refresh_from_db()
    assert job.options["tried"]["imported"] == 2


@pytest.mark.parametrize("content", [b"", b"a,a\n1,2\n", b"\x00\x01\x02"])
def test_a_file_that_is_no_table_is_refused_in_words(client, admin, content):
    page = upload(client, content)
    assert page.status_code in (302, 422)
    assert Job.objects.count() == (page.status_code == 302)


def test_a_run_is_paused_and_resumed(client, admin):
    upload(client)
    job = Job.objects.get()
    client.post(reverse("import", args=[job.uuid]), mapped())
    running.run_jobs()
    client.post(reverse("import-start", args=[job.uuid]))
    client.post(reverse("import-pause", args=[job.uuid]))
    assert running.run_jobs() == 0
    assert "Resume" in client.get(reverse("import", args=[job.uuid])).content.decode()
    client.post(reverse("import-start", args=[job.uuid]))
    assert running.run_jobs() == 1
    assert Ticket.objects.count() == 1


def test_a_file_that_is_thrown_away_leaves_nothing(client, admin):
    upload(client)
    client.post(reverse("import-discard", args=[Job.objects.get().uuid]))
    assert not Job.objects.exists()


def test_only_administrators_see_imports(client, admin):
    upload(client)
    job = Job.objects.get()
    client.force_login(make_agent())
    for name, arguments in (
        ("imports", []),
        ("import", [job.uuid]),
        ("import-refused", [job.uuid]),
    ):
        assert client.get(reverse(name, args=arguments)).status_code == 403
    assert client.post(reverse("import-start", args=[job.uuid])).status_code == 403


def test_the_page_costs_the_same_whatever_the_number_of_rows(client, admin):
    upload(client)
    job = Job.objects.get()
    client.post(reverse("import", args=[job.uuid]), mapped())
    running.run_jobs()
    where = reverse("import", args=[job.uuid])
    client.get(where)
    with statements() as few:
        client.get(where)
    running.JobRow.objects.bulk_create(
        running.JobRow(job=job, number=n, outcome="refused", message="x") for n in range(100, 200)
    )
    with statements() as many:
        client.get(where)
    assert len(many) == len(few) <= 8
