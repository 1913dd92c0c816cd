"""The headers of TUS 1.0.0, the protocol of uploads that go on after a cut. Both ways, pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from integrations.services.onna.values import WireError

VERSION = "1.0.0"
CONTENT_TYPE = "application/offset+octet-stream"
MOST = 10**15  # bytes: what is longer is a mistake
MAX_METADATA = 4000  # characters


def write_metadata(values: Mapping[str, str]) -> str:
    """`Upload-Metadata`: pairs of a key and its value in Base64."""
    return ",".join(
        f"{key} {base64.b64encode(value.encode('utf-8', 'replace')).decode()}"
        for key, value in values.items()
    )


def read_metadata(header: str) -> dict[str, str]:
    """The values by key. Raises WireError for what is not of that form."""
    if len(header) > MAX_METADATA:
        raise WireError("Upload-Metadata: too long.", "header", "Upload-Metadata")
    values = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _space, value = pair.partition(" ")
        try:
            values[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError) as error:
            words = f"Upload-Metadata: the value of {key[:40]} is not Base64."
            raise WireError(words, "header", "Upload-Metadata") from error
    return values


def read_size(headers: Mapping[str, str], name: str) -> int | None:
    """A header that counts bytes, None where it is absent. Raises WireError."""
    text = headers.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > MOST or len(text) > 20:
        raise WireError(f"{name}: a number of bytes is required.", "header", name)
    return int(text)
