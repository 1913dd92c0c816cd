"""What a message repeats of earlier ones, and how it is signed: found line by line, shown folded.

Nothing is cut away: a text keeps all its words, and its folds say from where to where a reader need
not look. `quotequail` finds the same marks but took 19 s for 64 kB of “wrote:” lines; here every
line is looked at once, with patterns that cannot go back and forth.
"""

import re
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from helpdesk.text import plain_to_html

QUOTE, SIGNATURE = "quote", "signature"
READ = 256 * 1024  # characters looked at; what follows stays unfolded, or in the last fold
LONGEST_LINE = 400  # characters of a line that may introduce a quote
LONGEST_SIGNATURE = 12  # lines


@dataclass(frozen=True)
class Fold:
    """A part of a text by its characters: from `start` to just before `end`."""

    start: int
    end: int
    kind: str

    @property
    def as_list(self) -> list:
        return [self.start, self.end, self.kind]


# “On … wrote:” and its like, on a line that may be broken in two or three.
_WROTE = (
    "wrote|writes|schrieb|geschrieben|écrit|escribió|escreveu|scritto|scrisse|schreef|geschreven"
    "|skrev|kirjoitti|napsal|napísal|napisał|pisze|írta|a scris|написал|пишет|пише|написав|έγραψε"
    "|yazdı|写道|寫道|のメール|書きました|작성|כתב|كتب|đã viết|menulis"
)
_WROTE_WORD = re.compile(_WROTE, re.IGNORECASE)
_ENDS = re.compile(rf"(?:[:：]|{_WROTE})$", re.IGNORECASE)
_DATED = re.compile(r"\d{1,4}[./\-年]\s?\d{1,2}|\d{1,2}:\d{2}|\b(?:19|20)\d\d\b|@")
_ON = re.compile(
    r"^\s*(?:On|Am|Le|El|Il|Em|Op|Den|Dne|Dňa|W dniu|Dnia|Pe|La|În|Vào|Pada|Στις|Ngày)\b"
    r"|^\s*(?:\d{4}|[‎‏]?בתאריך|في|在|於)",
    re.IGNORECASE,
)
# “From: … Sent: … To: … Subject: …”, as Outlook and its kin write above what they repeat.
_FROM = (
    "From|Von|De|Da|Van|Från|Fra|Lähettäjä|Od|Odesílatel|От|Від|Από|Kimden|Gönderen|发件人|寄件者"
)
_FROM += "|寄件人|差出人|보낸 사람|보낸사람|מאת|من|Expéditeur|Feladó|De la|Từ|Dari"
_SENT = "Sent|Date|Gesendet|Datum|Envoyé|Enviado|Enviado el|Fecha|Data|Inviato|Verzonden|Skickat"
_SENT += "|Sendt|Dato|Lähetetty|Päiväys|Odesláno|Wysłano|Data wysłania|Отправлено|Дата|Надіслано"
_SENT += (
    "|Στάλθηκε|Ημερομηνία|Gönderildi|Gönderme Tarihi|Tarih|发送时间|日期|傳送時間|送信日時|日付"
)
_SENT += "|보낸 날짜|날짜|נשלח|תאריך|تاريخ الإرسال|التاريخ|Küldve|Dátum|Trimis|Ngày|Tanggal"
_SENT += (
    "|To|An|À|Para|A|Aan|Till|Til|Komu|Кому|Do|宛先|收件人|받는 사람|אל|إلى|Kime|Subject|Betreff"
)
_SENT += "|Objet|Asunto|Assunto|Oggetto|Onderwerp|Ämne|Emne|Předmět|Temat|Тема|主题|件名"
_SENT += "|제목|נושא"
_FROM_LINE = re.compile(rf"^[>\s*_]*(?:{_FROM})\s?\*?\s?[:：]\*?\s*\S", re.IGNORECASE)
_SENT_LINE = re.compile(rf"^[>\s*_]*(?:{_SENT})\s?\*?\s?[:：]", re.IGNORECASE)
REPLY_ABOVE = "##- reply above this line -##"  # what is sent to agents begins with it
_RULE = re.compile(
    r"^[\s>]*[-_]{2,}\s*(?:Original Message|Original Appointment|Forwarded message"
    r"|Ursprüngliche Nachricht|Weitergeleitete Nachricht|Message d'origine|Message transféré"
    r"|Mensaje original|Mensaje reenviado|Mensagem original|Mensagem encaminhada"
    r"|Messaggio originale|Messaggio inoltrato|Oorspronkelijk bericht|Doorgestuurd bericht"
    r"|Originalmeddelande|Oprindelig meddelelse|Alkuperäinen viesti|Původní zpráva"
    r"|Oryginalna wiadomość|Wiadomość oryginalna|Исходное сообщение|Пересылаемое сообщение"
    r"|Пересланное сообщение|Оригинал|Özgün ileti|原始邮件|原始信件|转发邮件|元のメッセージ"
    r"|Original-Nachricht|원본 메시지|הודעה מקורית|الرسالة الأصلية)\s*[-_]{0,}\s*$",
    re.IGNORECASE,
)
_LONG_RULE = re.compile(r"^\s*_{20,}\s*$")
_QUOTED = re.compile(r"^[ \t]{0,3}(?:>|&gt;)")
_DELIMITER = re.compile(r"^-- ?$|^--\xa0$|^—$|^__+$")
_SENT_FROM = re.compile(
    r"^\s*(?:Sent from (?:my|Mail for|Outlook|Yahoo|Proton|Samsung|the all-new)|Get Outlook for"
    r"|Von meinem .{1,40} gesendet|Gesendet (?:von|mit) |Envoyé (?:de mon|depuis|à partir)"
    r"|Enviado (?:desde|do meu|de meu)|Inviato da|Verstuurd vanaf|Verzonden vanaf|Skickat från"
    r"|Sendt fra|Lähetetty |Odesláno z|Wysłane z|Отправлено с|Надіслано з|iPhone'umdan gönderildi"
    r"|发自我的|從我的|iPhoneから送信|나의 .{1,20}에서 보냄|נשלח מה|أرسلت من|أُرسلت من)",
    re.IGNORECASE,
)


