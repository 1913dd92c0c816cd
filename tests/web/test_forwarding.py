"""A message is sent on to people outside, without JavaScript."""

from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from helpdesk import actions
from helpdesk.actor import Role
from helpdesk.models import Comment, Draft
from tests.budget import statements
from tests.factories import actor_of, make_agent, make_comment, make_queue, make_ticket, make_user
from tests.mail.messages import make_mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.UNDO_SEND_SECONDS = 0


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


@pytest.fixture
def ticket():
    made = make_ticket("Export stops", requester=make_user("Leila", email="leila@acme.example"))
    make_mailbox(queue=made.queue)
    return made


@pytest.fixture
def said(ticket) -> Comment:
    by = actor_of(ticket.requester)
    file = actions.keep_file(ContentFile(b"1,2", name="rows.csv"), by=by)
    body = "Only {{half}} of it <script>alert(1)</script>"
    return actions.reply(ticket, by=by, body=body, attachments=[file])


def page(client, ticket, **params) -> str:
    return client.get(reverse("ticket", args=[ticket.pk]), params).content.decode()


def send(client, said, **fields):
    fields = {
        "kind": "forward",
        "forward": str(said.uuid),
        "recipients": "1",
        "add_to": "bob@supplier.example",
        "enclose": [str(one.uuid) for one in said.attachments.all()],
        "body": "Please look.\n\n> Only {{half}} of it",
        **fields,
    }
    return client.post(reverse("ticket-comments", args=[said.ticket_id]), fields)


def save(client, said, **fields):
    fields = {
        "kind": "forward",
        "forward": str(said.uuid),
        "draft": str(uuid4()),
        "recipients": "1",
        **fields,
    }
    address = reverse("draft", args=[said.ticket_id])
    return client.post(address, fields, headers={"Accept": "application/json"}).json()


def test_a_link_opens_the_composer_with_the_message_quoted(client, agent, said):
    html = page(client, said.ticket, forward=str(said.uuid))
    assert 'data-kind="forward"' in html
    assert "&gt; Only {{half}} of it &lt;script&gt;" in html
    assert f'name="enclose" value="{said.attachments.get().uuid}" checked' in html
    assert "Fwd: Export stops" in html
    assert 'value="Leila &lt;' not in html, "the customer is no recipient of it"


def test_the_newest_public_message_is_meant_without_a_name(client, agent, said):
    make_comment(said.ticket, "Between us", public=False)
    assert f'name="forward" value="{said.uuid}"' in page(client, said.ticket, forward="latest")
    empty = make_ticket("Nothing said yet", queue=said.ticket.queue)
    assert 'name="forward" value="opening"' in page(client, empty, forward="latest")


def test_the_menu_of_a_message_leads_there_but_not_that_of_a_note(client, agent, said):
    note = make_comment(said.ticket, "Between us", public=False)
    menus = [
        client.get(reverse("comment-menu", args=[said.ticket_id, one.uuid])).content.decode()
        for one in (said, note)
    ]
    assert [
        f"?forward={one.uuid}" in html for one, html in zip((said, note), menus, strict=True)
    ] == [
        True,
        False,
    ]


def test_it_is_kept_as_a_note_that_says_to_whom_it_went(client, agent, said):
    send(client, said)
    note = said.ticket.comments.latest("pk")
    assert not note.public
    assert note.is_forward
    assert note.recipients.get().address == "bob@supplier.example"
    html = page(client, said.ticket)
    assert "Forwarded" in html
    assert "bob@supplier.example" in html
    assert html.count("rows.csv") >= 2


def test_its_answer_names_what_it_needs(client, agent, said):
    answer = send(client, said, add_to="", add_cc="bob@supplier.example")
    assert answer.status_code == 422
    html = answer.content.decode()
    assert html.count("To: say to whom it is forwarded.") == 1
    assert 'aria-describedby="recipient-errors"' in html
    assert "Please look." in html


def test_a_file_that_is_unticked_stays_here(client, agent, said):
    send(client, said, enclose=[])
    assert said.ticket.comments.latest("pk").extra["forward"]["files"] == []


def test_variables_are_filled_in_the_own_words_alone(client, agent, said):
    send(client, said, body="For {{ticket.number}}\n\n> Only {{half}} of it")
    body = said.ticket.comments.latest("pk").body
    assert "{{ticket.number}}" not in body
    assert "> Only {{half}} of it" in body


