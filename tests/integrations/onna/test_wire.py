"""Translations of Onna, both ways: pure."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.connector import PRIORITIES, STATUSES, NewComment
from integrations.remote import RemotePerson
from integrations.services.onna import envelopes, tus, values, wire

TEXTS = st.text(max_size=60)
PERSONS = st.none() | st.fixed_dictionaries(
    {"id": TEXTS, "name": TEXTS, "email": st.sampled_from(["", "ann@x.example", "bo@x.example"])}
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": TEXTS,
        "body": TEXTS,
        "body_format": st.sampled_from(["plain", "markdown", "html"]),
        "status": st.sampled_from(STATUSES),
        "priority": st.sampled_from(PRIORITIES),
        "type": TEXTS,
        "requester": PERSONS,
        "assignee": PERSONS,
        "tags": st.lists(TEXTS, max_size=5, unique=True),
        "custom_words": st.dictionaries(TEXTS, TEXTS, max_size=3),
        "due_at": st.just("2026-01-01T00:00:00+00:00"),
    },
)
MAPS = {
    "people": {"ann@x.example": "ann-there"},
    "status": {"Fertig": "resolved"},
    "status_out": {"resolved": "Fertig", "new": "Neu", "open": "Neu"},
    "priority": {"P1": "urgent"},
    "priority_out": {"urgent": "P1", "high": "P1"},
    "type": {"Bug": "Fault"},
    "type_out": {"Fault": "Bug"},
}


@pytest.mark.parametrize("maps", [{}, MAPS], ids=["by table", "mapped"])
@given(fields=FIELDS)
def test_what_is_written_is_read_back_as_the_same_words(maps, fields):
    written = wire.write_theirs(fields, maps)
    assert wire.write_theirs(wire.read_theirs(written, maps), maps) == written


@pytest.mark.parametrize("custom_in", ["", wire.IN_TAGS, wire.IN_DESCRIPTION])
@pytest.mark.parametrize("maps", [{}, MAPS], ids=["by table", "mapped"])
@given(fields=FIELDS)
def test_a_ticket_shows_what_was_written(custom_in, maps, fields):
    fields = {"status": "open", "priority": "normal", "tags": [], **fields}
    if any(tag.startswith(wire.CUSTOM_TAG) for tag in fields["tags"]):
        return
    body = ticket_body(fields, maps, custom_in)
    read = wire.read_ticket({"onna_id": "tk1", **body}, maps, custom_in=custom_in)
    written = wire.write_theirs(fields, maps)
    if not custom_in:
        written.pop("custom_words", None)
    empty = {"custom_words": {}} if custom_in else {}
    empty |= {"title": "", "body": "", "type": "", "requester": "", "assignee": ""}
    assert read.theirs == {**empty, **written}
    assert read.reference == "ours/is/this"


def ticket_body(fields, maps=MAPS, custom_in="", comments=()):
    return wire.write_ticket(
        fields,
        maps,
        parent="fd1",
        reference="ours/is/this",
        comments=comments,
        custom_in=custom_in,
        now=datetime(2026, 1, 2, tzinfo=UTC),
    )


def test_the_tables_are_total_and_lose_nothing():
    assert set(values.STATUS.out) == set(STATUSES) and not values.STATUS.lossy
    assert set(values.PRIORITY.out) == set(PRIORITIES) and not values.PRIORITY.lossy
    for table in (values.STATUS, values.PRIORITY):
        assert set(table.back.values()) == set(table.out)
        assert all(values.folded(word) == word for word in table.back)


def test_a_body_holds_only_what_has_a_value():
    assert ticket_body({"title": "A", "body": "", "tags": [], "requester": None}) == {
        "onna_parent_id": "fd1",
        "ref": "ours/is/this",
        "url": "",
        "name": "A",
        "comments": [],
    }


def test_a_whole_ticket_in_their_words():
    comment = NewComment(
        body="<p>Did you <b>try</b>?</p>",
        format="html",
        public=True,
        author=RemotePerson(name="Bo", email="bo@x.example"),
        created_at=datetime(2026, 1, 1, 9, 30, tzinfo=timezone(timedelta(hours=2))),
    )
    nobody = NewComment(body="Yes", public=True)
    fields = {
        "title": "Printer jams",
        "body": "Tray *2*",
        "body_format": "markdown",
        "status": "started",
        "priority": "urgent",
        "type": "Fault",
        "requester": {"id": "", "name": "Ann", "email": "ann@x.example"},
        "assignee": {"id": "", "name": "Bo", "email": ""},
        "tags": ["vip"],
        "custom_words": {"Region: of it": "EU\nNorth"},
        "created_at": "2025-12-31T23:00:00+00:00",
        "updated_at": "2026-01-01T00:00:00.5+01:00",
        "url": "https://help.example/tickets/7/",
        "author": {"id": "", "name": "Cy", "email": "cy@x.example"},
    }
    assert ticket_body(fields, custom_in=wire.IN_TAGS, comments=[comment, nobody]) == {
        "onna_parent_id": "fd1",
        "ref": "ours/is/this",
        "url": "https://help.example/tickets/7/",
        "name": "Printer jams",
        "description": "Tray *2*",
        "type": "Bug",
        "category": "Bug",
        "status": "in progress",
        "priority": "P1",
        "author": "cy@x.example",
        "requester": "ann-there",
        "assignees": ["Bo"],
        "tags": ["vip", "custom:Region of it=EU North"],
        "creation_date": "2025-12-31T23:00:00.000000+00:00",
        "update_date": "2025-12-31T23:00:00.500000+00:00",
        "comments": [
            {
                "author": "bo@x.example",
                "creation_date": "2026-01-01T07:30:00.000000+00:00",
                "text": "Did you try?",
            },
            {
                "author": "helpdesk",
                "creation_date": "2026-01-02T00:00:00.000000+00:00",
                "text": "Yes",
            },
        ],
    }


def test_custom_fields_at_the_end_of_a_description_are_no_part_of_it():
    fields = {"title": "A", "body": "Words", "custom_words": {"Region": "EU", "Empty": ""}}
    body = ticket_body(fields, custom_in=wire.IN_DESCRIPTION)
    assert body["description"] == "Words\n\n[Custom fields]\nRegion: EU"
    read = wire.read_ticket({"onna_id": "1", **body}, {}, custom_in=wire.IN_DESCRIPTION)
    assert (read.fields["body"], read.fields["custom_words"]) == ("Words", {"Region": "EU"})
    assert "custom_words" not in wire.read_ticket({"onna_id": "1", **body}, {}).fields


def test_a_description_that_imitates_custom_fields_stays_whole():
    said = "Words\n\n[Custom fields]\nVIP: yes"
    body = ticket_body({"title": "A", "body": said}, custom_in=wire.IN_DESCRIPTION)
    read = wire.read_ticket({"onna_id": "1", **body}, {}, custom_in=wire.IN_DESCRIPTION)
    assert (read.fields["body"], read.fields["custom_words"]) == (said, {})


def test_too_many_tags_or_comments_are_refused_in_words():
    with pytest.raises(values.WireError, match="tags: at most 1000"):
        ticket_body({"title": "A", "tags": [str(number) for number in range(1001)]})
    many = [NewComment(body="x", public=True)] * 5001
    with pytest.raises(values.WireError, match="comments: at most 5000"):
        ticket_body({"title": "A"}, comments=many)


@pytest.mark.parametrize(
    ("said", "ours"),
    [("In Progress", "started"), (" DONE ", "resolved"), ("archived", "closed"), ("?", None)],
)
def test_free_words_are_read_by_the_table(said, ours):
    read = wire.read_ticket({"onna_id": "1", "status": said}, {})
    assert read.fields.get("status") == ours and read.theirs["status"] == said


@pytest.mark.parametrize("item", [None, [], {}, {"onna_id": ""}, "x"])
def test_what_has_no_id_is_no_ticket(item):
    with pytest.raises(values.WireError):
        wire.read_ticket(item, {})


@given(
    st.dictionaries(
        st.sampled_from([*wire.TRAVELS, "onna_id", "name", "assignees", "url"]),
        st.none() | st.integers() | TEXTS | st.lists(st.none() | TEXTS),
    )
)
def test_no_answer_breaks_the_reader(item):
    wire.read_ticket({**item, "onna_id": "1"}, MAPS, custom_in=wire.IN_TAGS)


# Moments, ids, texts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2022/07/26 12:33:39", "2022-07-26T12:33:39.000000+00:00"),
        ("2022/7/6 12:33:39", "2022-07-06T12:33:39.000000+00:00"),
        ("2022-07-22T03:39:07.000000+00:00", "2022-07-22T03:39:07.000000+00:00"),
        ("2022-07-22T03:39:07Z", "2022-07-22T03:39:07.000000+00:00"),
        ("2022-07-22T03:39:07+02:00", "2022-07-22T01:39:07.000000+00:00"),
        ("2022-07-22", "2022-07-22T00:00:00.000000+00:00"),
    ],
)
def test_moments_in_both_spellings(text, iso):
    assert values.write_moment(values.read_moment(text)) == iso


@pytest.mark.parametrize(
    "text", ["", "soon", "2022-13-01", "2022/07", 7, None, "0001-01-01T00:00:00+10:00", "٢٠٢٢"]
)
def test_what_is_no_moment(text):
    assert values.read_moment(text) is None


@given(
    st.datetimes(
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=5))]),
        min_value=datetime(1970, 1, 1),
        max_value=datetime(2100, 1, 1),
    )
)
def test_moments_come_back(moment):
    assert values.read_moment(values.write_moment(moment)) == moment


@given(st.uuids())
def test_an_id_has_32_characters_and_means_its_ticket(identity):
    written = values.write_id(values.TICKET, identity)
    assert len(written) == 32 and written.startswith("tk")
    assert identity in values.read_id(written, values.TICKET)
    assert not values.read_id(written, values.FILE)


@pytest.mark.parametrize("text", ["", "tk", "tk" + "g" * 30, "TK" + "0" * 30, "tk" + "0" * 31])
def test_what_is_no_id(text):
    assert not values.read_id(text, values.TICKET)


# Envelopes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (envelopes.write_errors(404, "No such folder."), "No such folder."),
        (
            envelopes.write_framework("field required", ["body", "name"], "missing"),
            "name: field required",
        ),
        ({"status": "422", "code": "XX422_unprocessable_entity"}, "XX422_unprocessable_entity"),
        ({"errors": [{"detail": "bad", "source": {"pointer": "/ref"}}]}, "/ref: bad"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"errors": "x"}, "x"),
        ({}, ""),
        ([], ""),
        ({"errors": [None, 7]}, ""),
    ],
)
def test_errors_of_both_forms_are_explained(body, words):
    assert envelopes.error_text(body) == words


def test_an_error_has_the_members_of_the_reference():
    [error] = envelopes.write_errors(422, "name: a text is required.")["errors"]
    assert (error["status"], error["code"]) == ("422", "XX422_unprocessable_entity")
    assert {"id", "title", "detail", "source", "links"} <= set(error)
    assert envelopes.write_errors(401, "x")["errors"][0]["code"] == "XX401_unauthorized"
    assert envelopes.write_errors(405, "x")["errors"][0]["code"] == "XX405_method_not_allowed"
    assert envelopes.write_errors(500, "x")["errors"][0]["code"] == "XX500_internal_server_error"


def test_pages_are_read_in_the_old_spelling_too():
    body = {"items": [{"@uid": "w1", "title": "One"}, {"onna_id": "w2", "name": "Two"}, None]}
    assert envelopes.read_page(body) == ([("w1", "One"), ("w2", "Two")], "")
    written = envelopes.write_page([{"onna_id": "w2", "name": "Two"}], "next")
    assert envelopes.read_page(written) == ([("w2", "Two")], "next")
    assert "cursor" not in envelopes.write_page([])


# Uploads -----------------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from(["name", "ref", "x"]), TEXTS))
def test_the_metadata_of_an_upload_comes_back(said):
    read = tus.read_metadata(tus.write_metadata(said))
    assert read == {key: text.encode("utf-8", "replace").decode() for key, text in said.items()}


@pytest.mark.parametrize("header", ["name ***", "x" * 5000, "name YQ="])
def test_wrong_metadata_is_refused(header):
    with pytest.raises(values.WireError):
        tus.read_metadata(header)


@pytest.mark.parametrize("text", ["", "-1", "1e3", "٣", "9" * 30, "x"])
def test_wrong_sizes_are_refused(text):
    with pytest.raises(values.WireError):
        tus.read_size({"Upload-Length": text}, "Upload-Length")
