"""What is read: tickets, lists, comments, files, and what there is to choose."""

import base64
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Comment, Organisation, Team, Ticket, TicketType
from integrations.services.stackone.listing import ALLOWED
from tests.budget import statements
from tests.factories import (
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_queue,
    make_tag,
    make_ticket,
    make_user,
)
from tests.integrations.stackone.served.caller import BASE, NOWHERE, refused

pytestmark = pytest.mark.django_db
BY = system("rule")


def attach(ticket, name="log.txt", content=b"words", **options):
    kept = actions.keep_file(SimpleUploadedFile(name, content), by=BY)
    actions.attach(ticket, [kept], by=BY, **options)
    kept.refresh_from_db()
    return kept


def full_ticket(title="Full"):
    """With everything that a list has to look up."""
    ann, agent = make_user(), make_agent()
    company = Organisation.objects.create(name=f"Org of {title}")
    ticket = make_ticket(
        title,
        body="*Words*",
        body_format="markdown",
        requester=ann,
        assignee=agent,
        organisation=company,
        parent=make_ticket(f"Above {title}"),
        type=TicketType.objects.get(name="Incident"),
        tags=["vip"],
    )
    actions.follow(ticket, make_user(), by=BY, kind="reporter")
    actions.follow(ticket, make_agent(), by=BY, kind="co_assignee")
    return ticket


# Tickets -----------------------------------------------------------------------------------------


def test_a_ticket_is_shown_in_both_generations(api):
    ticket = full_ticket()
    queue = default_queue()
    shown = api.read(ticket)
    assert shown["id"] == shown["remote_id"] == str(ticket.uuid)
    assert shown["ticket_number"] == str(ticket.pk)
    assert shown["content"] == [{"plain": "*Words*", "html": "<p><em>Words</em></p>\n"}]
    assert shown["priority"] == {"id": "normal", "value": "medium", "source_value": "normal"}
    assert shown["status"]["type"] == {"value": "to-do", "source_value": "open"}
    assert [one["id"] for one in shown["projects"]] == shown["collections"] == [str(queue.uuid)]
    assert shown["type"]["name"] == "Incident"
    assert shown["type"]["project_id"] == shown["type"]["collection_id"] == str(queue.uuid)
    assert shown["organization"]["name"] == "Org of Full"
    assert shown["parent_id"] == shown["remote_parent_id"] == str(ticket.parent.uuid)
    assert shown["ticket_url"].endswith(f"/tickets/{ticket.pk}/")
    assert len(shown["reporters"]) == len(shown["assignees"]) == 2
    assert (shown["tags"], shown["closed_at"], shown["creator_id"]) == (["vip"], None, None)
    assert shown["updated_at"].endswith("Z") and len(shown["updated_at"]) == 24


def test_a_closed_ticket_says_when(api):
    ticket = make_ticket()
    api.change(ticket, status={"type": {"value": "closed"}})
    assert api.read(ticket)["closed_at"]


def test_a_parent_out_of_sight_is_not_named(api):
    ticket = make_ticket(parent=make_ticket(queue=make_queue("Secret")))
    assert api.read(ticket)["parent_id"] is None


def test_trash_and_other_queues_are_not_there(api):
    gone, hidden = make_ticket(), make_ticket(queue=make_queue("Secret"))
    actions.delete_ticket(gone, by=BY)
    for ticket in (gone, hidden):
        refused(api.get(f"/tickets/{ticket.uuid}"), 404)
    assert api.listed() == []


def test_chosen_members_alone_are_shown(api):
    ticket = full_ticket()
    shown = api.read(ticket, fields="id, title,status")
    assert set(shown) == {"id", "title", "status"}
    assert {name for one in api.listed(fields="remote_id") for name in one} == {"remote_id"}
    everything = ",".join(ALLOWED["ticket"])
    assert set(api.read(ticket, fields=everything)) == set(api.read(ticket))
    for fields in ("nothing", "id,requester__password", "assignee__password__startswith"):
        assert "fields" in refused(api.get(f"/tickets/{ticket.uuid}", fields=fields), 400)


def test_raw_is_added_where_it_is_wanted(api):
    ticket = make_ticket()
    body = api.get(f"/tickets/{ticket.uuid}", raw="true").json()
    assert body["raw"][0]["method"] == "GET" and body["raw"][0]["url"].endswith(str(ticket.uuid))
    assert body["raw"][0]["response"] == {"data": body["data"]}
    assert "raw" not in api.get(f"/tickets/{ticket.uuid}", raw="false").json()
    assert len(api.get("/tickets", raw="true").json()["raw"]) == 1
    assert "raw" in refused(api.get("/tickets", raw="yes"), 400)


