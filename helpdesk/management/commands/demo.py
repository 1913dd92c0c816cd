"""Fill an empty helpdesk with people, settings and tickets that look real."""

import json
import os
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from helpdesk import actions
from helpdesk.actor import Actor, system
from helpdesk.management import demo_content as content
from helpdesk.models import (
    ApiKey,
    CustomField,
    FieldOption,
    Membership,
    Organisation,
    Queue,
    Status,
    Tag,
    TagCategory,
    Team,
    Ticket,
    TicketType,
    User,
)
from helpdesk.permissions import actor_of


class Command(BaseCommand):
    help = "Create demo data in an empty helpdesk and write sign-in and keys to $DATA/demo.json."

    @transaction.atomic
    def handle(self, **options):
        if User.objects.exists():
            raise CommandError("There are people already; demo data is for an empty helpdesk.")
        passwords = {role: secrets.token_urlsafe(9) for role in ("admin", "agent")}
        by = system("rule", name="Demo")
        admin = actions.create_person(
            by=by,
            name="Ada Admin",
            email="admin@helpdesk.example",
            role="admin",
            password=passwords["admin"],
        )
        agents = make_staff(by, passwords["agent"])
        customers = make_customers(by)
        make_labels()
        for agent in agents:
            agent.refresh_from_db()
        make_tickets(agents, customers)
        self.write(admin, agents[0], customers[0], passwords, make_keys(admin))

    def write(self, admin: User, agent: User, customer: User, passwords: dict, keys: dict) -> None:
        path = settings.DATA / "demo.json"
        found = {
            "url": settings.PUBLIC_URL,
            "admin": {"email": admin.email, "password": passwords["admin"]},
            "agent": {"email": agent.email, "password": passwords["agent"]},
            "customer": {"email": customer.email},
            **keys,
        }
        for part in settings.DEMO_PARTS:
            found |= import_string(part)(keys["api_key"])
        descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(found, file, indent=2, ensure_ascii=False)
            file.write("\n")


def make_staff(by: Actor, password: str) -> list[User]:
    """Agents in teams that work on all queues, so that each sees what the others do."""
    for position, (name, slug) in enumerate(content.QUEUES, 1):
        Queue.objects.create(name=name, slug=slug, position=position)
        Team.objects.create(name=name)
    teams = {team.name: team for team in Team.objects.all()}
    for queue in Queue.objects.all():
        queue.teams.set(teams.values())
    staff = []
    for name, email, role, team in content.AGENTS:
        person = actions.create_person(
            by=by, name=name, email=email, role=role, password=password if not staff else None
        )
        Membership.objects.create(user=person, team=teams[team])
        staff.append(person)
    return staff


def make_customers(by: Actor) -> list[User]:
    for name, domain, shares in content.ORGANISATIONS:
        organisation = Organisation.objects.create(name=name, shares_tickets=shares)
        organisation.domains.create(domain=domain)
    people = []
    for name, email, zone, language in content.CUSTOMERS:
        person = actions.person_by_address(email, name)
        people.append(actions.change_person(person, by=by, timezone=zone, locale=language))
    return people


def make_labels() -> None:
    for position, (name, hue, tags) in enumerate(content.TAG_CATEGORIES):
        category = TagCategory.objects.create(name=name, hue=hue, position=position)
        for tag in tags:
            Tag.objects.create(name=tag, category=category)
    for position, (key, name, kind, options, hint) in enumerate(content.FIELDS):
        field = CustomField.objects.create(
            key=key,
            name=name,
            kind=kind,
            help_text=hint,
            position=position,
            staff_only=key in content.STAFF_ONLY,
        )
        for place, label in enumerate(options):
            FieldOption.objects.create(field=field, label=label, position=place)


