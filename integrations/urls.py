"""Addresses of the integrations: the console's pages, and the served APIs by folder name."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import include, path

from integrations import services
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
    path("compat/file", download, name="compat-file"),
    *served(),
]
