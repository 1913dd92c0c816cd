"""What canned replies and macros share: how often they went out, and whether they are offered."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.models.base import Identified


class Worded(Identified):
    """`uses` counts the messages that were sent with it; what is retired is offered no more."""

    uses = models.PositiveIntegerField(_("used"), default=0, editable=False)
    used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True
