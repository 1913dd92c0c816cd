"""Connections over the API: seen, paused, resumed, tried again, by keys that name it."""

import pytest
from django.apps import apps
from django.utils import timezone

from tests.api.conftest import caller
from tests.budget import statements
from tests.factories import default_queue, make_queue, make_ticket

pytestmark = pytest.mark.django_db
Connection = apps.get_model("integrations", "Connection")
Link = apps.get_model("integrations", "Link")
NAMED = ["connections:write"]


def make_connection(name: str = "Acme", queue=None, **fields):
    queue = queue or default_queue()
    return Connection.objects.create(service="teamswork", name=name, queue=queue, **fields)


@pytest.fixture
def keeper(db):
    return caller(scopes=NAMED)


def test_connections_are_shown_without_what_is_secret(keeper):
    row = make_connection(setup={"base_url": "https://acme.example"}, credentials="hush")
    [shown] = keeper.get("connections/").json()["results"]
    assert (shown["name"], shown["state"], shown["queue"]["id"]) == ("Acme", "active", row.queue_id)
    assert not any(word in str(shown) for word in ("hush", "acme.example"))
    assert keeper.get(f"connections/{row.uuid}/").json() == shown


def test_a_connection_is_paused_and_resumed(keeper):
    row = make_connection(error="Broken", failures=3)
    assert keeper.post(f"connections/{row.pk}/pause/").json()["state"] == "paused"
    tried = keeper.post(f"connections/{row.pk}/resume/?dry_run=true").json()
    row.refresh_from_db()
    assert (tried["state"], row.state) == ("active", "paused")
    said = keeper.post(f"connections/{row.pk}/resume/").json()
    assert (said["state"], said["error"]) == ("active", "")


def test_what_failed_is_listed_and_tried_again(keeper):
    row = make_connection()
    failed = [
        Link.objects.create(connection=row, ticket=make_ticket(), state="error", error="No")
        for _number in range(3)
    ]
    fine = Link.objects.create(connection=row, ticket=make_ticket(), state="ok")
    listed = keeper.get(f"connections/{row.pk}/links/").json()["results"]
    assert [one["id"] for one in listed] == [link.pk for link in reversed(failed)]
    assert listed[0]["error"] == "No"
    assert keeper.post(f"connections/{row.pk}/retry/", {"link": fine.pk}).status_code == 404
    one = keeper.post(f"connections/{row.pk}/retry/", {"link": failed[0].pk})
    assert one.json() == {"retried": 1}
    assert {link.pk for link in Link.objects.exclude(due_at=None)} == {failed[0].pk}
    assert keeper.post(f"connections/{row.pk}/retry/", {}).json() == {"retried": 3}
    assert Link.objects.filter(due_at__lte=timezone.now()).count() == 3


def test_a_key_that_only_sees_them_steers_nothing(db):
    row = make_connection()
    api = caller(scopes=["connections:read"])
    assert api.get(f"connections/{row.pk}/").status_code == 200
    for verb in ("pause", "resume", "retry"):
        response = api.post(f"connections/{row.pk}/{verb}/")
        assert response.json()["scope"] == "connections:write"
    row.refresh_from_db()
    assert row.state == "active"


def test_keys_without_the_scope_see_none(api):
    make_connection()
    assert api.get("connections/").json()["scope"] == "connections:read"


def test_a_key_of_some_queues_knows_theirs_alone(db):
    near, far = make_connection(), make_connection("Far", make_queue("Far"))
    bound = caller(queues=[default_queue()], scopes=NAMED)
    hidden = make_ticket(queue=far.queue)
    Link.objects.create(connection=near, ticket=hidden, state="error", error="No")
    assert [one["id"] for one in bound.get("connections/").json()["results"]] == [near.pk]
    assert bound.get(f"connections/{near.pk}/links/").json()["results"] == []
    for path in ("", "links/"):
        assert bound.get(f"connections/{far.pk}/{path}").status_code == 404
    for verb in ("pause", "resume", "retry"):
        assert bound.post(f"connections/{far.uuid}/{verb}/").status_code == 404


def test_a_list_of_connections_costs_the_same_however_long(keeper, settings):
    settings.CONFIGURATION_CHECK_SECONDS = 3600
    make_connection()
    keeper.get("connections/")
    with statements() as few:
        keeper.get("connections/")
    for number in range(4):
        make_connection(f"No. {number}")
    with statements() as many:
        assert len(keeper.get("connections/").json()["results"]) == 5
    assert len(many) == len(few) <= 3
