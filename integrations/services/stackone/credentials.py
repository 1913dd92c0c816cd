"""What a client of StackOne's API, served by us, is told."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from integrations.gateway.credentials import Issued
from integrations.services.stackone.setup import REFERENCE_FIELD


def credentials_of(issued: Issued) -> dict[str, str]:
    """The account is the home queue, called by its slug."""
    return {"base_url": issued.root, "api_key": issued.secret, "account_id": issued.queue.slug}


def curl_line(said: Mapping[str, str]) -> str:
    address = f"{said['base_url']}/unified/ticketing/tickets?page_size=10"
    key, account = f"{said['api_key']}:", f"x-account-id: {said['account_id']}"
    return f"curl -u {shlex.quote(key)} -H {shlex.quote(account)} {shlex.quote(address)}"


def setup_of(said: Mapping[str, str]) -> dict[str, str]:
    return {**said, "reference_field": REFERENCE_FIELD}
