"""All that is found out about a message before anything is done: who, what kind, which ticket, and
whether it is taken at all. Reads rows, writes none."""

from dataclasses import dataclass, field

from helpdesk.mail import caps, kinds
from helpdesk.mail.addresses import is_own, own_addresses, probed_mailbox
from helpdesk.mail.bounces import Bounce, bounce_of
from helpdesk.mail.kinds import Kind, kind_of
from helpdesk.mail.parsing import Mail
from helpdesk.mail.senders import Sender, rule_for, sender_of
from helpdesk.mail.threads import Thread, thread_of
from helpdesk.models import Category, MailReference, SenderRule, StoredMessage, Ticket
from helpdesk.text import fold

OPEN, FOLLOW_UP, REPLY, NOTE, AWAIT = "open", "follow_up", "reply", "note", "await"
MARK, NOTHING, REFUSE, PROBE = "mark", "nothing", "refuse", "probe"


@dataclass
class Judgement:
    """`effect` is what is to be done; `reason` names why it is refused."""

    sender: Sender
    kind: Kind
    thread: Thread
    effect: str
    reason: str = ""
    may_answer: bool = False
    no_answer_why: str = ""
    bounce: Bounce | None = None
    is_probe: bool = False  # the mailbox's own test, come back
    own: set[str] = field(default_factory=set)
    story: dict = field(default_factory=dict)

    @property
    def address(self) -> str:
        return fold(self.sender.address)


def judge(mail: Mail, message: StoredMessage) -> Judgement:
    mailbox, own = message.mailbox, own_addresses()
    sender = sender_of(mail, message, mailbox)
    says_own = bool(sender.address) and is_own(sender.address, own)
    kind = kind_of(mail, is_own=_is_sent_by_us(mail, message, says_own=says_own))
    if message.is_released and kind.name not in (kinds.BOUNCE, kinds.OWN):
        kind = Kind(kind.name, kind.why, append=kinds.PUBLIC, notifies=kind.notifies)
    if says_own and message.is_released and mail.answers_to:
        sender = _as_answered(mail, sender)
    thread = thread_of(mail, message, sender)
    judgement = Judgement(sender, kind, thread, effect="", own=own)
    judgement.is_probe = says_own and _is_probe(mail, message)
    if kind.name == kinds.BOUNCE:
        judgement.bounce = bounce_of(mail, message)
    judgement.reason = _refusal(mail, message, judgement, says_own=says_own)
    judgement.effect = REFUSE if judgement.reason else _effect(judgement)
    _decide_answer(judgement, message)
    judgement.story = _story(mail, message, judgement)
    return judgement


def _is_sent_by_us(mail: Mail, message: StoredMessage, *, says_own: bool) -> bool:
    """A Message-ID of ours under somebody else's name is no sign of it: programs repeat them, and
    strangers know them. Only lists put their name in place of ours."""
    if not message.message_id or not (says_own or kinds.is_through_list(mail)):
        return False
    return MailReference.objects.filter(message_id=message.message_id, is_ours=True).exists()


def _is_probe(mail: Mail, message: StoredMessage) -> bool:
    """Whether it is the mailbox's own test, come back."""
    found = probed_mailbox([message.envelope_to, *(address for _name, address in mail.to)])
    return found == message.mailbox_id


def _as_answered(mail: Mail, sender: Sender) -> Sender:
    """A form or a copier writes in our name, and says whom to answer."""
    name, address = mail.answers_to[0]
    notes = [*sender.notes, "answers elsewhere"]
    return Sender(address, name, None, sender.authentication, notes, is_unclear=True)


def _refusal(mail: Mail, message: StoredMessage, said: Judgement, *, says_own: bool) -> str:
    """Why it goes to quarantine; a released message meets only what cannot be done."""
    if not message.is_whole:
        return "too large"
    if said.kind.name in (kinds.BOUNCE, kinds.OWN) or said.is_probe:
        return ""
    if not said.sender.address:
        return "nobody"
    if message.is_released:
        return ""
    if says_own:
        return "own address"
    rule = rule_for(said.sender.address)
    if rule is not None and rule.verdict == SenderRule.Verdict.BLOCK:
        return "blocked"
    is_allowed = rule is not None
    ticket = said.thread.ticket
    if ticket is None and not said.kind.creates:
        return "automatic" if said.kind.name != kinds.RECEIPT else ""
    if ticket is None and not is_allowed and _is_marked_as_spam(mail):
        return "spam"
    if not is_allowed and (cap := caps.exceeded(said.sender.address, ticket)):
        return f"cap {cap}"
    return ""


