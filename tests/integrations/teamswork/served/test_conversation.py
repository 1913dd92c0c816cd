"""Comments and activities."""

import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Change, Comment, User
from tests.factories import (
    make_agent,
    make_comment,
    make_ticket,
    make_user,
)
from tests.integrations.teamswork.served.caller import USER, refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["comments", "activities"])
def test_a_comment_is_added_by_both_paths(api, path):
    item = api.create()
    body = {"comment": "comment from API", "user": USER}
    answer = api.post(f"/tickets/{item['id']}/{path}", body)
    added = answer.json()["item"]
    assert answer.status_code == 201 and answer.json()["error"] is False
    assert added["comment"] == "comment from API" and added["user"] == USER
    assert (added["ticketId"], added["ticketNo"]) == (item["id"], item["ticketNo"])
    comment = Comment.objects.get(uuid=added["activityId"])
    assert comment.public and comment.author_name == "Jason Doe"
    assert comment.author == User.objects.get(email=USER["email"])
    assert Change.objects.get(comment=comment).person_name == "Jason Doe via Ledger"
    after = api.get(f"/tickets/{item['id']}").json()["item"]
    assert after["lastUpdatedOn"] > item["lastUpdatedOn"]


def test_a_customers_comment_opens_a_resolved_ticket_again(api):
    item = api.create()
    path = f"/tickets/{item['id']}"
    api.put(f"{path}/status", {"status": "Resolved", "user": USER})
    api.post(f"{path}/comments", {"comment": "Still broken", "user": USER})
    assert api.get(path).json()["item"]["status"] == "Reopened"


def test_an_agent_of_elsewhere_answers_without_opening_it_again(api):
    item = api.create()
    path = f"/tickets/{item['id']}"
    api.put(f"{path}/status", {"status": "Resolved", "user": USER})
    far = {"id": "7", "name": "Far Agent", "email": "far@elsewhere.example"}
    added = api.post(f"{path}/comments", {"comment": "Glad to hear", "user": far}).json()["item"]
    assert api.get(path).json()["item"]["status"] == "Resolved"
    comment = Comment.objects.get(uuid=added["activityId"])
    assert (comment.author, comment.author_name) == (None, "Far Agent")
    assert not User.objects.filter(email=far["email"]).exists()
    assert added["user"] == far
    assert api.get(f"{path}/activities").json()["items"][0]["createdBy"] == far


def test_a_comment_in_the_name_of_an_agent_is_shown_as_his(api):
    agent = make_agent("Alex Wilber")
    item = api.create()
    who = {"id": "1", "name": "Alex", "email": agent.email}
    api.post(f"/tickets/{item['id']}/comments", {"comment": "Hello", "user": who})
    comment = Comment.objects.get()
    assert (comment.author, comment.author_name, comment.origin) == (
        agent,
        "Alex",
        "compat:teamswork",
    )
    assert Change.objects.get(comment=comment).person is None


def test_a_private_comment_is_a_note_and_stays_private(api):
    item = api.create()
    path = f"/tickets/{item['id']}/activities"
    api.post(path, {"comment": "Between us", "isPrivate": True, "user": USER})
    assert Comment.objects.get().public is False
    [activity] = api.get(path).json()["items"]
    assert activity["isPrivate"] is True and activity["comment"] == "Between us"


def test_our_own_internal_notes_are_never_shown(api):
    ticket = make_ticket("Printer")
    note = make_comment(ticket, "The customer is a nuisance", public=False)
    make_comment(ticket, "We look into it")
    path = f"/tickets/{ticket.uuid}"
    activities = api.get(f"{path}/activities", include="comment_HTML").json()
    assert [item["comment"] for item in activities["items"]] == ["We look into it"]
    assert activities["itemCount"] == 1
    assert api.get("/tickets", search="nuisance").json()["items"] == []
    refused(api.get(f"/tickets/activity/{note.uuid}/attachments"), 404)
    assert "nuisance" not in json.dumps(api.get(path).json())


