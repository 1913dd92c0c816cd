"""Pages seldom seen: before sign-in, of what went wrong, of a newcomer, and all that unfolds."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone
from playwright.sync_api import expect

from helpdesk import actions
from helpdesk.actions.drafts import save_draft
from helpdesk.actions.mentioning import tell_mentioned
from helpdesk.actor import system
from helpdesk.models import Queue, User
from tests.browser.looks import at_every_width, examine
from tests.browser.test_pages import (
    bulk_path,
    connection_path,
    key_path,
    mirror_path,
    setting_path,
)
from tests.factories import actor_of, make_agent

pytestmark = pytest.mark.browser
HTML = "text/html; charset=utf-8"
ENTRANCE = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-set-password/",
    "/accounts/password/reset/key/done/",
    "/accounts/inactive/",
]


@pytest.mark.parametrize("path", ENTRANCE)
def test_a_page_before_sign_in_is_whole(path, visit, watch):
    page = visit()
    page.goto(path)
    found = examine(page, watch)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("status", "name"), [(400, "400"), (403, "403_csrf"), (500, "500")])
def test_a_page_of_what_went_wrong_is_whole(status, name, visit, watch):
    """In place of an answer, since nothing is to go wrong."""
    watch.expect(status)
    page, html = visit(), render_to_string(f"{name}.html", request=RequestFactory().get("/"))
    page.route("**/wrong/", lambda way: way.fulfill(status=status, body=html, content_type=HTML))
    page.goto("/wrong/")
    found = examine(page, watch)
    assert not found, "\n".join(found)


EMPTY = ["/home/", "/tickets/", "/notifications/", "/tickets/?view=my-open", "/search/?q=a"]


@pytest.mark.parametrize("path", EMPTY)
def test_a_page_of_a_newcomer_is_whole(path, visit, watch):
    """Somebody whose queue has no ticket yet."""
    queue, _is_new = Queue.objects.get_or_create(name="Leere Warteschlange", slug="empty")
    person = User.objects.filter(name="Nora New").first() or make_agent("Nora New", [queue])
    page = visit(person)
    page.goto(path)
    found = examine(page, watch)
    assert not found, "\n".join(found)


def test_a_home_with_everything_is_whole(visit, watch):
    """Somebody who was named, whose words wait, and whose ticket is late."""
    name = f"Hope {'Longname' * 6}"
    hope = make_agent(name, list(Queue.objects.all()), email="hope@acme.example")
    by, late = system("rule"), timezone.now() - timedelta(hours=1)
    title = f"نص {'W' * 60} {'word ' * 20}"
    ticket = actions.open_ticket(by=by, title=title, assignee=hope, due_at=late)
    note = actions.add_note(ticket, by=by, body=f"@{name} {'please ' * 20}")
    tell_mentioned(note, by=by)
    for kind in ("reply", "note"):
        body = f"{'W' * 60} {'words ' * 20}"
        save_draft(uuid4(), by=actor_of(hope), ticket=ticket, kind=kind, body=body)
    page = visit(hope)
    page.goto("/home/")
    expect(page.locator(".home .cut > .link")).to_have_count(3)
    found = examine(page, watch)
    assert not found, "\n".join(found)


UNFOLDED: dict[str, Callable[[], str]] = {
    "connection": connection_path(),
    "vocabulary": connection_path("vocabulary/"),
    "scope": connection_path("scope/"),
    "ticket, mirrors": mirror_path("conflict"),
    "workflow": setting_path("workflows"),
    "key": key_path(),
    "selected": bulk_path("status"),
}


@pytest.mark.parametrize("name", UNFOLDED)
def test_what_a_page_unfolds_is_whole(name, admin_page, watch):
    """Everything opened that opens, of menus the first."""
    admin_page.goto(UNFOLDED[name]())
    folded = admin_page.locator("main details:not([open], [data-menu]) > summary")
    while folded.count():
        folded.first.press("Enter")
    menu = admin_page.locator("main details[data-menu] > summary")
    if menu.count():
        menu.first.press("Enter")
    assert admin_page.locator("main details[open]").count()
    found = at_every_width(admin_page, watch)
    assert not found, "\n".join(found)
