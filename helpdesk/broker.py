"""A broker in a folder, for a helpdesk that runs without a broker server.

Kombu's own folder transport writes a message under its final name, so that a reader meets half
of it now and then, which ends the worker. Here a message appears whole or not at all, and the
folder has a limit: when no worker takes messages they are refused, not heaped up.
"""

import os
import time
import uuid
from pathlib import Path

from kombu.exceptions import OperationalError
from kombu.transport import filesystem
from kombu.utils.json import dumps

LIMIT = 1_000  # messages waiting


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: dict, **_options) -> None:
        """Written aside first: names that begin with a dot belong to no queue."""
        folder = Path(self.data_folder_out)
        if len(os.listdir(folder)) >= LIMIT:
            raise OperationalError(f"{LIMIT} messages wait already: is the worker running?")
        name = f"{time.time_ns():020}_{uuid.uuid4()}.{queue}.msg"
        aside = folder / f".{name}"
        aside.write_text(dumps(payload))
        aside.replace(folder / name)


class Transport(filesystem.Transport):
    Channel = Channel
