"""How many statements each call may cost, and that it does not grow with the rows."""

import pytest

from helpdesk.doors.keys import credential_of
from helpdesk.models import Attachment, Comment, Participant, Ticket
from helpdesk.models.configuration import configuration
from tests.api.conftest import Caller, caller
from tests.budget import statements
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db
AT_THE_DOOR = 2  # the key, and its queues


@pytest.fixture
def bound(db, settings) -> Caller:
    """A key of one queue, which costs the door its second statement."""
    settings.CONFIGURATION_CHECK_SECONDS = 3600  # else one look at the stamp a second
    api = caller(queues=[default_queue()])
    credential_of(api.secret)  # its use is noted once a minute
    return api


@pytest.fixture
def full(bound) -> Ticket:
    """A ticket with everything that a ticket can name."""
    make_field("who", "people")
    make_field("region", "choice", ["EU"])
    agent = make_agent("Ann")
    return make_ticket(
        requester=make_user("Rita"),
        assignee=agent,
        tags=["vip", "late"],
        parent=make_ticket(),
        custom={"who": [agent.email], "region": "EU"},
    )


def cost(call, *args, **options) -> int:
    configuration()
    with statements() as counted:
        response = call(*args, **options)
    assert response.status_code in (200, 201), response.content
    return len(counted) - AT_THE_DOOR


def copies(ticket: Ticket, number: int) -> None:
    """As many tickets like one, straight into the table."""
    Ticket.objects.bulk_create(
        Ticket(
            queue_id=ticket.queue_id,
            status_id=ticket.status_id,
            status_category=ticket.status_category,
            title=f"Copy {one}",
            requester_id=ticket.requester_id,
            assignee_id=ticket.assignee_id,
            tag_ids=ticket.tag_ids,
            custom=ticket.custom,
            parent_id=ticket.parent_id,
            channel="api",
            version=1,
        )
        for one in range(number)
    )


def test_a_list_costs_at_most_four_statements_however_many_tickets(bound, full):
    copies(full, 8)
    few = cost(bound.get, "tickets/?limit=200")
    copies(full, 990)
    many = cost(bound.get, "tickets/?limit=200")
    assert few == many <= 4


def test_a_narrowed_page_costs_at_most_four(bound, full):
    query = f"tickets/?assignee={full.assignee_id}&status=Open&tag=vip&custom.region=EU&search=copy"
    copies(full, 8)
    bound.get(query)  # which words are common is looked at every five minutes
    few = cost(bound.get, query)
    copies(full, 90)
    assert few == cost(bound.get, query) <= 4


def test_a_ticket_with_its_comments_costs_at_most_five(bound, full):
    path = f"tickets/{full.pk}/?expand=comments"
    make_comment(full, author=make_user())
    few = cost(bound.get, path)
    Comment.objects.bulk_create(
        Comment(ticket=full, public=True, body="x", author=make_user()) for _number in range(100)
    )
    assert few == cost(bound.get, path) <= 5
    assert cost(bound.get, f"tickets/{full.pk}/") <= 3


def test_an_expanded_list_costs_one_more_for_each_list_and_one_for_files(bound, full):
    path = "tickets/?expand=comments,attachments,participants"
    with_words(full, 2)
    few = cost(bound.get, path)
    copies(full, 30)
    for ticket in Ticket.objects.exclude(pk=full.pk):
        with_words(ticket, 3)
    with_words(full, 40)
    assert few == cost(bound.get, path) <= 8


def test_the_comments_of_all_tickets_cost_two_however_many(bound, full):
    with_words(full, 2)
    few = cost(bound.get, "comments/?limit=200")
    copies(full, 30)
    for ticket in Ticket.objects.exclude(pk=full.pk):
        with_words(ticket, 3)
    assert few == cost(bound.get, "comments/?limit=200&sort=-happened_at") <= 2


def with_words(ticket: Ticket, number: int) -> None:
    """As many comments, each with a file, and one who takes part."""
    comments = Comment.objects.bulk_create(
        Comment(ticket=ticket, public=True, body="x", author=ticket.requester)
        for _number in range(number)
    )
    Attachment.objects.bulk_create(
        Attachment(ticket=ticket, comment=comment, name="x", url="https://example.com/")
        for comment in comments
    )
    Participant.objects.create(ticket=ticket, person=make_agent())


def test_opening_a_ticket_costs_at_most_ten(bound, full):
    rita, ann = full.requester, full.assignee
    body = {
        "title": "x",
        "body": "words",
        "requester": rita.email,
        "assignee": ann.email,
        "tags": ["vip", "late"],
        "custom": {"region": "EU", "who": [ann.email]},
    }
    assert cost(bound.post, "tickets/", body) <= 10
    assert (
        cost(bound.post, "tickets/", {"title": "x", "requester": {"email": "n@example.com"}}) <= 10
    )


@pytest.mark.parametrize("noun", ["comments", "attachments", "activities", "links", "followers"])
def test_lists_of_a_ticket_cost_the_same_however_long(bound, full, noun):
    path = f"tickets/{full.pk}/{noun}/"
    fill(bound, full, noun, 1)
    few = cost(bound.get, path)
    fill(bound, full, noun, 6)
    assert few == cost(bound.get, path) <= 4


def fill(api: Caller, ticket: Ticket, noun: str, number: int) -> None:
    for one in range(number):
        if noun == "attachments":
            api.post(f"tickets/{ticket.pk}/attachments/", {"url": f"https://example.com/{one}"})
        elif noun == "links":
            api.post(f"tickets/{ticket.pk}/links/", {"ticket": make_ticket().pk})
        elif noun == "followers":
            near = make_user()
            make_ticket(requester=near)
            api.post(f"tickets/{ticket.pk}/followers/", {"person": near.pk})
        else:
            api.post(f"tickets/{ticket.pk}/comments/", {"body": "x", "public": one % 2 == 0})


@pytest.mark.parametrize("noun", ["users", "organisations", "tags", "queues", "custom-fields"])
def test_lists_of_configuration_and_people_cost_little(bound, full, noun):
    few = cost(bound.get, f"{noun}/")
    for number in range(5):
        make_ticket(requester=make_user(), tags=[f"tag {number}"])
        make_field(f"key{number}", "choice", ["A"])
    assert few == cost(bound.get, f"{noun}/") <= 2


def test_changing_a_ticket_costs_at_most_ten(bound, full):
    path = f"tickets/{full.pk}/"
    assert cost(bound.patch, path, {"title": "New", "priority": "low", "tags": ["vip"]}) <= 12
    assert cost(bound.patch, path, {"priority": "high"}) <= 8
