"""To whom a reply goes: kept with it, so that mail can use it."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from helpdesk.models import Comment, Recipient, User
from helpdesk.text import fold, one_line

MOST = 50
# What people here already have is no stricter: whatever cannot end a header is left to the server.
ADDRESS = re.compile(r"""[^\s@<>(),;:\\"\[\]]{1,64}@[^\s@<>(),;:\\"\[\]]{1,255}""")


def checked_recipients(said: list[dict]) -> list[dict]:
    """Each address once, with its kind and name. Raises ValidationError."""
    found: dict[str, dict] = {}
    for one in said:
        address = one_line(str(one.get("address") or ""))
        kind = one.get("kind") or Recipient.Kind.TO
        if kind not in Recipient.Kind.values:
            raise ValidationError({"recipients": _("There is no such kind of recipient.")})
        if not ADDRESS.fullmatch(address):
            words = _("“%(address)s” is no e-mail address.") % {"address": address[:80]}
            raise ValidationError({"recipients": words})
        name = one_line(str(one.get("name") or ""))[:200]
        found.setdefault(fold(address), {"kind": str(kind), "address": address, "name": name})
    if len(found) > MOST:
        words = _("At most %(limit)s recipients.") % {"limit": MOST}
        raise ValidationError({"recipients": words})
    return list(found.values())


def add_recipients(comment: Comment, said: list[dict]) -> None:
    """Keep the recipients of a comment, inside the verb's transaction."""
    said = checked_recipients(said)
    if not said:
        return
    known = {
        person.email: person
        for person in User.objects.filter(email__in=[fold(one["address"]) for one in said])
    }
    Recipient.objects.bulk_create(
        Recipient(comment=comment, person=known.get(fold(one["address"])), **one) for one in said
    )
