"""More than a hundred items are a job: its progress, its results, its end, and death in between."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk.api import bulk_running
from helpdesk.api.jobs import expected_end
from helpdesk.models import Change, Job, JobRow, Ticket
from tests.api.conftest import caller
from tests.api.processes import OwnDatabase
from tests.budget import statements
from tests.factories import default_queue, make_key, make_queue, make_ticket

BULK = "tickets/bulk/"


def create(count: int, **more) -> dict:
    return {"operation": "create", "items": [{"title": f"T{n}"} for n in range(count)], **more}


def begun(api, body: dict) -> dict:
    response = api.post(BULK, body)
    assert response.status_code == 202, response.content
    assert response["Location"] == response.json()["url"]
    return response.json()


def results_of(api, job: dict) -> list[dict]:
    found, url = [], f"{job['results']}?limit=100"
    while url:
        page = api.get(url).json()
        found += page["results"]
        url = page["next"]
    return found


@pytest.mark.django_db
class TestJobs:
    def test_more_than_a_hundred_are_done_in_the_background(self, api):
        body = create(250)
        body["items"][7] = {"title": ""}
        job = begun(api, body)
        assert (job["state"], job["total"], job["done"]) == ("waiting", 250, 0)
        assert not Ticket.objects.exists()
        bulk_running.run_jobs()
        said = api.get(job["url"]).json()
        assert (said["state"], said["done"]) == ("done", 250)
        assert (said["succeeded"], said["failed"]) == (249, 1)
        results = results_of(api, job)
        assert [one["index"] for one in results] == list(range(250))
        assert results[7]["errors"][0]["field"] == "items.7.title"
        assert {one["status"] for one in results} == {201, 400}
        assert api.get(results[249]["url"]).json()["title"] == "T249"
        assert Change.objects.filter(change_set=job["change_set"]).count() == 249
        assert api.get("jobs/").json()["results"][0]["uuid"] == job["uuid"]

    def test_progress_is_seen_between_slices_with_an_expected_end(self, api):
        job = begun(api, create(450))
        bulk_running.run_jobs(seconds=0)
        said = api.get(job["url"]).json()
        assert (said["state"], said["done"]) == ("running", 200)
        assert said["expected_end"] > said["started_at"]
        assert bulk_running.run_jobs() == 1
        said = api.get(job["url"]).json()
        assert (said["state"], said["expected_end"]) == ("done", None)
        assert Ticket.objects.count() == 450

    def test_the_expected_end_follows_the_pace_so_far(self):
        started = timezone.now() - timedelta(seconds=10)
        job = Job(state=Job.State.RUNNING, total=300, done=100, started_at=started)
        left = (expected_end(job) - timezone.now()).total_seconds()
        assert 19 < left < 21

    def test_a_slice_that_dies_is_done_again_and_only_once(self, api, monkeypatch):
        job = begun(api, create(300))

        def die(*args, **kwargs):
            raise SystemExit

        with monkeypatch.context() as patch:
            patch.setattr(bulk_running.JobRow.objects, "bulk_create", die)
            with pytest.raises(SystemExit):
                bulk_running.run_jobs()
        assert not Ticket.objects.exists()
        bulk_running.run_jobs()
        assert api.get(job["url"]).json()["done"] == 300
        assert Ticket.objects.count() == JobRow.objects.count() == 300

    def test_two_workers_never_run_one_job_together(self, api):
        begun(api, create(101))
        Job.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
        assert bulk_running.run_jobs() == 0

    def test_cancelling_stops_it_and_keeps_what_is_done(self, api):
        job = begun(api, create(450))
        bulk_running.run_jobs(seconds=0)
        cancelled = api.delete(job["url"])
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
        assert api.delete(job["url"]).status_code == 200
        assert bulk_running.run_jobs() == 0
        assert Ticket.objects.count() == len(results_of(api, job)) == 200
        done = begun(api, create(101))
        bulk_running.run_jobs()
        assert api.delete(done["url"]).status_code == 400

    def test_an_atomic_job_does_all_or_nothing(self, api):
        body = create(150, atomic=True)
        body["items"][149] = {"title": ""}
        job = begun(api, body)
        bulk_running.run_jobs()
        assert not Ticket.objects.exists()
        statuses = [one["status"] for one in results_of(api, job)]
        assert statuses == [424] * 149 + [400]
        assert api.get(job["url"]).json()["failed"] == 150

    def test_a_job_of_changes_is_undone_as_a_set(self, api):
        tickets = [make_ticket(priority="low") for _number in range(101)]
        body = {"operation": "change", "q": "priority:low", "fields": {"priority": "high"}}
        job = begun(api, body)
        bulk_running.run_jobs()
        assert Ticket.objects.filter(priority="high").count() == 101
        undone = api.post(f"change-sets/{job['change_set']}/undo/").json()
        assert undone["undone"] == [one.pk for one in tickets]
        assert Ticket.objects.filter(priority="low").count() == 101

    def test_a_revoked_key_works_no_longer_in_the_background(self, api):
        begun(api, create(101))
        api.key.revoked_at = timezone.now()
        api.key.save()
        bulk_running.run_jobs()
        job = Job.objects.get()
        assert (job.state, Ticket.objects.count()) == ("failed", 0)
        assert "revoked" in job.error

    def test_a_name_begins_one_job_and_a_dry_run_none(self, api):
        named = {"Idempotency-Key": "once"}
        first, again = (api.post(BULK, create(101), headers=named) for _time in range(2))
        assert first["Location"] == again["Location"]
        api.post(f"{BULK}?dry_run=true", create(101))
        assert Job.objects.count() == 1

    def test_a_key_has_at_most_ten_jobs_waiting(self, api, same_minute):
        for _number in range(10):
            begun(api, create(101))
        late = api.post(BULK, create(101))
        assert (late.status_code, late["Retry-After"]) == (429, "5")
        assert Job.objects.count() == 10

    def test_jobs_of_other_keys_are_not_there(self, api):
        job = begun(api, create(101))
        other = caller(queues=[default_queue()])
        for path in (job["url"], job["results"]):
            assert other.get(path).status_code == 404
        assert other.delete(job["url"]).status_code == 404
        assert other.get("jobs/").json()["results"] == []
        twin, secret = make_key("read", primary=api.key)
        reading = type(api)(secret, twin)
        assert reading.get(job["url"]).status_code == 200
        assert reading.delete(job["url"]).status_code == 403

    def test_a_job_sees_what_its_key_sees(self):
        bound = caller(queues=[default_queue()])
        hidden = make_ticket(queue=make_queue())
        ids = [hidden.pk, *range(10**8, 10**8 + 100)]
        job = begun(bound, {"operation": "delete", "ids": ids})
        bulk_running.run_jobs()
        assert {one["status"] for one in results_of(bound, job)} == {404}
        hidden.refresh_from_db()
        assert hidden.deleted_at is None

    def test_jobs_are_forgotten_after_a_week(self, api):
        begun(api, create(101))
        bulk_running.run_jobs()
        assert "T1" not in str(Job.objects.get().options)
        assert bulk_running.clean() == 0
        Job.objects.update(finished_at=timezone.now() - timedelta(days=7, seconds=1))
        assert bulk_running.clean() == 1
        assert not JobRow.objects.exists()

    def test_asking_costs_the_same_however_long_it_is(self, api):
        job = begun(api, create(150))
        bulk_running.run_jobs()
        with statements() as asked:
            api.get(job["url"])
        with statements() as few:
            api.get(f"{job['results']}?limit=2")
        with statements() as many:
            api.get(f"{job['results']}?limit=150")
        assert len(asked) <= 4
        assert len(few) == len(many) <= 5


BEGUN = """
import json
from django.test import Client
from helpdesk.models import ApiKey
key = ApiKey(name="Bulk", scope="write", all_queues=True)
client = Client(headers={"authorization": f"Bearer {key.renew_secret()}"})
key.save()
body = {"operation": "create", "items": [{"title": f"T{n}"} for n in range(1000)]}
response = client.post("/api/v1/tickets/bulk/", json.dumps(body), content_type="application/json")
assert response.status_code == 202, response.content
"""
WORKER = """
from helpdesk.api import bulk_running
bulk_running.BATCH_OF_NEW = 5
bulk_running.run_jobs(seconds=600)
"""
WATCH = """
import time
from helpdesk.models import Job
print("ready")
while Job.objects.get().done < 5:
    time.sleep(0.005)
