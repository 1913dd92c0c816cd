"""Workspaces, folders and custom fields of our Onna endpoint."""

import pytest

from helpdesk.models import Ticket
from integrations.gateway import folders
from integrations.models import Record
from integrations.services.onna import layout
from tests.factories import default_queue, make_queue
from tests.integrations.onna.caller import Caller, refused, ticket_of

pytestmark = pytest.mark.django_db


def new_folder(api, parent=None, name="Mine") -> str:
    answer = api.post("/folders", {"name": name, "onna_parent_id": parent or api.folder})
    assert answer.status_code == 201, answer.content
    return answer.json()["onna_id"]


def test_every_key_has_a_workspace_and_a_folder(api):
    [workspace] = api.get("/workspaces").json()["items"]
    assert workspace == {
        "onna_id": layout.default_workspace(api.key.uuid),
        "name": default_queue().name,
    }
    folder = api.get(f"/folders/{api.folder}").json()
    assert folder == {"onna_id": api.folder, "name": default_queue().name}


def test_a_workspace_is_made_read_changed_and_deleted(api):
    said = {"name": "Mine", "description": "Of mine", "tags": ["x"]}
    made = api.post("/workspaces", said)
    identity = made.json()["onna_id"]
    assert made.status_code == 201 and identity.startswith("ws") and len(identity) == 32
    read = api.get(f"/workspaces/{identity}").json()
    assert {name: read[name] for name in said} == said
    assert read["creation_datetime"] == read["modification_datetime"]
    answer = api.call("PATCH", f"/workspaces/{identity}", {"name": "Ours"})
    assert (answer.status_code, answer.content) == (204, b"")
    after = api.get(f"/workspaces/{identity}").json()
    assert (after["name"], after["tags"]) == ("Ours", ["x"])
    assert after["modification_datetime"] > read["modification_datetime"]
    assert api.call("DELETE", f"/workspaces/{identity}").status_code == 204
    refused(api.get(f"/workspaces/{identity}"), 404)


def test_a_folder_is_renamed_and_deleted_with_all_that_lies_in_it(api):
    outer = new_folder(api)
    inner = new_folder(api, outer)
    assert api.call("PATCH", f"/folders/{inner}", {"name": "Ours"}).status_code == 204
    assert api.get(f"/folders/{inner}").json() == {"onna_id": inner, "name": "Ours"}
    kept = api.create()
    gone = api.create(onna_parent_id=inner)
    assert api.call("DELETE", f"/folders/{outer}").status_code == 204
    for path in (f"/folders/{outer}", f"/folders/{inner}", f"/resources/tickets/{gone}"):
        refused(api.get(path), 404)
    assert api.read(kept)["onna_parent_id"] == api.folder


def test_a_workspace_takes_its_folders_along(api):
    workspace = api.post("/workspaces", {"name": "Mine"}).json()["onna_id"]
    folder = new_folder(api, workspace)
    assert api.call("DELETE", f"/workspaces/{workspace}").status_code == 204
    refused(api.get(f"/folders/{folder}"), 404)


def test_the_first_folder_and_workspace_stay(api):
    workspace = layout.default_workspace(api.key.uuid)
    for path in (f"/folders/{api.folder}", f"/workspaces/{workspace}"):
        assert "stays" in refused(api.call("DELETE", path), 403)


def test_a_folder_with_many_tickets_is_not_deleted_at_once(api, monkeypatch):
    monkeypatch.setattr(layout, "MOST_AT_ONCE", 1)
    folder = new_folder(api)
    for ref in ("1", "2"):
        api.create(onna_parent_id=folder, ref=ref)
    assert "More than 1" in refused(api.call("DELETE", f"/folders/{folder}"), 422)
    assert Ticket.objects.filter(deleted_at=None).count() == 2


def test_lists_come_in_pages(api, monkeypatch):
    monkeypatch.setattr(layout, "PAGE", 2)
    for number in range(4):
        api.post("/workspaces", {"name": f"W{number}"})
    names, cursor = [], ""
    while True:
        page = api.get("/workspaces", **({"cursor": cursor} if cursor else {})).json()
        names += [item["name"] for item in page["items"]]
        if not (cursor := page.get("cursor", "")):
            break
    assert len(names) == 5 and names[-4:] != [] and {"W0", "W1", "W2", "W3"} < set(names)


@pytest.mark.parametrize("cursor", ["x", "2022-02-22T11:11:11.12345", "a:b:c"])
def test_a_wrong_cursor_is_refused(api, cursor):
    refused(api.get("/workspaces", cursor=cursor), 422)


def test_custom_fields_belong_to_workspaces(api):
    made = api.post("/customFields", {"name": "Matter", "type": "text"})
    field = made.json()["onna_id"]
    assert made.status_code == 201 and field.startswith("cf-")
    assert api.get("/customFields").json() == {"items": [{"onna_id": field, "name": "Matter"}]}
    path = f"/workspaces/{layout.default_workspace(api.key.uuid)}/customFields"
    assert api.get(path).json()["items"] == [{"onna_id": field, "name": "Matter", "value": ""}]
    assert api.call("PATCH", f"{path}/{field}", {"value": "A-7"}).status_code == 204
    assert api.get(f"{path}/{field}").json()["value"] == "A-7"
    refused(api.get(f"{path}/cf-000000000"), 404)


@pytest.mark.parametrize("part", ["workspaces", "folders"])
def test_what_another_key_has_is_not_there(api, part):
    other = Caller()
    identity = {
        "workspaces": layout.default_workspace(other.key.uuid),
        "folders": other.folder,
    }[part]
    assert other.get(f"/{part}/{identity}").status_code == 200
    for method in ("GET", "PATCH", "DELETE"):
        body = {"name": "x"} if method == "PATCH" else None
        refused(api.call(method, f"/{part}/{identity}", body), 404)
    assert api.post("/folders", {"name": "x", "onna_parent_id": identity}).status_code == 404


@pytest.mark.parametrize(
    "said", [{}, {"name": 1}, {"name": "x", "tags": "y"}, {"name": "x", "tags": ["y"] * 10_001}]
)
def test_a_wrong_workspace_is_refused(api, said):
    refused(api.post("/workspaces", said), 422)


# The queue of a folder ---------------------------------------------------------------------------


def point(api, folder: str, queue) -> None:
    folders.point(Record.objects.get(kind=folders.KIND, name=folder, key=api.key), queue)


def test_a_folder_can_lead_to_another_queue_of_the_key():
    home, other = make_queue("Home"), make_queue("Other")
    api = Caller(queues=[home, other], home_queue=home)
    folder = new_folder(api)
    point(api, folder, other)
    first, second = api.create(), api.create(onna_parent_id=folder)
    assert (ticket_of(first).queue, ticket_of(second).queue) == (home, other)
    assert api.read(second)["onna_parent_id"] == folder
    assert api.create(onna_parent_id=folder, name="New") == second
    point(api, folder, None)
    refused(api.get(f"/resources/tickets/{second}"), 404)


def test_a_folder_leads_to_no_queue_that_the_key_does_not_reach():
    home, other = make_queue("Home"), make_queue("Other")
    api = Caller(queues=[home], home_queue=home)
    folder = new_folder(api)
    with pytest.raises(Exception, match="does not reach"):
        point(api, folder, other)
    api.key.queues.add(other)
    point(api, folder, other)
    api.key.queues.remove(other)
    assert ticket_of(api.create(onna_parent_id=folder)).queue == home
