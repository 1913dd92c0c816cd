"""The sandbox of the key that asks."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied

from helpdesk.actions.sandboxes import reset_sandbox
from helpdesk.api.base import ApiView, answer
from helpdesk.api.schemas.sandbox import sandbox_reset


class ResetSandbox(ApiView):
    http_method_names = ("post",)

    @sandbox_reset
    def post(self, request) -> HttpResponse:
        """Remove every ticket of the sandbox, and what is kept for the key."""
        if not request.auth.is_sandbox:
            raise PermissionDenied(_("Only a sandbox key has a sandbox to reset."))
        emptied = reset_sandbox(request.auth, by=self.actor)
        return answer({"removed": emptied.removed, "left": emptied.left})
