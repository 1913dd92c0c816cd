"""What a call says of its body never changes how its address is read."""

from io import BytesIO

import pytest
from django.utils.http import parse_header_parameters

from helpdesk.doors.encoding import Request

CHARSETS = ["hex", "zlib", "idna", "utf-16", "latin-1", "klingon-7"]


def called(kind: str) -> Request:
    return Request(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/",
            "QUERY_STRING": "search=St%C3%B6rung",
            "CONTENT_TYPE": kind,
            "wsgi.input": BytesIO(),
        }
    )


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_charset_says_nothing_of_the_address(charset):
    request = called(f"Application/JSON; charset={charset}")
    assert request.GET["search"] == "Störung"
    assert request.content_type == "application/json"


@pytest.mark.parametrize("rest", ["charset*=klingon-7''x", "charset*=hex''%41", "=;;", ';"'])
def test_parameters_that_cannot_be_read_are_passed_over(rest):
    assert called(f"text/plain; {rest}").content_type == "text/plain"
    parse_header_parameters(called(f"text/plain; {rest}").META["CONTENT_TYPE"])
    assert called(f"text/plain; {rest}").GET["search"] == "Störung"