def make_tickets(agents: list[User], customers: list[User]) -> None:
    queues = {queue.slug: queue for queue in Queue.objects.all()}
    types = {kind.name: kind for kind in TicketType.objects.all()}
    statuses = {status.name: status for status in Status.objects.all()}
    due = due_times()
    for row in content.TICKETS:
        slug, who, days, priority, kind, status, agent, tags, title, body = row
        ticket = open_one(
            queues[slug],
            customers[who],
            timezone.now() - timedelta(days=days),
            title=title,
            body=body,
            body_format="markdown",
            priority=priority,
            type=types[kind],
            tags=tags,
            status=statuses["New" if status == "New" else "Open"],
            due_at=due.get(title),
        )
        talk(ticket, customers[who], agents, agent, status)
    for number in range(36):
        subject = content.MORE_SUBJECTS[number % len(content.MORE_SUBJECTS)]
        customer = customers[(number * 5) % len(customers)]
        ticket = open_one(
            list(queues.values())[number % len(queues)],
            customer,
            timezone.now() - timedelta(days=5.5 + number * 0.8),
            title=subject,
            body="Hello, please have a look. It concerns all of us here and began this week.",
            priority=("normal", "low", "normal", "high")[number % 4],
            type=list(types.values())[number % len(types)],
        )
        status = ("Resolved", "Closed", "Open", "Closed", "Waiting")[number % 5]
        talk(ticket, customer, agents, number % 4, status)


def due_times() -> dict:
    """When the first few tickets are due, by title: one is late, others are not."""
    now = timezone.now()
    titles = [row[8] for row in content.TICKETS]
    hours = {0: -1.2, 1: 0.7, 2: 5, 3: 26, 8: 70}
    return {titles[index]: now + timedelta(hours=ahead) for index, ahead in hours.items()}


def open_one(queue: Queue, customer: User, at, **fields) -> Ticket:
    return actions.open_ticket(
        by=system("mail", name=str(customer), person_id=customer.pk),
        queue=queue,
        requester=customer,
        created_at=at,
        updated_at=at,
        **fields,
    )


def talk(
    ticket: Ticket, customer: User, agents: list[User], agent: int | None, status: str
) -> None:
    """Let an agent answer, note and settle a ticket, in the hours after it came."""
    age = timezone.now() - ticket.created_at
    moments = [ticket.created_at + age * share for share in (0.15, 0.3, 0.45, 0.6)]
    if agent is None:
        return
    person, place = agents[agent], ticket.pk
    by = actor_of(person)
    actions.change_ticket(ticket, by=by, at=moments[0], assignee=person, custom=custom(place))
    reply = content.REPLIES[place % len(content.REPLIES)]
    actions.reply(ticket, by=by, body=reply, at=moments[0])
    if place % 3:
        actions.add_note(ticket, by=by, body=content.NOTES[place % 3], at=moments[1])
    if place % 2:
        answer = content.ANSWERS[place % len(content.ANSWERS)]
        actions.reply(ticket, by=actor_of(customer), body=answer, at=moments[2], format="plain")
    move(ticket, by, status, moments[3])


def move(ticket: Ticket, by: Actor, status: str, at) -> None:
    target = Status.objects.get(name=status)
    ticket.refresh_from_db()
    if ticket.status_id != target.pk:
        resolution = {"resolution": "fixed"} if target.category in ("resolved", "closed") else {}
        actions.change_ticket(ticket, by=by, at=at, status=target, **resolution)


def custom(number: int) -> dict:
    regions = ["EU", "Levant", "Japan", "Americas", "Africa"]
    return {
        "region": regions[number % 5],
        "affected_seats": number * 3,
        "products": ["Webhooks", "Reports"] if number % 2 else ["Billing"],
    }


def make_keys(admin: User) -> dict[str, str]:
    """A key that writes and its twin that only reads, both at home in the default queue."""
    home = Queue.objects.get(is_default=True)
    secret_of, primary = {}, None
    for name, scope in (("api_key", "write"), ("api_key_read_only", "read")):
        key = ApiKey(name="Demo", scope=scope, all_queues=True, home_queue=home, primary=primary)
        secret_of[name] = key.renew_secret()
        key.save()
        primary = primary or key
    return secret_of
