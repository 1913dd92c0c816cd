"""The Apideck wire, both ways: pure tables and translations."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.connector import PRIORITIES, STATUSES, NewComment, RemoteComment, RemoteTicket
from integrations.services.apideck import comments, custom, references, webhooks, wire, words
from integrations.services.apideck.listing import project, read_fields, read_flag, read_query
from integrations.services.apideck.words import WireError
from tests.integrations.apideck.conftest import MAPS

REFERENCE = "0f0f0f0f-1111-4222-8333-444444444444/7/1f0f0f0f-1111-4222-8333-444444444444"
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=60)
MARKED = st.lists(
    st.sampled_from(
        ["<b>", "</b>", "<br>", "<p>", "</p>", "&lt;", "&amp;", "a", " ", "\n", "<", "x"]
    ),
    max_size=12,
).map("".join)
MOMENTS = st.datetimes(
    min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)
)
PEOPLE = st.one_of(
    st.none(),
    st.sampled_from(
        [
            {"id": "", "name": "Ann", "email": "ann@example.org"},
            {"id": "u-new", "name": "New", "email": ""},
            {"id": "", "name": "Stranger", "email": "stranger@example.org"},
        ]
    ),
)
CUSTOM = st.fixed_dictionaries(
    {},
    optional={
        "text": st.none() | TEXTS,
        "number": st.none() | st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6),
        "date": st.none() | st.dates().map(lambda day: day.isoformat()),
        "toggle": st.none() | st.booleans(),
        "choice": st.none() | st.sampled_from(["red", "blue"]),
        "choices": st.none() | st.lists(st.sampled_from(["s", "m"]), unique=True),
        "people": st.none()
        | st.just([{"id": "", "name": "", "email": "ann@example.org"}])
        | st.just([]),
        "not_mapped": TEXTS,
    },
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": TEXTS,
        "body": TEXTS | MARKED,
        "body_format": st.sampled_from(["plain", "markdown", "html"]),
        "status": st.sampled_from(STATUSES),
        "priority": st.sampled_from(PRIORITIES),
        "type": st.sampled_from(["", "Incident", "Question"]),
        "assignee": PEOPLE,
        "tags": st.lists(st.sampled_from(["vip", "new tag", "Ä"]), unique=True),
        "due_at": st.none() | MOMENTS.map(lambda moment: moment.isoformat()),
        "custom": CUSTOM,
    },
)


def as_read(body: dict, maps=MAPS) -> RemoteTicket:
    """What a service that keeps all of a body answers for it."""
    said = custom.read_pass_through(body.get("pass_through"))
    names = {identity: name for name, identity in maps.get("tags", {}).items()}
    tags = [
        {"id": one["id"], "name": names.get(one["id"], one["id"])} for one in body.get("tags", [])
    ]
    item = {**body, "id": "7", "custom_mappings": said}
    if "tags" in body:
        item["tags"] = tags
    return wire.read_ticket(json.loads(json.dumps(item)), maps)


@given(FIELDS, st.sampled_from([words.STATUS, words.TWO_STATUSES]))
def test_what_is_written_again_is_the_same(fields, statuses):
    written = wire.write_theirs(fields, MAPS, statuses=statuses)
    again = wire.write_theirs(wire.understand(written, MAPS), MAPS, statuses=statuses)
    filled = {key: one for key, one in written.get("custom", {}).items() if one is not None}
    if "custom" in written:
        written["custom"] = filled
    assert again == written


@given(FIELDS)
def test_what_is_sent_reads_as_it_was_written(fields):
    body = wire.write_ticket_body(fields, MAPS, service_id="x")
    written = wire.write_theirs(fields, MAPS)
    read = as_read(body)
    for name, value in written.items():
        if name == "custom":
            value = {key: one for key, one in value.items() if one is not None}
        assert read.theirs.get(name) == value, name


@given(FIELDS)
def test_what_survives_is_the_same_but_for_what_is_said_to_be_lost(fields):
    read = as_read(wire.write_ticket_body(fields, MAPS, service_id="x"))
    lost = {"new", "resolved"}
    if "status" in fields and fields["status"] not in lost:
        assert read.fields["status"] == fields["status"]
    for name in ("title", "priority", "tags"):
        if name in fields:
            assert read.fields[name] == fields[name]
    if "body" in fields and fields.get("body_format", "plain") != "html":
        assert read.fields["body"] == fields["body"]
    if fields.get("due_at"):
        sent = datetime.fromisoformat(fields["due_at"])
        got = datetime.fromisoformat(read.fields["due_at"])
        assert got == sent.replace(microsecond=sent.microsecond // 1000 * 1000)
    for key in ("date", "toggle", "choice", "choices", "people"):
        value = fields.get("custom", {}).get(key)
        if value not in (None, []):
            assert read.fields["custom"][key] == value


def test_the_tables_are_total_and_lose_what_they_say():
    assert set(words.STATUS.out) == set(words.TWO_STATUSES.out) == set(STATUSES)
    assert words.STATUS.lossy == {"new", "waiting", "resolved"}
    assert words.TWO_STATUSES.lossy == {"new", "started", "waiting", "resolved"}
    assert set(words.PRIORITY.out) == set(PRIORITIES) and not words.PRIORITY.lossy
    assert set(words.STATUS.out.values()) <= set(words.STATUS.back)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("open", "open"),
        ("In Progress", "started"),
        ("in-progress", "started"),
        ("CLOSED", "closed"),
        ("on_hold", "waiting"),
        ("Won't do", None),
        ("", None),
        (None, None),
    ],
)
def test_a_status_that_nobody_mapped_is_passed_through(said, meant):
    ticket = wire.read_ticket({"id": 7, "status": said}, MAPS)
    assert ticket.fields.get("status") == meant
    assert ticket.theirs["status"] == said and ticket.id == "7"


def test_what_a_person_mapped_goes_before_the_table():
    fields = {"status": "waiting", "priority": "urgent", "type": "Incident"}
    body = wire.write_ticket_body(fields, MAPS, service_id="x")
    assert body == {"status": "On hold", "priority": "urgent", "type": "Bug"}
    read = wire.read_ticket({"id": "1", "priority": "blocker", "type": "bug"}, MAPS)
    assert read.fields == {"priority": "urgent", "type": "Incident"}


def test_an_unmapped_type_stays_on_its_side():
    assert wire.write_ticket_body({"type": "Question"}, MAPS, service_id="x") == {}
    assert wire.write_ticket_body({"type": ""}, MAPS, service_id="x") == {"type": None}
    read = wire.read_ticket({"id": "1", "type": "Epic", "priority": "lowest"}, MAPS)
    assert read.fields == {} and read.theirs == {"type": "Epic", "priority": "lowest"}


def test_absent_members_are_in_neither_half_and_nulls_are_empty():
    assert wire.read_ticket({"id": "1"}, MAPS).theirs == {}
    nulls = dict.fromkeys(["subject", "description", "due_date", "assignees", "tags", "status"])
    read = wire.read_ticket({"id": "1", **nulls, "custom_mappings": None}, MAPS)
    assert read.fields == {
        "title": "",
        "body": "",
        "body_format": "plain",
        "due_at": None,
        "assignee": None,
        "tags": [],
        "custom": {},
    }


@pytest.mark.parametrize("item", [None, [], {}, {"id": None}, {"id": ""}, {"subject": "x"}, "text"])
def test_a_ticket_without_an_id_is_none(item):
    with pytest.raises(WireError):
        wire.read_ticket(item, MAPS)


@pytest.mark.parametrize(
    "member",
    [
        {"assignees": "Ann"},
        {"assignees": [None, 1, {"username": "no id"}]},
        {"tags": {"id": "x"}},
        {"tags": ["plain", {"name": None, "id": None}]},
        {"custom_mappings": [1]},
        {"due_date": 12},
        {"created_at": "soon", "updated_at": {}},
    ],
)
def test_members_of_the_wrong_kind_break_nothing(member):
    assert wire.read_ticket({"id": "1", **member}, MAPS).id == "1"


@given(TEXTS | MARKED)
def test_plain_text_survives_however_much_it_looks_like_html(text):
    assert words.read_text(words.write_text(text)) == (text, "plain")


@given(TEXTS | MARKED)
def test_a_text_that_is_read_is_written_as_it_was(text):
    assert words.write_text(*words.read_text(text)) == text


def test_html_is_known_as_such():
    assert words.read_text("<p>Hello <b>you</b></p>") == ("<p>Hello <b>you</b></p>", "html")
    assert words.read_text("a < b > c & <ann@example.org>")[1] == "plain"


@pytest.mark.parametrize("is_html", [True, False])
@pytest.mark.parametrize("text", ["", "Words\n\nmore", "<p>Words</p>"])
def test_a_reference_in_the_text_is_taken_out_again(text, is_html):
    with_line = references.with_line(text, f"{REFERENCE}/part", html=is_html)
    assert references.out_of_text(with_line) == (text, (REFERENCE, "description"))
    assert references.out_of_text(text) == (text, ("", ""))


def test_a_reference_among_the_tags_or_mappings_is_no_tag():
    tags = [{"id": "1", "name": references.as_tag(REFERENCE)}, {"id": "2", "name": "vip"}]
    read = wire.read_ticket({"id": "1", "tags": tags}, MAPS)
    assert read.reference == REFERENCE and read.fields["tags"] == read.theirs["tags"] == ["vip"]
    said = {references.CUSTOM_KEY: REFERENCE}
    assert wire.read_ticket({"id": "1", "custom_mappings": said}, MAPS).reference == REFERENCE
    other = [{"id": "1", "name": "helpdesk:vip"}]
    assert wire.read_ticket({"id": "1", "tags": other}, MAPS).theirs["tags"] == ["helpdesk:vip"]


def test_pass_through_is_read_from_objects_and_simple_paths():
    said = [
        {"service_id": "a", "extend_object": {"their_text": "x", "other": 1}},
        {
            "service_id": "b",
            "extend_paths": [
                {"path": "$.their_number", "value": 3},
                {"path": "$['their_choice']", "value": "rot"},
                {"path": "$.deep.down", "value": 4},
            ],
        },
    ]
    found = custom.read_written_customs(custom.read_pass_through(said), MAPS)
    assert found == {"text": "x", "number": 3, "choice": "red"}
    assert custom.read_pass_through(None) == {}
    for wrong in ("x", [1], [{"extend_object": [1]}], [{"extend_paths": "x"}]):
        with pytest.raises(WireError, match="pass_through"):
            custom.read_pass_through(wrong)


@pytest.mark.parametrize(
    "body",
    [
        {"subject": 1},
        {"description": []},
        {"status": {}},
        {"priority": "medium"},
        {"assignees": "x"},
        {"assignees": [{}]},
        {"tags": [{"id": 7}]},
        {"tags": ["x"]},
        {"due_date": "tomorrow"},
        {"parent_id": 7},
        {"pass_through": [{"extend_object": {"their_text": [[1]]}}]},
    ],
)
def test_a_body_of_the_wrong_kind_names_the_member(body):
    with pytest.raises(WireError, match=next(iter(body))):
        wire.read_ticket_body(body, MAPS)


def test_absent_is_left_alone_null_clears_and_read_only_is_passed_over():
    assert wire.read_ticket_body({}, MAPS) == {}
    read_only = {
        "id": "9",
        "collection_id": "9",
        "created_at": "x",
        "updated_at": 1,
        "created_by": [],
        "completed_at": {},
        "custom_mappings": "x",
        "unknown": 1,
    }
    assert wire.read_ticket_body(read_only, MAPS) == {}
    names = ["subject", "description", "type", "status", "priority", "parent_id"]
    names += ["assignees", "tags", "due_date", "pass_through"]
    assert wire.read_ticket_body(dict.fromkeys(names), MAPS) == {
        "title": "",
        "body": "",
        "body_format": "plain",
        "priority": "normal",
        "type": "",
        "parent_id": "",
        "assignee_ids": [],
        "tag_ids": [],
        "due_at": None,
    }


def test_comments_say_their_author_by_id_alone():
    written = comments.write_comment(
        RemoteComment(id="1", body="Some <b>words", created_at=datetime(2026, 1, 2, tzinfo=UTC)),
        None,
    )
    assert written["body"] == "<p>Some &lt;b&gt;words</p>"
    read = comments.read_comment({**written, "created_by": 5, "id": 4}, {})
    assert (read.id, read.body, read.format, read.author.id) == ("4", "Some <b>words", "plain", "5")
    assert read.created_at == datetime(2026, 1, 2, tzinfo=UTC) and read.public
    new = NewComment(body="<p>x</p>", format="html", public=True)
    assert comments.read_comment_body(comments.write_comment_body(new)) == new
    with pytest.raises(WireError):
        comments.read_comment_body({"body": 7})


@pytest.mark.parametrize(
    "asked",
    [
        {"filter[status]": ["open", "closed"]},
        {"filter[status][]": ["open", "closed"]},
        {"filter[status][0]": ["open"], "filter[status][1]": ["closed"]},
        {"filter[status]": ["open,closed"]},
        {"filter[status]": [" Open , CLOSED "]},
        {"filter[status]": ["all"]},
    ],
)
def test_every_spelling_of_a_list_of_statuses_is_one(asked):
    query = read_query(asked, filters=True)
    assert set(query.statuses) == set(STATUSES)


def test_words_of_the_status_filter():
    def statuses(*said):
        return read_query({"filter[status]": list(said)}, filters=True).statuses

    assert statuses("open") == ("new", "open", "started", "waiting")
    assert statuses("closed") == ("resolved", "closed")
    assert statuses("in_progress") == ("started", "waiting")
    assert statuses("waiting") == ("waiting",)
    assert statuses("nonsense") == () and statuses("") is None and statuses() is None


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"limit": ["0"]}, ""),
        ({"limit": ["201"]}, ""),
        ({"limit": ["-1"]}, ""),
        ({"limit": ["1e2"]}, ""),
        ({"limit": ["NaN"]}, ""),
        ({"limit": ["٣"]}, ""),
        ({"limit": ["9" * 500]}, ""),
        ({"filter[since]": ["yesterday"]}, ""),
        ({"filter[x]": ["1"]}, "UnsupportedFiltersError"),
        ({"filter[status]x": ["1"]}, ""),
        ({"filter": ["1"]}, ""),
        ({"sort[by]": ["title"]}, "UnsupportedSortFieldError"),
        ({"sort[by]": ["assignee__password"]}, "UnsupportedSortFieldError"),
        ({"sort[direction]": ["up"]}, ""),
    ],
)
def test_parameters_that_are_wrong_are_refused(asked, kind):
    with pytest.raises(WireError) as refused:
        read_query(asked, orders=("created_at",), filters=True)
    assert getattr(refused.value, "kind", "") == kind


def test_unknown_parameters_are_no_business_of_ours():
    assert read_query({"pass_through[a]": ["1"], "x": ["y"], "limit": [""]}) == read_query({})
    assert read_query({"limit": ["200"]}).limit == 200
    assert read_flag({"raw": ["True"]}, "raw") and not read_flag({}, "raw")
    with pytest.raises(WireError):
        read_flag({"raw": ["maybe"]}, "raw")


def test_members_are_chosen_by_paths_with_dots():
    item = {
        "id": "1",
        "subject": "x",
        "assignees": [{"id": "2", "username": "ann"}],
        "custom_mappings": {"region": "EU", "other": 1},
    }

    def shown(*said):
        return project(item, read_fields({"fields": list(said)}))

    assert shown("") == item
    assert shown("subject") == {"id": "1", "subject": "x"}
    assert shown("id,assignees.username") == {"id": "1", "assignees": item["assignees"]}
    assert shown("assignees.id", "subject") == {
        "id": "1",
        "subject": "x",
        "assignees": [{"id": "2"}],
    }
    assert shown("assignees") == {"id": "1", "assignees": item["assignees"]}
    assert shown("custom_mappings.region,nothing,subject.deep") == {
        "id": "1",
        "subject": "x",
        "custom_mappings": {"region": "EU"},
    }


def signed(key: str, body: bytes) -> dict[str, str]:
    return {"X-Apideck-Signature": webhooks.signature(key, body).decode()}


def test_a_webhook_is_genuine_as_it_came_or_with_its_keys_in_order():
    body = b'{"payload": {"b": [{"z": 1, "a": "\xc3\xa4"}], "a": 2}}'
    in_order = '{"payload":{"a":2,"b":[{"a":"ä","z":1}]}}'.encode()
    for form in (body, in_order):
        assert webhooks.is_genuine("key", signed("key", form), body)
        assert not webhooks.is_genuine("other", signed("key", form), body)
    assert webhooks.is_genuine(
        "key", {"x-apideck-signature": webhooks.signature("key", body).decode().upper()}, body
    )
    assert not webhooks.is_genuine("key", signed("key", body + b" "), body)
    assert not webhooks.is_genuine("key", {}, body)
    assert not webhooks.is_genuine("", signed("", body), body)
    assert not webhooks.is_genuine("key", {"x-apideck-signature": "ü"}, b"{")
