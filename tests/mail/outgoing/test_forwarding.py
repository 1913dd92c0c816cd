"""A message is forwarded to people outside: the mail, what is kept of it, and what they answer."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from helpdesk import actions
from helpdesk.actions import sending as says
from helpdesk.actions.forwarding import forwarded_text, source_named, writer_of
from helpdesk.actor import Role
from helpdesk.models import Comment, Draft, Notification, OutgoingMail, Participant, Ticket
from helpdesk.permissions import actor_of
from tests.factories import make_agent, make_queue, make_ticket, make_user
from tests.mail.messages import send, take
from tests.mail.outgoing.test_conversation import answer_to

pytestmark = pytest.mark.django_db
BOB = [{"kind": "to", "address": "bob@supplier.example", "name": "Bob"}]


@pytest.fixture
def by(agent):
    return actor_of(agent)


@pytest.fixture
def said(ticket, ann, by) -> Comment:
    """The customer's words, with a file."""
    file = actions.keep_file(ContentFile(b"%PDF-1.4 smoke", name="smoke.pdf"), by=actor_of(ann))
    return actions.reply(
        ticket, by=actor_of(ann), body="It <b>burns</b>\nstill.", attachments=[file]
    )


def forward(said: Comment, by, **more) -> Comment:
    text = forwarded_text(source_named(said.ticket, str(said.uuid)), "Please look.")
    return actions.forward(
        said.ticket, **({"by": by, "of": said, "body": text, "recipients": BOB} | more)
    )


def test_the_mail_says_who_wrote_what_below_the_own_words(said, by, post):
    post()
    forward(said, by)
    [got] = post()
    assert got.to == ["bob@supplier.example"]
    assert got.mail["Subject"] == f"[#{said.ticket_id}] Fwd: Printer on fire"
    assert "support" in got.mail["From"]
    assert "+f." in got.mail["Reply-To"]
    text = got.text.replace("\r\n", "\n")
    assert text.startswith("Please look.")
    assert "> From: Ann Customer <ann@customer.example>" in text
    assert "> Subject: Printer on fire" in text
    assert "> It <b>burns</b>\n> still." in text
    assert "In-Reply-To" not in got.mail


def test_nothing_of_the_message_is_markup_in_the_mail(said, by, post):
    forward(said, by)
    html = post()[-1].html
    assert "It &lt;b&gt;burns&lt;/b&gt;" in html
    assert "<blockquote>" in html


def test_files_of_the_message_go_along_unless_they_are_left_out(said, by, post):
    forward(said, by)
    forward(said, by, files=[])
    names = [[one.get_filename() for one in got.mail.iter_attachments()] for got in post()]
    assert ["smoke.pdf"] in names
    assert [] in names


def test_own_files_go_along_and_stay_internal(said, by, post):
    file = actions.keep_file(ContentFile(b"our plan", name="plan.txt"), by=by)
    note = forward(said, by, attachments=[file])
    [got] = [one for one in post() if one.to == ["bob@supplier.example"]]
    assert {one.get_filename() for one in got.mail.iter_attachments()} == {"smoke.pdf", "plan.txt"}
    assert not note.attachments.get().public


def test_the_first_message_of_a_ticket_is_forwarded_too(ticket, by, post):
    text = forwarded_text(source_named(ticket, "opening"), "See below.")
    actions.forward(ticket, by=by, of=None, body=text, recipients=BOB)
    [got] = post()
    assert "> Subject: Printer on fire" in got.text


def test_the_customer_sees_and_gets_nothing(said, by, ann, post):
    note = forward(said, by)
    assert all("ann@customer.example" not in got.to for got in post())
    assert note not in Comment.objects.filter(ticket=said.ticket).shown_to(actor_of(ann))


def test_no_clock_and_no_status_moves(said, by):
    before = Ticket.objects.get(pk=said.ticket_id)
    forward(said, by)
    after = Ticket.objects.get(pk=said.ticket_id)
    assert after.first_response_at is None
    assert (after.status_id, after.due_at, after.snoozed_until) == (
        before.status_id,
        before.due_at,
        before.snoozed_until,
    )


def test_an_answer_is_an_internal_note_of_its_sender(said, by, ann, post, mailbox):
    note = forward(said, by)
    [got] = [one for one in post() if one.to == ["bob@supplier.example"]]
    arrived = take(mailbox, answer_to(got, "bob@supplier.example", "A new fuse is on its way."))
    said_back = arrived.comment
    assert arrived.ticket == said.ticket
    assert not said_back.public
    assert said_back.in_reply_to == note
    assert "bob" in said_back.author_name.lower()
    assert all("ann@customer.example" not in one.to for one in post())


