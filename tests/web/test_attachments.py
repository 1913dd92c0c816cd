"""Files: who gets them, and that none runs in our origin."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from helpdesk import actions
from helpdesk.models import Attachment
from tests.factories import actor_of, make_agent, make_comment, make_queue, make_ticket

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


@pytest.fixture
def ticket():
    return make_ticket("Export stops")


def attached(ticket, agent, name="rows.csv", content=b"1,2\n") -> Attachment:
    kept = actions.keep_file(SimpleUploadedFile(name, content), by=actor_of(agent))
    actions.attach(ticket, [kept], by=actor_of(agent))
    kept.refresh_from_db()
    return kept


def fetched(client, attachment):
    return client.get(reverse("attachment", args=[attachment.uuid]))


def test_a_file_is_downloaded(client, agent, ticket):
    answer = fetched(client, attached(ticket, agent))
    assert b"".join(answer.streaming_content) == b"1,2\n"
    assert answer["Content-Disposition"] == 'attachment; filename="rows.csv"'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", SVG),
        ("a.html", b"<script>alert(1)</script>"),
        ("a.png", SVG),
        ("a.pdf", b"%PDF"),
    ],
)
def test_what_could_run_is_always_a_download(client, agent, ticket, name, content):
    answer = fetched(client, attached(ticket, agent, name, content))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"


def test_a_picture_is_shown_and_fenced(client, agent, ticket):
    answer = fetched(client, attached(ticket, agent, "a.png", PNG))
    assert answer["Content-Disposition"].startswith("inline")
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_hostile_name_stays_within_its_header(client, agent, ticket):
    name = 'a"\r\nSet-Cookie: x=1; ../..\u202egnp.exe'
    answer = fetched(client, attached(ticket, agent, name))
    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers


def test_files_of_tickets_out_of_reach_are_not_found(client, agent):
    foreign = make_ticket("Not yours", queue=make_queue("Board"))
    boss = make_agent("Ada", role="admin")
    file = attached(foreign, boss)
    waiting = actions.keep_file(SimpleUploadedFile("w.csv", b"1"), by=actor_of(boss))
    made_up = "00000000-0000-4000-8000-000000000000"
    for uuid in (file.uuid, waiting.uuid, made_up):
        assert client.get(reverse("attachment", args=[uuid])).status_code == 404
        assert client.post(reverse("attachment-remove", args=[uuid])).status_code == 404


def test_a_link_is_shown_before_it_is_followed(client, agent, ticket):
    kept = actions.keep_link("https://files.example/a", by=actor_of(agent))
    actions.attach(ticket, [kept], by=actor_of(agent))
    assert 'href="https://files.example/a"' in fetched(client, kept).content.decode()


def test_files_are_attached_without_a_message(client, agent, ticket):
    url = reverse("ticket-attach", args=[ticket.pk])
    client.post(url, {"files": [SimpleUploadedFile("a.csv", b"1")]})
    assert ticket.attachments.get().name == "a.csv"
    assert "attached <b><bdi>a.csv" in client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert client.post(url, {}).status_code == 422


def test_a_file_is_removed_after_asking(client, agent, ticket):
    file = attached(ticket, agent)
    url = reverse("attachment-remove", args=[file.uuid])
    assert "deleted for good" in client.get(url).content.decode()
    client.post(url)
    assert fetched(client, file).status_code == 404
    assert "rows.csv" in client.get(reverse("ticket-history", args=[ticket.pk])).content.decode()


def test_a_redacted_file_is_gone(client, agent, ticket):
    kept = actions.keep_file(SimpleUploadedFile("secret.csv", b"1"), by=actor_of(agent))
    comment = make_comment(ticket, "Here", by=actor_of(agent), attachments=[kept])
    actions.redact_comment(comment, by=actor_of(agent))
    html = client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Redacted file" in html and "secret.csv" not in html
    assert fetched(client, kept).status_code == 404


def test_a_page_of_ours_allows_no_inline_script(client, agent, ticket):
    policy = client.get(f"/tickets/{ticket.pk}/")["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'self'" in policy
