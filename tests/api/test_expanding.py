"""Lists of tickets with their comments, files and participants: bounded, and as each key sees."""

from datetime import timedelta
from xml.etree.ElementTree import fromstring

import pytest
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.api.expansions import FEW
from helpdesk.models import Attachment, Comment, SavedView, Ticket
from tests.api.conftest import caller, fields_of
from tests.factories import make_agent, make_comment, make_queue, make_ticket

pytestmark = pytest.mark.django_db
ALL = "expand=comments,attachments,participants"
BY = system("rule")


def read(api, address: str) -> dict[int, dict]:
    """The tickets of a list by their number."""
    response = api.get(address)
    assert response.status_code == 200, response.content
    return {one["id"]: one for one in response.json()["results"]}


def bodies(ticket: dict) -> list[str]:
    return [one["body"] for one in ticket["comments"]["results"]]


def add_file(ticket: Ticket, comment: Comment | None = None, **fields) -> Attachment:
    said = {"name": "a.txt", "url": "https://example.com/a", "sha256": "", **fields}
    return Attachment.objects.create(ticket=ticket, comment=comment, **said)


@pytest.fixture
def full() -> list[Ticket]:
    """Two tickets with two comments, one of them with a file, a file of its own, a follower."""
    tickets = [make_ticket(f"Ticket {number}") for number in range(2)]
    for ticket in tickets:
        note = make_comment(ticket, f"note {ticket.pk}", public=False)
        make_comment(ticket, f"reply {ticket.pk}")
        add_file(ticket, note, name="inner.txt")
        add_file(ticket, name="own.txt")
        actions.follow(ticket, make_agent(), by=BY)
    return tickets


def test_each_ticket_of_a_list_comes_as_it_would_by_itself(api, full):
    bare = make_ticket("Bare")
    found = read(api, f"tickets/?{ALL}")
    assert set(found) == {bare.pk, *(one.pk for one in full)}
    for pk, shape in found.items():
        assert shape == api.get(f"tickets/{pk}/?{ALL}").json()
    first = found[full[0].pk]
    assert bodies(first) == [f"note {full[0].pk}", f"reply {full[0].pk}"]
    assert [one["name"] for one in first["comments"]["results"][0]["attachments"]] == ["inner.txt"]
    assert [one["name"] for one in first["attachments"]["results"]] == ["inner.txt", "own.txt"]
    assert len(first["participants"]["results"]) == 1
    nothing = {"results": [], "next": None, "previous": None}
    assert [found[bare.pk][name] for name in ("comments", "attachments")] == [nothing, nothing]


def test_only_what_was_asked_for_comes_along(api, full):
    for shape in read(api, "tickets/?expand=attachments").values():
        assert "attachments" in shape and "comments" not in shape


def test_of_a_long_list_the_first_come_and_the_address_of_the_whole(api, full):
    long, short = full
    Comment.objects.bulk_create(
        Comment(ticket=long, public=True, body=f"more {number}") for number in range(FEW)
    )
    for ticket in full:
        Comment.objects.bulk_create(Comment(ticket=ticket, body=f"{n}") for n in range(FEW - 2))
    Comment.objects.filter(body=f"note {long.pk}").update(happened_at=timezone.now())
    found = read(api, "tickets/?expand=comments")
    assert len(bodies(found[long.pk])) == len(bodies(found[short.pk])) == FEW
    assert found[short.pk]["comments"]["next"] is None
    address = found[long.pk]["comments"]["next"]
    whole = [one["body"] for one in api.get(address).json()["results"]]
    assert len(whole) == 2 * FEW
    assert bodies(found[long.pk]) == whole[:FEW]


def test_a_page_of_expanded_tickets_has_fifty_at_most(api, full):
    assert api.get("tickets/?limit=200").status_code == 200
    assert api.get(f"tickets/?limit=50&{ALL}").status_code == 200
    refused = api.get(f"tickets/?limit=51&{ALL}")
    assert fields_of(refused) == ["limit"]
    assert "50" in refused.json()["detail"]


def test_what_a_key_may_not_read_is_not_brought_along(full):
    api = caller(scopes=["tickets:read"])
    for name in ("comments", "attachments"):
        refused = api.get(f"tickets/?expand={name}")
        assert (refused.status_code, refused.json()["scope"]) == (403, f"{name}:read")
    assert api.get("tickets/?expand=participants").status_code == 200
    api = caller(scopes=["tickets:read", "comments:read"])
    assert api.get("tickets/?expand=comments").status_code == 200


