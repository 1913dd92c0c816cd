"""The Akana wire: tables that are total, translations that are stable, in JSON and XML."""

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.connector import (
    PRIORITIES,
    STATUSES,
    NewComment,
    RemoteAttachment,
    RemoteComment,
    RemotePerson,
    RemoteTicket,
)
from integrations.services.akana import bodies, comments, lists, markup, values, wire
from integrations.services.akana.values import WireError

MAPS = {
    "people": {"ann@example.org": "u-ann.acme"},
    "custom": {
        "place": {
            "id": "Environment",
            "kind": "choice",
            "options": {"o-1": "Production", "o-2": "Sandbox"},
        },
        "api": {"id": "APIID", "kind": "text"},
    },
}
OWN_WORDS = {
    "status": {"In Progress": "started", "com.x.waiting": "waiting"},
    "status_out": {"started": "In Progress", "waiting": "com.x.waiting"},
    "priority_out": {"urgent": "com.soa.ticket.label.priority.critical", "low": "p9"},
}
ABOUT = wire.About(api="api.acme", app="app.acme", environment="Sandbox")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40)
words = texts.map(str.strip).filter(bool)
ids = st.from_regex(r"[a-z0-9-]{1,36}\.[a-z]{1,10}", fullmatch=True)
people = st.none() | st.builds(
    lambda name, mail: {"id": "", "name": name, "email": mail},
    words,
    st.sampled_from(["ann@example.org", "bea@example.org", ""]),
)
tickets = st.fixed_dictionaries(
    {
        "title": texts,
        "body": texts,
        "status": st.sampled_from(STATUSES),
        "resolution_comment": texts,
        "priority": st.sampled_from(PRIORITIES),
        "requester": people,
        "tags": st.lists(words, max_size=4),
        "custom": st.fixed_dictionaries(
            {}, optional={"place": st.sampled_from(["o-1", "o-2"]), "api": ids, "other": words}
        ),
    },
    optional={"body_format": st.sampled_from(["plain", "markdown", "html"])},
)
maps = st.sampled_from([{}, MAPS, MAPS | OWN_WORDS])


def test_the_tables_are_total_and_say_what_they_lose():
    assert set(values.STATUS.out) == set(STATUSES)
    assert set(values.PRIORITIES.out) == set(values.SHOWN) == set(PRIORITIES)
    assert set(values.STATUS.out.values()) <= set(values.STATUS.back)
    assert values.STATUS.lossy == {"new", "started", "waiting"}
    assert values.PRIORITIES.lossy == {"urgent"}


@given(tickets, maps)
def test_what_is_written_reads_and_writes_the_same(fields, chosen):
    written = wire.write_theirs(fields, chosen, author="me.acme")
    read = wire.read_theirs(written, chosen)
    assert wire.write_theirs(read, chosen, author="me.acme") == written
    json.dumps(written)


@given(tickets, maps)
def test_only_what_is_said_to_be_lossy_comes_back_otherwise(fields, chosen):
    fields = fields | {"body_format": "plain"}
    read = wire.read_theirs(wire.write_theirs(fields, chosen, author="me.acme"), chosen)
    assert read["title"] == fields["title"] and read["body"] == fields["body"]
    if not chosen.get("status_out") and fields["status"] not in values.STATUS.lossy:
        assert read["status"] == fields["status"]
    if chosen.get("status_out") and fields["status"] != "new":
        assert read["status"] == fields["status"]
    if chosen.get("priority_out") or fields["priority"] != "urgent":
        assert read["priority"] == fields["priority"]
    assert {tag.casefold() for tag in read["tags"]} == {
        tag.casefold() for tag in fields["tags"] if not values.REFERENCE.fullmatch(tag)
    }


