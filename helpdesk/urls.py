"""Every address of the helpdesk: the composition root of URLs."""

from django.contrib import admin
from django.urls import include, path

from helpdesk.admin.health import what_is_wrong
from helpdesk.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("api/", include("helpdesk.api.urls")),  # first: addresses are tried in this order
    path("", include("helpdesk.web.urls")),
    path("", include("helpdesk.mail.urls")),
    path("admin/health/", admin.site.admin_view(what_is_wrong), name="admin-health"),
    path("admin/", admin.site.urls),
    path("accounts/", include("helpdesk.web.account_urls")),
    path("", include("integrations.urls")),
]
