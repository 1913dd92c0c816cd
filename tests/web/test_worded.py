"""Pages of canned replies and macros: written, shown with real values, shared, retired."""

import re

import pytest
from django.urls import reverse

from helpdesk.actions import canned, macros
from helpdesk.models import CannedReply, Macro, Membership, Status
from tests.factories import actor_of, make_agent, make_field, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
REPLIES, MACROS = "/texts/canned-replies/", "/texts/macros/"


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


def text(response) -> str:
    return response.content.decode()


def own_reply(agent, **fields) -> CannedReply:
    said = {"name": "Hi", "body": "Hello {{requester.first_name}}", "owner_id": agent.pk} | fields
    return canned.save_reply(by=actor_of(agent), **said)


def test_a_canned_reply_is_written_changed_and_found_in_answers(client, agent):
    assert "None yet" in text(client.get(REPLIES))
    body = {"name": "Hello", "place": "own", "body": "Hello {{agent.name}}", "tags": "vip, late"}
    made = client.post(f"{REPLIES}new/", body)
    row = CannedReply.objects.get()
    assert made["Location"] == f"{REPLIES}{row.uuid}/"
    assert (row.owner, {one.name for one in row.tags.all()}) == (agent, {"vip", "late"})
    client.post(f"{REPLIES}{row.uuid}/", body | {"name": "Hello again"})
    assert "Hello again" in text(client.get(REPLIES))
    options = reverse("composer-options", args=[make_ticket().pk])
    assert "Hello Maren Holt" in text(client.get(options, {"sign": "/", "q": "hello"}))


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(client, agent):
    refused = client.post(f"{REPLIES}new/", {"name": "", "place": "own", "body": "Long words"})
    assert refused.status_code == 422 and list(refused.context["form"].errors) == ["name"]
    assert "Long words</textarea>" in text(refused)
    wrong = client.post(f"{MACROS}new/", {"name": "x", "place": "own", "says": "reply"})
    assert list(wrong.context["form"].errors) == ["body"]


def test_a_preview_has_the_values_of_a_ticket_and_saves_nothing(client, agent):
    make_field("order")
    make_ticket("Export stops", requester=make_user("Leila Haddad"))
    body = {"name": "x", "place": "own", "body": "**Dear {{requester.name}}** {{field.order}}"}
    page = text(client.post(f"{REPLIES}new/", body | {"preview": "1"}))
    assert "<strong>Dear Leila Haddad</strong>" in page and "field.order is empty here" in page
    part = client.post(f"{REPLIES}new/", body | {"preview": "1"}, headers={"HX-Request": "true"})
    assert "<html" not in text(part) and "Leila Haddad" in text(part)
    assert "HX-Request" in part["Vary"]
    assert not CannedReply.objects.exists()


def test_every_variable_is_listed(client, agent):
    make_field("order")
    page = text(client.get(f"{REPLIES}new/"))
    assert "{{requester.first_name}}" in page and "{{field.order}}" in page


def test_a_macro_keeps_all_that_it_sets_through_its_form(client, agent):
    waiting, ann = Status.objects.get(name="Waiting"), make_agent("Ann Berg")
    sets = {"status": waiting.pk, "priority": "high", "assignee": ann.pk, "team": None}
    sets |= {"add_tags": ["log"], "remove_tags": ["new"]}
    macro = macros.save_macro(
        by=actor_of(agent), owner_id=agent.pk, name="Ask", body="Which?", says="note", sets=sets
    )
    page = client.get(f"{MACROS}{macro.uuid}/")
    form = page.context["form"]
    body = {name: form[name].value() for name in form.fields}
    body = {name: "" if value is None else value for name, value in body.items()}
    body["person"] = form["person"].field.prepare_value(body["person"])
    assert client.post(f"{MACROS}{macro.uuid}/", body).status_code == 302
    macro.refresh_from_db()
    assert (macro.sets, macro.says) == (sets, "note")
    client.post(f"{MACROS}{macro.uuid}/", body | {"assignee": "me", "person": "", "team": ""})
    macro.refresh_from_db()
    assert macro.sets["assignee"] == "me" and "team" not in macro.sets
    refused = client.post(f"{MACROS}{macro.uuid}/", body | {"assignee": "person", "person": ""})
    assert list(refused.context["form"].errors) == ["person"]