def folds_in(text: str) -> list[Fold]:
    """The folds of a plain text, in order, never over one another; none if nothing would be left
    to read."""
    lines = _lines(text[:READ])
    folds = _quotes(lines, text)
    signature = _signature(lines, folds, text)
    if signature is not None:
        folds = sorted([*folds, signature], key=lambda one: one.start)
    shown = _without(text, folds)
    return folds if shown.strip() else []


def render_folded(text: str, folds: list) -> SafeString:
    """A plain text as HTML, its folds closed. `folds` as stored: `[start, end, kind]`."""
    pieces, at = [], 0
    for start, end, kind in folds:
        if not (isinstance(start, int) and isinstance(end, int) and at <= start < end <= len(text)):
            continue
        pieces.append(plain_to_html(text[at:start]))
        summary = _("Signature") if kind == SIGNATURE else _("Quoted text")
        pieces.append(
            format_html(
                '<details class="quoted" data-kind="{}"><summary>{}</summary>{}</details>',
                SIGNATURE if kind == SIGNATURE else QUOTE,
                summary,
                plain_to_html(text[start:end]),
            )
        )
        at = end
    pieces.append(plain_to_html(text[at:]))
    return mark_safe("\n".join(piece for piece in pieces if piece))


def kept_folds(body: str, extra: dict | None) -> list:
    """The folds that were found when a text came by mail; none once it was edited."""
    mail = (extra or {}).get("mail") or {}
    return mail.get("folds", []) if mail.get("length") == len(body) else []


def unfolded(text: str, folds: list) -> str:
    """What is left to read when everything is folded."""
    return _without(text, [Fold(*one) for one in folds]).strip()


def _lines(text: str) -> list[tuple[int, str]]:
    found, at = [], 0
    for line in text.split("\n"):
        found.append((at, line))
        at += len(line) + 1
    return found


def _quotes(lines: list[tuple[int, str]], text: str) -> list[Fold]:
    """Runs of quoted lines with what introduces them; all that follows, where the marks say so."""
    folds, index = [], 0
    filled = max((at for at, (_start, line) in enumerate(lines) if line.strip()), default=0)
    while index < len(lines):
        start, line = lines[index]
        if _begins_repetition(lines, index):
            folds.append(Fold(start, len(text), QUOTE))
            return folds
        if _QUOTED.match(line):
            first = _introduction(lines, index)
            last = index
            while last + 1 < len(lines) and _goes_on(lines, last + 1):
                last += 1
            end = lines[last][0] + len(lines[last][1])
            begin = lines[first][0]
            if folds and begin < folds[-1].end:
                begin = start
            is_last = last >= filled
            if last > index or is_last:
                folds.append(Fold(begin, len(text) if is_last else end, QUOTE))
            if is_last:
                return folds
            index = last + 1
        else:
            index += 1
    return folds


