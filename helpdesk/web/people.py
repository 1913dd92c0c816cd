"""People looked up as one types: they never go into a page as a list."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.html import escape
from django.views.decorators.http import require_safe

from helpdesk.actor import STAFF
from helpdesk.doors.pages import agent
from helpdesk.models import User
from helpdesk.text import fold

SHOWN = 20
SHORTEST = 2  # letters that are worth a look


@require_safe
@agent
def people(request: HttpRequest) -> HttpResponse:
    """`<option>` elements for a datalist: people with a name or an address that begins so.

    The words are `q`, or the field that is typed in; `staff=1` leaves customers out.
    """
    words = fold(request.GET.get("q") or request.GET.get(request.htmx.trigger_name or "q") or "")
    options = _options(words.strip(), staff=bool(request.GET.get("staff")))
    response = HttpResponse(options)
    patch_vary_headers(response, ["HX-Trigger-Name"])
    return response


def _options(words: str, *, staff: bool) -> str:
    if len(words) < SHORTEST:
        return ""
    found = User.objects.filter(
        Q(name_folded__startswith=words)
        | Q(name_folded__contains=f" {words}")
        | Q(email__startswith=words),
        is_active=True,
        erased_at=None,
        email__isnull=False,
    )
    if staff:
        found = found.filter(role__in=STAFF)
    rows = found.order_by("name_folded", "pk").values_list("email", "email_written", "name")
    return "".join(
        f'<option value="{escape(written or email)}">{escape(name)}</option>'
        for email, written, name in rows[:SHOWN]
    )
