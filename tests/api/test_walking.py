"""While others insert, edit and delete: a walk meets each ticket once, and no edit is lost."""

import json
import threading
import time
from functools import partial

import pytest
from django.db import connections

from helpdesk.models import Change
from tests.api.conftest import Caller
from tests.api.processes import OwnDatabase
from tests.factories import make_field, make_ticket

TICKETS = 10_001
PREPARE = f"""
from helpdesk.models import ApiKey, Queue, Status, Ticket
key = ApiKey(name="Walker", scope="write", all_queues=True, rate_limit=1_000_000)
print(key.renew_secret())
key.save()
queue, status = Queue.objects.get(is_default=True), Status.objects.get(name="Open")
Ticket.objects.bulk_create(
    (
        Ticket(
            queue=queue,
            status=status,
            status_category=status.category,
            title=f"Ticket {{number}}",
            channel="api",
            version=1,
        )
        for number in range({TICKETS})
    ),
    batch_size=500,
)
"""
# Edits every tenth ticket and deletes every tenth, again and again, and opens new ones.
BUSY = """
from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Ticket
by = system("rule")
edited = list(Ticket.objects.filter(title__endswith="3").order_by("?"))
deleted = list(Ticket.objects.filter(title__endswith="7").order_by("?"))
for number, ticket in enumerate(edited):
    actions.change_ticket(ticket, by=by, title=f"Edited {number}", priority="urgent")
    actions.open_ticket(by=by, title=f"New {number}")
    if number < len(deleted):
        actions.delete_ticket(deleted[number], by=by)
    if number == 5:
        print("busy")
"""
WALK = """
import json
from django.test import Client
from helpdesk.models import Change
client = Client(headers={{"authorization": "Bearer {secret}"}})
walks = {{}}
for sort in ("-number", "-updated_at", "priority"):
    before, ids, url = Change.objects.count(), [], f"/api/v1/tickets/?limit=200&sort={{sort}}"
    while url:
        page = client.get(url).json()
        ids += [[one["id"], one["title"]] for one in page["results"]]
        url = page["next"]
    walks[sort] = {{"ids": ids, "changes": Change.objects.count() - before}}
print(json.dumps(walks))
"""


@pytest.mark.processes
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_walk_meets_each_untouched_ticket_once_while_another_process_writes(tmp_path):
    shared = OwnDatabase(tmp_path)
    secret = shared.run(PREPARE).split()[-1]
    writer = shared.start(BUSY)
    try:
        assert writer.stdout.readline() == "busy\n"
        walks = json.loads(shared.run(WALK.format(secret=secret)))
    finally:
        writer.kill()
        writer.wait()
    untouched = {f"Ticket {n}" for n in range(TICKETS) if n % 10 not in (3, 7)}
    assert walks["-number"]["changes"] > 10, "nobody wrote meanwhile"
    for sort, walk in walks.items():
        met = [title for _id, title in walk["ids"] if title in untouched]
        assert len(met) == len(set(met)) == len(untouched), sort
        if sort.endswith("number"):  # what never moves is met at most once, touched or not
            numbers = [number for number, _title in walk["ids"]]
            assert len(numbers) == len(set(numbers)), sort


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_fifty_at_once_edit_one_ticket_and_no_edit_is_lost(api):
    """All of them saw version 1; what they set does not collide, so that all of it stays."""
    for number in range(50):
        make_field(f"f{number}")
    ticket = make_ticket()
    statuses: list[int] = []
    start = threading.Barrier(50)

    def edit(number: int) -> None:
        one = Caller(api.secret, api.key)
        start.wait()
        path, body = f"tickets/{ticket.pk}/", {"version": 1, "custom": {f"f{number}": str(number)}}
        if number % 2:
            sent = partial(one.patch, path, body)
        else:
            add = {"id": ticket.pk, "add": [f"tag {number}"]}
            sent = partial(one.post, "tickets/bulk/", {"operation": "tag", "items": [add]})
        while (response := sent()).status_code == 503:
            time.sleep(0.05)  # SQLite is busy
        result = response.json().get("results", [{"status": response.status_code}])
        statuses.append(result[0]["status"])
        connections.close_all()

    threads = [threading.Thread(target=edit, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 50
    ticket.refresh_from_db()
    assert ticket.custom == {f"f{number}": str(number) for number in range(1, 50, 2)}
    names = [tag.name for tag in ticket.tag_list]
    assert sorted(names) == sorted(f"tag {number}" for number in range(0, 50, 2))
    assert ticket.version == Change.objects.filter(ticket=ticket).count() == 51
