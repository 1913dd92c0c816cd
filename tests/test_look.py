"""The template tags of the look: glyphs, initials and times."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django import forms, template
from django.conf import settings
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.utils import timezone, translation
from django.views import defaults

from helpdesk.templatetags import look

NOW = datetime(2026, 11, 17, 12, 4, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Maren Holt", "MH"),
        ("Sofía Hernández Villaseñor", "SV"),
        ("佐藤 美咲", "佐"),
        ("김서연", "김"),
        ("ليلى حداد", "لح"),
        ("o’brien", "O"),
        ("ops@harbour.example", "OE"),
        ("", "?"),
    ],
)
def test_initials_fit_every_script(name, letters):
    assert look.initials(name) == letters


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 17, 12, 0, tzinfo=UTC), "4 m"),
        (datetime(2026, 11, 17, 9, 0, tzinfo=UTC), "3 h"),
        (datetime(2026, 11, 15, 11, 0, tzinfo=UTC), "2 d"),
        (datetime(2026, 9, 12, 9, 12, tzinfo=UTC), "12 Sep"),
        (datetime(2025, 9, 12, 9, 12, tzinfo=UTC), "12 Sep 2025"),
        (datetime(2026, 11, 17, 12, 9, tzinfo=UTC), "0 m"),
    ],
)
def test_lists_say_how_long_ago(moment, words):
    with time_machine.travel(NOW, tick=False):
        assert look.age(moment) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 17, 9, 12, tzinfo=UTC), "09:12"),
        (datetime(2026, 11, 16, 22, 31, tzinfo=UTC), "Mon 22:31"),
        (datetime(2026, 9, 12, 9, 12, tzinfo=UTC), "12 Sep 09:12"),
        (datetime(2025, 9, 12, 9, 12, tzinfo=UTC), "12 Sep 2025 09:12"),
    ],
)
def test_the_timeline_says_when(moment, words):
    with time_machine.travel(NOW, tick=False):
        assert look.when(moment) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(-4_320, "−1 h 12 m"), (1_080, "18 m"), (200_000, "2 d")]
)
def test_a_duration_has_a_real_minus(seconds, words):
    assert look.duration(seconds) == words


def test_a_name_cannot_write_markup_into_its_avatar():
    drawn = look.avatar_of(3, '"><script>x</script>')
    assert "<script" not in drawn
    assert 'data-hue="3"' in drawn


def test_an_unknown_icon_is_refused_by_name():
    with pytest.raises(template.TemplateSyntaxError, match="no icon “unicorn”"):
        look.icon("unicorn")


def test_every_template_of_ours_compiles():
    folder = Path(settings.BASE_DIR) / "templates"
    for path in folder.rglob("*.html"):
        get_template(str(path.relative_to(folder)))


def test_no_template_of_ours_carries_inline_style_script_or_handler():
    folder = Path(settings.BASE_DIR) / "templates"
    for path in folder.rglob("*.html"):
        text = path.read_text()
        assert " style=" not in text, path
        assert "<style" not in text, path
        assert " onclick=" not in text, path
        assert "<script>" not in text, path


def test_every_file_the_style_sheet_imports_exists():
    folder = Path(settings.BASE_DIR) / "static" / "css"
    names = [
        line.split('"')[1]
        for line in (folder / "app.css").read_text().splitlines()
        if line.startswith("@import")
    ]
    assert len(names) > 30
    assert [name for name in names if not (folder / name).is_file()] == []


@pytest.mark.parametrize("cookie", ["dark", 'x"><script>'])
def test_the_page_of_what_is_missing_takes_only_a_known_theme(cookie):
    request = RequestFactory().get("/nothing/")
    request.COOKIES["theme"] = cookie
    page = defaults.page_not_found(request, ValueError()).content.decode()
    assert "or you may not see it" in page
    assert ('data-theme="dark"' in page) == (cookie == "dark")
    assert "<script>" not in page


def test_the_page_of_a_failure_needs_nothing_but_itself():
    page = defaults.server_error(RequestFactory().get("/")).content.decode()
    assert "Something broke on our side" in page


def test_a_hint_that_an_administrator_wrote_is_text_and_not_markup():
    class Form(forms.Form):
        region = forms.CharField(help_text="<script>x</script>")

    drawn = render_to_string("parts/field.html", {"field": Form()["region"]})
    assert "<script>" not in drawn
    assert 'id="id_region_helptext"' in drawn
    assert 'aria-describedby="id_region_helptext"' in drawn


def test_a_wrong_field_is_named_wrong_and_tied_to_its_sentence():
    class Form(forms.Form):
        region = forms.CharField()

    form = Form({"region": ""})
    drawn = render_to_string("parts/field.html", {"field": form["region"]})
    assert 'aria-invalid="true"' in drawn
    assert 'aria-describedby="id_region_error"' in drawn
    assert 'id="id_region_error"' in drawn
    assert 'href="#id_region"' in render_to_string("parts/error-summary.html", {"form": form})


def test_one_moment_is_told_in_the_zone_and_language_of_who_reads():
    moment = datetime(2026, 9, 12, 22, 30, tzinfo=UTC)
    said = []
    for zone, language in (("UTC", "en"), ("Asia/Tokyo", "en"), ("UTC", "de"), ("UTC", "en")):
        with timezone.override(zone), translation.override(language):
            said.append(look.time_tag(moment))
    assert "Saturday 12 September 2026, 22:30:00 UTC" in said[0]
    assert "Sunday 13 September 2026, 07:30:00 JST" in said[1] and "+09:00" in said[1]
    assert "Samstag" in said[2]
    assert said[3] == said[0]