@given(tickets, maps, st.booleans())
def test_a_ticket_that_is_sent_is_found_in_what_is_shown(fields, chosen, as_xml):
    """The client's create, read by our server, shown by it and read by the client."""
    reference = "5f0c1d2e/7a/9b8c7d6e-aaaa"
    body = wire.write_body(fields, chosen, ABOUT, author="me.acme", reference=reference)
    if as_xml:
        body = markup.read(markup.write("Ticket", body), "Ticket", strict=True)
    if not (fields["title"].strip() and body["Description"].strip()):
        with pytest.raises(WireError, match="is required"):
            bodies.read_ticket(body, {})
        return
    new = bodies.read_ticket(body, {})
    assert f"helpdesk:{reference}" in new.fields["tags"]
    shown = RemoteTicket(
        id="5d3f",
        fields={**new.fields, "status": "open", "tags": new.fields["tags"][:-1]},
        created_at=NOW,
        reference=reference,
        extra={"kept": new.kept, "user": new.user, "queue_id": "q"},
    )
    item = wire.write_item(shown, {}, "acme")
    if as_xml:
        item = markup.read(markup.write("Ticket", item), "Ticket")
    read = wire.read_item(item, chosen)
    assert (read.id, read.reference, read.created_at) == ("5d3f.acme", reference, NOW)
    expected = wire.write_theirs(fields, chosen, author="me.acme")
    for name in ("priority", "tags", "requester"):
        assert read.theirs[name] == expected[name], name
    assert read.theirs["title"] == fields["title"].strip()
    if fields["body"].strip():
        assert read.theirs["body"] == expected["body"]
    else:
        assert read.theirs["body"].strip() == fields["title"].strip()
    assert {**read.theirs["custom"], **expected["custom"]} == read.theirs["custom"]


@pytest.mark.parametrize(
    ("word", "state", "ours"),
    [
        ("OPEN", "OPEN", "open"),
        ("com.soa.ticket.state.open", "OPEN", "open"),
        ("Opened", "OPEN", "open"),
        ("REOPEN", "REOPEN", "open"),
        ("Reopened", "REOPEN", "open"),
        (" com.x.resolved ", "RESOLVED", "resolved"),
        ("Resolve", "RESOLVED", "resolved"),
        ("closed", "CLOSED", "closed"),
        ("Waiting for approval", "Waiting for approval", None),
        ("", "", None),
        (None, "", None),
    ],
)
def test_states_are_read_leniently(word, state, ours):
    assert values.read_state(word) == state
    assert values.status_of(state, {}) == ours


def test_a_state_of_their_own_is_what_a_person_says_and_no_change_without():
    item = {"TicketID": "t.acme", "State": "com.x.state.In Progress"}
    read = wire.read_item(item, {})
    assert "status" not in read.fields and read.theirs["status"] == "com.x.state.In Progress"
    chosen = {"status": {"in progress": "waiting"}}
    assert wire.read_item(item, chosen).fields["status"] == "waiting"


@pytest.mark.parametrize(
    ("labels", "label", "ours"),
    [
        (["com.soa.ticket.label.priority.high"], "com.soa.ticket.label.priority.high", "high"),
        ("com.soa.ticket.label.priority.Medium", values.PRIORITY + "medium", "normal"),
        (["bug", "low"], values.PRIORITY + "low", "low"),
        (["com.x.label.priority.urgent"], values.PRIORITY + "urgent", "urgent"),
        ([values.PRIORITY + "p1"], values.PRIORITY + "p1", None),
        (["bug"], None, None),
        (None, None, None),
    ],
)
def test_priorities_are_read_from_labels(labels, label, ours):
    read = wire.read_item({"TicketID": "t", "Label": labels}, {})
    assert read.theirs.get("priority") == label
    assert read.fields.get("priority") == ours


def test_a_member_that_is_not_said_is_in_neither_half():
    read = wire.read_item({"TicketID": "t.acme"}, MAPS)
    assert set(read.theirs) == set(read.fields) == {"tags", "custom"}
    for item in ({}, {"TicketID": " "}, None, "t.acme", []):
        with pytest.raises(WireError):
            wire.read_item(item, MAPS)


def test_the_made_up_moment_moves_with_what_is_shown_and_with_nothing_else():
    item = {"TicketID": "t", "Created": "2026-03-01T12:00:00Z", "State": "OPEN", "Comments": 1}
    first = wire.read_item(item, {}).updated_at
    assert wire.read_item(item | {"Marks": 3, "State": "x.open"}, {}).updated_at == first
    for changed in ({"State": "CLOSED"}, {"Comments": 2}, {"Title": "x"}, {"Tag": "y"}):
        moved = wire.read_item(item | changed, {}).updated_at
        assert moved != first and 0 <= (moved - NOW).total_seconds() < 60


def test_our_reference_is_no_tag():
    tags, reference = values.read_tags(["vip", "HELPDESK:a1/b2/c3d4-5", "VIP", "helpdesk:", 7])
    assert (tags, reference) == (["vip", "helpdesk:", "7"], "a1/b2/c3d4-5")


