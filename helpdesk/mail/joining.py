"""What was found out, done: the verbs of one message in one transaction."""

from collections.abc import Callable
from tempfile import SpooledTemporaryFile

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk import actions
from helpdesk.actions.attachments import discard_kept
from helpdesk.actions.outgoing import BOUNCED
from helpdesk.actor import Actor, system
from helpdesk.folding import unfolded
from helpdesk.mail import bounces, judging, kinds, story
from helpdesk.mail.addresses import is_own, without_tags
from helpdesk.mail.judging import Judgement
from helpdesk.mail.parsing import Mail
from helpdesk.mail.threads import remember
from helpdesk.models import (
    Attachment,
    Comment,
    Format,
    OutgoingMail,
    Participant,
    Recipient,
    StoredMessage,
    Ticket,
    User,
)
from helpdesk.permissions import actor_of

MAX_COPIED_IN = 10  # people whom one message adds to a ticket
IN_MEMORY = 1024 * 1024  # bytes of a file; larger ones are decoded to disk
State = StoredMessage.State
Done = tuple[Ticket | None, Comment | None]


class Refused(Exception):
    """The message goes to quarantine; the words say why."""


class Overtaken(Exception):
    """Another process has done it."""


def join(mail: Mail, message: StoredMessage, said: Judgement) -> None:
    if said.effect == judging.REFUSE:
        raise Refused(story.reason(said.reason))
    if said.effect == judging.NOTHING:
        _finish(message, said, lambda: (None, None))
    elif said.effect == judging.PROBE:
        _finish(message, said, lambda: _prove_plus(message))
    elif said.effect == judging.MARK:
        _finish(message, said, lambda: _mark(message, said))
    else:
        _speak(mail, message, said)


def _speak(mail: Mail, message: StoredMessage, said: Judgement) -> None:
    """Files are kept before the transaction, and taken away again if it comes to nothing."""
    by, author = _speaker(said)
    kept = _keep_files(mail, said, by)
    verbs = {
        judging.OPEN: _open,
        judging.FOLLOW_UP: _follow_up,
        judging.REPLY: _reply,
        judging.NOTE: _note,
        judging.AWAIT: _await,
    }

    def act() -> Done:
        done = verbs[said.effect](mail, message, said, by, author, kept)
        if done[0] is not None:
            remember(message.message_id, *done)
            _copy_in(mail, said, done[0], author)
        return done

    try:
        _finish(message, said, act)
    except Overtaken:
        discard_kept(kept)
    except BaseException:
        discard_kept(kept)
        raise


def _speaker(said: Judgement) -> tuple[Actor, User | None]:
    """Who acts, and who is the author. What an agent's address alone claims is nobody's word."""
    sender = said.sender
    if said.effect == judging.NOTE or (sender.is_staff and said.effect != judging.REPLY):
        return system("mail", name=_("Mail")), sender.person
    person = sender.person or actions.person_by_address(sender.address, sender.name)
    if not person.is_active:
        raise Refused(story.reason("inactive"))
    return actor_of(person, "mail"), person


def _keep_files(mail: Mail, said: Judgement, by: Actor) -> list[Attachment]:
    kept: list[Attachment] = []
    for one in mail.files:
        with SpooledTemporaryFile(max_size=IN_MEMORY) as content:
            file = File(content, name=one.name)
            file.size = one.part.write_decoded(content)
            try:
                made = actions.keep_file(file, by=by, name=one.name, content_id=one.content_id)
            except ValidationError as error:
                said.story["refused_files"].append([one.name, " ".join(error.messages)])
            else:
                kept.append(made)
    return kept


def _finish(message: StoredMessage, said: Judgement, act: Callable[[], Done]) -> None:
    """The verbs and the message's own state commit together."""
    with transaction.atomic():
        row = StoredMessage.objects.select_for_update(of=("self",)).get(pk=message.pk)
        if row.state != State.STORED:
            raise Overtaken
        message.ticket, message.comment = act()
        message.state, message.worked_at, message.reason = State.WORKED, timezone.now(), ""
        message.may_answer, message.story = said.may_answer, said.story
        names = ("state", "worked_at", "reason", "may_answer", "story", "kind", "sender", "subject")
        message.save(update_fields=[*names, "ticket", "comment"])


# What may come of a message ----------------------------------------------------------------------


def _open(mail, message, said, by, author, kept) -> Done:
    ticket = actions.open_ticket(
        by=by,
        title=without_tags(mail.subject) or _("(no subject)"),
        body=_words(mail),
        body_format=Format.PLAIN,
        requester=author,
        requester_name=said.sender.name[:200],
        queue=message.mailbox.queue,
        created_at=message.came_at,
        extra=_extra(mail, message),
        attachments=kept,
    )
    if said.thread.related is not None:
        actions.link(ticket, said.thread.related, by=system("mail", name=_("Mail")))
    return ticket, None


def _follow_up(mail, message, said, by, author, kept) -> Done:
    former = said.thread.ticket
    done = _open(mail, message, said, by, author, kept)
    actions.link(done[0], former, by=system("mail", name=_("Mail")))
    return done


def _reply(mail, message, said, by, author, kept) -> Done:
    body, extra = _words(mail, may_be_empty=bool(kept)), _extra(mail, message)
    if said.sender.is_staff:  # what an agent quotes may hold internal notes
        body, extra = unfolded(mail.text, _folds(mail)), {"mail": {"message": str(message.uuid)}}
        body = body or _("(no text)")
    comment = actions.reply(
        said.thread.ticket,
        by=by,
        body=body,
        format=Format.PLAIN,
        attachments=kept,
        at=message.came_at,
        message_id=message.message_id,
        extra=extra,
    )
    return comment.ticket, comment