def test_what_is_meant_for_a_provider_is_passed_over(api):
    more = {"proxy[a]": "b", "proxy[limit][x]": "9", "unknown": "1"}
    assert api.get("/tickets", **more).status_code == 200


@pytest.mark.parametrize(
    "parameters",
    [
        {"page_size": "0"},
        {"page_size": "-1"},
        {"page_size": "NaN"},
        {"page_size": "1e2"},
        {"page_size": "٣"},
        {"page": "0"},
        {"next": "x"},
        {"next": "~x"},
        {"next": "soon~x"},
        {"filter[updated_after]": "soon"},
        {"updated_after": "2026-13-01"},
        {"filter[status]": "open"},
        {"filter[assignee__password]": "x"},
    ],
)
@pytest.mark.parametrize("path", ["/tickets", "/users", "/ticket_types"])
def test_a_wrong_parameter_is_refused_by_its_name(api, path, parameters):
    [name] = parameters
    assert name in refused(api.get(path, **parameters), 400)


def test_a_list_is_paged_to_its_end(api):
    tickets = [make_ticket() for _ in range(7)]
    ids = [str(one.uuid) for one in tickets]
    for size in ("1", "3", "7", "500"):
        assert [one["id"] for one in api.listed(page_size=size)] == ids
    first = api.get("/tickets", page_size="7").json()
    assert first["next"] is None and len(first["data"]) == 7
    paged = [api.get("/tickets", page_size="3", page=str(n)).json()["data"] for n in (1, 2, 3, 4)]
    assert [one["id"] for page in paged for one in page] == ids
    assert paged[3] == []


def test_twenty_five_come_at_once_and_a_hundred_at_most(api):
    for _ in range(26):
        make_ticket()
    assert len(api.get("/tickets").json()["data"]) == 25
    assert len(api.get("/tickets", page_size="100000").json()["data"]) == 26


def test_a_ticket_that_changes_while_a_list_is_read_is_not_missed(api):
    first, *_rest = [make_ticket() for _ in range(4)]
    page = api.get("/tickets", page_size="2").json()
    actions.change_ticket(first, by=BY, priority="urgent")
    following, seen = page["next"], [one["id"] for one in page["data"]]
    while following:
        page = api.get("/tickets", page_size="2", next=following).json()
        seen += [one["id"] for one in page["data"]]
        following = page["next"]
    assert {str(one.uuid) for one in Ticket.objects.all()} <= set(seen)
    assert seen[-1] == str(first.uuid)


@pytest.mark.parametrize("name", ["filter[updated_after]", "updated_after"])
def test_what_changed_since_is_listed_and_a_cursor_keeps_the_filter(api, name):
    old = make_ticket()
    Ticket.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=2))
    new = [make_ticket() for _ in range(3)]
    since = (timezone.now() - timedelta(days=1)).isoformat()
    page = api.get("/tickets", page_size="2", **{name: since}).json()
    rest = api.get("/tickets", page_size="2", next=page["next"]).json()
    assert [one["id"] for one in page["data"] + rest["data"]] == [str(one.uuid) for one in new]
    make_comment(old, "A reply")
    assert str(old.uuid) in [one["id"] for one in api.listed(**{name: since})]


def test_reading_and_listing_cost_the_same_however_many_there_are(api):
    make_field("helpers", "people")
    ticket = full_ticket()
    with statements() as alone:
        api.read(ticket)
    with statements() as one:
        api.listed()
    for number in range(5):
        full_ticket(f"Full {number}")
    with statements() as many:
        api.listed()
    assert len(many) == len(one) <= 12, "\n".join(many)
    assert len(alone) <= 11, "\n".join(alone)


# Comments ----------------------------------------------------------------------------------------


def test_replies_are_listed_and_notes_never(api):
    ticket, ann = make_ticket(), make_user("Ann")
    first = make_comment(ticket, "Still *broken*", format="markdown", author=ann)
    note = make_comment(ticket, "A nuisance", public=False)
    second = make_comment(ticket, "We look into it")
    path = f"/tickets/{ticket.uuid}/comments"
    said = api.listed(path, page_size="1")
    assert [one["id"] for one in said] == [str(first.uuid), str(second.uuid)]
    assert said[0]["content"][0]["plain"] == "Still *broken*"
    assert said[0]["content"][0]["html"] == "<p>Still <em>broken</em></p>\n"
    assert [one["internal"] for one in said] == [False, False]
    assert said[0]["user_id"] == str(ann.uuid) and said[1]["user_id"] is None
    assert said[0]["ticket_id"] == said[0]["remote_ticket_id"] == str(ticket.uuid)
    assert api.one(f"{path}/{first.uuid}") == said[0]
    refused(api.get(f"{path}/{note.uuid}"), 404)
    refused(api.get(f"/tickets/{make_ticket().uuid}/comments/{first.uuid}"), 404)


