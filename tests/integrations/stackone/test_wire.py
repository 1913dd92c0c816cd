"""The translations of StackOne, both ways."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.connector import PRIORITIES, STATUSES, RemotePerson
from integrations.services.stackone import parts, texts, values, wire, words
from tests.integrations.stackone.conftest import MAPS

text = st.text(max_size=80)
filled = text.filter(lambda one: one.strip())
word = st.sampled_from(["to-do", "closed", "Done", "42", "In Review", "highest", "P1"])
people = st.sampled_from(
    [
        None,
        {"id": "", "name": "Ann", "email": "ann@example.org"},
        {"id": "", "name": "Bob", "email": "Bob@Example.org"},
        {"id": "", "name": "Eve", "email": "eve@example.org"},
    ]
)
customs = st.fixed_dictionaries(
    {},
    optional={
        "text": st.none() | filled,
        "long": st.none() | filled,
        "number": st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        "date": st.none() | st.dates().map(str),
        "toggle": st.none() | st.booleans(),
        "choice": st.sampled_from([None, "o-1", "o-2", "o-9"]),
        "choices": st.sampled_from([None, ["o-3"], ["o-4", "o-3"]]),
        "people": st.none() | st.just([{"id": "", "name": "Eve", "email": "eve@example.org"}]),
        "email": st.none() | st.just("who@example.org"),
        "not_mapped": text,
    },
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "title": text,
        "body": text | st.just("<p>One</p><ul><li>two</li></ul>"),
        "body_format": st.sampled_from(["plain", "markdown", "html"]),
        "status": st.sampled_from(STATUSES),
        "priority": st.sampled_from(PRIORITIES),
        "type": st.sampled_from(["", "Incident", "Question"]),
        "requester": people,
        "assignee": people,
        "tags": st.lists(filled.map(str.strip), unique=True, max_size=4),
        "custom": customs,
    },
)
mapped_words = st.fixed_dictionaries(
    {},
    optional={
        "status_out": st.dictionaries(st.sampled_from(STATUSES), word, max_size=3),
        "priority_out": st.dictionaries(st.sampled_from(PRIORITIES), word, max_size=3),
    },
)


@given(fields, mapped_words, st.booleans())
def test_what_is_written_is_read_and_written_alike(said, mapped, by_address):
    setting = wire.Setting(maps={**MAPS, **mapped}, by_address=by_address)

    written = wire.write_theirs(said, setting)

    again = wire.write_theirs(wire.read_theirs(written, setting), setting)
    assert again == written


@given(fields)
def test_a_ticket_shows_what_was_written(said):
    """The body of an update, answered as an item, reads as `write_theirs` says."""
    setting = wire.Setting(maps=MAPS)
    body = wire.write_update_body(said, setting, "")
    custom = body.pop("unified_custom_fields", {})
    item = {"id": "t-1", **body} | ({"unified_custom_fields": custom} if custom else {})

    read = wire.read_ticket(item, setting)

    written = wire.write_theirs(said, setting)
    for name in body.keys() & {"title", "status", "priority", "tags"}:
        assert read.theirs[name] == written[name]
    if custom:
        assert read.theirs["custom"] == written["custom"]
    if "content" in body:
        assert read.theirs["body"].split() == written["body"].split()
    for name, member in (("requester", "reporters"), ("assignee", "assignees")):
        if member in body:
            assert read.theirs[name] == written[name]


@pytest.mark.parametrize("name", ["status", "priority"])
def test_the_tables_are_total(name):
    table = words.STATUS if name == "status" else words.PRIORITY
    assert set(table.out) == set(STATUSES if name == "status" else PRIORITIES)
    assert set(table.out.values()) <= set(table.back)
    assert set(table.back.values()) <= set(table.out)


def test_what_a_round_trip_changes_is_what_the_tables_say():
    assert words.STATUS.lossy == {"new", "waiting", "closed"}
    assert words.PRIORITY.lossy == set()


@pytest.mark.parametrize(
    ("status", "shown", "ours"),
    [
        ({"type": {"value": "to-do"}}, "to-do", "open"),
        ({"id": "7", "name": "Doing", "type": {"value": "in-progress"}}, "in-progress", "started"),
        ({"id": 7, "type": {"value": "CLOSED "}}, "closed", "resolved"),
        ({"id": "9", "name": "On hold", "type": {"value": "in-progress"}}, "9", "waiting"),
        ({"id": "3", "name": "parked", "type": {"value": "to-do"}}, "Parked", "closed"),
        ({"id": "8", "name": "Odd", "type": {"value": "unmapped_value"}}, "Odd", None),
        ({"id": "8", "type": {"value": "new_word", "source_value": "X"}}, "X", None),
        ({"id": 8, "name": None, "type": None}, "8", None),
        ({"id": None, "name": None, "type": {"value": None}}, None, None),
        (None, None, None),
        ("closed", None, None),
    ],
)
def test_a_status_is_read_by_what_was_mapped_and_by_its_type(status, shown, ours):
    maps = {"status": {"9": "waiting", "Parked": "closed"}}

    read = wire.read_ticket({"id": "t", "status": status}, wire.Setting(maps=maps))

    assert (read.theirs.get("status"), read.fields.get("status")) == (shown, ours)


def test_a_status_that_a_person_mapped_is_written_by_its_id():
    maps = {"status_out": {"waiting": "9"}, "priority_out": {"urgent": "p0"}}
    assert wire.write_status("waiting", maps) == {"id": "9"}
    assert wire.write_status("started", maps) == {"type": {"value": "in-progress"}}
    assert wire.write_priority("urgent", maps) == {"id": "p0"}
    assert wire.write_priority("normal", maps) == {"value": "medium"}


@pytest.mark.parametrize(
    ("priority", "ours"),
    [
        ({"value": "lowest"}, "low"),
        ({"value": "medium", "source_value": "Normal", "id": "001"}, "normal"),
        ({"value": "highest"}, "urgent"),
        ({"value": "unmapped_value", "source_value": "P0", "id": "1"}, None),
        ({"value": None, "source_value": {"deep": 1}}, None),
        ([], None),
    ],
)
def test_a_priority_is_read_by_its_value(priority, ours):
    read = wire.read_ticket({"id": "t", "priority": priority}, wire.Setting())
    assert read.fields.get("priority") == ours


def test_a_ticket_of_nothing_but_nulls_is_read():
    names = """title creator_id content parent_id priority ticket_number type closed_at ticket_url
        status organization unified_custom_fields created_at updated_at projects components"""
    item = {"id": 17, **dict.fromkeys(names.split())}

    read = wire.read_ticket(item, wire.Setting(maps=MAPS, reference_field="ours"))

    assert (read.id, read.number, read.reference, read.updated_at) == ("17", "", "", None)
    assert read.fields == {"requester": None}


@pytest.mark.parametrize("item", [None, [], {}, {"id": None}, {"id": ""}, {"id": {}}])
def test_a_ticket_without_an_id_is_none(item):
    with pytest.raises(values.WireError):
        wire.read_ticket(item, wire.Setting())


def test_people_are_the_first_of_those_named_and_known_by_their_id():
    known = {"user-eve": RemotePerson(id="user-eve", name="Eve", email="eve@example.org")}
    item = {"id": "t", "reporters": ["user-ann", "x"], "assignees": ["user-eve"], "creator_id": "x"}

    read = wire.read_ticket(item, wire.Setting(maps=MAPS, known=known))

    assert read.fields["requester"]["email"] == "ann@example.org"
    assert read.fields["assignee"] == known["user-eve"].as_field()
    assert read.extra["reporters"] == ["user-ann", "x"]
    assert wire.people_in(item) == ["user-ann", "user-eve", "x"]


def test_the_creator_stands_for_a_reporter():
    read = wire.read_ticket({"id": "t", "creator_id": "u", "reporters": None}, wire.Setting())
    assert read.fields["requester"] == {"id": "u", "name": "", "email": ""}


def test_a_create_has_the_reference_and_the_project_of_its_generation():
    whole = {
        "title": "Broken",
        "body": "One\ntwo",
        "body_format": "markdown",
        "status": "waiting",
        "priority": "high",
        "type": "Incident",
        "requester": {"id": "", "name": "Ann", "email": "ann@example.org"},
        "assignee": {"id": "", "name": "Eve", "email": "eve@example.org"},
        "tags": ["vip"],
        "custom": {"choice": "o-1", "not_mapped": 1},
    }
    setting = wire.Setting(maps=MAPS, project="p-1", reference_field="ours")
    expected = {
        "title": "Broken",
        "content": [{"plain": "One\ntwo", "html": "<p>One<br>two</p>"}],
        "priority": {"value": "high"},
        "type": "type-1",
        "creator_id": "user-ann",
        "reporters": ["user-ann"],
        "tags": ["vip"],
    }
    custom = {"region": "EU", "ours": "a/b/c"}

    assert wire.write_create_body(whole, setting, "a/b/c") == {
        **expected,
        "project_id": "p-1",
        "unified_custom_fields": custom,
    }
    older = wire.Setting(
        maps=MAPS, project="p-1", reference_field="ours", generation=wire.COLLECTIONS
    )
    assert wire.write_create_body(whole, older, "a/b/c") == {**expected, "collections": ["p-1"]}
    assert wire.write_update_body({"custom": {"choice": None}}, older, "a/b/c") == {
        "unified_custom_fields": {"region": None, "ours": "a/b/c"}
    }


def test_somebody_unknown_there_clears_nobody():
    eve = {"id": "", "name": "Eve", "email": "eve@example.org"}
    setting = wire.Setting(maps=MAPS)
    assert wire.write_update_body({"assignee": eve, "requester": eve}, setting, "") == {}
    assert wire.write_update_body({"assignee": None}, setting, "") == {"assignees": []}
    to_us = wire.Setting(maps=MAPS, by_address=True)
    assert wire.write_update_body({"assignee": eve}, to_us, "") == {
        "assignees": ["eve@example.org"]
    }


def test_the_reference_is_read_from_its_field_and_is_no_custom_field():
    item = {"id": "t", "unified_custom_fields": {"ours": "a/b/c", "region": "US", "other": 1}}
    read = wire.read_ticket(item, wire.Setting(maps=MAPS, reference_field="ours"))
    assert read.reference == "a/b/c" and read.fields["custom"] == {"choice": "o-2"}
    found = parts.read_custom_fields([item, {"unified_custom_fields": None}, None], "ours")
    assert [one.id for one in found] == ["other", "region"]
    assert [one.kinds[0] for one in found] == ["number", "text"]


def test_an_option_that_we_do_not_have_is_no_word_of_ours():
    custom = {"region": "Moon", "sites": ["a", "Mars"], "vip": True}
    read = wire.read_ticket({"id": "t", "unified_custom_fields": custom}, wire.Setting(maps=MAPS))
    assert read.fields["custom"] == {"toggle": True}
    assert read.theirs["custom"] == {"choice": "Moon", "choices": ["a", "Mars"], "toggle": True}
    known = {"region": "eu", "sites": ["b", "A"]}
    read = wire.read_ticket({"id": "t", "unified_custom_fields": known}, wire.Setting(maps=MAPS))
    assert read.fields["custom"] == {"choice": "o-1", "choices": ["o-4", "o-3"]}


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ([{"plain": "a", "html": "<b>a</b>"}], ("a", "plain")),
        ([{"plain": None, "html": "<b>a</b>"}], ("<b>a</b>", "html")),
        ([{"plain": "a"}, {"plain": "b"}, None, 7], ("a\n\nb", "plain")),
        ([], ("", "plain")),
        (None, None),
        ("text", None),
    ],
)
def test_a_content_is_read_as_its_plain_text(content, read):
    assert texts.read_content(content) == read


@given(text)
def test_a_plain_text_survives_its_html(said):
    marked = texts.html_of_text(said)
    assert texts.repeats_text(said, marked) == (texts.text_of_html(marked).split() == said.split())
    assert "<script" not in texts.html_of_text("<script>alert(1)</script>")


def test_html_that_says_more_is_no_repetition():
    assert texts.repeats_text("One two", "<p>One<br/>two</p>")
    assert not texts.repeats_text("One two", "<p>One <b>two</b></p>")
    assert not texts.repeats_text("One two", "<p>One</p>")
    assert not texts.repeats_text("", '<img src="x">')


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<![", "</", "<a ", "&#", "<script>", "<?", "<a b='", "<p", "&amp", '"']
)
def test_html_of_any_kind_is_read_in_time(piece):
    """A parser that begins anew at each mark takes minutes for what a body may hold."""
    began = time.process_time()
    texts.text_of_html(piece * (200_000 // len(piece)))
    texts.repeats_text("x", piece * (200_000 // len(piece)))
    assert time.process_time() - began < 10


def test_marks_that_are_none_are_words():
    assert texts.text_of_html("1 < 2 &lt;b&gt; 3 > 2 <!-- no --><i title='>'>yes</i>") == (
        "1 < 2 <b> 3 > 2 yes"
    )


def test_html_is_read_as_words():
    marked = "<p>One</p><style>x{}</style><ul><li>two &amp; three</li><li>four</li></ul>a<br>b"
    assert texts.text_of_html(marked) == "One\ntwo & three\nfour\na\nb"


@pytest.mark.parametrize(
    ("internal", "public"),
    [(True, False), ("true", False), (False, True), ("false", True), (None, True)],
)
def test_a_comment_is_internal_by_a_boolean_or_a_word(internal, public):
    item = {"id": 5, "internal": internal, "content": [{"html": "<p>a</p>"}], "user_id": 9}
    read = parts.read_comment(item, {"9": RemotePerson(id="9", name="Bo", email="bo@x.example")})
    assert (read.id, read.public, read.format, read.author.name) == ("5", public, "html", "Bo")


@pytest.mark.parametrize("item", [None, {}, {"id": "c"}, {"id": "c", "content": [{"plain": " "}]}])
def test_a_comment_that_says_nothing_is_none(item):
    assert parts.read_comment(item, {}) is None


def test_a_user_is_named_by_whatever_there_is():
    assert values.read_user({"id": 3, "first_name": "A", "last_name": "B"}).name == "A B"
    assert values.read_user({"id": "3", "username": "ab"}).name == "ab"
    assert values.read_user({"name": "A"}) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_survives_to_the_millisecond(moment):
    read = values.read_moment(values.write_moment(moment.replace(year=max(moment.year, 1000))))
    assert read.microsecond == moment.microsecond // 1000 * 1000


@pytest.mark.parametrize("said", [None, "", 5, "soon", "2026-13-01", {}])
def test_what_is_no_moment_is_none(said):
    assert values.read_moment(said) is None


def test_a_moment_without_an_offset_is_utc():
    assert values.read_moment("2026-01-02T03:04:05") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
