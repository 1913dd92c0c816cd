"""Tickets and comments as XML: the same names, and nothing that XML can do beside that."""

from xml.etree.ElementTree import fromstring

import pytest

from helpdesk.models import Comment, Ticket
from tests.api.conftest import ROOT
from tests.factories import make_ticket

pytestmark = pytest.mark.django_db
KIND = "application/xml"
ASKED = {"Accept": KIND}
NESTED = "<a>" * 40 + "</a>" * 40


def send(api, method: str, path: str, text: str, **headers):
    call = getattr(api.client, method)
    body = text.encode() if isinstance(text, str) else text
    return call(ROOT + path, body, content_type=KIND, headers={**api.headers, **headers})


def refused(response) -> str:
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "malformed"
    return response.json()["detail"]


def test_a_ticket_is_opened_changed_and_read_as_xml(api):
    body = (
        "<ticket><title>Printer &amp; co</title><priority>high</priority><tags><item>vip</item>"
        "<item>late</item></tags><requester><email>rita@example.com</email><name>Rita</name>"
        "</requester></ticket>"
    )
    made = send(api, "post", "tickets/", body, **ASKED)
    assert (made.status_code, made["Content-Type"]) == (201, KIND), made.content
    assert "Accept" in made["Vary"] and made["ETag"].startswith('"1-')
    root = fromstring(made.content)
    assert (root.tag, root.findtext("title")) == ("ticket", "Printer & co")
    assert sorted(one.text for one in root.find("tags")) == ["late", "vip"]
    assert root.find("assignee").get("nil") == "true"
    assert root.find("version").get("type") == "integer"
    ticket = Ticket.objects.get()
    assert (ticket.priority, ticket.requester.name) == ("high", "Rita")
    cleared = '<tags type="array"/><due_at nil="true"/><version type="integer">1</version>'
    cleared = f"<ticket>{cleared}</ticket>"
    changed = send(api, "patch", f"tickets/{ticket.pk}/", cleared)
    assert (changed["Content-Type"], changed.json()["tags"]) == ("application/json", [])


def test_a_comment_is_said_and_listed_as_xml(api):
    ticket = make_ticket()
    path = f"tickets/{ticket.pk}/comments/"
    said = send(api, "post", path, "<comment><body>Hi</body><public>false</public></comment>")
    assert said.status_code == 201 and not Comment.objects.get().public
    listed = api.get(path, headers=ASKED)
    root = fromstring(listed.content)
    assert (root.tag, root.findtext("results/item/body")) == ("page", "Hi")
    assert root.find("results/item/public").text == "false"


def test_what_xml_says_json_says_too(api):
    ticket = make_ticket("ctl \x07 ]]> <b>", tags=["a"])
    said = api.get(f"tickets/{ticket.pk}/").json()
    root = fromstring(api.get(f"tickets/{ticket.pk}/", headers=ASKED).content)
    assert [one.tag for one in root] == list(said)
    assert root.findtext("queue/slug") == said["queue"]["slug"]
    assert root.findtext("title") == said["title"].replace("\x07", "\ufffd")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/xml", KIND),
        ("text/xml", KIND),
        ("application/json, application/xml", "application/json"),
        ("application/json;q=0.5, application/xml;q=0.9", KIND),
        ("application/xml;q=0", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
    ],
)
def test_xml_is_said_to_whom_prefers_it(api, accept, kind):
    assert api.get("tickets/", headers={"Accept": accept})["Content-Type"] == kind


def test_truths_need_no_type(api):
    body = "<ticket><title>A</title><mail_requester>false</mail_requester></ticket>"
    assert send(api, "post", "tickets/", body).status_code == 201


def test_failures_are_xml_where_xml_is_asked_for(api, nobody):
    for response in (
        api.get("tickets/987654/", headers=ASKED),
        nobody.get("tickets/", headers=ASKED),
        send(api, "post", "tickets/", "<ticket><titel>x</titel></ticket>", **ASKED),
        send(api, "post", "tickets/", "<nonsense", **ASKED),
    ):
        assert response["Content-Type"] == "application/problem+xml"
        root = fromstring(response.content)
        assert root.tag == "{urn:ietf:rfc:7807}problem"
        assert root.findtext("{urn:ietf:rfc:7807}status") == str(response.status_code)


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE t [<!ENTITY a "b">]><ticket><title>&a;</title></ticket>',
        '<!DOCTYPE t SYSTEM "file:///etc/passwd"><ticket><title>x</title></ticket>',
        '<!DOCTYPE t [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]><ticket/>',
        f"<ticket><title>x</title>{NESTED}</ticket>",
        "<ticket><title>x</title>" + "<a/>" * 20_001 + "</ticket>",
        "<ticket><title>x</title><title>y</title></ticket>",
        "<ticket>words<title>x</title></ticket>".replace(
            "<ticket>", "<ticket><queue>w<id>1</id></queue>"
        ),
        '<ticket><title>x</title><version type="integer">ten</version></ticket>',
        '<ticket><title>x</title><tags type="array"><tag>a</tag></tags></ticket>',
        '<ticket><title onload="x">x</title></ticket>',
        "<ticket><title>x</title>",
        "\x00",
    ],
)
def test_what_is_no_honest_xml_is_refused(api, body):
    refused(send(api, "post", "tickets/", body))
    assert not Ticket.objects.exists()


def test_a_body_that_is_too_large_is_refused(api):
    response = send(api, "post", "tickets/", "<ticket>" + " " * (4 * 1024 * 1024) + "</ticket>")
    assert response.status_code == 413


def test_only_tickets_and_comments_speak_xml(api):
    assert send(api, "post", "tags/", "<tag><name>x</name></tag>").status_code == 415
    assert api.get("tags/", headers=ASKED)["Content-Type"] == "application/json"
    document = api.get("schema/").json()["paths"]
    kinds = document[f"{ROOT}tickets/"]["post"]["requestBody"]["content"]
    assert set(kinds) == {"application/json", KIND}
    assert KIND in document[f"{ROOT}tickets/{{ref}}/"]["get"]["responses"]["200"]["content"]
    assert set(document[f"{ROOT}tags/"]["post"]["requestBody"]["content"]) == {"application/json"}


def test_a_repeated_write_is_answered_in_the_form_that_is_asked_for(api):
    named = {"Idempotency-Key": "one"}
    body = "<ticket><title>x</title></ticket>"
    assert send(api, "post", "tickets/", body, **named)["Content-Type"] == "application/json"
    again = send(api, "post", "tickets/", body, **named, **ASKED)
    assert (again["Content-Type"], again["Idempotent-Replayed"]) == (KIND, "true")
    assert Ticket.objects.count() == 1