def test_comments_are_listed_since_they_changed(api):
    ticket = make_ticket()
    old, edited = make_comment(ticket, "Old"), make_comment(ticket, "Edited")
    long_ago = timezone.now() - timedelta(days=2)
    Comment.objects.filter(ticket=ticket).update(happened_at=long_ago)
    actions.edit_comment(edited, by=BY, body="Edited since")
    since = (timezone.now() - timedelta(days=1)).isoformat()
    found = api.listed(f"/tickets/{ticket.uuid}/comments", **{"filter[updated_after]": since})
    assert [one["id"] for one in found] == [str(edited.uuid)] and old


def test_a_cursor_is_good_for_its_own_list_alone(api):
    one, other = make_ticket(), make_ticket()
    for ticket in (one, other):
        make_comment(ticket, "a")
        make_comment(ticket, "b")
    cursor = api.get(f"/tickets/{one.uuid}/comments", page_size="1").json()["next"]
    for path in (f"/tickets/{other.uuid}/comments", "/tickets", "/users", "/ticket_types"):
        assert "next" in refused(api.get(path, next=cursor), 400)
    ours = api.get("/tickets", page_size="1").json()["next"]
    assert "next" in refused(api.get("/ticket_types", next=ours), 400)


# Files -------------------------------------------------------------------------------------------


def test_files_are_listed_and_handed_out(api):
    ticket = make_ticket()
    content = bytes(range(256)) * 1000
    kept = attach(ticket, 'résumé "1".PDF', b"%PDF-1.4\n" + content)
    path = f"/tickets/{ticket.uuid}/attachments"
    [listed] = api.listed(path)
    one = api.one(f"{path}/{kept.uuid}")
    unsigned = {"file_url": ""}  # signed anew at each second
    assert listed | unsigned == one | unsigned
    assert listed["file_name"] == kept.name and listed["size"] == len(content) + 9
    assert listed["file_format"] == {"value": "pdf", "source_value": kept.content_type}
    for said in (listed, one):
        assert api.http.get(said["file_url"]).status_code == 200
    answer = api.get(f"{path}/{kept.uuid}/download")
    assert b"".join(answer.streaming_content) == b"%PDF-1.4\n" + content
    assert answer["Content-Type"] == kept.content_type
    assert answer["Content-Length"] == str(len(content) + 9)
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 3 * 64 * 1024, 500_001])
def test_a_file_is_handed_out_in_base64(api, size):
    ticket = make_ticket()
    content = bytes(n % 251 for n in range(size))
    kept = attach(ticket, "a.bin", content)
    path = f"/tickets/{ticket.uuid}/attachments/{kept.uuid}/download"
    answer = api.get(path, format="base64")
    told = b"".join(answer.streaming_content)
    assert base64.b64decode(told, validate=True) == content
    assert answer["Content-Length"] == str(len(told)) and "a.bin" in answer["Content-Disposition"]


def test_a_file_has_no_other_format(api):
    ticket = make_ticket()
    kept = attach(ticket)
    path = f"/tickets/{ticket.uuid}/attachments/{kept.uuid}/download"
    assert api.get(path, export_format=kept.content_type).status_code == 200
    refused(api.get(path, export_format="application/pdf"), 501)
    assert "format" in refused(api.get(path, format="hex"), 400)
    link = actions.keep_link("https://files.example/a.pdf", by=BY, name="Contract")
    actions.attach(ticket, [link], by=BY)
    path = f"/tickets/{ticket.uuid}/attachments/{link.uuid}"
    assert api.one(path)["file_url"] == "https://files.example/a.pdf"
    assert api.one(path)["file_format"]["source_value"] == "text/uri-list"
    assert "file_url" in refused(api.get(f"{path}/download"), 501)


def test_files_of_notes_and_of_other_tickets_are_not_there(api):
    ticket = make_ticket()
    kept = actions.keep_file(SimpleUploadedFile("secret.txt", b"x"), by=BY)
    make_comment(ticket, "A note", public=False, attachments=[kept])
    elsewhere = attach(make_ticket())
    path = f"/tickets/{ticket.uuid}/attachments"
    assert api.listed(path) == []
    for one in (kept, elsewhere):
        refused(api.get(f"{path}/{one.uuid}"), 404)
        refused(api.get(f"{path}/{one.uuid}/download"), 404)


