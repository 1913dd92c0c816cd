"""Addresses of the integrations: the console's pages, and the served APIs by folder name."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import include, path

from integrations import (
    drift_views,
    failure_views,
    journal_views,
    operation_views,
    panel_views,
    people_views,
    scope_views,
    services,
    setup_views,
    views,
    vocabulary_views,
    webhooks,
)
from integrations.connector import service_names
from integrations.gateway.files import download


def served() -> list:
    """`/compat/<service>/…` for every service folder that has a `server.py`."""
    found = []
    for name in service_names():
        module = f"{services.__name__}.{name}.server"
        if find_spec(module) is not None:
            found.append(path(f"compat/{name}/", include(import_module(module).urlpatterns)))
    return found


urlpatterns = [
    path("connections/", views.connections, name="connections"),
    path("connections/new/", setup_views.choose, name="connection-choose"),
    path("connections/new/<slug:service>/", setup_views.new, name="connection-new"),
    path("connections/<uuid:uuid>/", views.connection, name="connection"),
    path("connections/<uuid:uuid>/edit/", setup_views.edit, name="connection-edit"),
    path(
        "connections/<uuid:uuid>/vocabulary/",
        vocabulary_views.vocabulary,
        name="connection-vocabulary",
    ),
    path("connections/<uuid:uuid>/people/", people_views.people, name="connection-people"),
    path(
        "connections/<uuid:uuid>/people/<int:link>/part/",
        people_views.part,
        name="connection-part",
    ),
    path("connections/<uuid:uuid>/scope/", scope_views.edit, name="connection-scope"),
    path("connections/<uuid:uuid>/ask/", vocabulary_views.ask, name="connection-ask"),
    path("connections/<uuid:uuid>/secret/", setup_views.secret, name="connection-secret"),
    path("connections/<uuid:uuid>/test/", views.test, name="connection-test"),
    path("connections/<uuid:uuid>/pause/", views.pause, name="connection-pause"),
    path("connections/<uuid:uuid>/resume/", views.resume, name="connection-resume"),
    path("connections/<uuid:uuid>/dry-run/", operation_views.dry_runs, name="connection-dry-run"),
    path("connections/<uuid:uuid>/backfill/", operation_views.backfill, name="connection-backfill"),
    path(
        "connections/<uuid:uuid>/backfill/pause/",
        operation_views.backfill_pause,
        name="connection-backfill-pause",
    ),
    path(
        "connections/<uuid:uuid>/backfill/resume/",
        operation_views.backfill_resume,
        name="connection-backfill-resume",
    ),
    path(
        "connections/<uuid:uuid>/backfill/cancel/",
        operation_views.backfill_cancel,
        name="connection-backfill-cancel",
    ),
    path("connections/<uuid:uuid>/drift/", drift_views.drift, name="connection-drift"),
    path("connections/<uuid:uuid>/problems/", failure_views.failing, name="connection-failures"),
    path("connections/<uuid:uuid>/retry/", failure_views.retry, name="connection-retry"),
    path("connections/<uuid:uuid>/unlink/", failure_views.unlink, name="connection-unlink"),
    path("connections/<uuid:uuid>/delete/", views.delete, name="connection-delete"),
    path("connections/<uuid:uuid>/journal/", journal_views.exchanges, name="connection-journal"),
    path("exchanges/<int:exchange>/", journal_views.exchange, name="exchange"),
    path("links/<int:link>/retry/", panel_views.retry, name="link-retry"),
    path("links/<int:link>/settle/", panel_views.settle, name="link-settle"),
    path("links/<int:link>/pause/", panel_views.pause, name="link-pause"),
    path("links/<int:link>/skip/", panel_views.skip, name="link-skip"),
    path("links/<int:link>/unlink/", panel_views.unlink, name="link-unlink"),
    path("links/<int:link>/arrived/", panel_views.arrived, name="link-arrived"),
    path("tickets/<int:number>/mirror/", panel_views.page, name="ticket-mirror"),
    path(
        "tickets/<int:number>/mirror/<int:connection>/existing/",
        panel_views.existing,
        name="link-existing",
    ),
    path("tickets/<int:number>/mirror/<int:connection>/", panel_views.begin, name="link-begin"),
    path("integrations/webhooks/<uuid:uuid>/", webhooks.ring, name="doorbell"),
    path("compat/file", download, name="compat-file"),
    *served(),
]
