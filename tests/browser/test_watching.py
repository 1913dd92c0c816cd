"""The eyes of these tests see: else a silent page would prove nothing."""

import pytest

from tests.browser.looks import EVERYTHING, overflow, structure, violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "deed",
    [
        "alert(1)",
        "console.error('wrong')",
        "setTimeout(() => { throw new Error('wrong') })",
        "document.body.insertAdjacentHTML('beforeend', '<p style=color:red>x</p>')",
        "document.body.insertAdjacentHTML('beforeend', '<img src=//evil.example/x.png>')",
        "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))",
        "fetch('/nowhere/')",
    ],
)
def test_a_page_that_makes_a_noise_is_heard(visit, watch, deed):
    page = visit()
    page.goto("/accounts/login/")
    page.evaluate(f"() => {{ {deed} }}")
    page.wait_for_load_state("networkidle")
    assert watch.faults
    watch.faults.clear()


def test_a_poor_page_is_seen(visit):
    page = visit()
    page.set_content("<p style='width:3000px'>x</p><img src='data:,'><button></button>")
    rules = {line.partition(":")[0] for line in violations(page, EVERYTHING)}
    assert {"image-alt", "button-name"} <= rules
    assert overflow(page, 1440)
    assert {"0 h1", "0 main"} <= set(structure(page, True))
