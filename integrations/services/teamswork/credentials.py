"""What a client of TeamsWork's API, served by us, is told."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from integrations.gateway.credentials import Issued


def credentials_of(issued: Issued) -> dict[str, str]:
    return {"base_url": f"{issued.root}/ticketing/v1", "key": issued.secret}


def curl_line(said: Mapping[str, str]) -> str:
    address = f"{said['base_url']}/tickets?key={said['key']}&limit=10"
    return f"curl {shlex.quote(address)}"
