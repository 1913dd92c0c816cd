"""Addresses of the integrations: the console's pages, and the served APIs by folder name."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import include, path

from integrations import (
    operation_views,
    panel_views,
    scope_views,
    services,
    setup_views,
    views,
    vocabulary_views,
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
    path("connections/<uuid:uuid>/retry/", views.retry, name="connection-retry"),
    path("connections/<uuid:uuid>/unlink/", views.unlink, name="connection-unlink"),
    path("connections/<uuid:uuid>/delete/", views.delete, name="connection-delete"),
    path("connections/<uuid:uuid>/journal/", views.exchanges, name="connection-journal"),
    path("links/<int:link>/retry/", panel_views.retry, name="link-retry"),
    path("links/<int:link>/settle/", panel_views.settle, name="link-settle"),
    path("tickets/<int:number>/mirror/<int:connection>/", panel_views.begin, name="link-begin"),
    path("compat/file", download, name="compat-file"),
    *served(),
]
