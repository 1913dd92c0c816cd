"""Who may do what: one table, asked by every verb."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from helpdesk.actor import Actor, Role
from helpdesk.models import ApiKey, Membership, Queue, Ticket, Transition, User
from helpdesk.models.configuration import configuration
from helpdesk.models.scopes import granted

WORKERS = frozenset({Role.ADMIN, Role.AGENT, Role.KEY, Role.SYSTEM})
EVERY_STAFF = WORKERS | {Role.LIGHT}
EVERYONE = EVERY_STAFF | {Role.CUSTOMER}

ALLOWED = {
    "open": WORKERS | {Role.CUSTOMER},
    "change": WORKERS,
    "transition": WORKERS | {Role.CUSTOMER},
    "reply": WORKERS | {Role.CUSTOMER},
    "forward": WORKERS,
    "note": EVERY_STAFF,
    "edit_comment": WORKERS,
    "redact_comment": WORKERS,
    "attach": EVERYONE,
    "detach": WORKERS,
    "link": WORKERS,
    "follow": EVERYONE,
    "merge": WORKERS,
    "split": WORKERS,
    "delete": WORKERS,
    "restore": WORKERS,
    "import": frozenset({Role.ADMIN, Role.KEY, Role.SYSTEM}),
    "configure": frozenset({Role.ADMIN, Role.SYSTEM}),
    "curate": frozenset({Role.ADMIN, Role.SYSTEM, Role.AGENT}),  # agents who lead a team
    "organise": frozenset({Role.ADMIN, Role.SYSTEM}),
    "manage_keys": frozenset({Role.ADMIN, Role.SYSTEM}),
    "erase": frozenset({Role.ADMIN, Role.SYSTEM}),
}
# What a key may do that names the scope.
BY_SCOPE = {
    "manage_keys": "keys",
    "erase": "people:erase",
    "configure": "configuration:manage",
    "curate": "configuration:write",
    "organise": "people:write",
}
OF_EVERY_QUEUE = frozenset({"configure", "curate", "organise"})  # keys of all queues alone
IN_READ_ONLY_QUEUES = frozenset({"follow"})


def can(actor: Actor, verb: str, ticket: Ticket | None = None) -> bool:
    """Whether the actor may do this to a ticket that it sees."""
    if not actor.can_write:
        return False
    if actor.role == Role.KEY and verb in BY_SCOPE:
        is_everywhere = actor.queues is None or verb not in OF_EVERY_QUEUE
        return is_everywhere and BY_SCOPE[verb] in actor.scopes
    if actor.role not in ALLOWED[verb]:
        return False
    if verb == "curate" and actor.role == Role.AGENT:
        return bool(configuration().leads.get(actor.person_id))
    if verb == "import" and actor.role == Role.KEY:
        return actor.writes_for_others and actor.queues is None
    is_read_only = ticket is not None and ticket.queue_id in actor.read_only_queues
    return verb in IN_READ_ONLY_QUEUES or not is_read_only


def authorise(actor: Actor, verb: str, ticket: Ticket | None = None) -> None:
    if not can(actor, verb, ticket):
        raise PermissionDenied(
            _("You may not do this (%(verb)s) here.") % {"verb": verb.replace("_", " ")}
        )


def may_take(actor: Actor, transition: Transition) -> bool:
    takers = {
        Transition.Takers.EVERYONE: ALLOWED["transition"],
        Transition.Takers.AGENTS: WORKERS,
        Transition.Takers.ADMINS: frozenset({Role.ADMIN, Role.SYSTEM}),
    }
    return actor.can_write and actor.role in takers[transition.takers]


def open_transitions(ticket: Ticket, actor: Actor) -> list[Transition]:
    """The transitions that the actor may take from where the ticket is, in order."""
    if not can(actor, "transition", ticket):
        return []
    leaving = configuration().transitions_from(ticket.queue_id, ticket.status_id)
    return [transition for transition in leaving if may_take(actor, transition)]


def refuse_foreign(actor: Actor, fields: dict) -> None:
    """Refuse queues and parents that the actor does not see, as if they did not exist."""
    errors = {}
    queue, parent = fields.get("queue"), fields.get("parent")
    if queue is not None and not _may_put_into(actor, queue):
        errors["queue"] = _("There is no such queue.")
    if parent is not None and not Ticket.objects.visible_to(actor).filter(pk=parent.pk).exists():
        errors["parent"] = _("There is no such ticket.")
    assignee = fields.get("assignee")
    if assignee is not None and not assignee.is_agent:
        errors["assignee"] = _("%(person)s is not an agent.") % {"person": assignee}
    if errors:
        raise ValidationError(errors)


def _may_put_into(actor: Actor, queue: Queue) -> bool:
    if actor.role == Role.CUSTOMER:
        return not queue.is_sandbox
    if actor.queues is None:
        return not (actor.role == Role.KEY and queue.is_sandbox)
    return queue.pk in actor.queues - actor.read_only_queues


def actor_of(user: User, origin: str = "web", request_id: str = "") -> Actor:
    """The actor that a person is at a door. No statement beyond the configuration snapshot."""
    everywhere = user.role == Role.ADMIN
    queues, reading = frozenset(), frozenset()
    if user.role in (Role.AGENT, Role.LIGHT):
        known = configuration()
        queues = known.queues_of(user.pk)
        reading = queues - known.queues_of(user.pk, Membership.Access.WORK)
    shares = (
        user.role == Role.CUSTOMER and user.organisation_id and user.organisation.shares_tickets
    )
    return Actor(
        role=Role(user.role),
        origin=origin,
        person_id=user.pk,
        name=str(user),
        queues=None if everywhere else queues,
        read_only_queues=reading,
        organisation_id=user.organisation_id if shares else None,
        can_write=user.is_active,
        request_id=request_id,
    )


def actor_of_key(
    key: ApiKey, queue_ids: list[int], origin: str = "api", request_id: str = ""
) -> Actor:
    """The actor that a key is at a door; `queue_ids` are the queues the key names.

    A sandbox key reaches its sandbox alone, whatever else is chosen for it.
    """
    home = key.sandbox_id if key.is_sandbox else key.home_queue_id
    own = {*([] if key.is_sandbox else queue_ids), *([home] if home else [])}
    return Actor(
        role=Role.KEY,
        origin=origin,
        person_id=key.person_id,
        key_id=key.pk,
        name=key.name,
        queues=None if key.all_queues and not key.is_sandbox else frozenset(own),
        can_write=key.scope == ApiKey.Scope.WRITE,
        scopes=granted(key.scopes),
        home_queue_id=home,
        request_id=request_id,
        writes_for_others=key.writes_for_others,
    )
