"""The addresses of the agent workspace."""

from django.urls import include, path

from helpdesk.web import (
    accounts,
    imports,
    keys,
    lists,
    people,
    preferences,
    sandboxes,
    views,
)

urlpatterns = [
    path("", lists.home, name="home"),
    path("admin/login/", accounts.admin_login, name="admin-login"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/layout/", preferences.layout, name="preferences-layout"),
    path("people/", people.people, name="people"),
    # The list
    path("tickets/", lists.tickets, name="tickets"),
    path("tickets/fresh/", lists.fresh, name="tickets-fresh"),
    path("tickets/filters/", lists.filters, name="ticket-filters"),
    path("tickets/columns/", lists.columns, name="ticket-columns"),
    # Saved views
    path("views/", views.views, name="views"),
    path("views/new/", views.new, name="view-new"),
    path("views/<uuid:uuid>/", views.edit, name="view-edit"),
    path("views/<uuid:uuid>/position/", views.move, name="view-move"),
    path("views/<uuid:uuid>/deletion/", views.delete, name="view-delete"),
    # The ticket
    path("", include("helpdesk.web.ticket_urls")),
    # Imports
    path("imports/", imports.imports, name="imports"),
    path("imports/<uuid:uuid>/", imports.one, name="import"),
    path("imports/<uuid:uuid>/start/", imports.start, name="import-start"),
    path("imports/<uuid:uuid>/pause/", imports.pause, name="import-pause"),
    path("imports/<uuid:uuid>/discard/", imports.discard, name="import-discard"),
    path("imports/<uuid:uuid>/refused.csv", imports.refused, name="import-refused"),
    # API keys
    path("keys/", keys.listed, name="keys"),
    path("keys/new/", keys.new, name="key-new"),
    path("keys/<uuid:uuid>/", keys.one, name="key"),
    path("keys/<uuid:uuid>/edit/", keys.edit, name="key-edit"),
    path("keys/<uuid:uuid>/rotate/", keys.rotate, name="key-rotate"),
    path("keys/<uuid:uuid>/overlap/", keys.end_overlap, name="key-end-overlap"),
    path("keys/<uuid:uuid>/revoke/", keys.revoke, name="key-revoke"),
    path("keys/<uuid:uuid>/sandbox/", sandboxes.switch, name="key-sandbox"),
    path("keys/<uuid:uuid>/sandbox/reset/", sandboxes.reset, name="key-sandbox-reset"),
    path("keys/<uuid:uuid>/faults/", sandboxes.fault_lab, name="key-faults"),
]
