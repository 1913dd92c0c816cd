"""Replies, notes and files."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from helpdesk import actions, changes
from helpdesk.actor import system
from helpdesk.models import Attachment, Comment, SearchDocument
from tests.factories import actor_of, make_agent, make_comment, make_ticket, make_user, status

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return actor_of(make_agent("Ann"))


@pytest.fixture
def customer():
    return make_user("Cy")


def test_a_reply_is_one_comment_and_one_change(ann):
    ticket = make_ticket()
    comment = actions.reply(ticket, by=ann, body="Hello")
    ticket.refresh_from_db()
    assert (comment.public, comment.author_id, comment.author_words) == (True, ann.person_id, "Ann")
    assert ticket.changes.get(version=2).comment == comment
    assert ticket.first_response_at == comment.happened_at


def test_a_note_never_counts_as_a_first_response_and_customers_do_not_read_it(ann, customer):
    ticket = make_ticket(requester=customer)
    note = actions.add_note(ticket, by=ann, body="Careful")
    ticket.refresh_from_db()
    assert ticket.first_response_at is None
    assert not Comment.objects.shown_to(actor_of(customer)).exists()
    assert Comment.objects.shown_to(ann).get() == note


@pytest.mark.parametrize("before", ["Waiting", "Resolved", "Closed"])
def test_a_ticket_reopens_when_the_customer_answers(before, customer):
    ticket = make_ticket(requester=customer, status=status(before))
    actions.reply(ticket, body="Still broken", by=actor_of(customer))
    ticket.refresh_from_db()
    assert ticket.status_category == "open" and ticket.version == 2
    assert "status" in ticket.changes.get(version=2).fields


def test_a_reply_changes_fields_in_the_same_change(ann):
    ticket = make_ticket()
    actions.reply(ticket, by=ann, body="Please wait", fields={"status": status("Waiting")})
    ticket.refresh_from_db()
    assert ticket.status_category == "waiting" and ticket.version == 2


def test_a_reply_is_held_back_when_somebody_else_answered_meanwhile(ann):
    ticket = make_ticket()
    make_comment(ticket, "Already answered")
    with pytest.raises(changes.Collision) as collision:
        actions.reply(ticket, by=ann, body="Answer", base=1)
    assert collision.value.difference[0]["to"] == "Already answered"
    assert ticket.comments.count() == 1


def test_a_note_or_a_tag_meanwhile_is_harmless(ann):
    ticket = make_ticket()
    make_comment(ticket, public=False)
    actions.tag(ticket, by=ann, add=["x"])
    actions.reply(ticket, by=ann, body="Answer", base=1)
    assert ticket.comments.filter(public=True).count() == 1


def test_empty_and_overlong_words_are_refused(ann):
    for body in (" \n", "x" * 200_001):
        with pytest.raises(ValidationError) as refusal:
            actions.reply(make_ticket(), by=ann, body=body)
        assert list(refusal.value.message_dict) == ["body"]


def test_light_agents_note_and_never_reply():
    light = actor_of(make_agent(role="light"))
    actions.add_note(make_ticket(), by=light, body="Seen")
    with pytest.raises(PermissionDenied):
        actions.reply(make_ticket(), by=light, body="Hello")


def test_only_the_author_or_an_administrator_edits_a_comment(ann):
    comment = make_comment(make_ticket(), by=ann)
    with pytest.raises(PermissionDenied):
        actions.edit_comment(comment, by=actor_of(make_agent()), body="Other")
    edited = actions.edit_comment(comment, by=actor_of(make_user(role="admin")), body="Other")
    assert edited.body == "Other" and edited.edited_at


def test_an_edit_that_changes_nothing_records_nothing(ann):
    ticket = make_ticket()
    comment = make_comment(ticket, by=ann, body="Same")
    actions.edit_comment(comment, by=ann, body="Same")
    ticket.refresh_from_db()
    assert ticket.version == 2


def test_redaction_takes_words_and_files_everywhere(ann, django_capture_on_commit_callbacks):
    ticket = make_ticket()
    file = actions.keep_file(ContentFile(b"card 4111", name="card.txt"), by=ann)
    comment = actions.reply(ticket, by=ann, body="My card is 4111", attachments=[file])
    file.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        redacted = actions.redact_comment(comment, by=ann)
    file.refresh_from_db()
    assert redacted.body == "" and redacted.is_redacted
    assert "4111" not in SearchDocument.objects.get(ticket=ticket).public
    assert file.state == "redacted" and not default_storage.exists(file.file.name)
    actions.redact_comment(comment, by=ann)
    assert ticket.changes.filter(kind="comment_redacted").count() == 1


def test_redaction_takes_links_and_names_of_removed_files_too(ann):
    ticket = make_ticket()
    link = actions.keep_link("https://files.example/salary-cy.pdf", by=ann, name="salary-cy.pdf")
    gone = actions.keep_file(ContentFile(b"x", name="salary-dee.pdf"), by=ann)
    comment = actions.reply(ticket, by=ann, body="See", attachments=[link, gone])
    gone.refresh_from_db()
    actions.remove_attachment(gone, by=ann)
    actions.redact_comment(comment, by=ann)
    for file in Attachment.objects.all():
        assert "salary" not in f"{file.name} {file.url} {file.extra}" and not file.sha256
        assert file.state == "redacted"
    assert "salary" not in str(list(ticket.changes.values_list("fields", flat=True)))


def test_a_file_is_removed_once(ann):
    ticket = make_ticket()
    file = actions.keep_file(ContentFile(b"x", name="x.txt"), by=ann)
    actions.attach(ticket, [file], by=ann)
    file.refresh_from_db()
    actions.remove_attachment(Attachment.objects.get(), by=ann)
    actions.remove_attachment(file, by=ann)  # as it was before
    assert ticket.changes.filter(kind="detached").count() == 1


def test_a_file_that_is_claimed_at_the_last_moment_is_not_deleted(ann, monkeypatch):
    ticket = make_ticket()
    file = actions.keep_file(ContentFile(b"x", name="x.txt"), by=ann)
    Attachment.objects.update(created_at=timezone.now() - timedelta(days=2))
    real = transaction.atomic

    def claimed_before():
        monkeypatch.setattr(transaction, "atomic", real)
        actions.attach(ticket, [file], by=ann)
        return real()

    monkeypatch.setattr(transaction, "atomic", claimed_before)
    assert actions.delete_unclaimed() == 0
    assert Attachment.objects.get().ticket == ticket


def test_a_deleted_comment_is_shown_to_nobody(ann):
    comment = make_comment(make_ticket(), by=ann)
    actions.delete_comment(comment, by=ann)
    assert not Comment.objects.shown_to(ann).exists()


def test_a_file_is_claimed_once_and_by_its_uploader_only(ann):
    file = actions.keep_file(ContentFile(b"%PDF-1.4 ...", name="../../etc/in\0voice.pdf"), by=ann)
    assert (file.name, file.content_type, file.size) == ("invoice.pdf", "application/pdf", 12)
    other = actor_of(make_agent())
    with pytest.raises(ValidationError):
        actions.reply(make_ticket(), by=other, body="Mine?", attachments=[file])
    ticket = make_ticket()
    actions.reply(ticket, by=ann, body="Here", attachments=[file])
    with pytest.raises(ValidationError):
        actions.attach(make_ticket(), [file], by=ann)
    assert Attachment.objects.get().ticket == ticket


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"0" * 20, "x.txt", "image/png"),
        (b"just words", "notes.txt", "text/plain"),
        (b"a,b\n1,2\n", "table.csv", "text/csv"),
        (b"\x00\x01\x02\xff\xfe", "x.png", "application/octet-stream"),
        (b"", "empty.png", "application/octet-stream"),
    ],
)
def test_a_files_type_is_read_from_its_content(ann, content, name, expected):
    assert actions.keep_file(ContentFile(content, name=name), by=ann).content_type == expected


def test_a_file_over_the_limit_is_refused_with_the_limit(ann, settings):
    settings.MAX_UPLOAD_MB = 0
    with pytest.raises(ValidationError, match="larger than 0 MB"):
        actions.keep_file(ContentFile(b"x", name="x.txt"), by=ann)
    assert not Attachment.objects.exists()


def test_somebody_elses_words_bear_their_name(customer):
    ticket = make_ticket(requester=customer, status=status("Waiting"))
    comment = actions.reply(
        ticket,
        by=system("connection:7", name="Acme"),
        body="Hi",
        author=customer,
        author_name="Cy K.",
    )
    ticket.refresh_from_db()
    assert (comment.author, comment.author_words) == (customer, "Cy K.")
    assert ticket.status_category == "open"


def test_a_waiting_ticket_opens_along_the_way_that_everyone_may_take(customer):
    ticket = make_ticket(requester=customer, status=status("Waiting"))
    actions.reply(ticket, body="Here it is", by=actor_of(customer))
    ticket.refresh_from_db()
    assert str(ticket.status) == "Open"
