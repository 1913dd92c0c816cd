"""Addresses put together are those that Django would give."""

from uuid import uuid4

import pytest
from django.test.utils import override_script_prefix
from django.urls import NoReverseMatch, reverse

from helpdesk.addresses import FieldName, address, put_together


def test_numbers_and_uuids_are_set_into_their_places():
    uuid = uuid4()
    for name, values in (
        ("tickets", ()),
        ("ticket", (7,)),
        ("ticket-transition", (12, 3)),
        ("comment-edit", (12, uuid)),
        ("api:comment", (12, uuid)),
    ):
        for _again in range(2):
            assert address(name, *values) == reverse(name, args=values)


def test_other_values_and_what_has_no_address_are_left_to_django():
    assert address("worded", "macros") == reverse("worded", args=["macros"])
    for name, values in (("no-such-page", ()), ("ticket", (-1,)), ("ticket", ("x",))):
        with pytest.raises(NoReverseMatch):
            address(name, *values)


def test_an_address_begins_with_the_prefix_of_its_installation():
    before = address("ticket", 7)
    with override_script_prefix("/desk/"):
        assert address("ticket", 7) == "/desk" + before
    assert address("ticket", 7) == before


def test_constant_words_stand_between_the_values():
    assert put_together("worded", ("macros",), ()) == reverse("worded", args=["macros"])
    assert put_together("ticket", (str,), ("x",)) is None


def test_the_name_of_a_field_may_have_dots():
    for name in ("queue", "custom.region", "custom." + "a" * 90):
        expected = reverse("ticket-why", args=[7, name])
        assert address("ticket-why", 7, FieldName(name)) == expected
    assert address("worded", FieldName("macros")) == reverse("worded", args=["macros"])
    with pytest.raises(NoReverseMatch):
        address("worded", FieldName("a.b"))