def test_a_file_of_an_internal_note_is_not_listed(api):
    ticket = make_ticket()
    upload = SimpleUploadedFile("secret.txt", b"internal")
    by = system("rule")
    make_comment(ticket, "See file", public=False, attachments=[actions.keep_file(upload, by=by)])
    assert api.get(f"/tickets/{ticket.uuid}/attachments").json()["items"] == []


def test_activities_mix_comments_and_changes_newest_first_and_page(api):
    item = api.create()
    path = f"/tickets/{item['id']}"
    api.post(f"{path}/comments", {"comment": "First", "user": USER})
    api.change(item["id"], priority="Urgent", title="New title", tags=["x"])
    api.put(f"{path}/status", {"status": "Resolved", "comment": "Done", "user": USER})
    body = api.get(f"{path}/activities").json()
    resolved, changed, said = body["items"]
    assert body["itemCount"] == 3 and "continuationToken" not in body
    assert {"name": "status", "oldValue": "Open", "newValue": "Resolved"} in resolved["changes"]
    assert resolved["comment"] == "Done"
    assert {"name": "priority", "oldValue": "Medium", "newValue": "Urgent"} in changed["changes"]
    assert {"name": "title", "oldValue": "A ticket", "newValue": "New title"} in changed["changes"]
    assert (said["comment"], said["changes"], said["createdBy"]) == ("First", [], USER)
    assert "comment_HTML" not in said
    seen, token = [], ""
    while True:
        headers = {"continuationToken": token} if token else {}
        page = api.get(f"{path}/activities", headers=headers, limit=1).json()
        seen += [one["id"] for one in page["items"]]
        if not (token := page.get("continuationToken", "")):
            break
    assert seen == [one["id"] for one in body["items"]]
    other = make_ticket()
    headers = {"continuationToken": api.get("/tickets", limit=1).json()["continuationToken"]}
    assert api.get(f"/tickets/{other.uuid}/activities", headers=headers).status_code in (400, 404)


def test_activities_cost_the_same_whatever_their_number(api, django_assert_max_num_queries):
    ticket = make_ticket()
    for number in range(12):
        make_comment(ticket, f"Comment {number}", author=make_user())
    api.get(f"/tickets/{ticket.uuid}/activities")
    with django_assert_max_num_queries(10) as short:
        api.get(f"/tickets/{ticket.uuid}/activities", limit=1)
    with django_assert_max_num_queries(len(short)):
        body = api.get(f"/tickets/{ticket.uuid}/activities", limit=12).json()
        assert len(body["items"]) == 12


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"user": USER}, "comment"),
        ({"comment": "", "user": USER}, "comment"),
        ({"comment": ["x"], "user": USER}, "comment"),
        ({"comment": "x" * 200_001, "user": USER}, "characters"),
        ({"comment": "x", "isPrivate": "perhaps", "user": USER}, "isPrivate"),
        ({"comment": "x"}, "user"),
        ({"comment": "x", "user": {}}, "user"),
    ],
)
def test_a_comment_that_cannot_be_understood_is_refused(api, body, words):
    item = api.create()
    assert words in refused(api.post(f"/tickets/{item['id']}/activities", body), 400)
    assert not Comment.objects.exists()


def test_the_same_origin_adds_one_comment(api):
    item = api.create()
    origin = f"{uuid.uuid4()}/{uuid.uuid4()}/{uuid.uuid4()}/{uuid.uuid4()}"
    path, body = f"/tickets/{item['id']}/comments", {"comment": "Once", "user": USER}
    headers = {"Helpdesk-Origin": origin}
    first = api.post(path, body, headers=headers).json()["item"]
    second = api.post(path, {**body, "comment": "Twice"}, headers=headers).json()["item"]
    assert first == second and Comment.objects.count() == 1
    api.post(path, body, headers={"Helpdesk-Origin": origin.rpartition("/")[0]})
    api.post(path, body, headers={"Helpdesk-Origin": origin.rpartition("/")[0]})
    assert Comment.objects.count() == 3