def test_it_is_shared_with_a_team_but_with_everyone_only_by_administrators(client):
    ann = make_agent("Ann", [make_queue("Hers")])
    team = Membership.objects.get(user=ann).team
    client.force_login(ann)
    body = {"name": "Team's", "body": "x"}
    client.post(f"{REPLIES}new/", body | {"place": f"team-{team.pk}"})
    assert CannedReply.objects.get().team == team
    assert client.post(f"{REPLIES}new/", body | {"place": "everyone"}).status_code == 422
    client.force_login(make_agent("Ada", role="admin"))
    client.post(f"{REPLIES}new/", body | {"name": "All's", "place": "everyone"})
    assert CannedReply.objects.get(name="All's").team is None


def test_what_belongs_to_everyone_is_read_but_not_changed(client, agent):
    row = CannedReply.objects.create(name="All's", body="Read me")
    page = client.get(f"{REPLIES}{row.uuid}/")
    assert "Read me" in text(page) and 'name="body"' not in text(page)
    assert client.post(f"{REPLIES}{row.uuid}/", {"name": "x", "body": "y"}).status_code == 403
    for way in ("retirement", "deletion"):
        assert client.post(f"{REPLIES}{row.uuid}/{way}/").status_code == 403
    row.refresh_from_db()
    assert (row.name, row.retired_at) == ("All's", None)


def test_what_is_of_another_person_is_not_there(client, agent):
    row = own_reply(make_agent("Other"))
    for way in ("", "deletion/"):
        assert client.get(f"{REPLIES}{row.uuid}/{way}").status_code == 404
    assert client.post(f"{REPLIES}{row.uuid}/retirement/").status_code == 404


def test_what_is_retired_is_offered_no_more_until_it_is_brought_back(client, agent):
    row = own_reply(agent)
    options = reverse("composer-options", args=[make_ticket().pk])
    client.post(f"{REPLIES}{row.uuid}/retirement/")
    assert "Nothing fits" in text(client.get(options, {"sign": "/", "q": "hi"}))
    assert str(row.uuid) not in text(client.get(REPLIES))
    assert str(row.uuid) in text(client.get(f"{REPLIES}?state=retired"))
    client.post(f"{REPLIES}{row.uuid}/retirement/", {"back": "1"})
    assert "Nothing fits" not in text(client.get(options, {"sign": "/", "q": "hi"}))


def test_it_is_deleted_after_a_question(client, agent):
    row = own_reply(agent)
    assert "stay as they are" in text(client.get(f"{REPLIES}{row.uuid}/deletion/"))
    assert client.post(f"{REPLIES}{row.uuid}/deletion/").status_code == 302
    assert not CannedReply.objects.exists()


def test_messages_that_were_sent_with_it_are_counted(client, agent):
    row, macro = (
        own_reply(agent, tags=["log"]),
        Macro.objects.create(name="M", body="Also", owner=agent),
    )
    other = own_reply(make_agent("Other"))
    ticket = make_ticket(requester=make_user("Leila Haddad"))
    fill = {"kind": "note", "version": ticket.version, "canned": str(row.uuid)}
    filled = text(client.post(reverse("composer-fill", args=[ticket.pk]), fill))
    assert "+ log" in filled and "add_tags:[&quot;log&quot;]" in filled
    assert re.findall(r'name="used" value="([^"]+)"', filled) == [str(row.uuid)]
    said = {"kind": "note", "version": ticket.version, "body": "Hello"}
    used = [str(row.uuid), str(row.uuid), str(macro.uuid), str(other.uuid), "nonsense"]
    assert client.post(reverse("ticket-comments", args=[ticket.pk]), said | {"used": used})
    for one in (row, macro, other):
        one.refresh_from_db()
    assert (row.uses, macro.uses, other.uses) == (1, 1, 0)
    assert "Sent with 1 message." in text(client.get(f"{REPLIES}{row.uuid}/"))


@pytest.mark.parametrize("path", [REPLIES, MACROS])
def test_lists_ask_the_same_however_many_rows_there_are(
    client, agent, path, django_assert_max_num_queries
):
    for number in range(30):
        own_reply(agent, name=f"Reply {number}")
        sets = {"assignee": agent.pk, "priority": "high"}
        Macro.objects.create(name=f"Macro {number}", body="x", owner=agent, sets=sets)
    client.get(path)
    with django_assert_max_num_queries(5):
        client.get(path)


def test_the_address_of_neither_is_not_found(client, agent):
    assert client.get("/texts/poems/").status_code == 404
