"""Links and files."""

import json
import uuid
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk.models import Comment
from tests.factories import (
    make_key,
)
from tests.integrations.teamswork.served.caller import BASE, USER, Caller, one, refused

pytestmark = pytest.mark.django_db


def upload(api, identity: str, headers=None, **parts):
    files = parts.pop("files", [SimpleUploadedFile("log.txt", b"one line")])
    data = {"files": files, "user": json.dumps(USER), **parts}
    path = f"{BASE}/tickets/{identity}/attachments?key={api.secret}"
    return Client().post(path, data, headers=headers or {})


def test_files_are_added_listed_and_fetched_without_a_key(api):
    item = api.create()
    files = [SimpleUploadedFile("a.txt", b"aaa"), SimpleUploadedFile("b.zip", b"PK\x03\x04")]
    answer = upload(api, item["id"], files=files)
    assert answer.status_code == 201, answer.content
    assert [one["filename"] for one in answer.json()["items"]] == ["a.txt", "b.zip"]
    listed = api.get(f"/tickets/{item['id']}/attachments").json()["items"]
    by_name = {one["filename"]: one for one in listed}
    assert by_name["b.zip"]["isArchive"] and not by_name["a.txt"]["isHyperlink"]
    fetched = Client().get(by_name["a.txt"]["src"])
    assert b"".join(fetched.streaming_content) == b"aaa"
    assert fetched["Content-Disposition"].startswith("attachment")
    assert fetched["Content-Type"] == "application/octet-stream"
    assert api.secret not in by_name["a.txt"]["src"]
    assert api.get(f"/tickets/{item['id']}").json()["item"]["lastUpdatedOn"] > item["lastUpdatedOn"]
    [activity] = api.get(f"/tickets/{item['id']}/activities").json()["items"]
    assert len(activity["attachments"]) == 2
    of_activity = api.get(f"/tickets/activity/{activity['id']}/attachments").json()["items"]
    assert {one["id"] for one in of_activity} == {one["id"] for one in listed}


def test_a_file_address_is_worth_nothing_once_the_key_is(api):
    key, secret = make_key()
    api = Caller(secret)
    item = api.create()
    [file] = upload(api, item["id"]).json()["items"]
    assert Client().get(file["src"]).status_code == 200
    assert Client().get(file["src"][:-3]).status_code == 404
    key.revoked_at = datetime(2020, 1, 1, tzinfo=UTC)
    key.save()
    assert Client().get(file["src"]).status_code == 404


def test_files_with_a_comment_belong_to_it(api):
    item = api.create()
    answer = upload(api, item["id"], comment="See the log", isPrivate="true")
    comment = Comment.objects.get()
    assert answer.status_code == 201 and not comment.public
    assert comment.attachments.get().public is False
    files = api.get(f"/tickets/activity/{comment.uuid}/attachments").json()["items"]
    assert [one["id"] for one in files] == [one["id"] for one in answer.json()["items"]]


def test_links_are_added_as_json(api):
    item = api.create()
    link = {"src": "https://files.example/a.pdf", "caption": "The contract"}
    body = {"attachments": [link], "comment": "Look", "user": USER}
    [file] = api.post(f"/tickets/{item['id']}/attachments", body).json()["items"]
    assert (file["src"], file["caption"], file["isHyperlink"]) == (
        link["src"],
        link["caption"],
        True,
    )
    assert Comment.objects.get().body == "Look"


def test_the_same_origin_adds_files_once(api):
    item = api.create()
    headers = {"Helpdesk-Origin": "/".join(str(uuid.uuid4()) for _ in range(4))}
    first = upload(api, item["id"], headers=headers).json()["items"]
    second = upload(api, item["id"], headers=headers)
    assert second.status_code == 201
    assert [one["id"] for one in second.json()["items"]] == [one["id"] for one in first]
    assert one(item).attachments.count() == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"user": USER}, "attachments"),
        ({"attachments": [], "user": USER}, "attachments"),
        ({"attachments": ["x"], "user": USER}, "attachments"),
        ({"attachments": [{"src": "javascript:alert(1)"}], "user": USER}, "attachments"),
        ({"attachments": [{"src": "https://"}], "user": USER}, "attachments"),
        ({"attachments": [{"src": "https://a.example"}]}, "user"),
        ({"attachments": [{"src": "https://a.example"}], "comment": 7, "user": USER}, "comment"),
    ],
)
def test_a_link_that_cannot_be_understood_is_refused(api, body, words):
    item = api.create()
    assert words in refused(api.post(f"/tickets/{item['id']}/attachments", body), 400)
    assert not one(item).attachments.exists()


def test_a_form_without_files_or_user_is_refused(api, settings):
    item = api.create()
    assert "files" in refused(upload(api, item["id"], files="no file"), 400)
    assert "user" in refused(upload(api, item["id"], user="Jason"), 400)
    settings.MAX_UPLOAD_MB = 1
    large = SimpleUploadedFile("a.bin", b"0" * (1024 * 1024 + 10))
    assert "1 MB" in refused(upload(api, item["id"], files=[large]), 400)
    larger = SimpleUploadedFile("a.bin", b"0" * (2 * 1024 * 1024 + 10))
    assert "1 MB" in refused(upload(api, item["id"], files=[larger]), 413)
