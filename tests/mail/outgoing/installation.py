"""One of two installations that mail each other: a process with a database of its own.

It reads a line of JSON for each round, `{"take": [message, …], "say": number or null}`, messages in
base64, and answers with `{"sent": [message, …], "acknowledged": number, "tickets": number}`.
`say` has its agent write to the other one. Started by `start`.
"""

import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path

from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.db import connection

from helpdesk import actions, changes
from helpdesk.actor import system
from helpdesk.mail.outgoing import sending
from helpdesk.mail.receiving import receive
from helpdesk.models import Mailbox, MailSending, OutgoingMail, Queue, Ticket
from helpdesk.permissions import actor_of
from tests.api.processes import OwnDatabase


def start(folder: Path, own: str, other: str, *, older: int = 0):
    """The process of an installation with this address that knows the other one's, and has so many
    tickets of old."""
    folder.mkdir()
    database = OwnDatabase(folder)
    if connection.vendor != "sqlite":  # the test's server is one installation, not two
        database.environment["DATABASE_URL"] = f"sqlite:///{folder / 'shared.sqlite3'}"
    code = f"from tests.mail.outgoing import installation as one\none.serve{(own, other, older)}"
    return database.start(code, speaks=True)


def serve(own: str, other: str, older: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = own
    call_command("migrate", verbosity=0)
    queue = Queue.objects.get(is_default=True)
    mailbox = Mailbox.objects.create(name="Support", address=own, queue=queue, protocol="pipe")
    MailSending.objects.create(mailbox=mailbox, acknowledges=True, has_plus=True)
    by = system("rule")
    agent = actor_of(actions.create_person(by=by, name="Ada", email=f"ada.{own}", role="admin"))
    for number in range(older):
        actions.open_ticket(by=by, title=f"Older {number}", queue=queue)
    them = {"email": other, "name": "The other helpdesk"}
    ticket = actions.open_ticket(by=by, title="Printer", requester=them, queue=queue)
    for line in sys.stdin:
        round_ = json.loads(line)
        for one in round_["take"]:
            receive(b64decode(one), mailbox)
        if round_["say"] is not None:
            actions.reply(ticket, by=agent, body=f"Question {round_['say']}")
        changes.announce()
        sending.send_due()
        sent = [one.message().as_bytes() for one in getattr(mail, "outbox", [])]
        mail.outbox = []
        acknowledged = OutgoingMail.objects.filter(kind=OutgoingMail.Kind.ACKNOWLEDGEMENT).count()
        said = {"sent": [b64encode(one).decode() for one in sent], "acknowledged": acknowledged}
        print(json.dumps(said | {"tickets": Ticket.objects.count()}), flush=True)
