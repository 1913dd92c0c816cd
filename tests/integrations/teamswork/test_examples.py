"""The example payloads of the service's documentation, as they are sent."""

import json
from pathlib import Path

import pytest

from integrations.services.teamswork import comments, values, wire

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT.parent / "shared" / "services" / "examples"
pytestmark = pytest.mark.shared
TYPES = {
    "146db0c4-de24-4818-a131-a27161bb7ad0": ("people", "peoplepicker"),
    "fef751d6-067d-431b-8a6d-667056eff6ee": ("choices", "list"),
    "4aad4ef9-3242-4bb6-87f7-29428567429f": ("textarea", "textarea"),
    "7670050a-cf1a-4d3d-8179-5eba888dea5f": ("text", "text"),
    "862bd88d-f691-4a7b-a89a-f6f48550fc27": ("toggle", "toggle"),
    "5b9f56bc-ec6a-45a3-b7ce-c25e1d8cfd69": ("choice", "list"),
    "7ee98e41-c4d0-4d4c-beb9-2b7f8f8c35c8": ("date", "date"),
    "dcd58c80-xxxx-xxxx-xxxx-xxxxxxxxxxxxxxx": ("people", "peoplepicker"),
}
MAPS = {
    "custom": {
        f"{kind}_{number}": {"id": identity, "kind": kind, "type": theirs}
        for number, (identity, (kind, theirs)) in enumerate(TYPES.items())
    }
}


def example(name: str) -> dict:
    return json.loads((EXAMPLES / f"teamswork-{name}.json").read_text())


def test_the_smallest_create_is_understood():
    read = wire.read_ticket_body(example("create"), MAPS)

    assert read["title"] == "My first ticket"
    assert read["requester"]["email"] == "john.doe@teamswork.app"


def test_the_fullest_create_is_understood():
    read = wire.read_ticket_body(example("create-full"), MAPS)

    assert read["priority"] == "urgent" and read["tags"] == ["sdsad", "my tag"]
    assert read["due_at"] == "2023-07-26T17:00:00+00:00"
    assert read["body"] == "ticket description\nline 1\nline 2"
    assert read["custom"]["choice_5"] == "f72541a9-c964-4c81-bc1a-4f1f2d948416"
    assert len(read["custom"]["choices_1"]) == 2
    assert read["custom"]["toggle_4"] is True and read["custom"]["date_6"] == "2023-07-26"
    assert read["custom"]["people_0"][0]["name"] == "Allan Deyoung"


def test_an_update_a_status_and_a_comment_are_understood():
    update = wire.read_ticket_body(example("update"), MAPS)
    status = wire.read_status_body(example("status"))
    comment = comments.read_comment_body(example("comment"))

    assert update["title"] == "My 2nd ticket" and update["assignee"]["name"] == "Alex Wilber"
    assert status == {
        "status": "resolved",
        "resolution": "fixed",
        "resolution_comment": "Great job!",
    }
    assert comment.public and comment.body == "comment from API"
    assert values.read_actor(example("comment")).name == "Jason Doe"
