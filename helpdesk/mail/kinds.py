"""What kind of message it is, and what may come of it: each effect is decided apart.

A header that looks automatic never hides what a person wrote: it only ends automatic answers. Only
what says of itself that it answers by machine is kept as a note, and only what reports a failed
delivery is not kept as words at all.
"""

import re
from dataclasses import dataclass

from helpdesk.mail import headers, mime
from helpdesk.mail.parsing import Mail

HUMAN, LIST, ROBOT, AUTO, VACATION = "human", "list", "robot", "auto", "vacation"
BOUNCE, RECEIPT, OWN = "bounce", "receipt", "own"
NOTHING, NOTE, PUBLIC = "", "note", "public"

_AWAY = re.compile(
    r"^\s*(?:\[[^\]]{0,40}\]\s*)?(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of"
    r"(?: the)? office|autoreply|abwesenheits|automatische (?:antwort|rückantwort)|réponse"
    r" automatique|absence du bureau|respuesta automática|fuera de la oficina|risposta automatica"
    r"|fuori (?:sede|ufficio)|resposta automática|automatisch antwoord|afwezig|autosvar|frånvaro"
    r"|automatisk svar|automaattinen vastaus|automatická odpověď|odpowiedź automatyczna"
    r"|автоответ|автоматический ответ|otomatik (?:yanıt|cevap)|自動返信|自动回复|자동 ?회신"
    r"|תשובה אוטומטית|رد تلقائي|vacation|i am away|je suis absent)",
    re.IGNORECASE,
)
_ROBOTS = re.compile(
    r"^(?:no-?_?reply|do-?_?not-?_?reply|donotreply|nicht-?antworten|ne-?pas-?repondre|noresponder"
    r"|mailer-daemon|postmaster|bounces?|notifications?|alerts?|daemon|cron|root|nobody|robot)"
    r"(?:[+._-].*)?$",
    re.IGNORECASE,
)
_DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon)$", re.IGNORECASE)
_FAILED = re.compile(
    r"undeliver|returned mail|delivery (?:status|failure|has failed|incomplete)|failure notice"
    r"|mail delivery failed|unzustellbar|nicht zustellbar|non remis|échec|no se (?:pudo|ha podido)"
    r"|mancata consegna|não entregue|onbestelbaar|не доставлено|could not be delivered",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Kind:
    """`why` names the sign. `append` is how it joins a ticket; `creates` whether it opens one."""

    name: str
    why: str = ""
    creates: bool = True
    append: str = PUBLIC
    answers: bool = False  # whether an automatic answer may be sent, as far as the kind goes
    notifies: bool = True

    @property
    def reopens(self) -> bool:
        return self.append == PUBLIC


def kind_of(mail: Mail, *, is_own: bool = False) -> Kind:
    """`is_own`: its Message-ID is one of ours, or it says that it is sent by us."""
    if is_own:
        return Kind(OWN, "own", creates=False, append=NOTHING, notifies=False)
    if why := _bounces(mail):
        return Kind(BOUNCE, why, creates=False, append=NOTHING, notifies=False)
    if _reports(mail) == "disposition-notification":
        return Kind(RECEIPT, "report", creates=False, append=NOTHING, notifies=False)
    if found := _answers_by_machine(mail):
        return Kind(*found, creates=False, append=NOTE, notifies=False)
    if why := _is_list(mail):
        return Kind(LIST, why)
    if why := _is_robot(mail):
        return Kind(ROBOT, why)
    if why := _wants_no_answer(mail):
        return Kind(HUMAN, why)
    return Kind(HUMAN, answers=True)


def said(mail: Mail, name: str) -> str:
    return headers.all_of(mail.headers, name, 500).strip().lower()


def is_robot_address(address: str) -> bool:
    return bool(_ROBOTS.match(address.rpartition("@")[0]))


def is_from_nobody(mail: Mail) -> bool:
    """Whether the envelope names no sender, as bounces and automatic answers do."""
    return "".join(said(mail, "Return-Path").split()) == "<>"


def _bounces(mail: Mail) -> str:
    types = {part.type for part in mail.leaves}
    if _reports(mail) == "delivery-status" or "message/delivery-status" in types:
        return "report"
    if said(mail, "X-Failed-Recipients"):
        return "X-Failed-Recipients"
    address = mail.senders[0][1] if mail.senders else ""
    is_daemon = bool(_DAEMON.match(address.rpartition("@")[0]))
    if _FAILED.search(mail.subject) and (is_daemon or is_from_nobody(mail)):
        return "subject"
    return ""


def _reports(mail: Mail) -> str:
    if mail.headers.get_content_type() != "multipart/report":
        return ""
    return mime.parameter(mail.headers, "report-type").lower()


def _answers_by_machine(mail: Mail) -> tuple[str, str] | None:
    submitted = _submitted(mail)
    is_away = bool(_AWAY.match(mail.subject)) or "vacation" in said(mail, "Auto-Submitted")
    if submitted == "auto-replied":
        return VACATION if is_away else AUTO, "Auto-Submitted"
    for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-AutoReply-From"):
        if said(mail, name) not in ("", "no"):
            return VACATION if is_away else AUTO, name
    if said(mail, "Precedence") in ("auto_reply", "auto-reply"):
        return VACATION if is_away else AUTO, "Precedence"
    signs = (
        submitted not in ("", "no"),
        is_from_nobody(mail),
        bool(said(mail, "X-Auto-Response-Suppress")),
        said(mail, "Precedence") in ("bulk", "junk"),
    )
    return (VACATION, "subject") if is_away and any(signs) else None


def _submitted(mail: Mail) -> str:
    """The word of Auto-Submitted, without what may follow it: `auto-replied (vacation)`."""
    return re.split(r"[;(\s]", said(mail, "Auto-Submitted"), maxsplit=1)[0]


def is_through_list(mail: Mail) -> bool:
    return bool(_is_list(mail))


def _is_list(mail: Mail) -> str:
    if said(mail, "List-Id"):
        return "List-Id"
    if said(mail, "List-Post"):
        return "List-Post"
    return "Precedence" if said(mail, "Precedence") == "list" else ""


def _is_robot(mail: Mail) -> str:
    if _submitted(mail) not in ("", "no"):
        return "Auto-Submitted"
    if said(mail, "Precedence") in ("bulk", "junk"):
        return "Precedence"
    for name in ("List-Unsubscribe", "Feedback-ID", "X-Cron-Env"):
        if said(mail, name):
            return name
    if is_from_nobody(mail):
        return "Return-Path"
    if mail.senders and is_robot_address(mail.senders[0][1]):
        return "address"
    return ""


def _wants_no_answer(mail: Mail) -> str:
    asked = said(mail, "X-Auto-Response-Suppress")
    return "X-Auto-Response-Suppress" if asked and asked != "none" else ""
