import pytest

MAPS = {
    "custom": {
        "text": {"id": "g-text", "type": "text", "kind": "text"},
        "long": {"id": "g-long", "type": "textarea", "kind": "textarea"},
        "number": {"id": "g-number", "type": "text", "kind": "number"},
        "url": {"id": "g-url", "type": "text", "kind": "url"},
        "date": {"id": "g-date", "type": "date", "kind": "date"},
        "toggle": {"id": "g-toggle", "type": "toggle", "kind": "toggle"},
        "choice": {
            "id": "g-choice",
            "type": "list",
            "kind": "choice",
            "options": {"red": "o-1", "blue": "o-2"},
        },
        "choices": {
            "id": "g-choices",
            "type": "list",
            "multiple": True,
            "kind": "choices",
            "options": {"s": "o-3", "m": "o-4", "l": "o-5"},
        },
        "people": {"id": "g-people", "type": "peoplepicker", "kind": "people"},
        "email": {"id": "g-email", "type": "emailpicker", "kind": "email"},
    },
    "people": {"ann@example.org": "id-ann"},
    "tags": {"vip": "cat-1"},
    "tag_category": "cat-9",
}


@pytest.fixture
def maps():
    return MAPS
