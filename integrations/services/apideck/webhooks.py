"""Apideck's signature under a webhook: hex HMAC-SHA256, the API key being the key."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

HEADER = "x-apideck-signature"


def is_genuine(key: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the body is signed as it came, or with all its object keys in order."""
    said = next((value for name, value in headers.items() if name.lower() == HEADER), "")
    if not key or not said:
        return False
    claimed = str(said).strip().lower().encode("utf-8", "replace")
    forms = [body]
    try:
        ordered = json.dumps(
            json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        forms.append(ordered.encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        pass  # no JSON: then only as it came
    return any(hmac.compare_digest(signature(key, form), claimed) for form in forms)


def signature(key: str, body: bytes) -> bytes:
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest().encode()
