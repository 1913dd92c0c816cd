"""The pictures of the documents, taken from the demo data: `PICTURES=1` writes them anew.

PICTURES=1 python -m pytest -m browser tests/browser/test_pictures.py
"""

import base64
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from helpdesk.actions.canned import save_reply
from helpdesk.actions.macros import save_macro
from helpdesk.actor import system
from helpdesk.models import CannedReply, Macro, Status, Ticket, Workflow

pytestmark = pytest.mark.browser
FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
LARGEST = 150_000  # bytes
SIZE = {"width": 1280, "height": 800}


def written() -> CannedReply:
    """A canned reply and a macro as a desk would have them."""
    body = (
        "Hello {{requester.first_name}},\n\nthank you for writing. Could you send us the"
        " **log file** of that day? It is under *Help → Logs*.\n\nKind regards\n{{agent.name}}"
    )
    by = system("rule")
    if not Macro.objects.filter(name="Wait for the customer").exists():
        sets = {"status": Status.objects.get(name="Waiting").pk, "assignee": "me"}
        save_macro(by=by, name="Wait for the customer", body="Which file was it?", sets=sets)
    found = CannedReply.objects.filter(name="Log file, please").first()
    return found or save_reply(by=by, name="Log file, please", body=body, tags=["logs"])


def answered() -> Ticket:
    rows = Ticket.objects.filter(status_category="open", deleted_at=None, requester__isnull=False)
    return rows.order_by("-last_activity_at", "pk").first()


def tickets(page: Page) -> None:
    page.goto("/tickets/?view=all")


def ticket(page: Page) -> None:
    page.goto(f"/tickets/{answered().pk}/")


def composer(page: Page) -> None:
    written()
    ticket(page)
    page.locator("#composer textarea").press_sequentially("/log")
    page.locator("#composer-options [role=option]").first.wait_for()


def selection(page: Page) -> None:
    tickets(page)
    boxes = page.locator("#bulk input[name=ticket]")
    for number in range(3):
        boxes.nth(number).check()


def canned_reply(page: Page) -> None:
    page.goto(f"/texts/canned-replies/{written().uuid}/")


def settings(page: Page) -> None:
    page.goto("/settings/")


def workflow(page: Page) -> None:
    page.goto(f"/settings/workflows/{Workflow.objects.kept().earliest('pk').uuid}/")


PICTURES: dict[str, Callable[[Page], None]] = {
    "tickets": tickets,
    "ticket": ticket,
    "composer": composer,
    "selection": selection,
    "canned-reply": canned_reply,
    "settings": settings,
    "workflow": workflow,
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_the_documents_can_be_taken(name, visit, admin):
    page = visit(admin, viewport=SIZE)
    PICTURES[name](page)
    page.wait_for_load_state("networkidle")
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": 82})
    picture = base64.b64decode(taken["data"])
    assert 5_000 < len(picture) <= LARGEST
    if os.environ.get("PICTURES"):
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{name}.webp").write_bytes(picture)
