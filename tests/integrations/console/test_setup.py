"""Entering a connection: what was typed is never lost, never shown, never sent elsewhere."""

import re
import time
from html import unescape

import pytest
from django.urls import reverse

from integrations import asking, carried
from integrations.models import Connection
from tests.budget import statements
from tests.factories import make_user
from tests.integrations.console.conftest import (
    NEW_SECRET,
    SECRET,
    connect,
    cost,
    entered_by_hand,
    page,
)

pytestmark = pytest.mark.django_db
NEW = ("connection-new", "acme")


@pytest.fixture(autouse=True)
def reachable(settings, acme):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]


def post(client, name: str, data: dict, *args):
    return client.post(reverse(name, args=args), data)


def hidden(text: str) -> str:
    return re.search(r'name="carried" value="([^"]*)"', text)[1]


def test_the_look_up_lists_what_can_be_chosen_and_keeps_what_was_typed(console, vendor):
    typed = entered_by_hand(vendor.url, name="مكتب", look_up="project")
    answer = post(console, NEW[0], typed, NEW[1])
    text = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert "choose one of 2" in text
    assert '<option value="P-2">Borealis</option>' in text
    assert 'value="مكتب"' in text and f'value="{vendor.url}"' in text and 'value="north"' in text
    assert SECRET not in text and not Connection.objects.exists()
    chosen = entered_by_hand(vendor.url) | {
        "setup-key": "",
        "setup-project": "P-2",
        "carried": hidden(text),
    }
    assert post(console, NEW[0], chosen, NEW[1]).status_code == 302
    made = Connection.objects.get()
    assert (made.entered["key"], made.entered["project"]) == (SECRET, "P-2")


def test_choices_stay_through_a_test_and_through_errors(console, vendor):
    typed = entered_by_hand(vendor.url, look_up="project")
    text = post(console, NEW[0], typed, NEW[1]).content.decode()
    again = entered_by_hand(vendor.url) | {"setup-key": "", "setup-project": "P-1"}
    tested = post(console, NEW[0], again | {"carried": hidden(text), "test": "1"}, NEW[1])
    text = tested.content.decode()
    assert "Connected to Acme of Ada." in text
    assert '<option value="P-1" selected>Apollo</option>' in text
    wrong = post(console, NEW[0], again | {"carried": hidden(text), "name": ""}, NEW[1])
    assert wrong.status_code == 422
    assert '<option value="P-1" selected>Apollo</option>' in wrong.content.decode()
    assert SECRET not in wrong.content.decode()


def test_a_value_that_was_typed_by_hand_stays_among_the_choices(console, vendor):
    typed = entered_by_hand(vendor.url) | {"setup-project": "P-77", "look_up": "project"}
    text = post(console, NEW[0], typed, NEW[1]).content.decode()
    assert '<option value="P-77" selected>P-77</option>' in text


def test_a_look_up_that_fails_says_why_and_keeps_what_was_typed(console, vendor):
    vendor.keys.clear()
    typed = entered_by_hand(vendor.url) | {"setup-project": "P-1", "look_up": "project"}
    text = post(console, NEW[0], typed, NEW[1]).content.decode()
    assert "refused the key" in text and 'data-tone="danger"' in text
    assert 'value="P-1"' in text and hidden(text)


def test_a_look_up_without_credentials_says_what_is_missing_and_asks_nobody(console, vendor):
    typed = entered_by_hand(vendor.url) | {"setup-key": "", "look_up": "project"}
    answer = post(console, NEW[0], typed, NEW[1])
    assert answer.status_code == 422 and "required" in answer.content.decode()
    assert vendor.asked == []


def test_nothing_to_choose_from_is_said(console, vendor):
    vendor.says["/project"] = []
    typed = entered_by_hand(vendor.url, look_up="project")
    text = post(console, NEW[0], typed, NEW[1]).content.decode()
    assert "nothing to choose from" in text


def test_a_crowd_of_choices_is_cut_and_said_so(console, vendor, monkeypatch):
    monkeypatch.setattr("integrations.asking.MOST_CHOICES", 1)
    typed = entered_by_hand(vendor.url, look_up="project")
    text = post(console, NEW[0], typed, NEW[1]).content.decode()
    assert "these are the first 1" in text and "Borealis" not in text


def test_only_a_field_that_holds_an_id_there_is_looked_up(console, vendor):
    typed = entered_by_hand(vendor.url) | {"setup-project": "P-1", "look_up": "key"}
    assert post(console, NEW[0], typed, NEW[1]).status_code == 302
    assert vendor.asked == []


def test_a_slow_service_is_not_waited_for_longer_than_ten_seconds(console, vendor, monkeypatch):
    monkeypatch.setattr("integrations.asking.LATEST", -1)
    typed = entered_by_hand(vendor.url, look_up="project")
    text = post(console, NEW[0], typed, NEW[1]).content.decode()
    assert "Acme takes too long" in text and vendor.asked == []


# What is carried ---------------------------------------------------------------------------------


def test_what_is_carried_serves_one_person_one_form_and_a_while():
    text = carried.carry({"secrets": {"key": SECRET}}, person_id=1, about="acme new")
    assert SECRET not in text
    assert carried.carried(text, person_id=1, about="acme new") == {"secrets": {"key": SECRET}}
    assert carried.carried(text, person_id=2, about="acme new") == {}
    assert carried.carried(text, person_id=1, about="acme 7") == {}
    assert carried.carried("made up", person_id=1, about="acme new") == {}
    assert carried.carried("", person_id=1, about="acme new") == {}


