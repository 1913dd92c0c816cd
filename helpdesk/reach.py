"""Where calls of ours may go, in words."""

from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk.outbound.fence import networks, written_inside


def why_unreachable(host: str) -> str:
    """Why a host is never called, as far as it is told by its writing; empty if it may be.

    A name that turns out to lead inside is refused when it is called.
    """
    address = written_inside(host, networks(settings.OUTBOUND_ALLOW))
    words = _(
        "“%(host)s” is %(address)s, which is not public. Give a public address, or have the"
        " operator add its network to OUTBOUND_ALLOW."
    )
    return words % {"host": host[:60], "address": address} if address else ""
