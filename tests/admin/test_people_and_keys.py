"""People through their verbs; keys whose secrets are seen once."""

import re

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from helpdesk.models import ApiKey, Membership, Team, User
from helpdesk.models.configuration import configuration
from tests.admin.test_settings import rows
from tests.factories import (
    default_queue,
    make_agent,
    make_key,
    make_queue,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db
PEOPLE = reverse("admin:helpdesk_user_changelist")
ADD_PERSON = reverse("admin:helpdesk_user_add")
ADD_KEY = reverse("admin:helpdesk_apikey_add")


def person_page(person: User, page: str = "change") -> str:
    return reverse(f"admin:helpdesk_user_{page}", args=(person.pk,))


def key_page(key: ApiKey, page: str = "change") -> str:
    return reverse(f"admin:helpdesk_apikey_{page}", args=(key.pk,))


def profile(person: User, **changed) -> dict:
    data = {"name": person.name, "email": person.email, "role": person.role, "is_active": "on"}
    return data | changed


# People ----------------------------------------------------------------------------------------


def test_an_agent_is_made_with_a_team_and_works_at_once(site):
    team = Team.objects.create(name="Night")
    default_queue().teams.add(team)
    data = {"name": "Nia", "email": "Nia@Example.com", "role": "agent", "is_active": "on"}
    site.post(ADD_PERSON, data | rows("memberships", {"team": team.pk, "access": "work"}))
    nia = User.objects.get(email="nia@example.com")
    assert (nia.role, nia.email_written, nia.has_usable_password()) == (
        "agent",
        "Nia@Example.com",
        False,
    )
    assert default_queue().pk in configuration().queues_of(nia.pk)


def test_a_change_of_a_person_goes_through_the_verb(site, admin):
    agent = make_agent("Ann")
    team = agent.memberships.get()
    entry = {"id": team.pk, "team": team.team_id, "access": "read"}
    data = profile(agent, name="Ann Lee", timezone="Europe/Zurich")
    site.post(person_page(agent), data | rows("memberships", entry, initial=1))
    agent.refresh_from_db()
    assert (agent.name, agent.name_folded, agent.timezone) == (
        "Ann Lee",
        "ann lee",
        "Europe/Zurich",
    )
    assert configuration().memberships[agent.pk] == [(team.team_id, "read")]


def test_the_last_administrator_keeps_the_role_and_the_form_says_so(site, admin):
    answer = site.post(person_page(admin), profile(admin, role="agent") | rows("memberships"))
    assert answer.status_code == 200
    assert "The last administrator keeps the role." in answer.content.decode()
    admin.refresh_from_db()
    assert admin.role == "admin"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"email": "taken@example.com"}, "Another person has this address"),
        ({"email": "TAKEN@example.com"}, "Another person has this address"),
        ({"email": ""}, "signs in with an address"),
        ({"timezone": "Mars/Base"}, "Select a valid choice"),
        ({"role": "god"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_with_a_person_is_said(changed, words, site):
    make_user(email="taken@example.com")
    agent = make_agent("Ann")
    answer = site.post(person_page(agent), profile(agent, **changed) | rows("memberships"))
    assert words in answer.content.decode()
    assert User.objects.get(pk=agent.pk).email == agent.email


def test_nobody_is_deleted(site):
    person = make_user()
    assert site.post(person_page(person, "delete"), {"post": "yes"}).status_code == 403
    site.post(PEOPLE, {"action": "delete_selected", "_selected_action": [person.pk], "post": "yes"})
    assert User.objects.filter(pk=person.pk).exists()


def test_a_person_is_erased_after_a_question(site):
    person = make_user("Cleo")
    ticket = make_ticket(requester=person)
    page = person_page(person, "erase")
    site.get(page)
    person.refresh_from_db()
    assert person.erased_at is None
    assert site.post(page).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.email) == ("", None)
    assert person.erased_at is not None
    ticket.refresh_from_db()
    assert ticket.requester_id == person.pk
    assert site.post(page).status_code == 403  # once is enough
    assert f"Erased person {person.pk}" in site.get(PEOPLE).content.decode()


def test_the_password_link_opens_the_form_that_sets_one(site, client):
    agent = make_agent("Ann")
    body = site.get(person_page(agent, "password_link")).content.decode()
    address = re.search(r"http://testserver(/accounts/\S+?)<", body)[1]
    client.logout()
    answer = client.get(address, follow=True)
    assert answer.status_code == 200
    assert 'name="password1"' in answer.content.decode()
    word = "a long and quiet word"
    client.post(answer.request["PATH_INFO"], {"password1": word, "password2": word})
    agent.refresh_from_db()
    assert agent.check_password(word)


def test_a_customer_gets_no_password_link(site):
    assert site.get(person_page(make_user(), "password_link")).status_code == 403


def test_a_membership_that_was_removed_comes_back_under_its_own_row(site):
    agent = make_agent("Ann")
    membership = agent.memberships.get()
    entry = {"team": membership.team_id, "access": "work"}
    removed = rows("memberships", entry | {"id": membership.pk, "DELETE": "on"}, initial=1)
    site.post(person_page(agent), profile(agent) | removed)
    assert Membership.objects.get(pk=membership.pk).deleted_at is not None
    assert not configuration().queues_of(agent.pk)
    site.post(person_page(agent), profile(agent) | rows("memberships", entry | {"access": "read"}))
    back = Membership.objects.get(user=agent)
    assert (back.pk, back.deleted_at, back.access) == (membership.pk, None, "read")


# Keys ------------------------------------------------------------------------------------------


def test_a_pair_of_keys_is_made_and_its_secrets_are_shown_once(site):
    queue = make_queue("Outside")
    data = {"name": "Acme", "scope": "write", "with_twin": "on", "queues": [queue.pk]}
    answer = site.post(ADD_KEY, data | {"home_queue": queue.pk, "sources": "jira\n\nJira 2\njira"})
    assert "no-store" in answer["Cache-Control"]
    secrets = re.findall(r"hd_[\w-]{40}", answer.content.decode())
    primary, secondary = ApiKey.objects.order_by("pk")
    assert [ApiKey.digest_of(secret) for secret in secrets] == [primary.digest, secondary.digest]
    assert (primary.scope, secondary.scope, secondary.primary) == ("write", "read", primary)
    assert list(secondary.queues.all()) == [queue]
    assert primary.sources == ["jira", "Jira 2"]
    for page in (key_page(primary), key_page(secondary), reverse("admin:index")):
        body = site.get(page).content.decode()
        assert not any(secret in body for secret in secrets)
        assert primary.digest not in body
    for entry in LogEntry.objects.all():
        assert not any(secret in str(vars(entry)) for secret in secrets)


def test_a_key_that_reaches_nothing_is_refused(site):
    answer = site.post(ADD_KEY, {"name": "Acme", "scope": "read"})
    assert "Choose the queues it reaches" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_that_reads_has_no_twin(site):
    site.post(ADD_KEY, {"name": "R", "scope": "read", "with_twin": "on", "all_queues": "on"})
    assert ApiKey.objects.get().name == "R"


def test_what_a_form_cannot_change_stays(site):
    key, _secret = make_key("read")
    hostile = {"digest": "0" * 64, "scope": "write", "prefix": "x", "revoked_at": "2026-01-01"}
    site.post(key_page(key), {"name": "New", "all_queues": "on", "sources": "", **hostile})
    fresh = ApiKey.objects.get()
    assert (fresh.name, fresh.scope, fresh.digest) == ("New", "read", key.digest)
    assert fresh.revoked_at is None


def test_a_key_is_revoked_with_its_twin_after_a_question(site):
    key, _secret = make_key("write")
    twin, _secret = make_key("read", primary=key)
    site.get(key_page(key, "revoke"))
    assert ApiKey.objects.filter(revoked_at=None).count() == 2
    site.post(key_page(key, "revoke"))
    assert not ApiKey.objects.filter(revoked_at=None).exists()
    assert site.post(key_page(twin, "revoke")).status_code == 403


def test_a_new_secret_takes_the_place_of_the_old(site):
    key, old = make_key("write")
    site.get(key_page(key, "renew"))
    assert ApiKey.objects.get().digest == ApiKey.digest_of(old)
    answer = site.post(key_page(key, "renew"))
    [new] = re.findall(r"hd_[\w-]{40}", answer.content.decode())
    assert ApiKey.objects.get().digest == ApiKey.digest_of(new)


def test_keys_are_never_deleted(site):
    key, _secret = make_key()
    assert site.post(key_page(key, "delete"), {"post": "yes"}).status_code == 403
    assert ApiKey.objects.exists()


def test_a_secret_of_a_connection_is_on_no_page(site):
    connection = apps.get_model("integrations", "Connection")(
        name="Acme", service="teamswork", queue=default_queue()
    )
    connection.enter({"key": "very-secret", "url": "https://acme.example"}, ("key",))
    connection.save()
    pages = (
        reverse("admin:integrations_connection_changelist"),
        reverse("admin:integrations_connection_change", args=(connection.pk,)),
    )
    for page in pages:
        body = site.get(page).content.decode()
        assert "Acme" in body
        assert "very-secret" not in body
        assert connection.credentials not in body
    answer = site.get(
        reverse("admin:integrations_connection_open_in_console", args=(connection.pk,))
    )
    assert answer["Location"] == reverse("connection", args=(connection.uuid,))


def test_only_agents_are_offered_as_assignees(site):
    agent, customer = make_agent("Zed Agent"), make_user("Zed Customer")
    asked = {"app_label": "helpdesk", "model_name": "ticket", "term": "zed"}
    found = {}
    for name in ("assignee", "requester"):
        answer = site.get(reverse("admin:autocomplete"), asked | {"field_name": name})
        found[name] = {int(row["id"]) for row in answer.json()["results"]}
    assert found["assignee"] == {agent.pk}
    assert found["requester"] == {agent.pk, customer.pk}


@pytest.mark.parametrize("end", ["change", "erase"])
def test_a_former_address_opens_nothing_and_is_kept_nowhere(end, site):
    agent = make_agent("Ann", password="a long and quiet word")
    former = agent.email
    agent.emailaddress_set.create(email=former, verified=True, primary=True)
    if end == "change":
        site.post(person_page(agent), profile(agent, email="new@example.com") | rows("memberships"))
    else:
        site.post(person_page(agent, "erase"))
    assert not agent.emailaddress_set.exists()
    site.logout()
    site.post("/accounts/login/", {"login": former, "password": "a long and quiet word"})
    assert "_auth_user_id" not in site.session
