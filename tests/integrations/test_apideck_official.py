"""Apideck's official Python client against our endpoint, with nothing but its address changed."""

import contextlib
from datetime import UTC, datetime

import pytest
from apideck_unify import Apideck, models

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Ticket
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_key,
    make_queue,
    make_tag,
    make_ticket,
    status,
)

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def connect(live_server):
    """Makes clients that hang up at the end, so that no thread of the server waits for them."""
    with contextlib.ExitStack() as stack:

        def client(secret: str):
            made = Apideck(
                api_key=secret,
                app_id="app",
                consumer_id="consumer",
                server_url=f"{live_server.url}/compat/apideck",
                retry_config=None,
            )
            return stack.enter_context(made).issue_tracking

        yield client


@pytest.fixture
def there(connect):
    return connect(make_key(rate_limit=10_000)[1])


@pytest.fixture
def desk() -> str:
    return str(default_queue().uuid)


def walk(page, data) -> list:
    """Every record, page after page, as the client follows them."""
    found = []
    while page is not None:
        found += data(page)
        page = page.next()
    return found


def test_tickets_are_created_read_changed_and_deleted(there, desk):
    make_field("region")
    agent = make_agent("Ann Lee")
    made = there.collection_tickets.create(
        collection_id=desk,
        subject="Printer jams",
        description="Tray 2",
        status="in_progress",
        priority="urgent",
        type_="Technical",
        assignees=[{"id": str(agent.uuid)}],
        due_date=datetime(2026, 9, 30, 7, 43, 32, tzinfo=UTC),
        tags=[{"id": "vip"}],
        pass_through=[{"service_id": "helpdesk", "extend_object": {"region": "EU"}}],
    )
    identity = made.create_ticket_response.data.id
    ticket = Ticket.objects.get(uuid=identity)
    assert (ticket.title, ticket.status, ticket.assignee) == (
        "Printer jams",
        status("In progress"),
        agent,
    )

    read = there.collection_tickets.get(collection_id=desk, ticket_id=identity)
    shown = read.get_ticket_response.data
    assert (shown.subject, shown.description, shown.status) == (
        "Printer jams",
        "Tray 2",
        "in_progress",
    )
    assert shown.priority == "urgent" and shown.type == "Technical"
    assert shown.assignees[0].id == str(agent.uuid)
    assert shown.due_date == datetime(2026, 9, 30, 7, 43, 32, tzinfo=UTC)
    assert shown.tags[0].name == "vip" and shown.custom_mappings["region"] == "EU"

    changed = there.collection_tickets.update(
        collection_id=desk, ticket_id=identity, subject="Works", status="closed"
    )
    assert changed.update_ticket_response.data.id == identity
    ticket.refresh_from_db()
    assert ticket.title == "Works" and ticket.status_category in ("resolved", "closed")
    assert ticket.body == "Tray 2" and ticket.assignee == agent

    gone = there.collection_tickets.delete(collection_id=desk, ticket_id=identity)
    assert gone.delete_ticket_response.data.id == identity
    with pytest.raises(models.NotFoundResponse):
        there.collection_tickets.get(collection_id=desk, ticket_id=identity)


def test_tickets_are_listed_filtered_sorted_and_paged(there, desk):
    agent = make_agent()
    made = [str(make_ticket(f"Ticket {number}").uuid) for number in range(7)]
    last = Ticket.objects.get(uuid=made[-1])
    actions.change_ticket(
        Ticket.objects.get(uuid=made[0]), by=system("rule"), status=status("Closed")
    )
    actions.assign(last, agent, by=system("rule"))

    def listed(**options) -> list[str]:
        page = there.collection_tickets.list(collection_id=desk, limit=3, **options)
        return [one.id for one in walk(page, lambda page: page.get_tickets_response.data)]

    assert listed() == made
    newest_first = {"by": "created_at", "direction": "desc"}
    assert listed(sort=newest_first) == made[::-1]
    assert listed(filter_={"status": ["open"]}) == made[1:]
    assert listed(filter_={"status": ["open", "closed"]}) == made
    assert listed(filter_={"assignee_id": str(agent.uuid)}) == made[-1:]
    since = {"since": last.created_at}
    assert listed(filter_=since, fields="id,subject") == [made[0], made[-1]]


def test_comments_go_all_ways(there, desk):
    ticket = str(make_ticket().uuid)
    comments = there.collection_ticket_comments
    made = comments.create(collection_id=desk, ticket_id=ticket, body="Still broken")
    identity = made.create_comment_response.data.id
    for number in range(4):
        make_comment(Ticket.objects.get(uuid=ticket), f"Words {number}")
    make_comment(Ticket.objects.get(uuid=ticket), "Secret", public=False)
    page = comments.list(collection_id=desk, ticket_id=ticket, limit=2)
    found = walk(page, lambda page: page.get_comments_response.data)
    assert [one.body for one in found] == ["Still broken", *(f"Words {n}" for n in range(4))]
    comments.update(id=identity, collection_id=desk, ticket_id=ticket, body="Works now")
    read = comments.get(id=identity, collection_id=desk, ticket_id=ticket)
    assert read.get_comment_response.data.body == "Works now"
    gone = comments.delete(id=identity, collection_id=desk, ticket_id=ticket)
    assert gone.delete_comment_response.data.id == identity
    with pytest.raises(models.NotFoundResponse):
        comments.get(id=identity, collection_id=desk, ticket_id=ticket)


def test_users_tags_and_collections_are_listed_and_paged(there, desk):
    agents = [make_agent(f"Agent {number}") for number in range(3)]
    for number in range(3):
        make_tag(f"Tag {number}")
        make_queue(f"Queue {number}")
    page = there.collection_users.list(collection_id=desk, limit=2)
    users = walk(page, lambda page: page.get_collection_users_response.data)
    assert [one.id for one in users] == [str(one.uuid) for one in agents]
    user = there.collection_users.get(collection_id=desk, id=users[0].id)
    assert user.get_collection_user_response.data.email == agents[0].email
    page = there.collection_tags.list(collection_id=desk, limit=2)
    tags = walk(page, lambda page: page.get_collection_tags_response.data)
    assert [one.name for one in tags] == ["Tag 0", "Tag 1", "Tag 2"]
    page = there.collections.list(limit=2, sort={"by": "name", "direction": "desc"})
    found = walk(page, lambda page: page.get_collections_response.data)
    assert [one.name for one in found] == ["Support", "Queue 2", "Queue 1", "Queue 0"]
    read = there.collections.get(collection_id=desk)
    assert read.get_collection_response.data.name == "Support"


def test_failures_are_the_client_s_own_exceptions(there, connect, desk):
    with pytest.raises(models.UnauthorizedResponse) as wrong:
        connect("wrong").collections.list()
    assert wrong.value.data.type_name == "UnauthorizedError"
    with pytest.raises(models.BadRequestResponse) as bad:
        there.collection_tickets.create(collection_id=desk, subject="x" * 501)
    assert "subject" in str(bad.value.data.detail)
    with pytest.raises(models.UnprocessableResponse) as state:
        ticket = str(make_ticket().uuid)
        there.collection_tickets.update(collection_id=desk, ticket_id=ticket, status="nonsense")
    assert state.value.data.type_name == "InvalidStateError"
    with pytest.raises(models.NotFoundResponse):
        there.collections.get(collection_id="nowhere")
    limited = connect(make_key(rate_limit=1)[1])
    limited.collections.list()
    with pytest.raises(models.APIError) as spent:
        limited.collections.list()
    assert spent.value.status_code == 429