def _is_marked_as_spam(mail: Mail) -> bool:
    return (
        kinds.said(mail, "X-Spam-Flag") == "yes" or kinds.said(mail, "X-Spam-Status")[:3] == "yes"
    )


def _effect(said: Judgement) -> str:
    kind, ticket = said.kind, said.thread.ticket
    if said.is_probe:
        return PROBE
    if kind.name == kinds.BOUNCE:
        return MARK
    if kind.append == kinds.NOTHING:
        return NOTHING
    if ticket is None:
        return OPEN
    if kind.append == kinds.NOTE or said.thread.forward is not None:
        return NOTE  # what was forwarded is answered to the agents alone
    if said.sender.is_staff:
        return REPLY if speaks_for_us(said) else AWAIT
    if ticket.status_category == Category.CLOSED and not ticket.queue.reopens_closed:
        return FOLLOW_UP
    return REPLY


def speaks_for_us(said: Judgement) -> bool:
    """Whether an agent's words go out as such: their own signed address, and mail that our server
    vouches for."""
    token, person = said.thread.token, said.sender.person
    return (
        token is not None
        and person is not None
        and token.person_id == person.pk
        and said.sender.is_proven
    )


def _decide_answer(said: Judgement, message: StoredMessage) -> None:
    """Whether one automatic answer may be sent; whoever sends it looks at `may_answer`."""
    ticket: Ticket | None = said.thread.ticket
    if said.effect not in (OPEN, FOLLOW_UP, REPLY):
        said.no_answer_why = "effect"
    elif not said.kind.answers:
        said.no_answer_why = f"kind {said.kind.why or said.kind.name}"
    elif said.sender.is_staff:
        said.no_answer_why = "staff"
    elif said.sender.authentication.is_refuted:
        said.no_answer_why = "refuted"
    elif kinds.is_robot_address(said.sender.address):
        said.no_answer_why = "address"
    elif cap := caps.answers_exceeded(said.sender.address, ticket, message.mailbox):
        said.no_answer_why = f"cap {cap}"
    said.may_answer = not said.no_answer_why


def _story(mail: Mail, message: StoredMessage, said: Judgement) -> dict:
    """What is kept for the agents; `helpdesk.mail.story` has the words for it."""
    sender, thread, bounce = said.sender, said.thread, said.bounce
    story = {
        "from": [[name, address] for name, address in mail.senders[:5]],
        "reply_to": [address for _name, address in mail.answers_to[:5]],
        "to": [address for _name, address in mail.to[:20]],
        "cc": [address for _name, address in mail.cc[:20]],
        "sent_at": mail.sent_at.isoformat(),
        "author": [sender.name, sender.address],
        "known": sender.person is not None,
        "sender_notes": sender.notes,
        "trusted": sender.authentication.by,
        "results": list(sender.authentication.results),
        "aligned": sender.authentication.is_aligned,
        "kind": said.kind.name,
        "kind_why": said.kind.why,
        "effect": said.effect,
        "reason": said.reason,
        "how": thread.how,
        "sign": thread.sign,
        "refused_signs": [[how, why, ticket.pk] for how, why, ticket in thread.refused[:10]],
        "thread_notes": thread.notes,
        "notes": sorted(set(mail.notes)),
        "charsets": sorted(set(mail.charsets)),
        "has_html": bool(mail.html),
        "files": [one.name for one in mail.files[:50]],
        "refused_files": [[name, "too many"] for name in mail.refused[:50]],
        "may_answer": said.may_answer,
        "no_answer": said.no_answer_why,
    }
    if bounce is not None:
        story["bounce"] = {
            "how_long": bounce.how_long,
            "addresses": dict(list(bounce.addresses.items())[:10]),
            "ids": bounce.message_ids[:5],
        }
    return story