def test_a_draft_of_it_stands_beside_the_others_and_is_there_again(client, agent, said):
    client.post(
        reverse("draft", args=[said.ticket_id]),
        {"kind": "reply", "draft": str(uuid4()), "body": "For the customer"},
    )
    save(client, said, body="For Bob", add_to="bob@supplier.example")
    html = page(client, said.ticket)
    assert 'data-kind="forward"' in html, "what was written last"
    assert "For Bob" in html
    assert "bob@supplier.example" in html
    assert 'name="enclose"' in html
    assert "checked" not in html[html.index('name="enclose"') :].split(">")[0]
    assert (
        "For the customer"
        not in page(client, said.ticket, forward=str(said.uuid))
        .split("</textarea>")[0]
        .rsplit("<textarea", 1)[-1]
    )
    assert "For the customer" in page(client, said.ticket, compose="reply")


def test_a_draft_of_another_message_is_not_taken_for_it(client, agent, said):
    save(client, said, body="For Bob", add_to="bob@supplier.example")
    html = page(client, said.ticket, forward="opening")
    assert "For Bob" not in html.split("</textarea>")[0].rsplit("<textarea", 1)[-1]


def test_it_is_held_and_taken_back(client, agent, said):
    agent.preferences = {"undo_send": 30}
    agent.save()
    send(client, said)
    draft = Draft.objects.get()
    assert draft.is_queued
    assert draft.kind == Draft.Kind.FORWARD
    assert "Forward to 1 person is on its way." in page(client, said.ticket)
    client.post(reverse("draft-undo", args=[draft.uuid]))
    html = page(client, said.ticket, draft=str(draft.uuid))
    assert 'data-kind="forward"' in html
    assert "Please look." in html
    assert "bob@supplier.example" in html


def test_what_is_not_there_is_not_found(client, agent, said):
    other = make_comment(make_ticket("Other", queue=said.ticket.queue), "Elsewhere")
    note = make_comment(said.ticket, "Between us", public=False)
    hidden = make_comment(make_ticket("Hidden", queue=make_queue("Elsewhere")), "Unseen")
    for name in (other.uuid, note.uuid, hidden.uuid, uuid4(), "x"):
        assert client.get(f"/tickets/{said.ticket_id}/?forward={name}").status_code == 404
        assert client.get(f"/drafts/forward/{said.ticket_id}/?of={name}").status_code == 404
    assert client.get(f"/drafts/forward/{hidden.ticket_id}/").status_code == 404


def test_a_redacted_message_is_refused_and_the_words_stay(client, agent, said):
    actions.redact_comment(said, by=actor_of(agent))
    answer = send(client, said)
    assert answer.status_code == 422
    assert "Please look." in answer.content.decode()


def test_who_may_only_note_may_not_forward(client, said):
    client.force_login(make_agent("Lea", role=Role.LIGHT))
    assert client.get(f"/drafts/forward/{said.ticket_id}/").status_code == 403
    assert send(client, said).status_code == 403
    assert said.ticket.comments.count() == 1


def test_a_page_with_forwards_asks_once_more_and_no_oftener(client, agent, said):
    page(client, said.ticket)
    with statements() as before:
        page(client, said.ticket)
    send(client, said)
    send(client, said, body="Again.\n\n> …")
    page(client, said.ticket)
    with statements() as after:
        page(client, said.ticket)
    assert len(after) <= len(before) + 1


def test_recipients_alone_are_a_draft(client, agent, ticket):
    address = reverse("draft", args=[ticket.pk])
    data = {"kind": "reply", "draft": str(uuid4()), "writer": "w", "recipients": "1", "body": ""}
    usual = {**data, "to": "Leila <leila@acme.example>"}
    headers = {"Accept": "application/json"}
    assert client.post(address, usual, headers=headers).json()["uuid"] is None
    client.post(address, {**usual, "add_cc": "bob@supplier.example"}, headers=headers)
    assert "bob@supplier.example" in page(client, ticket)
    client.post(address, usual, headers=headers)
    assert not Draft.objects.exists()


def test_a_queue_without_a_mailbox_says_so_before_a_forward_is_written(client, agent):
    lonely = make_ticket("Lonely")
    html = page(client, lonely, forward="opening")
    assert "has no mailbox, so that nothing can be forwarded from it" in html
    buttons = html[html.index('id="composer-send"') :].split("</form>")[0]
    assert '<button class="button primary" disabled aria-describedby="stays-here">' in buttons
    assert 'class="split-button"' not in buttons
    assert "stays-here" not in page(client, lonely, compose="reply")
    make_mailbox(queue=lonely.queue)
    assert "stays-here" not in page(client, lonely, forward="opening")


def test_words_for_a_queue_without_a_mailbox_are_kept(client, agent):
    lonely = make_ticket("Lonely")
    data = {"kind": "forward", "forward": "opening", "draft": str(uuid4()), "body": "For Bob"}
    client.post(reverse("draft", args=[lonely.pk]), data)
    assert "For Bob" in page(client, lonely, forward="opening")
