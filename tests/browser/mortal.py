"""A process that can be killed and is back at once: all is loaded before, each life is a fork.

    python -m tests.browser.mortal DATABASE serve PORT
    python -m tests.browser.mortal DATABASE send

Every line on its standard input begins a life, whose process id it says when it is ready.
"""

import os
import sys
import time

import django
from django.conf import settings

database, task, *rest = sys.argv[1:]
settings.DATABASES["default"]["NAME"] = database
settings.STORAGES = settings.STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
django.setup()

from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.core.servers.basehttp import ThreadedWSGIServer  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.testcases import QuietWSGIRequestHandler  # noqa: E402

from helpdesk.actions.sending import send_due  # noqa: E402
from helpdesk.models import Ticket, User  # noqa: E402
from helpdesk.wsgi import application  # noqa: E402


def ready() -> None:
    print(os.getpid(), flush=True)


class KeptFiles(StaticFilesHandler):
    """Files of the program stay in the browser, as they do where their names change with them."""

    def serve(self, request):
        response = super().serve(request)
        response["Cache-Control"] = "max-age=86400, immutable"
        return response


def serve(port: str) -> None:
    server = ThreadedWSGIServer(("127.0.0.1", int(port)), QuietWSGIRequestHandler)
    server.daemon_threads = True
    server.set_app(KeptFiles(application))
    ready()
    server.serve_forever()


def send() -> None:
    ready()
    while True:
        send_due()
        time.sleep(0.01)


def read_ahead() -> None:
    """Answer a list and a ticket, so that no life has to load what is needed for it anew."""
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.filter(role="admin").earliest("pk"))
    for path in ("/tickets/", f"/tickets/{Ticket.objects.latest('pk').pk}/"):
        assert client.get(path).status_code == 200, path
    connections.close_all()


read_ahead()
for _line in sys.stdin:
    child = os.fork()
    if not child:
        {"serve": serve, "send": send}[task](*rest)
        os._exit(0)
    os.waitpid(child, 0)
