"""Drafts: kept as they grow, each window's words apart, gone only when said."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from helpdesk import actions
from helpdesk.actions import drafts, sending
from helpdesk.actor import system
from helpdesk.models import Attachment, Change, Draft
from tests.factories import actor_of, make_agent, make_comment, make_ticket, make_user, status

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def agent():
    return make_agent("Maren Holt")


@pytest.fixture
def by(agent):
    return actor_of(agent)


@pytest.fixture
def ticket():
    return make_ticket("Export stops", requester=make_user("Leila"))


def save(by, ticket, body, uuid=None, **more):
    return drafts.save_draft(uuid or uuid4(), by=by, ticket=ticket, kind="reply", body=body, **more)


def test_one_window_saves_over_its_own_words(by, ticket):
    first = save(by, ticket, "Hello", writer="a")
    save(by, ticket, "Hello Leila", first.uuid, writer="a", revision=1)
    [draft] = drafts.drafts_of(by, ticket)
    assert draft.body == "Hello Leila" and draft.revision == 2


def test_an_answer_that_was_lost_does_not_part_a_window_from_its_draft(by, ticket):
    first = save(by, ticket, "Hello", writer="a")
    save(by, ticket, "Hello Le", first.uuid, writer="a", revision=1)
    save(by, ticket, "Hello Leila", first.uuid, writer="a", revision=1)  # it never heard of 2
    assert [one.body for one in drafts.drafts_of(by, ticket)] == ["Hello Leila"]


def test_words_that_part_twice_from_one_draft_have_a_place_each(by, ticket):
    draft = parted(by, ticket)
    save(by, ticket, "One", draft.uuid, writer="a", revision=1)
    save(by, ticket, "From there, on", draft.uuid, writer="b", revision=2)
    save(by, ticket, "Another", draft.uuid, writer="a", revision=2)
    save(by, ticket, "Another, on", draft.uuid, writer="a", revision=2)
    said = {"by": by, "kind": "reply", "uuid": draft.uuid, "writer": "a", "revision": 3}
    sending.say(ticket, body="Third", **said)
    assert sorted(one.body for one in drafts.drafts_of(by, ticket)) == ["Another, on", "One"]


def test_a_save_that_comes_late_takes_nothing_away(by, ticket):
    first = save(by, ticket, "Hello", writer="a")
    save(by, ticket, "Hello Leila", first.uuid, writer="a", revision=1)
    assert save(by, ticket, "Hello Le", first.uuid, writer="a", revision=1).revision == 2
    assert [one.body for one in drafts.drafts_of(by, ticket)] == ["Hello Leila"]
    save(by, ticket, "Hello Le", first.uuid, writer="a", revision=2)  # it was shortened
    assert [one.body for one in drafts.drafts_of(by, ticket)] == ["Hello Le"]


def test_two_windows_do_not_eat_each_others_words(by, ticket):
    first = save(by, ticket, "Hello", writer="a")
    save(by, ticket, "Hello from here", first.uuid, writer="a", revision=1)
    other = save(by, ticket, "Hello from there", first.uuid, writer="b", revision=1)
    assert other.uuid != first.uuid
    save(by, ticket, "Hello from there, too", other.uuid, writer="b", revision=other.revision)
    assert sorted(one.body for one in drafts.drafts_of(by, ticket)) == [
        "Hello from here",
        "Hello from there, too",
    ]


def test_a_second_window_takes_up_what_it_has_seen(by, ticket):
    first = save(by, ticket, "Hello", writer="a")
    save(by, ticket, "Hello Leila", first.uuid, writer="b", revision=first.revision)
    assert [one.body for one in drafts.drafts_of(by, ticket)] == ["Hello Leila"]


def test_an_old_window_that_is_empty_takes_nothing_away(by, ticket):
    first = save(by, ticket, "Hello", writer="a")
    save(by, ticket, "Hello Leila", first.uuid, writer="a", revision=1)
    save(by, ticket, "", first.uuid, writer="b", revision=1)
    assert [one.body for one in drafts.drafts_of(by, ticket)] == ["Hello Leila"]


def test_a_draft_is_its_writers_alone(by, ticket):
    draft = save(by, ticket, "Hello", writer="a")
    other = actor_of(make_agent("Tomasz"))
    assert drafts.drafts_of(other, ticket) == []
    own = save(other, ticket, "Mine", draft.uuid, writer="a", revision=1)
    assert own.uuid != draft.uuid
    drafts.discard_draft(draft, by=other)
    draft.refresh_from_db()
    assert draft.body == "Hello"


def test_a_draft_follows_a_merged_ticket(by, ticket):
    into = make_ticket("The same")
    draft = save(by, ticket, "Hello", writer="a")
    actions.merge(ticket, into, by=by)
    assert [one.body for one in drafts.drafts_of(by, into)] == ["Hello"]
    ticket.refresh_from_db()
    save(by, ticket, "Hello there", draft.uuid, writer="a", revision=1)  # from the old page
    assert [one.body for one in drafts.drafts_of(by, into)] == ["Hello there"]


def test_files_of_a_draft_are_not_cleared_away(by, ticket):
    kept = actions.keep_file(ContentFile(b"1,2", name="rows.csv"), by=by)
    left = actions.keep_file(ContentFile(b"1,2", name="left.csv"), by=by)
    draft = save(by, ticket, "See the file", files=[kept])
    Attachment.objects.update(created_at=timezone.now() - timedelta(days=30))
    actions.delete_unclaimed()
    assert list(Attachment.objects.all()) == [kept] and left.pk
    assert [one["name"] for one in draft.files] == ["rows.csv"]


def test_there_is_an_end_to_drafts(by, ticket):
    for _number in range(drafts.MOST):
        save(by, ticket, "Words")
    with pytest.raises(ValidationError, match="20 drafts"):
        save(by, ticket, "One more")


# Sending -----------------------------------------------------------------------------------------


def queue(by, ticket, body="On its way", seconds=-1, **more):
    more.setdefault("uuid", uuid4())
    send_after = timezone.now() + timedelta(seconds=seconds)
    return sending.queue_reply(ticket, by=by, body=body, send_after=send_after, **more)


def test_what_is_queued_has_not_happened(by, ticket):
    queue(by, ticket, seconds=10, fields={"sets": {"status": status("Waiting").pk}})
    ticket.refresh_from_db()
    assert not ticket.comments.exists() and ticket.changes.count() == 1
    assert ticket.status.name == "Open" and sending.send_due() == 0


def test_what_is_due_is_sent_once_with_all_that_it_sets(by, ticket):
    kept = actions.keep_file(ContentFile(b"1,2", name="rows.csv"), by=by)
    draft = queue(
        by,
        ticket,
        attachments=[kept],
        recipients=[{"kind": "to", "address": "Leila@example.com", "name": "Leila"}],
        fields={"sets": {"status": status("Waiting").pk, "add_tags": ["export"]}},
    )
    assert sending.send_due() == 1 and sending.send_due() == 0
    comment = ticket.comments.get()
    ticket.refresh_from_db()
    assert comment.uuid == draft.uuid and comment.author_id == by.person_id
    assert ticket.status.name == "Waiting" and ticket.tag_list[0].name == "export"
    assert ticket.changes.count() == 2  # opened, and one for all of it
    assert [one.address for one in comment.recipients.all()] == ["Leila@example.com"]
    assert [one.name for one in comment.attachments.all()] == ["rows.csv"]
    assert not Draft.objects.exists()


def test_nobody_hears_of_a_reply_before_it_is_sent(by, ticket):
    queue(by, ticket)
    before = Change.objects.count()
    sending.send_due()
    assert Change.objects.count() == before + 1


def test_a_sent_reply_is_not_queued_again_by_a_second_click(by, ticket):
    draft = queue(by, ticket)
    assert queue(by, ticket, uuid=draft.uuid) is None
    sending.send_due()
    assert queue(by, ticket, uuid=draft.uuid) is None
    assert sending.say(ticket, by=by, kind="reply", body=draft.body, uuid=draft.uuid) is None
    assert sending.send_due() == 0 and ticket.comments.count() == 1


def test_an_undone_reply_is_a_draft_again(by, ticket):
    draft = queue(by, ticket, seconds=10, fields={"sets": {"priority": "high"}})
    back = sending.unqueue_reply(draft.uuid, by=by)
    assert back.body == "On its way" and back.fields == {"sets": {"priority": "high"}}
    Draft.objects.update(send_after=timezone.now() - timedelta(seconds=1))
    assert sending.send_due() == 0 and not ticket.comments.exists()


def test_a_reply_that_has_left_is_not_undone(by, ticket):
    draft = queue(by, ticket)
    sending.send_due()
    assert sending.unqueue_reply(draft.uuid, by=by) is None
    assert ticket.comments.count() == 1


def test_a_reply_of_another_is_not_undone(by, ticket):
    draft = queue(by, ticket)
    assert sending.unqueue_reply(draft.uuid, by=actor_of(make_agent("Tomasz"))) is None
    assert sending.send_due() == 1


def test_a_late_save_does_not_bring_a_sent_reply_back(by, ticket):
    draft = queue(by, ticket)
    assert save(by, ticket, "On its", draft.uuid, writer="a", revision=1).body == "On its way"
    sending.send_due()
    assert save(by, ticket, "On its", draft.uuid, writer="a", revision=1) is None
    assert not Draft.objects.exists()


def test_other_words_of_a_window_that_knows_nothing_of_the_sending_are_kept(by, ticket):
    draft = queue(by, ticket)
    waiting = save(by, ticket, "Typed there", draft.uuid, writer="b", revision=1)
    sending.send_due()
    later = save(by, ticket, "Typed there, too", draft.uuid, writer="b", revision=1)
    assert later.uuid == waiting.uuid != draft.uuid
    assert [one.body for one in drafts.drafts_of(by, ticket)] == ["Typed there, too"]


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_other_words_of_a_window_that_knows_nothing_of_the_sending_are_said(by, ticket, kind):
    first = sending.say(ticket, by=by, kind=kind, body="First", uuid=uuid4())
    for _click in range(2):
        sending.say(ticket, by=by, kind=kind, body="Second", uuid=first.uuid)
    assert [one.body for one in ticket.comments.order_by("pk")] == ["First", "Second"]


def parted(by, ticket):
    """A draft that window b took up from window a."""
    first = save(by, ticket, "Hello", writer="a")
    return save(by, ticket, "From there", first.uuid, writer="b", revision=1)


@pytest.mark.parametrize("way", ["now", "queued"])
def test_what_another_window_saved_stays_when_the_first_is_sent(by, ticket, way):
    draft = parted(by, ticket)
    seen = {"uuid": draft.uuid, "writer": "a", "revision": 1}
    if way == "now":
        sending.say(ticket, by=by, kind="reply", body="From here", **seen)
    else:
        queue(by, ticket, "From here", **seen)
        sending.send_due()
    assert [one.body for one in drafts.drafts_of(by, ticket)] == ["From there"]
    save(by, ticket, "From there, on", draft.uuid, writer="b", revision=2)
    assert [one.body for one in drafts.drafts_of(by, ticket)] == ["From there, on"]
    sending.say(
        ticket, by=by, kind="reply", body="From there, on", uuid=draft.uuid, writer="b", revision=2
    )
    assert [one.body for one in ticket.comments.order_by("pk")] == ["From here", "From there, on"]
    assert not Draft.objects.exists()


def test_what_parted_goes_when_its_window_sends_it_under_the_old_name(by, ticket):
    draft = parted(by, ticket)
    save(by, ticket, "From here", draft.uuid, writer="a", revision=1)
    assert Draft.objects.count() == 2
    sending.say(
        ticket, by=by, kind="reply", body="From here", uuid=draft.uuid, writer="a", revision=1
    )
    assert [one.body for one in drafts.drafts_of(by, ticket)] == ["From there"]


def test_a_draft_of_the_very_words_that_are_said_goes_whoever_saved_it(by, ticket):
    draft = save(by, ticket, "The same", writer="a~1", revision=0)
    sending.say(
        ticket, by=by, kind="reply", body="The same", uuid=draft.uuid, writer="a", revision=0
    )
    assert not Draft.objects.exists()


def test_a_reply_that_waits_is_not_forgotten_with_a_draft(by, ticket):
    draft = parted(by, ticket)
    other = save(by, ticket, "From here", draft.uuid, writer="a", revision=1)
    queue(by, ticket, "From here", uuid=other.uuid, writer="a", revision=1, seconds=10)
    sending.say(ticket, by=by, kind="note", body="A note", uuid=draft.uuid, writer="a", revision=1)
    assert sorted(one.body for one in drafts.drafts_of(by, ticket)) == ["From here", "From there"]


def save_new(by, body, uuid=None, title="", **more):
    fields = {"form": f"title={title}", "keep": bool(title)}
    return drafts.save_draft(
        uuid or uuid4(), by=by, ticket=None, kind="ticket", body=body, fields=fields, **more
    )


def test_two_windows_open_a_ticket_each_and_each_click_counts_once(by):
    draft = save_new(by, "It hums", title="Printer", writer="a")
    row = {"by": by, "draft": draft.uuid, "revision": 1, "title": "Printer"}
    here = [drafts.open_drafted(**row, body="It hums", writer="a") for _click in range(2)]
    there = [drafts.open_drafted(**row, body="It smells", writer="b") for _click in range(2)]
    assert here[0] == here[1] != there[0] == there[1]
    assert (here[0].body, there[0].body) == ("It hums", "It smells")
    assert not Draft.objects.exists()


def test_a_new_ticket_of_another_window_stays_a_draft_when_the_first_is_opened(by):
    draft = save_new(by, "It hums", title="Printer", writer="a")
    save_new(by, "It smells", draft.uuid, title="Printer", writer="b", revision=1)
    drafts.open_drafted(
        by=by, draft=draft.uuid, title="Printer", body="It hums", writer="a", revision=1
    )
    save_new(by, "It smells, too", draft.uuid, title="Printer", writer="b", revision=2)
    assert [one.body for one in drafts.drafts_of(by, None)] == ["It smells, too"]


def test_a_late_save_of_a_ticket_that_is_open_brings_no_draft_back(by):
    draft = save_new(by, "It hums", title="Printer", writer="a")
    drafts.open_drafted(by=by, draft=draft.uuid, title="Printer", body="It hums", writer="a")
    assert save_new(by, "It", draft.uuid, title="Pri", writer="a", revision=1) is None
    assert save_new(by, "It", draft.uuid, title="Another", writer="b", revision=1) is not None


def test_other_words_wait_beside_those_that_wait(by, ticket):
    draft = queue(by, ticket, "First", seconds=10)
    for _click in range(2):
        queue(by, ticket, "Second", uuid=draft.uuid, seconds=10)
    sending.say(ticket, by=by, kind="note", body="Third", uuid=draft.uuid)
    assert sorted(one.body for one in drafts.drafts_of(by, ticket)) == ["First", "Second"]
    assert [one.body for one in ticket.comments.all()] == ["Third"]


def test_a_scheduled_reply_comes_back_when_the_customer_writes_first(by, ticket):
    draft = queue(by, ticket, seconds=3600, is_scheduled=True)
    change = make_comment(ticket, by=actor_of(ticket.requester)).changes.get()
    sending.take_back_answered([change])
    draft.refresh_from_db()
    assert not draft.is_queued and "Leila wrote" in draft.notice


def test_a_scheduled_reply_stays_when_a_colleague_writes_a_note(by, ticket):
    draft = queue(by, ticket, seconds=3600, is_scheduled=True)
    make_comment(ticket, public=False, by=actor_of(make_agent("Tomasz")))
    sending.take_back_answered(list(ticket.changes.all()))
    draft.refresh_from_db()
    assert draft.is_queued


def test_a_reply_is_not_sent_after_a_colleagues(by, ticket):
    draft = queue(by, ticket)
    make_comment(ticket, by=actor_of(make_agent("Tomasz")))
    assert sending.send_due() == 0
    draft.refresh_from_db()
    assert not draft.is_queued and "Tomasz answered meanwhile" in draft.notice


def test_two_replies_of_ones_own_are_both_sent(by, ticket):
    queue(by, ticket, "First")
    queue(by, ticket, "Second")
    assert sending.send_due() == 2
    assert [one.body for one in ticket.comments.order_by("pk")] == ["First", "Second"]


def test_what_may_not_be_sent_any_more_comes_back_with_the_reason(agent, by, ticket):
    draft = queue(by, ticket)
    agent.is_active = False
    agent.save()
    assert sending.send_due() == 0
    draft.refresh_from_db()
    assert not draft.is_queued and draft.notice.startswith("Not sent:")


def test_a_reply_that_the_database_refuses_comes_back_and_those_behind_it_leave(by, ticket):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE UNIQUE INDEX refused ON helpdesk_comment (body) WHERE body = 'Refused'"
        )
    make_comment(make_ticket("Another"), "Refused")
    refused = queue(by, ticket, "Refused")
    queue(by, ticket, "Behind it")
    assert sending.send_due() == 1
    refused.refresh_from_db()
    assert not refused.is_queued and refused.notice.startswith("Not sent: something failed here")
    assert [one.body for one in ticket.comments.all()] == ["Behind it"]


def test_what_waits_comes_back_when_the_ticket_is_merged(by, ticket):
    into = make_ticket("The same")
    draft = queue(by, ticket)
    actions.merge(ticket, into, by=by)
    assert sending.send_due() == 0
    draft.refresh_from_db()
    assert draft.ticket == into and "merged" in draft.notice


def test_an_erased_person_is_no_longer_addressed_in_anybody_s_draft(ticket):
    maren, leila = make_agent("Author"), make_user("Leila Gone")
    kept = {"kind": "cc", "address": "other@example.com", "name": "Other"}
    gone = {"kind": "to", "address": leila.email.upper(), "name": "Leila"}
    draft = Draft.objects.create(
        person=maren, ticket=ticket, kind="reply", body="Hello", recipients=[gone, kept]
    )
    actions.erase_person(leila, by=system("rule"))
    draft.refresh_from_db()
    assert draft.recipients == [kept] and draft.body == "Hello"