def test_html_loses_its_marks_and_keeps_its_words():
    html = "<p>One &amp; <b>two</b></p><script>x()</script><ul><li>a<li>b</ul>"
    body = wire.write_body(
        {"title": "T", "body": html, "body_format": "html"}, {}, ABOUT, author="me.acme"
    )
    assert body["Description"] == "One & two\n\n- a\n- b"
    assert body["DescriptionMediaType"] == "text/plain"


@pytest.mark.parametrize("body", [{}, {"body": " \n", "body_format": "markdown"}])
def test_a_ticket_without_a_text_is_described_by_its_title(body):
    sent = wire.write_body({"title": "1 < 2", **body}, {}, ABOUT, author="me.acme")
    assert (sent["Description"], sent["DescriptionMediaType"]) == ("1 < 2", "text/plain")


def test_a_ticket_is_about_what_its_own_fields_say():
    fields = {"title": "T", "custom": {"place": "o-1", "api": "mine.acme"}}
    body = wire.write_body(fields, MAPS, ABOUT, author="me.acme")
    assert (body["APIID"], body["Environment"]) == ("mine.acme", "Production")
    body = wire.write_body({"title": "T"}, MAPS, ABOUT, author="me.acme")
    assert (body["APIID"], body["AppID"], body["Environment"]) == (
        "api.acme",
        "app.acme",
        "Sandbox",
    )
    assert body["BoardItemArtifacts"] == {"BoardItemArtifact": []}


# Comments, files, actions ------------------------------------------------------------------------


@given(words, st.sampled_from(["plain", "markdown"]), st.booleans())
def test_a_comment_that_is_sent_is_found_in_what_is_shown(text, format, as_xml):
    sent = comments.write_body(NewComment(body=text, format=format, public=True), "me.acme")
    if as_xml:
        sent = markup.read(markup.write("Comment", sent), "Comment", strict=True)
    new = bodies.read_comment(sent)
    assert (new.body, new.format, new.author.id, new.public) == (text, format, "me.acme", True)
    kept = RemoteComment(id="c", body=new.body, format=new.format, author=new.author)
    item = comments.write_item(kept, "t.acme", "acme", [])
    assert comments.read_item(item).body == text


def test_a_note_is_never_written():
    with pytest.raises(WireError):
        comments.write_body(NewComment(body="x", public=False), "me.acme")


@pytest.mark.parametrize("none", [None, "", {}, [], {"BoardItemArtifact": []}, "x"])
def test_no_files_come_in_many_ways(none):
    assert comments.read_artifacts(none) == []


def test_a_comment_that_only_shows_files_has_no_words():
    item = {
        "CommentID": "c.acme",
        "Content": '[my log.txt](my%20log.txt "my log.txt")\n',
        "BoardItemArtifacts": {
            "BoardItemArtifact": {
                "ContextID": "c.acme",
                "FileName": "my log.txt",
                "BaseUri": "https://portal.example",
                "UriPath": "/api/boards/items/comments/c.acme/artifacts/my%20log.txt",
            }
        },
    }
    read = comments.read_item(item)
    assert read.body == "" and [file.name for file in read.attachments] == ["my log.txt"]
    assert comments.path_of(read.attachments[0]).endswith("/artifacts/my%20log.txt")
    said = comments.read_item(item | {"Content": "See [my log.txt](my%20log.txt)"})
    assert said.body.startswith("See") and said.attachments
    link = comments.read_item({"CommentID": "c", "Content": "[Contract](https://x.example/a.pdf)"})
    assert link.body == "" and link.attachments[0].is_link
    assert comments.read_item({"CommentID": "c", "Content": " "}) is None
    assert comments.read_item({"Content": "x"}) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://portal.example/api/boards/items/../../admin",
        "https://portal.example/api/boards/items/x/artifacts/a b",
        "https://portal.example/api/boards/items/x?y#z",
        "",
    ],
)
def test_an_odd_address_of_a_file_is_not_followed(url):
    file = RemoteAttachment(id="c.acme/a/b.txt", name="a/b.txt", url=url)
    assert comments.path_of(file) == "/api/boards/items/c.acme/artifacts/a%2Fb.txt"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"Action": [{"Name": "a.resolve"}, {"ActionName": "b"}, "c", 7]}, ["a.resolve", "b", "c"]),
        ({"Action": {"Name": "a"}}, ["a"]),
        ({"Actions": {"Action": ["a"]}}, ["a"]),
        (["a", {"name": "b"}], ["a", "b"]),
        ({"Action": []}, []),
        ({"Action": None}, None),
        ({"x": 1}, None),
        ("text", None),
        (None, None),
    ],
)
def test_allowed_actions_are_read_in_many_shapes(body, found):
    assert comments.read_actions(body) == found


