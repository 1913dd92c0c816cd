"""Drafts and queued replies as pages show them, mostly without JavaScript."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from helpdesk.actions import sending
from helpdesk.models import Draft, Transition
from tests.factories import (
    actor_of,
    default_queue,
    make_agent,
    make_comment,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt", preferences={"undo_send": 10})
    client.force_login(person)
    return person


@pytest.fixture
def ticket():
    return make_ticket("Export stops", requester=make_user("Leila"))


def page(client, ticket, query="") -> str:
    return client.get(f"/tickets/{ticket.pk}/{query}").content.decode()


def save(client, ticket, **fields):
    fields = {"kind": "reply", "draft": str(uuid4()), "writer": "w", "revision": 0, **fields}
    return client.post(
        reverse("draft", args=[ticket.pk]), fields, headers={"Accept": "application/json"}
    )


def say(client, ticket, **fields):
    fields = {"kind": "reply", "version": ticket.version, **fields}
    return client.post(reverse("ticket-comments", args=[ticket.pk]), fields)


def due(**later):
    Draft.objects.filter(state="queued").update(send_after=timezone.now() - timedelta(seconds=1))


def test_a_draft_is_there_again_after_a_reload(client, agent, ticket):
    answer = save(client, ticket, body="Half a <b>sentence").json()
    assert answer["revision"] == 1 and answer["words"].startswith("Saved ")
    html = page(client, ticket)
    assert "Half a &lt;b&gt;sentence</textarea>" in html and answer["uuid"] in html
    assert "Saved " in html


def test_reply_and_note_have_their_own_drafts(client, agent, ticket):
    save(client, ticket, body="To the customer")
    save(client, ticket, body="Among us", kind="note")
    assert "Among us</textarea>" in page(client, ticket)  # the last one written
    assert "To the customer</textarea>" in page(client, ticket, "?compose=reply")
    assert "To the customer</template>" in page(client, ticket)


def test_a_draft_is_shown_to_nobody_else(client, agent, ticket):
    uuid = save(client, ticket, body="Unfinished words").json()["uuid"]
    client.force_login(make_agent("Tomasz"))
    assert "Unfinished words" not in page(client, ticket)
    assert client.post(reverse("draft-discard", args=[uuid])).status_code == 404
    assert client.post(reverse("draft-undo", args=[uuid])).status_code == 404
    assert Draft.objects.get().body == "Unfinished words"


def test_a_draft_of_another_window_is_offered(client, agent, ticket):
    first = save(client, ticket, body="In the first window").json()
    save(client, ticket, body="In the first window, on", draft=first["uuid"], revision=1)
    save(client, ticket, body="In the second", draft=first["uuid"], revision=1, writer="other")
    html = page(client, ticket)
    assert "In the second</textarea>" in html and "Another draft" in html
    assert "In the first window, on" in html
    html = page(client, ticket, f"?draft={first['uuid']}")
    assert "In the first window, on</textarea>" in html


def test_without_script_a_button_saves_words_and_files(client, agent, ticket):
    upload = SimpleUploadedFile("rows.csv", b"1,2")
    fields = {"kind": "reply", "body": "Not yet", "draft": str(uuid4()), "files": upload}
    answer = client.post(reverse("draft", args=[ticket.pk]), fields)
    html = client.get(answer["Location"]).content.decode()
    assert "Not yet</textarea>" in html and "rows.csv" in html and "The draft is saved." in html
    [kept] = re.findall(r'name="kept" value="([^"]+)"', html)
    [uuid] = re.findall(r'name="draft" value="([^"]+)"', html)
    say(client, ticket, body="Now", draft=uuid, kept=kept)
    due()
    sending.send_due()
    assert ticket.comments.get().attachments.get().name == "rows.csv"
    assert not Draft.objects.exists()


def test_a_draft_goes_when_it_is_sent_and_only_then(client, agent, ticket):
    uuid = save(client, ticket, body="Words", kind="note").json()["uuid"]
    say(client, ticket, kind="note", body=" ", draft=uuid)
    assert Draft.objects.exists()
    say(client, ticket, kind="note", body="Words", draft=uuid)
    assert not Draft.objects.exists() and ticket.comments.get().body == "Words"


def test_the_same_form_twice_is_said_once(client, agent, ticket):
    uuid = str(uuid4())
    for _click in range(2):
        assert say(client, ticket, kind="note", body="Words", draft=uuid).status_code == 302
    assert ticket.comments.count() == 1


def test_a_reply_waits_and_can_be_taken_back(client, agent, ticket):
    wait = Transition.objects.get(name="Wait")
    answer = say(client, ticket, body="My words", transition=wait.pk, add_cc="boss@example.com",
                 recipients="1", to="Leila <leila@example.com>")  # fmt: skip
    html = client.get(answer["Location"]).content.decode()
    assert re.search(r"Sending in (10|[89]) s", html) and "is on its way" in html
    assert not ticket.comments.exists()
    [undo] = set(re.findall(r'action="(/drafts/[^"?]+/undo/)"', html))
    answer = client.post(undo)
    html = client.get(answer["Location"]).content.decode()
    assert "My words</textarea>" in html and "Sending in" not in html
    assert 'value="boss@example.com" checked' in html
    assert "<b><bdi>Waiting</bdi></b>" in html  # what the button would have set
    due()
    assert sending.send_due() == 0


def test_a_reply_leaves_when_its_time_has_come(client, agent, ticket):
    wait = Transition.objects.get(name="Wait")
    say(client, ticket, body="My words", transition=wait.pk)
    due()
    sending.send_due()
    ticket.refresh_from_db()
    assert ticket.comments.get().body == "My words" and ticket.status.name == "Waiting"


def test_a_held_reply_is_refused_before_it_waits(client, agent, ticket):
    make_comment(ticket, by=actor_of(make_agent("Tomasz")))
    assert say(client, ticket, body="My words").status_code == 409
    assert not Draft.objects.filter(state="queued").exists()


def test_a_reply_is_scheduled_and_cancelled(client, agent, ticket):
    at = timezone.now() + timedelta(days=2)
    answer = say(client, ticket, body="Later", later="1", send_at=f"{at:%Y-%m-%dT%H:%M}")
    html = client.get(answer["Location"]).content.decode()
    assert "Scheduled for" in html and ">Cancel<" in html
    assert Draft.objects.get().is_scheduled


@pytest.mark.parametrize("at", ["2020-01-01T10:00", "", "tomorrow", "2999-01-01T10:00"])
def test_a_time_that_makes_no_sense_keeps_the_words(client, agent, ticket, at):
    answer = say(client, ticket, body="Later", later="1", send_at=at)
    assert answer.status_code == 422 and "Later</textarea>" in answer.content.decode()
    assert not Draft.objects.exists()


def test_why_a_reply_came_back_is_said_in_the_composer(client, agent, ticket):
    say(client, ticket, body="Later", later=(timezone.now() + timedelta(days=1)).isoformat())
    change = make_comment(ticket, by=actor_of(ticket.requester)).changes.get()
    sending.take_back_answered([change])
    html = page(client, ticket)
    assert "Not sent: Leila wrote before its time came." in html and "Later</textarea>" in html


def test_htmx_gets_a_toast_with_the_way_back(client, agent, ticket):
    url = reverse("ticket-comments", args=[ticket.pk])
    fields = {"kind": "reply", "body": "Hello", "version": ticket.version}
    html = client.post(url, fields, headers={"HX-Request": "true"}).content.decode()
    assert re.search(r"Sending in (10|[89]) s", html)
    undo = re.search(r"/drafts/[^\"?]+/undo/\?left=\d+", html)[0]
    here = {"HX-Request": "true", "HX-Current-URL": f"http://testserver/tickets/{ticket.pk}/"}
    html = client.post(undo, headers=here).content.decode()
    assert "Hello</textarea>" in html and re.search(r'id="composer"[^>]*hx-swap-oob', html)


def test_too_late_is_said(client, agent, ticket):
    say(client, ticket, body="Hello")
    uuid = Draft.objects.get().uuid
    due()
    sending.send_due()
    answer = client.post(reverse("draft-undo", args=[uuid]))
    assert "Too late" in client.get(answer["Location"]).content.decode()


def test_the_button_remembers_what_was_set(client, agent, ticket):
    wait = Transition.objects.get(name="Wait")
    assert "Send reply to 1 person<" in page(client, ticket)
    say(client, ticket, body="Which file?", transition=wait.pk)
    other = make_ticket("Another", requester=make_user("Rami"))
    assert "Send reply to 1 person and set Waiting</button>" in page(client, other)
    say(client, other, body="Which one?", keep="1")
    assert "Send reply to 1 person</button>" in page(client, other)


def test_send_and_next_opens_the_next_ticket_of_the_list(client, agent, ticket):
    make_ticket("Another", requester=ticket.requester)
    came = f"http://testserver/tickets/{ticket.pk}/?list=sort%3Dtitle"
    fields = {"kind": "note", "body": "Done", "then": "next:"}
    url = reverse("ticket-comments", args=[ticket.pk])
    answer = client.post(url, fields, headers={"Referer": came})
    other = make_ticket("Later").pk - 1
    assert answer["Location"].startswith((f"/tickets/{other}/", "/tickets/?"))


def test_the_recipients_are_counted_as_they_change(client, agent, ticket):
    url = reverse("composer-recipients", args=[ticket.pk])
    fields = {
        "recipients": "1",
        "to": "Leila <l@example.com>",
        "add_to": "Rami <r@example.com>, x@",
    }
    html = client.post(url, fields | {"version": 1}).content.decode()
    assert "Send reply to 2 people" in html and "“x@” is no e-mail address." in html
    assert 'name="version" value="1"' in html  # what one has seen is still what one has seen


def test_a_new_ticket_is_kept_as_a_draft(client, agent):
    fields = {
        "title": "Half a title",
        "body": "Some words",
        "draft": str(uuid4()),
        "priority": "high",
        "queue": default_queue().pk,
    }
    assert client.post(reverse("draft-new"), fields)["Location"].startswith("/tickets/new/")
    html = client.get("/tickets/new/").content.decode()
    assert 'value="Half a title"' in html and "Some words</textarea>" in html
    assert re.search(r'value="high"[^>]* selected', html)
    [uuid] = re.findall(r'name="draft" value="([^"]+)"', html)
    client.post("/tickets/new/", fields | {"title": "Whole", "draft": uuid})
    assert not Draft.objects.exists()


def test_a_recipient_that_is_none_is_kept_with_the_draft(client, agent, ticket):
    data = {"kind": "reply", "draft": str(uuid4()), "recipients": "1", "to": "leila@acme.example"}
    save(client, ticket, **data, add_bcc="bob(at)supplier")
    html = client.get(f"/tickets/{ticket.pk}/").content.decode()
    line = html[html.index('id="add-bcc"') :].split(">")[0]
    assert 'value="bob(at)supplier"' in line
    assert "aria-invalid" not in line, "it is not refused before it is sent"


def test_a_reply_keeps_its_recipients_while_a_note_is_written(client, agent, ticket):
    data = {"draft": str(uuid4()), "recipients": "1"}
    save(client, ticket, **data, kind="reply", body="Hello", to="boss@acme.example")
    html = client.get(f"/tickets/{ticket.pk}/", {"compose": "note"}).content.decode()
    assert 'name="to" value="boss@acme.example" checked' in html
    assert 'value="Leila' not in html
