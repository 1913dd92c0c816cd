"""The mail story in words: how a message came, what it was taken for and why, what became of it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.mail.showing import cleaned_away
from helpdesk.models import StoredMessage

REASONS = {
    "automatic": gettext_lazy("An automatic answer that belongs to no ticket of ours."),
    "blocked": gettext_lazy("Its sender is on the block list."),
    "bounce of nothing": gettext_lazy(
        "A failed delivery, but of no message that was sent from here."
    ),
    "cap address_day": gettext_lazy("Its sender wrote more than one address may in a day."),
    "cap ticket_hour": gettext_lazy("Its sender wrote more to this ticket than is taken an hour."),
    "tried": gettext_lazy("It was tried three times without an end."),
    "inactive": gettext_lazy("Its sender's account is deactivated."),
    "nobody": gettext_lazy("It names nobody who could have written it."),
    "own address": gettext_lazy("It claims to come from one of our own addresses."),
    "spam": gettext_lazy("The mail server marked it as unwanted."),
    "too slow": gettext_lazy("It takes too long to read. Its original is kept."),
    "too large": gettext_lazy("It is larger than this mailbox takes. Only its head was fetched."),
}
KINDS = {
    "human": gettext_lazy("written by a person"),
    "list": gettext_lazy("sent through a mailing list"),
    "robot": gettext_lazy("sent by a machine"),
    "auto": gettext_lazy("an automatic answer"),
    "vacation": gettext_lazy("an out-of-office answer"),
    "bounce": gettext_lazy("a report of a failed delivery"),
    "receipt": gettext_lazy("a read receipt"),
    "own": gettext_lazy("our own message, come back"),
}
EFFECTS = {
    "open": gettext_lazy("opened a ticket"),
    "follow_up": gettext_lazy("opened a follow-up, since the ticket was closed"),
    "reply": gettext_lazy("joined the ticket as a message"),
    "note": gettext_lazy("joined the ticket as a note, and opened nothing again"),
    "approved": gettext_lazy("joined the ticket as a reply, approved by an agent"),
    "await": gettext_lazy("waits as a note, since it is not proven to be the agent's"),
    "mark": gettext_lazy("marked the message that could not be delivered"),
    "nothing": gettext_lazy("nothing came of it"),
    "probe": gettext_lazy("was the mailbox's own test, and proved that plus addresses arrive"),
    "refuse": gettext_lazy("went to quarantine"),
}
SIGNS = {
    "address": gettext_lazy("the signed reply address"),
    "reference": gettext_lazy("a message that it answers"),
    "forward": gettext_lazy("a message that was forwarded"),
    "tag": gettext_lazy("the number in its subject"),
}
WHYS = {
    "stranger": gettext_lazy("its sender may not see that ticket"),
    "refuted": gettext_lazy("its sender's domain disowns it"),
    "trash": gettext_lazy("that ticket is in the trash"),
}
NOTES = {
    "calendar": gettext_lazy("It holds an invitation, kept as a file."),
    "charset": gettext_lazy("Its text is in other letters than it claims."),
    "cut": gettext_lazy("Its text was longer than a message may be; the original has the rest."),
    "encrypted": gettext_lazy("It is encrypted: what can't be read here is kept as a file."),
    "nested": gettext_lazy("It holds other messages, kept as files."),
    "no boundary": gettext_lazy("It says that it has parts, but not where they begin."),
    "no parts": gettext_lazy("It says that it has parts, but has none."),
    "several Message-IDs": gettext_lazy("It has several Message-IDs; the first one counts."),
    "signed": gettext_lazy("It is signed; the signature is kept as a file and was not checked."),
    "text from HTML": gettext_lazy("Its text was read from HTML."),
    "too deep": gettext_lazy(
        "Its parts are nested too deeply; what lies deeper is kept as a file."
    ),
    "too many parts": gettext_lazy("It has more parts than are read; the rest is one file."),
    "winmail": gettext_lazy("Its files are packed in winmail.dat, kept as it is."),
}
SENDER_NOTES = {
    "answers elsewhere": gettext_lazy("It came in our own name; its Reply-To counts as author."),
    "no author": gettext_lazy("It has no From; who it is was read elsewhere."),
    "several authors": gettext_lazy("It names several authors; one of them counts."),
}
CLEANED = {
    "scripts": gettext_lazy("what would run (%(count)s)"),
    "forms": gettext_lazy("fields and buttons (%(count)s)"),
    "embedded": gettext_lazy("frames, drawings and players (%(count)s)"),
    "styles": gettext_lazy("styles (%(count)s)"),
    "pictures": gettext_lazy("pictures from elsewhere, until asked for (%(count)s)"),
}
NO_ANSWERS = {
    "effect": gettext_lazy("nothing that would be answered came of it"),
    "staff": gettext_lazy("it comes from an agent's address"),
    "refuted": gettext_lazy("its sender's domain disowns it"),
    "address": gettext_lazy("its sender's address takes no answers"),
    "cap answers_ticket_day": gettext_lazy("this address got all answers to this ticket for today"),
    "cap answers_address_day": gettext_lazy("this address got all answers for today"),
    "cap answers_mailbox_minute": gettext_lazy("the mailbox answered enough for this minute"),
}


def reason(name: str) -> str:
    return str(REASONS.get(name, name))


def lines(message: StoredMessage, html: str = "") -> list[tuple[str, str]]:
    """What is worth saying of a message, as `(what, words)`, in the order in which it happened.
    `html` is its own document: what is cleaned away of it is told."""
    story = message.story or {}
    said = [
        (_("Came"), _came(message)),
        (_("From"), _people(story.get("from")) or _("nobody")),
        (_("To"), ", ".join(story.get("to", []))),
        (_("Copies"), ", ".join(story.get("cc", []))),
        (_("Answers to"), ", ".join(story.get("reply_to", []))),
        (_("Message-ID"), message.message_id or _("none")),
        (_("Checked by"), _checked(story)),
        (_("Taken for"), _kind(story)),
        (_("What came of it"), _effect(story, message)),
        (_("Automatic answer"), _answer(story)),
        (_("Failed delivery"), _bounce(story)),
        (_("Files"), ", ".join(story.get("files", []))),
        (_("Files refused"), _refused_files(story)),
        (_("Cleaned away"), _cleaned(html)),
        (_("Read as"), ", ".join(story.get("charsets", []))),
    ]
    notes = [*(NOTES.get(one, one) for one in story.get("notes", []))]
    notes += [SENDER_NOTES.get(one, one) for one in story.get("sender_notes", [])]
    if "forged address" in story.get("thread_notes", []):
        notes.append(_("It was sent to a reply address with a wrong signature."))
    notes += _refused_signs(story)
    said += [(_("Worth knowing"), str(one)) for one in notes]
    return [(what, words) for what, words in said if words]


def _came(message: StoredMessage) -> str:
    mailbox = message.mailbox
    words = {"mailbox": mailbox, "how": mailbox.get_protocol_display()}
    return _("into %(mailbox)s, %(how)s") % words


def _cleaned(html: str) -> str:
    found = cleaned_away(html)
    return ", ".join(str(CLEANED[name]) % {"count": number} for name, number in found.items())


def _people(pairs) -> str:
    return ", ".join(f"{name} <{address}>" if name else address for name, address in pairs or [])


def _checked(story: dict) -> str:
    if not story.get("trusted"):
        return _("nobody: no server's word on it is trusted")
    verdict = _("proven") if story.get("aligned") else _("not proven")
    results = ", ".join(story.get("results", [])) or _("no results")
    return f"{story['trusted']}: {verdict} ({results})"


def _kind(story: dict) -> str:
    words = str(KINDS.get(story.get("kind", ""), ""))
    why = story.get("kind_why")
    return _("%(kind)s, by its %(why)s") % {"kind": words, "why": why} if why and words else words


def _effect(story: dict, message: StoredMessage) -> str:
    if message.state == StoredMessage.State.COPY:
        return _("Kept aside: another copy of it came first.")
    words = str(EFFECTS.get(story.get("effect", ""), ""))
    if how := story.get("how"):
        words = _("%(words)s, led by %(sign)s") % {"words": words, "sign": SIGNS.get(how, how)}
    if story.get("reason"):
        words = f"{words}: {reason(story['reason'])}"
    return words


def _answer(story: dict) -> str:
    if story.get("may_answer"):
        return _("may be sent")
    why = story.get("no_answer", "")
    if why.startswith("kind "):
        return _("none: it is automatic itself, or asks for none (%(sign)s)") % {"sign": why[5:]}
    return _("none: %(why)s") % {"why": NO_ANSWERS.get(why, why)} if why else ""


def _bounce(story: dict) -> str:
    bounce = story.get("bounce")
    if not bounce:
        return ""
    long = _("for good") if bounce["how_long"] == "permanent" else _("for now")
    pairs = [f"{address}: {words}".strip(": ") for address, words in bounce["addresses"].items()]
    return f"{long}; {'; '.join(pairs)}" if pairs else long


def _refused_files(story: dict) -> str:
    return ", ".join(f"{name} ({why})" for name, why in story.get("refused_files", []))


def _refused_signs(story: dict) -> list[str]:
    """Without the numbers of tickets: who reads this may not see them."""
    words = _("It shows %(sign)s, but %(why)s.")
    return [
        words % {"sign": SIGNS.get(how, how), "why": WHYS.get(why, why)}
        for how, why, _number in story.get("refused_signs", [])
    ]
