"""The part of the composer that sends a message on to people outside the conversation."""

from functools import cached_property

from django import forms
from django.utils.translation import gettext as _

from helpdesk.actions.forwarding import (
    MARK,
    Source,
    forwarded_text,
    may_leave,
    source_named,
    writer_of,
)
from helpdesk.canned_text import filled, unresolved
from helpdesk.models import Attachment, Draft, Recipient
from helpdesk.permissions import can

FORWARD = "forward"
MOST_FILES = 50


class ForwardMixin(forms.Form):
    """`forward` names the message (see `source_named`), `enclose` those of its files that go along.

    The draft keeps both in `fields["forwards"]` as `{"of", "files"}`.
    """

    def _set_up_forward(self, of: str, wanted: str) -> None:
        """What is forwarded, if the composer is in that mode: said by the page that was asked for,
        by what was posted, or by the draft that is shown."""
        self.forward_of = ""
        if not can(self.actor, "forward", self.ticket):
            return
        if self.is_bound:
            is_forward = self.data.get("kind") == FORWARD
            self.forward_of = self.data.get("forward", "")[:36] or "-" if is_forward else ""
        elif of:
            self.forward_of = of
        elif wanted == FORWARD and (draft := self._draft_of(FORWARD)):
            self.forward_of = str(draft.fields.get("forwards", {}).get("of", "-"))

    @cached_property
    def source(self) -> Source | None:
        """The message; None where it is no longer there."""
        return source_named(self.ticket, self.forward_of) if self.forward_of else None

    @cached_property
    def stays_here(self) -> bool:
        """Whether nothing of it would leave: that is said before it is written."""
        return bool(self.forward_of) and not may_leave(self.ticket)

    @property
    def source_files(self) -> list[tuple[Attachment, bool]]:
        """The files of the message, each with whether it goes along."""
        found = self.source.files if self.source is not None else ()
        chosen = self._chosen_files
        return [(one, chosen is None or str(one.uuid) in chosen) for one in found]

    @property
    def forwards(self) -> dict:
        """What is forwarded, as a draft keeps it."""
        return {"of": self.forward_of, "files": self._chosen_files or []}

    @property
    def _chosen_files(self) -> list[str] | None:
        if self.is_bound:
            return self.data.getlist("enclose")[:MOST_FILES]
        if self.shown_draft is not None:
            return self.shown_draft.fields.get("forwards", {}).get("files")
        return None

    def _forward_draft(self) -> Draft | None:
        """The draft that forwards this very message."""
        drafts = (one for one in self.drafts if one.kind == FORWARD)
        of = self.forward_of
        return next((one for one in drafts if one.fields.get("forwards", {}).get("of") == of), None)

    def _writer(self) -> list[dict]:
        """Whoever wrote it from outside is answered."""
        comment = self.source.comment if self.source is not None else None
        found = writer_of(comment) if comment is not None and not comment.public else None
        return [found] if found is not None else []

    def _quoted(self) -> str:
        return forwarded_text(self.source) if self.source is not None else ""

    def _check_forward(self) -> None:
        if self.source is None:
            self.add_error(None, _("This message can't be forwarded any more."))
        to = Recipient.Kind.TO
        if self.wrong[to] is None and not any(one.kind == to for one in self.posted_chips or ()):
            self.recipient_errors.append((str(to), _("To: say to whom it is forwarded.")))


def filled_but_quotes(body: str, values: dict[str, str]) -> str:
    """Variables become values in what is said, not in what is quoted."""
    lines = body.split("\n")
    return "\n".join(one if _is_quoted(one) else filled(one, values) for one in lines)


def gaps_but_quotes(body: str) -> list[str]:
    return unresolved("\n".join(one for one in body.split("\n") if not _is_quoted(one)))


def _is_quoted(line: str) -> bool:
    return line.startswith(MARK.strip())
