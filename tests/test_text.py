import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk import text

# Showing ---------------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    '<img src=x onerror="alert(1)">',
    '<img src="x" srcset="javascript:alert(1) 1x">',
    "<svg onload=alert(1)><script>alert(2)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    '<math><mtext><table><mglyph><style><img src=x onerror="alert(1)"></style></mglyph>',
    '<form action="/tickets/1/delete/"><button>ok</button><input name=a></form>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href=" &#106;avascript&#58;alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="//evil.example/">x</a>',
    '<a href="/tickets/1/delete/">x</a>',
    "<base href=//evil.example/>",
    '<meta http-equiv=refresh content="0;url=//evil.example">',
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>body{display:none}</style>",
    '<div style="position:fixed;inset:0;background:url(//evil.example)">x</div>',
    '<div id="composer" name="csrfmiddlewaretoken" class="button">x</div>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<object data=//evil.example></object><embed src=//evil.example>",
    "<template><script>alert(1)</script></template>",
    "<video><source onerror=alert(1)></video>",
    "<textarea><img src=x onerror=alert(1)>",
    "<title><img src=x onerror=alert(1)>",
    "<style><img src=x onerror=alert(1)>",
    "<!--><script>alert(1)</script>-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<p hx-get='/tickets/1/' data-hx-post='/x' onclick=alert(1)>x</p>",
    '<img alt="<script>alert(1)</script>" src="https://evil.example/a.png">',
    '<img alt="&quot;><script>alert(1)</script>" src="cid:1">',
    "<a href='https://a.example/\"onmouseover=alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](<java&#x09;script:alert(1)>)",
    "![x](javascript:alert(1))",
    '![x" onerror="alert(1)](https://evil.example/a.png)',
    "<javascript:alert(1)>",
    "https://a.example/\"onmouseover='alert(1)'",
    "[x]: javascript:alert(1)\n\n[x]",
]
SAFE_TAG = re.compile(
    r"</?(?:[abipqsu]|abbr|blockquote|br|caption|cite|code|d[ldt]|del|div|em|h[1-6r]|ins|kbd|li|"
    r"mark|[ou]l|pre|samp|small|span|strike|strong|su[bp]|t(?:able|body|d|foot|h|head|r)|var)"
    r"((?: [a-z]+=\"[^\"<>]*\")*)>"
)
SAFE_ATTRIBUTE = re.compile(
    r' (?:href="(?:https?://|mailto:|tel:)[^"]*"|title="[^"]*"|rel="noopener noreferrer nofollow"'
    r'|(?:start|colspan|rowspan)="[^"]*")'
)


def assert_harmless(html: str) -> None:
    """Nothing but tags and attributes of a short list, written by a rule of this test's own."""
    for tag in re.findall(r"<[^>]*>?", html):
        match = SAFE_TAG.fullmatch(tag)
        assert match, f"{tag} in {html}"
        assert not SAFE_ATTRIBUTE.sub("", match[1]), f"{tag} in {html}"


@pytest.mark.parametrize("format", ["plain", "markdown", "html"])
@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_text_becomes_harmless_html(body, format):
    assert_harmless(text.render(body, format))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*HOSTILE, "</", "<a href='", '"', ">", "`", "]("]), max_size=6))
def test_hostile_pieces_together_stay_harmless(pieces):
    for format in ("plain", "markdown", "html"):
        assert_harmless(text.render("".join(pieces), format))


def test_the_test_for_harmlessness_can_fail():
    for html in ('<p onclick="x">', "<script>", '<a href="javascript:x">', '<img src="https://x">'):
        with pytest.raises(AssertionError):
            assert_harmless(html)


def test_script_and_style_lose_their_content_too():
    shown = text.html_to_safe("<p>before</p><script>one</script><style>two</style><p>after</p>")
    assert shown == "<p>before</p><p>after</p>"


def test_links_open_without_telling_where_they_come_from():
    shown = text.html_to_safe('<a href="https://a.example/" target="_top">x</a>')
    assert shown == '<a href="https://a.example/" rel="noopener noreferrer nofollow">x</a>'


def test_a_remote_picture_becomes_a_link_to_it():
    shown = text.html_to_safe('<img src="https://a.example/b.png?c=1&amp;d=2" alt="Chart">')
    assert 'href="https://a.example/b.png?c=1&amp;d=2"' in shown
    assert ">Chart</a>" in shown
    assert "<img" not in shown


def test_a_picture_inside_a_link_leaves_the_link():
    shown = text.html_to_safe(
        '<a href="https://a.example/"><img src="https://b.example/" alt="Go">'
    )
    assert shown.count("<a ") == 1
    assert ">Go</a>" in shown


@pytest.mark.parametrize(
    "html", ['<img src="cid:logo">', '<img width="1" height="1" src="https://a.example/spy.gif">']
)
def test_inline_pictures_and_tracking_pixels_leave_nothing(html):
    assert text.html_to_safe(html) == ""


def test_markdown_shows_tables_strike_through_and_line_breaks():
    shown = text.markdown_to_html("~~old~~\nnew\n\n|a|b|\n|-|-|\n|1|2|\n")
    assert "<s>old</s><br>" in shown
    assert "<td>1</td>" in shown


def test_markdown_links_bare_addresses_but_not_those_in_links_or_code():
    shown = text.markdown_to_html(
        "See https://a.example/x. [https://b.example](https://c.example) `https://d.example`"
    )
    assert '<a href="https://a.example/x"' in shown
    assert shown.count("<a ") == 2


def test_markdown_shows_html_as_it_was_typed():
    assert "&lt;b&gt;" in text.markdown_to_html("<b>not bold</b>")


