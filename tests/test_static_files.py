"""Static files as a server collects them: one sheet, and every file it names is there."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import storage
from django.core.management import call_command

BUDGET = 90_000  # bytes of style sheets and scripts of a page, compressed


@pytest.fixture
def collected(tmp_path, settings) -> Path:
    """The folder of static files as `manage.py up` fills it."""
    backend = {"BACKEND": "helpdesk.static_files.OneSheetStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": backend}
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def sheet(collected: Path) -> Path:
    return collected / storage.staticfiles_storage.stored_name("css/app.css")


def test_the_look_is_one_sheet_with_all_components_in_their_layers(collected):
    text = sheet(collected).read_text()
    assert "@import" not in text
    for path in Path(settings.BASE_DIR, "static/css/components").glob("*.css"):
        [first] = re.findall(r"^[.:#\w][^{]*\{", path.read_text(), re.MULTILINE)[:1]
        assert first in text, path.name
    assert text.index("@layer reset, base") < text.index("@layer components {")


def test_every_file_that_the_sheet_names_is_there(collected):
    named = re.findall(r'url\("(?!data:)([^"]+)"\)', sheet(collected).read_text())
    assert named
    for name in named:
        assert (collected / "css" / name).resolve().is_file(), name


def test_style_sheets_and_scripts_of_a_page_fit_the_budget(collected):
    scripts = [one for one in (collected / "js").glob("*.js") if one.name.count(".") == 1]
    ours = [one for one in scripts if one.stem not in ("admin", "api-docs")]
    htmx = next(collected.rglob("htmx.min.js"), None) or next(collected.rglob("htmx*.min.js"))
    contrast = collected / "css" / "contrast.css"
    served = [sheet(collected), contrast, htmx, *ours]
    assert len(ours) > 20
    assert sum(len(gzip.compress(one.read_bytes())) for one in served) <= BUDGET