def test_actions_are_read_by_their_last_word():
    assert comments.read_action({"ActionName": "x.y.Resolve", "Comments": ["a", " b "]}) == (
        "RESOLVED",
        "a\n\nb",
    )
    for body in ({}, {"ActionName": 7}, {"ActionName": "x.delete"}, {"ActionName": " "}, []):
        with pytest.raises(WireError, match="ActionName"):
            comments.read_action(body)
    with pytest.raises(WireError, match="Comments"):
        comments.read_action({"ActionName": "close", "Comments": [7]})


# Lists -------------------------------------------------------------------------------------------

TICKET = {"TicketID": "t.acme", "Title": "T"}


@pytest.mark.parametrize(
    ("body", "ids", "total"),
    [
        ({"totalResults": 2, "Ticket": [TICKET, {"TicketID": "u"}]}, ["t.acme", "u"], 2),
        ({"totalResults": "1", "Ticket": TICKET}, ["t.acme"], 1),
        ({"totalResults": 0}, [], 0),
        ({"Ticket": None}, [], None),
        ({"Tickets": {"Ticket": [TICKET]}}, ["t.acme"], None),
        (TICKET, ["t.acme"], None),
        ([TICKET, "x"], ["t.acme"], None),
        ({}, [], None),
    ],
)
def test_a_list_is_read_in_each_shape(body, ids, total):
    page = lists.read_page(body, "Ticket")
    assert ([item["TicketID"] for item in page.items], page.total) == (ids, total)


def test_a_feed_is_read_as_excerpts():
    item = {
        "title": "T",
        "guid": {"value": "ticket7.acme"},
        "description": "Short…",
        "pubDate": "Mon, 11 May 2015 20:17:47 GMT",
    }
    page = lists.read_page({"channel": {"title": "x", "version": "1.0", "item": item}}, "Ticket")
    assert not page.is_whole
    read = wire.read_item(page.items[0], {})
    assert (read.id, read.fields["title"]) == ("ticket7.acme", "T")
    assert read.created_at == datetime(2015, 5, 11, 20, 17, 47, tzinfo=UTC)
    linked = {"link": "https://portal.example/tickets/t9.acme/"}
    page = lists.read_page({"channel": {"item": [linked, {}, 7]}}, "Ticket")
    assert [one["TicketID"] for one in page.items] == ["t9.acme"]
    assert lists.read_page({"channel": {}}, "Ticket").items == []


# XML ---------------------------------------------------------------------------------------------


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "Title": words,
            "Description": words,
            "APIID": words,
            "Label": st.lists(words, min_size=1, max_size=3),
            "Tag": st.lists(words, min_size=1, max_size=3),
            "Comments": st.integers(0, 10**6),
            "IsMarked": st.booleans(),
        },
    )
)
def test_xml_gives_back_what_it_was_given(members):
    assert markup.read(markup.write("Ticket", members), "Ticket", strict=True) == members


def test_characters_that_xml_cannot_hold_are_left_out():
    written = markup.write("Ticket", {"Title": "a\0\x0b\ud800\ufffeb", "Description": "x<&>]]>"})
    assert markup.read(written, "Ticket") == {"Title": "ab", "Description": "x<&>]]>"}


def test_the_namespaces_of_the_contract():
    written = markup.write("Ticket", {"Title": "T", "APIID": "a", "AppID": "b", "UserID": "c"})
    text = written.decode()
    assert 'xmlns="http://soa.com/xsd/ticket/1.0"' in text and "<Title>T</Title>" in text
    for space in ("api", "resource", "user"):
        assert f'"http://soa.com/xsd/{space}/1.0"' in text


PAIRS = zip("abcdefgh", "bcdefghi", strict=True)
ENTITIES = "".join(f'<!ENTITY {name} "{f"&{inner};" * 10}">' for inner, name in PAIRS)
BILLION = (
    f'<!DOCTYPE l [<!ENTITY a "lol">{ENTITIES}]>'
    '<Ticket xmlns="http://soa.com/xsd/ticket/1.0"><Title>&i;</Title></Ticket>'
)
OUTSIDE = (
    '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<Ticket xmlns="http://soa.com/xsd/ticket/1.0"><Title>&x;</Title></Ticket>'
)


