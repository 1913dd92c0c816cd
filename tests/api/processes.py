"""Several processes on one database: a file of their own, or the test's where that is a server."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import connection

BEGIN = "import django\ndjango.setup()\n"


class OwnDatabase:
    """Runs Python that is set up for Django, in processes that share a database."""

    def __init__(self, folder: Path) -> None:
        is_file = connection.vendor == "sqlite"
        self.environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder / 'shared.sqlite3'}" if is_file else _server(),
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            "DATA": str(folder),
            "PYTHONPATH": str(settings.BASE_DIR),
            "PYTHONUNBUFFERED": "1",
            "ALLOWED_HOSTS": "*",
        }
        if is_file:  # what the test has, which was migrated once for all
            connection.ensure_connection()
            with closing(sqlite3.connect(folder / "shared.sqlite3")) as file:
                connection.connection.backup(file)

    def run(self, code: str) -> str:
        """What the code prints, when it has ended well."""
        done = subprocess.run(
            self._command(code), env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, code: str, *, speaks: bool = False) -> subprocess.Popen:
        """The process, which is the caller's to end. What it prints can be read line by line; one
        that `speaks` reads lines, too."""
        return subprocess.Popen(
            self._command(code),
            env=self.environment,
            stdin=subprocess.PIPE if speaks else None,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _command(self, code: str) -> list[str]:
        return [sys.executable, "-c", BEGIN + code]


def _server() -> str:
    one = connection.settings_dict
    password = f":{one['PASSWORD']}" if one["PASSWORD"] else ""
    where = f"{one['HOST']}:{one['PORT'] or 5432}"
    return f"postgres://{one['USER']}{password}@{where}/{one['NAME']}"
