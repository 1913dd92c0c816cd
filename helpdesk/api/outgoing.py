"""What became of a comment, or of a ticket's own text, that was mailed; and sending it again."""

from django.http import HttpResponse

from helpdesk import actions
from helpdesk.actions.outgoing import BOUNCED
from helpdesk.api.base import PAGING, ApiView, answer, found_or_404
from helpdesk.api.comments import CommentView
from helpdesk.api.schemas.outgoing import (
    mail_list,
    mail_resend,
    opening_mail_list,
    opening_mail_resend,
)
from helpdesk.filters import SortKey
from helpdesk.models import OutgoingMail


class MailView(CommentView):
    def mails(self, ref: str, comment_ref: str):
        comment = self.comment(ref, comment_ref)
        rows = comment.outgoing.filter(kind__in=OutgoingMail.OF_COMMENTS)
        return rows.select_related("recipient")


class MailOfComment(MailView):
    params = PAGING

    @mail_list
    def get(self, request, ref: str, comment_ref: str) -> HttpResponse:
        rows = self.mails(ref, comment_ref)
        return self.list_of(rows, [SortKey("id")], lambda found: [_mail(one) for one in found])


class ResentMail(MailView):
    @mail_resend
    def post(self, request, ref: str, comment_ref: str, mail: str) -> HttpResponse:
        row = found_or_404(self.mails(ref, comment_ref), mail)
        return answer(_mail(actions.resend_mail(row, by=self.actor)))


class OpeningMailView(ApiView):
    def mails(self, ref: str):
        rows = self.ticket(ref).outgoing.filter(kind=OutgoingMail.Kind.OPENING)
        return rows.select_related("recipient")


class MailOfOpening(OpeningMailView):
    params = PAGING

    @opening_mail_list
    def get(self, request, ref: str) -> HttpResponse:
        rows = self.mails(ref)
        return self.list_of(rows, [SortKey("id")], lambda found: [_mail(one) for one in found])


class ResentOpening(OpeningMailView):
    @opening_mail_resend
    def post(self, request, ref: str, mail: str) -> HttpResponse:
        row = found_or_404(self.mails(ref), mail)
        return answer(_mail(actions.resend_mail(row, by=self.actor)))


def _mail(mail: OutgoingMail) -> dict:
    recipient = mail.recipient
    came_back = recipient is not None and recipient.state == BOUNCED
    return {
        "id": mail.pk,
        "uuid": mail.uuid,
        "kind": recipient.kind if recipient is not None else "to",
        "address": mail.address,
        "name": mail.name,
        "message_id": mail.message_id,
        "state": BOUNCED if came_back and mail.state == OutgoingMail.State.SENT else mail.state,
        "error": mail.last_error,
        "tries": mail.tries,
        "created_at": mail.created_at,
        "ended_at": mail.ended_at,
    }
