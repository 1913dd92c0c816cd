"""Parameters that are looked up, or hold one value: people, tickets, moments, words, custom."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, Value
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from helpdesk import search
from helpdesk.filter_fields import NOTHING, WordsFilter
from helpdesk.lookup import organisations_called, people_called, tickets_called
from helpdesk.models import UNRESOLVED, CustomField, custom_values
from helpdesk.models.configuration import configuration

ME = "me"
COMPARISONS = ("gt", "gte", "lt", "lte")
SPAN = re.compile(r"(-?)(\d{1,4})([mhdw])")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


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
    """People by id, uuid, e-mail or name; `me` is the person who asks, `none` nobody."""

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


class SinceFilter(SingleFilter):
    """Whatever was written since: also what came with times of the past, as an import does."""

    def one(self, word: str) -> Q:
        moment = moment_in(word)
        return Q(updated_at__gte=moment) | Q(stored_at__gte=moment)


class EmptyFilter(SingleFilter):
    """A moment that is not there: `none` is the one word it takes; ranges have their own names."""

    several = True  # it may be turned round

    def one(self, word: str) -> Q:
        if word.casefold() != NOTHING:
            said = {"name": self.field_name}
            raise ValidationError(
                _("Only “none”. For times use %(name)s_after and %(name)s_before.") % said
            )
        return Q(**{f"{self.field_name}__isnull": True})


class TruthFilter(SingleFilter):
    """Whether something holds of a row."""

    def __init__(self, holds: Q, *, label: str = ""):
        super().__init__(label=label)
        self.holds = holds

    def one(self, word: str) -> Q:
        return self.holds if _truth_in(word) else ~self.holds


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

    def none_of(self, words: list[str]) -> Q:
        unset = ~Q(custom__has_key=self.custom.key)
        return ~self.condition(words) if None in self.values(words) else self._not(words) | unset

    def _not(self, words: list[str]) -> Q:
        return Q(custom__has_key=self.custom.key) & ~self.condition(words)


class CustomRangeFilter(SingleFilter):
    """A custom field that has an order, compared: `custom.seats.gte=3`."""

    def __init__(self, custom: CustomField, lookup: str):
        super().__init__(f"custom.{custom.key}.{lookup}", label=custom.name)
        self.custom, self.lookup = custom, lookup

    def one(self, word: str) -> Q:
        stored = custom_values.clean(self.custom, word)
        return Q(**{f"custom__{self.custom.key}__{self.lookup}": stored})


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
    """A moment, or the beginning of a day, in the reader's time zone unless it says another.

    A span is counted from now: `-7d` a week ago, `2h` in two hours.
    """
    text = word.strip()
    if span := SPAN.fullmatch(text):
        distance = timedelta(**{UNITS[span[3]]: int(span[2])})
        return timezone.now() - distance if span[1] else timezone.now() + distance
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
