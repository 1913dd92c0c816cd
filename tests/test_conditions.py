"""The engine of conditions: rules and values in, standings out."""

import pytest

from helpdesk.conditions import Rule, Trial, circle_in, standings, words_of

FIELDS = [("region", False, False), ("vat", False, False), ("depth", True, False)]


def trial(field: str, word: str = "is", *values: str) -> Trial:
    return Trial(field, word, frozenset(values))


def standing(key: str, rules: list[Rule], **values):
    held = {name.replace("__", "."): value for name, value in values.items()}
    return standings(FIELDS, rules, held)[key]


def test_a_field_without_rules_is_shown_and_asked_for_as_it_says():
    assert standing("region", []).shown and not standing("region", []).required
    assert standing("depth", []).required and standing("depth", []).required_to_resolve


def test_a_field_is_shown_when_one_of_its_showing_rules_holds():
    rules = [
        Rule("vat", "show", (trial("custom.region", "is", "eu"),)),
        Rule("vat", "show", (trial("priority", "is", "urgent"),)),
    ]
    assert not standing("vat", rules).shown
    assert standing("vat", rules, custom__region="eu").shown
    assert standing("vat", rules, priority="urgent").shown


@pytest.mark.parametrize(
    ("test", "value", "holds"),
    [
        (trial("type", "is", "3", "4"), 4, True),
        (trial("type", "is", "3"), None, False),
        (trial("type", "is_not", "3"), 4, True),
        (trial("type", "is_not", "3"), None, True),
        (trial("tags", "is", "7"), [5, 7], True),
        (trial("custom.a", "is_set"), False, True),
        (trial("custom.a", "is_set"), "", False),
        (trial("custom.a", "is_empty"), [], True),
        (trial("custom.a", "is", "true"), True, True),
        (trial("custom.a", "is", "1.5"), 1.5, True),
    ],
)
def test_a_test_holds_by_what_the_field_holds(test, value, holds):
    assert test.holds({test.field: value}) is holds


def test_all_tests_hold_or_one_is_enough():
    tests = (trial("type", "is", "1"), trial("priority", "is", "high"))
    both, one = Rule("vat", "require", tests), Rule("vat", "require", tests, any_test=True)
    assert not standing("vat", [both], type=1).required
    assert standing("vat", [one], type=1).required
    assert standing("vat", [both], type=1, priority="high").required


def test_what_is_hidden_is_not_required_and_counts_as_empty_for_others():
    rules = [
        Rule("region", "show", (trial("type", "is", "1"),)),
        Rule("region", "require"),
        Rule("vat", "show", (trial("custom.region", "is", "eu"),)),
    ]
    assert not standing("region", rules, type=2, custom__region="eu").required
    assert not standing("vat", rules, type=2, custom__region="eu").shown
    assert standing("vat", rules, type=1, custom__region="eu").shown


def test_required_to_resolve_is_not_required():
    found = standing("vat", [Rule("vat", "resolve")])
    assert found.required_to_resolve and not found.required


def test_limits_leave_what_all_of_them_leave():
    rules = [
        Rule("region", "limit", (), False, frozenset("abc")),
        Rule("region", "limit", (trial("type", "is", "1"),), False, frozenset("bcd")),
    ]
    assert standing("region", rules).options == frozenset("abc")
    assert standing("region", rules, type=1).options == frozenset("bc")
    assert standing("vat", rules).options is None


def test_a_circle_ends_and_is_found():
    rules = [
        Rule("region", "show", (trial("custom.vat", "is_set"),)),
        Rule("vat", "show", (trial("custom.region", "is_set"),)),
    ]
    assert sorted(circle_in(rules)) == ["region", "vat"]
    assert circle_in(rules[:1]) == []
    assert not standing("vat", rules).shown


def test_values_are_words():
    assert words_of([1, "a", True]) == {"1", "a", "true"}
    assert words_of(None) == words_of("") == words_of([]) == frozenset()
