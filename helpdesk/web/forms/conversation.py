"""What is said on a ticket."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.actions.filling import checked_sets, words_of
from helpdesk.actor import Actor
from helpdesk.canned_text import filled, unresolved, values_for
from helpdesk.lookup import uuid_of
from helpdesk.models import Draft, Ticket, Transition, User, custom_values
from helpdesk.permissions import can, open_transitions
from helpdesk.web.forms.files import FilesForm, KeptFile
from helpdesk.web.forms.forwarding import (
    FORWARD,
    ForwardMixin,
    filled_but_quotes,
    gaps_but_quotes,
)
from helpdesk.web.forms.parts import unchanged
from helpdesk.web.forms.properties import MOMENT
from helpdesk.web.forms.recipients import Chip, RecipientsMixin, kept, offered
from helpdesk.web.forms.working import DurationField

REPLY, NOTE = "reply", "note"
KINDS = [(REPLY, gettext_lazy("Reply")), (NOTE, gettext_lazy("Note"))]
FORWARDING = [(FORWARD, gettext_lazy("Forward"))]  # stands alone: its recipients are others
NEXT = "next"  # of `then`: open the next ticket
MAX_BODY = 200_000
MOST_SETS = 20
FARTHEST = timedelta(days=366)
TEXT_ATTRIBUTES = {
    "class": "composer-text",
    "rows": 3,
    "dir": "auto",
    "data-autosize": True,
    "data-suggest": "composer-options",
    "aria-autocomplete": "list",
    "aria-controls": "composer-options",
    "data-key": "r",
    "aria-keyshortcuts": "r",
}


class ComposerForm(FilesForm, RecipientsMixin, ForwardMixin):
    """A reply or a note, or a forward: words, files, recipients, and what is set with it.

    Unbound it shows a draft. `sets` are changes that a macro put there, each with a box;
    `transition` is what the button says; `send_at` is a time of the reader's choosing.
    """

    kind = forms.ChoiceField(choices=KINDS)
    body = forms.CharField(
        label=gettext_lazy("Message"),
        required=False,
        max_length=MAX_BODY,
        strip=False,
        widget=forms.Textarea(attrs=TEXT_ATTRIBUTES),
    )
    transition = unchanged(forms.IntegerField(required=False, min_value=1))
    version = unchanged(forms.IntegerField(required=False, min_value=0))
    draft = unchanged(forms.UUIDField(required=False))
    revision = unchanged(forms.IntegerField(required=False, min_value=0))
    writer = unchanged(forms.CharField(required=False, max_length=40))
    then = unchanged(forms.CharField(required=False, max_length=30))
    minutes = DurationField(label=gettext_lazy("Time spent"), required=False, max_length=12)
    send_at = unchanged(
        forms.DateTimeField(
            label=gettext_lazy("Send at"),
            required=False,
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        )
    )

    def __init__(
        self,
        ticket: Ticket,
        actor: Actor,
        data=None,
        files=None,
        *,
        kind: str = "",
        draft: str = "",
        drafts: Sequence[Draft] = (),
        person: User | None = None,
        forward: str = "",
    ):
        super().__init__(actor, data, files)
        self.ticket, self.person = ticket, person
        may_reply = can(actor, "reply", ticket)
        kinds = [choice for choice in KINDS if may_reply or choice[0] == NOTE]
        self.may_write = {choice[0] for choice in kinds} | ({FORWARD} if may_reply else set())
        self.offer(drafts, draft)
        wanted = kind or (self.drafts[0].kind if self.drafts else "")
        self._set_up_forward(forward, wanted)
        if self.forward_of:
            kinds = FORWARDING
        self.fields["kind"].choices = kinds
        self.initial["kind"] = wanted if wanted in dict(kinds) else kinds[0][0]
        self.fields["body"].widget.attrs["aria-label"] = _("Message")
        self.fields["minutes"].widget.attrs |= {
            "class": "input composer-time",
            "placeholder": "0:20",
            "autocomplete": "off",
            "title": self.fields["minutes"].label,
            "aria-label": self.fields["minutes"].label,
        }
        if not can(actor, "change", ticket):
            del self.fields["minutes"]
        self.transitions = open_transitions(ticket, actor)
        self.shown_draft = None if self.is_bound else self._draft_of(self.initial["kind"])
        if self.forward_of:
            self.fields["body"].widget.attrs |= {"data-key": "f", "aria-keyshortcuts": "f"}
            self.shown_draft = None if self.is_bound else self._forward_draft()
            self.initial["body"] = self._quoted()
        if self.shown_draft is not None:
            self.initial["body"] = self.shown_draft.body
            self.initial["minutes"] = self.shown_draft.fields.get("minutes")
            self.kept = [KeptFile(**one) for one in self.shown_draft.files]

    def offer(self, drafts: Sequence[Draft], wanted: str = "") -> None:
        """The drafts to go on with, the one that is asked for first."""
        known = (one for one in drafts if not one.is_queued and one.kind in self.may_write)
        self.drafts = sorted(known, key=lambda one: str(one.uuid) != wanted)

    # What the template shows ---------------------------------------------------------------------

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The kinds that the agent may write, with their words."""
        return dict(self.fields["kind"].choices)

    @property
    def may_mail(self) -> bool:
        return NOTE not in self.kinds or REPLY in self.kinds

    @property
    def wanted_transition(self) -> str:
        """The transition that the button carried, for a second attempt."""
        return self.data.get("transition", "") if self.is_bound else ""

    @property
    def chosen_kind(self) -> str:
        posted = self.data.get("kind") if self.is_bound else None
        return posted if posted in self.kinds else self.initial["kind"]

    @cached_property
    def draft_uuid(self) -> str:
        """The name of what is being written: the same through every attempt to send it."""
        if self.is_bound:
            posted = self.data.get("draft", "")
            return posted if uuid_of(posted) else str(uuid4())
        return str(self.shown_draft.uuid if self.shown_draft else uuid4())

    @property
    def draft_revision(self) -> str | int:
        if self.is_bound:
            return self.data.get("revision", "")
        return self.shown_draft.revision if self.shown_draft else 0

    @cached_property
    def other_kinds(self) -> list[dict]:
        """The draft of each kind that is not shown, for the script that changes between them."""
        return [
            {"kind": kind, "draft": draft, "uuid": draft.uuid if draft else uuid4()}
            for kind in self.kinds
            if kind != self.chosen_kind
            for draft in [self._draft_of(kind)]
        ]

    @property
    def more_drafts(self) -> list[Draft]:
        """Drafts that another window left."""
        shown = {self.draft_uuid, *(str(one["uuid"]) for one in self.other_kinds)}
        return [one for one in self.drafts if str(one.uuid) not in shown]

    @cached_property
    def chips(self) -> list[Chip]:
        if self.is_bound:
            posted = self.posted_chips
            return offered(self.ticket) if posted is None else posted
        if self.forward_of and self.shown_draft is None:
            return kept(self._writer(), self.ticket)
        return kept(self.addressed.recipients if self.addressed else None, self.ticket)

    @property
    def addressed(self) -> Draft | None:
        """A note goes to nobody: beside it those of the reply are shown."""
        return self._draft_of(REPLY) if self.chosen_kind == NOTE else self.shown_draft

    @property
    def asked_for(self) -> str:
        """The line that waits for somebody: a forward is for nobody until one says so."""
        return "to" if self.forward_of and not (self.to_chips or self.recipient_errors) else ""

    @cached_property
    def sets(self) -> dict:
        """What is set with the message, beside the status on the button."""
        if self.is_bound:
            try:
                return checked_sets(sets_in(self.data))
            except ValidationError:
                return {}
        return (self.shown_draft.fields.get("sets") or {}) if self.shown_draft else {}

    @property
    def used(self) -> list[str]:
        """The canned replies and macros that were put into the form, by their uuids."""
        posted = self.data.getlist("used") if self.is_bound else ()
        return list(dict.fromkeys(str(uuid) for uuid in map(uuid_of, posted) if uuid))

    @property
    def set_chips(self) -> list[tuple[str, str, str]]:
        """Each change that a macro put there: its box's value, its label, its words."""
        return [
            (f"{name}:{json.dumps(self.sets[name])}", label, words)
            for name, label, words in words_of(self.sets, self._names())
        ]

    # What was sent -------------------------------------------------------------------------------

    @property
    def is_note(self) -> bool:
        return self.cleaned_data["kind"] == NOTE

    @property
    def chosen_transition(self) -> Transition | None:
        wanted = self.cleaned_data.get("transition") or self._transition_then
        return next((way for way in self.transitions if way.pk == wanted), None)

    @property
    def _transition_then(self) -> int | None:
        """Opening the next ticket does what the button does."""
        if not self.cleaned_data.get("then", "").startswith(NEXT) or self.person is None:
            return None
        way = remembered_way(self.person, self.chosen_kind, self.transitions)
        return way.pk if way and "status" not in self.sets else None

    @property
    def chosen_time(self) -> datetime | None:
        """When it is to be sent, if the button said later."""
        later = self.data.get("later", "")
        return self.cleaned_data.get("send_at") if later == "1" else parse_datetime(later)

    def clean(self) -> dict:
        cleaned = super().clean()
        if not (cleaned.get("body") or "").strip() and not self.kept and "body" not in self.errors:
            self.add_error("body", _("Write something first."))
        asked = cleaned.get("transition") or self._transition_then
        if asked and self.chosen_transition is None:
            self.add_error(None, _("This action is no longer open from here. Choose again."))
        fill, gaps_in = (filled, unresolved)
        if self.forward_of:
            fill, gaps_in = filled_but_quotes, gaps_but_quotes
            self._check_forward()
        if "{{" in (cleaned.get("body") or ""):
            cleaned["body"] = fill(cleaned["body"], self.values)
        if gaps := gaps_in(cleaned.get("body") or ""):
            words = _("Fill in before sending: %(names)s.")
            self.add_error("body", words % {"names": ", ".join(gaps)})
        self._check_time()
        chips = self.posted_chips
        if cleaned.get("kind") != NOTE:
            for words in self.recipient_words:
                self.add_error(None, words)
        cleaned["recipients"] = [
            one.stored() for one in (offered(self.ticket) if chips is None else chips)
        ]
        try:
            cleaned["sets"] = checked_sets(sets_in(self.data))
        except ValidationError as error:
            self.add_error(None, error.messages)
        return cleaned

    def _check_time(self) -> None:
        if not self.data.get("later"):
            self.errors.pop("send_at", None)  # nobody pressed the button beside it
            return
        try:
            at = self.chosen_time
            if (at is None and "send_at" not in self.errors) or (
                at is not None and timezone.is_naive(at)
            ):
                self.add_error("send_at", _("Choose a time."))
            elif at is not None and at <= timezone.now():
                self.add_error("send_at", _("This time has passed. Choose a later one."))
            elif at is not None and at > timezone.now() + FARTHEST:
                self.add_error("send_at", _("Choose a time within a year."))
        except ValueError:
            self.add_error("send_at", _("Choose a time."))

    @cached_property
    def values(self) -> dict[str, str]:
        """What the variables of canned words stand for."""
        return values_for(self.ticket, self.person or User.objects.get(pk=self.actor.person_id))

    def forgive(self) -> None:
        """Show the form as it is, unjudged; files that were refused are still said."""
        said = self.errors.get("files")
        self._errors = ErrorDict({"files": said} if said else {})
        self.recipient_errors = [one for one in self.recipient_errors if one[0] in self.typed]

    def _names(self) -> dict[int, str]:
        """The name of whom a macro assigns: one statement, and none without one."""
        assignee = self.sets.get("assignee")
        return custom_values.names_of([assignee]) if isinstance(assignee, int) else {}

    def _draft_of(self, kind: str) -> Draft | None:
        return next((one for one in self.drafts if one.kind == kind), None)


