"""The guide is true: its very commands are run against a server, its answers are the real ones."""

import json
import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.api import bulk_running
from helpdesk.models import Ticket
from helpdesk.models.scopes import SCOPES
from helpdesk.webhooks import running
from helpdesk.webhooks.signing import SIGNATURE, TIMESTAMP
from tests.factories import make_key, make_ticket
from tests.webhooks.conftest import receiver  # noqa: F401

GUIDE = Path(settings.BASE_DIR) / "docs" / "guide.md"
PART = re.compile(r"```(bash|json)\n(.*?)```|Keep its `(\w+)`\s+as\s+`(\w+)`", re.DOTALL)
TOOLS = ("bash", "curl", "date", "openssl")
ANY = "…"


def chapters() -> dict[str, str]:
    found = re.split(r"^## ", GUIDE.read_text(), flags=re.MULTILINE)[1:]
    return {one.partition("\n")[0]: one for one in found}


class Reader:
    """Somebody who follows the guide from the top, with a shell."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.variables = variables
        self.answer: dict = {}
        (folder / "printer.log").write_text("hum hum hum hum hum")

    def follow(self, chapter: str) -> None:
        """Run the commands in turn, compare what they answer, keep what is to be kept."""
        for part in PART.finditer(chapter):
            kind, text, member, variable = part.groups()
            if kind == "bash":
                answer = self.run(text)
                assert answer.startswith("{"), f"{text}answers {answer!r:.300}"
                self.answer = json.loads(answer)
            elif kind == "json":
                assert_alike(json.loads(text), self.answer, "answer")
            else:
                self.variables[variable] = str(self.answer[member])

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            env={"PATH": os.environ["PATH"], "no_proxy": "*", **self.variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        return done.stdout


def assert_alike(shown, real, where: str) -> None:
    """Members that are shown are there and of their kind; words without digits are the same."""
    if isinstance(shown, dict):
        assert isinstance(real, dict), f"{where} is {real!r}, not {shown}"
        for name, one in shown.items():
            assert name in real, f"{where}.{name} is missing in {real}"
            assert_alike(one, real[name], f"{where}.{name}")
    elif isinstance(shown, list):
        assert isinstance(real, list) and len(real) >= len(shown), f"{where} is {real!r}"
        for number, one in enumerate(shown):
            assert_alike(one, real[number], f"{where}[{number}]")
    elif isinstance(shown, str) and ANY in shown:
        assert isinstance(real, str) and real, f"{where} is {real!r}"
    elif isinstance(shown, int) and where.endswith(("id", "]")):
        assert isinstance(real, int), f"{where} is {real!r}"
    else:
        assert shown == real, f"{where} is {real!r}, the guide says {shown!r}"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_every_command_of_the_guide_answers_as_it_says(live_server, tmp_path, receiver):  # noqa: F811
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    assert not missing, f"The guide's commands need {', '.join(missing)}: apt-get install them."
    _key, secret = make_key()
    _keys, for_keys = make_key(scopes=sorted(SCOPES))
    reader = Reader(
        tmp_path, HELPDESK=live_server.url, KEY=secret, KEYS=for_keys, RECEIVER=receiver.url
    )
    by = system("rule")
    actions.open_tickets([{"title": f"Reading of sensor {n}"} for n in range(120)], by=by)
    gone = make_ticket("Gone")
    actions.delete_ticket(gone, by=by)
    before = timezone.now() - timedelta(minutes=1)  # a window ends five seconds ago
    Ticket.objects.filter(pk=gone.pk).update(updated_at=before, stored_at=before)
    told = chapters()
    assert len(told) == 10
    for heading, chapter in told.items():
        parts = re.split(r"(?=^```bash)", chapter, flags=re.MULTILINE)
        assert len(parts) > 1, heading
        for part in parts:
            reader.follow(part)
            bulk_running.run_jobs()
            running.deliver()
            for letter in receiver.letters:
                (tmp_path / "body.json").write_bytes(letter.raw)
                reader.variables |= {
                    "TIMESTAMP": letter.headers[TIMESTAMP],
                    "SIGNATURE": letter.headers[SIGNATURE],
                }
        if heading.startswith("9."):
            assert receiver.letters
            assert reader.answer["expected"] == reader.answer["given"]
