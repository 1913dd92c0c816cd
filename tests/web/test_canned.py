"""Canned replies, macros, mentions and previews in the composer; nothing of them needs a script."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from helpdesk.actions import canned, macros
from helpdesk.canned_text import filled, unresolved
from helpdesk.models import Draft, Mention, Participant, Status
from tests.factories import actor_of, make_agent, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


@pytest.fixture
def ticket():
    return make_ticket("Export stops", requester=make_user("Leila Haddad"))


def fill(client, ticket, **fields):
    fields = {"kind": "reply", "version": ticket.version, **fields}
    return client.post(reverse("composer-fill", args=[ticket.pk]), fields).content.decode()


def say(client, ticket, **fields):
    fields = {"kind": "reply", "version": ticket.version, **fields}
    return client.post(reverse("ticket-comments", args=[ticket.pk]), fields)


def body_of(html) -> str:
    return re.search(r"<textarea[^>]*name=\"body\"[^>]*>\s?(.*?)</textarea>", html, re.DOTALL)[1]


def own(agent, **fields):
    return macros.save_macro(by=actor_of(agent), owner_id=agent.pk, **fields)


def test_a_canned_reply_is_put_below_what_is_there_with_real_values(client, agent, ticket):
    reply = canned.save_reply(
        by=actor_of(agent), owner_id=agent.pk, name="Hi", body="Hello {{ requester.first_name }}"
    )
    html = fill(client, ticket, body="Before", canned=str(reply.uuid))
    assert body_of(html) == "Before\n\nHello Leila"
    assert not ticket.comments.exists()


def test_what_has_no_value_blocks_the_send_and_loses_no_word(client, agent, ticket):
    answer = say(client, ticket, body="Your order {{order.ref}} is done")
    html = answer.content.decode()
    assert answer.status_code == 422 and "Fill in before sending: order.ref." in html
    assert "Your order {{order.ref}} is done</textarea>" in html
    assert say(client, ticket, body="Write `{{order.ref}}` there").status_code == 302


@pytest.mark.parametrize(
    "words",
    [
        "{{requester.password}}",
        "{{ticket.__class__.__mro__}}",
        "{% load i18n %}{{settings.SECRET_KEY}}",
        "{0.__class__} %(x)s {{agent.name.__len__}}",
    ],
)
def test_hostile_templates_are_words(agent, words):
    assert filled(words, {"agent.name": "Maren"}) == words
    assert unresolved(words) or "{{" not in words


def test_a_macro_fills_the_form_and_marks_what_it_sets(client, agent, ticket):
    waiting = Status.objects.get(name="Waiting")
    macro = own(
        agent, name="Ask", body="Which file?", sets={"status": waiting.pk, "priority": "high"}
    )
    html = fill(client, ticket, macro=str(macro.uuid))
    assert body_of(html) == "Which file?" and "<bdi>High</bdi>" in html
    assert "Send reply to 1 person and set Waiting" in html
    ticket.refresh_from_db()
    assert ticket.version == 1 and ticket.priority == "normal"  # nothing happens until it is sent
    sets = [one.replace("&quot;", '"') for one in re.findall(r'name="set" value="([^"]+)"', html)]
    say(client, ticket, body="Which file?", set=sets)
    ticket.refresh_from_db()
    assert ticket.priority == "high" and ticket.status == waiting and ticket.changes.count() == 2


def test_a_note_never_becomes_a_reply_by_a_macro(client, agent, ticket):
    macro = own(agent, name="Ask", body="Which file?")
    html = fill(client, ticket, kind="note", body="Among us", macro=str(macro.uuid))
    assert body_of(html) == "Which file?"
    assert re.search(r'value="reply"[^>]* checked', html)
    assert Draft.objects.get().body == "Among us" and Draft.objects.get().kind == "note"


def test_a_macro_of_another_is_not_there(client, agent, ticket):
    other = make_agent("Tomasz")
    macro = own(other, name="Mine", body="Words")
    url = reverse("composer-fill", args=[ticket.pk])
    assert client.post(url, {"kind": "reply", "macro": str(macro.uuid)}).status_code == 404
    assert client.post(url, {"kind": "reply", "macro": "nonsense"}).status_code == 404


def test_what_a_macro_sets_is_checked_once_more_when_it_is_sent(client, agent, ticket):
    for wrong in ('priority:"highest"', "status:99999", "assignee:true", 'nonsense:"x"', "team:{}"):
        assert say(client, ticket, body="Words", set=[wrong]).status_code == 422
    assert not ticket.comments.exists()


def test_without_script_a_button_lists_what_can_be_inserted(client, agent, ticket):
    own(agent, name="Ask for the log", body="Which file?")
    html = fill(client, ticket, body="Before", list="1")
    assert "Ask for the log" in html and body_of(html) == "Before"


def test_what_is_typed_is_looked_up(client, agent, ticket):
    canned.save_reply(by=actor_of(agent), owner_id=agent.pk, name="Export runs", body="{{order.x}}")
    tomasz, other = make_agent("Tomasz Wójcik"), make_ticket("Export of rows")
    foreign = make_ticket("Export elsewhere", queue=make_queue())
    url = reverse("composer-options", args=[ticket.pk])
    html = client.get(url, {"sign": "/", "q": "exp"}).content.decode()
    assert "Export runs" in html and "order.x is empty here" in html
    assert f"@{tomasz.name} " in client.get(url, {"sign": "@", "q": "wój"}).content.decode()
    html = client.get(url, {"sign": "#", "q": "export"}).content.decode()
    assert f"#{other.pk} " in html and f"#{foreign.pk} " not in html
    assert client.get(url, {"sign": "%", "q": "x"}).status_code == 404


def test_who_is_mentioned_is_told_and_follows(client, agent, ticket):
    tomasz, far = make_agent("Tomasz Wójcik"), make_agent("Ada Far", [make_queue()])
    say(client, ticket, kind="note", body="@Tomasz Wójcik please look, @Ada Far as well, @nobody")
    assert [one.person for one in Mention.objects.all()] == [tomasz]
    followers = Participant.objects.filter(ticket=ticket, kind="follower")
    assert [one.person for one in followers] == [tomasz] and far.pk


def test_an_address_is_no_mention(client, agent, ticket):
    tomasz = make_agent("Tomasz", email="tomasz@example.com")
    say(client, ticket, kind="note", body="Write to me@tomasz.example or tom@tomasz")
    assert not Mention.objects.exists() and tomasz.pk


def test_a_preview_is_safe_and_filled(client, agent, ticket):
    url = reverse("composer-preview", args=[ticket.pk])
    html = client.post(
        url, {"body": "**Hi** {{requester.name}} <script>x</script>"}
    ).content.decode()
    assert "<strong>Hi</strong> Leila Haddad" in html and "<script>" not in html


# In a forward -------------------------------------------------------------------------------------


@pytest.fixture
def forward(ticket) -> dict:
    return {
        "kind": "forward",
        "forward": "opening",
        "recipients": "1",
        "to": "bob@supplier.example",
        "draft": str(uuid4()),
        "body": "Bob, please look.\n\n> Forwarded message\n>\n> Export stops",
    }


def test_the_words_of_a_macro_go_into_a_forward_above_what_is_quoted(
    client, agent, ticket, forward
):
    macro = own(
        agent,
        name="Ask",
        body="**Which** file, {{requester.first_name}}?",
        sets={"priority": "high"},
    )
    html = fill(client, ticket, **forward, macro=str(macro.uuid))
    assert body_of(html).split("\n") == [
        "Bob, please look.",
        "",
        "Which file, Leila?",
        "",
        "&gt; Forwarded message",
        "&gt;",
        "&gt; Export stops",
        "",
    ]
    assert 'data-kind="forward"' in html
    assert 'name="to" value="bob@supplier.example" checked' in html
    assert "<bdi>High</bdi>" in html
    assert not ticket.comments.exists()


def test_a_canned_reply_goes_into_a_forward_as_plain_text(client, agent, ticket, forward):
    reply = canned.save_reply(by=actor_of(agent), owner_id=agent.pk, name="Hi", body="**Hello**")
    html = fill(client, ticket, **forward, canned=str(reply.uuid))
    assert body_of(html).startswith("Bob, please look.\n\nHello\n\n&gt; Forwarded")
    address = reverse("composer-options", args=[ticket.pk])
    found = client.get(address, {"sign": "/", "q": "hi", "kind": "forward"}).content.decode()
    assert 'data-insert="Hello"' in found


def test_the_words_of_a_note_open_a_note_and_leave_the_forward_as_a_draft(
    client, agent, ticket, forward
):
    macro = own(agent, name="Log", body="Asked the supplier", says="note", sets={"priority": "low"})
    html = fill(client, ticket, **forward, set='priority:"high"', macro=str(macro.uuid))
    assert body_of(html) == "Asked the supplier"
    assert re.search(r'value="note"[^>]* checked', html)
    assert 'data-kind="forward"' not in html
    assert 'value="bob@supplier.example"' not in html, "a reply beside it does not go there"
    assert "<bdi>Low</bdi>" in html
    draft = Draft.objects.get()
    assert (draft.kind, draft.recipients[0]["address"]) == ("forward", "bob@supplier.example")
    assert draft.fields["forwards"]["of"] == "opening"
    assert draft.fields["sets"] == {"priority": "high"}
    assert f"?draft={draft.uuid}" in html


def test_a_reply_that_gives_way_to_a_note_keeps_its_recipients(client, agent, ticket):
    macro = own(agent, name="Log", body="Looked at it", says="note")
    fill(
        client,
        ticket,
        body="Hello",
        recipients="1",
        to="boss@acme.example",
        add_cc="bob(at)supplier",
        macro=str(macro.uuid),
    )
    draft = Draft.objects.get()
    assert [one["address"] for one in draft.recipients] == ["boss@acme.example"]
    assert draft.fields["typed"] == {"cc": "bob(at)supplier"}


def test_the_menu_of_macros_is_there_in_a_forward(client, agent, ticket):
    html = client.get(f"/tickets/{ticket.pk}/", {"forward": "latest"}).content.decode()
    assert "Macros and canned replies" in html
