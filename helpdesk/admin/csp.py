"""The content security policy of the admin site: what its scripts need, and nowhere else."""

from collections.abc import Callable

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse

from helpdesk.addresses import address

NEEDED = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}


class AdminPolicy:
    """Adds to the policy of pages under the admin site's address. Stands below CSPMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(address("admin:index")):
            response._csp_update = NEEDED
        return response
