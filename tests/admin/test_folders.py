"""Folders of served APIs in the admin site."""

import pytest
from django.urls import reverse

from integrations.gateway import folders
from integrations.models import Record
from tests.factories import make_key, make_queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder():
    home = make_queue("Home")
    key, _secret = make_key(queues=[home], home_queue=home, name="Archive")
    content = {"name": "Second line", "parent": "ws1"}
    return Record.objects.create(
        service="onna", key=key, kind="folder", name="fd1", content=content
    )


def page(folder) -> str:
    return reverse("admin:integrations_record_change", args=(folder.pk,))


def test_folders_are_listed_and_nothing_else_that_is_remembered(site, folder):
    Record.objects.create(service="onna", key=folder.key, kind="upload", name="hidden-one")
    shown = site.get(reverse("admin:integrations_record_changelist")).content.decode()
    assert "Second line" in shown and "Archive" in shown and "hidden-one" not in shown


def test_an_administrator_points_a_folder_at_a_queue_of_its_key(site, folder):
    other, foreign = make_queue("Other"), make_queue("Foreign")
    folder.key.queues.add(other)
    shown = site.get(page(folder)).content.decode()
    assert "Other" in shown and "Foreign" not in shown
    assert site.post(page(folder), {"queue": other.pk}).status_code == 302
    assert folders.queue_of(folder) == other
    assert site.post(page(folder), {"queue": foreign.pk}).status_code == 200
    assert folders.queue_of(folder) == other
    assert site.post(page(folder), {"queue": ""}).status_code == 302
    assert folders.queue_of(folder) is None
    folder.refresh_from_db()
    assert folder.content == {"name": "Second line", "parent": "ws1"}
