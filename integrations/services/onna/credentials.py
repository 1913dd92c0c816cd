"""What a client of Onna's API, served by us, is told."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from integrations.gateway.credentials import Issued
from integrations.services.onna import layout


def credentials_of(issued: Issued) -> dict[str, str]:
    return {
        "base_url": f"{issued.root}/v1",
        "client_id": str(issued.key.uuid),
        "client_secret": issued.secret,
        "folder_id": layout.default_folder(issued.key.uuid),
    }


def curl_line(said: Mapping[str, str]) -> str:
    """A token: the calls after it carry it as `Authorization: Bearer …`."""
    form = {name: said[name] for name in ("client_id", "client_secret")}
    parts = " ".join(f"-d {shlex.quote(f'{name}={value}')}" for name, value in form.items())
    return f"curl {shlex.quote(said['base_url'] + '/oauth/token')} {parts}"


def setup_of(said: Mapping[str, str]) -> dict[str, str]:
    setup = {name: said[name] for name in ("base_url", "client_id", "client_secret")}
    return setup | {"folder": said["folder_id"], "same_ref_replaces": "on"}
