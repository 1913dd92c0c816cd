"""What is wrong, on one page of the admin site."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from helpdesk.health import examine

PARTS = {
    "database": gettext_lazy("Database"),
    "migrations": gettext_lazy("Migrations"),
    "broker": gettext_lazy("Message broker"),
    "worker": gettext_lazy("Worker"),
    "scheduler": gettext_lazy("Scheduler"),
    "announcements": gettext_lazy("Announcements"),
    "disk": gettext_lazy("Disk"),
    "encryption": gettext_lazy("Encryption keys"),
}


@require_safe
@never_cache
def what_is_wrong(request: HttpRequest) -> HttpResponse:
    """Every part's state in words, what is wrong first."""
    states = sorted(examine(), key=lambda state: state.ok)
    wrong = sum(not state.ok for state in states)
    context = {
        **admin.site.each_context(request),
        "title": _("What is wrong"),
        "states": [(PARTS.get(state.name, state.name), state) for state in states],
        "wrong": wrong,
    }
    return TemplateResponse(request, "admin/health.html", context)
