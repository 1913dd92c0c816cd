"""A fetcher that is killed at any step loses nothing and does nothing twice."""

import json

import pytest

from tests.api.processes import OwnDatabase
from tests.mail import killing

KILLS, MESSAGES = 12, 60
STORM = """
import json
from tests.mail import killing
print(json.dumps(killing.storm(port={port}, account="{account}", kills={kills}, seed=6)))
"""


@pytest.mark.processes
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_killed_fetchers_lose_nothing_and_double_nothing(mail_server, account, tmp_path):
    killing.put(mail_server, account, MESSAGES)
    code = STORM.format(port=mail_server.imap, account=account, kills=KILLS)
    done = json.loads(OwnDatabase(tmp_path).run(code).splitlines()[-1])
    assert sum(done["killed"].values()) == KILLS
    assert set(done["killed"]) >= set(killing.STEPS) - {"any moment"}
    assert done["held"] == []
    assert (done["messages"], done["tickets"], done["opened"]) == (MESSAGES, MESSAGES, MESSAGES)
    assert done["double"] == 0
