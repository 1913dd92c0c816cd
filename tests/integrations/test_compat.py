"""A demo start leaves credentials for every served API, and they work as they are."""

import json
import os
import subprocess

import pytest

from integrations.gateway import credentials
from tests.integrations.installation import Installation, eventually

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif("DATABASE_URL" in os.environ, reason="it keeps to SQLite"),
]
TERMS = {
    "akana": {"base_url", "email", "password", "tenant"},
    "apideck": {"base_url", "api_key", "app_id", "consumer_id", "collection_id"},
    "onna": {"base_url", "client_id", "client_secret", "folder_id"},
    "stackone": {"base_url", "api_key", "account_id"},
    "teamswork": {"base_url", "key"},
}


@pytest.fixture
def demo(tmp_path):
    helpdesk = Installation(tmp_path, demo=True)
    try:
        helpdesk.start()
        helpdesk.key = eventually(lambda: told(helpdesk).get("api_key"))
        eventually(helpdesk.answers, 120)
        yield helpdesk
    finally:
        helpdesk.stop()


def told(helpdesk: Installation) -> dict:
    path = helpdesk.folder / "demo.json"
    return json.loads(path.read_text()) if path.exists() else {}


def test_every_served_api_answers_the_credentials_of_a_demo_start(demo, tmp_path):
    compat = told(demo)["compat"]
    served = dict(credentials.served())
    assert set(compat) == set(served) and "teamswork" in served
    home = tmp_path / "home"
    home.mkdir()
    (home / ".curlrc").write_text("fail\nsilent\nshow-error\n")
    for name, said in compat.items():
        assert set(said) == TERMS[name], name
        assert said["base_url"].startswith(f"{demo.url}/compat/{name}")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", served[name].curl_line(said)],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "CURL_HOME": str(home), "HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, (name, done.stderr)
        assert done.stdout.strip(), name


def test_a_helpdesk_is_connected_to_any_served_api_with_what_it_says(tmp_path):
    helpdesk = Installation(tmp_path)
    for name, _module in credentials.served():
        helpdesk.connect_to(helpdesk, name)
    made = helpdesk.run(
        "from integrations.models import Connection\n"
        "print(*Connection.objects.values_list('service', flat=True).order_by('service'))"
    )
    assert made.split() == sorted(name for name, _module in credentials.served())
