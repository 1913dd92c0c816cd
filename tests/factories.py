"""What tests arrange with: people, queues, fields and tickets, made through the verbs."""

from itertools import count

from helpdesk import actions
from helpdesk.actor import Actor, Role, system
from helpdesk.models import (
    ApiKey,
    Comment,
    CustomField,
    FieldOption,
    Membership,
    Queue,
    Status,
    Tag,
    Team,
    Ticket,
    User,
)
from helpdesk.permissions import actor_of, actor_of_key

_numbers = count(1)


def make_user(name: str = "", role: str = Role.CUSTOMER, **fields) -> User:
    number = next(_numbers)
    name = name or f"Person {number}"
    fields.setdefault("email", f"{name.lower().replace(' ', '.')}.{number}@example.com")
    return User.objects.create_user(name=name, role=role, **fields)


def make_agent(
    name: str = "", queues=None, role: str = Role.AGENT, access="work", **fields
) -> User:
    """An agent whose own team works on the given queues (none given: the default queue)."""
    agent = make_user(name, role, **fields)
    team = Team.objects.create(name=f"Team {next(_numbers)}")
    for queue in [default_queue()] if queues is None else queues:
        queue.teams.add(team)
    Membership.objects.create(user=agent, team=team, access=access)
    return agent


def default_queue() -> Queue:
    return Queue.objects.get(is_default=True)


def make_queue(name: str = "") -> Queue:
    name = name or f"Queue {next(_numbers)}"
    return Queue.objects.create(name=name, slug=name.lower().replace(" ", "-"))


def make_field(key: str, kind: str = "text", options=(), **fields) -> CustomField:
    fields.setdefault("name", key.replace("_", " ").capitalize())
    field = CustomField.objects.create(key=key, kind=kind, **fields)
    for position, label in enumerate(options):
        FieldOption.objects.create(field=field, label=label, position=position)
    return field


def make_ticket(title: str = "", *, by: Actor | None = None, **fields) -> Ticket:
    by = by or system("rule")
    return actions.open_ticket(by=by, title=title or f"Ticket {next(_numbers)}", **fields)


def make_comment(
    ticket: Ticket, body: str = "Some words", public: bool = True, **fields
) -> Comment:
    verb = actions.reply if public else actions.add_note
    return verb(ticket, body=body, by=fields.pop("by", system("rule")), **fields)


def make_key(scope: str = "write", queues=None, **fields) -> tuple[ApiKey, str]:
    """A key and its secret; without queues it reaches all of them."""
    key = ApiKey(name=fields.pop("name", f"Key {next(_numbers)}"), scope=scope, **fields)
    secret = key.renew_secret()
    key.all_queues = queues is None
    key.save()
    key.queues.set(queues or [])
    return key, secret


def status(name: str) -> Status:
    return Status.objects.get(name=name)


def make_tag(name: str) -> Tag:
    return Tag.objects.create(name=name)


def key_actor(key: ApiKey) -> Actor:
    return actor_of_key(key, list(key.queues.values_list("pk", flat=True)))


__all__ = [
    "actor_of",
    "default_queue",
    "key_actor",
    "make_agent",
    "make_comment",
    "make_field",
    "make_key",
    "make_queue",
    "make_tag",
    "make_ticket",
    "make_user",
    "status",
]
