"""The comments of all tickets in one list, and what lists of comments are narrowed by."""

from datetime import timedelta
from xml.etree.ElementTree import fromstring

import pytest
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.api.comment_filters import FILTERS, SORTS
from helpdesk.models import Attachment, Comment, Ticket
from tests.api.conftest import caller, fields_of
from tests.factories import make_agent, make_comment, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
BY = system("rule")


@pytest.fixture
def said() -> list[Comment]:
    """A reply, a note and a reply on two tickets, an hour between each."""
    first, second = make_ticket("First"), make_ticket("Second")
    rows = [
        make_comment(first, "one"),
        make_comment(second, "two", public=False),
        make_comment(first, "three"),
    ]
    for hours, row in zip((3, 2, 1), rows, strict=True):
        aged(row, hours)
    return rows


def aged(row: Comment, hours: float) -> None:
    moment = timezone.now() - timedelta(hours=hours)
    Comment.objects.filter(pk=row.pk).update(happened_at=moment, created_at=moment)


def bodies(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [one["body"] for one in response.json()["results"]]


def test_what_is_said_on_all_tickets_comes_as_each_ticket_has_it(api, said):
    rows = api.get("comments/").json()["results"]
    assert [one["id"] for one in rows] == [one.pk for one in said]
    for row in rows:
        assert row == api.get(f"tickets/{row['ticket']}/comments/{row['id']}/").json()


def test_each_comes_with_its_own_files(api, said):
    for comment in said:
        Attachment.objects.create(
            ticket=comment.ticket, comment=comment, name=f"{comment.body}.txt", url="https://a.de/"
        )
    Attachment.objects.filter(comment=said[2]).update(deleted_at=timezone.now())
    rows = api.get("comments/").json()["results"]
    names = [[file["name"] for file in one["attachments"]] for one in rows]
    assert names == [["one.txt"], ["two.txt"], []]


def test_pages_show_each_once_there_and_back(api, said):
    for sort in (*SORTS, *(f"-{name}" for name in SORTS), "-happened_at,id"):
        there, address = [], f"comments/?limit=2&sort={sort}"
        while address:
            page = api.get(address)
            there += bodies(page)
            address, last = page.json()["next"], page.json()
        wanted = ["one", "two", "three"]
        assert there == (wanted[::-1] if sort.startswith("-") else wanted), sort
        assert bodies(api.get(last["previous"])) == there[:2]


def test_it_counts_and_shows_chosen_members(api, said):
    page = api.get("comments/?count=exact&fields=body,author.name&limit=1").json()
    assert (page["count"], page["results"]) == (3, [{"body": "one", "author": None}])
    assert fields_of(api.get("comments/?fields=words")) == ["fields"]


def test_what_no_key_may_read_is_not_there(api, said):
    first, second, third = said
    actions.delete_comment(first, by=BY)
    Comment.objects.filter(pk=third.pk).update(state=Comment.State.HELD)
    assert bodies(api.get("comments/")) == ["two"]
    actions.delete_ticket(second.ticket, by=BY)
    assert bodies(api.get("comments/")) == []


def test_redacted_words_are_gone_from_it(api, said):
    actions.redact_comment(said[0], by=BY)
    response = api.get("comments/")
    assert response.json()["results"][0]["redacted_at"]
    assert b'"one"' not in response.content


def test_a_key_of_some_queues_reads_what_is_said_there():
    own = make_queue("Own")
    make_comment(make_ticket(queue=own), "mine")
    theirs = make_ticket()
    make_comment(theirs, "theirs")
    bound = caller(queues=[own])
    assert bodies(bound.get("comments/")) == ["mine"]
    seen = bound.get(f"comments/?ticket={theirs.pk}")
    unknown = bound.get("comments/?ticket=987654")
    assert fields_of(seen) == fields_of(unknown) == ["ticket"]
    named = seen.json()["detail"].replace(str(theirs.pk), "987654")
    assert named == unknown.json()["detail"]


def test_what_is_said_in_a_sandbox_is_read_by_its_key_alone(api):
    queue = make_queue("Trying")
    queue.is_sandbox = True
    queue.save()
    make_comment(make_ticket(queue=queue), "a try")
    assert bodies(api.get("comments/")) == []
    assert bodies(caller(queues=[queue]).get("comments/")) == ["a try"]


def test_it_takes_the_scope_of_comments(said):
    assert bodies(caller(scopes=["comments:read"]).get("comments/")) == ["one", "two", "three"]
    refused = caller(scopes=["tickets:read"]).get("comments/")
    assert (refused.status_code, refused.json()["scope"]) == (403, "comments:read")


def test_nothing_is_written_here(api):
    assert api.post("comments/", {"body": "x", "public": False}).status_code == 405


def narrowed(api, **params) -> list[str]:
    return bodies(api.get("comments/", data=params))


def test_it_is_narrowed_by_ticket(api, said):
    first, second = said[0].ticket, said[1].ticket
    assert narrowed(api, ticket=first.pk) == ["one", "three"]
    assert narrowed(api, ticket=str(second.uuid)) == ["two"]
    assert narrowed(api, ticket=f"{first.pk},{second.pk}") == ["one", "two", "three"]


def test_it_is_narrowed_by_what_a_comment_is(api, said):
    ann = make_agent("Ann")
    Comment.objects.filter(body="one").update(author=ann, channel="email")
    Comment.objects.filter(body="two").update(extra={"forward": {"files": []}})
    assert narrowed(api, author=ann.email) == narrowed(api, author=ann.pk) == ["one"]
    assert narrowed(api, author="none") == ["two", "three"]
    assert narrowed(api, public="false") == ["two"]
    assert narrowed(api, public="true", channel="email") == ["one"]
    assert narrowed(api, channel="email,api") == ["one"]
    assert narrowed(api, forward="true") == ["two"]
    assert narrowed(api, forward="false") == ["one", "three"]


@pytest.mark.parametrize("column", ["happened_at", "created_at"])
def test_it_is_narrowed_by_time(api, said, column):
    Comment.objects.update(**{"created_at" if column[0] == "h" else "happened_at": timezone.now()})
    assert narrowed(api, **{f"{column}_after": "-150m"}) == ["two", "three"]
    assert narrowed(api, **{f"{column}_before": "-150m"}) == ["one"]
    assert narrowed(api, **{f"{column}_after": "-150m", f"{column}_before": "-90m"}) == ["two"]


def test_the_comments_of_one_ticket_take_the_same(api, said):
    path = f"tickets/{said[0].ticket_id}/comments/"
    assert bodies(api.get(f"{path}?happened_at_after=-2h")) == ["three"]
    assert bodies(api.get(f"{path}?sort=-id")) == ["three", "one"]
    assert bodies(api.get(f"{path}?public=false")) == []
    assert fields_of(api.get(f"{path}?ticket={said[0].ticket_id}")) == ["ticket"]


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("value", ["x\0y", "", " ", "\x01", "nobody knows", "9" * 600, "'--"])
def test_a_value_that_means_nothing_is_refused_by_name(api, said, name, value):
    assert fields_of(api.get("comments/", data={name: value})) == [name]


@pytest.mark.parametrize(
    "sort", ["body", "-", "id,", "--id", "ticket__queue", "author", "id desc", "id;--"]
)
def test_other_orders_are_refused_by_what_is_known(api, said, sort):
    refused = api.get("comments/", data={"sort": sort})
    assert fields_of(refused) == ["sort"]
    assert "happened_at" in refused.json()["detail"]


@pytest.mark.parametrize("name", ["updated_since", "changed_since", "q", "search", "expand"])
def test_other_parameters_are_refused_by_name(api, said, name):
    assert fields_of(api.get("comments/", data={name: "-1h"})) == [name]


def test_a_value_is_given_once(api, said):
    assert fields_of(api.get("comments/?channel=api&channel=email")) == ["channel"]


def test_who_a_key_does_not_see_cannot_be_asked_for():
    own = make_queue("Own")
    stranger = make_user("Stranger")
    make_comment(make_ticket(requester=stranger), "theirs", author=stranger)
    bound = caller(queues=[own])
    for value in (stranger.email, stranger.pk, "nobody@example.com"):
        assert fields_of(bound.get("comments/", data={"author": value})) == ["author"]


def test_a_merged_ticket_still_says_what_was_said_on_it(api, said):
    Ticket.objects.filter(pk=said[1].ticket_id).update(merged_into=said[0].ticket)
    assert bodies(api.get("comments/")) == ["one", "two", "three"]


def test_as_xml(api, said):
    response = api.get("comments/?limit=2", headers={"Accept": "application/xml"})
    rows = fromstring(response.content).findall("results/item")
    assert [one.findtext("body") for one in rows] == ["one", "two"]
