"""Which connections need a person: a part of `/healthz`."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import Connection


def check_connections() -> tuple[bool, str]:
    """Whether every connection works, and words. A paused one is somebody's wish."""
    failed = Connection.objects.filter(state=Connection.State.FAILED).count()
    if not failed:
        return True, _("none needs a person")
    words = ngettext(
        "%(count)s stopped and needs a person. Look under Connections.",
        "%(count)s stopped and need a person. Look under Connections.",
        failed,
    )
    return False, words % {"count": failed}