def test_a_file_whose_content_is_gone_is_not_there(api):
    ticket = make_ticket()
    kept = attach(ticket)
    kept.file.storage.delete(kept.file.name)
    refused(api.get(f"/tickets/{ticket.uuid}/attachments/{kept.uuid}/download"), 404)


# What there is to choose -------------------------------------------------------------------------


def test_users_are_those_who_are_met_here(api):
    agent, stranger = make_agent("Alex Wilber"), make_user("Stranger")
    ann = make_user("Ann Lee")
    make_ticket(requester=ann)
    make_ticket(queue=make_queue("Secret"), requester=stranger)
    listed = {one["name"]: one for one in api.listed("/users", page_size="1")}
    assert set(listed) == {"Alex Wilber", "Ann Lee"}
    assert listed["Alex Wilber"]["type"]["value"] == "agent"
    assert listed["Ann Lee"]["type"]["value"] == "contact"
    assert (listed["Ann Lee"]["first_name"], listed["Ann Lee"]["last_name"]) == ("Ann", "Lee")
    assert listed["Ann Lee"]["primary_email"] == ann.email
    assert api.one(f"/users/{agent.uuid}") == listed["Alex Wilber"]
    refused(api.get(f"/users/{stranger.uuid}"), 404)
    refused(api.get(f"/users/{NOWHERE}"), 404)


def test_types_are_listed_with_their_project(api):
    queue = default_queue()
    listed = api.listed("/ticket_types")
    assert [one["name"] for one in listed] == [one.name for one in TicketType.objects.all()]
    assert listed == api.listed(f"/projects/{queue.uuid}/ticket_types", page_size="1")
    assert api.one(f"/ticket_types/{listed[0]['id']}") == listed[0]
    refused(api.get(f"/ticket_types/{NOWHERE}"), 404)
    refused(api.get(f"/projects/{make_queue('Secret').uuid}/ticket_types"), 404)


def test_the_queue_is_a_project_and_a_collection(api):
    queue, other = default_queue(), make_queue("Secret")
    [project] = api.listed("/projects")
    assert (project["id"], project["name"]) == (str(queue.uuid), queue.name)
    [collection] = api.listed("/collections")
    assert (collection["id"], collection["key"]) == (str(queue.uuid), queue.slug)
    for kind, item in (("projects", project), ("collections", collection)):
        assert api.one(f"/{kind}/{queue.slug}") == item
        refused(api.get(f"/{kind}/{other.uuid}"), 404)


def test_the_teams_of_the_queue_are_its_components(api):
    team, other = Team.objects.create(name="Printers"), Team.objects.create(name="Others")
    default_queue().teams.add(team)
    path = f"/projects/{default_queue().uuid}/components"
    listed = {one["name"]: one for one in api.listed(path)}
    component = listed["Printers"]
    assert component["project_id"] == str(default_queue().uuid) and "Others" not in listed
    assert api.one(f"{path}/{team.uuid}") == component
    refused(api.get(f"{path}/{other.uuid}"), 404)


def test_the_statuses_of_a_ticket_are_listed(api):
    ticket = make_ticket()
    listed = {one["name"]: one for one in api.listed(f"/tickets/{ticket.uuid}/statuses")}
    assert listed["Waiting"]["type"] == {"value": "in-progress", "source_value": "waiting"}
    assert listed["Resolved"]["type"]["value"] == listed["Closed"]["type"]["value"] == "closed"
    assert api.read(ticket)["status"] == listed["Open"]
    refused(api.get(f"/tickets/{NOWHERE}/statuses"), 404)


def test_every_list_knows_its_members(api):
    """What a list shows may be chosen, and what may be chosen is shown."""
    ticket, queue = full_ticket(), default_queue()
    make_comment(ticket, "a")
    attach(ticket)
    team = Team.objects.create(name="Printers")
    queue.teams.add(team)
    make_tag("vip2")
    for path, kind in {
        "/tickets": "ticket",
        f"/tickets/{ticket.uuid}/comments": "comment",
        f"/tickets/{ticket.uuid}/attachments": "attachment",
        f"/tickets/{ticket.uuid}/statuses": "status",
        "/users": "user",
        "/ticket_types": "type",
        "/projects": "project",
        f"/projects/{queue.uuid}/components": "component",
        "/collections": "collection",
    }.items():
        shown = {name for one in api.listed(path) for name in one}
        assert shown <= set(ALLOWED[kind]), (path, shown - set(ALLOWED[kind]))
        chosen = api.listed(path, fields=",".join(ALLOWED[kind]))
        assert set(chosen[0]) == set(ALLOWED[kind])


def test_head_answers_without_a_body(api):
    answer = api.http.head(f"{BASE}/tickets", headers=api.headers)
    assert answer.status_code == 200 and answer.content == b""
