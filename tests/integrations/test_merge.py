"""What two copies of a ticket become, as a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.merge import applied, changed, merge, same, with_whole_sets

ANN = {"id": "1", "name": "Ann", "email": "ann@example.org"}
ANN_AGAIN = {"id": "", "name": "Ann B.", "email": "Ann@example.org"}


@pytest.mark.parametrize(
    ("now", "agreed", "difference"),
    [
        ({"title": "a"}, {"title": "a"}, {}),
        ({"title": "b"}, {"title": "a"}, {"title": "b"}),
        ({"title": "b"}, {}, {"title": "b"}),
        ({"body": ""}, {}, {}),
        ({"body": None}, {"body": ""}, {}),
        ({}, {"title": "a"}, {}),
        ({"assignee": None}, {"assignee": ANN}, {"assignee": None}),
        ({"assignee": ANN_AGAIN}, {"assignee": ANN}, {}),
        ({"tags": ["b", "a"]}, {"tags": ["a", "b"]}, {}),
        ({"tags": ["a", "c"]}, {"tags": ["a", "b"]}, {"tags": {"added": ["c"], "removed": ["b"]}}),
        ({"tags": []}, {"tags": ["a"]}, {"tags": {"added": [], "removed": ["a"]}}),
        ({"assignees": [ANN]}, {"assignees": [ANN_AGAIN]}, {}),
        ({"custom": {"a": 1}}, {"custom": {"a": 1}}, {}),
        ({"custom": {"a": 2, "b": 3}}, {"custom": {"a": 1, "b": 3}}, {"custom": {"a": 2}}),
        ({"custom": {}}, {"custom": {"a": 1}}, {"custom": {"a": None}}),
        ({"custom": {"a": ["x", "y"]}}, {"custom": {"a": ["y", "x"]}}, {}),
        ({"custom": {"a": False}}, {"custom": {}}, {"custom": {"a": False}}),
        ({"custom": {"a": True}}, {"custom": {"a": 1}}, {"custom": {"a": True}}),
    ],
)
def test_a_side_changed_what_differs_from_its_own_half(now, agreed, difference):
    assert changed(now, agreed) == difference


AGREED = {"title": "Old", "status": "open", "priority": "low", "tags": ["a"], "custom": {"k": 1}}


@pytest.mark.parametrize(
    ("ours", "theirs", "here", "there"),
    [
        ({}, {}, {}, {}),
        ({"title": "New"}, {}, {}, {"title": "New"}),
        ({}, {"title": "New"}, {"title": "New"}, {}),
        ({"title": "New"}, {"priority": "high"}, {"priority": "high"}, {"title": "New"}),
        ({"title": "Same"}, {"title": "Same"}, {}, {}),
        (
            {"tags": ["a", "b"]},
            {"tags": ["c"]},
            {"tags": {"added": ["c"], "removed": ["a"]}},
            {"tags": {"added": ["b"], "removed": []}},
        ),
        ({"tags": ["a", "b"]}, {"tags": ["a", "b"]}, {}, {}),
        ({"tags": []}, {"tags": []}, {}, {}),
        (
            {"custom": {"k": 2}},
            {"custom": {"k": 1, "n": 5}},
            {"custom": {"n": 5}},
            {"custom": {"k": 2}},
        ),
        ({"custom": {}}, {}, {}, {"custom": {"k": None}}),
        ({}, {"custom": {}}, {"custom": {"k": None}}, {}),
    ],
)
def test_different_fields_merge_without_a_conflict(ours, theirs, here, there):
    merged = merge(
        ours=AGREED | ours,
        agreed_ours=AGREED,
        theirs=AGREED | theirs,
        agreed_theirs=AGREED,
        winner="ask",
    )

    assert (merged.here, merged.there, merged.conflicts) == (here, there, [])


@pytest.mark.parametrize(
    ("winner", "here", "there"),
    [
        ("ours", {}, {"title": "Ours"}),
        ("theirs", {"title": "Theirs"}, {}),
        ("ask", {}, {}),
        (lambda name: "theirs" if name == "title" else "ask", {"title": "Theirs"}, {}),
    ],
)
def test_the_same_field_goes_to_the_winner_and_the_loser_is_told(winner, here, there):
    merged = merge(
        ours=AGREED | {"title": "Ours"},
        agreed_ours=AGREED,
        theirs=AGREED | {"title": "Theirs"},
        agreed_theirs=AGREED,
        winner=winner,
    )

    assert (merged.here, merged.there) == (here, there)
    (conflict,) = merged.conflicts
    assert (conflict.ours, conflict.theirs, conflict.agreed) == ("Ours", "Theirs", "Old")


def test_a_conflict_in_a_custom_field_bears_its_key():
    merged = merge(
        ours={"custom": {"k": 2, "n": 1}},
        agreed_ours={"custom": {"k": 1}},
        theirs={"custom": {"k": 3}},
        agreed_theirs={"custom": {"k": 1}},
        winner="theirs",
    )

    assert merged.here == {"custom": {"k": 3}}
    assert merged.there == {"custom": {"n": 1}}
    assert [conflict.field for conflict in merged.conflicts] == ["custom.k"]


def test_what_the_service_rounds_comes_back_as_nothing():
    merged = merge(
        ours={"status": "waiting"},
        agreed_ours={"status": "waiting"},
        theirs={"status": "Started"},
        agreed_theirs={"status": "Started"},
        theirs_read={"status": "started"},
        winner="theirs",
    )

    assert not merged


def test_what_the_service_shows_already_is_not_sent():
    merged = merge(
        ours={"status": "waiting"},
        agreed_ours={"status": "started"},
        theirs={"status": "Started"},
        agreed_theirs={"status": "Started"},
        theirs_read={"status": "started"},
        ours_written={"status": "Started"},
        winner="ask",
    )

    assert not merged


def test_waiting_here_and_started_there_meanwhile_is_no_conflict():
    merged = merge(
        ours={"status": "waiting"},
        agreed_ours={"status": "open"},
        theirs={"status": "Started"},
        agreed_theirs={"status": "Open"},
        theirs_read={"status": "started"},
        ours_written={"status": "Started"},
        winner="ask",
    )

    assert not merged


def test_a_change_of_theirs_is_applied_in_our_words():
    merged = merge(
        ours={"status": "waiting", "custom": {"k": "our-option"}},
        agreed_ours={"status": "waiting", "custom": {"k": "our-option"}},
        theirs={"status": "Resolved", "custom": {"k": ["their-other"]}},
        agreed_theirs={"status": "Started", "custom": {"k": ["their-option"]}},
        theirs_read={"status": "resolved", "custom": {"k": "our-other"}},
        winner="ask",
    )

    assert merged.here == {"status": "resolved", "custom": {"k": "our-other"}}
    assert not merged.there


def test_a_change_that_has_no_word_of_ours_is_left_alone():
    merged = merge(
        ours={"priority": "low"},
        agreed_ours={"priority": "low"},
        theirs={"priority": "Blocker"},
        agreed_theirs={"priority": "Low"},
        theirs_read={},
        winner="theirs",
    )

    assert not merged


def test_a_tag_that_the_service_dropped_is_not_taken_away_here():
    merged = merge(
        ours={"tags": ["a", "b", "c"]},
        agreed_ours={"tags": ["a", "b"]},
        theirs={"tags": ["a"]},
        agreed_theirs={"tags": ["a"]},
        winner="theirs",
    )

    assert merged.here == {}
    assert merged.there == {"tags": {"added": ["c"], "removed": []}}


def test_sets_become_whole_lists_for_the_side_they_are_applied_to():
    difference = {"tags": {"added": ["c"], "removed": ["a"]}, "title": "New"}

    whole = with_whole_sets(difference, {"tags": ["a", "b"]})

    assert whole == {"tags": ["b", "c"], "title": "New"}


def test_applying_a_difference_gives_the_new_ticket():
    now = {"title": "Old", "tags": ["a"], "custom": {"k": 1, "n": 2}}
    difference = {"custom": {"k": None, "m": 3}, "tags": {"added": ["b"], "removed": []}}

    assert applied(difference, now) == {
        "title": "Old",
        "tags": ["a", "b"],
        "custom": {"n": 2, "m": 3},
    }


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (None, "", True),
        (None, False, False),
        (0, None, False),
        (1, True, False),
        (1, 1.0, True),
        (ANN, ANN_AGAIN, True),
        (ANN, None, False),
        ({"name": "Bo"}, {"name": "Bo", "email": ""}, True),
        (["a"], ["a", "b"], False),
    ],
)
def test_two_values_are_the_same_if_they_mean_the_same(one, other, expected):
    assert same(one, other) is expected


values = st.sampled_from(["", "a", "b", "c"])
copies = st.fixed_dictionaries(
    {
        "title": values,
        "tags": st.lists(st.sampled_from("abc"), unique=True),
        "custom": st.dictionaries(st.sampled_from("kmn"), st.sampled_from([1, 2, False])),
    }
)


@given(copies, copies, copies, st.sampled_from(["ours", "theirs"]))
def test_two_copies_are_equal_after_what_was_merged_is_applied(ours, theirs, agreed, winner):
    merged = merge(
        ours=ours, agreed_ours=agreed, theirs=theirs, agreed_theirs=agreed, winner=winner
    )

    here, there = applied(merged.here, ours), applied(merged.there, theirs)

    assert changed(here, there) == changed(there, here) == {}
    again = merge(ours=here, agreed_ours=here, theirs=there, agreed_theirs=there, winner="ask")
    assert not again