def _note(mail, message, said, by, author, kept) -> Done:
    """Kept for the agents: it opens nothing again, and no customer is told."""
    comment = actions.add_note(
        said.thread.ticket,
        by=by,
        body=_words(mail, may_be_empty=bool(kept)),
        format=Format.PLAIN,
        attachments=kept,
        at=message.came_at,
        author=author if author is not None and not author.is_agent else None,
        author_name=said.sender.name or said.sender.address,
        silent=not said.kind.notifies,
        in_reply_to=said.thread.forward,
        message_id=message.message_id,
        extra=_extra(mail, message),
    )
    return comment.ticket, comment


def _await(mail, message, said, by, author, kept) -> Done:
    """What claims to be an agent's word waits as a note until somebody approves it."""
    extra = _extra(mail, message)
    extra["mail"]["awaits"] = author.pk
    comment = actions.add_note(
        said.thread.ticket,
        by=by,
        body=_words(mail, may_be_empty=bool(kept)),
        format=Format.PLAIN,
        attachments=kept,
        at=message.came_at,
        author_name=_("%(name)s, unproven") % {"name": said.sender.name or said.sender.address},
        message_id=message.message_id,
        extra=extra,
    )
    return comment.ticket, comment


def _prove_plus(message: StoredMessage) -> Done:
    """The mailbox's own test arrived at its address with a plus: such addresses are used now."""
    actions.speak(message.mailbox, by=system("mail", name=_("Mail")), has_plus=True)
    return None, None


def _mark(message: StoredMessage, said: Judgement) -> Done:
    """A failed delivery marks its recipient and the message, and says so on the ticket."""
    bounce = said.bounce
    comment = bounce.recipient.comment if bounce.recipient else None
    if comment is None and bounce.reference is not None:
        comment = bounce.reference.comment
    ticket = comment.ticket if comment else (bounce.reference and bounce.reference.ticket)
    if ticket is None and bounce.mail is not None:
        ticket = bounce.mail.ticket
    if ticket is None:
        raise Refused(story.reason("bounce of nothing"))
    if bounce.how_long != bounces.PERMANENT:
        return ticket, comment
    reached = bounce.recipient or bounce.mail
    addresses = list(bounce.addresses) or ([reached.address] if reached else [])
    words = "; ".join(filter(None, dict.fromkeys(bounce.addresses.values())))
    _mark_sent(bounce, words)
    note = actions.add_note(
        ticket,
        by=system("mail", name=_("Mail")),
        body=_("Mail to %(addresses)s could not be delivered. %(words)s").strip()
        % {"addresses": ", ".join(addresses[:10]) or _("somebody"), "words": words[:1000]},
        format=Format.PLAIN,
        at=message.came_at,
        extra={"mail": {"message": str(message.uuid)}},
    )
    return note.ticket, note


def _mark_sent(bounce: bounces.Bounce, words: str) -> None:
    """A recipient bounced; a message without one could not be sent, as far as its page goes."""
    sent = OutgoingMail.objects.filter(state=OutgoingMail.State.SENT)
    why = (_("It came back: %(words)s") % {"words": words} if words else _("It came back."))[:500]
    if bounce.recipient is not None:
        Recipient.objects.filter(pk=bounce.recipient.pk).update(state=BOUNCED)
        sent.filter(recipient=bounce.recipient).update(last_error=why)
    elif bounce.mail is not None:
        now = timezone.now()
        sent.filter(pk=bounce.mail.pk).update(
            state=OutgoingMail.State.FAILED, ended_at=now, last_error=why
        )


# What they share ---------------------------------------------------------------------------------


def _words(mail: Mail, *, may_be_empty: bool = False) -> str:
    if mail.text.strip() or may_be_empty:
        return mail.text
    if "encrypted" in mail.notes:
        return _("(This message is encrypted. It is kept as a file.)")
    if "winmail" in mail.notes:
        return _("(The text is inside winmail.dat, which is kept as a file.)")
    return _("(no text)")


def _folds(mail: Mail) -> list[list]:
    return [one.as_list for one in mail.folds]


def _extra(mail: Mail, message: StoredMessage) -> dict:
    """What the page needs of the message: `helpdesk.web.timeline` reads it."""
    said = {"message": str(message.uuid)}
    if mail.folds:
        said |= {"folds": _folds(mail), "length": len(mail.text)}
    return {"mail": said}


def _copy_in(mail: Mail, said: Judgement, ticket: Ticket, author: User | None) -> None:
    """Whoever a person wrote to besides us takes part from now on, and may answer."""
    if said.kind.name != kinds.HUMAN or said.effect in (judging.AWAIT, judging.NOTE):
        return
    if not any(is_own(address, said.own) for _name, address in mail.recipients):
        return  # one of them may be an address of ours that nobody told us of
    known = set(Participant.objects.filter(ticket=ticket).values_list("person__email", flat=True))
    known |= {said.address, ticket.requester.email if ticket.requester_id else ""}
    wanted = [
        (name, address)
        for name, address in mail.recipients
        if address.lower() not in known
        and not is_own(address, said.own)
        and not kinds.is_robot_address(address)
    ][:MAX_COPIED_IN]
    if not wanted:
        return
    people = actions.people_by_address([(address, name) for name, address in wanted])
    by = system("mail", name=_("Mail"))
    for person in people.values():
        if not person.is_agent and person.is_active and person != author:
            actions.follow(ticket, person, by=by, kind=Participant.Kind.CC)
