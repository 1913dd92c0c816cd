"""Keys managed by a key: never with more rights than its own, and secrets told once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk.models import ApiKey, RequestKey
from tests.api.conftest import Caller, caller, fields_of
from tests.budget import statements
from tests.factories import default_queue, make_key, make_queue, make_user

pytestmark = pytest.mark.django_db
OWN = ["keys", "tickets:write", "comments:read"]


@pytest.fixture
def keeper(db) -> Caller:
    return caller(scopes=OWN)


@pytest.fixture
def bound(db) -> Caller:
    return caller(queues=[default_queue()], scopes=OWN)


def body(**fields) -> dict:
    return {"name": "New", "scopes": ["tickets:read"], "all_queues": True, **fields}


def test_a_key_is_made_and_works(keeper):
    made = keeper.post("keys/", body(scope="write", scopes=["tickets:write"], with_twin=True))
    assert made.status_code == 201, made.content
    said = made.json()
    assert made["Cache-Control"] == "no-store"
    assert Caller(said["secret"]).post("tickets/", {"title": "x"}).status_code == 201
    twin = said["secondary"]
    assert (twin["scopes"], twin["primary"]["id"]) == (["tickets:read"], said["id"])
    assert Caller(twin["secret"]).get("tickets/").status_code == 200
    listed = keeper.get("keys/").json()["results"]
    assert [one["id"] for one in listed] == [keeper.key.pk, said["id"], twin["id"]]
    assert "secret" not in listed[0] and said["secret"] not in str(listed)


def test_a_key_that_only_reads_has_no_second_one_that_reads(keeper):
    refused = keeper.post("keys/", body(with_twin=True, scope="read", scopes=["tickets:read"]))
    assert fields_of(refused) == ["with_twin"]
    assert not ApiKey.objects.filter(name="New").exists()


def test_a_secret_is_not_kept_for_a_repeated_call(keeper):
    headers = {"Idempotency-Key": "once"}
    first = keeper.post("keys/", body(), headers=headers)
    again = keeper.post("keys/", body(), headers=headers)
    secret = first.json()["secret"]
    assert (again.status_code, again.json()["secret"]) == (201, None)
    assert again.json()["id"] == first.json()["id"]
    assert secret not in RequestKey.objects.get().body
    assert ApiKey.objects.filter(name="New").count() == 1


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("scopes", {"scopes": ["people:read"]}),
        ("scopes", {"scopes": []}),
        ("scopes", {"scopes": ["nonesuch"]}),
        ("scopes", {"scope": "read", "scopes": ["tickets:write"]}),
        ("writes_for_others", {"writes_for_others": True}),
        ("allowed_from", {"allowed_from": ["nowhere"]}),
        ("queues", {"all_queues": False}),
        ("expires_at", {"expires_at": "2001-01-01T00:00:00Z"}),
    ],
)
def test_a_key_gives_no_right_that_it_lacks(keeper, field, more):
    assert field in fields_of(keeper.post("keys/", body(**more)))[0]
    assert not ApiKey.objects.filter(name="New").exists()


def test_a_bounded_key_gives_no_more_than_its_bounds(db):
    soon = timezone.now() + timedelta(days=1)
    api = caller(
        queues=[default_queue()],
        scopes=OWN,
        expires_at=soon,
        rate_limit=50,
        allowed_from=["127.0.0.0/8"],
    )
    far = make_queue("Far")
    wide = body(queues=[far.slug], rate_limit=51, allowed_from=["10.0.0.0/8"])
    assert fields_of(api.post("keys/", wide)) == ["queues.0"]
    wide["queues"] = [default_queue().slug]
    assert sorted(fields_of(api.post("keys/", wide))) == [
        "all_queues",
        "allowed_from",
        "expires_at",
        "rate_limit",
    ]
    fits = wide | {
        "all_queues": False,
        "rate_limit": 50,
        "allowed_from": ["127.0.0.1"],
        "expires_at": soon.isoformat(),
    }
    assert api.post("keys/", fits).status_code == 201


def test_a_reading_key_makes_none(db):
    api = caller("read", scopes=["keys", "tickets:read"])
    assert api.get("keys/").status_code == 200
    assert api.post("keys/", body()).status_code == 403


def test_keys_are_not_managed_without_the_scope_nor_from_a_sandbox(api):
    response = api.get("keys/")
    assert (response.status_code, response.json()["scope"]) == (403, "keys")
    inside = caller(scopes=OWN, is_sandbox=True, sandbox=make_queue("Box"))
    assert inside.get("keys/").status_code == 403


def test_a_key_is_changed_rotated_and_revoked(keeper):
    made = keeper.post("keys/", body()).json()
    path = f"keys/{made['id']}/"
    changed = keeper.patch(path, {"name": "Other", "rate_limit": 7})
    assert (changed.json()["name"], changed.json()["rate_limit"]) == ("Other", 7)
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    turned = keeper.post(f"{path}rotate/", {"until": until}).json()
    assert turned["former_secret_until"]
    for secret in (made["secret"], turned["secret"]):
        assert Caller(secret).get("tickets/").status_code == 200
    assert keeper.post(f"{path}end-overlap/").json()["former_secret_until"] is None
    assert Caller(made["secret"]).get("tickets/").status_code == 401
    assert fields_of(keeper.post(f"{path}rotate/", {"until": "2001-01-01T00:00:00Z"})) == ["until"]
    assert keeper.post(f"{path}sandbox/").json()["is_sandbox"]
    assert not keeper.delete(f"{path}sandbox/").json()["is_sandbox"]
    assert keeper.delete(path).status_code == 204
    assert Caller(turned["secret"]).get("tickets/").status_code == 401
    assert keeper.patch(path, {"name": "x"}).status_code == 400


def test_the_secret_of_a_mightier_key_is_out_of_reach(keeper):
    mighty, _secret = make_key("write")
    someone, _other = make_key("read", scopes=["tickets:read"], person=make_user())
    for row in (mighty, someone):
        for call in (
            keeper.post(f"keys/{row.pk}/rotate/"),
            keeper.patch(f"keys/{row.pk}/", {"name": "x"}),
            keeper.delete(f"keys/{row.pk}/"),
        ):
            assert call.status_code == 403
        digest = row.digest
        row.refresh_from_db()
        assert (row.digest, row.revoked_at) == (digest, None)


def test_keys_of_other_queues_are_not_there(bound):
    far, _secret = make_key("read", [make_queue("Far")], scopes=["tickets:read"])
    wide, _secret = make_key("read", scopes=["tickets:read"])
    assert [one["id"] for one in bound.get("keys/").json()["results"]] == [bound.key.pk]
    for ref in (far.pk, wide.uuid, 987654321):
        assert bound.get(f"keys/{ref}/").status_code == 404
        assert bound.delete(f"keys/{ref}/").status_code == 404
        assert bound.post(f"keys/{ref}/rotate/").status_code == 404


def test_a_list_of_keys_costs_the_same_however_long(keeper, settings):
    settings.CONFIGURATION_CHECK_SECONDS = 3600
    keeper.get("keys/")
    with statements() as few:
        keeper.get("keys/")
    for _number in range(5):
        make_key("read", [default_queue()], scopes=["tickets:read"], home_queue=default_queue())
    with statements() as many:
        assert len(keeper.get("keys/").json()["results"]) == 6
    assert len(many) <= len(few) + 0 <= 4
