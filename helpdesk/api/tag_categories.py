"""Groups of tags: read by everyone, written by keys of all queues."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk.actions.labels import MAX_NAME
from helpdesk.api.base import nothing
from helpdesk.api.configured import named
from helpdesk.api.fields import StrictSerializer
from helpdesk.api.listing import ListView, OneView, refuse_bounded
from helpdesk.api.schemas.configured import (
    category_create,
    category_delete,
    category_patch,
    one_of,
    page_of_schema,
)
from helpdesk.models import TagCategory
from helpdesk.models.labels import HUES
from helpdesk.text import fold, one_line

MAX_POSITION = 2**31 - 1


def category_shape(row: TagCategory) -> dict:
    return {**named(row), "hue": row.hue, "position": row.position}


class CategoryInput(StrictSerializer):
    name = serializers.CharField(max_length=MAX_NAME)
    hue = serializers.IntegerField(required=False, min_value=0, max_value=len(HUES) - 1)
    position = serializers.IntegerField(required=False, min_value=0, max_value=MAX_POSITION)

    def validate_name(self, name: str) -> str:
        name = one_line(name)
        if not name:
            raise ValidationError(_("Enter a name."))
        return name


class CategoryRows:
    rows_for = staticmethod(lambda actor: TagCategory.objects.kept())
    shape = staticmethod(category_shape)


@page_of_schema("tag-categories")
class TagCategories(CategoryRows, ListView):
    @category_create
    def post(self, request) -> HttpResponse:
        """Make a category. One of that name that was removed comes back."""
        refuse_bounded(self.actor)
        fields = self.checked(CategoryInput)
        with transaction.atomic():
            folded = fold(fields["name"])[:160]
            rows = TagCategory.objects.select_for_update()
            row = rows.filter(name_folded=folded).first() or TagCategory()
            if row.pk and row.deleted_at is None:
                raise ValidationError({"name": _("There is such a category already.")})
            row.deleted_at = None
            _set(row, fields)
            row.save()
        return self.said(row, 201)


@one_of("tag-categories")
class OneTagCategory(CategoryRows, OneView):
    @category_patch
    def patch(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        refuse_bounded(self.actor)
        fields = self.checked(CategoryInput, partial=True)
        folded = fold(fields.get("name", row.name))[:160]
        if TagCategory.objects.filter(name_folded=folded).exclude(pk=row.pk).exists():
            raise ValidationError({"name": _("There is such a category already.")})
        _set(row, fields)
        if fields:
            row.save(update_fields=set(fields))
        return self.said(row)

    @category_delete
    def delete(self, request, ref: str) -> HttpResponse:
        """Its tags stay, without a category."""
        row = self.row(ref)
        refuse_bounded(self.actor)
        with transaction.atomic():
            row.tags.update(category=None)
            row.deleted_at = timezone.now()
            row.save(update_fields=["deleted_at"])
        return nothing()


def _set(row: TagCategory, fields: dict) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
