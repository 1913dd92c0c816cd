"""The TeamsWork wire: tables that are total, translations that are stable."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.connector import (
    PRIORITIES,
    RESOLUTIONS,
    STATUSES,
    ConnectorError,
    Instance,
    NewAttachment,
    NewComment,
    RemoteAttachment,
    RemoteComment,
    RemoteField,
    RemoteOption,
    RemotePerson,
    RemoteTag,
    RemoteTicket,
)
from integrations.mapping import OurField, propose_maps
from integrations.services.teamswork import comments, envelopes, instance, values, wire
from integrations.services.teamswork.values import WireError
from tests.integrations.teamswork.conftest import MAPS

ANN = {"id": "id-ann", "name": "Ann", "email": "ann@example.org"}
USER = {"id": "x", "name": "Jason", "email": "john@example.org"}

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40)
words = texts.map(str.strip).filter(bool)
people = st.builds(
    lambda name, number: {
        "id": f"id-{number}",
        "name": name,
        "email": f"p{number}@example.org",
    },
    words,
    st.integers(1, 99),
)
customs = st.fixed_dictionaries(
    {},
    optional={
        "text": words,
        "long": words,
        "number": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        "url": st.just("https://example.org/?a=b, c"),
        "date": st.dates().map(date.isoformat),
        "toggle": st.booleans(),
        "choice": st.sampled_from(["red", "blue"]),
        "choices": st.lists(st.sampled_from("sml"), min_size=1, unique=True),
        "people": st.lists(people, min_size=1, max_size=3),
        "email": st.emails(),
    },
)
tickets = st.fixed_dictionaries(
    {
        "title": texts,
        "body": texts,
        "body_format": st.just("plain"),
        "status": st.sampled_from(["open", "started", "resolved", "closed"]),
        "resolution": st.sampled_from(["", *RESOLUTIONS]),
        "resolution_comment": texts,
        "priority": st.sampled_from(PRIORITIES),
        "requester": st.none() | people,
        "assignee": st.none() | people,
        "tags": st.lists(words, unique=True, max_size=3),
        "due_at": st.none()
        | st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(
            lambda day: f"{day.isoformat()}T00:00:00+00:00"
        ),
        "custom": customs,
    }
)


def shown(fields, **options) -> dict:
    """A ticket as a server would answer it."""
    ticket = RemoteTicket(id="uuid", number="42", fields=fields, **options)
    return wire.write_ticket(ticket, MAPS)


@given(tickets)
def test_a_ticket_that_is_shown_and_read_is_the_same_ticket(fields):
    read = wire.read_ticket(shown(fields), MAPS)

    assert read.fields == fields
    assert wire.read_ticket(shown(read.fields), MAPS) == read


@given(tickets)
def test_what_is_written_is_what_a_read_would_show(fields):
    read = wire.read_ticket(shown(fields), MAPS)

    written = wire.write_theirs(fields, MAPS)

    assert {name: written[name] or None for name in written} == {
        name: value or None for name, value in read.theirs.items()
    }


@given(tickets)
def test_a_body_that_is_written_and_read_sets_the_same_fields(fields):
    body = {"ticket": wire.write_ticket_body(fields, MAPS)}

    read = wire.read_ticket_body(body, MAPS)

    carried = {name: value for name, value in fields.items() if name in read}
    assert read | {"custom": read.get("custom", {})} == carried | {"custom": fields["custom"]}
    assert fields.keys() - read.keys() <= {
        "status",
        "resolution",
        "resolution_comment",
        "custom",
    }


def test_every_word_of_ours_has_one_of_theirs():
    assert set(values.STATUS_SHOWN) == set(values.STATUS_ASKED) == set(STATUSES)
    assert set(values.PRIORITY_WRITTEN) == set(PRIORITIES)
    assert set(values.RESOLUTION_WRITTEN) == {"", *RESOLUTIONS}
    assert {values.folded(word) for word in values.STATUS_ASKED.values()} <= set(values.STATUS_READ)
    assert set(values.STATUS_READ.values()) <= set(STATUSES)
    assert set(values.TYPE_OF_KIND.values()) == set(values.KINDS_OF_TYPE) - set()
    assert all(kind in values.KINDS_OF_TYPE[of] for kind, of in values.TYPE_OF_KIND.items())


@pytest.mark.parametrize(
    ("word", "now", "status"),
    [
        ("Open", "", "open"),
        ("Reopened", "", "open"),
        ("Started", "", "started"),
        ("In Progress", "", "started"),
        ("InProgress", "", "started"),
        (" Closed", "", "closed"),
        ("resolved", "", "resolved"),
        ("Started", "waiting", "waiting"),
        ("In Progress", "waiting", "waiting"),
        ("Open", "new", "new"),
        ("Started", "open", "started"),
        ("Reopened", "waiting", "open"),
        ("Reopened", "closed", "open"),
        ("On the moon", "", None),
    ],
)
def test_a_status_is_read_whatever_its_spelling_and_a_richer_one_of_ours_stays(word, now, status):
    assert values.read_status(word, now=now) == status


def test_a_state_of_their_own_workflow_is_read_by_what_they_say_of_it():
    item = {"id": "1", "resolvedStatus": ["Done and dusted"]}

    assert wire.read_ticket(item | {"status": "Done and Dusted"}, {}).fields["status"] == "resolved"
    assert wire.read_ticket(item | {"status": "With vendor"}, {}).fields["status"] == "started"
    maps = {"status": {"with vendor": "waiting"}}
    assert wire.read_ticket(item | {"status": "With vendor"}, maps).fields["status"] == "waiting"


def test_what_an_answer_does_not_say_is_in_neither_half():
    read = wire.read_ticket({"id": 7, "title": "Only this", "priority": "Blocker"}, MAPS)

    assert (read.id, read.fields, read.theirs) == (
        "7",
        {"title": "Only this"},
        {"title": "Only this", "priority": "Blocker"},  # no word of ours, but it was said
    )


def test_what_a_person_mapped_goes_before_the_tables():
    maps = {
        "status": {"Triage": "waiting"},
        "status_out": {"waiting": "Triage"},
        "priority": {"Blocker": "urgent"},
        "priority_out": {"urgent": "Blocker"},
    }
    sent = wire.write_theirs({"status": "waiting", "priority": "urgent"}, maps)
    assert sent == {"status": "Triage", "priority": "Blocker"}
    assert wire.read_theirs(sent, maps) == {"status": "waiting", "priority": "urgent"}
    assert wire.write_ticket_body({"priority": "urgent"}, maps) == {"priority": "Blocker"}
    assert wire.write_status_body({"status": "waiting"}, maps)["status"] == "Triage"
    read = wire.read_ticket({"id": 7, "status": "triage", "priority": "blocker"}, maps)
    assert (read.fields["status"], read.fields["priority"]) == ("waiting", "urgent")


@pytest.mark.parametrize("item", [None, [], "x", {}, {"id": None}, {"title": "no id"}])
def test_a_ticket_without_an_id_is_refused(item):
    with pytest.raises(WireError):
        wire.read_ticket(item, MAPS)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "name", "text", "email", "key", "g-choice", "g-people"]),
                inner,
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(
        ["customFields", "tags", "assignee", "expectedDate", "status", "resolution", "title"]
    ),
)
def test_no_value_of_theirs_breaks_the_reading(value, member):
    wire.read_ticket({"id": "1", member: value}, MAPS)
    comments.read_activity({"id": "1", "comment": value, "changes": value, "attachments": value})
    instance.read_instance({"customFields": value, "assignees": value}, value)


def test_our_reference_comes_back_out_of_the_tracking_id():
    fields = wire.read_ticket(shown(EMPTY), MAPS).fields

    assert wire.read_ticket(shown(fields, reference="one/7/abc"), MAPS).reference == "one/7/abc"
    assert wire.read_ticket(shown(fields), MAPS).reference == ""


EMPTY = {"title": "", "body": "", "status": "open", "priority": "normal"}


def test_a_shown_ticket_has_every_member_that_clients_expect():
    times = {"created_at": datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)}

    item = shown(EMPTY, extra={"is_reopened": True}, **times)

    assert item["status"] == "Reopened" and item["ticketNo"] == 42 and item["ticketId"] == "42"
    assert item["createdOn"] == "2026-01-02T03:04:05.678Z"
    assert item["assignee"] is None and item["tags"] == [] and item["customFields"] == {}
    assert {"workflow", "resolvedStatus", "trackingId", "origin", "isCustomWorkflow"} <= set(item)
    targets = {step["targetId"] for state in item["workflow"] for step in state["nextSteps"]}
    assert targets <= {state["id"] for state in item["workflow"]}


@pytest.mark.parametrize(
    ("value", "timezone", "day"),
    [
        ("2026-04-01", 7, "2026-04-01"),
        ("2026-04-01T17:00:00Z", 0, "2026-04-01"),
        ("2026-04-01T17:00:00Z", 7, "2026-04-02"),
        ("2026-04-01T00:00:00+00:00", -5, "2026-03-31"),
        ("2023-07-26T17:00:00.1234567Z", 0, "2023-07-26"),
        ("no date", 0, None),
        ("", 0, None),
        (None, 0, None),
        ("0001-01-01T00:00:00+00:00", -5, None),
    ],
)
def test_a_due_time_travels_as_the_day_on_which_it_falls(value, timezone, day):
    assert values.write_day(value, timezone) == day


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-12, 14))
def test_a_day_is_midnight_in_the_callers_offset_and_comes_back(day, timezone):
    due = values.read_due(day.isoformat(), timezone)

    assert values.write_day(due, timezone) == day.isoformat()


@pytest.mark.parametrize(
    ("person", "written"),
    [
        (ANN | {"id": ""}, ANN),
        (
            {"id": "", "name": "", "email": "bo@example.org"},
            {"id": "bo@example.org", "name": "bo@example.org", "email": "bo@example.org"},
        ),
        ({"id": "", "name": "Bo", "email": ""}, {"id": "x", "name": "Bo", "email": USER["email"]}),
        (None, USER),
        ({"id": "", "name": "", "email": ""}, USER),
    ],
)
def test_a_written_person_has_id_name_and_email(person, written):
    people = MAPS["people"] | {USER["email"]: "x"}

    assert values.write_person(person, people=people, otherwise=USER) == written


def test_tags_are_written_with_their_category_and_read_in_both_shapes(maps):
    written = values.write_tags(["VIP", "new"], maps)

    assert written == [
        {"tagCategoryId": "cat-1", "text": "VIP"},
        {"tagCategoryId": "cat-9", "text": "new"},
    ]
    assert values.read_tags(written) == values.read_tags(["VIP", "new", " VIP "]) == ["VIP", "new"]
    assert values.write_tags(["a"], {}) == [{"text": "a"}]


@pytest.mark.parametrize("key", ["text", "1_text", {"key": "1_text"}, {"key": "TEXT", "data": 1}])
def test_a_field_type_is_read_with_and_without_its_number(key):
    assert values.read_type(key) == "text"


def test_a_cleared_custom_field_is_written_as_null(maps):
    body = wire.write_ticket_body({"custom": {"choice": None, "unmapped": 1}}, maps)

    assert body == {"customFields": {"g-choice": None}}


@pytest.mark.parametrize("spelling", ["ticket", "updates"])
def test_both_spellings_of_an_update_are_understood(spelling, maps):
    read = wire.read_ticket_body({spelling: {"title": "New"}, "user": USER}, maps)

    assert read == {"title": "New"}


def test_html_is_taken_only_without_plain_text(maps):
    both = {"description": "plain", "description_HTML": "<b>x</b>"}

    assert wire.read_ticket_body({"ticket": both}, maps)["body_format"] == "plain"
    read = wire.read_ticket_body({"ticket": {"description_HTML": "<b>x</b>"}}, maps)
    assert read == {"body": "<b>x</b>", "body_format": "html"}


@pytest.mark.parametrize(
    ("body", "member"),
    [
        (None, "ticket"),
        ({"ticket": []}, "ticket"),
        ({"ticket": {"title": 7}}, "title"),
        ({"ticket": {"priority": "Blocker"}}, "priority"),
        ({"ticket": {"priority": ["Low"]}}, "priority"),
        ({"ticket": {"requestor": "Bo"}}, "requestor"),
        ({"ticket": {"expectedDate": "soon"}}, "expectedDate"),
        ({"ticket": {"expectedDate": 7}}, "expectedDate"),
        ({"ticket": {"tags": "a,b"}}, "tags"),
        ({"ticket": {"customFields": []}}, "customFields"),
        ({"ticket": {"customFields": {"unknown": 1}}}, "unknown"),
    ],
)
def test_a_body_that_cannot_be_understood_is_refused_by_the_name_of_the_member(body, member, maps):
    with pytest.raises(WireError, match=member):
        wire.read_ticket_body(body, maps)


@pytest.mark.parametrize(
    ("whole", "body"),
    [
        ({"status": "open"}, {"status": "Reopened"}),
        ({"status": "waiting", "resolution": "fixed"}, {"status": "Started"}),
        ({"status": "resolved"}, {"status": "Resolved", "resolution": "fixed"}),
        ({"status": "closed"}, {"status": "Closed"}),
        (
            {"status": "closed", "resolution": "cannot_resolve", "resolution_comment": "Sorry"},
            {"status": "Closed", "resolution": "cannotResolve", "comment": "Sorry"},
        ),
    ],
)
def test_a_status_is_written_with_its_resolution(whole, body):
    assert wire.write_status_body(whole, {}) == body


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"status": " Closed"}, {"status": "closed"}),
        (
            {"status": "Resolved", "resolution": "cannotResolve", "comment": "No"},
            {"status": "resolved", "resolution": "cannot_resolve", "resolution_comment": "No"},
        ),
        ({"status": "Reopened", "comment": "Again"}, {"status": "open", "comment": "Again"}),
    ],
)
def test_a_status_body_is_read(body, fields):
    assert wire.read_status_body(body) == fields


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "status"),
        ({"status": "Gone"}, "status"),
        ({"status": "Resolved", "resolution": "magic"}, "resolution"),
        ({"status": "Started", "resolution": "fixed"}, "resolution"),
        ({"status": "Started", "comment": 7}, "comment"),
    ],
)
def test_a_wrong_status_body_is_refused(body, member):
    with pytest.raises(WireError, match=member):
        wire.read_status_body(body)


def test_a_comment_shown_among_the_activities_is_read_as_it_was():
    comment = RemoteComment(
        id="c1",
        body="Hello <you>",
        author=RemotePerson("id-ann", "Ann", "ann@example.org"),
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        attachments=(RemoteAttachment(id="f1", name="a.PNG", url="https://x/y", is_link=True),),
    )

    activity = comments.write_activity(comment, "uuid")

    assert activity["comment_HTML"] == "Hello &lt;you&gt;" and activity["changes"] == []
    assert activity["attachments"][0]["isImage"]
    assert comments.read_activity(activity) == comment
    assert comments.write_comment(comment, "uuid", "42")["activityId"] == "c1"


@pytest.mark.parametrize(
    "activity",
    [
        None,
        {"id": "1", "comment": ""},
        {"id": "1", "comment": None, "changes": [{"name": "priority", "newValue": "Low"}]},
        {
            "id": "1",
            "comment": "Done!",
            "changes": [{"name": "Status", "oldValue": "Open", "newValue": "Resolved"}],
        },
    ],
)
def test_activities_that_are_no_comments_are_left_out(activity):
    assert comments.read_activity(activity) is None


def test_a_private_activity_is_a_note():
    read = comments.read_activity({"id": "1", "comment": "psst", "isPrivate": True})

    assert not read.public


def test_a_private_note_cannot_be_written():
    with pytest.raises(WireError):
        comments.write_comment_body(NewComment(body="psst", public=False))


@pytest.mark.parametrize(
    ("body", "public", "form"),
    [
        ({"comment": "a", "user": USER}, True, "plain"),
        ({"comment_HTML": "<b>a</b>", "user": USER}, True, "html"),
        ({"comment": "a", "comment_HTML": "<b>a</b>", "user": USER}, True, "plain"),
        ({"comment": "a", "isPrivate": True, "user": USER}, False, "plain"),
        ({"comment": "a", "isPrivate": "true", "user": '{"email": "a@b.c"}'}, False, "plain"),
        ({"comment": "a", "isPrivate": "false", "user": USER}, True, "plain"),
    ],
)
def test_a_comment_body_is_read(body, public, form):
    read = comments.read_comment_body(body)

    assert (read.public, read.format) == (public, form)


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"user": USER},
        {"comment": " ", "user": USER},
        {"comment": 7, "user": USER},
        {"comment": "a"},
        {"comment": "a", "user": "no json"},
        {"comment": "a", "user": USER, "isPrivate": "perhaps"},
    ],
)
def test_a_wrong_comment_body_is_refused(body):
    with pytest.raises(WireError):
        comments.read_comment_body(body)


def test_file_parts_have_quoted_names_that_cannot_break_out():
    file = NewAttachment(name='a"\r\nX: y.txt', content=b"\x00\xff", content_type="text/plain\r\n")

    body, content_type = comments.write_files_body([file], USER)

    assert content_type.startswith("multipart/form-data; boundary=")
    assert b'name="files"; filename="a%22%0D%0AX: y.txt"\r\n' in body
    assert b'name="user"\r\n' in body and b"application/octet-stream\r\n\r\n\x00\xff\r\n" in body


@pytest.mark.parametrize("source", [None, "", "javascript:alert(1)", "https:///", 7])
def test_links_that_lead_nowhere_are_refused(source):
    with pytest.raises(WireError):
        comments.read_links_body({"attachments": [{"src": source, "caption": "x"}]})


def test_an_instance_that_is_shown_and_read_offers_the_same():
    offered = Instance(
        id="i1",
        name="Support",
        people=(RemotePerson("id-ann", "Ann", "ann@example.org"),),
        fields=(
            RemoteField(
                id="g1",
                title="Colour",
                type="list",
                options=(RemoteOption(key="o-1", text="Red"),),
                kinds=("choice", "choices"),
            ),
            RemoteField(id="g2", title="Day", type="date", required=True, kinds=("date",)),
        ),
        tags=(RemoteTag(text="vip", category_id="c1", category="Kind"),),
    )

    categories = instance.write_categories(offered.tags, "i1")

    read = instance.read_instance(instance.write_instance(offered), categories)
    assert replace(read, statuses=(), priorities=()) == offered
    assert [option.key for option in read.priorities] == ["Low", "Medium", "Important", "Urgent"]
    assert "Reopened" in {option.key for option in read.statuses}


def test_the_states_of_an_instances_own_workflow_are_those_to_map():
    item = {"id": "i1", "workflows": [{"id": "w", "steps": [{"label": "Triage"}, {"label": " "}]}]}
    assert [option.text for option in instance.read_instance(item).statuses] == ["Triage"]


def test_hidden_deleted_and_repeated_things_are_not_offered():
    field = {"id": "g1", "title": "A", "type": "text", "status": "visible"}
    item = {
        "customFields": [field, field | {"id": "g2", "status": "hidden"}],
        "customFieldsLeft": [field],
        "optionalFieldsLeft": [field | {"id": "built-in"}],
    }
    tags = [
        {"id": "c1", "text": "A", "tags": [{"text": "x"}, {"text": "y", "deleted": True}]},
        {"id": "c2", "deleted": True, "tags": [{"text": "z"}]},
    ]

    offered = instance.read_instance(item, tags)

    assert [field.id for field in offered.fields] == ["g1"]
    assert [tag.text for tag in offered.tags] == ["x"]


def test_fields_of_the_same_name_and_fitting_kind_are_proposed_for_each_other():
    theirs = Instance(
        fields=(
            RemoteField(
                id="g1",
                title="Colour ",
                type="list",
                kinds=("choice", "choices"),
                options=(RemoteOption(key="o-1", text="Red"),),
            ),
            RemoteField(id="g2", title="Region", type="date", kinds=("date",)),
        ),
        tags=(RemoteTag(text="vip", category_id="c1"),),
    )
    ours = [
        OurField(key="colour", label="colour", kind="choice", options={"u1": "red", "u2": "Blue"}),
        OurField(key="region", label="Region", kind="text"),
    ]

    maps = propose_maps(theirs, ours)

    assert set(maps["custom"]) == {"colour"}
    assert maps["custom"]["colour"]["options"] == {"u1": "o-1"}
    assert maps["tags"] == {"vip": "c1"} and maps["tag_category"] == "c1"


def test_envelopes_are_read_as_they_are_written():
    assert envelopes.read_item(envelopes.write_item({"id": 1})) == {"id": 1}
    page = envelopes.write_items([1], total=9, continuation_token="t")
    assert page["itemCount"] == 9 and envelopes.read_items(page) == ([1], "t")
    assert "continuationToken" not in envelopes.write_items([])


@pytest.mark.parametrize(
    ("body", "permanent", "maybe_done"),
    [
        ({"error": True, "message": "invalid definition"}, True, True),
        ({"error": True, "statusCode": 500}, False, True),
        ({"error": True, "statusCode": 429}, False, False),
        ({"error": "yes"}, True, True),
        ({"error": False}, False, True),
        ({"item": None}, False, True),
        ([], False, True),
        (None, False, True),
    ],
)
def test_a_success_that_hides_a_failure_leaves_open_whether_it_was_done(
    body, permanent, maybe_done
):
    with pytest.raises(ConnectorError) as caught:
        envelopes.read_item(body, maybe_done=True)

    assert (caught.value.permanent, caught.value.maybe_done) == (permanent, maybe_done)
