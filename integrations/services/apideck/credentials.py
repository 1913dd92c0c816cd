"""What a client of Apideck's API, served by us, is told."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from integrations.gateway.credentials import Issued


def credentials_of(issued: Issued) -> dict[str, str]:
    """Application and consumer may be anything; the collection is the home queue."""
    return {
        "base_url": issued.root,
        "api_key": issued.secret,
        "app_id": "helpdesk",
        "consumer_id": issued.queue.slug,
        "collection_id": str(issued.queue.uuid),
    }


def curl_line(said: Mapping[str, str]) -> str:
    collection = f"{said['base_url']}/issue-tracking/collections/{said['collection_id']}"
    headers = {
        "Authorization": f"Bearer {said['api_key']}",
        "x-apideck-app-id": said["app_id"],
        "x-apideck-consumer-id": said["consumer_id"],
    }
    shown = [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    return " ".join(["curl", *shown, shlex.quote(f"{collection}/tickets?limit=10")])


def setup_of(said: Mapping[str, str]) -> dict[str, str]:
    """Our own connector calls the collection without its ending."""
    return {
        "collection" if name == "collection_id" else name: value for name, value in said.items()
    }