def _goes_on(lines: list[tuple[int, str]], index: int) -> bool:
    """Whether a line still belongs to a quote: it is quoted, or blank before one that is."""
    line = lines[index][1]
    if _QUOTED.match(line):
        return True
    following = index + 1
    return not line.strip() and following < len(lines) and bool(_QUOTED.match(lines[following][1]))


def _begins_repetition(lines: list[tuple[int, str]], index: int) -> bool:
    """Whether all from this line on is an earlier message, quoted without marks."""
    line = lines[index][1][:LONGEST_LINE]
    if not line.strip():
        return False
    if _RULE.match(line) or REPLY_ABOVE in line:
        return True
    if _LONG_RULE.match(line):
        return _is_header_block(lines, _next_filled(lines, index + 1))
    if _is_header_block(lines, index):
        return True
    return _introduces_unmarked(lines, index)


def _is_header_block(lines: list[tuple[int, str]], index: int) -> bool:
    if index >= len(lines) or not _FROM_LINE.match(lines[index][1][:LONGEST_LINE]):
        return False
    following = [line[:LONGEST_LINE] for _at, line in lines[index + 1 : index + 8]]
    return sum(bool(_SENT_LINE.match(line)) for line in following) >= 2


def _introduces_unmarked(lines: list[tuple[int, str]], index: int) -> bool:
    """“On … wrote:” above text that is not marked, as HTML becomes it."""
    said = _introducing_at(lines, index)
    if said is None:
        return False
    following = _next_filled(lines, said + 1)
    return following < len(lines) and not _QUOTED.match(lines[following][1])


def _introducing_at(lines: list[tuple[int, str]], index: int) -> int | None:
    """The last line of an introduction that begins at a line, if one does."""
    if not _ON.match(lines[index][1][:LONGEST_LINE]):
        return None
    said = ""
    for last in range(index, min(index + 3, len(lines))):
        if len(lines[last][1]) > LONGEST_LINE:
            return None
        said = f"{said} {lines[last][1]}"
        if _is_said(lines[last][1]) and _WROTE_WORD.search(said) and _DATED.search(said):
            return last
    return None


def _is_said(line: str) -> bool:
    """Whether a line ends as an introduction does."""
    return bool(_ENDS.search(line.rstrip(" \t\r\xa0\u200e\u200f")))


def _introduction(lines: list[tuple[int, str]], index: int) -> int:
    """The first line of what introduces a quote that begins at `index`, or `index` itself."""
    above = index - 1
    while above >= 0 and not lines[above][1].strip() and index - above <= 2:
        above -= 1
    if above < 0 or index - above > 3:
        return index
    line = lines[above][1][-LONGEST_LINE:]
    said = " ".join(one[:LONGEST_LINE] for _at, one in lines[max(0, above - 2) : above + 1])
    if not _is_said(line) or not _DATED.search(said):
        return index
    for first in range(max(0, above - 2), above + 1):
        if _introducing_at(lines, first) == above:
            return first
    return above


def _next_filled(lines: list[tuple[int, str]], index: int) -> int:
    while index < len(lines) and not lines[index][1].strip():
        index += 1
    return index


def _signature(lines: list[tuple[int, str]], folds: list[Fold], text: str) -> Fold | None:
    """The last lines of what the sender wrote, where a mark says that they are a signature."""
    end = folds[-1].start if folds and folds[-1].end >= len(text.rstrip()) else len(text)
    own = [(at, line) for at, line in lines if at < end]
    lower = max(0, len(own) - LONGEST_SIGNATURE - 3)
    for at, line in own[lower:]:
        if at == 0 or any(fold.start <= at < fold.end for fold in folds):
            continue
        if _DELIMITER.match(line.rstrip("\r")) or _SENT_FROM.match(line[:LONGEST_LINE]):
            if not text[at:end].strip("-_— \n"):
                return None
            return Fold(at, end, SIGNATURE)
    return None


def _without(text: str, folds: list[Fold]) -> str:
    kept, at = [], 0
    for one in folds:
        kept.append(text[at : one.start])
        at = one.end
    return "".join([*kept, text[at:]])
