import pytest

from tests.integrations.mirror.conftest import settle

__all__ = ["settle"]  # as a fixture

MAPS = {
    "custom": {
        "text": {"id": "their_text", "type": "text", "kind": "text"},
        "number": {"id": "their_number", "type": "number", "kind": "number"},
        "date": {"id": "their_date", "type": "text", "kind": "date"},
        "toggle": {"id": "their_toggle", "type": "boolean", "kind": "toggle"},
        "choice": {
            "id": "their_choice",
            "type": "text",
            "kind": "choice",
            "options": {"red": "Rot", "blue": "Blau"},
        },
        "choices": {
            "id": "their_choices",
            "type": "list",
            "multiple": True,
            "kind": "choices",
            "options": {"s": "Small", "m": "Medium"},
        },
        "people": {"id": "their_people", "type": "list", "kind": "people"},
    },
    "people": {"ann@example.org": "u-ann", "bob@example.org": "u-bob"},
    "tags": {"vip": "t-1"},
    "status": {"On hold": "waiting"},
    "status_out": {"waiting": "On hold"},
    "priority": {"Blocker": "urgent"},
    "type": {"Bug": "Incident"},
    "type_out": {"Incident": "Bug"},
}


@pytest.fixture
def maps():
    return MAPS
