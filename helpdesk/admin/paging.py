"""Pages without a count: a list of millions answers as fast as a list of ten."""

from functools import cached_property

from django.core.paginator import EmptyPage, Page, Paginator

UNCOUNTED = 9_999_999_999


class AheadPage(Page):
    """A page that knows from one row more whether another one follows."""

    def has_next(self) -> bool:
        return self.paginator.has_more


class AheadPaginator(Paginator):
    """Reads one row beyond the page instead of counting all; every row stays reachable."""

    template_name = "admin/pages_ahead.html"
    has_more = False

    @cached_property
    def count(self) -> int:
        return UNCOUNTED

    def page(self, number: int | str) -> AheadPage:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        rows = list(self.object_list[first : first + self.per_page + 1])
        if not rows and number > 1:
            raise EmptyPage
        self.has_more = len(rows) > self.per_page
        self.shown = (first + 1 if rows else 0, first + min(len(rows), self.per_page))
        return AheadPage(rows[: self.per_page], number, self)
