"""Imports by call, from the file to what was refused."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk.imports import running
from helpdesk.models import Change, Job, Ticket
from tests.api.conftest import caller, fields_of
from tests.budget import statements
from tests.factories import default_queue

pytestmark = pytest.mark.django_db
TABLE = "Id,Subject,Requester,Created\n1,One,ann@example.com,2019-03-01 09:00\n2,,,\n3,Three,,\n"
COLUMNS = {
    "Id": "source_ref",
    "Subject": "title",
    "Requester": "requester.email",
    "Created": "created_at",
}


@pytest.fixture
def mover(db):
    return caller(writes_for_others=True)


def upload(api, text: str = TABLE, **parts):
    return api.upload("imports/", file=SimpleUploadedFile("old.csv", text.encode()), **parts)


def mapped(api, **more) -> dict:
    job = upload(api).json()
    said = api.put(job["url"], {"columns": COLUMNS, "source": "old", **more})
    assert said.status_code == 200, said.content
    return said.json()


def test_a_file_is_imported_from_upload_to_report(mover):
    uploaded = upload(mover)
    assert (uploaded.status_code, uploaded["Location"]) == (201, uploaded.json()["url"])
    said = uploaded.json()
    assert (said["state"], said["total"], said["columns"]["Subject"]) == ("draft", 3, "title")
    job = mapped(mover, timezone="Europe/Berlin")
    assert job["queue"]["id"] == default_queue().pk
    assert mover.post(f"{job['url']}try/").json()["is_trying"] is True
    running.run_jobs()
    tried = mover.get(job["url"]).json()
    assert (tried["was_tried"], tried["counts"]["imported"]) == (True, 2)
    assert not Ticket.objects.exists()
    assert mover.post(f"{job['url']}start/").json()["state"] == "waiting"
    running.run_jobs()
    done = mover.get(job["url"]).json()
    assert (done["state"], done["done"], done["expected_end"]) == ("done", 3, None)
    assert done["counts"] == {"imported": 2, "unchanged": 0, "refused": 1, "contradicting": 0}
    [row] = mover.get(f"{job['rows']}?outcome=refused").json()["results"]
    assert (row["number"], row["row"]["Id"], row["ticket"]) == (3, "2", None)
    assert "Subject" in row["message"]
    assert Ticket.objects.get(source_ref="1").created_at.isoformat().startswith("2019-03-01T08:00")
    assert Change.objects.filter(silent=True).count() == 2
    assert mover.get("imports/").json()["results"][0]["uuid"] == job["uuid"]


def test_an_import_is_paused_and_goes_on(mover):
    job = mapped(mover)
    mover.post(f"{job['url']}start/")
    assert mover.post(f"{job['url']}pause/").json()["state"] == "paused"
    assert running.run_jobs() == 0
    mover.post(f"{job['url']}start/")
    assert running.run_jobs() == 1
    assert Ticket.objects.count() == 2
    begun = mover.put(job["url"], {"columns": COLUMNS, "source": "old"})
    assert begun.status_code == 400
    assert mover.delete(job["url"]).status_code == 400


def test_what_never_began_is_thrown_away_and_what_was_tried_leaves_no_file(mover):
    job = upload(mover).json()
    assert mover.delete(job["url"]).status_code == 204
    assert not Job.objects.exists()
    assert mover.get(job["url"]).status_code == 404
    before = default_storage.listdir("jobs")[1]
    tried = mover.client.post(
        "/api/v1/imports/?dry_run=true",
        {"file": SimpleUploadedFile("old.csv", TABLE.encode())},
        headers=mover.headers,
    )
    assert tried.status_code == 201
    assert not Job.objects.exists()
    assert default_storage.listdir("jobs")[1] == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "columns"),
        ({"columns": COLUMNS}, "source"),
        ({"columns": {"Subject": "nonsense"}, "source": "old"}, "columns"),
        ({"columns": {"Other": "title"}, "source": "old"}, "columns"),
        ({"columns": {"Id": "title", "Subject": "title"}, "source": "old"}, "columns"),
        ({"columns": COLUMNS, "source": "old", "values": {"nonsense": {"a": "b"}}}, "values"),
        ({"columns": COLUMNS, "source": "old", "queue": "nowhere"}, "queue"),
        ({"columns": COLUMNS, "source": "old", "timezone": "Mars/North"}, "timezone"),
        ({"columns": COLUMNS, "source": "a:b"}, "source"),
        ({"columns": COLUMNS, "source": "old", "nonsense": 1}, "nonsense"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(mover, body, field):
    job = upload(mover).json()
    assert fields_of(mover.put(job["url"], body))[0] == field


def test_what_is_no_table_or_no_form_is_refused(mover):
    assert upload(mover, "").status_code == 400
    assert fields_of(mover.upload("imports/")) == ["file"]
    assert fields_of(upload(mover, nonsense="1")) == ["nonsense"]
    assert mover.post("imports/", {}).status_code == 415
    job = upload(mover).json()
    assert mover.post(f"{job['url']}start/").status_code == 400
    assert fields_of(mover.get(f"{job['rows']}?outcome=lost")) == ["outcome"]


@pytest.mark.parametrize(
    "fields",
    [{}, {"writes_for_others": True, "scope": "read"}, {"writes_for_others": True, "queues": []}],
)
def test_keys_that_may_not_import_see_none(mover, fields):
    job = upload(mover).json()
    other = caller(**fields)
    assert upload(other).status_code == 403
    paths = [job["url"], job["rows"], "imports/"]
    assert {other.get(path).status_code for path in paths} == {403}
    for step in ("try", "start", "pause"):
        assert other.post(f"{job['url']}{step}/").status_code == 403
    assert Job.objects.count() == 1


def test_asking_costs_the_same_however_many_rows(mover):
    job = mapped(mover)
    mover.post(f"{job['url']}start/")
    running.run_jobs()
    with statements() as asked:
        mover.get(job["url"])
    with statements() as listed:
        mover.get("imports/")
    with statements() as rows:
        mover.get(job["rows"])
    assert max(len(asked), len(listed)) <= 4
    assert len(rows) <= 5
