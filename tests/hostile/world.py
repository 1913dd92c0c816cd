"""Two queues that know nothing of each other, and who may come to the doors of the first."""

from dataclasses import dataclass
from functools import cached_property

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from helpdesk import actions
from helpdesk.actions import keys, webhooks
from helpdesk.actions.views import save_view
from helpdesk.actor import system
from helpdesk.imports import jobs
from helpdesk.mail.receiving import receive
from helpdesk.models import (
    CannedReply,
    CustomField,
    Draft,
    Job,
    Macro,
    Mailbox,
    Organisation,
    OutgoingMail,
    Participant,
    SenderRule,
    Status,
    Ticket,
    TicketLink,
    Transition,
    Webhook,
    Workflow,
)
from helpdesk.models.configuration import configuration
from integrations.models import Connection, Exchange, Link, PersonLink
from tests.factories import (
    actor_of,
    default_queue,
    make_agent,
    make_comment,
    make_field,
    make_key,
    make_queue,
    make_ticket,
    make_user,
)

SECRET_WORD = "zanzibar"  # stands in everything of the other queue
MADE_UP = 987654321
MADE_UP_UUID = "0f0f0f0f-1111-4222-8333-444444444444"


@dataclass
class Side:
    """One queue with a ticket that has everything an address can name."""

    name: str
    queue: object

    def __post_init__(self):
        self.agent = make_agent(f"Agent {self.name}", [self.queue])
        self.organisation = Organisation.objects.create(name=f"Org {self.name}")
        self.customer = make_user(f"Customer {self.name}", organisation=self.organisation)
        self.follower = make_user(f"Follower {self.name}")
        self.ticket = self.open(f"Ticket {self.name}")
        self.linked = self.open(f"Linked {self.name}")
        by = system("rule")
        self.comment = make_comment(self.ticket, f"Words {self.name}")
        self.note = make_comment(self.ticket, f"Note {self.name}", public=False)
        self.file = self.attach()
        self._mail()
        self.step = actions.add_step(self.ticket, by=by, text=f"Step {self.name}")
        self.entry = actions.note_time(self.ticket, by=by, minutes=5, note=f"Time {self.name}")
        actions.link(self.ticket, self.linked, by=by, kind="related")
        self.link = TicketLink.objects.get(ticket=self.ticket)
        actions.follow(self.ticket, self.follower, by=by, kind=Participant.Kind.FOLLOWER)
        self.connection = Connection.objects.create(
            service="teamswork", name=f"Connection {self.name}", queue=self.queue
        )
        self.mirrored = Link.objects.create(connection=self.connection, ticket=self.ticket)
        self.match = PersonLink.objects.create(
            connection=self.connection, person=self.agent, remote_id="7"
        )
        self.exchange = Exchange.objects.create(
            connection=self.connection,
            ticket=self.ticket,
            at=timezone.now(),
            method="POST",
            url=f"https://acme.example/{self.name}",
            request_body=f"Words {self.name}",
            status=200,
        )
        self.view = save_view(
            by=actor_of(self.agent), name=f"View {self.name}", query={}, owner_id=self.agent.pk
        )
        key, _secret = make_key(queues=[self.queue], name=f"Key {self.name}")
        self.key = keys.enter_sandbox(key, by=by)
        self.webhook = Webhook.objects.create(
            name=f"Webhook {self.name}", url=f"https://acme.example/{self.name}", key=self.key
        )
        self.delivery = webhooks.send_test(self.webhook, by=by)
        self.reply = CannedReply.objects.create(
            name=f"Reply {self.name}", body="Words", owner=self.agent
        )
        self.macro = Macro.objects.create(name=f"Macro {self.name}", body="Words", owner=self.agent)
        self.draft = Draft.objects.create(
            person=self.agent, ticket=self.ticket, kind="reply", body=f"Draft {self.name}"
        )
        table = SimpleUploadedFile(f"{self.name}.csv", b"id,title\n1,A ticket\n")
        self.job = jobs.begin(table, by=by)
        self.bulk_job = Job.objects.create(
            kind=Job.Kind.BULK,
            state=Job.State.DONE,
            key=self.key,
            name=f"Job {self.name}",
            options={"bulk": {"operation": "change", "atomic": False}},
            total=1,
        )
        self.selection = Job.objects.create(
            kind=Job.Kind.SELECTION,
            state=Job.State.DONE,
            owner=self.agent,
            name=f"Selection {self.name}",
            options={"ids": [self.ticket.pk], "back": "/tickets/", "wanted": {}},
            total=1,
        )
        actions.change_ticket(
            self.ticket, by=system("rule").in_set(self.bulk_job.uuid), priority="high"
        )

    def open(self, title: str) -> Ticket:
        return make_ticket(
            title,
            queue=self.queue,
            requester=self.customer,
            assignee=self.agent,
            organisation=self.organisation,
            source=f"source-{self.name}",
            source_ref=title,
        )

    def _mail(self) -> None:
        """A mailbox, a message that opened a ticket, and one that is held back."""
        address = f"{self.name}@helpdesk.example"
        self.mailbox = Mailbox.objects.create(
            name=f"Mailbox {self.name}", address=address, queue=self.queue, protocol="pipe"
        )
        raw = "From: {}\nSubject: Mail {}\nMessage-ID: <{}@x>\nContent-Type: text/html\n\nWords"
        held, taken = address, f"person@{self.name}.example"
        self.held_mail, self.mail = (
            receive(raw.format(one, self.name, one.replace("@", ".")).encode(), self.mailbox)
            for one in (held, taken)
        )
        self.outgoing, self.first_mail = (
            OutgoingMail.objects.create(
                kind=kind,
                ticket=self.ticket,
                comment=self.comment if kind == "reply" else None,
                mailbox=self.mailbox,
                address=f"person@{self.name}.example",
                message_id=f"{kind}@{self.name}.example",
                state="failed",
                last_error=f"Error {self.name}",
                give_up_at=timezone.now(),
            )
            for kind in ("reply", "opening")
        )
        self.sender_rule = SenderRule.objects.create(
            pattern=f"@{self.name}.example", verdict="block"
        )

    def attach(self):
        by = system("rule")
        upload = SimpleUploadedFile(f"{self.name}.txt", b"words of a file")
        kept = actions.keep_file(upload, by=by)
        actions.attach(self.ticket, [kept], by=by, public=True)
        kept.refresh_from_db()
        return kept


