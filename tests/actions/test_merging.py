"""Merging, taking it back, splitting."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk import actions, search
from helpdesk.actor import system
from helpdesk.models import Change, Comment, Ticket, TicketLink
from helpdesk.permissions import actor_of
from tests.factories import make_agent, make_comment, make_queue, make_ticket, make_user, status

pytestmark = pytest.mark.django_db
BY = system("rule", name="Test")


def said(ticket) -> list[str]:
    rows = Comment.objects.filter(ticket=ticket, deleted_at=None)
    return list(rows.order_by("happened_at", "pk").values_list("body", flat=True))


def again(ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


@pytest.fixture
def pair():
    ann, bob = make_user("Ann"), make_user("Bob")
    old = make_ticket("Old", body="My printer", requester=ann)
    new = make_ticket("New", body="Same printer", requester=bob)
    make_comment(old, "It smokes")
    make_comment(old, "Careful", public=False)
    make_comment(new, "Here too")
    return old, new


def attached(ticket):
    kept = actions.keep_file(SimpleUploadedFile("a.txt", b"text"), by=BY)
    actions.attach(ticket, [kept], by=BY)
    return kept


class TestMerge:
    def test_all_that_was_said_moves_and_the_description_becomes_a_message(self, pair):
        old, new = pair
        file = attached(old)
        into = actions.merge(old, new, by=BY)
        assert into.pk == new.pk
        assert said(new) == ["My printer", "It smokes", "Careful", "Here too"]
        assert said(old) == []
        file.refresh_from_db()
        assert file.ticket_id == new.pk

    def test_the_ticket_keeps_its_number_is_closed_and_leads_on(self, pair):
        old, new = pair
        actions.merge(old, new, by=BY)
        merged = again(old)
        assert merged.merged_into_id == new.pk
        assert merged.status_category == "closed"
        assert merged.resolution_comment == f"Merged into #{new.pk}."
        assert actions.heir_of(merged).pk == new.pk

    def test_its_requester_is_copied_in(self, pair):
        old, new = pair
        actions.merge(old, new, by=BY)
        assert list(new.participants.all()) == [old.requester]
        assert Ticket.objects.visible_to(actor_of(old.requester)).filter(pk=new.pk).exists()

    def test_both_histories_tell_it_once(self, pair):
        old, new = pair
        actions.merge(old, new, by=BY)
        kinds = Change.objects.filter(kind__in=("merged", "took_in")).order_by("pk")
        first, second = kinds
        assert (first.ticket_id, second.ticket_id) == (old.pk, new.pk)
        assert second.cause_id == first.pk
        assert first.version == again(old).version
        assert second.version == again(new).version
        actions.merge(old, again(new), by=BY)  # once more is no change
        assert kinds.count() == 2

    def test_search_finds_the_words_where_they_are_now(self, pair):
        old, new = pair
        actions.merge(old, new, by=BY)
        assert list(search.matching(Ticket.objects.all(), "smokes", BY)) == [new]

    def test_what_makes_no_sense_is_refused(self, pair):
        old, new = pair
        third = make_ticket("Third")
        with pytest.raises(ValidationError, match="itself"):
            actions.merge(old, old, by=BY)
        actions.merge(old, new, by=BY)
        with pytest.raises(ValidationError, match="already"):
            actions.merge(again(old), third, by=BY)
        with pytest.raises(ValidationError, match="itself merged"):
            actions.merge(third, again(old), by=BY)
        with pytest.raises(ValidationError, match="itself merged"):
            actions.merge(again(new), again(old), by=BY)

    def test_only_into_what_one_sees_and_only_by_who_may(self, pair):
        old, _new = pair
        agent = make_agent("Ada", [old.queue])
        foreign = make_ticket(queue=make_queue("Foreign"))
        with pytest.raises(ValidationError, match="no such ticket"):
            actions.merge(old, foreign, by=actor_of(agent))
        with pytest.raises(PermissionDenied):
            actions.merge(
                old, make_ticket(), by=actor_of(make_agent("Lil", [old.queue], role="light"))
            )

    def test_what_is_said_later_goes_where_the_ticket_went(self, pair):
        old, new = pair
        actions.merge(old, new, by=BY)
        with pytest.raises(ValidationError, match=f"#{new.pk}"):
            actions.reply(again(old), by=BY, body="Hello")
        mirror = system("connection:7")
        comment = actions.reply(again(old), by=mirror, body="From there")
        note = actions.add_note(again(old), by=mirror, body="From there too")
        assert {comment.ticket_id, note.ticket_id} == {new.pk}


class TestUnmerge:
    def test_everything_is_as_it_was(self, pair):
        old, new = pair
        actions.change_ticket(old, by=BY, status=status("Waiting"))
        file = attached(old)
        before = {ticket.pk: (said(ticket), again(ticket).status.name) for ticket in pair}
        actions.merge(old, new, by=BY)
        actions.unmerge(again(old), by=BY)
        for ticket in pair:
            assert (said(ticket), again(ticket).status.name) == before[ticket.pk]
        file.refresh_from_db()
        assert file.ticket_id == old.pk
        assert again(old).merged_into_id is None
        assert again(old).resolution_comment == ""
        assert not new.participants.exists()
        assert list(search.matching(Ticket.objects.all(), "smokes", BY)) == [old]

    def test_what_was_said_after_the_merge_stays_where_it_was_said(self, pair):
        old, new = pair
        actions.merge(old, new, by=BY)
        actions.reply(again(new), by=BY, body="Since then")
        actions.unmerge(again(old), by=BY)
        assert said(new) == ["Here too", "Since then"]

    def test_people_who_took_part_before_stay(self, pair):
        old, new = pair
        actions.follow(new, old.requester, by=BY, kind="cc")
        actions.merge(old, new, by=BY)
        actions.unmerge(again(old), by=BY)
        assert list(new.participants.all()) == [old.requester]

    def test_a_chain_is_taken_back_from_its_end(self, pair):
        old, new = pair
        third = make_ticket("Third", body="")
        actions.merge(old, new, by=BY)
        actions.merge(again(new), third, by=BY)
        assert actions.heir_of(again(old)).pk == third.pk
        with pytest.raises(ValidationError, match=f"#{new.pk} was merged"):
            actions.unmerge(again(old), by=BY)
        actions.unmerge(again(new), by=BY)
        actions.unmerge(again(old), by=BY)
        assert said(old) == ["It smokes", "Careful"]
        assert said(new) == ["Here too"]
        assert said(third) == []

    def test_it_can_be_merged_and_taken_back_again(self, pair):
        old, new = pair
        for _time in range(3):
            actions.merge(again(old), again(new), by=BY)
            actions.unmerge(again(old), by=BY)
        assert (said(old), said(new)) == (["It smokes", "Careful"], ["Here too"])

    def test_what_was_not_merged_is_refused(self, pair):
        with pytest.raises(ValidationError, match="not merged"):
            actions.unmerge(pair[0], by=BY)


class TestSplit:
    def test_messages_become_a_ticket_of_their_own(self):
        ann = make_user("Ann")
        ticket = make_ticket("Printer and phone", body="Printer")
        first = make_comment(ticket, "And my phone", by=actor_of(ann))
        second = make_comment(ticket, "It is cracked", by=actor_of(ann))
        make_comment(ticket, "About the printer")
        note = make_comment(ticket, "Phone: under guarantee", public=False)
        new = actions.split(ticket, [second, first, note], by=BY, title="Phone")
        assert (new.title, new.body, new.requester) == ("Phone", "And my phone", ann)
        assert said(new) == ["It is cracked", "Phone: under guarantee"]
        assert said(ticket) == ["About the printer"]
        assert new.queue_id == ticket.queue_id
        assert TicketLink.objects.get(ticket=new).other_id == ticket.pk
        change = ticket.changes.get(kind="split")
        assert change.fields["split_tickets"]["added"][0]["id"] == new.pk
        assert list(search.matching(Ticket.objects.all(), "cracked", BY)) == [new]

    def test_notes_alone_stay_notes(self):
        ticket = make_ticket()
        note = make_comment(ticket, "Secret", public=False)
        new = actions.split(ticket, [note], by=BY, title="Apart")
        assert new.body == ""
        assert list(new.comments.values_list("body", "public")) == [("Secret", False)]

    def test_files_go_with_their_messages(self):
        ticket = make_ticket()
        kept = [actions.keep_file(SimpleUploadedFile(f"{n}.txt", b"text"), by=BY) for n in range(2)]
        first = actions.reply(ticket, by=BY, body="One", attachments=[kept[0]])
        second = actions.reply(ticket, by=BY, body="Two", attachments=[kept[1]])
        new = actions.split(ticket, [first, second], by=BY, title="Apart")
        for file in kept:
            file.refresh_from_db()
        assert [file.ticket_id for file in kept] == [new.pk, new.pk]
        assert [file.comment_id for file in kept] == [None, second.pk]

    def test_only_messages_of_this_ticket(self):
        ticket, other = make_ticket(), make_ticket()
        comment = make_comment(other, "Elsewhere")
        for chosen in ([comment], []):
            with pytest.raises(ValidationError, match="of this ticket"):
                actions.split(ticket, chosen, by=BY, title="Apart")
        redacted = make_comment(ticket, "Gone")
        actions.redact_comment(redacted, by=BY)
        with pytest.raises(ValidationError, match="redacted"):
            actions.split(ticket, [redacted], by=BY, title="Apart")