def test_whom_they_copy_in_takes_no_part(said, by, post, mailbox):
    forward(said, by)
    got = next(one for one in post() if one.to == ["bob@supplier.example"])
    take(mailbox, answer_to(got, "bob@supplier.example", "With Carl.", Cc="carl@supplier.example"))
    assert not Participant.objects.filter(person__email="carl@supplier.example").exists()


def test_without_the_signed_address_the_message_id_leads_to_the_note(said, by, post, mailbox):
    forward(said, by)
    got = next(one for one in post() if one.to == ["bob@supplier.example"])
    arrived = take(
        mailbox, answer_to(got, "bob@supplier.example", "No plus here.", to=mailbox.address)
    )
    assert arrived.ticket == said.ticket
    assert not arrived.comment.public


def test_even_the_customer_answers_a_forward_with_a_note(said, by, post, mailbox):
    """What they quote was written for somebody else."""
    forward(said, by)
    got = next(one for one in post() if one.to == ["bob@supplier.example"])
    assert not take(
        mailbox, answer_to(got, "ann@customer.example", "Bob wrote to me.")
    ).comment.public


def test_a_forged_address_leads_nowhere(said, by, post, mailbox):
    forward(said, by)
    got = next(one for one in post() if one.to == ["bob@supplier.example"])
    forged = got.mail["Reply-To"].replace("+f.", "+f.1")
    stored = send(mailbox, "Let me in", sender="eve@evil.example", to=forged, subject="Hello")
    assert stored.ticket != said.ticket


def test_the_assignee_is_told_of_an_answer(said, by, agent, post, mailbox):
    actions.change_ticket(said.ticket, by=by, assignee=agent)
    forward(said, by)
    got = next(one for one in post() if one.to == ["bob@supplier.example"])
    take(mailbox, answer_to(got, "bob@supplier.example", "On its way."))
    post()
    assert Notification.objects.filter(person=agent, what=Notification.What.NOTED).exists()


def test_a_note_a_redacted_and_a_deleted_message_are_not_forwarded(said, by):
    note = actions.add_note(said.ticket, by=by, body="Between us.")
    with pytest.raises(ValidationError):
        actions.forward(note.ticket, by=by, of=note, body="x", recipients=BOB)
    actions.redact_comment(said, by=by)
    with pytest.raises(ValidationError):
        actions.forward(said.ticket, by=by, of=said, body="x", recipients=BOB)


def test_a_message_of_another_ticket_is_not_forwarded(said, by):
    other = make_ticket("Other", queue=said.ticket.queue)
    with pytest.raises(ValidationError):
        actions.forward(other, by=by, of=said, body="x", recipients=BOB)


def test_files_of_another_message_do_not_go_along(said, by, ann):
    file = actions.keep_file(ContentFile(b"other", name="other.txt"), by=actor_of(ann))
    actions.reply(said.ticket, by=actor_of(ann), body="More", attachments=[file])
    with pytest.raises(ValidationError) as refused:
        forward(said, by, files=[str(file.uuid)])
    assert "files" in refused.value.message_dict


def test_somebody_has_to_get_it(said, by):
    with pytest.raises(ValidationError) as refused:
        forward(said, by, recipients=[{"kind": "cc", "address": "bob@supplier.example"}])
    assert "to" in refused.value.message_dict


def test_a_queue_without_a_mailbox_forwards_nothing(by):
    lonely = make_ticket("Lonely", queue=make_queue("Nowhere"))
    admin = actor_of(make_user("Root", role=Role.ADMIN))
    with pytest.raises(ValidationError):
        actions.forward(lonely, by=admin, of=None, body="x", recipients=BOB)


@pytest.mark.parametrize("role", [Role.LIGHT, Role.CUSTOMER])
def test_who_may_not_reply_to_customers_may_not_forward(said, ann, role):
    person = ann if role == Role.CUSTOMER else make_agent("Lea", role=Role.LIGHT)
    with pytest.raises(PermissionDenied):
        forward(said, actor_of(person))


def test_redacting_a_message_redacts_what_forwarded_it_and_what_has_not_left(said, by, post):
    note = forward(said, by)
    actions.redact_comment(said, by=by)
    note.refresh_from_db()
    assert note.is_redacted
    assert note.is_forward
    assert not note.body
    assert all(got.to != ["bob@supplier.example"] for got in post())


def test_a_held_forward_leaves_once_its_time_has_come(said, by, post):
    draft = queue(said, by)
    assert says.send_due() == 0
    Draft.objects.filter(pk=draft.pk).update(send_after=timezone.now())
    assert says.send_due() == 1
    note = Comment.objects.get(uuid=draft.uuid)
    assert note.is_forward
    assert note.in_reply_to == said
    assert [got.to for got in post()][-1] == ["bob@supplier.example"]


