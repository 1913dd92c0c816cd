"""What a call does not take is said, never passed over: conditions, bodies, kinds of bodies."""

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Ticket
from tests.api.conftest import caller, fields_of
from tests.factories import make_ticket

pytestmark = pytest.mark.django_db
STALE = {"If-Match": '"7"'}


def said_on(ticket: Ticket) -> str:
    return str(actions.add_note(ticket, body="Said", by=system("web")).uuid)


@pytest.mark.parametrize("verb", ["merge", "split", "comments/move", "comments"])
def test_a_stale_condition_holds_back_whatever_is_done_to_a_ticket(api, verb):
    ticket, other = make_ticket(), make_ticket()
    said = said_on(ticket)
    body = {
        "merge": {"into": other.pk},
        "split": {"title": "New", "comments": [said]},
        "comments/move": {"into": other.pk, "comments": [said]},
        "comments": {"public": False, "body": "More"},
    }[verb]
    refused = api.post(f"tickets/{ticket.pk}/{verb}/", body, headers=STALE)
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    assert ticket.comments.count() == 1
    ticket.refresh_from_db()
    assert ticket.merged_into_id is None


def test_a_stale_condition_keeps_a_merge(api):
    ticket, other = make_ticket(), make_ticket()
    api.post(f"tickets/{ticket.pk}/merge/", {"into": other.pk})
    refused = api.post(f"tickets/{ticket.pk}/unmerge/", headers=STALE)
    assert refused.status_code == 412, refused.content
    ticket.refresh_from_db()
    assert ticket.merged_into_id == other.pk


def test_a_condition_that_holds_lets_it_pass(api):
    ticket = make_ticket()
    present = {"If-Match": f'"{ticket.version}"'}
    body = {"public": False, "body": "More"}
    assert api.post(f"tickets/{ticket.pk}/comments/", body, headers=present).status_code == 201
    assert api.post(f"tickets/{ticket.pk}/comments/", body, headers=present).status_code == 412


def test_a_condition_that_nobody_looks_at_is_refused(api):
    ticket = make_ticket()
    links = api.post(f"tickets/{ticket.pk}/links/", {"ticket": make_ticket().pk}, headers=STALE)
    assert fields_of(links) == ["If-Match"]
    opened = api.post("tickets/", {"title": "A"}, headers={"If-None-Match": "*"})
    assert fields_of(opened) == ["If-None-Match"]
    assert Ticket.objects.count() == 2


def test_an_empty_condition_is_a_fault_of_the_caller(api):
    ticket = make_ticket("Before")
    refused = api.patch(f"tickets/{ticket.pk}/", {"title": "After"}, headers={"If-Match": ""})
    assert fields_of(refused) == ["If-Match"]
    ticket.refresh_from_db()
    assert ticket.title == "Before"


def test_a_body_is_refused_where_none_is_taken(api):
    ticket = make_ticket()
    comment = f"tickets/{ticket.pk}/comments/{said_on(ticket)}/"
    assert fields_of(api.post(f"{comment}redact/", {"dry_run": True})) == ["dry_run"]
    assert fields_of(api.delete(comment, data='{"x": 1}', content_type="application/json")) == ["x"]
    assert fields_of(api.raw("post", f"{comment}redact/", b"[1]")) == [None]
    assert fields_of(api.raw("post", f"{comment}redact/", b"a=b", "text/plain")) == [None]
    assert fields_of(api.upload(f"{comment}redact/", reason="x")) == ["reason"]
    assert api.raw("post", f"{comment}redact/", b"{").json()["code"] == "malformed"
    assert api.get(comment).json()["body"] == "Said"
    named = {"Idempotency-Key": "once"}
    assert api.post(f"{comment}redact/", {}, headers=named).status_code == 200
    assert api.post(f"{comment}redact/", {}, headers=named)["Idempotent-Replayed"] == "true"


FIELD = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
BODIES = {
    "a form": (FIELD, "multipart/form-data; boundary=x"),
    "an empty form": (b"--x--\r\n", "multipart/form-data; boundary=x"),
    "a broken form": (FIELD, "multipart/form-data"),
    "other parts": (FIELD, "multipart/mixed; boundary=x"),
    "a plain form": (b"a=1", "application/x-www-form-urlencoded"),
    "a file": (b"1", "application/octet-stream"),
    "text": (b"1", "text/plain"),
    "nothing": (b"{}", "application/json"),
}


@pytest.mark.parametrize("method", ["post", "delete"])
@pytest.mark.parametrize("body", BODIES)
def test_a_named_call_takes_no_other_bodies_than_one_without_a_name(api, method, body):
    content, kind = BODIES[body]
    answers = []
    for named in ({}, {"HTTP_IDEMPOTENCY_KEY": "once"}):
        ticket = make_ticket()
        path = f"/api/v1/tickets/{ticket.pk}/" + ("restore/" if method == "post" else "")
        if method == "post":
            actions.delete_ticket(ticket, by=system("web"))
        call = getattr(api.client, method)
        answered = call(path, content, content_type=kind, headers=api.headers, **named)
        said = answered.json() if answered.status_code == 400 else {}
        answers.append((answered.status_code, said.get("errors"), said.get("detail")))
        ticket.refresh_from_db()
        is_done = (ticket.deleted_at is None) == (method == "post")
        assert is_done == (answered.status_code in (200, 204))
    assert answers[0] == answers[1]
    says_nothing = body == "nothing" or (body == "an empty form" and method == "post")
    assert answers[0][0] == ((200 if method == "post" else 204) if says_nothing else 400)


def test_a_patch_may_be_sent_as_a_merge_patch(api):
    ticket = make_ticket("Before")
    kind = "application/merge-patch+json"
    changed = api.raw("patch", f"tickets/{ticket.pk}/", b'{"title": "After"}', kind)
    assert (changed.status_code, changed.json()["title"]) == (200, "After")
    assert api.raw("post", "tickets/", b'{"title": "A"}', kind).status_code == 415


def test_another_kind_of_body_is_told_which_ones_are_read(api):
    for kind in ("text/plain", "application/json-patch+json"):
        refused = api.raw("post", "users/", b"{}", kind)
        assert refused.status_code == 415
        assert refused.json()["detail"].endswith("application/json.")


def test_an_answer_without_a_body_says_nothing_of_its_kind(api):
    ticket = make_ticket()
    tag = api.get(f"tickets/{ticket.pk}/")["ETag"]
    same = api.get(f"tickets/{ticket.pk}/", headers={"If-None-Match": tag})
    assert (same.status_code, same.get("Content-Type")) == (304, None)
    gone = api.delete(f"tickets/{ticket.pk}/")
    assert (gone.status_code, gone.get("Content-Type")) == (204, None)


def test_a_member_that_only_expand_brings_says_so(api):
    ticket = make_ticket()
    assert fields_of(api.get(f"tickets/{ticket.pk}/?fields=id,comments")) == ["fields"]
    assert api.get(f"tickets/{ticket.pk}/?fields=comments&expand=comments").status_code == 200


def test_a_reader_is_refused_before_its_body_is_looked_at(db):
    ticket = make_ticket()
    refused = caller("read").post(f"tickets/{ticket.pk}/restore/", {"x": 1})
    assert refused.json()["code"] == "forbidden"
