"""Tags: read by everyone, made by whoever writes, renamed and removed by keys of all queues."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk.actions.labels import MAX_NAME
from helpdesk.api.base import PAGING, nothing
from helpdesk.api.fields import RowField, StrictSerializer
from helpdesk.api.listing import BY_NAME, SEARCH, ListView, OneView, refuse_bounded
from helpdesk.api.schemas.configured import (
    TagRead,
    tag_create,
    tag_delete,
    tag_patch,
    tag_row,
    tag_rows,
)
from helpdesk.models import Tag
from helpdesk.models.configuration import configuration
from helpdesk.text import fold, one_line


def tag_shape(row: Tag) -> dict:
    category = configuration().categories.get(row.category_id)
    return {
        "id": row.pk,
        "uuid": row.uuid,
        "name": row.name,
        "hue": category.hue if category else row.pk % 9,
        "category": {"id": category.pk, "uuid": category.uuid, "name": category.name}
        if category
        else None,
    }


class TagInput(StrictSerializer):
    name = serializers.CharField(max_length=MAX_NAME)
    category = RowField(lambda actor: configuration().categories, required=False, allow_null=True)

    def validate_name(self, name: str) -> str:
        name = one_line(name)
        if not name:
            raise ValidationError(_("Enter a name."))
        return name


class TagRows:
    rows_for = staticmethod(lambda actor: Tag.objects.kept())
    shape = staticmethod(tag_shape)


@tag_rows
class Tags(TagRows, ListView):
    params = (*PAGING, SEARCH)
    reads = TagRead
    sort = BY_NAME

    @tag_create
    def post(self, request) -> HttpResponse:
        """Make a tag. One of that name that was removed comes back; one that is there is a 400."""
        fields = self.checked(TagInput)
        name = fields["name"]
        with transaction.atomic():
            tag = Tag.objects.select_for_update().filter(name_folded=_key(name)).first()
            if tag is not None and tag.deleted_at is None:
                raise ValidationError({"name": _("There is such a tag already.")})
            tag = tag or Tag()
            tag.name, tag.category, tag.deleted_at = name, fields.get("category"), None
            tag.save()
        return self.said(tag, 201)


@tag_row
class OneTag(TagRows, OneView):
    @tag_patch
    def patch(self, request, ref: str) -> HttpResponse:
        tag = self.row(ref)
        refuse_bounded(self.actor)
        fields = self.checked(TagInput, partial=True)
        name = fields.get("name", tag.name)
        others = Tag.objects.filter(name_folded=_key(name)).exclude(pk=tag.pk)
        if others.exists():
            raise ValidationError({"name": _("There is such a tag already.")})
        for column, value in fields.items():
            setattr(tag, column, value)
        if fields:
            tag.save(update_fields=set(fields))
        return self.said(tag)

    @tag_delete
    def delete(self, request, ref: str) -> HttpResponse:
        tag = self.row(ref)
        refuse_bounded(self.actor)
        tag.deleted_at = timezone.now()
        tag.save(update_fields=["deleted_at"])
        return nothing()


def _key(name: str) -> str:
    return fold(name)[:160]
