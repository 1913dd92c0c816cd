"""The words around what is sent: ours, or those of the administrators, with variables filled in.

Values come from strangers. They are looked up in a table and never run: in the HTML part they are
put in, escaped, after the words around them were made into HTML.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.actor import Actor
from helpdesk.canned_text import NAMES, VARIABLE, values_for
from helpdesk.models import MailTemplate, Ticket, User
from helpdesk.permissions import authorise
from helpdesk.text import markdown_to_html, one_line

REPLY, ACKNOWLEDGEMENT, NOTICE, DIGEST = "reply", "ack", "notice", "digest"
KINDS = {
    REPLY: gettext_lazy("Reply"),
    ACKNOWLEDGEMENT: gettext_lazy("Acknowledgement"),
    NOTICE: gettext_lazy("Notification"),
    DIGEST: gettext_lazy("Digest of notifications"),
}
EXPLAINED = {
    REPLY: gettext_lazy("Around what an agent writes to a customer."),
    ACKNOWLEDGEMENT: gettext_lazy("To whoever opened a ticket by mail, where a mailbox does so."),
    NOTICE: gettext_lazy("To an agent, of one thing that happened."),
    DIGEST: gettext_lazy("To an agent, of several things that happened."),
}
OF_TICKET = {name: words for name, words in NAMES.items() if not name.startswith("agent.")}
OWN = {
    "message.text": gettext_lazy("what is said: it must be there"),
    "message.signature": gettext_lazy("the signatures of the agent and of the mailbox"),
    "notice.summary": gettext_lazy("what happened, and why you are told"),
    "notice.list": gettext_lazy("what happened, a line each: it must be there"),
    "notice.count": gettext_lazy("how many things happened"),
    "notice.link": gettext_lazy("the address of the ticket"),
}
VARIABLES = {
    REPLY: {
        **NAMES,
        "message.text": OWN["message.text"],
        "message.signature": OWN["message.signature"],
    },
    ACKNOWLEDGEMENT: OF_TICKET | {"message.signature": OWN["message.signature"]},
    NOTICE: OF_TICKET | {name: OWN[name] for name in ("notice.summary", "message.text")}
    | {"notice.link": OWN["notice.link"]},
    DIGEST: {name: OWN[name] for name in ("notice.list", "notice.count")},
}  # fmt: skip
MARK = re.compile("\ue000\\d+\ue001")
IN_TAG = re.compile("<[^<>]*\ue000[^<>]*>")
ALONE = re.compile("<p>(\ue000\\d+\ue001)</p>")  # it brings its own paragraphs
NEEDED = {REPLY: "message.text", DIGEST: "notice.list"}


@dataclass(frozen=True)
class Words:
    """A subject of one line, and what is said as text and as HTML that is safe to show."""

    subject: str
    text: str
    html: SafeString


@dataclass(frozen=True)
class Value:
    """What stands for a variable, as text and as safe HTML."""

    text: str
    html: SafeString


def ours(kind: str) -> tuple[str, str]:
    """The subject and the text that are used until an administrator writes others."""
    words = {
        REPLY: ("Re: {{ticket.subject}}", "{{message.text}}\n\n{{message.signature}}"),
        ACKNOWLEDGEMENT: (
            _("We got your message: {{ticket.subject}}"),
            _(
                "Hello {{requester.first_name}},\n\nyour message has arrived and has the number"
                " {{ticket.number}}. We will answer as soon as we can. If you want to add"
                " something, just answer this mail.\n\n{{message.signature}}"
            ),
        ),
        NOTICE: (
            "{{ticket.subject}}",
            "{{notice.summary}}\n\n{{message.text}}\n\n{{notice.link}}",
        ),
        DIGEST: (_("{{notice.count}} things happened"), "{{notice.list}}"),
    }
    return words[kind]


def chosen(kind: str) -> tuple[str, str]:
    row = MailTemplate.objects.filter(kind=kind).first()
    return (row.subject, row.body) if row is not None else ours(kind)


def write(kind: str, *, by: Actor, subject: str, body: str) -> MailTemplate:
    """Use these words from now on: only variables of their kind, and those that it needs.

    Raises ValidationError by field.
    """
    authorise(by, "configure")
    refuse_wrong(kind, subject, body)
    said = {"subject": subject, "body": body, "changed_at": timezone.now()}
    said["changed_by_id"] = by.person_id
    row, _made = MailTemplate.objects.update_or_create(kind=kind, defaults=said)
    return row


def back_to_ours(kind: str, *, by: Actor) -> None:
    """Use the words that came with the helpdesk again."""
    authorise(by, "configure")
    MailTemplate.objects.filter(kind=kind).delete()


def refuse_wrong(kind: str, subject: str, body: str) -> None:
    errors: dict = {}
    for name, words in (("subject", subject), ("body", body)):
        if wrong := unknown(kind, words):
            said = _("There is no such variable here: %(names)s.")
            errors[name] = [said % {"names": ", ".join(wrong)}]
        elif not one_line(words):
            errors[name] = [_("This field is required.")]
    needed = NEEDED.get(kind)
    if needed and f"{{{{{needed}}}}}" not in body.replace(" ", ""):
        words = _("%(name)s must be in it: nothing would be said without it.")
        errors.setdefault("body", []).append(words % {"name": f"{{{{{needed}}}}}"})
    if errors:
        raise ValidationError(errors)


def ticket_values(ticket: Ticket, person: User | None) -> dict[str, Value]:
    """The variables of a ticket and an agent; custom fields are none, since some are internal."""
    known = values_for(ticket, person or User(name=""))
    return {name: plain(value) for name, value in known.items() if name in NAMES}


def plain(text: str) -> Value:
    return Value(text, mark_safe(escape(text).replace("\n", "<br>\n")))


def fill(kind: str, values: Mapping[str, Value]) -> Words:
    subject, body = chosen(kind)
    return fill_in(kind, subject, body, values)


def fill_in(kind: str, subject: str, body: str, values: Mapping[str, Value]) -> Words:
    """Words with their variables filled in; what has no value leaves nothing behind."""
    values = {name: value for name, value in values.items() if name in VARIABLES[kind]}
    return Words(
        subject=one_line(_as_text(subject, values))[:300],
        text=_without_gaps(_as_text(body, values)),
        html=_as_html(body, values),
    )


def unknown(kind: str, words: str) -> list[str]:
    """The variables in these words that this kind does not have."""
    found = dict.fromkeys(match[1] for match in VARIABLE.finditer(words))
    return [name for name in found if name not in VARIABLES[kind]]


def _as_text(words: str, values: Mapping[str, Value]) -> str:
    return VARIABLE.sub(lambda match: values[match[1]].text if match[1] in values else "", words)


def _as_html(words: str, values: Mapping[str, Value]) -> SafeString:
    """Marks stand for the values while Markdown is read, so that no value is read as Markdown."""
    words = words.replace("\ue000", "").replace("\ue001", "")
    marks: dict[str, str] = {}

    def marked(match) -> str:
        if match[1] not in values:
            return ""
        mark = f"\ue000{len(marks)}\ue001"
        marks[mark] = values[match[1]].html
        return mark

    html = str(markdown_to_html(VARIABLE.sub(marked, words)))
    html = IN_TAG.sub(lambda match: MARK.sub("", match[0]), html)
    html = ALONE.sub(lambda match: f"<div>{marks.get(match[1], '')}</div>", html)
    return mark_safe(MARK.sub(lambda match: marks.get(match[0], ""), html))


def _without_gaps(text: str) -> str:
    """No more than one empty line in a row, where a value was empty."""
    lines: list[str] = []
    for line in text.strip().split("\n"):
        if line.strip() or (lines and lines[-1].strip()):
            lines.append(line if line.strip() else "")  # a signature begins with “-- ”
    return "\n".join(lines) + "\n"
