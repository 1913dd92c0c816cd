"""The environment of the tests, set before settings are read: loaded by `-p` in pyproject.toml."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

worker = os.environ.get("PYTEST_XDIST_WORKER")
if worker:  # beside the other workers, in the folder that the first process made and removes
    DATA = Path(os.environ["DATA"]) / worker
    DATA.mkdir()
else:
    DATA = Path(tempfile.mkdtemp(prefix="helpdesk-tests-"))
    atexit.register(shutil.rmtree, DATA, ignore_errors=True)
(DATA / "static").mkdir()

for name in ("ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEBUG", "DEMO", "HOST", "PORT"):
    os.environ.pop(name, None)
for name in ("LOG_FORMAT", "LOG_LEVEL", "MAX_UPLOAD_MB", "PUBLIC_URL", "SECURE", "WEB_PROCESSES"):
    os.environ.pop(name, None)
os.environ |= {
    "DATA": str(DATA),
    "SECRET_KEY": "only for tests, where nothing is secret",
    "ENCRYPTION_KEYS": "dGVzdHMgdGVzdHMgdGVzdHMgdGVzdHMgdGVzdHMgISE=",
    "BROKER_URL": "memory://",
    "OUTBOUND_ALLOW": "127.0.0.0/8",
    "LANGUAGE_CODE": "en",
    "TIME_ZONE": "UTC",
    "UNDO_SEND_SECONDS": "0",
}
if worker and "CACHE_URL" in os.environ:  # clearing a cache must not clear a neighbour's
    server, _, database = os.environ["CACHE_URL"].rpartition("/")
    os.environ["CACHE_URL"] = f"{server}/{int(database) - 1 - int(worker.removeprefix('gw'))}"