def test_what_is_carried_ends(monkeypatch):
    text = carried.carry({"secrets": {"key": SECRET}}, person_id=1, about="acme new")
    late = time.time() + carried.LIFETIME + 1
    monkeypatch.setattr(carried.time, "time", lambda: late)
    assert carried.carried(text, person_id=1, about="acme new") == {}


def test_stored_credentials_are_nothing_that_a_form_may_carry(console, vendor):
    made = connect(base_url=vendor.url)
    stolen = entered_by_hand(vendor.url) | {
        "setup-key": "",
        "carried": made.credentials,
        "look_up": "project",
    }
    assert post(console, NEW[0], stolen, NEW[1]).status_code == 422
    assert vendor.asked == []


# A stored secret goes to nobody else -------------------------------------------------------------


def test_a_stored_key_is_not_sent_in_the_clear(console, vendor):
    made = connect(base_url=vendor.url.replace("http://", "https://"))
    moved = entered_by_hand(vendor.url) | {"setup-key": "", "setup-project": "P-1", "test": "1"}
    answer = post(console, "connection-edit", moved, made.uuid)
    assert answer.status_code == 422
    assert "it was stored for another address" in answer.content.decode()
    assert vendor.asked == []


@pytest.mark.parametrize("button", ["test", "save", "look_up"])
def test_a_stored_key_is_not_sent_to_another_address(console, vendor, button):
    made = connect(base_url="https://acme.example")
    moved = entered_by_hand(vendor.url) | {"setup-key": "", "setup-project": "P-1"}
    pressed = {button: "project" if button == "look_up" else "1"}
    answer = post(console, "connection-edit", moved | pressed, made.uuid)
    assert answer.status_code == 422
    assert "it was stored for another address" in answer.content.decode()
    assert vendor.asked == []
    made.refresh_from_db()
    assert made.entered["base_url"] == "https://acme.example"


def test_another_path_of_the_same_host_keeps_the_key(console):
    made = connect(base_url="https://acme.example")
    moved = entered_by_hand("https://acme.example/v2") | {"setup-key": "", "setup-project": "P-1"}
    assert post(console, "connection-edit", moved, made.uuid).status_code == 302
    made.refresh_from_db()
    assert (made.entered["base_url"], made.entered["key"]) == ("https://acme.example/v2", SECRET)


# Replacing a secret ------------------------------------------------------------------------------


def test_a_new_secret_replaces_the_old_one_once_it_works(console, vendor):
    made = connect(base_url=vendor.url, state=Connection.State.FAILED, error="Refused the key.")
    answer = post(console, "connection-secret", {"setup-key": NEW_SECRET}, made.uuid)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "refused the key" in text and "The old one stays in use." in text
    assert NEW_SECRET not in text
    made.refresh_from_db()
    assert made.entered["key"] == SECRET
    vendor.keys.add(NEW_SECRET)
    answer = console.post(
        reverse("connection-secret", args=[made.uuid]), {"setup-key": NEW_SECRET}, follow=True
    )
    assert "The new secret is in use." in answer.content.decode()
    made.refresh_from_db()
    assert made.entered["key"] == NEW_SECRET and made.entered["project"] == "P-1"
    assert (made.state, made.error) == (Connection.State.ACTIVE, "")


def test_replacing_one_secret_keeps_the_others_and_a_pause(console, vendor):
    made = connect(base_url=vendor.url, state=Connection.State.PAUSED)
    post(console, "connection-secret", {"setup-signing": NEW_SECRET}, made.uuid)
    made.refresh_from_db()
    assert (made.entered["key"], made.entered["signing"]) == (SECRET, NEW_SECRET)
    assert made.state == Connection.State.PAUSED


def test_no_secret_entered_replaces_nothing(console, vendor):
    made = connect(base_url=vendor.url)
    answer = post(console, "connection-secret", {"setup-key": ""}, made.uuid)
    assert answer.status_code == 422 and vendor.asked == []
    assert SECRET not in page(console, "connection-secret", made.uuid)


def test_a_secret_that_was_replaced_meanwhile_stays(console, vendor, monkeypatch):
    made = connect(base_url=vendor.url)
    vendor.keys.add(NEW_SECRET)
    before = asking.try_out

    def while_another_replaces_it(connection):
        other = Connection.objects.get(pk=made.pk)
        other.enter({**other.entered, "key": "of somebody else"}, ("key", "signing"))
        other.save(update_fields=["credentials"])
        return before(connection)

    monkeypatch.setattr(asking, "try_out", while_another_replaces_it)
    answer = post(console, "connection-secret", {"setup-key": NEW_SECRET}, made.uuid)
    assert "Somebody else replaced it meanwhile" in answer.content.decode()
    made.refresh_from_db()
    assert made.entered["key"] == "of somebody else"


def test_the_form_has_a_budget_and_shows_no_secret(console):
    made = connect()
    page(console, "connection-edit", made.uuid)
    with statements() as counted:
        text = page(console, "connection-edit", made.uuid)
    assert cost(counted) <= 12
    assert SECRET not in text and 'placeholder="stored"' in text
    with statements() as counted:
        page(console, "connection-secret", made.uuid)
    assert cost(counted) <= 12


def test_carried_words_of_another_administrator_open_nothing(client, console, vendor):
    typed = entered_by_hand(vendor.url, look_up="project")
    text = hidden(post(console, NEW[0], typed, NEW[1]).content.decode())
    client.force_login(make_user("Otto Other", "admin"))
    again = entered_by_hand(vendor.url) | {
        "setup-key": "",
        "setup-project": "P-1",
        "carried": text,
    }
    assert post(client, NEW[0], again, NEW[1]).status_code == 422
