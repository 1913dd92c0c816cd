"""What is said on a ticket."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.actor import Actor
from helpdesk.models import Ticket, Transition
from helpdesk.permissions import can, open_transitions
from helpdesk.web.forms.files import FilesForm

REPLY, NOTE = "reply", "note"
MAX_BODY = 200_000
TEXT_ATTRIBUTES = {
    "class": "composer-text",
    "rows": 3,
    "dir": "auto",
    "data-autosize": True,
    "data-key": "r",
    "aria-keyshortcuts": "r",
}


class ComposerForm(FilesForm):
    """A reply or a note, with files and, if wanted, a transition."""

    kind = forms.ChoiceField(choices=[(REPLY, gettext_lazy("Reply")), (NOTE, gettext_lazy("Note"))])
    body = forms.CharField(
        label=gettext_lazy("Message"),
        required=False,
        max_length=MAX_BODY,
        strip=False,
        widget=forms.Textarea(attrs=TEXT_ATTRIBUTES),
    )
    transition = forms.IntegerField(required=False, min_value=1)
    version = forms.IntegerField(required=False, min_value=0)

    def __init__(self, ticket: Ticket, actor: Actor, data=None, files=None, *, kind: str = ""):
        super().__init__(actor, data, files)
        self.ticket = ticket
        may_reply = can(actor, "reply", ticket)
        kinds = [choice for choice in self.fields["kind"].choices if may_reply or choice[0] == NOTE]
        self.fields["kind"].choices = kinds
        self.initial["kind"] = kind if kind in dict(kinds) else kinds[0][0]
        self.fields["body"].widget.attrs["aria-label"] = _("Message")
        self.transitions = open_transitions(ticket, actor)

    @property
    def kinds(self) -> dict[str, str]:
        """The kinds that the agent may write, with their words."""
        return dict(self.fields["kind"].choices)

    @property
    def wanted_transition(self) -> str:
        """The transition that the button carried, for a second attempt."""
        return self.data.get("transition", "") if self.is_bound else ""

    @property
    def chosen_kind(self) -> str:
        posted = self.data.get("kind") if self.is_bound else None
        return posted if posted in self.kinds else self.initial["kind"]

    @property
    def is_note(self) -> bool:
        return self.cleaned_data["kind"] == NOTE

    @property
    def chosen_transition(self) -> Transition | None:
        wanted = self.cleaned_data.get("transition")
        return next((way for way in self.transitions if way.pk == wanted), None)

    def clean(self) -> dict:
        cleaned = super().clean()
        if not (cleaned.get("body") or "").strip() and not self.kept and "body" not in self.errors:
            self.add_error("body", _("Write something first."))
        if cleaned.get("transition") and self.chosen_transition is None:
            self.add_error(None, _("This action is no longer open from here. Choose again."))
        return cleaned


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
