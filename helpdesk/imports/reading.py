"""Reading a CSV file as it comes, in flat memory: encoding, delimiter, broken rows."""

import codecs
import csv
import hashlib
import io
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from charset_normalizer import from_bytes
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SAMPLE = 256 * 1024  # bytes looked at for encoding and delimiter
CHUNK = 1024 * 1024
MAX_CELL = 1024 * 1024  # characters
MAX_COLUMNS = 500
UNREADABLE = "\udcff"  # stands where bytes are nothing in the file's encoding; no text holds it
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet shows it (the header is 1), its cells by column, and
    what is wrong with its shape, in words."""

    number: int
    cells: dict[str, str]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What a file turned out to be."""

    encoding: str
    delimiter: str
    columns: list[str]


def recognise(file: BinaryIO, *, encoding: str = "", delimiter: str = "") -> Table:
    """Find out encoding, delimiter and columns. Raises ValidationError in words."""
    _check(encoding, delimiter)
    encoding = encoding or _encoding(file)
    file.seek(0)
    sample = file.read(SAMPLE).decode(encoding, "replace")
    if not sample.strip():
        raise ValidationError(_("The file is empty."))
    delimiter = delimiter or _delimiter(sample)
    header = next(_records(file, encoding, delimiter), None)
    if isinstance(header, csv.Error) or not header or len(header) > MAX_COLUMNS:
        raise ValidationError(
            _("The first row must name the columns, at most %(limit)s of them.")
            % {"limit": MAX_COLUMNS}
        )
    columns = [
        _readable(name).strip() or _("Column %(number)s") % {"number": number}
        for number, name in enumerate(header, 1)
    ]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise ValidationError(
            _("Two columns bear the name “%(name)s”. Rename one of them.") % {"name": twice[0]}
        )
    return Table(encoding, delimiter, columns)


def rows(file: BinaryIO, table: Table) -> Iterator[Row]:
    """Every row after the header. Rows of another length come with an error."""
    records = _records(file, table.encoding, table.delimiter)
    next(records, None)
    for number, record in enumerate(records, 2):
        if isinstance(record, csv.Error):
            yield Row(number, {}, _("This row can't be read: %(error)s.") % {"error": record})
            continue
        if not record:
            continue
        error = ""
        if any(UNREADABLE in cell for cell in record):
            error = _("This row holds bytes that are not %(encoding)s.") % {
                "encoding": table.encoding
            }
            record = [_readable(cell) for cell in record]
        cells = dict(zip(table.columns, record, strict=False))
        if len(record) != len(table.columns):
            error = _("This row has %(found)s cells, the header has %(wanted)s.") % {
                "found": len(record),
                "wanted": len(table.columns),
            }
        yield Row(number, cells, error)


def repeated(keys: Iterator[tuple[int, str]]) -> dict[int, int]:
    """Rows whose key stood in an earlier row: {row number: the first row's number}.

    Takes sixteen bytes a row, whatever the keys' length.
    """
    numbers, digests = array("Q"), array("Q")
    for number, key in keys:
        numbers.append(number)
        digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        digests.append(int.from_bytes(digest, "big"))
    order = sorted(range(len(digests)), key=lambda index: (digests[index], numbers[index]))
    found, first = {}, None
    for index in order:
        if first is not None and digests[index] == digests[first]:
            found[numbers[index]] = numbers[first]
        else:
            first = index
    return found


def _check(encoding: str, delimiter: str) -> None:
    try:
        " ".encode(encoding or "utf-8")
    except (LookupError, ValueError) as error:
        words = _("There is no encoding “%(name)s”.") % {"name": encoding[:40]}
        raise ValidationError(words) from error
    if len(delimiter) > 1 or delimiter in ('"', "\r", "\n"):
        raise ValidationError(_("A delimiter is one character, such as a comma."))


def _encoding(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(SAMPLE)
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        best = from_bytes(head).best()
        return best.encoding if best else "cp1252"
    return "utf-8"


def _delimiter(sample: str) -> str:
    try:
        return csv.Sniffer().sniff(sample[:20_000], delimiters=",;\t|").delimiter
    except csv.Error:
        first = sample.partition("\n")[0]
        return max(",;\t|", key=first.count)


def _records(file: BinaryIO, encoding: str, delimiter: str) -> Iterator[list[str] | csv.Error]:
    csv.field_size_limit(MAX_CELL)
    file.seek(0)
    text = io.TextIOWrapper(_Unclosed(file), encoding=encoding, errors=MARKING, newline="")
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            record = next(reader)
            if lines.ended:  # a whole row never asks for the line after it
                raise csv.Error(_("a quotation mark is opened and never closed"))
            # No database stores NUL, not even escaped.
            yield [cell.replace("\0", "") if "\0" in cell else cell for cell in record]
        except StopIteration:
            return
        except csv.Error as error:
            yield error


def _readable(cell: str) -> str:
    return cell.replace(UNREADABLE, "\N{REPLACEMENT CHARACTER}")


def _mark_unreadable(error: UnicodeError) -> tuple[str, int]:
    return UNREADABLE, error.end


MARKING = "helpdesk.mark_unreadable"
codecs.register_error(MARKING, _mark_unreadable)


class _Lines:
    """The lines of a text, and whether more were asked for than there are."""

    def __init__(self, text: io.TextIOBase):
        self._text, self.ended = text, False

    def __iter__(self) -> Iterator[str]:
        yield from self._text
        self.ended = True


class _Unclosed(io.BufferedIOBase):
    """A file that outlives the text wrapper around it."""

    def __init__(self, file: BinaryIO):
        self._file = file

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    read1 = read
