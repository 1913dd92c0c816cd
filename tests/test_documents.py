"""The documents: their links lead somewhere, their pictures are light and used."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
LARGEST = 150_000  # bytes of a picture


def links(document: Path) -> list[str]:
    return [one for one in LINK.findall(document.read_text()) if "://" not in one]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_every_link_leads_to_a_file(document):
    gone = [one for one in links(document) if not (document.parent / one).exists()]
    assert not gone


def test_every_picture_is_light_and_shown_somewhere():
    shown = {(one.parent / link).resolve() for one in DOCUMENTS for link in links(one)}
    for picture in (ROOT / "docs" / "pictures").iterdir():
        assert picture.stat().st_size <= LARGEST, picture.name
        assert picture.resolve() in shown, picture.name


def test_the_readme_leads_to_the_documents_for_people():
    assert {"docs/agents.md", "docs/administrators.md"} <= set(links(ROOT / "README.md"))
