"""Tickets through verbs, the announcer's leftovers, the content security policy."""

import re

import pytest
from django.apps import apps
from django.urls import reverse

from helpdesk import actions
from helpdesk.models import Change, Ticket
from tests.factories import (
    actor_of,
    make_agent,
    make_field,
    make_queue,
    make_tag,
    make_ticket,
    make_user,
    status,
)

pytestmark = pytest.mark.django_db
LIST = reverse("admin:helpdesk_ticket_changelist")
ADD = reverse("admin:helpdesk_ticket_add")


def page_of(ticket: Ticket, page: str = "change") -> str:
    return reverse(f"admin:helpdesk_ticket_{page}", args=(ticket.pk,))


def data_of(ticket: Ticket, **changed) -> dict:
    data = {
        "title": ticket.title,
        "body": ticket.body,
        "body_format": ticket.body_format,
        "queue": ticket.queue_id,
        "status": ticket.status_id,
        "priority": ticket.priority,
        "base": ticket.version,
    }
    return data | changed


def test_a_ticket_is_changed_by_the_verb_with_one_change(site, admin):
    ticket, tag = make_ticket("Old"), make_tag("vip")
    changed = {"title": "New", "priority": "urgent", "tags": [tag.pk], "due_at_0": "2026-12-01"}
    answer = site.post(page_of(ticket), data_of(ticket, **changed, due_at_1="10:00"))
    assert answer.status_code == 302
    ticket.refresh_from_db()
    assert (ticket.title, ticket.priority, ticket.priority_rank) == ("New", "urgent", 4)
    assert (ticket.tag_ids, ticket.version) == ([tag.pk], 2)
    change = ticket.changes.get(version=2)
    assert (change.origin, change.person) == ("admin", admin)
    assert set(change.fields) == {"title", "priority", "tags", "due_at"}


def test_a_form_sent_back_as_it_was_changes_nothing(site):
    agent, requester = make_agent(), make_user()
    ticket = make_ticket(assignee=agent, requester=requester, tags=["a"], body="Words\n\nmore")
    people = {"assignee": agent.pk, "requester": requester.pk, "tags": ticket.tag_ids}
    site.post(page_of(ticket), data_of(ticket, **people))
    ticket.refresh_from_db()
    assert ticket.version == 1


def test_an_administrator_sets_a_status_past_the_workflow(site):
    ticket = make_ticket()
    site.post(page_of(ticket), data_of(ticket, status=status("Closed").pk))
    ticket.refresh_from_db()
    assert ticket.status_category == "closed"
    assert ticket.closed_at is not None


def test_what_the_verb_refuses_stands_at_its_field(site):
    ticket, customer = make_ticket("Old"), make_user("Cleo")
    answer = site.post(page_of(ticket), data_of(ticket, assignee=customer.pk, title="New"))
    assert answer.status_code == 200
    assert "Cleo is not an agent." in answer.content.decode()
    assert answer.context["adminform"].form.errors["assignee"]
    ticket.refresh_from_db()
    assert (ticket.title, ticket.version) == ("Old", 1)


def test_an_edit_over_somebody_elses_is_refused(site, admin):
    ticket = make_ticket("Old")
    stale = data_of(ticket, title="Mine")
    actions.change_ticket(ticket, by=actor_of(admin), title="Theirs")
    answer = site.post(page_of(ticket), stale)
    assert "Changed meanwhile: title" in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.title == "Theirs"


def test_a_ticket_is_opened_by_the_verb(site, admin):
    requester, queue = make_user(), make_queue("Second")
    data = {"title": "From here", "body_format": "plain", "priority": "high"}
    answer = site.post(ADD, data | {"requester": requester.pk, "queue": queue.pk, "body": "x"})
    ticket = Ticket.objects.get()
    assert answer.status_code == 302
    assert (ticket.queue, ticket.requester, ticket.status) == (queue, requester, status("Open"))
    assert ticket.changes.get().origin == "admin"


def test_a_ticket_without_a_subject_is_refused(site):
    answer = site.post(ADD, {"title": " ", "body_format": "plain", "priority": "high"})
    assert answer.status_code == 200
    assert not Ticket.objects.exists()