print("begun")
"""
COUNTS = """
import json
from helpdesk.models import Job, JobRow, Ticket
titles = Ticket.objects.values("title").distinct().count()
job = Job.objects.get()
print(json.dumps([job.state, job.done, JobRow.objects.count(), Ticket.objects.count(), titles]))
"""
LEASE_IS_OUT = """
from django.utils import timezone
from helpdesk.models import Job
Job.objects.update(leased_until=timezone.now())
"""


@pytest.mark.processes
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_worker_that_is_killed_leaves_nothing_half_and_nothing_twice(tmp_path):
    """Another worker takes the job over when the first one's lease is out."""
    shared = OwnDatabase(tmp_path)
    shared.run(BEGUN)
    # Started first: beside a job of a thousand, its own start would take too long.
    watch = shared.start(WATCH)
    assert watch.stdout.readline() == "ready\n"
    worker = shared.start(WORKER)
    try:
        assert watch.stdout.readline() == "begun\n"
    finally:
        worker.kill()
        worker.wait()
        watch.kill()
        watch.wait()
    state, done, results, tickets, titles = json.loads(shared.run(COUNTS))
    assert state == "running" and 5 <= done < 1000
    assert done == results == tickets == titles
    shared.run(LEASE_IS_OUT)
    shared.run(WORKER)
    assert json.loads(shared.run(COUNTS)) == ["done", 1000, 1000, 1000, 1000]
