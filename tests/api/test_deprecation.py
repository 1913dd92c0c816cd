"""The promises of docs/api-changelog.md: the version is named, and what goes says so in time."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from helpdesk.api.deprecation import Deprecated
from helpdesk.api.people import Me
from tests.api.conftest import ROOT

CHANGES = Path(settings.BASE_DIR) / "docs" / "api-changelog.md"
GOING = Deprecated(date(2026, 11, 22), date(2027, 11, 22), "/api/v2/me/")


@pytest.fixture
def going(monkeypatch):
    monkeypatch.setattr(Me, "deprecated", GOING)


@pytest.mark.django_db
def test_the_version_of_the_document_is_the_newest_of_the_changelog(client):
    newest = re.search(r"^## (\d+\.\d+)$", CHANGES.read_text(), re.MULTILINE)[1]
    document = json.loads(client.get(f"{ROOT}schema/").content)
    assert document["info"]["version"] == newest


def test_what_goes_says_since_when_until_when_and_what_instead(api, going):
    response = api.get("me/")
    assert response["Deprecation"] == "@1795305600"
    assert response["Sunset"] == "Mon, 22 Nov 2027 00:00:00 GMT"
    assert response["Link"] == '</api/v2/me/>; rel="successor-version"'


def test_a_refusal_says_it_too(nobody, going):
    assert nobody.get("me/")["Deprecation"] == "@1795305600"


def test_what_stays_says_nothing(api):
    assert not {"Deprecation", "Sunset", "Link"} & set(api.get("me/").headers)


def test_the_document_marks_what_goes(going):
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    marked = [path for path, methods in paths.items() if methods.get("get", {}).get("deprecated")]
    assert marked == [f"{ROOT}me/"]