def test_a_forward_that_is_taken_back_is_a_draft_again(said, by):
    draft = queue(said, by)
    assert says.unqueue_reply(draft.uuid, by=by).kind == Draft.Kind.FORWARD
    assert not Comment.objects.filter(uuid=draft.uuid).exists()


def test_what_was_redacted_while_it_waited_comes_back_with_the_reason(said, by):
    draft = queue(said, by)
    actions.redact_comment(said, by=by)
    Draft.objects.filter(pk=draft.pk).update(send_after=timezone.now())
    assert says.send_due() == 0
    draft.refresh_from_db()
    assert "no longer there" in draft.notice


def test_what_came_back_is_said_and_sent_again(said, by, post):
    note = forward(said, by)
    post()
    mail = OutgoingMail.objects.get(comment=note)
    assert mail.kind == OutgoingMail.Kind.FORWARD
    OutgoingMail.objects.filter(pk=mail.pk).update(state=OutgoingMail.State.FAILED)
    actions.resend_mail(OutgoingMail.objects.get(pk=mail.pk), by=by)
    assert post()[-1].to == ["bob@supplier.example"]


@pytest.fixture
def answer(said, by, post, mailbox) -> Comment:
    """What came back for a forward."""
    forward(said, by)
    got = next(one for one in post() if one.to == ["bob@supplier.example"])
    raw = answer_to(got, "Bob Baker <bob@supplier.example>", "On its way.")
    return take(mailbox, raw).comment


def test_what_they_answered_is_answered_by_a_forward(answer, by, post):
    text = forwarded_text(source_named(answer.ticket, str(answer.uuid)), "Thank you.")
    post()
    note = actions.forward(
        answer.ticket, by=by, of=answer, body=text, recipients=[writer_of(answer)]
    )
    [got] = post()
    assert got.to == ["bob@supplier.example"]
    assert got.mail["In-Reply-To"] == f"<{answer.message_id}>"
    assert "> On its way." in got.text
    assert "The rows" not in got.text
    assert note.in_reply_to == answer
    actions.redact_comment(answer, by=by)
    note.refresh_from_db()
    assert note.is_redacted


def test_somebody_else_gets_no_message_id_of_theirs(answer, by, post):
    post()
    carl = [{"kind": "to", "address": "carl@supplier.example"}]
    actions.forward(answer.ticket, by=by, of=answer, body="See below.", recipients=carl)
    [got] = post()
    assert "In-Reply-To" not in got.mail


def test_the_menu_of_their_answer_says_who_gets_what(answer, agent, client):
    client.force_login(agent)
    address = reverse("comment-menu", args=[answer.ticket_id, answer.uuid])
    html = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Answer <bdi>Bob Baker</bdi>" in html
    assert html.index("Answer <bdi>") < html.index("Reply to the customer")
    assert "Quote in a reply to the customer" in html
    plain = client.get(address).content.decode()
    assert f"?forward={answer.uuid}#composer" in plain


def test_it_opens_a_forward_to_them_with_their_words(answer, agent, client):
    client.force_login(agent)
    html = client.get(f"/tickets/{answer.ticket_id}/?forward={answer.uuid}").content.decode()
    assert 'name="to" value="Bob Baker &lt;bob@supplier.example&gt;" checked' in html
    assert "&gt; On its way." in html
    assert "ann@customer.example" not in html[html.index('id="composer"') :].split("</form>")[0]


def test_a_note_of_a_colleague_and_an_answer_of_the_customer_are_not_answered_so(
    said, by, agent, client, post, mailbox
):
    forward(said, by)
    got = next(one for one in post() if one.to == ["bob@supplier.example"])
    theirs = take(mailbox, answer_to(got, "ann@customer.example", "Bob wrote to me.")).comment
    ours = actions.add_note(said.ticket, by=by, body="Between us.")
    client.force_login(agent)
    for note in (theirs, ours):
        assert writer_of(note) is None
        address = reverse("comment-menu", args=[said.ticket_id, note.uuid])
        html = client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert "Answer <bdi>" not in html
        assert "Reply to the customer" in html


def queue(said: Comment, by) -> Draft:
    return says.queue_reply(
        said.ticket,
        by=by,
        kind=Draft.Kind.FORWARD,
        body="Please look.",
        uuid=uuid4(),
        send_after=timezone.now() + timedelta(seconds=10),
        recipients=BOB,
        fields={"forwards": {"of": str(said.uuid), "files": []}},
    )
