"""Snoozing, undoing, presence and what opens beside a ticket, with htmx and without script."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from helpdesk import actions
from helpdesk.models import Presence
from helpdesk.web.presence_marks import presence_marks
from helpdesk.web.snoozing import presets
from tests.budget import statements
from tests.factories import actor_of, make_agent, make_comment, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


@pytest.fixture
def ticket():
    return make_ticket("Export stops", requester=make_user("Leila Haddad"))


def address(ticket, name="ticket", *more) -> str:
    return reverse(name, args=[ticket.pk, *more])


def words(response) -> str:
    return response.content.decode()


# Snoozing ----------------------------------------------------------------------------------------


def test_the_presets_are_mornings_of_the_persons_zone():
    with timezone.override(ZoneInfo("America/New_York")):
        found = presets(
            datetime(2026, 10, 30, 15, 2, tzinfo=UTC)
        )  # a Friday before the clocks turn
    said = [f"{one.at:%a %H:%M %z}" for one in found]
    assert said[:3] == ["Fri 14:00 -0400", "Sat 09:00 -0400", "Mon 09:00 -0500"]


def test_no_two_presets_are_the_same_moment():
    found = presets(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))  # a Sunday: tomorrow is Monday
    assert len({one.at for one in found}) == len(found)


def test_a_ticket_is_snoozed_woken_and_says_so(client, agent, ticket):
    until = timezone.now() + timedelta(days=1)
    client.post(address(ticket, "ticket-snooze"), {"until": until.isoformat()})
    html = words(client.get(address(ticket)))
    assert "Snoozed until" in html and "Wake it now" in html and "snoozed this until" in html
    client.post(address(ticket, "ticket-snooze"), {"wake": "1"})
    html = words(client.get(address(ticket)))
    assert "Wake it now" not in html and "woke this ticket" in html


def test_a_moment_that_is_past_is_refused_beside_its_field(client, agent, ticket):
    answer = client.post(address(ticket, "ticket-snooze"), {"until": "2020-01-01T09:00"})
    assert answer.status_code == 422 and "Choose a time that is to come." in words(answer)
    part = client.post(
        address(ticket, "ticket-snooze"), {"until": "2020-01-01T09:00"}, headers=HTMX
    )
    assert part["HX-Retarget"] == "#snooze-menu" and part.status_code == 422


# Undoing -----------------------------------------------------------------------------------------


def undo_address(html: str) -> str:
    [way] = {part.split('"', 1)[0] for part in html.split('action="')[1:] if "/undo/" in part[:60]}
    return way


@pytest.mark.parametrize(
    ("name", "posted", "column", "before"),
    [
        ("ticket-change", {"only": "priority", "priority": "urgent"}, "priority", "normal"),
        ("ticket-change", {"only": "title", "title": "Another"}, "title", "Export stops"),
        ("ticket-snooze", {"until": "2031-01-01T09:00"}, "snoozed_until", None),
    ],
)
def test_a_change_is_undone_from_its_toast(client, agent, ticket, name, posted, column, before):
    if column == "snoozed_until":
        posted = {"until": (timezone.now() + timedelta(days=2)).isoformat()}
    client.post(address(ticket, name), posted)
    ticket.refresh_from_db()
    assert getattr(ticket, column) != before
    way = undo_address(words(client.get(address(ticket))))
    client.post(way)
    ticket.refresh_from_db()
    assert getattr(ticket, column) == before
    assert "Undone." in words(client.get(address(ticket)))


def test_following_and_deleting_are_undone_too(client, agent, ticket):
    client.post(address(ticket, "ticket-follow"), {"follow": "1"})
    client.post(undo_address(words(client.get(address(ticket)))))
    assert not ticket.participations.exists()
    client.get(address(ticket))
    client.post(address(ticket, "ticket-delete"), {})
    client.post(undo_address(words(client.get(reverse("trash")))))
    ticket.refresh_from_db()
    assert ticket.deleted_at is None


def test_htmx_gets_the_toast_with_its_way_back(client, agent, ticket):
    posted = {"only": "priority", "priority": "urgent"}
    html = words(client.post(address(ticket, "ticket-change"), posted, headers=HTMX))
    assert 'hx-swap-oob="beforeend:#toasts"' in html and undo_address(html)


def test_what_was_changed_since_is_not_undone_and_says_why(client, agent, ticket):
    client.post(address(ticket, "ticket-change"), {"only": "priority", "priority": "urgent"})
    way = undo_address(words(client.get(address(ticket))))
    actions.change_ticket(ticket, by=actor_of(make_agent("Tomasz")), priority="low")
    client.post(way)
    ticket.refresh_from_db()
    assert ticket.priority == "low"
    assert "Changed since." in words(client.get(address(ticket)))


def test_nobody_undoes_what_another_did(client, agent, ticket):
    client.post(address(ticket, "ticket-change"), {"only": "priority", "priority": "urgent"})
    way = undo_address(words(client.get(address(ticket))))
    client.force_login(make_agent("Tomasz"))
    assert client.post(way).status_code == 404


# Presence ----------------------------------------------------------------------------------------


def beat(client, ticket, **said):
    return client.post(address(ticket, "ticket-presence"), said, headers=HTMX)


def test_who_reads_and_who_types_is_shown_to_the_others(client, agent, ticket):
    other = make_agent("Tomasz Wójcik")
    client.force_login(other)
    beat(client, ticket, mode="typing")
    client.force_login(agent)
    html = words(beat(client, ticket, mode="viewing"))
    assert "Tomasz Wójcik is typing" in html and "Maren" not in html
    assert beat(client, ticket, mode="viewing", shown=f"{other.pk}:typing").status_code == 204


def test_presence_is_written_once_in_a_while_and_not_at_each_beat(client, agent, ticket):
    beat(client, ticket, mode="viewing")
    with statements() as counted:
        beat(client, ticket, mode="viewing")
    assert not [one for one in counted if one.startswith(("INSERT", "UPDATE", "DELETE"))]
    beat(client, ticket, mode="typing")
    assert Presence.objects.get().mode == "typing"


def test_presence_ends_by_leaving_and_by_itself(client, agent, ticket):
    other = actor_of(make_agent("Tomasz"))
    beat(client, ticket, mode="viewing")
    assert presence_marks([ticket.pk], other)[ticket.pk]["words"] == "Maren Holt is reading"
    Presence.objects.update(expires_at=timezone.now())
    assert not presence_marks([ticket.pk], other)
    beat(client, ticket, mode="gone")
    assert not Presence.objects.exists()


def test_a_page_is_told_that_others_changed_the_ticket_and_not_that_oneself_did(
    client, agent, ticket
):
    since = ticket.version
    actions.change_ticket(ticket, by=actor_of(agent), priority="low")
    assert beat(client, ticket, since=since).status_code == 204
    make_comment(ticket, by=actor_of(make_agent("Tomasz")))
    html = words(beat(client, ticket, since=since))
    assert "Somebody changed this ticket" in html


def test_presence_of_a_foreign_ticket_is_as_of_none(client, agent):
    foreign = make_ticket(queue=make_queue("Board"))
    assert beat(client, foreign, mode="viewing").status_code == 404
    assert not Presence.objects.exists()


# The timeline ------------------------------------------------------------------------------------


def test_the_chips_show_the_conversation_the_notes_or_the_changes(client, agent, ticket):
    make_comment(ticket, "Said aloud", by=actor_of(agent))
    make_comment(ticket, "Among us", public=False, by=actor_of(agent))
    actions.change_ticket(ticket, by=actor_of(agent), priority="urgent")
    shown = {
        kind: [
            word in words(client.get(address(ticket), {"show": kind} if kind else {}))
            for word in ("Said aloud", "Among us", "<bdi>Urgent</bdi>")
        ]
        for kind in ("", "conversation", "notes", "changes")
    }
    assert shown == {
        "": [True, True, True],
        "conversation": [True, False, False],
        "notes": [False, True, False],
        "changes": [False, False, True],
    }


def test_the_order_is_turned_round_and_stays_so(client, agent, ticket):
    make_comment(ticket, "First words", by=actor_of(agent))
    make_comment(ticket, "Last words", by=actor_of(agent))
    html = words(client.get(address(ticket)))
    assert html.index("First words") < html.index("Last words")
    answer = client.post(
        reverse("preferences-timeline"), {"order": "newest", "next": address(ticket)}
    )
    assert urlsplit(answer["Location"]).path == address(ticket)
    html = words(client.get(address(ticket)))
    assert html.index("First words") > html.index("Last words")


@pytest.mark.parametrize(
    ("body", "body_format"),
    [
        ("Thanks\n\nOn Monday Ann wrote:\n> The old words\n> and more", "plain"),
        ("Thanks\n\n> The old words\n> and more", "markdown"),
        ("<p>Thanks</p><div><blockquote>The old words<br>and more</blockquote></div>", "html"),
    ],
)
def test_what_a_message_quotes_at_its_end_is_folded(client, agent, ticket, body, body_format):
    make_comment(ticket, body, format=body_format)
    html = words(client.get(address(ticket)))
    own, _fold, quoted = html.partition('<details class="quoted">')
    assert "Thanks" in own and "The old words" not in own and "The old words" in quoted


def test_a_message_that_only_quotes_is_not_folded(client, agent, ticket):
    make_comment(ticket, "> All of it", format="markdown")
    make_comment(ticket, "> one\n\nand an answer below", format="markdown")
    assert '<details class="quoted">' not in words(client.get(address(ticket)))


# Originals ---------------------------------------------------------------------------------------

MAIL = (
    '<meta http-equiv="refresh" content="0;url=https://evil.example/"><base href="https://evil.example/">'
    '<p style="color:red" onclick="alert(1)">Hello</p><img src="https://track.example/p.gif">'
    '<form action="https://evil.example/"><input name=a></form><script>alert(1)</script>'
    '<iframe src="https://evil.example/"></iframe><a href="javascript:alert(1)">x</a>'
)


def test_an_original_stands_in_a_frame_that_may_do_nothing(client, agent, ticket):
    comment = make_comment(ticket, MAIL, format="html")
    page = words(client.get(address(ticket, "comment-original", comment.uuid)))
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "held back" in page and "<p style" not in page
    answer = client.get(address(ticket, "comment-document", comment.uuid))
    policy = answer["Content-Security-Policy"]
    for part in (
        "default-src 'none'", "script-src 'none'", "img-src data:;", "form-action 'none'",
        "base-uri 'none'", "frame-ancestors 'self'", "sandbox allow-popups",
    ):  # fmt: skip
        assert part in policy + ";", (part, policy)
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    text = words(answer)
    assert "Hello" in text and "color:red" in text.replace(" ", "")
    for part in ("onclick", "<script", "<form", "<iframe", "<base", "refresh", "javascript:"):
        assert part not in text, part


def test_remote_pictures_come_when_they_are_asked_for(client, agent, ticket):
    comment = make_comment(ticket, MAIL, format="html")
    answer = client.get(address(ticket, "comment-document", comment.uuid), {"images": "1"})
    policy = answer["Content-Security-Policy"]
    assert "img-src data: https: http:" in policy and "script-src 'none'" in policy
    assert answer["Referrer-Policy"] == "no-referrer"


def test_there_is_no_original_of_our_own_words_or_of_what_was_redacted(client, agent, ticket):
    ours = make_comment(ticket, "Hello", by=actor_of(agent))
    gone = make_comment(ticket, MAIL, format="html")
    actions.redact_comment(gone, by=actor_of(agent))
    for one in (ours, gone):
        for name in ("comment-original", "comment-document"):
            assert client.get(address(ticket, name, one.uuid)).status_code == 404
