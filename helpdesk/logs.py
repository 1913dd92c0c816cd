"""Log lines, plain or JSON, in which no secret of an address or header is left readable."""

import json
import logging
import re
import traceback

_SECRET = re.compile(
    r"""([?&;\s'"](?:api[_-]?|access[_-]?|client[_-]?)?(?:key|token|secret|password|signature)=)
        [^&;\s'"<>#]*""",
    re.IGNORECASE | re.VERBOSE,
)
_AUTHORISATION = re.compile(
    r"(authorization['\"]?\s*[:=]\s*['\"]?(?:(?:bearer|basic|token)\s+)?)[^\s'\",]+"
    r"|(\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}",
    re.IGNORECASE,
)


def redact(line: str) -> str:
    """The line without values of `key=` and its like, and without credentials of headers."""
    line = _SECRET.sub(r"\1…", line)
    return _AUTHORISATION.sub(lambda match: f"{match[1] or match[2]}…", line)


class PlainFormatter(logging.Formatter):
    """`2026-01-31 12:00:00 WARNING helpdesk.changes: words`, a traceback below."""

    def __init__(self):
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `message` and, if any, `traceback`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = redact("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(line, ensure_ascii=False)