def test_deleting_is_the_trash_and_restoring_takes_it_out(site, admin):
    one, two = make_ticket("One"), make_ticket("Two")
    site.post(page_of(one, "delete"), {"post": "yes"})
    site.post(LIST, {"action": "delete_selected", "_selected_action": [two.pk], "post": "yes"})
    for ticket in (one, two):
        ticket.refresh_from_db()
        assert ticket.deleted_at is not None
        assert ticket.trashed_by == admin
        assert ticket.changes.get(version=2).kind == Change.Kind.DELETED
    assert not site.get(LIST).context["cl"].result_list
    assert set(site.get(LIST, {"trash": "only"}).context["cl"].result_list) == {one, two}
    site.post(page_of(one, "restore_one"))
    site.post(LIST + "?trash=only", {"action": "restore", "_selected_action": [two.pk]})
    for ticket in (one, two):
        ticket.refresh_from_db()
        assert ticket.deleted_at is None
        assert ticket.version == 3


def test_tickets_are_found_by_words_and_by_number(site):
    one, two = make_ticket("Printer on fire"), make_ticket("Coffee is cold")
    found = site.get(LIST, {"q": "printer"}).context["cl"].result_list
    assert list(found) == [one]
    assert list(site.get(LIST, {"q": f"#{two.pk}"}).context["cl"].result_list) == [two]


def test_custom_values_are_shown_as_text(site):
    make_field("region")
    ticket = make_ticket(custom={"region": "<b>EU</b>"})
    assert "Region: &lt;b&gt;EU&lt;/b&gt;" in site.get(page_of(ticket)).content.decode()


# Changes set aside -------------------------------------------------------------------------------


def test_a_change_set_aside_is_announced_again(site):
    make_ticket("Odd"), make_ticket("Well")
    aside = Change.objects.order_by("pk").first()
    Change.objects.filter(pk=aside.pk).update(announce_error="KeyError: 'x'")
    page = reverse("admin:helpdesk_change_changelist")
    listed = site.get(page)
    assert [change.pk for change in listed.context["cl"].result_list] == [aside.pk]
    assert "KeyError" in listed.content.decode()
    site.post(page, {"action": "announce_again", "_selected_action": [aside.pk]})
    aside.refresh_from_db()
    assert (aside.announce_error, aside.announced_at) == ("", None)


@pytest.mark.parametrize("name", ["change", "job"])
def test_rows_to_look_at_are_not_changed(name, site):
    make_ticket("Odd")
    Change.objects.update(announce_error="x")
    row = Change.objects.get() if name == "change" else make_job()
    for page in ("change", "delete"):
        answer = site.post(
            reverse(f"admin:helpdesk_{name}_{page}", args=(row.pk,)), {"post": "yes"}
        )
        assert answer.status_code == 403
    assert site.get(reverse(f"admin:helpdesk_{name}_add")).status_code == 403


def make_job():
    return apps.get_model("helpdesk", "Job").objects.create(kind="import", name="A file")


# The policy -------------------------------------------------------------------------------------


def directives(answer) -> dict[str, str]:
    header = answer["Content-Security-Policy"]
    return {part.split()[0]: part for part in header.split("; ")}


def test_the_admin_site_alone_may_evaluate_and_style_inline(site):
    for page in (reverse("admin:index"), reverse("admin-health"), LIST, ADD):
        found = directives(site.get(page))
        assert "'unsafe-eval'" in found["script-src"]
        assert "'unsafe-inline'" not in found["script-src"]
        assert "'unsafe-inline'" in found["style-src"]
    for page in (reverse("tickets"), reverse("preferences"), "/administer/", "/accounts/login/"):
        header = site.get(page)["Content-Security-Policy"]
        assert "unsafe" not in header


OUTSIDE = re.compile(r"(?:src|href|action|srcset|data)=\"(?:https?:)?//(?!testserver)[^\"]*\"")


def test_no_page_loads_or_links_to_anything_outside(site):
    ticket = make_ticket()
    for page in (reverse("admin:index"), LIST, ADD, page_of(ticket), reverse("admin-health")):
        body = site.get(page).content.decode()
        assert not OUTSIDE.findall(body)
        assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>\s*[^<\s]", body)


def test_the_test_for_outside_addresses_can_fail():
    assert OUTSIDE.search('<script src="https://cdn.example/x.js">')


def test_signing_out_leads_to_the_one_sign_in_page(site):
    assert site.post(reverse("admin:logout"))["Location"] == reverse("account_login")
