"""Every list, form and change page of the admin site: who opens it, and what it costs."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from helpdesk.actor import system
from helpdesk.models import (
    Change,
    CustomField,
    Delivery,
    Job,
    Organisation,
    Queue,
    Status,
    Tag,
    TagCategory,
    Team,
    Ticket,
    Transition,
    User,
    Webhook,
    Workflow,
)
from tests.budget import statements
from tests.factories import make_agent, make_field, make_key, make_ticket, make_user

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\" onload='x' {{7*7}} \u202egnp.exe"
OURS = [model for model in admin.site._registry if model._meta.app_label != "auth"]
Connection = apps.get_model("integrations", "Connection")
Record = apps.get_model("integrations", "Record")


def url(model, page: str, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def make_one(model, number: int):
    """A row of the model whose name is hostile."""
    name = f"{number} {HOSTILE}"
    if model is Ticket:
        tag = Tag.objects.create(name=f"tag {name}")
        requester = make_user(f"R{number}", name_folded=name)
        User.objects.filter(pk=requester.pk).update(name=name)
        return make_ticket(name, tags=[tag], requester=requester)
    if model is Change:
        make_ticket(name)
        change = Change.objects.latest("pk")
        Change.objects.filter(pk=change.pk).update(announce_error=name)
        return change
    if model is User:
        user = make_agent(f"Agent {number}")
        User.objects.filter(pk=user.pk).update(name=name)
        return user
    if model.__name__ == "ApiKey":
        return make_key(name=name[:120])[0]
    if model is CustomField:
        return make_field(f"field_{number}", "choice", options=[name, "b"], name=name)
    if model is Workflow:
        first = Status.objects.first()
        flow = Workflow.objects.create(name=name, initial=first)
        for step in range(3):
            made = Transition.objects.create(workflow=flow, name=f"{step} {name}", target=first)
            made.sources.set(Status.objects.all()[:2])
        return flow
    if model is Connection:
        return Connection.objects.create(
            name=name, service="teamswork", queue=Queue.objects.first()
        )
    if model is Record:
        key = make_key(name=f"Key {number}")[0]
        content = {"name": name, "parent": "ws1"}
        return Record.objects.create(
            service="onna", key=key, kind="folder", name=f"fd{number}", content=content
        )
    if model is Job:
        return Job.objects.create(kind="import", name=name, owner=make_user())
    if model in (Webhook, Delivery):
        webhook = Webhook.objects.create(name=name[:120], url=f"https://example.com/{number}")
        made = {"webhook": webhook, "event": "webhook.test", "give_up_at": timezone.now()}
        return webhook if model is Webhook else Delivery.objects.create(last_error=name, **made)
    fields = {
        Queue: {"slug": f"queue-{number}"},
        Status: {"category": "open"},
        Tag: {"category": TagCategory.objects.create(name=f"category {name}")},
    }
    return model.objects.create(name=name, **fields.get(model, {}))


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_list_and_form_opens_and_shows_hostile_names_as_text(model, site):
    row = make_one(model, 1)
    pages = [url(model, "changelist"), url(model, "change", row.pk)]
    if admin.site._registry[model].has_add_permission(request_of(site)):
        pages.append(url(model, "add"))
    for page in pages:
        answer = site.get(page)
        assert answer.status_code == 200, page
        body = answer.content.decode()
        assert "<script>alert(1)" not in body
        assert "onload='x'" not in body
    assert "1 &lt;script&gt;" in site.get(pages[0]).content.decode()


def cost_of(site, page: str) -> list[str]:
    """The statements of a page, less the look at the configuration's stamp, which time decides."""
    site.get(page)
    with statements() as counted:
        assert site.get(page).status_code == 200
    return [sql for sql in counted if "helpdesk_stamp" not in sql]


def request_of(client):
    return client.get(reverse("admin:index")).wsgi_request


@pytest.mark.parametrize("role", ["agent", "light", "customer"])
@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_nobody_else_opens_them(model, role, client):
    client.force_login(make_user(role=role))
    row = make_one(model, 1)
    for page in (
        url(model, "changelist"),
        url(model, "change", row.pk),
        url(model, "delete", row.pk),
    ):
        answer = client.get(page)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")
        assert client.get(answer["Location"]).status_code == 403


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_a_list_of_thirty_costs_as_many_statements_as_one_of_three(model, site):
    """Not more for more rows; the snapshot is loaded before."""
    for number in range(3):
        make_one(model, number)
    few = cost_of(site, url(model, "changelist"))
    for number in range(3, 30):
        make_one(model, number)
    many = cost_of(site, url(model, "changelist"))
    assert "29 &lt;script" in site.get(url(model, "changelist")).content.decode()
    assert len(many) == len(few), "\n".join(many)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_list_is_searched_without_an_error(model, site):
    make_one(model, 1)
    for words in ("alert", "#7", "'\"%_\\", "\x00", "é" * 300):
        assert site.get(url(model, "changelist"), {"q": words}).status_code in (200, 302)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("pk", ["0", "abc", "9" * 30, "1' OR 1=1", "-1"])
def test_an_unknown_row_leads_away_instead_of_failing(model, pk, site):
    assert site.get(url(model, "change", pk)).status_code == 302


def test_a_change_page_costs_the_same_for_many_rows_in_it(site):
    def cost(row) -> int:
        return len(cost_of(site, url(type(row), "change", row.pk)))

    team = Team.objects.create(name="Many")
    flow = Workflow.objects.create(name="Many", initial=Status.objects.first())
    field = make_field("many", "choice", options=["a"])
    organisation = Organisation.objects.create(name="Many")
    person = make_agent()
    rows = (team, flow, field, organisation, person)

    def fill(numbers):
        for number in numbers:
            team.memberships.create(user=make_agent())
            person.memberships.create(team=Team.objects.create(name=f"Team of {number}"))
            step = Transition.objects.create(
                workflow=flow, name=f"{number}", target=Status.objects.last()
            )
            step.sources.set(Status.objects.all()[:3])
            field.options.create(label=f"option {number}")
            organisation.domains.create(domain=f"{number}.example.com")

    fill(range(3))
    few = [cost(row) for row in rows]
    fill(range(3, 20))
    assert [cost(row) for row in rows] == few


def test_tickets_are_never_counted_as_a_whole(site):
    for number in range(3):
        make_ticket(f"Ticket {number}", by=system("rule"))
    with statements() as counted:
        site.get(url(Ticket, "changelist"))
    assert not [sql for sql in counted if "COUNT(" in sql and "helpdesk_ticket" in sql]


def test_every_ticket_is_reached_by_the_next_page(site):
    made = {make_ticket(f"Ticket {number}").pk for number in range(52)}
    first = site.get(url(Ticket, "changelist"))
    second = site.get(url(Ticket, "changelist"), {"p": 2})
    seen = {ticket.pk for answer in (first, second) for ticket in answer.context["cl"].result_list}
    assert seen == made
    assert 'rel="next"' in first.content.decode()
    assert 'rel="next"' not in second.content.decode()


def test_the_overview_and_the_health_page_open(site):
    assert site.get(reverse("admin:index")).status_code == 200
    answer = site.get(reverse("admin-health"))
    assert answer.status_code == 200
    assert "never heard of" in answer.content.decode()


def test_deleted_settings_leave_the_list_and_are_found_when_asked_for(site):
    Status.objects.create(name="Old one", category="open", deleted_at=timezone.now())
    assert "Old one" not in site.get(url(Status, "changelist")).content.decode()
    asked = site.get(url(Status, "changelist"), {"kept": "deleted"})
    assert "Old one" in asked.content.decode()
