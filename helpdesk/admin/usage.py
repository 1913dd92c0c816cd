"""What uses a setting: counted in the statement of its list, and in the way of its deletion."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import ngettext_lazy

from helpdesk.models import Ticket


@dataclass(frozen=True)
class Use:
    """Rows that point at a setting by `column`; `words` take their number as `count`."""

    name: str
    rows: Callable[[], QuerySet]
    column: str
    words: object

    def annotation(self) -> Coalesce:
        """How many rows point at each row of a list: part of the list's own statement."""
        pointing = self.rows().filter(**{self.column: OuterRef("pk")}).order_by()
        counted = pointing.values(self.column).annotate(number=Count("*")).values("number")
        return Coalesce(Subquery(counted, output_field=IntegerField()), 0)

    def said(self, row: Model) -> str:
        """“312 tickets”, or nothing if the row is not used so."""
        number = getattr(row, self.name, 0)
        return str(self.words % {"count": number}) if number else ""


def tickets_by(column: str) -> Use:
    """Tickets outside the trash that name the row in this column."""
    return Use(
        "used_by_tickets",
        lambda: Ticket.objects.filter(deleted_at=None),
        column,
        ngettext_lazy("%(count)d ticket", "%(count)d tickets", "count"),
    )


def uses_of(row: Model, uses: tuple[Use, ...]) -> list[str]:
    return [words for use in uses if (words := use.said(row))]
