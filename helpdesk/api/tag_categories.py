"""Groups of tags: read by everyone, written by keys of all queues."""

from django.http import HttpResponse

from helpdesk.actions.configuring import retire_setting
from helpdesk.api.base import nothing
from helpdesk.api.configured import named
from helpdesk.api.configuring import OrderedList, WrittenList, WrittenOne
from helpdesk.api.listing import refuse_bounded
from helpdesk.api.schemas.configured import one_of, order_of, page_of_schema
from helpdesk.api.setting_inputs import INPUTS
from helpdesk.models import Tag, TagCategory
from helpdesk.models.configuration import touch


def category_shape(row: TagCategory) -> dict:
    return {**named(row), "hue": row.hue, "position": row.position}


class CategoryRows:
    model = TagCategory
    input = INPUTS["tag-categories"]
    rows_for = staticmethod(lambda actor: TagCategory.objects.kept())
    shape = staticmethod(category_shape)


@page_of_schema("tag-categories")
class TagCategories(CategoryRows, WrittenList):
    pass


@one_of("tag-categories")
class OneTagCategory(CategoryRows, WrittenOne):
    def delete(self, request, ref: str) -> HttpResponse:
        """Its tags stay, without a category."""
        row = self.row(ref)
        refuse_bounded(self.actor)
        with self.unchanged(row) as held:
            Tag.objects.filter(category=held).update(category=None)
            touch()
            retire_setting(held, by=self.actor)
        return nothing()


@order_of("tag-categories")
class OrderedTagCategories(CategoryRows, OrderedList):
    pass