def test_a_markdown_picture_becomes_a_link():
    shown = text.markdown_to_html("![A cat](https://a.example/cat.png)")
    assert '<a href="https://a.example/cat.png"' in shown
    assert ">A cat</a>" in shown


def test_plain_text_keeps_lines_and_paragraphs_and_links_addresses():
    shown = text.plain_to_html("one & two\nthree\n\n\n(https://a.example/b_(c))")
    assert shown.startswith("<p>one &amp; two<br>\nthree</p>\n<p>(<a ")
    assert 'href="https://a.example/b_(c)"' in shown


def test_what_is_longer_than_the_limits_is_shown_without_layout():
    assert "# x" in text.markdown_to_html("# x\n" * 20_000)
    assert text.html_to_safe("<b>x</b> " * 11_000).count("x") == 11_000


LONG = [
    "<div>" * 100_000,
    "<b><i>" * 60_000,
    "<a><table>" * 40_000,
    "<" * 400_000,
    "&amp" * 100_000,
    "<!--" * 100_000,
    "[" * 50_000,
    "![" * 25_000,
    "[a](" * 12_500,
    "*a **a " * 7_000,
    "> " * 25_000,
    "`" * 50_000,
    "|a" * 12_000 + "\n" + "|-" * 12_000 + "\n",
    "https://" * 60_000,
    "https://a" + ")" * 400_000,
    "a" + "\u0315\u0300" * 100_000,
    "\ufdfa" * 100_000,
    " \t\n" * 100_000,
    '"' * 100_000,
]


@pytest.mark.parametrize("body", LONG, ids=lambda body: ascii(body[:6]))
def test_long_hostile_text_ends_within_bounds(body):
    """The inputs are at their limits; a quadratic rule takes minutes on them, not seconds."""
    started = time.process_time()
    for format in ("plain", "markdown", "html"):
        assert_harmless(text.render(body, format)[:2_000].rpartition("<")[0])
    text.html_to_text(body)
    text.search_tokens(body)
    text.search_query_terms(body)
    text.fold(text.normalise(body))
    assert time.process_time() - started < 20


# Plain text ------------------------------------------------------------------------------------


def test_html_as_text_keeps_lines_lists_and_link_targets():
    html = (
        "<h1>Hello</h1><p>one<br>two &amp; &lt;three&gt;</p><ul><li>a</li><li>b</li></ul>"
        '<p>see <a href="https://a.example/?b=1&amp;c=2">here</a>, '
        '<a href="https://d.example/">https://d.example</a></p>'
    )
    assert text.html_to_text(html) == (
        "Hello\n\none\ntwo & <three>\n\n- a\n\n- b\n\n"
        "see here (https://a.example/?b=1&c=2), https://d.example"
    )


def test_text_of_each_format():
    assert text.to_text("*a* <b>", "plain") == "*a* <b>"
    assert text.to_text("*a* **b**", "markdown") == "a b"
    assert text.to_text("<i>a</i>", "html") == "a"


def test_an_excerpt_is_one_line_cut_between_words():
    assert text.excerpt("one\n two") == "one two"
    assert text.excerpt("alpha beta gamma", 12) == "alpha beta…"
    assert text.excerpt("x" * 20, 10) == "x" * 10 + "…"


# Storing ---------------------------------------------------------------------------------------


def test_stored_text_is_composed_without_nul_and_half_surrogates():
    assert text.normalise("e\u0301\0\ud800x\r\ny\rz") == "é\ufffdx\ny\nz"


def test_a_name_is_one_line_that_does_not_turn_the_writing_about():
    assert text.one_line("  invoice\u202egnp.exe\n\x07 ") == "invoicegnp.exe"


def test_folded_text_is_equal_whatever_its_case_and_width():
    assert text.fold("ＳTRASSE") == text.fold("straße")
    assert text.fold("ABC") == "abc"


@given(st.text(max_size=200))
def test_normalising_and_folding_twice_changes_nothing(value):
    once = text.normalise(value)
    assert text.normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert text.fold(text.fold(once)) == text.fold(once)


# Searching -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written, tokens",
    [
        ("Crème BRÛLÉE", "creme brulee"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("ann.o'neil@mail.example", "ann o neil mail example"),
        ("e-mail foo_bar 1.5", "e mail foo bar 1 5"),
        ("東京タワー2", "東 京 タ ワ ー 2"),
        ("한국어", "한 국 어"),
        ("ﬁne ½", "fine 1 2"),
        ("😀 — !", ""),
    ],
)
def test_text_becomes_tokens(written, tokens):
    assert text.search_tokens(written) == tokens


def test_tokens_end_at_the_limit_between_two_words():
    assert text.search_tokens("alpha beta gamma", 12) == "alpha beta"
    assert len(text.search_tokens("\ufdfa " * 1_000, 500)) <= 500


def test_a_query_becomes_terms_and_phrases():
    assert text.search_query_terms('Printer "on Fire" ann@mail.example 東京') == [
        ["printer"],
        ["on", "fire"],
        ["ann", "mail", "example"],
        ["東", "京"],
    ]


@pytest.mark.parametrize("query", ["", '"', '""', "* - ( AND", "\0", "“"])
def test_a_query_without_words_has_no_terms_or_plain_ones(query):
    assert text.search_query_terms(query) in ([], [["and"]])


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100))
def test_every_word_of_a_text_is_found_by_its_own_query(written):
    tokens = text.search_tokens(written)
    for token in tokens.split():
        assert text.search_query_terms(token) == [[token]]
