"""Canned replies: those of the key's person, of that person's teams, and everyone's."""

from django.http import HttpResponse
from rest_framework import serializers

from helpdesk.actions.canned import MAX_BODY, MAX_NAME, delete_reply, replies_of, save_reply
from helpdesk.actions.worded import retire_words
from helpdesk.actor import Actor
from helpdesk.api.base import PAGING, nothing
from helpdesk.api.configured import named
from helpdesk.api.listing import BY_ID, ListView, OneView
from helpdesk.api.placed import PlacedInput, place_in, place_shape, use_shape
from helpdesk.api.schemas.placed import (
    CannedReplyRead,
    reply_delete,
    reply_patch,
    reply_post,
    reply_row,
    reply_rows,
)
from helpdesk.api.ticket_input import TagNames
from helpdesk.models import CannedReply, Format


def reply_shape(row: CannedReply) -> dict:
    return {
        **named(row),
        "body": row.body,
        "format": row.format,
        "tags": sorted(tag.name for tag in row.tags.all()),
        **place_shape(row),
        **use_shape(row),
        "updated_at": row.updated_at,
    }


class ReplyInput(PlacedInput):
    name = serializers.CharField(max_length=MAX_NAME)
    body = serializers.CharField(max_length=MAX_BODY, trim_whitespace=False)
    format = serializers.ChoiceField(Format.choices, required=False)
    tags = TagNames()
    retired = serializers.BooleanField(required=False)


def _rows(actor: Actor):
    return replies_of(actor).prefetch_related("tags")


class ReplyRows:
    rows_for = staticmethod(_rows)
    shape = staticmethod(reply_shape)

    def again(self, row: CannedReply, status: int = 200) -> HttpResponse:
        return self.said(_rows(self.actor).get(pk=row.pk), status)


@reply_rows
class CannedReplies(ReplyRows, ListView):
    params = PAGING
    reads = CannedReplyRead
    sort = BY_ID

    @reply_post
    def post(self, request) -> HttpResponse:
        fields = self.checked(ReplyInput)
        place, retired = place_in(fields, self.actor), fields.pop("retired", False)
        row = save_reply(by=self.actor, **fields, **place)
        return self.again(retire_words(row, by=self.actor, is_retired=retired), 201)


@reply_row
class OneCannedReply(ReplyRows, OneView):
    @reply_patch
    def patch(self, request, ref: str) -> HttpResponse:
        row = self.row(ref)
        fields = self.checked(ReplyInput, partial=True)
        place = place_in(fields, self.actor, row)
        retired = fields.pop("retired", row.retired_at is not None)
        kept = {"name": row.name, "body": row.body, "format": row.format}
        kept["tags"] = list(row.tags.all())
        saved = save_reply(row, by=self.actor, **{**kept, **fields}, **place)
        return self.again(retire_words(saved, by=self.actor, is_retired=retired))

    @reply_delete
    def delete(self, request, ref: str) -> HttpResponse:
        delete_reply(self.row(ref), by=self.actor)
        return nothing()
