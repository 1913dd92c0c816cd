"""One parameter of a list each: its words turned into a condition, or refused by name."""

import re
from collections.abc import Callable, Iterable
from copy import copy

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from helpdesk.lookup import row_called
from helpdesk.models import UNRESOLVED, Category, Ticket
from helpdesk.models.configuration import configuration
from helpdesk.text import fold

MAX_VALUES = 100
MAX_LENGTH = 500
MAX_NAMED = 40
MAX_COUNT = 2**31 - 1  # what a column of them holds
NOTHING = "none"
_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class Words(forms.Widget):
    """Every value given under a name."""

    def value_from_datadict(self, data, files, name):
        return data.getlist(name)


class WordsField(forms.Field):
    """The values of a parameter as a condition; how, the filter says."""

    widget = Words

    def __init__(self, condition: Callable[[list[str]], Q], **kwargs):
        super().__init__(required=False, **kwargs)
        self.condition = condition

    def clean(self, values) -> Q:
        words = [str(value).strip() for value in values]
        if len(words) > MAX_VALUES:
            raise ValidationError(_("Give at most %(limit)s values.") % {"limit": MAX_VALUES})
        for word in words:
            if not word:
                raise ValidationError(_("Give a value, or leave the parameter out."))
            if len(word) > MAX_LENGTH or _UNFIT.search(word):
                raise ValidationError(_("This is not a value one can filter by."))
        return self.condition(words)


class WordsFilter(django_filters.Filter):
    """The base: several values, repeated or comma-separated, any of which may hold."""

    several = True
    is_negated = False

    def __init__(self, path: str = "", *, label: str = ""):
        super().__init__(field_name=path, label=label)

    @property
    def field(self) -> WordsField:
        return WordsField(self.none_of if self.is_negated else self.condition, label=self.label)

    def none_of(self, words: list[str]) -> Q:
        """The tickets that `condition` leaves out, those without a value included."""
        return ~self.condition(words)

    def filter(self, queryset, condition: Q | None):
        return queryset if condition is None else queryset.filter(condition)

    def condition(self, words: list[str]) -> Q:
        return _any_of(self.field_name, self.values(words))

    def values(self, words: list[str]) -> list:
        """The stored values of the words; None stands for empty."""
        return [value for word in words for value in self._known(word)]

    def value(self, word: str):
        """The stored value of one word; raises LookupError where there is none."""
        raise NotImplementedError

    def allowed(self) -> Iterable[str]:
        """What may be given, to be named in a refusal."""
        return ()

    @property
    def actor(self):
        return self.parent.actor

    def _known(self, word: str) -> list:
        """A word as it stands, which may hold a comma, or else each part between commas."""
        try:
            return [self.value(word)]
        except LookupError:
            parts = [part.strip() for part in word.split(",") if part.strip()]
            if len(parts) < 2:
                raise self.refusal(word) from None
        found = []
        for part in parts:
            try:
                found.append(self.value(part))
            except LookupError:
                raise self.refusal(part) from None
        return found

    def refusal(self, word: str) -> ValidationError:
        names = list(self.allowed())
        shown = ", ".join(names[:MAX_NAMED]) + (" …" if len(names) > MAX_NAMED else "")
        said = {"value": word[:60], "names": shown}
        if not names:
            return ValidationError(_("There is no “%(value)s” here.") % said)
        return ValidationError(_("There is no “%(value)s”. Known: %(names)s.") % said)


def without(one: WordsFilter) -> WordsFilter:
    """The same filter turned round: none of the values."""
    turned = copy(one)
    turned.is_negated = True
    return turned


class ChoiceFilter(WordsFilter):
    """One of a fixed set of words."""

    def __init__(self, path: str, choices: Iterable[str], *, label: str = ""):
        super().__init__(path, label=label)
        self.choices = tuple(choices)

    def value(self, word: str) -> str:
        if word.casefold() not in self.choices:
            raise LookupError(word)
        return word.casefold()

    def allowed(self) -> Iterable[str]:
        return self.choices


class CategoryFilter(ChoiceFilter):
    """Categories of statuses; `unresolved` is the first three together."""

    def __init__(self, path: str, *, label: str = ""):
        super().__init__(path, [*Category.values, "unresolved"], label=label)

    def values(self, words: list[str]) -> list[str]:
        found = super().values(words)
        wide = [list(UNRESOLVED) if one == "unresolved" else [one] for one in found]
        return [category for some in wide for category in some]


class RowFilter(WordsFilter):
    """Configured rows by id, uuid, slug or name, out of the snapshot."""

    def __init__(self, path: str, rows: Callable, *, empty: bool = False, label: str = ""):
        super().__init__(path, label=label)
        self.rows, self.empty = rows, empty

    def value(self, word: str) -> int | None:
        if self.empty and word.casefold() == NOTHING:
            return None
        row = row_called(self.rows(self.actor), word)
        if row is None:
            raise LookupError(word)
        return row.pk

    def allowed(self) -> Iterable[str]:
        kept = [str(row) for row in self.rows(self.actor).values() if row.deleted_at is None]
        return [*kept, NOTHING] if self.empty else kept


class TagFilter(WordsFilter):
    """Tickets that bear any of the tags; with `without`, those that bear none of them."""

    def __init__(self, *, without: bool = False, label: str = ""):
        super().__init__("tags", label=label)
        self.without = without

    def value(self, word: str) -> int:
        tags = configuration().tags_by_name
        tag = tags.get(fold(word)) or row_called(configuration().tags, word)
        if tag is None or tag.deleted_at is not None:
            raise LookupError(word)
        return tag.pk

    def allowed(self) -> Iterable[str]:
        return [tag.name for tag in configuration().tags.values() if tag.deleted_at is None]

    def condition(self, words: list[str]) -> Q:
        bearing = Ticket.tags.through.objects.filter(tag_id__in=self.values(words))
        bears = Q(pk__in=bearing.values("ticket_id"))
        return ~bears if self.without else bears


class ExactFilter(WordsFilter):
    """Stored text as it is."""

    def value(self, word: str) -> str:
        return word


class CountFilter(WordsFilter):
    """A stored whole number."""

    def value(self, word: str) -> int:
        is_whole = word.isascii() and word.isdecimal() and len(word) <= len(str(MAX_COUNT))
        if not is_whole or int(word) > MAX_COUNT:
            raise LookupError(word)
        return int(word)

    def refusal(self, word: str) -> ValidationError:
        said = {"value": word[:60]}
        return ValidationError(_("“%(value)s” is no whole number.") % said)


def _any_of(path: str, values: list) -> Q:
    """Any of the values, None being empty; one value as an equation, which indexes serve best."""
    kept = list(dict.fromkeys(value for value in values if value is not None))
    said = Q(**{path: kept[0]}) if len(kept) == 1 else Q(**{f"{path}__in": kept})
    if None not in values:
        return said
    empty = Q(**{f"{path}__isnull": True})
    return said | empty if kept else empty
