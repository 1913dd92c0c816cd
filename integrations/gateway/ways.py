"""The ways of a workflow: which transitions lead a ticket to a status."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from helpdesk.actor import Actor
from helpdesk.models import Status, Ticket, Transition
from helpdesk.models.configuration import configuration
from helpdesk.permissions import may_take
from integrations.ours import status_for, status_word


def statuses_called(word: str, queue_id: int) -> list[Status]:
    """The statuses of ours that a word means; where there is none, the nearest there is."""
    known = configuration().statuses.values()
    called = [
        status
        for status in known
        if status.deleted_at is None and status_word(status, queue_id) == word
    ]
    return called or [status_for(word, queue_id)]


def word_now(ticket: Ticket) -> str:
    """The word of `connector.STATUSES` that a ticket's status is."""
    return status_word(configuration().statuses[ticket.status_id], ticket.queue_id)


def way_to(ticket: Ticket, targets: Sequence[Status], actor: Actor) -> list[Transition] | None:
    """The fewest transitions that lead a ticket to one of the statuses; None if none do.

    Those on the way must be open to the actor and ask for nothing; the last may.
    """
    known = configuration()
    wanted = {status.pk for status in targets}
    seen = {ticket.status_id}
    ways: deque[tuple[int, list[Transition]]] = deque([(ticket.status_id, [])])
    while ways:
        status_id, taken = ways.popleft()
        steps = known.transitions_from(ticket.queue_id, status_id)
        steps = [step for step in steps if may_take(actor, step)]
        for step in sorted(steps, key=_asks_for_something):
            if step.target_id in wanted:
                return [*taken, step]
            if step.target_id not in seen and not _asks_for_something(step):
                seen.add(step.target_id)
                ways.append((step.target_id, [*taken, step]))
    return None


def reachable(ticket: Ticket, word: str, actor: Actor) -> bool:
    """Whether a ticket can be brought into a status that a word means and that it is not in."""
    targets = statuses_called(word, ticket.queue_id)
    is_there = ticket.status_id in {status.pk for status in targets}
    return not is_there and way_to(ticket, targets, actor) is not None


def _asks_for_something(step: Transition) -> bool:
    return step.needs_resolution or step.needs_comment
