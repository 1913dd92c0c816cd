"""The policy that is put together once is the one that would be put together each time."""

import pytest
from csp.constants import HEADER
from csp.exceptions import CSPNonceError
from csp.middleware import CSPMiddleware
from django.http import HttpResponse

from helpdesk.doors.policy import PolicyMiddleware


def said(middleware, rf, answer=lambda request: HttpResponse()) -> dict[str, set[str]]:
    response = middleware(answer)(rf.get("/"))
    parts = [part.split() for part in response[HEADER].split("; ")]
    return {name: set(sources) for name, *sources in parts}


def own_policy(_request) -> HttpResponse:
    response = HttpResponse()
    response._csp_update = {"style-src": ["'unsafe-inline'"]}
    return response


def own_header(_request) -> HttpResponse:
    return HttpResponse(headers={HEADER: "default-src 'none'"})


@pytest.mark.parametrize("answer", [lambda request: HttpResponse(), own_policy, own_header])
def test_it_is_the_same(rf, answer):
    assert said(PolicyMiddleware, rf, answer) == said(CSPMiddleware, rf, answer)
    assert said(PolicyMiddleware, rf)["default-src"] == {"'self'"}


def test_a_nonce_stands_in_the_policy_of_its_answer_alone(rf):
    nonces = []

    def answer(request) -> HttpResponse:
        nonces.append(str(request.csp_nonce))
        return HttpResponse()

    for _time in range(2):
        sources = said(PolicyMiddleware, rf, answer)["script-src"]
        assert sources == {"'self'", f"'nonce-{nonces[-1]}'"}
    assert said(PolicyMiddleware, rf)["script-src"] == {"'self'"}
    assert nonces[0] != nonces[1]


def test_a_nonce_that_is_asked_for_too_late_is_refused(rf):
    request = rf.get("/")
    PolicyMiddleware(lambda request: HttpResponse())(request)
    with pytest.raises(CSPNonceError):
        str(request.csp_nonce)


def test_a_policy_that_is_only_reported_is_reported(rf, settings):
    settings.CONTENT_SECURITY_POLICY_REPORT_ONLY = {"DIRECTIVES": {"default-src": ["'none'"]}}
    response = PolicyMiddleware(lambda request: HttpResponse())(rf.get("/"))
    assert response["Content-Security-Policy-Report-Only"] == "default-src 'none'"
