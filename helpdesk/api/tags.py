"""Tags: read by everyone, made by whoever writes, renamed and removed by keys of all queues."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk.actions.configuring import make_setting
from helpdesk.actions.labels import MAX_NAME, tags_named
from helpdesk.api.base import PAGING
from helpdesk.api.configuring import ReplacedOne, SettingRows, WrittenOne
from helpdesk.api.fields import RowField, StrictSerializer
from helpdesk.api.listing import BY_NAME, SEARCH, ListView
from helpdesk.api.schemas.configured import (
    TagRead,
    replace_of,
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
    model = Tag
    input = TagInput
    rows_for = staticmethod(lambda actor: Tag.objects.kept())
    shape = staticmethod(tag_shape)


@tag_rows
class Tags(TagRows, SettingRows, ListView):
    params = (*PAGING, SEARCH)
    reads = TagRead
    sort = BY_NAME

    @tag_create
    def post(self, request) -> HttpResponse:
        """Make a tag. One of that name that was removed comes back; one that is there is a 400.

        Whoever writes makes tags; only keys of all queues put them into categories of theirs.
        """
        fields = self.checked(TagInput)
        if self.actor.queues is None:
            return self.said(make_setting(Tag, by=self.actor, **fields), 201)
        with transaction.atomic():
            known = Tag.objects.kept().filter(name_folded=fold(fields["name"])[:160])
            if known.exists():
                raise ValidationError({"name": _("There is such a tag already.")})
            [tag] = tags_named([fields["name"]])
            if fields.get("category") is not None:
                tag.category = fields["category"]
                tag.save(update_fields=["category"])
        return self.said(tag, 201)


@tag_row
class OneTag(TagRows, WrittenOne):
    patch = tag_patch(WrittenOne.patch)
    delete = tag_delete(WrittenOne.delete)


@replace_of("tags")
class ReplacedTag(TagRows, ReplacedOne):
    pass