class World:
    """`ours` is the queue of the visitors, `theirs` the one that they must not learn of."""

    def __init__(self):
        make_field("helpers", CustomField.Kind.PEOPLE)
        theirs = make_queue(f"Queue {SECRET_WORD}")
        workflow = Workflow.objects.create(
            name=f"Workflow {SECRET_WORD}", initial=Status.objects.get(name="New")
        )
        self.transition = Transition.objects.create(
            workflow=workflow, name=f"To {SECRET_WORD}", target=Status.objects.get(name="Waiting")
        )
        theirs.workflow = workflow
        theirs.save()
        self.ours = Side("ours", default_queue())
        self.theirs = Side(SECRET_WORD, theirs)
        known = configuration()
        queue, status = self.ours.queue.pk, self.ours.ticket.status_id
        self.own_transition = known.transitions_from(queue, status)[0]

    @cached_property
    def visitors(self) -> dict[str, Client]:
        """Everybody but the administrator, each at the door with what they have."""
        light = make_agent("Lightly", [self.ours.queue], role="light")
        key, writing = make_key("write", [self.ours.queue])
        Webhook.objects.filter(pk=self.ours.webhook.pk).update(key=key)
        _key, reading = make_key("read", [self.ours.queue])
        return {
            "agent": signed_in(self.ours.agent),
            "light agent": signed_in(light),
            "customer": signed_in(self.ours.customer),
            "writing key": with_key(writing),
            "reading key": with_key(reading),
            "nobody": Client(),
        }


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def with_key(secret: str) -> Client:
    """Calls with the key in the header and, as TeamsWork wants it, in the address."""
    also = {"x-apideck-app-id": "app", "x-apideck-consumer-id": "consumer"}
    client = Client(headers={"authorization": f"Bearer {secret}", **also})
    client.secret = secret
    return client
