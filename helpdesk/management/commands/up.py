"""`manage.py up`: prepares everything and runs the whole helpdesk with one command."""

import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import socket
import sys
import time
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections
from django.urls import reverse
from django.utils.translation import gettext as _

from helpdesk.supervisor import Child, Supervisor

CELERY = [sys.executable, "-m", "celery", "--quiet", "--app", "helpdesk"]
CALM = "ignore:You're running the worker with superuser privileges"
PATIENCE = 60.0  # seconds until the web process is said to be slow


class Command(BaseCommand):
    help = "Prepares the database and static files, then runs web, worker and scheduler."
    requires_system_checks = []  # migrate runs them, once the lock is held

    def add_arguments(self, parser):
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *, host: str, port: int, **_options) -> None:
        with only_one_here():
            refuse_taken_port(host, port)
            self.prepare()
            greeting = Greeting(self.say, host, port)
            Supervisor(children(host, port), self.say).run(on_tick=greeting)
        self.say(_("Stopped."))

    def say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()

    def prepare(self) -> None:
        try:
            call_command("migrate", interactive=False, verbosity=0, skip_checks=False)
        except OperationalError as error:
            raise CommandError(_("The database can't be used: %(why)s") % {"why": error}) from error
        if static_files_changed():
            self.say(_("Preparing static files …"))
            call_command("collectstatic", interactive=False, verbosity=0)
            remember_static_files()
        is_first_start = not get_user_model().objects.exists()
        wants_demo = os.environ.get("DEMO", "1") != "0"
        if is_first_start and wants_demo and "demo" in get_commands():
            self.say(_("Creating demo data …"))
            call_command("demo")
        connections.close_all()


def children(host: str, port: int) -> list[Child]:
    """Web first: the first page soon, and nobody is answered while the others finish their work."""
    temporary = settings.DATA / "tmp"  # where the worker moves a message that it takes
    temporary.mkdir(exist_ok=True)
    web = [sys.executable, "-m", "helpdesk.serving", "--host", host, "--port", str(port)]
    web += ["--workers", "1", "--blocking-threads", "4", "--workers-kill-timeout", "3"]
    worker = [*CELERY, "worker", "--pool", "threads", "--concurrency", "4"]
    worker += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    worker += ["--without-heartbeat", "--hostname", f"helpdesk-{port}@%h"]
    # The schedule is short and kept in memory: no file that a crash could spoil.
    scheduler = [*CELERY, "beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING"]
    return [
        Child("web", web),
        Child("scheduler", [*scheduler, "--pidfile="], delay=1.5, grace=1.5),
        Child("worker", worker, {"TMPDIR": str(temporary), "PYTHONWARNINGS": CALM}, delay=1.5),
    ]


@contextlib.contextmanager
def only_one_here():
    """Refuse a second helpdesk in the same folder. The lock goes with the process."""
    with (settings.DATA / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                _("A helpdesk runs with %(folder)s already. Stop it, or choose another DATA.")
                % {"folder": settings.DATA}
            ) from None
        yield


def refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                _("Cannot listen on %(host)s port %(port)s: %(why)s. Choose another with PORT=….")
                % {"host": host, "port": port, "why": error.strerror}
            ) from None


# Static files ----------------------------------------------------------------------------------


def static_files_changed() -> bool:
    """Whether any source differs in name, size or time from what was collected last."""
    try:
        return fingerprint_file().read_text() != fingerprint()
    except FileNotFoundError:
        return True


def remember_static_files() -> None:
    fingerprint_file().write_text(fingerprint())


def fingerprint_file() -> Path:
    return settings.STATIC_ROOT / ".sources"


def fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(None):
            status = os.stat(storage.path(path))
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


# Words on the screen ---------------------------------------------------------------------------


class Greeting:
    """Says once where to go and how to sign in, as soon as the web process answers."""

    def __init__(self, say, host: str, port: int):
        self.say, self.port = say, port
        self.host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        self.deadline = time.monotonic() + PATIENCE
        self.is_done = False

    def __call__(self) -> None:
        if self.is_done:
            return
        if self.answers():
            self.is_done = True
            self.say("\n".join(["", *greeting_lines(), ""]))
        elif time.monotonic() > self.deadline:
            self.is_done = True
            self.say(_("The web process does not answer yet; its own words above say why."))

    def answers(self) -> bool:
        """Any answer will do: the socket is there before the application is."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=1)
        try:
            connection.request("HEAD", reverse(settings.LOGIN_URL))
            return bool(connection.getresponse().status)
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def greeting_lines() -> list[str]:
    demo = read_demo()
    lines = [_("The helpdesk is ready: %(url)s") % {"url": settings.PUBLIC_URL}, ""]
    for role, label in (("admin", _("Administrator")), ("agent", _("Agent"))):
        if role in demo:
            lines.append(f"  {label:<15}{demo[role]['email']}  {demo[role]['password']}")
    for name, label in (("api_key", _("API key")), ("api_key_read_only", _("Reading only"))):
        if name in demo:
            lines.append(f"  {label:<15}{demo[name]}")
    if not get_user_model().objects.exists():
        lines.append(_("  Nobody can sign in yet: manage.py createsuperuser makes the first."))
    connections.close_all()
    return [
        *lines,
        "",
        _("  Data is kept in %(folder)s. Ctrl-C stops.") % {"folder": settings.DATA},
    ]


def read_demo() -> dict:
    try:
        return json.loads((settings.DATA / "demo.json").read_text())
    except FileNotFoundError:
        return {}
