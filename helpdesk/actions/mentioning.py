"""`@name` in what is said: those agents are told, and follow the ticket."""

import re

from helpdesk.actions.relations import follow
from helpdesk.actor import Actor
from helpdesk.models import Comment, Mention, Ticket, User
from helpdesk.permissions import actor_of, can
from helpdesk.text import fold

MOST = 20
AT_SIGN = re.compile(r"(?<![\w.+-])@")


def mentioned_in(body: str) -> list[User]:
    """The staff whose name or address follows an @ sign; no statement where there is none."""
    words = fold(body)
    ends = [match.end() for match in AT_SIGN.finditer(words)][:200]
    if not ends:
        return []
    found: dict[int, User] = {}
    staff = sorted(User.objects.staff(), key=lambda one: -len(one.name_folded))
    for end in ends:
        person = next((one for one in staff if _stands_at(words, end, one)), None)
        if person is not None and len(found) < MOST:
            found.setdefault(person.pk, person)
    return list(found.values())


def tell_mentioned(comment: Comment, *, by: Actor) -> list[User]:
    """Store who was mentioned and have them follow, as far as they see the ticket."""
    told = []
    for person in mentioned_in(comment.body):
        rows = Ticket.objects.visible_to(actor_of(person))
        if person.pk == by.person_id or not rows.filter(pk=comment.ticket_id).exists():
            continue
        Mention.objects.get_or_create(
            person=person, comment=comment, defaults={"by_id": by.person_id}
        )
        told.append(person)
        if can(by, "change", comment.ticket):
            follow(comment.ticket, person, by=by)
    return told


def _stands_at(words: str, start: int, person: User) -> bool:
    names = [person.name_folded, person.email or "", (person.email or "").partition("@")[0]]
    for name in filter(None, names):
        after = words[start + len(name) : start + len(name) + 1]
        if words.startswith(name, start) and not (after.isalnum() or after == "_"):
            return True
    return False
