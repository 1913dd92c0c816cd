"""French and German say all that English says, with the same placeholders."""

import ast
import gettext
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation

LOCALE = Path(settings.LOCALE_PATHS[0])
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]


def catalogue(language: str) -> list[Message]:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return [message for message in read_po(file, locale=language) if message.id]


def words(value: str | tuple[str, ...]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_in_english(language: str) -> None:
    missing = [
        message.id
        for message in catalogue(language)
        if message.fuzzy or not message.string or not all(words(message.string))
    ]
    assert not missing


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_kept(language: str) -> None:
    wrong = {str(m.id): [str(error) for error in m.check()] for m in catalogue(language)}
    assert not {words: errors for words, errors in wrong.items() if errors}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message in catalogue(language):
        singular, string = words(message.id)[0], words(message.string)
        if isinstance(message.id, tuple):
            said = [compiled.ngettext(*message.id, number) for number in (1, 2)]
        elif message.context:
            said = [compiled.pgettext(message.context, singular)]
        else:
            said = [compiled.gettext(singular)]
        assert said == string


def test_no_words_hide_inside_of_an_f_string() -> None:
    """What collects the words for translators does not look there."""
    root, hidden = Path(settings.BASE_DIR), []
    for path in [*root.glob("helpdesk/**/*.py"), *root.glob("integrations/**/*.py")]:
        for text in ast.walk(ast.parse(path.read_text())):
            if not isinstance(text, ast.JoinedStr):
                continue
            calls = [one.func for one in ast.walk(text) if isinstance(one, ast.Call)]
            names = {getattr(one, "id", "") for one in calls}
            if names & {"_", "gettext", "ngettext", "pgettext"}:
                hidden.append(f"{path.relative_to(root)}:{text.lineno}")
    assert not hidden


@pytest.mark.parametrize(("language", "word"), [("de", "Warteschlange"), ("fr", "File")])
def test_a_language_is_found(language: str, word: str) -> None:
    with translation.override(language):
        assert translation.gettext("Queue") == word


@pytest.mark.parametrize(
    ("language", "context", "word", "meant"),
    [
        ("de", "last day", "To", "Bis"),
        ("fr", "first day", "From", "Du"),
        ("fr", "last day", "To", "Au"),
        ("fr", "tickets", "Created", "Créés"),
        ("de", "for how long", "no time", "gar nicht"),
        ("de", "a draft", "Open", "Öffnen"),
    ],
)
def test_one_word_of_english_is_said_as_it_is_meant(
    language: str, context: str, word: str, meant: str
) -> None:
    with translation.override(language):
        assert translation.pgettext(context, word) == meant
