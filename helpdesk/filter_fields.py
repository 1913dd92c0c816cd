"""One parameter of a list each: its words turned into a condition, or refused by name."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, time

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, Value
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from helpdesk import search
from helpdesk.lookup import organisations_called, people_called, row_called, tickets_called
from helpdesk.models import UNRESOLVED, Category, CustomField, Ticket, custom_values
from helpdesk.models.configuration import configuration
from helpdesk.text import fold

MAX_VALUES = 100
MAX_LENGTH = 500
MAX_NAMED = 40
NOTHING = "none"
ME = "me"
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

    def __init__(self, path: str = "", *, label: str = ""):
        super().__init__(field_name=path, label=label)

    @property
    def field(self) -> WordsField:
        return WordsField(self.condition, label=self.label)

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


class LookedUpFilter(WordsFilter):
    """Rows of a table that may be large: all words in one statement, within the actor's reach."""

    def __init__(self, path: str, look_up: Callable, *, label: str = ""):
        super().__init__(path, label=label)
        self.look_up = look_up

    def values(self, words: list[str]) -> list[int | None]:
        parts = [part.strip() for word in words for part in self._parts(word)]
        said = {part: self.own(part) for part in parts}
        wanted = [part for part in parts if said[part] == ()]
        found = self.look_up(wanted, self.actor) if wanted else {}
        for part in wanted:
            if part not in found:
                raise self.refusal(part)
        return [found[part].pk if said[part] == () else said[part][0] for part in parts]

    def own(self, word: str) -> tuple:
        """The value of a word that needs no look-up, in a tuple; empty for the others."""
        return (None,) if word.casefold() == NOTHING else ()

    def _parts(self, word: str) -> list[str]:
        return [part for part in word.split(",") if part.strip()] or [word]


class OrganisationFilter(LookedUpFilter):
    def __init__(self, path: str, *, label: str = ""):
        super().__init__(path, organisations_called, label=label)

    def _parts(self, word: str) -> list[str]:
        return [word]  # a company's name may hold a comma


class PersonFilter(LookedUpFilter):
    """People by id, uuid or e-mail; `me` is the person who asks, `none` nobody."""

    def __init__(self, path: str, *, label: str = ""):
        super().__init__(path, people_called, label=label)

    def own(self, word: str) -> tuple:
        if word.casefold() != ME:
            return super().own(word)
        if self.actor.person_id is None:
            raise ValidationError(_("This key acts as nobody: there is no “me”."))
        return (self.actor.person_id,)


class TicketFilterField(LookedUpFilter):
    """Tickets by number or uuid."""

    def __init__(self, path: str, *, empty: bool = True, label: str = ""):
        super().__init__(path, tickets_called, label=label)
        self.empty = empty

    def own(self, word: str) -> tuple:
        return super().own(word) if self.empty else ()


class ExactFilter(WordsFilter):
    """Stored text as it is."""

    def value(self, word: str) -> str:
        return word


class SingleFilter(WordsFilter):
    """A parameter that can be said only once."""

    several = False

    def condition(self, words: list[str]) -> Q:
        if len(words) > 1:
            raise ValidationError(_("Give one value."))
        return self.one(words[0])

    def one(self, word: str) -> Q:
        raise NotImplementedError


class MomentFilter(SingleFilter):
    """From a moment on (`gte`) or before it (`lt`)."""

    def __init__(self, path: str, lookup: str, *, label: str = ""):
        super().__init__(path, label=label)
        self.lookup = lookup

    def one(self, word: str) -> Q:
        return Q(**{f"{self.field_name}__{self.lookup}": moment_in(word)})


class OverdueFilter(SingleFilter):
    def one(self, word: str) -> Q:
        late = Q(due_at__lt=timezone.now(), status_category__in=UNRESOLVED)
        return late if _truth_in(word) else ~Q(late, due_at__isnull=False)


class SearchFilter(SingleFilter):
    """Full text: every word, or a ticket's number."""

    def one(self, word: str) -> Q:
        return Q()

    def filter(self, queryset, condition: Q | None):
        if condition is None:
            return queryset
        [word] = self.parent.data.getlist("search")
        return search.matching(queryset, word, self.actor)


class CustomFilter(WordsFilter):
    """A custom field's value, in the words of its kind; `none` where it is not set."""

    def __init__(self, custom: CustomField):
        super().__init__(f"custom.{custom.key}", label=custom.name)
        self.custom = custom

    def value(self, word: str):
        if word.casefold() == NOTHING:
            return None
        if self.custom.kind == CustomField.Kind.PEOPLE:
            found = people_called([word], self.actor)
            return found[word].pk
        try:
            stored = custom_values.clean(self.custom, word)
        except ValidationError as error:
            raise LookupError(word) from error
        return stored[0] if isinstance(stored, list) else stored

    def allowed(self) -> Iterable[str]:
        if self.custom.has_options:
            options = configuration().options_of.get(self.custom.pk, ())
            return [*(option.label for option in options), NOTHING]
        if self.custom.kind == CustomField.Kind.TOGGLE:
            return ["true", "false", NOTHING]
        return ()

    def condition(self, words: list[str]) -> Q:
        key, said = self.custom.key, Q()
        for value in self.values(words):
            if value is None:
                said |= ~Q(custom__has_key=key)
            elif connection.vendor == "postgresql":  # served by a GIN index
                said |= Q(custom__contains={key: [value] if self.custom.is_many else value})
            elif self.custom.is_many:
                said |= Q(_HasElement(F("custom"), Value(f'$."{key}"'), Value(value)))
            else:
                said |= Q(**{f"custom__{key}": value})
        return said


class _HasElement(Func):
    """Whether a list in a JSON column holds a value, on SQLite."""

    template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s))"
    output_field = BooleanField()

    def as_sqlite(self, compiler, connection):
        column, path, value = (
            compiler.compile(expression) for expression in self.get_source_expressions()
        )
        sql = f"EXISTS (SELECT 1 FROM json_each({column[0]}, {path[0]}) WHERE value = {value[0]})"
        return sql, [*column[1], *path[1], *value[1]]


def moment_in(word: str) -> datetime:
    """A moment, or the beginning of a day, in the reader's time zone unless it says another."""
    text = word.strip()
    if len(text) > 6 and text[-6] == " " and "T" in text:
        text = f"{text[:-6]}+{text[-5:]}"  # a plus sign that an address turned into a space
    try:
        day = parse_date(text)
        moment = datetime.combine(day, time.min) if day else parse_datetime(text)
        if moment is not None and timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
        moment = moment.astimezone(timezone.get_default_timezone()) if moment else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not 1 < moment.year < 9999:
        raise ValidationError(
            _("“%(value)s” is not a time. Write 2026-11-16 or 2026-11-16T09:30:00Z.")
            % {"value": word[:60]}
        )
    return moment


def _truth_in(word: str) -> bool:
    found = custom_values.TOGGLES.get(word.casefold())
    if found is None:
        raise ValidationError(_("Give true or false."))
    return found


def _any_of(path: str, values: list) -> Q:
    """Any of the values, None being empty; one value as an equation, which indexes serve best."""
    kept = list(dict.fromkeys(value for value in values if value is not None))
    said = Q(**{path: kept[0]}) if len(kept) == 1 else Q(**{f"{path}__in": kept})
    if None not in values:
        return said
    empty = Q(**{f"{path}__isnull": True})
    return said | empty if kept else empty
