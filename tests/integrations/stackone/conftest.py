"""A vocabulary with every kind of custom field."""

import pytest

MAPS = {
    "custom": {
        "text": {"id": "note", "type": "text", "kind": "text"},
        "long": {"id": "story", "type": "text", "kind": "textarea"},
        "number": {"id": "weight", "type": "number", "kind": "number"},
        "url": {"id": "page", "type": "text", "kind": "url"},
        "date": {"id": "day", "type": "text", "kind": "date"},
        "toggle": {"id": "vip", "type": "boolean", "kind": "toggle"},
        "choice": {
            "id": "region",
            "type": "text",
            "kind": "choice",
            "options": {"o-1": "EU", "o-2": "US"},
        },
        "choices": {
            "id": "sites",
            "type": "list",
            "multiple": True,
            "kind": "choices",
            "options": {"o-3": "A", "o-4": "B"},
        },
        "people": {"id": "helpers", "type": "list", "kind": "people"},
        "email": {"id": "contact", "type": "text", "kind": "email"},
    },
    "people": {"ann@example.org": "user-ann", "bob@example.org": "user-bob"},
    "type": {"type-1": "Incident"},
    "type_out": {"Incident": "type-1"},
}


@pytest.fixture
def maps():
    return MAPS
