"""The fault lab: what a sandbox key's calls meet, and that nobody else meets it."""

import json
from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client

from helpdesk.actions import keys
from helpdesk.actor import system
from helpdesk.doors import faults
from helpdesk.doors.faults import Fault, Kind, chosen, read
from helpdesk.models import FaultLab, Ticket
from tests.budget import statements
from tests.factories import make_key

pytestmark = pytest.mark.django_db
BY = system("rule")
TEAMSWORK = "/compat/teamswork/ticketing/v1/tickets"
USER = {"name": "Jo", "email": "jo@example.com"}


@pytest.fixture
def sandboxed():
    key, secret = make_key(rate_limit=10_000)
    return keys.enter_sandbox(key, by=BY), secret


@pytest.fixture
def waits(monkeypatch):
    """The seconds that were waited, without waiting."""
    found: list[float] = []
    monkeypatch.setattr(faults.time, "sleep", found.append)
    return found


def post(secret: str, fault: str | None, **more):
    """Open a ticket by our own API."""
    headers = {"authorization": f"Bearer {secret}"} | ({"Helpdesk-Fault": fault} if fault else {})
    body = json.dumps({"title": "Tried", **more})
    return Client(headers=headers).post("/api/v1/tickets/", body, content_type="application/json")


def post_served(secret: str, fault: str | None):
    """Open a ticket by a served API."""
    headers = {"Helpdesk-Fault": fault} if fault else {}
    body = json.dumps({"ticket": {"title": "Tried", "requestor": {"id": "", **USER}}, "user": USER})
    path = f"{TEAMSWORK}?key={secret}"
    return Client(headers=headers).post(path, body, content_type="application/json")


DOORS = [post, post_served]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("429", Fault(Kind.LIMITED)),
        ("After-Timeout; seconds=2", Fault(Kind.AFTER, 2)),
        ("drip;seconds=0.5;", Fault(Kind.DRIP, 0.5)),
        (" cut ", Fault(Kind.CUT)),
        ("none", None),
    ],
)
def test_a_header_names_a_fault(text, fault):
    assert read(text) == fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "418",
        "cut; seconds=5.1",
        "cut; seconds=-1",
        "cut; seconds=nan",
        "cut; seconds=1e3",
        "cut; seconds",
        "cut; seconds=",
        "cut; minutes=1",
        "cut; seconds=٣",
        "x" * 10_000,
    ],
)
def test_a_header_that_names_none_is_refused(text):
    with pytest.raises(ValidationError, match="Helpdesk-Fault"):
        read(text)


def test_a_mix_deals_out_its_shares_and_the_same_for_the_same_seed():
    shares = {"429": 5, "500": 5, "cut": 20}
    first = [chosen(7, number, shares) for number in range(4000)]
    assert first == [chosen(7, number, shares) for number in range(4000)]
    assert first != [chosen(8, number, shares) for number in range(4000)]
    counted = Counter(first)
    assert set(counted) == {None, Kind.LIMITED, Kind.ERROR, Kind.CUT}
    assert 700 < counted[Kind.CUT] < 900 and 130 < counted[Kind.ERROR] < 270
    assert {chosen(1, number, {"drip": 100}) for number in range(50)} == {Kind.DRIP}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("fault", [*Kind, "nonsense"])
def test_a_key_outside_a_sandbox_never_meets_one(door, fault, waits):
    _key, secret = make_key()
    assert door(secret, str(fault)).status_code == 201
    assert not waits and not FaultLab.objects.exists()


@pytest.mark.parametrize("door", DOORS)
def test_a_wrong_header_is_refused_in_words(door, sandboxed):
    answer = door(sandboxed[1], "nonsense")
    assert answer.status_code == 400
    assert b"after-timeout" in answer.content


@pytest.mark.parametrize("door", DOORS)
def test_429_and_500_are_refused_before_anything_is_done(door, sandboxed):
    limited, broken = door(sandboxed[1], "429; seconds=3"), door(sandboxed[1], "500")
    assert (limited.status_code, limited["Retry-After"]) == (429, "3")
    assert broken.status_code == 500
    json.loads(limited.content), json.loads(broken.content)
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("fault", "done"), [("before-timeout", 0), ("after-timeout", 1)])
def test_a_time_out_has_no_answer_and_the_work_is_done_or_not(door, fault, done, sandboxed, waits):
    answer = door(sandboxed[1], f"{fault}; seconds=4")
    assert waits == [4]
    assert answer.status_code == 504 and b"".join(answer) == b""
    assert int(answer["Content-Length"]) > 0
    assert Ticket.objects.count() == done


