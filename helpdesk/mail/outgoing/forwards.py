"""A message that agents forward to people outside the conversation, written out.

The words are plain text, as the agent saw them; what is quoted stands in a quotation of its own.
Nothing else of the ticket goes along: no template, no earlier messages.
"""

from itertools import groupby
from operator import attrgetter

from django.db.models import Q
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from helpdesk.actions.forwarding import parted, writer_of
from helpdesk.mail.addresses import tagged
from helpdesk.mail.outgoing.letters import Letter, letter
from helpdesk.mail.outgoing.templates import Words
from helpdesk.mail.outgoing.writing import (
    enclosed,
    envelope_of,
    locale,
    mailed,
    signatures,
)
from helpdesk.models import OutgoingMail
from helpdesk.text import fold, one_line, plain_to_html

MARK = ">"


def forward_letter(mail: OutgoingMail) -> Letter:
    """Raises NotToBeSent for what was taken back meanwhile."""
    comment, sending = mailed(mail, attrgetter("is_forward"))
    ticket = mail.ticket
    signature = signatures(comment.author, sending)
    own, quoted = parted(comment.body)
    return letter(
        envelope_of(mail, sending),
        Words(
            subject=tagged(f"Fwd: {one_line(ticket.title)}", ticket),
            text="\n\n".join(filter(None, (own, signature.text, quoted))) + "\n",
            html=mark_safe("\n".join((as_html(own), signature.html, as_html(quoted)))),
        ),
        message_id=mail.message_id,
        locale=locale(mail.person),
        thread=_answered(mail),
        automatic="auto-generated" if mail.is_automatic else "",
        enclosed=enclosed(Q(comment=comment, public=False) | _of_the_message(mail)),
    )


def as_html(text: str) -> SafeString:
    """Escaped, with a quotation for each run of quoted lines."""
    parts = []
    for is_quoted, lines in groupby(text.split("\n"), lambda line: line.startswith(MARK)):
        words = "\n".join(line[1:].removeprefix(" ") if is_quoted else line for line in lines)
        html = plain_to_html(words)
        parts.append(format_html("<blockquote>{}</blockquote>", html) if is_quoted else html)
    return mark_safe("\n".join(parts))  # parts of escaped text


def _answered(mail: OutgoingMail) -> list[str]:
    """The Message-ID of what it answers, for whoever wrote that."""
    before = mail.comment.in_reply_to
    writer = writer_of(before) if before is not None else None
    is_theirs = writer is not None and fold(writer["address"]) == fold(mail.address)
    return [before.message_id] if is_theirs and before.message_id else []


def _of_the_message(mail: OutgoingMail) -> Q:
    """Its files that the agent left ticked, as long as they are still with the message."""
    names = mail.comment.extra["forward"].get("files", [])
    of = mail.comment.in_reply_to_id
    found = Q(uuid__in=names, public=True, comment=of)
    return found if of else found & Q(ticket=mail.ticket)
