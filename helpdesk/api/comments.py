"""What is said on a ticket: read, said, edited, redacted, deleted."""

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk import actions
from helpdesk.actions.comments import MAX_BODY
from helpdesk.api.base import PAGING, ApiView, answer, found_or_404, nothing
from helpdesk.api.comment_filters import FILTERS, OF_ONE_TICKET, SORT, condition_in, sort_in
from helpdesk.api.comment_shape import (
    COMMENTS,
    comment_rows,
    comment_shapes,
    comments_of,
    visible_comments,
)
from helpdesk.api.fields import StrictSerializer
from helpdesk.api.preconditions import unchanged_since
from helpdesk.api.schemas.conversation import (
    CommentRead,
    comment_delete,
    comment_get,
    comment_list,
    comment_patch,
    comment_post,
    comment_redact,
    comments_of_all,
)
from helpdesk.api.ticket_input import MAX_FILES, ForOthersInput, waiting_files
from helpdesk.models import Comment, Format

BY_TIME = "happened_at"
BY_ID = "id"


class CommentInput(ForOthersInput):
    body = serializers.CharField(trim_whitespace=False, allow_blank=True, max_length=MAX_BODY)
    format = serializers.ChoiceField(Format.choices, default=Format.PLAIN)
    public = serializers.BooleanField(
        help_text="Always said: true for a reply that customers read, false for an internal note."
    )
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_FILES
    )

    def to_internal_value(self, data):
        if "public" in data and not isinstance(data["public"], bool):
            raise ValidationError({"public": [_("Say true or false.")]})
        return super().to_internal_value(data)


class CommentChange(StrictSerializer):
    body = serializers.CharField(trim_whitespace=False, allow_blank=True, max_length=MAX_BODY)
    format = serializers.ChoiceField(Format.choices, required=False)


class CommentView(ApiView):
    """What the endpoints of comments share."""

    xml = "comment"

    def comment(self, ref: str, comment_ref: str) -> Comment:
        ticket = self.ticket(ref)
        rows = comments_of(ticket.pk, self.actor).select_related("ticket")
        return found_or_404(rows, comment_ref)

    def said(self, comment: Comment, status: int = 200) -> HttpResponse:
        row = COMMENTS.get(pk=comment.pk)
        [shape] = comment_shapes([row], self.actor, self.url("/").rstrip("/"))
        return answer(shape, status, {"Location": shape["url"]} if status == 201 else None)

    def page_of_comments(self, rows: QuerySet, usual: str) -> HttpResponse:
        """Rows of `COMMENTS` that the actor may read, narrowed and sorted as it was asked for."""
        params, site = self.request.GET, self.url("/").rstrip("/")
        return self.list_of(
            rows.filter(condition_in(params, self.actor)),
            sort_in(params, usual),
            lambda found: comment_shapes(found, self.actor, site),
        )


class EveryComment(CommentView):
    """What is said on all tickets that the key sees, in the order in which it was stored."""

    params = (*FILTERS, SORT, *PAGING)
    reads = CommentRead

    @comments_of_all
    def get(self, request) -> HttpResponse:
        return self.page_of_comments(visible_comments(self.actor), BY_ID)


class Comments(CommentView):
    params = (*OF_ONE_TICKET, SORT, *PAGING)
    reads = CommentRead

    @comment_list
    def get(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        return self.page_of_comments(comment_rows(ticket.pk, self.actor), BY_TIME)

    @comment_post
    def post(self, request, ref: str) -> HttpResponse:
        ticket = self.ticket(ref)
        said = self.checked(CommentInput)
        verb = actions.reply if said.pop("public") else actions.add_note
        by, author = self.actor, said.pop("on_behalf_of", None)
        if author is not None:
            by, said["author"] = by.speaking_for(author.pk), author
        if at := said.pop("created_at", None):
            said["at"] = at
        if files := said.pop("attachments", None):
            said["attachments"] = waiting_files(files, self.actor)
        with unchanged_since(request, ticket, self.actor):
            comment = verb(ticket, by=by, **said)
        return self.said(comment, 201)


class OneComment(CommentView):
    @comment_get
    def get(self, request, ref: str, comment_ref: str) -> HttpResponse:
        return self.said(self.comment(ref, comment_ref))

    @comment_patch
    def patch(self, request, ref: str, comment_ref: str) -> HttpResponse:
        comment = self.comment(ref, comment_ref)
        said = self.checked(CommentChange, partial=True)
        words = {"body": comment.body, **said}
        return self.said(actions.edit_comment(comment, by=self.actor, **words))

    @comment_delete
    def delete(self, request, ref: str, comment_ref: str) -> HttpResponse:
        actions.delete_comment(self.comment(ref, comment_ref), by=self.actor)
        return nothing()


class RedactedComment(CommentView):
    """The words and files of a comment taken away for good."""

    @comment_redact
    def post(self, request, ref: str, comment_ref: str) -> HttpResponse:
        return self.said(actions.redact_comment(self.comment(ref, comment_ref), by=self.actor))
