"""How a receiver knows that a request is ours, and of today: HMAC-SHA256 over `timestamp.body`."""

import hashlib
import hmac
from collections.abc import Iterable

from helpdesk.encryption import decrypt
from helpdesk.models import Webhook

EVENT = "Helpdesk-Event"
EVENT_ID = "Helpdesk-Event-Id"
DELIVERY_ID = "Helpdesk-Delivery-Id"
ATTEMPT = "Helpdesk-Attempt"
TIMESTAMP = "Helpdesk-Timestamp"
SIGNATURE = "Helpdesk-Signature"


def secrets_of(webhook: Webhook) -> list[str]:
    """The secrets that sign now, the present one first. Raises LostKey."""
    found = [decrypt(webhook.secret)]
    if webhook.overlaps and webhook.former_secret:
        found.append(decrypt(webhook.former_secret))
    return found


def signature(secrets: Iterable[str], timestamp: int, body: bytes) -> str:
    """`v1=<hex>` for each secret, between commas."""
    signed = str(timestamp).encode() + b"." + body
    digests = (hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in secrets)
    return ",".join(f"v1={digest}" for digest in digests)
