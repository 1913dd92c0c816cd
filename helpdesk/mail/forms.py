"""The forms of a mailbox and of a rule about senders."""

from django import forms
from django.utils.translation import gettext_lazy

from helpdesk.actions.mailboxes import FIELDS
from helpdesk.models import Mailbox, Queue, SenderRule


class MailboxForm(forms.ModelForm):
    """A mailbox. The password is written, never shown; left empty it stays as it is.

    What goes together is checked by the verbs, see `actions.mailboxes`.
    """

    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "Empty: the present one stays. A new server needs it anew. Mailgun: the signing key."
        ),
    )

    by_grant = forms.BooleanField(
        label=gettext_lazy("Sign in by OAuth 2 instead of a password"),
        required=False,
        help_text=gettext_lazy("As Microsoft 365 and Google want it. Set up once this is saved."),
    )

    class Meta:
        model = Mailbox
        fields = FIELDS
        widgets = {"aliases": forms.Textarea({"rows": 2})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["queue"].queryset = Queue.objects.kept().filter(is_sandbox=False)
        self.fields["provider"].required = False
        self.initial["by_grant"] = hasattr(self.instance, "grant")


class SenderRuleForm(forms.ModelForm):
    class Meta:
        model = SenderRule
        fields = ("pattern", "verdict", "note")
