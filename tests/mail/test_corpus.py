"""Every message of the corpus ends where it belongs, costs little, and runs nothing."""

import codecs
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.mail import judging
from helpdesk.mail.corpus import Case, clients, hostile, languages
from helpdesk.mail.corpus.languages import PYTHON
from helpdesk.mail.corpus.trying import World, every_case, faults_of, make_world
from helpdesk.mail.receiving import receive
from helpdesk.models import Attachment, Change, Mailbox, StoredMessage, Ticket, User
from tests.factories import default_queue, make_ticket

pytestmark = pytest.mark.django_db
CASES = every_case()


def test_there_are_enough_and_no_name_twice():
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)


def test_they_are_in_ten_languages_and_fifteen_charsets_of_twelve_mail_programs():
    """Counted are messages whose words are wanted to the letter."""
    read = [
        case for case in languages.cases() if case.name.endswith(("base64", "8bit", "printable"))
    ]
    pairs = [case.name.partition(",")[0].split(" in ") for case in read]
    assert len({language for language, _charset in pairs}) >= 10
    assert len({codecs.lookup(PYTHON.get(one, one)).name for _language, one in pairs}) >= 15
    for case, (_language, charset) in zip(read, pairs, strict=True):
        assert f"charset={charset}".encode() in case.raw
        assert case.text and not case.text.isascii()
    programs = {case.name.partition(",")[0] for case in clients.cases()}
    assert len(programs) >= 12
    wanted = {"Gmail", "Outlook", "Outlook on the web", "Outlook mobile", "Apple Mail", "iPhone"}
    wanted |= {"Thunderbird", "Yahoo", "Proton", "Samsung", "Zoho", "NetEase", "Lotus Notes"}
    assert wanted <= programs


@pytest.fixture
def world() -> World:
    return make_world(default_queue())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_message_ends_where_it_belongs(world, case: Case):
    assert faults_of(case, world) == []


@pytest.mark.parametrize("case", hostile.cases()[:16], ids=lambda case: case.name)
def test_nothing_of_a_message_runs_on_any_page(world, case: Case):
    stored = receive(case.raw, world.mailbox)
    client = Client()
    client.force_login(
        actions.create_person(by=system("rule"), name="Ada", email="ada@x.example", role="admin")
    )
    for path in (f"/mail/messages/{stored.uuid}/", f"/mail/messages/{stored.uuid}/html/"):
        words = client.get(path).content.decode().partition("<main")[2].lower()
        assert not [one for one in case.runs if one in words]
        assert "<style" not in words and "<form action=" not in words and "<iframe" not in words


def kept() -> list:
    files = sorted(str(one) for one in Path(settings.MEDIA_ROOT).rglob("*") if one.is_file())
    models = (Ticket, User, StoredMessage, Mailbox, Change, Attachment)
    return [files, *(model.objects.count() for model in models)]


def test_the_self_test_says_that_all_is_well_and_keeps_nothing():
    make_ticket("Mine")
    before, said = kept(), StringIO()
    call_command("self_test", stdout=said)
    assert said.getvalue() == (
        f"{len(CASES)} messages tried, 0 did not become what they should."
        " Nothing of them is kept.\n"
    )
    assert kept() == before


def test_the_self_test_names_what_is_not_well(monkeypatch):
    monkeypatch.setattr(judging, "_is_marked_as_spam", lambda mail: False)
    said = StringIO()
    with pytest.raises(CommandError, match=r"tried, [1-9]\d* did not"):
        call_command("self_test", stdout=said)
    assert "FAIL  " in said.getvalue()
    assert "state: 'worked', not 'quarantined'" in said.getvalue()