@pytest.mark.parametrize("door", DOORS)
def test_a_cut_answer_promises_more_than_comes(door, sandboxed, waits):
    answer = door(sandboxed[1], "cut")
    sent = b"".join(answer)
    assert answer.status_code == 201 and sent.startswith(b"{")
    assert 0 < len(sent) < int(answer["Content-Length"])
    assert answer["Content-Type"].startswith("application/json")
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("door", DOORS)
def test_a_dripping_answer_is_whole_in_the_end(door, sandboxed, waits):
    answer = door(sandboxed[1], "drip; seconds=2")
    sent = b"".join(answer)
    json.loads(sent)
    assert len(sent) == int(answer["Content-Length"])
    assert sum(waits) == pytest.approx(2)


@pytest.mark.parametrize("door", DOORS)
def test_a_duplicate_is_carried_out_twice(door, sandboxed):
    answer = door(sandboxed[1], "duplicate")
    assert answer.status_code == 201
    first, second = Ticket.objects.order_by("pk")
    assert {first.title, second.title} == {"Tried"}
    assert FaultLab.objects.get().dealt == {"duplicate": 1}


def test_a_duplicate_with_a_reference_has_one_effect(sandboxed):
    assert post(sandboxed[1], "duplicate", source="mine", source_ref="1").status_code == 200
    assert Ticket.objects.count() == 1


def test_a_mix_is_counted_by_kind_and_goes_on_where_it_was(sandboxed, waits):
    key, secret = sandboxed
    FaultLab.objects.create(key=key, is_on=True, seed=3, shares={"500": 50, "cut": 25})
    dealt = Counter()
    for number in range(1, 41):
        answer = post(secret, None)
        kind = chosen(3, number, {"500": 50, "cut": 25})
        dealt[kind] += 1
        assert (answer.status_code == 500) == (kind == Kind.ERROR)
        assert answer.streaming == (kind == Kind.CUT)
    lab = FaultLab.objects.get()
    assert lab.calls == 40
    assert lab.dealt == {kind.value: count for kind, count in dealt.items() if kind}


def test_a_header_goes_before_the_mix_and_none_spares_a_call(sandboxed):
    key, secret = sandboxed
    FaultLab.objects.create(key=key, is_on=True, shares={"500": 100})
    assert post(secret, "none").status_code == 201
    assert post(secret, "429").status_code == 429
    assert post(secret, None).status_code == 500
    FaultLab.objects.update(is_on=False)
    assert post(secret, None).status_code == 201


def test_a_lab_that_is_off_costs_one_statement(sandboxed):
    _key, secret = sandboxed
    client = Client(headers={"authorization": f"Bearer {secret}"})
    client.get("/api/v1/statuses/")
    with statements() as off:
        client.get("/api/v1/statuses/")
    _other, plain = make_key()
    client = Client(headers={"authorization": f"Bearer {plain}"})
    client.get("/api/v1/statuses/")
    with statements() as none:
        client.get("/api/v1/statuses/")
    assert len(off) == len(none) + 1


def test_only_so_many_calls_wait_at_once(waits, sandboxed):
    taken = [faults._places.acquire(blocking=False) for _ in range(faults.AT_ONCE)]
    try:
        assert all(taken)
        assert post(sandboxed[1], "after-timeout; seconds=5").status_code == 504
        assert b"".join(post(sandboxed[1], "drip; seconds=5"))
        assert not waits
    finally:
        for _ in taken:
            faults._places.release()


def test_an_answer_without_a_body_is_cut_to_nothing(sandboxed):
    _key, secret = sandboxed
    ticket = post(secret, None).json()
    client = Client(headers={"authorization": f"Bearer {secret}", "Helpdesk-Fault": "cut"})
    answer = client.delete(f"/api/v1/tickets/{ticket['id']}/")
    assert answer.status_code == 504 and b"".join(answer) == b""
    assert Ticket.objects.get().deleted_at is not None


def test_a_duplicate_reads_the_same_body_from_the_stream(rf):
    request = rf.post("/", b'{"one": 1}', content_type="application/json")
    assert faults._is_kept(request)
    request.fault = Fault(Kind.DUPLICATE)
    read_bodies = []

    def view(request):
        read_bodies.append(request.read())
        return HttpResponse()

    faults.FaultLab(view)(request)
    assert read_bodies == [b'{"one": 1}'] * 2
