"""A sender that is killed at any step loses nothing. What the server had taken when it died, before
that was noted, is sent once more, under the same Message-ID."""

import json
from collections import Counter, defaultdict

import pytest

from tests.api.processes import OwnDatabase
from tests.mail.outgoing import killing

KILLS, MESSAGES = 16, 24
STORM = """
import json
from tests.mail.outgoing import killing
print(json.dumps(killing.storm(port={port}, messages={messages}, kills={kills}, seed=6)))
"""


@pytest.mark.processes
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_killed_senders_lose_nothing(smtp_process, tmp_path):
    code = STORM.format(port=smtp_process.port, messages=MESSAGES, kills=KILLS)
    done = json.loads(OwnDatabase(tmp_path).run(code).splitlines()[-1])
    assert set(done["killed"]) >= set(killing.STEPS) - {"any moment"}
    assert {(state, reached) for _id, state, reached in done["rows"]} == {("sent", "sent")}
    came = Counter(str(got.mail["Message-ID"]).strip("<>") for got in smtp_process.got)
    assert set(came) == {name for name, *_states in done["rows"]}, "each, and nothing else"
    assert len(came) == MESSAGES
    words = defaultdict(set)
    for got in smtp_process.got:
        words[got.text.strip()].add(str(got.mail["Message-ID"]))
    assert {len(names) for names in words.values()} == {1}, "what is double is known as such"
    again = sum(came.values()) - MESSAGES
    assert 0 < again <= sum(done["killed"].get(step, 0) for step in killing.TAKEN_BEFORE_NOTED)
