"""The recipe of the documentation is run as it stands there."""

import re
import time
from pathlib import Path

import pytest
from django.conf import settings

from helpdesk.webhooks.events import EVENTS, TEST
from tests.factories import make_ticket
from tests.webhooks.conftest import tell

pytestmark = pytest.mark.django_db
PAGE = (Path(settings.BASE_DIR) / "docs" / "webhooks.md").read_text()


@pytest.fixture
def is_ours():
    [recipe] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict = {}
    exec(compile(recipe, "webhooks.md", "exec"), names)  # noqa: S102
    return names["is_ours"]


def test_the_recipe_takes_what_we_send_and_nothing_else(is_ours, subscribe, receiver, monkeypatch):
    webhook = subscribe()
    make_ticket("Grüße")
    tell()
    [letter] = receiver.taken
    assert is_ours(webhook.plain, letter.headers, letter.raw)
    assert not is_ours("whsec_other", letter.headers, letter.raw)
    assert not is_ours(webhook.plain, letter.headers, letter.raw.replace(b"Gr", b"gr"))
    later = {**letter.headers, "Helpdesk-Timestamp": str(int(time.time()) + 1)}
    assert not is_ours(webhook.plain, later, letter.raw)
    assert not is_ours(webhook.plain, {}, letter.raw)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 301)
    assert not is_ours(webhook.plain, letter.headers, letter.raw)


def test_every_event_and_header_stands_on_the_page(subscribe, receiver):
    assert {f"`{name}`" for name in (*EVENTS, TEST)} <= set(re.findall(r"`[\w.]+`", PAGE))
    subscribe()
    make_ticket()
    tell()
    sent = [name for name in receiver.taken[0].headers if name.startswith("Helpdesk-")]
    assert len(sent) == 6 and all(f"`{name}`" in PAGE for name in sent)
