"""API keys in the workspace, without JavaScript."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from helpdesk.actions import keys
from helpdesk.actor import system
from helpdesk.doors.keys import actor_for_secret, credential_of
from helpdesk.models import ApiKey, FaultLab, Queue, Ticket
from tests.budget import statements
from tests.factories import default_queue, make_agent, make_key, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
BY = system("rule")
SECRET = re.compile(r"hd_[\w-]{40}")
PAGES = ["key", "key-edit", "key-rotate", "key-revoke"]
OF_SANDBOX = ["key-sandbox-reset", "key-faults"]


@pytest.fixture
def admin(client):
    person = make_user("Ada", role="admin")
    client.force_login(person)
    return client


@pytest.fixture
def key():
    return make_key(name="Acme")[0]


@pytest.fixture
def sandboxed(key):
    return keys.enter_sandbox(key, by=BY)


def at(name: str, key: ApiKey) -> str:
    return reverse(name, args=[key.uuid])


def text_of(response) -> str:
    return response.content.decode()


def chosen(**more) -> dict:
    return {"name": "Acme", "scope": "write", "queues": [default_queue().pk], **more}


def test_a_key_is_made_and_its_secrets_are_shown_once(admin):
    answer = admin.post(reverse("key-new"), chosen(with_twin="on", sources="jira\n\nJira 2\njira"))
    assert "no-store" in answer["Cache-Control"]
    found = list(dict.fromkeys(SECRET.findall(text_of(answer))))
    primary, secondary = ApiKey.objects.order_by("pk")
    assert [ApiKey.digest_of(one) for one in found] == [primary.digest, secondary.digest]
    assert (primary.scope, secondary.scope, secondary.primary) == ("write", "read", primary)
    assert primary.sources == ["jira", "Jira 2"]
    assert list(secondary.queues.all()) == [default_queue()]
    for page in (reverse("keys"), at("key", primary), at("key-edit", primary)):
        body = text_of(admin.get(page))
        assert "Acme" in body and not SECRET.search(body) and primary.digest not in body


def test_the_page_of_the_secret_says_how_to_call_every_api(admin):
    body = text_of(admin.post(reverse("key-new"), chosen()))
    [secret] = set(SECRET.findall(body))
    assert f"Authorization: Bearer {secret}" in body
    assert f"/compat/teamswork/ticketing/v1/tickets?key={secret}" in body
    key = ApiKey.objects.get()
    shown = text_of(admin.get(at("key", key)))
    assert "/compat/teamswork/ticketing/v1/tickets?key=YOUR-SECRET" in shown


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "required"),
        ({"queues": []}, "Choose the queues it reaches"),
        ({"sources": "a:b"}, "no colon"),
        ({"rate_limit": "0"}, "greater than or equal to 1"),
        ({"person": "nobody@example.com"}, "nobody@example.com"),
        ({"scope": "root"}, "valid choice"),
        ({"queues": ["999999"]}, "valid choice"),
    ],
)
def test_a_wrong_key_is_refused_in_words(admin, wrong, words):
    answer = admin.post(reverse("key-new"), chosen(**wrong))
    assert answer.status_code == 422 and words in text_of(answer)
    assert not ApiKey.objects.exists()


def test_a_key_is_made_in_a_sandbox_and_needs_no_queue(admin):
    answer = admin.post(reverse("key-new"), chosen(queues=[], in_sandbox="on"))
    [secret] = set(SECRET.findall(text_of(answer)))
    actor = actor_for_secret(secret)
    assert actor.queues == {Queue.objects.get(is_sandbox=True).pk}


def test_what_may_be_changed_is_changed_and_the_rest_stays(admin, key):
    queue, person = make_queue(), make_agent("Robo")
    hostile = {"digest": "0" * 64, "scope": "read", "is_sandbox": "on", "revoked_at": "2026-01-01"}
    sent = {"name": "New", "queues": [queue.pk], "home_queue": queue.pk, "rate_limit": "7"}
    answer = admin.post(at("key-edit", key), sent | {"person": person.email} | hostile)
    assert answer.status_code == 302
    fresh = ApiKey.objects.get()
    assert (fresh.name, fresh.rate_limit, fresh.home_queue, fresh.person) == (
        "New",
        7,
        queue,
        person,
    )
    assert (fresh.scope, fresh.digest, fresh.is_sandbox) == ("write", key.digest, False)
    assert not fresh.all_queues and fresh.revoked_at is None


def test_a_secondary_key_follows_its_primary_and_is_not_edited(admin, key):
    twin, _secret = keys.make_twin(key)
    admin.post(at("key-edit", key), {"name": "Renamed", "all_queues": "on"})
    twin.refresh_from_db()
    assert twin.name == "Renamed"
    assert admin.get(at("key-edit", twin))["Location"] == at("key", twin)


def test_a_new_secret_leaves_the_former_one_its_time(admin):
    key, old = make_key()
    until = timezone.localtime(timezone.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    answer = admin.post(at("key-rotate", key), {"until": until})
    [new] = set(SECRET.findall(text_of(answer)))
    assert credential_of(old) and credential_of(new)
    assert "former secret works until" in text_of(admin.get(at("key", key)))
    admin.post(at("key-end-overlap", key))
    assert credential_of(old) is None and credential_of(new)
    admin.post(at("key-rotate", key), {"until": ""})
    assert credential_of(new) is None


@pytest.mark.parametrize("days", [-1, 91])
def test_an_overlap_is_neither_past_nor_endless(admin, days):
    key, old = make_key()
    until = (timezone.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")
    answer = admin.post(at("key-rotate", key), {"until": until})
    assert answer.status_code == 422 and not SECRET.search(text_of(answer))
    assert credential_of(old)


def test_a_key_is_revoked_after_a_question(admin, key):
    assert "cannot be undone" in text_of(admin.get(at("key-revoke", key)))
    assert ApiKey.objects.get().revoked_at is None
    admin.post(at("key-revoke", key))
    assert ApiKey.objects.get().revoked_at is not None
    assert admin.post(at("key-rotate", key), {"until": ""}).status_code == 422
    assert admin.get(at("key-edit", key)).status_code == 302


def test_keys_are_listed_by_state(admin, key):
    expired, _secret = make_key(name="Late", expires_at=timezone.now() - timedelta(days=1))
    revoked, _secret = make_key(name="Gone", revoked_at=timezone.now())
    found = {
        state: {
            one.name
            for one in (key, expired, revoked)
            if f">{one.name}<" in text_of(admin.get(reverse("keys"), {"state": state}))
        }
        for state in ("", "usable", "expired", "revoked", "nonsense")
    }
    assert found["usable"] == {"Acme"}
    assert (found["expired"], found["revoked"]) == ({"Late"}, {"Gone"})
    assert found["nonsense"] == found[""] == {"Acme", "Late", "Gone"}
    assert ">Acme<" in text_of(admin.get(reverse("keys")))


# Sandbox and fault lab ---------------------------------------------------------------------------


def test_a_key_goes_into_its_sandbox_and_out(admin, key):
    admin.post(at("key-sandbox", key), {"sandbox": "1"})
    key.refresh_from_db()
    assert key.is_sandbox
    page = text_of(admin.get(at("key", key)))
    assert f"?queue={key.sandbox.slug}" in page
    admin.post(at("key-sandbox", key), {"sandbox": "0"})
    assert not ApiKey.objects.get().is_sandbox


def test_a_sandbox_is_reset_after_a_question(admin, sandboxed):
    real = make_ticket("Real")
    make_ticket("Tried", queue=sandboxed.sandbox)
    assert "1 ticket is removed" in text_of(admin.get(at("key-sandbox-reset", sandboxed)))
    admin.post(at("key-sandbox-reset", sandboxed))
    assert list(Ticket.objects.all()) == [real]


def test_what_a_sandbox_holds_is_listed_only_where_it_is_asked_for(admin, sandboxed):
    tried = make_ticket("Tried in vain", queue=sandboxed.sandbox)
    for path in ("/", "/tickets/", "/tickets/?view=all", "/tickets/?search=vain"):
        assert "Tried in vain" not in text_of(admin.get(path, follow=True))
    assert "Tried in vain" in text_of(admin.get(f"/tickets/?queue={sandboxed.sandbox.slug}"))
    assert "Tried in vain" in text_of(admin.get(f"/tickets/{tried.pk}/"))
    assert sandboxed.sandbox.name not in text_of(admin.get("/tickets/new/"))
    assert sandboxed.sandbox.name not in text_of(admin.get("/tickets/filters/"))


def test_a_mix_of_faults_is_set_and_begins_anew_when_it_changes(admin, sandboxed):
    page = at("key-faults", sandboxed)
    assert admin.post(page, {"is_on": "on", "seed": "4", "share-cut": "12.5"}).status_code == 302
    lab = FaultLab.objects.get()
    assert (lab.key, lab.is_on, lab.seed, lab.shares) == (sandboxed, True, 4, {"cut": 12.5})
    FaultLab.objects.update(calls=9, dealt={"cut": 3})
    assert ">3<" in text_of(admin.get(page))
    admin.post(page, {"seed": "4", "share-cut": "12.5"})
    lab.refresh_from_db()
    assert (lab.is_on, lab.calls, lab.dealt) == (False, 9, {"cut": 3})
    admin.post(page, {"is_on": "on", "seed": "5", "share-cut": "12.5"})
    lab.refresh_from_db()
    assert (lab.calls, lab.dealt) == (0, {})


@pytest.mark.parametrize(
    "wrong",
    [
        {"share-cut": "60", "share-500": "41"},
        {"share-429": "-1"},
        {"share-429": "101"},
        {"share-500": "x"},
        {"share-drip": "NaN"},
        {"seed": "-1"},
        {"seed": "9" * 30},
    ],
)
def test_a_wrong_mix_is_refused(admin, sandboxed, wrong):
    answer = admin.post(at("key-faults", sandboxed), {"seed": "1", "is_on": "on", **wrong})
    assert answer.status_code == 422
    assert not FaultLab.objects.filter(is_on=True).exists()


def test_a_key_without_a_sandbox_has_no_pages_of_one(admin, key):
    for name in OF_SANDBOX:
        assert admin.get(at(name, key)).status_code == 404


# Who may, and what it costs ----------------------------------------------------------------------


@pytest.mark.parametrize("role", ["agent", "light", "customer", None])
def test_nobody_but_administrators_comes_to_the_pages(client, sandboxed, role):
    if role:
        client.force_login(make_agent(role=role) if role != "customer" else make_user())
    before = ApiKey.objects.values().get()
    paths = [reverse("keys"), reverse("key-new")]
    paths += [at(name, sandboxed) for name in (*PAGES, *OF_SANDBOX)]
    posts = [*paths, at("key-sandbox", sandboxed), at("key-end-overlap", sandboxed)]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == (403 if role else 302) and not SECRET.search(text_of(answer))
    for path in posts:
        assert client.post(path, chosen()).status_code in (302, 403, 405)
    assert ApiKey.objects.values().get() == before


def test_the_pages_keep_their_budgets(admin, sandboxed):
    queue = make_queue()
    counted = {}
    for count in (2, 12):
        for _ in range(count):
            make_key(queues=[queue])
        admin.get(reverse("keys"))
        with statements() as found:
            admin.get(reverse("keys"))
        counted[count] = len(found)
    assert counted[2] == counted[12] <= 6
    for name, budget in {"key": 9, "key-edit": 8, "key-rotate": 5, "key-faults": 5}.items():
        with statements() as found:
            assert admin.get(at(name, sandboxed)).status_code == 200
        assert len(found) <= budget, (name, found)