def test_deleted_held_and_redacted_words_and_files_stay_away(api, full):
    ticket = full[0]
    gone, held, taken = (make_comment(ticket, f"secret {n}") for n in range(3))
    file = add_file(ticket, taken, name="secret.txt")
    add_file(ticket, gone, name="secret2.txt")
    actions.delete_comment(gone, by=BY)
    Comment.objects.filter(pk=held.pk).update(state=Comment.State.HELD)
    actions.redact_comment(taken, by=BY)
    Attachment.objects.filter(pk=file.pk).update(state=Attachment.State.REDACTED)
    assert b"secret" not in api.get(f"tickets/?{ALL}").content
    assert bodies(read(api, "tickets/?expand=comments")[ticket.pk])[2:] == [
        api.get(f"tickets/{ticket.pk}/comments/{taken.pk}/").json()["body"]
    ]


def test_tickets_that_a_key_does_not_see_bring_nothing(full):
    own = make_queue("Own")
    seen = make_ticket(queue=own)
    make_comment(seen, "mine")
    [shape] = read(caller(queues=[own]), f"tickets/?{ALL}").values()
    assert (shape["id"], bodies(shape)) == (seen.pk, ["mine"])


def test_it_goes_with_chosen_members(api, full):
    found = api.get("tickets/?expand=comments&fields=id,comments.results.body&sort=id").json()
    assert found["results"][0] == {
        "id": full[0].pk,
        "comments": {"results": [{"body": f"note {full[0].pk}"}, {"body": f"reply {full[0].pk}"}]},
    }
    for address in ("tickets/", f"tickets/{full[0].pk}/children/"):
        refused = api.get(f"{address}?fields=id,comments.results.body")
        assert fields_of(refused) == ["fields"]
        assert "expand=comments" in refused.json()["detail"]
    assert fields_of(api.get("tickets/?expand=comments&fields=comments.nothing")) == ["fields"]


def test_it_goes_with_pages_windows_and_typed_queries(api, full):
    past = timezone.now() - timedelta(minutes=1)
    Ticket.objects.update(updated_at=past, stored_at=past)
    for query in ("", "&updated_since=-1h", "&q=ticket sort:title"):
        page = api.get(f"tickets/?expand=comments&limit=1{query}").json()
        other = api.get(page["next"]).json()
        both = [*page["results"], *other["results"]]
        assert {one["id"] for one in both} == {ticket.pk for ticket in full}
        assert all(len(bodies(one)) == 2 for one in both)
    plain = api.get("tickets/?limit=1").json()["next"]
    assert api.get(f"{plain}&expand=comments").status_code == 200


def test_views_and_children_have_it_too(api, full):
    parent = make_ticket()
    actions.change_ticket(full[0], by=BY, parent=parent)
    view = SavedView.objects.create(name="All")
    for address in (f"tickets/{parent.pk}/children/", f"views/{view.pk}/tickets/"):
        shape = read(api, f"{address}?expand=comments")[full[0].pk]
        assert len(bodies(shape)) == 2
        assert fields_of(api.get(f"{address}?expand=words")) == ["expand"]
        assert fields_of(api.get(f"{address}?expnd=comments")) == ["expnd"]


@pytest.mark.parametrize("expand", ["words", "comments,", "", ",", "comments;attachments", "id"])
def test_what_cannot_be_expanded_is_refused(api, expand):
    assert fields_of(api.get("tickets/", data={"expand": expand})) == ["expand"]


@pytest.mark.parametrize(
    "address", ["users/", "tags/", "tickets/gone/", "jobs/", "views/", "reporting/tickets/"]
)
def test_other_lists_know_nothing_of_it(api, address):
    assert fields_of(api.get(f"{address}?expand=comments")) == ["expand"]


def test_as_xml(api, full):
    response = api.get("tickets/?expand=comments", headers={"Accept": "application/xml"})
    rows = fromstring(response.content).findall("results/item")
    words = [one.text for one in rows[0].findall("comments/results/item/body")]
    assert words == [f"note {full[1].pk}", f"reply {full[1].pk}"]


def test_the_document_tells_of_it(client):
    document = client.get("/api/v1/schema/").json()
    for path in ("tickets/", "tickets/{ref}/children/", "views/{ref}/tickets/"):
        said = document["paths"][f"/api/v1/{path}"]["get"]["parameters"]
        [expand] = [one for one in said if one["name"] == "expand"]
        assert f"first {FEW}" in expand["description"]
