"""What a served API remembers for a key."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils import timezone

from helpdesk.doors.keys import credential_of
from integrations.gateway import records
from integrations.gateway.caller import caller_of
from tests.factories import make_key

pytestmark = pytest.mark.django_db


def caller(service="acme"):
    found = credential_of(make_key()[1])
    return caller_of(service, found.key, found.actor)


def test_a_record_is_found_by_its_key_and_service_alone():
    ours, theirs = caller(), caller()
    kept = records.keep(ours, "folder", "f1", {"name": "One"})
    assert records.one(ours, "folder", "f1") == kept
    assert records.find(theirs, "folder", "f1") is None
    with pytest.raises(Http404):
        records.one(theirs, "folder", "f1")
    assert records.find(ours, "workspace", "f1") is None
    records.keep(theirs, "folder", "f1", {})  # a name of one's own


def test_a_name_is_taken_once():
    ours = caller()
    records.keep(ours, "folder", "f1", {"name": "One"})
    with pytest.raises(ValidationError, match="there already"):
        records.keep(ours, "folder", "f1", {"name": "Two"})
    assert records.one(ours, "folder", "f1").content == {"name": "One"}


def test_a_change_leaves_the_other_members():
    ours = caller()
    kept = records.keep(ours, "folder", "f1", {"name": "One", "tags": ["a"]})
    records.change(kept, name="Two")
    assert records.one(ours, "folder", "f1").content == {"name": "Two", "tags": ["a"]}
    records.forget(ours, "folder", "f1")
    with pytest.raises(Http404):
        records.change(kept, name="Three")


def test_records_come_oldest_first_and_old_ones_can_be_forgotten():
    ours, theirs = caller(), caller()
    for number, one in enumerate([ours, ours, theirs]):
        row = records.keep(one, "upload", f"u{number}", {})
        row.created_at = timezone.now() - timedelta(days=3 - number)
        row.save()
    assert [row.name for row in records.every(ours, "upload")] == ["u0", "u1"]
    records.forget_older(ours, "upload", timezone.now() - timedelta(days=2, hours=1))
    assert [row.name for row in records.every(ours, "upload")] == ["u1"]
