"""Mail as it travels: over a real SMTP server into an account of a real IMAP server, and from there
by our fetcher. Nothing is handed over within a process."""

import smtplib

from helpdesk.mail import fetching
from helpdesk.models import Mailbox, StoredMessage


class Wires:
    """What is sent to our address goes by SMTP to the mail server, which puts it into the account
    that is fetched over IMAP."""

    def __init__(self, smtp_server, mail_server, account, mailbox):
        self.smtp, self.imap, self.account = smtp_server, mail_server, account
        self.mailbox = mailbox
        Mailbox.objects.filter(pk=mailbox.pk).update(
            protocol="imap",
            host="127.0.0.1",
            port=mail_server.imap,
            security="none",
            username=account,
            afterwards="delete",
        )
        mailbox.refresh_from_db()
        mailbox.password = "secret"
        mailbox.save()

    def send(self, raw: bytes, sender: str, to: str) -> StoredMessage:
        """Somebody mails us; the message as it is once it was fetched and worked on."""
        before = len(self.smtp.got)
        with smtplib.SMTP("127.0.0.1", self.smtp.port) as client:
            client.sendmail(sender, [to], raw)
        [got] = self.smtp.got[before:]
        del self.smtp.got[before:]
        self.imap.put(self.account, got.raw)
        look = fetching.fetch(Mailbox.objects.get(pk=self.mailbox.pk))
        assert (look.stored, look.error) == (1, "")
        assert self.imap.count(self.account) == 0, "taken off the server"
        return StoredMessage.objects.order_by("-pk").first()


def to_of(raw_to: str) -> str:
    return raw_to.rpartition("<")[2].strip("<> ")
