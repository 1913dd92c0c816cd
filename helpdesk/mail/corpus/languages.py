"""Ten languages, in the charsets and wrappings that senders use, true and lying."""

from base64 import b64encode
from quopri import encodestring

from helpdesk.mail.corpus import Case, mail

TEXTS = {
    "english": "The café’s “naïve” printer costs £5",
    "german": "Größere Störung: Drucker heißt jetzt Müll",
    "french": "L'imprimante brûlée à Orléans coûte 5 000 francs, ça va",
    "spanish": "¿Por qué no funciona la señal del año pasado?",
    "polish": "Zażółć gęślą jaźń, drukarka się pali",
    "turkish": "Yazıcı çöktü, lütfen yardım edin: ığdır şişli",
    "russian": "Принтер горит, помогите пожалуйста",
    "greek": "Ο εκτυπωτής καίγεται, βοήθεια παρακαλώ",
    "japanese": "プリンターが燃えています。助けてください",
    "chinese": "打印机着火了，请帮忙处理一下",
    "korean": "프린터에 불이 났어요 도와주세요",
    "hebrew": "המדפסת בוערת, נא לעזור",
    "arabic": "الطابعة تحترق، ساعدوني من فضلكم",
    "thai": "เครื่องพิมพ์ไฟไหม้ ช่วยด้วย",
}
CHARSETS = {
    "english": ["utf-8", "windows-1252", "utf-16", "utf-7"],
    "german": ["iso-8859-1", "iso-8859-15", "cp850", "macintosh"],
    "french": ["iso-8859-1", "utf-8"],
    "spanish": ["iso-8859-15", "windows-1252"],
    "polish": ["iso-8859-2", "windows-1250"],
    "turkish": ["iso-8859-9", "windows-1254"],
    "russian": ["koi8-r", "windows-1251", "iso-8859-5"],
    "greek": ["iso-8859-7", "windows-1253"],
    "japanese": ["iso-2022-jp", "shift_jis", "euc-jp"],
    "chinese": ["gb2312", "gb18030", "big5-hkscs"],
    "korean": ["euc-kr", "ks_c_5601-1987"],
    "hebrew": ["iso-8859-8-i", "windows-1255"],
    "arabic": ["windows-1256", "iso-8859-6"],
    "thai": ["tis-620", "windows-874"],
}
PYTHON = {
    "macintosh": "mac_roman",
    "ks_c_5601-1987": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "windows-874": "cp874",
}


def cases() -> list[Case]:
    found = []
    for language, charsets in CHARSETS.items():
        for number, charset in enumerate(charsets):
            found.append(_case(language, charset, number))
    return [*found, *lies()]


def _case(language: str, charset: str, number: int) -> Case:
    """Wrapped as base64, quoted-printable or not at all, in turn; subject by RFC 2047."""
    text, codec = TEXTS[language], PYTHON.get(charset, charset)
    if language in ("english",) and charset in ("utf-7", "utf-16"):
        number = 0
    if codec in ("iso-8859-15", "iso-8859-1", "mac_roman", "cp850", "iso-8859-5", "iso-8859-6"):
        text = text.replace("’", "'")
    if language == "chinese" and charset == "big5-hkscs":
        text = "打印機著火了，請幫忙"
    raw = text.encode(codec)
    ways = [
        ("base64", b64encode(raw)),
        ("quoted-printable", encodestring(raw)),
        ("8bit", raw),
    ]
    way, body = ways[number % 3]
    word = b64encode(raw).decode()
    return Case(
        f"{language} in {charset}, {way}",
        mail(
            body,
            f"Content-Type: text/plain; charset={charset}",
            f"Content-Transfer-Encoding: {way}",
            Subject=f"=?{charset}?B?{word}?=",
        ),
        subject=text,
        text=text,
    )


def lies() -> list[Case]:
    german, russian, japanese = (TEXTS[one] for one in ("german", "russian", "japanese"))
    utf8, q = german.encode(), "=?utf-8?Q?Gr=C3=B6=C3=9Fe?= =?utf-8?Q?_und_Gr=C3=BC=C3=9Fe?="
    eight = "Content-Transfer-Encoding: 8bit"
    return [
        Case("UTF-8 that claims Latin 1", mail(utf8, "Content-Type: text/plain; charset=iso-8859-1", eight), text=german, notes=("charset",)) ,
        Case("UTF-8 that claims ASCII", mail(utf8, "Content-Type: text/plain; charset=us-ascii", eight), text=german, notes=("charset",)),
        Case("UTF-8 that claims nothing", mail(utf8), text=german),
        Case("a charset that does not exist", mail(utf8, "Content-Type: text/plain; charset=klingon-7"), text=german),
        Case("a charset that is no text", mail(utf8, "Content-Type: text/plain; charset=zlib"), text=german),
        Case("a charset that runs code points", mail(utf8, "Content-Type: text/plain; charset=unicode_escape"), text=german),
        Case("a charset of four thousand letters", mail(utf8, "Content-Type: text/plain; charset=" + "x" * 4000), text=german),
        Case("Cyrillic that claims UTF-8", mail(russian.encode("cp1251"), "Content-Type: text/plain; charset=utf-8", eight), notes=("charset",)),
        Case("Japanese escapes that claim ASCII", mail(japanese.encode("iso-2022-jp"), "Content-Type: text/plain; charset=us-ascii"), text=japanese),
        Case("a byte order mark", mail(b"\xef\xbb\xbf" + utf8), text=german),
        Case("broken UTF-8", mail(utf8[:-20] + b"\xc3\x28 end", "Content-Type: text/plain; charset=utf-8", eight), says="end"),
        Case("two words of a subject side by side", mail(Subject=q), subject="Größe und Grüße"),
        Case("a letter cut between two words", mail(Subject="=?utf-8?B?R3LD?= =?utf-8?B?tsOfZQ==?="), subject="Größe"),
        Case("a subject of raw bytes", mail(Subject="Größe"), subject="Größe"),
        Case("a subject of raw Latin bytes", mail(Subject="Gr\udcf6\udcdfe"), subject="Größe"),
        Case("a subject with a wrong word", mail(Subject="=?utf-8?B?!!!?= x"), says="Words"),
        Case("a subject in an unknown charset", mail(Subject="=?klingon?Q?x=41?="), subject="xA"),
        Case("a subject over many lines", mail(Subject="one\n two\n\tthree"), subject="one two three"),
        Case("no subject", mail(Subject=""), subject="(no subject)"),
        Case("marks that turn writing about", mail(Subject="safe\u202egpj.exe"), subject="safegpj.exe"),
        Case("a name in another charset", mail(From="=?koi8-r?B?4c7OwQ==?= <ann@customer.example>")),
    ]  # fmt: skip
