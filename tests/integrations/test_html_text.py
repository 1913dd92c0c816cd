"""HTML as plain text, whatever it holds."""

import time

import pytest

from integrations import html_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br>lines</p>", "One\n\nTwo\nlines"),
        ("a &amp; b<script>x()</script><style>p{}</style>", "a & b"),
        ("<ul><li>A<li>B</ul>", "- A\n- B"),
        ('<a href="https://x.example/">here</a>', "here (https://x.example/)"),
        ('<a href="javascript:x()">here</a>', "here"),
        ("one\n  two", "one two"),
        ("1 < 2 &lt;b&gt;", "1 < 2 <b>"),
        ("a<!-- b -->c<!doctype x>d", "acd"),
        ("a<script>b", "a"),
        ("a<b", "a"),
        ("İİİ<script>x</SCRIPT>b", "İİİb"),
    ],
)
def test_html_becomes_text(html, text):
    assert html_text.text_of(html) == text


@pytest.mark.parametrize("part", ["<a ", "<!--", "</", "<a href='", "<script>", "&#", "<", "<a>"])
def test_html_that_nobody_closes_is_read_at_once(part):
    began = time.process_time()
    html_text.text_of(part * (200_000 // len(part)))
    assert time.process_time() - began < 3  # the standard library's parser: minutes


def test_other_texts_stay_as_they_are():
    assert html_text.plain("a < b\n*c*", "markdown") == "a < b\n*c*"
