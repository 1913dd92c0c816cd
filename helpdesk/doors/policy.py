"""The content security policy, put together once for all answers that say nothing of their own."""

from functools import cached_property

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

OF_ITS_OWN = frozenset(
    f"_csp_{name}{kind}"
    for name in ("config", "update", "replace", "exempt")
    for kind in ("", "_ro")
)
ODD_SETTINGS = ("DEBUG", "CONTENT_SECURITY_POLICY_REPORT_ONLY")


class PolicyMiddleware(CSPMiddleware):
    """`CSPMiddleware`; an answer without a nonce and of no policy of its own has the usual one."""

    @cached_property
    def usual(self) -> str | None:
        """The policy of the settings, None where these make it differ from answer to answer."""
        is_odd = any(getattr(settings, name, None) for name in ODD_SETTINGS)
        said = settings.CONTENT_SECURITY_POLICY
        return None if is_odd or said.get("EXCLUDE_URL_PREFIXES") else build_policy()

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        has_nonce = getattr(request, "_csp_nonce", None) is not None
        if has_nonce or not self.usual or not OF_ITS_OWN.isdisjoint(vars(response)):
            return super().process_response(request, response)
        response.setdefault(HEADER, self.usual)
        # As there: who asks for a nonce now is too late.
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)
        return response
