"""What a client of Akana's API, served by us, is told."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from integrations.gateway.credentials import Issued


def credentials_of(issued: Issued) -> dict[str, str]:
    """The e-mail may be any: it is the password that is the key's secret."""
    return {
        "base_url": issued.root,
        "email": f"key-{issued.key.pk}@helpdesk.invalid",
        "password": issued.secret,
        "tenant": issued.queue.slug,
    }


def curl_line(said: Mapping[str, str]) -> str:
    body = json.dumps({"email": said["email"], "password": said["password"]})
    sign_in = f"{said['base_url']}/api/login"
    tickets = f"{said['base_url']}/api/tickets?count=10"
    kind = shlex.quote("Content-Type: application/json")
    return (
        f"curl -s -c akana.cookies -H {kind} -d {shlex.quote(body)} {shlex.quote(sign_in)}"
        f" && curl -b akana.cookies {shlex.quote(tickets)}"
    )
