import json
import logging
import sys

import pytest

from helpdesk.logs import JsonFormatter, PlainFormatter, redact


@pytest.mark.parametrize(
    "line",
    [
        "GET /compat/teamswork/ticketing/v1/tickets?key=s3cr3t&page=2 HTTP/1.1",
        "GET /tickets?page=2&KEY=s3cr3t",
        "https://a.example/x?api_key=s3cr3t#top",
        "{'url': '/x?a=1&access_token=s3cr3t'}",
        "Authorization: Bearer s3cr3t-and-long",
        '{"Authorization": "Basic s3cr3t=="}',
        "sent with bearer s3cr3t-and-long",
    ],
)
def test_secrets_of_addresses_and_headers_are_redacted(line):
    assert "s3cr3t" not in redact(line)


def test_other_words_stay():
    line = "GET /tickets?page=2&monkey=fur HTTP/1.1: the key=value form, a bearer of news"
    assert "page=2&monkey=fur" in redact(line)
    assert "a bearer of news" in redact(line)


@pytest.mark.parametrize("formatter", [PlainFormatter(), JsonFormatter()])
def test_secrets_in_arguments_and_tracebacks_never_reach_a_line(formatter):
    try:
        raise ValueError("refused /x?key=s3cr3t")
    except ValueError:
        record = logging.LogRecord(
            "web", logging.ERROR, "", 1, "Bad answer: %s", ("/y?key=s3cr3t",), sys.exc_info()
        )
    line = formatter.format(record)
    assert "ValueError" in line
    assert "/y?key=…" in line
    assert "s3cr3t" not in line


def test_a_json_line_is_one_line():
    record = logging.LogRecord("web", logging.INFO, "", 1, "two\nlines", (), None)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines"