def remembered_way(person: User, kind: str, ways: Sequence[Transition]) -> Transition | None:
    """The transition to the status that a person's last message of this kind set."""
    wanted = (person.preferences.get("send_and_set") or {}).get(kind)
    for way in ways:
        if way.target_id == wanted and not way.needs_resolution and not way.needs_comment:
            return way
    return None


def sets_in(data) -> dict:
    """The boxes of a macro's changes: `priority:"high"`, `status:3`, `add_tags:["vip"]`."""
    found = {}
    for text in data.getlist("set")[:MOST_SETS]:
        name, _colon, value = text.partition(":")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


class CommentForm(forms.Form):
    """The words of a message, to be edited."""

    body = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=MAX_BODY,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "dir": "auto"}),
    )


class SplitForm(forms.Form):
    """Which messages become a ticket of their own, and its subject."""

    messages = forms.MultipleChoiceField(
        label=gettext_lazy("Messages that move"),
        error_messages={"required": gettext_lazy("Choose at least one message.")},
    )
    title = forms.CharField(
        label=gettext_lazy("Subject of the new ticket"),
        max_length=500,
        widget=forms.TextInput({"dir": "auto"}),
    )

    def __init__(self, uuids: list[str], data=None, initial=None):
        super().__init__(data, initial=initial)
        self.fields["messages"].choices = [(uuid, uuid) for uuid in uuids]
