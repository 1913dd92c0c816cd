"""Hostile text in every field is text, on every page that shows it."""

import csv
import json
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk.actor import system
from helpdesk.imports import jobs, running
from helpdesk.imports.mapping import Mapping
from tests.factories import default_queue, make_key, make_user
from tests.hostile.inert import faults_in
from tests.hostile.texts import EVERYTHING, MARKUP, SHORT, HostileHouse
from tests.hostile.world import signed_in

pytestmark = pytest.mark.django_db
LOUD = ("<script>alert", "<img src=x", "<svg/onload", "<svg onload", "<iframe", "onerror=alert")


@pytest.fixture
def house() -> HostileHouse:
    return HostileHouse()


@pytest.fixture
def admin(house) -> Client:
    return signed_in(make_user("Ada", "admin"))


@pytest.mark.parametrize("markup", MARKUP)
def test_the_reader_of_pages_hears_what_would_run(markup):
    """Else the tests below could not fail: only texts without an element of their own are quiet."""
    quiet = ("{{", "[x]", "<javascript", "<textarea>", "<button", "<!-->", "<form", "<math")
    page = f"<html><main id=main></main>{markup}</html>"
    heard = faults_in(page)
    assert heard or markup.startswith(quiet) or "autofocus" in markup


def shown(client: Client, paths: list[str], *, may_style: bool = False) -> list[str]:
    """What is wrong with any of these pages."""
    wrong = []
    for path in paths:
        response = client.get(path)
        text = response.content.decode()
        is_odd = "img" in path  # an address that is itself hostile may be refused
        assert response.status_code == 200 or (is_odd and response.status_code < 500), path
        wrong += [f"{path}: {fault}" for fault in faults_in(text, may_style=may_style)]
        wrong += [f"{path}: {loud}" for loud in LOUD[:5] if loud in text]
    return wrong


def test_no_page_of_the_workspace_lets_it_run(house, admin):
    wrong = shown(admin, house.pages())
    assert not wrong, "\n".join(dict.fromkeys(wrong))


@pytest.mark.parametrize("form", ["plain", "markdown", "html"])
def test_each_ticket_page_shows_the_words_all_the_same(house, admin, form):
    """Inert must not mean gone: what was written in plain text is there to be read."""
    ticket = next(one for one in house.tickets if one.body_format == form)
    text = admin.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "covered" in text
    if form == "plain":
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_the_list_beside_a_ticket_lets_nothing_run(house, admin):
    admin.post("/preferences/layout/", {"layout": "split"})
    ticket = house.tickets[2]
    wrong = shown(admin, ["/tickets/", f"/tickets/{ticket.pk}/?list=queue%3D{house.queue.slug}"])
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def test_no_page_of_the_administration_lets_it_run(house, admin):
    paths = house.admin_pages()
    wrong = shown_in_admin(admin, paths)
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def shown_in_admin(client: Client, paths: list[str]) -> list[str]:
    """Unfold's own pages have scripts and handlers: only what is hostile counts."""
    wrong = []
    for path in paths:
        response = client.get(path)
        assert response.status_code in (200, 302, 403), (path, response.status_code)
        text = response.content.decode()
        wrong += [f"{path}: {loud}" for loud in LOUD[:5] if loud in text]
        faults = faults_in(text, may_style=True)
        wrong += [f"{path}: {one}" for one in faults if "alert" in one or "evil" in one]
    return wrong


def test_the_api_answers_it_as_json_and_nothing_else(house):
    client = Client(headers={"authorization": f"Bearer {make_key()[1]}"})
    for ticket in house.tickets:
        own = f"/api/v1/tickets/{ticket.pk}/"
        for path in (own, f"{own}comments/", f"{own}activities/", f"{own}attachments/"):
            response = client.get(path)
            assert response.status_code == 200
            assert response["Content-Type"] == "application/json"
            assert response["X-Content-Type-Options"] == "nosniff"
            json.loads(response.content)
    for path in ("/api/v1/tickets/", "/api/v1/queues/", "/api/v1/users/", "/api/v1/tags/"):
        assert client.get(path)["Content-Type"] == "application/json"
    first = client.get(f"/api/v1/tickets/{house.tickets[0].pk}/").json()
    assert first["body"] == EVERYTHING


def test_an_error_that_names_what_was_sent_names_it_as_text(house, admin):
    client = Client(headers={"authorization": f"Bearer {make_key()[1]}"})
    for path in (f"/api/v1/tickets/?{SHORT}=1", f"/api/v1/{SHORT}/", f"/compat/{SHORT}"):
        response = client.get(path)
        assert response.status_code in (400, 401, 404)
        assert "text/html" not in response["Content-Type"] or not faults_in(
            response.content.decode()
        )


def test_a_picture_that_is_a_script_is_saved_and_never_shown(house, admin):
    for file in house.tickets[0].attachments.all():
        response = admin.get(f"/attachments/{file.uuid}/")
        assert response["Content-Disposition"].startswith("attachment")
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "\n" not in response["Content-Disposition"]


FORMULAS = ("=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1")


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_refused_rows_of_an_import_hold_no_formulas(formula):
    """A table program must not compute what a stranger wrote."""
    by = system("import")
    table = f'id,title,note\n1,,"{formula}"\n'.encode()
    job = jobs.begin(SimpleUploadedFile("x.csv", table), by=by)
    mapping = Mapping.from_json(
        {"columns": {"id": "source_ref", "title": "title", "note": "custom.note"}, "values": {}},
        timezone="UTC",
        source="x",
    )
    jobs.prepare(job, mapping, default_queue(), by=by, announce=False)
    jobs.start(job, by=by)
    running.run(job)
    rows = list(csv.reader(StringIO("".join(jobs.refused_csv(job)))))
    assert len(rows) == 2, rows
    assert not [cell for cell in rows[1] if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
