"""A whole day of an agent by keyboard alone."""

import pytest

from tests.browser.day import STEPS, Desk, Hands, sign_in, sign_out

pytestmark = pytest.mark.browser


def test_a_day_is_done_by_keyboard_alone(house, visit):
    desk, hands = Desk(), Hands(visit())
    sign_in(desk, hands)
    for step in STEPS:
        step(desk, hands)
    sign_out(desk, hands)
