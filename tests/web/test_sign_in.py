"""Who comes in, and where they land."""

import re

import pytest
from django.urls import reverse

from tests.factories import make_agent, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a long and quiet word"


def sign_in(client, email: str, password: str = PASSWORD, **data):
    return client.post("/accounts/login/", {"login": email, "password": password, **data})


def test_a_stranger_is_sent_to_the_sign_in_page_and_back(client):
    answer = client.get("/tickets/?status=open")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/tickets/%3Fstatus%3Dopen"


def test_a_stranger_in_a_fragment_leaves_the_page_for_the_sign_in_page(client):
    answer = client.get(
        "/tickets/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/tickets/"}
    )
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2Ftickets%2F"


def test_an_agent_signs_in_by_email_in_any_case(client):
    agent = make_agent("Ann", password=PASSWORD)
    answer = sign_in(client, agent.email.upper(), next="/tickets/?status=open")
    assert answer["Location"] == "/tickets/?status=open"
    assert client.get("/tickets/").status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"],
)
def test_the_way_back_stays_on_this_site(client, elsewhere):
    agent = make_agent(password=PASSWORD)
    assert sign_in(client, agent.email, next=elsewhere)["Location"] == "/"
    assert client.get("/admin/login/", {"next": elsewhere}).status_code in (302, 403)


def test_the_admin_site_uses_the_same_sign_in(client):
    answer = client.get("/admin/", follow=False)
    assert answer.status_code == 302
    answer = client.get(answer["Location"])
    assert answer["Location"] == "/accounts/login/?next=/admin/"
    away = client.get("/admin/login/", {"next": "https://evil.example/"})
    assert away["Location"] == "/accounts/login/?next=/admin/"


def test_an_agent_who_is_no_administrator_is_refused_by_the_admin_site(client):
    client.force_login(make_agent())
    assert client.get("/admin/login/").status_code == 403


def test_a_customer_is_refused_calmly_on_every_page_of_the_workspace(client):
    client.force_login(make_user("Cleo"))
    for name in ("tickets", "ticket-new", "preferences"):
        answer = client.get(reverse(name))
        assert answer.status_code == 403
        assert "The workspace is for agents" in answer.content.decode()


def test_an_agent_who_is_deactivated_is_out_at_once(client):
    agent = make_agent()
    client.force_login(agent)
    type(agent).objects.filter(pk=agent.pk).update(is_active=False)
    assert client.get("/tickets/").status_code == 302


def test_nobody_signs_up(client):
    assert "Sign-up is closed" in client.get("/accounts/signup/").content.decode()
    client.post(
        "/accounts/signup/",
        {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert not make_user().__class__.objects.filter(email="new@example.com").exists()


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client):
    agent = make_agent(password=PASSWORD)
    known = sign_in(client, agent.email, "wrong word")
    unknown = sign_in(client, "nobody@example.com", "wrong word")
    said = [answer.context["form"].errors.as_json() for answer in (known, unknown)]
    assert said[0] == said[1]
    assert known.status_code == unknown.status_code == 200


def test_too_many_wrong_passwords_close_the_door_for_a_while(client):
    agent = make_agent(password=PASSWORD)
    for _ in range(10):
        answer = sign_in(client, agent.email, "wrong word")
    assert "Too many failed login attempts" in answer.content.decode()
    sign_in(client, agent.email, PASSWORD)
    assert client.get("/tickets/").status_code == 302


def test_a_forgotten_password_is_renewed_by_mail(client, mailoutbox):
    agent = make_agent(password=PASSWORD)
    client.post("/accounts/password/reset/", {"email": agent.email})
    [mail] = mailoutbox
    assert mail.to == [agent.email]
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.body)[1]
    form = client.get(link, follow=True)
    words = "another long and quiet word"
    client.post(form.request["PATH_INFO"], {"password1": words, "password2": words})
    sign_in(client, agent.email, words)
    assert client.get("/tickets/").status_code == 200


def test_a_reset_tells_nobody_who_has_an_account(client, mailoutbox):
    addresses = [make_agent().email, make_user().email, "nobody@example.com"]
    answers = [client.post("/accounts/password/reset/", {"email": one}) for one in addresses]
    assert {answer["Location"] for answer in answers} == {"/accounts/password/reset/done/"}
    assert [mail.to[0] for mail in mailoutbox] == addresses
    assert ["/reset/key/" in mail.body for mail in mailoutbox] == [True, False, False]


def test_a_mail_server_that_is_away_does_not_break_the_reset(client, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    settings.EMAIL_HOST = "127.0.0.1"
    answer = client.post("/accounts/password/reset/", {"email": make_agent().email})
    assert answer["Location"] == "/accounts/password/reset/done/"


def test_signing_out_takes_a_post(client):
    client.force_login(make_agent())
    client.get("/accounts/logout/")
    assert client.get("/tickets/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/tickets/").status_code == 302
