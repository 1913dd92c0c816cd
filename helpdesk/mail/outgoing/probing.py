"""A test that a mailbox sends to itself, at an address with a plus.

When it comes back, such addresses are known to arrive, and are used from then on.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.actions.outgoing import PATIENCE, ask_for_sending
from helpdesk.actor import Actor
from helpdesk.mail.addresses import new_message_id, probe_address
from helpdesk.mail.outgoing.letters import Envelope, Letter, letter
from helpdesk.mail.outgoing.templates import Words, plain
from helpdesk.mail.outgoing.writing import NotToBeSent
from helpdesk.models import Mailbox, OutgoingMail
from helpdesk.permissions import authorise

Kind, State = OutgoingMail.Kind, OutgoingMail.State


@transaction.atomic
def probe(mailbox: Mailbox, *, by: Actor) -> OutgoingMail:
    """Have a mailbox write to itself; one test at a time."""
    authorise(by, "configure")
    waiting = OutgoingMail.objects.filter(
        kind=Kind.PROBE, mailbox=mailbox, state__in=(State.WAITING, State.SENDING)
    )
    if (found := waiting.first()) is not None:
        return found
    made = OutgoingMail.objects.create(
        kind=Kind.PROBE,
        mailbox=mailbox,
        address=probe_address(mailbox),
        message_id=new_message_id(mailbox.address),
        is_automatic=True,
        give_up_at=timezone.now() + PATIENCE,
    )
    ask_for_sending()
    return made


def probe_letter(mail: OutgoingMail) -> Letter:
    mailbox = mail.mailbox
    if mailbox is None:
        raise NotToBeSent(_("The ticket or its mailbox is gone."))
    said = plain(_("Once this is back, answers and bounces are known by their own address."))
    return letter(
        Envelope(
            goes_to=mail.address, sender=mailbox.address, from_=mailbox.address, to=[mail.address]
        ),
        Words(_("Test of a mailbox"), said.text, said.html),
        message_id=mail.message_id,
        automatic="auto-generated",
    )