@pytest.mark.parametrize(
    "content",
    [
        BILLION,
        OUTSIDE,
        '<!DOCTYPE t SYSTEM "http://example.org/t.dtd"><Ticket/>',
        "<a>" * 5000 + "</a>" * 5000,
        '<Ticket xmlns="http://soa.com/xsd/ticket/1.0">' + "<Tag>x</Tag>" * 30_000 + "</Ticket>",
        '<Ticket xmlns="http://soa.com/xsd/ticket/1.0"><Title>&nope;</Title></Ticket>',
        '<Ticket xmlns="http://soa.com/xsd/ticket/1.0">',
        "<Ticket/>",
        '<Ticket xmlns="http://soa.com/xsd/ticket/2.0"/>',
        '<Comment xmlns="http://soa.com/xsd/comment/1.0"/>',
        '<?xml version="1.0" encoding="utf-99"?><Ticket/>',
        "text",
        "",
        "\0",
    ],
)
def test_hostile_xml_is_refused_in_words(content):
    with pytest.raises(WireError):
        markup.read(content.encode(), "Ticket", strict=True)


def test_xml_beyond_the_limit_is_not_parsed():
    with pytest.raises(WireError, match="2 MB"):
        markup.read(b" " * (markup.MAX_XML + 1), "Ticket")


def test_a_member_of_another_namespace_is_unknown_to_us_and_understood_from_them():
    content = (
        b'<Ticket xmlns="http://soa.com/xsd/ticket/1.0" xmlns:x="http://x.example">'
        b"<x:Title>no</x:Title><APIID>a</APIID><Tag>t</Tag></Ticket>"
    )
    assert markup.read(content, "Ticket", strict=True) == {"APIID": "a", "Tag": ["t"]}
    assert markup.read(content, "Ticket")["Title"] == "no"


# What our endpoint refuses -----------------------------------------------------------------------

GOOD = {
    "Title": "T",
    "Description": "D",
    "Environment": "Sandbox",
    "Label": ["com.soa.ticket.label.priority.low"],
}


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"Title": None}, "Title"),
        ({"Title": ["x"]}, "Title"),
        ({"Description": " "}, "Description"),
        ({"Environment": "Staging"}, "Environment"),
        ({"Environment": 1}, "Environment"),
        ({"Label": []}, "Label"),
        ({"Label": ["bug"]}, "Label"),
        ({"Label": [values.PRIORITY + "low", values.PRIORITY + "high"]}, "Label"),
        ({"Label": [7]}, "Label"),
        ({"Tag": [{"a": 1}]}, "Tag"),
        ({"UserID": "a b"}, "UserID"),
        ({"APIID": "x" * 201}, "APIID"),
        ({"DescriptionMediaType": "text/html"}, "DescriptionMediaType"),
        ({"BoardItemArtifacts": "x"}, "BoardItemArtifacts"),
        ({"BoardItemArtifacts": {"BoardItemArtifact": ["x"]}}, "BoardItemArtifacts"),
        ({"BoardItemArtifacts": {"BoardItemArtifact": [{"ContextID": "x"}]}}, "FileName"),
    ],
)
def test_a_wrong_member_is_named(changed, name):
    with pytest.raises(WireError, match=name):
        bodies.read_ticket(GOOD | changed, {})


def test_unknown_members_are_left_aside_and_single_values_are_lists():
    new = bodies.read_ticket(
        GOOD | {"Label": values.PRIORITY + "critical", "Tag": "one", "Nonsense": {"a": 1}}, {}
    )
    assert new.fields["priority"] == "urgent" and new.fields["tags"] == ["one"]
    assert set(new.kept) == {"Environment", "Label", "priority"}
    assert new.user == RemotePerson()


@pytest.mark.parametrize("part", ["<a ", "<a href='", "[", "![", "[](", "<!--"])
def test_texts_that_nobody_closes_are_read_at_once(part):
    body = part * (200_000 // len(part))
    began = time.process_time()
    values.write_text(body, "html")
    comments.is_file_link(body, ["a.txt"])
    comments.as_link("1", body)
    assert time.process_time() - began < 3
