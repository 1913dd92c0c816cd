"""What was typed and must outlive one answer of ours: encrypted, for one person, for a while.

A form that is shown again never shows a credential. It carries what was typed in a hidden field
instead, which only this installation can read, so that nothing has to be typed twice.
"""

from __future__ import annotations

import json
import time
from typing import Any

from helpdesk.encryption import LostKey, decrypt, encrypt

LIFETIME = 30 * 60  # seconds
PURPOSE = "carried by a form"


def carry(content: dict[str, Any], *, person_id: int, about: str) -> str:
    """`content` as text for a hidden field; `about` names the form."""
    if not any(content.values()):
        return ""
    envelope = {
        "purpose": PURPOSE,
        "person": person_id,
        "about": about,
        "until": time.time() + LIFETIME,
        "content": content,
    }
    return encrypt(json.dumps(envelope))


def carried(text: str, *, person_id: int, about: str) -> dict[str, Any]:
    """What `carry` was given; empty if it is too old, another's, or not ours."""
    if not text:
        return {}
    try:
        envelope = json.loads(decrypt(text))
    except (LostKey, ValueError):
        return {}
    said = (envelope.get("purpose"), envelope.get("person"), envelope.get("about"))
    if said != (PURPOSE, person_id, about) or envelope["until"] < time.time():
        return {}
    return envelope["content"]
