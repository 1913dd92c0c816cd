"""How settings are written: made, changed, put in order, replaced, removed, each under a condition.

What is read tells its `ETag`, a hash of what was shown; `If-Match` holds a write to it.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk.actions.configuring import (
    change_setting,
    make_setting,
    order_settings,
    retire_setting,
)
from helpdesk.actions.replacing import replace_setting
from helpdesk.api.base import JSON, answer, nothing
from helpdesk.api.fields import CalledField, StrictSerializer
from helpdesk.api.listing import ListView, OneView, RowsView, refuse_bounded
from helpdesk.doors.errors import PreconditionFailed
from helpdesk.lookup import row_called
from helpdesk.models import Stamp

MAX_IDS = 1000


def tag_of(shape: dict) -> str:
    """The ETag of what is shown of a setting."""
    content = orjson.dumps(shape, default=str, option=JSON | orjson.OPT_SORT_KEYS)
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


class SettingRows(RowsView):
    """A setting with its ETag. `model` and `input` say how it is written."""

    model: type[Model]
    input: type[serializers.Serializer]

    def said(self, row, status: int = 200) -> HttpResponse:
        shape = self.shaped(row)
        response = answer(shape, status)
        response["ETag"] = tag_of(shape)
        return response

    @contextmanager
    def unchanged(self, row: Model) -> Iterator[Model]:
        """Hold a setting as `If-Match` says while the block changes it: 412 if it is another."""
        with transaction.atomic():
            header = self.request.headers.get("If-Match", "*").strip()
            if header != "*":
                Stamp.objects.select_for_update().filter(pk=1).first()
                row = type(self).rows_for(self.actor).get(pk=row.pk)
                wanted = {part.strip().removeprefix("W/") for part in header.split(",")}
                if tag_of(self.shaped(row)) not in wanted:
                    words = _("The setting was changed since the version that If-Match names.")
                    raise PreconditionFailed([], words)
            yield row

    def written(self, **options) -> dict:
        """The fields that were sent, as the verbs take them."""
        return self.checked(type(self).input, **options)


class WrittenList(SettingRows, ListView):
    """`POST` makes one."""

    def post(self, request) -> HttpResponse:
        refuse_bounded(self.actor)
        row = make_setting(self.model, by=self.actor, **self.written())
        response = self.said(row, 201)
        response["Location"] = self.url(f"{self.request.path}{row.pk}/")
        return response


class WrittenOne(SettingRows, OneView):
    """`PATCH` changes it, `DELETE` removes what nothing uses."""

    def patch(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        refuse_bounded(self.actor)
        fields = self.written(partial=True, context={"row": row})
        with self.unchanged(row) as held:
            return self.said(change_setting(held, by=self.actor, **fields))

    def delete(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        refuse_bounded(self.actor)
        with self.unchanged(row) as held:
            retire_setting(held, by=self.actor)
        return nothing()

    def checked(self, serializer, *, context: dict | None = None, **options) -> dict:
        one = serializer(
            data=self.body(), context={"actor": self.actor, **(context or {})}, **options
        )
        one.is_valid(raise_exception=True)
        return one.validated_data


class OrderInput(StrictSerializer):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=MAX_IDS
    )


class OrderedList(SettingRows):
    """`POST …/order/` puts the named rows first."""

    http_method_names = ("post",)

    def post(self, request) -> HttpResponse:
        refuse_bounded(self.actor)
        ids = self.checked(OrderInput)["ids"]
        rows = {row.pk: row for row in type(self).rows_for(self.actor).filter(pk__in=ids)}
        if missing := [pk for pk in ids if pk not in rows]:
            words = _("There is no “%(value)s”.") % {"value": missing[0]}
            raise ValidationError({"ids": words})
        order_settings(self.model, [rows[pk] for pk in ids], by=self.actor)
        ordered = type(self).rows_for(self.actor).order_by("position", "pk")
        shapes = [self.shaped(row) for row in ordered[:MAX_IDS]]
        return answer({"results": shapes, "next": None, "previous": None})


class IntoInput(StrictSerializer):
    into = CalledField(lambda values, actor: {})


class ReplacedOne(SettingRows, OneView):
    """`POST …/replace/` gives its tickets another one and removes it."""

    http_method_names = ("post",)

    def post(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        refuse_bounded(self.actor)
        into = self.into(self.checked(IntoInput)["into"].word)
        with self.unchanged(row) as held:
            number = replace_setting(held, into, by=self.actor)
        return answer({"tickets": number, "into": self.shaped(into)})

    def into(self, word) -> Model:
        rows = {row.pk: row for row in type(self).rows_for(self.actor)}
        return called(rows, word, "into")


def called(rows: dict[int, Model], word, field: str) -> Model:
    """The row of an id, uuid or name. Raises ValidationError under the field."""
    found = row_called(rows, word)
    if found is None:
        words = _("There is no “%(value)s”.") % {"value": str(word)[:60]}
        raise ValidationError({field: words})
    return found
