"""Connecting a service and choosing its words by hand, with and without JavaScript."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from integrations.models import Connection
from tests.browser.looks import examine
from tests.factories import make_key

pytestmark = pytest.mark.browser


@pytest.fixture
def reachable(house) -> Iterator[None]:
    """The helpdesk may call itself."""
    before = settings.OUTBOUND_ALLOW
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    yield
    settings.OUTBOUND_ALLOW = before


@pytest.fixture
def page(visit, admin) -> Page:
    return visit(admin, java_script_enabled=False)


def fill_in(page: Page, house, name: str) -> None:
    _key, secret = make_key()
    page.goto("/connections/new/stackone/")
    page.get_by_label("Name required").fill(name)
    page.locator("[name=setup-base_url]").fill(f"{house.url}/compat/stackone")
    page.locator("[name=setup-api_key]").fill(secret)
    page.locator("[name=setup-account_id]").fill("support")


def test_a_service_is_connected_without_javascript(page, house, reachable):
    fill_in(page, house, "Without script")
    page.locator("button[name=look_up]").first.click()
    expect(page.locator(".banner")).to_contain_text("choose one of")
    choice = page.locator("select[name=setup-project]")
    choice.select_option(index=1)
    chosen = choice.input_value()
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator(".banner")).to_contain_text("Connected to")
    assert page.locator("select[name=setup-project]").input_value() == chosen
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("h1")).to_have_text("Without script")
    made = Connection.objects.get(name="Without script")
    Connection.objects.filter(pk=made.pk).update(state="paused")
    assert made.entered["project"] == chosen and made.entered["api_key"]


def test_the_vocabulary_is_changed_without_javascript(page, house, reachable):
    fill_in(page, house, "Words by hand")
    page.get_by_role("button", name="Connect", exact=True).click()
    made = Connection.objects.get(name="Words by hand")
    Connection.objects.filter(pk=made.pk).update(state="paused")
    page.goto(f"/connections/{made.uuid}/vocabulary/")
    page.get_by_role("button", name="Ask StackOne what it has").click()
    page.get_by_text("Change the words of Priority").click()
    page.get_by_label("Low is sent as").select_option("lowest")
    page.get_by_role("button", name="Save the vocabulary").click()
    made.refresh_from_db()
    assert made.maps["priority_out"] == {"low": "lowest"}


def test_a_form_with_choices_looked_up_is_whole(visit, admin, house, watch, reachable):
    page = visit(admin)
    fill_in(page, house, "Looked up")
    page.locator("button[name=look_up]").first.click()
    page.locator("select[name=setup-project]").wait_for()
    found = examine(page, watch, skip_first=False)
    assert not found, "\n".join(found)


def test_refused_choices_and_queries_are_whole_pages(visit, admin, house, watch, reachable):
    watch.expect(422)
    page = visit(admin)
    fill_in(page, house, "Refused")
    page.get_by_role("button", name="Connect", exact=True).click()
    made = Connection.objects.get(name="Refused")
    Connection.objects.filter(pk=made.pk).update(state="paused")
    page.goto(f"/connections/{made.uuid}/vocabulary/")
    page.get_by_text("Change the words of Status").click()
    page.locator("[name='status.new']").fill("Somewhere")
    page.get_by_role("button", name="Save the vocabulary").click()
    page.locator("[data-error-summary]").wait_for()
    found = examine(page, watch, skip_first=False)
    page.goto(f"/connections/{made.uuid}/scope/")
    page.locator("#query").fill("status=nonsense&colour=red")
    page.get_by_role("button", name="Show what it finds").click()
    page.locator("#query-error").wait_for()
    found += examine(page, watch)
    page.goto(f"/connections/{made.uuid}/people/")
    page.get_by_role("button", name="Match them").click()
    page.locator("[data-error-summary]").wait_for()
    found += examine(page, watch, skip_first=False)
    assert not found, "\n".join(found)
