"""Bodies to begin with, for the calls that people try first on the pages of the API."""

TEXT = "Text"  # where a word must be said; else the pages make one up, letter by letter
BODIES = {
    "tickets_create": {
        "title": "No sound",
        "body": "The speakers are plugged in.",
        "requester": {"email": "ann@example.com", "name": "Ann"},
    },
    "tickets_change": {"priority": "high"},
    "tickets_bulk": {
        "operation": "create",
        "items": [{"title": "No sound"}, {"title": "No light"}],
    },
    "comments_create": {"public": False, "body": "The cable is loose."},
    "users_create": {"email": "ann@example.com", "name": "Ann"},
    "webhooks_create": {
        "name": "Warehouse",
        "url": "https://warehouse.example/hook",
        "events": ["ticket.opened", "ticket.transitioned"],
    },
    "keys_create": {"name": "Warehouse", "all_queues": True, "scopes": ["tickets:read"]},
}


def put_examples(document: dict) -> None:
    """Put each body beside the description of its call, as JSON."""
    for methods in document["paths"].values():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {})
            body = BODIES.get(operation.get("operationId"))
            if body is not None:
                kind = "application/json"
                content[kind] = {**content[kind], "example": body}
