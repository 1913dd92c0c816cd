"""Bytes as text, whatever the header claims they are."""

import codecs
import re

from charset_normalizer import from_bytes

FEWEST = 32  # bytes in which a guess finds anything
GUESSED = 64 * 1024  # bytes looked at where nothing else helps
# What a name stands for in mail: supersets that senders mean, and names that Python does not know.
MEANT = {
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso8859-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "cp-850": "cp850",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-user-defined": "cp1252",
    "unicode-1-1-utf-7": "utf-7",
    "utf8": "utf-8",
    "utf-8mb4": "utf-8",
    "utf-16": "utf-16",
}
LATIN = frozenset({"cp1252", "cp1250", "cp1254", "cp1257", "mac_roman", "iso8859-15", "cp850"})
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_JAPANESE_ESCAPE = re.compile(rb"\x1b\$[@B]|\x1b\(J")


def decode(content: bytes, claimed: str = "") -> tuple[str, str, bool]:
    """The text, the charset it was read in, and whether that is what was claimed."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return content.decode(name, "replace"), name, _same(name, claimed)
    if content.isascii() and not _needs_escapes(claimed, content):
        return content.decode("ascii"), claimed or "us-ascii", True
    if _JAPANESE_ESCAPE.search(content[:GUESSED]) and "2022" not in claimed:
        text = _strictly(content, "iso2022_jp_ext")
        if text is not None:
            return text, "iso-2022-jp", False
    if (name := _codec(claimed)) is not None and not _is_utf8_after_all(name, content):
        text = _strictly(content, name)
        if text is not None:
            return text, name, _is_true_to(claimed, content)
    text = _strictly(content, "utf-8")
    if text is not None:
        return text, "utf-8", _same("utf-8", claimed)
    name = _guessed(content) or name or "cp1252"
    return content.decode(name, "replace"), name, False


def _codec(claimed: str) -> str | None:
    name = claimed.strip().strip("'\"").lower()
    name = MEANT.get(name, name)
    if not name or not name.isascii():
        return None
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    is_text = getattr(found, "_is_text_encoding", True)
    odd = ("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem")
    return None if not is_text or found.name in odd else found.name


def _needs_escapes(claimed: str, content: bytes) -> bool:
    """Whether all-ASCII bytes still mean other letters."""
    name = claimed.strip().lower()
    if name.startswith(("utf-16", "utf-32", "utf-7", "unicode-1-1", "hz", "cp037", "cp500")):
        return True
    return b"\x1b" in content


def _is_utf8_after_all(name: str, content: bytes) -> bool:
    """UTF-8 that claims to be of a Latin code page: pairs of high bytes say so."""
    return name in LATIN and _strictly(content, "utf-8") is not None


def _is_true_to(claimed: str, content: bytes) -> bool:
    return not (claimed.strip().lower() in ("us-ascii", "ascii") and not content.isascii())


def _strictly(content: bytes, name: str) -> str | None:
    try:
        return content.decode(name)
    except (UnicodeError, ValueError):
        return None


def _same(name: str, claimed: str) -> bool:
    found = _codec(claimed)
    return not claimed or found is None or found.partition("-sig")[0] == name.partition("-sig")[0]


def _guessed(content: bytes) -> str | None:
    if len(content) < FEWEST:
        return None
    best = from_bytes(content[:GUESSED], steps=3, chunk_size=256).best()
    return best.encoding if best is not None else None
