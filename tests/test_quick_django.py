"""What is active is a thread's own, and words are remembered by language."""

from datetime import UTC
from threading import Thread
from zoneinfo import ZoneInfo

from django.db import connections
from django.utils import timezone, translation
from django.utils.translation import gettext, pgettext, trans_real

from helpdesk import quick_django
from helpdesk.quick_django import ActiveValue


def in_thread(run) -> list:
    found: list = []
    thread = Thread(target=lambda: found.append(run()))
    thread.start()
    thread.join()
    return found


def test_the_active_language_is_a_threads_own():
    assert isinstance(trans_real._active, ActiveValue)
    with translation.override("de"):
        assert gettext("Tickets") == gettext("Tickets")
        assert gettext("Cancel") == "Abbrechen"
        assert in_thread(lambda: gettext("Cancel")) == ["Cancel"]
        with translation.override("fr"):
            assert gettext("Cancel") == "Annuler"
        assert gettext("Cancel") == "Abbrechen"
    assert gettext("Cancel") == "Cancel"


def test_a_language_can_be_given_up_and_taken_again():
    with translation.override("fr"):
        translation.deactivate()
        assert translation.get_language() == "en"
        translation.activate("de")
        assert translation.get_language() == "de"


def test_the_active_zone_is_a_threads_own():
    with timezone.override("Asia/Tokyo"):
        assert timezone.get_current_timezone() == ZoneInfo("Asia/Tokyo")
        assert in_thread(timezone.get_current_timezone_name) == [str(UTC)]


def test_a_connection_is_a_threads_own():
    connection = connections["default"]
    assert connections["default"] is connection
    assert in_thread(lambda: connections["default"] is connection) == [False]
    assert in_thread(lambda: connections.all(initialized_only=True)) == [[]]


def test_words_without_translation_are_looked_up_once_and_not_without_end(monkeypatch):
    monkeypatch.setattr(quick_django, "KNOWN", 2)
    words = trans_real.DjangoTranslation("en")
    asked = []
    monkeypatch.setattr(words._catalog, "get", lambda word, missing: asked.append(word) or missing)
    for word in ("a", "b", "c") * 2:
        assert words.gettext(word) == word
    assert [asked.count(word) for word in ("a", "b")] == [1, 1]
    assert asked.count("c") == 2
    assert set(words._known) == {"a", "b"}


def test_a_word_of_one_context_is_not_that_of_another():
    with translation.override("de"):
        assert pgettext("a ticket", "On") != pgettext("no such context", "On")
