"""Replies and notes, written without JavaScript."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from helpdesk import actions
from helpdesk.models import Attachment, Comment, Transition
from tests.factories import actor_of, make_agent, make_comment, make_ticket, make_user

pytestmark = pytest.mark.django_db


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
    return make_ticket("Export stops", requester=make_user("Leila"))


def say(client, ticket, **fields):
    fields = {"kind": "reply", "version": ticket.version, **fields}
    return client.post(reverse("ticket-comments", args=[ticket.pk]), fields)


def way(name) -> int:
    return Transition.objects.get(name=name).pk


def file(name="rows.csv", content=b"1,2\n"):
    return SimpleUploadedFile(name, content)


def test_a_reply_is_sent(client, agent, ticket):
    answer = say(client, ticket, body="We are **on** it.")
    assert answer["Location"] == f"/tickets/{ticket.pk}/#latest"
    html = client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "We are <strong>on</strong> it." in html
    comment = ticket.comments.get()
    assert comment.public and comment.author == agent


def test_a_note_stays_inside(client, agent, ticket):
    say(client, ticket, kind="note", body="Same cause as before")
    assert not ticket.comments.get().public


def test_an_empty_reply_is_refused(client, agent, ticket):
    answer = say(client, ticket, body="  \n")
    assert answer.status_code == 422
    assert "Write something first." in answer.content.decode()
    assert not Comment.objects.exists()


def test_a_reply_takes_a_transition_along(client, agent, ticket):
    say(client, ticket, body="Which file?", transition=way("Wait"))
    ticket.refresh_from_db()
    assert ticket.status.name == "Waiting"
    assert ticket.changes.count() == 2  # opened; replied and waiting in one


def test_a_note_takes_a_transition_along(client, agent, ticket):
    say(client, ticket, kind="note", body="Parked", transition=way("Wait"))
    ticket.refresh_from_db()
    assert ticket.status.name == "Waiting"


def test_a_transition_that_asks_is_asked_after_the_reply(client, agent, ticket):
    answer = say(client, ticket, body="Fixed", transition=way("Resolve"))
    assert answer["Location"] == reverse("ticket-transition", args=[ticket.pk, way("Resolve")])
    ticket.refresh_from_db()
    assert ticket.status.category == "open" and ticket.comments.count() == 1


def test_a_transition_that_is_not_open_keeps_the_words(client, agent, ticket):
    for wanted in (way("Reopen"), 999_999):
        answer = say(client, ticket, body="My words", transition=wanted)
        assert answer.status_code == 422 and "My words" in answer.content.decode()
    assert not Comment.objects.exists()


def test_a_reply_is_held_when_another_answered_and_its_words_are_kept(client, agent, ticket):
    make_comment(ticket, "A corrected file is on its way", by=actor_of(make_agent("Tomasz")))
    answer = say(client, ticket, body="My <untouched> words", transition=way("Wait"))
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Not sent yet" in html and "A corrected file is on its way" in html and "Tomasz" in html
    assert "My &lt;untouched&gt; words</textarea>" in html
    assert ticket.comments.count() == 1
    ticket.refresh_from_db()
    assert f'name="version" value="{ticket.version}"' in html
    assert f'name="transition" value="{way("Wait")}">' in html  # what “Send anyway” sends
    assert say(client, ticket, body="My words", transition=way("Wait")).status_code == 302
    assert ticket.comments.count() == 2


def test_a_reply_that_sets_a_status_is_held_when_the_status_changed(client, agent, ticket):
    actions.take_transition(ticket, "Start", by=actor_of(make_agent("Tomasz")))
    answer = say(client, ticket, body="My words", transition=way("Wait"))
    html = answer.content.decode()
    assert answer.status_code == 409 and "In progress" in html and "Open" in html


def test_a_harmless_change_does_not_hold_a_reply(client, agent, ticket):
    actions.tag(ticket, by=actor_of(make_agent("Tomasz")), add=["export"])
    assert say(client, ticket, body="My words").status_code == 302


def test_files_go_with_a_reply(client, agent, ticket):
    say(client, ticket, body="See the file", files=[file("a.csv"), file("b.txt", b"")])
    assert sorted(one.name for one in ticket.comments.get().attachments.all()) == ["a.csv", "b.txt"]


def test_files_alone_are_enough(client, agent, ticket):
    assert say(client, ticket, body="", files=[file()]).status_code == 302
    assert Attachment.objects.get().comment.body == ""


def test_a_file_that_is_too_large_is_refused_and_all_else_is_kept(client, agent, ticket, settings):
    settings.MAX_UPLOAD_MB = 0.0001
    answer = say(
        client, ticket, body="My words", files=[file("ok.csv"), file("big.bin", b"x" * 500)]
    )
    html = answer.content.decode()
    assert answer.status_code == 422 and "big.bin is larger than" in html
    assert "My words</textarea>" in html and not Comment.objects.exists()
    [kept] = re.findall(r'name="kept" value="([^"]+)"', html)
    say(client, ticket, body="My words", kept=kept)
    assert [one.name for one in ticket.comments.get().attachments.all()] == ["ok.csv"]


def test_files_are_kept_when_a_reply_is_held(client, agent, ticket):
    make_comment(ticket, by=actor_of(make_agent("Tomasz")))
    html = say(client, ticket, body="My words", files=[file()]).content.decode()
    assert re.findall(r'name="kept" value="([^"]+)" checked', html)
    assert Attachment.objects.get().state == Attachment.State.WAITING


def test_a_file_of_another_person_cannot_be_claimed(client, agent, ticket):
    other = make_agent("Tomasz")
    client.force_login(other)
    make_comment(ticket, by=actor_of(agent))
    html = say(client, ticket, body="Words", files=[file()]).content.decode()
    [kept] = re.findall(r'name="kept" value="([^"]+)"', html)
    client.force_login(agent)
    for name in (kept, "made-up", kept[:-2]):
        ticket.refresh_from_db()
        answer = say(client, ticket, body="Words", kept=name)
        assert answer.status_code == 422
        assert "A file is no longer there" in answer.content.decode()
    assert Attachment.objects.get().ticket is None


def test_htmx_gets_the_changed_parts_alone(client, agent, ticket):
    url = reverse("ticket-comments", args=[ticket.pk])
    fields = {"kind": "reply", "body": "Hello", "version": ticket.version}
    answer = client.post(url, fields, headers={"HX-Request": "true", "HX-Target": "composer"})
    html = answer.content.decode()
    assert answer.status_code == 200 and "<html" not in html and "Hello" in html
    for part in ("ticket-top", "timeline", "properties", "panels"):
        assert re.search(f'id="{part}"[^>]* hx-swap-oob="true"', html)
    assert html.count('id="composer"') == 1 and "Reply sent." in html
    assert "HX-Request" in answer["Vary"]


def test_one_edits_ones_own_message(client, agent, ticket):
    comment = make_comment(ticket, "Teh file", by=actor_of(agent))
    url = reverse("comment-edit", args=[ticket.pk, comment.uuid])
    assert "Teh file" in client.get(url).content.decode()
    assert client.post(url, {"body": "The file"})["Location"].endswith(f"#comment-{comment.uuid}")
    comment.refresh_from_db()
    assert comment.body == "The file"
    assert ">edited<" in client.get(f"/tickets/{ticket.pk}/").content.decode()


def test_the_message_of_another_is_not_edited(client, agent, ticket):
    comment = make_comment(ticket, "Words", by=actor_of(make_agent("Tomasz")))
    url = reverse("comment-edit", args=[ticket.pk, comment.uuid])
    assert f'href="{url}"' not in client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert client.post(url, {"body": "Other"}).status_code == 403
    comment.refresh_from_db()
    assert comment.body == "Words"


def test_a_message_is_redacted_after_asking(client, agent, ticket):
    comment = make_comment(ticket, "the password is 1234", by=actor_of(agent))
    url = reverse("comment-redact", args=[ticket.pk, comment.uuid])
    assert "can't be undone" in client.get(url).content.decode().replace("&#x27;", "'")
    client.post(url)
    comment.refresh_from_db()
    assert comment.is_redacted and comment.body == ""
    edit = reverse("comment-edit", args=[ticket.pk, comment.uuid])
    assert client.post(edit, {"body": "Again"}).status_code == 422


def recipient_line(html: str, kind: str) -> str:
    return html[html.index(f'id="add-{kind}"') :].split(">")[0]


def test_a_recipient_that_is_none_stays_where_it_was_typed(client, agent, ticket):
    answer = say(
        client,
        ticket,
        body="Hello",
        recipients="1",
        to="leila@acme.example",
        add_cc="boss@acme.example, bob(at)supplier",
    )
    assert answer.status_code == 422
    html = answer.content.decode()
    line = recipient_line(html, "cc")
    assert 'value="bob(at)supplier"' in line
    assert 'aria-invalid="true" aria-describedby="recipient-errors"' in line
    assert "autofocus" in line
    assert 'name="cc" value="boss@acme.example" checked' in html
    assert html.count("Nobody is known as “bob(at)supplier”") == 1
    assert 'id="recipient-errors"' in html
    assert not ticket.comments.exists()


def test_recipients_that_are_drawn_anew_keep_what_is_none_and_leave_the_focus(
    client, agent, ticket
):
    data = {"kind": "reply", "recipients": "1", "add_to": "bob@", "version": ticket.version}
    html = client.post(reverse("composer-recipients", args=[ticket.pk]), data).content.decode()
    line = recipient_line(html, "to")
    assert 'value="bob@"' in line
    assert 'aria-invalid="true"' in line
    assert "autofocus" not in line


def test_more_recipients_than_are_taken_stay_too(client, agent, ticket):
    many = ", ".join(f"p{number}@acme.example" for number in range(102))
    answer = say(client, ticket, body="Hello", recipients="1", add_to=many)
    assert 'value="p100@acme.example, p101@acme.example"' in recipient_line(
        answer.content.decode(), "to"
    )
    assert "At most 50 recipients." in answer.content.decode()


def test_a_note_does_not_ask_to_whom_it_goes(client, agent, ticket):
    say(client, ticket, kind="note", body="Among us", recipients="1", add_to="bob(at)supplier")
    assert not ticket.comments.get().public


def test_forms_share_fields_and_nothing_that_was_sent(client, agent, ticket):
    page = reverse("ticket", args=[ticket.pk])
    plain = client.get(page).context["composer"]
    wrong = {"body": "Later", "later": "1", "send_at": "never", "then": "x" * 50, "minutes": "long"}
    refused = say(client, ticket, **wrong)
    assert refused.status_code == 422 and refused.context["composer"]["send_at"].errors
    fresh = client.get(page).context["composer"]
    assert fresh.fields["send_at"] is plain.fields["send_at"]
    assert fresh.fields["body"] is not plain.fields["body"]
    assert not fresh["send_at"].errors and not fresh["send_at"].value()
    assert str(fresh["send_at"]) == str(plain["send_at"])
    assert str(fresh["minutes"]) == str(plain["minutes"])


def test_the_chips_of_an_answer_lead_back_to_the_list_one_came_from(client, agent, ticket):
    page = f"/tickets/{ticket.pk}/?list=view%3Dall"
    chip = 'href="?list=view%3Dall&amp;show=notes"'
    assert chip in client.get(page).content.decode()
    headers = {"HX-Request": "true", "Referer": f"http://testserver{page}"}
    sent = {"kind": "note", "version": ticket.version, "body": "Seen"}
    answer = client.post(reverse("ticket-comments", args=[ticket.pk]), sent, headers=headers)
    assert "?show=notes&amp;list=view%3Dall" in answer.content.decode()
