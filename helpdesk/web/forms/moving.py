"""Where a message goes."""

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.actor import Actor
from helpdesk.web.forms.parts import TicketNumberField


class MoveForm(forms.Form):
    def __init__(self, actor: Actor, data=None):
        super().__init__(data)
        self.fields["into"] = TicketNumberField(actor, label=_("Number of the other ticket"))
