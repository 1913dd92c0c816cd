"""Changing a ticket's properties and status, without JavaScript."""

import pytest
from django.http import QueryDict
from django.urls import reverse

from helpdesk import actions
from helpdesk.models import FieldOption, Status, Transition
from helpdesk.models.configuration import configuration
from helpdesk.web.forms.properties import PropertiesForm
from tests.budget import statements
from tests.factories import (
    actor_of,
    default_queue,
    make_agent,
    make_field,
    make_queue,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client):
    person = make_agent("Maren Holt")
    client.force_login(person)
    return person


@pytest.fixture
def ticket():
    return make_ticket("Export stops", requester=make_user("Leila"))


def shown(ticket, agent) -> QueryDict:
    """What a browser sends when nothing in the form is touched."""
    form = PropertiesForm(ticket, actor_of(agent))
    data = QueryDict(mutable=True)
    data["version"] = ticket.version
    for field in form.visible_fields():
        value = field.field.prepare_value(field.value())
        name = field.html_name
        if hasattr(field.field, "there"):
            data.setlist(name, [key for key, _words in field.field.there])
            data[f"{name}.added"] = ""
        elif field.widget_type == "checkboxselectmultiple":
            data.setlist(name, value or [])
        elif field.widget_type == "checkbox":
            data.update({name: "on"} if value else {})
        elif field.widget_type == "select":
            data[name] = str(value or "")
        else:
            data[name] = field.field.widget.format_value(value) or ""
    data["seen"] = form.seen_words
    return data


def change(client, ticket, data, **headers):
    url = reverse("ticket-change", args=[ticket.pk])
    body = data.urlencode() if isinstance(data, QueryDict) else QueryDict(mutable=True)
    if not isinstance(data, QueryDict):
        for name, value in data.items():
            body.setlist(name, value if isinstance(value, list) else [value])
        body = body.urlencode()
    kind = "application/x-www-form-urlencoded"
    return client.post(url, body, content_type=kind, headers=headers)


# Properties --------------------------------------------------------------------------------------


def test_an_untouched_form_changes_nothing(client, agent, ticket):
    person = make_user("Priya")
    make_every_field()
    actions.change_ticket(ticket, by=actor_of(agent), custom=every_value(person), tags=["a", "b"])
    ticket.refresh_from_db()
    before = ticket.version
    assert change(client, ticket, shown(ticket, agent)).status_code == 302
    ticket.refresh_from_db()
    assert ticket.version == before


def test_every_property_is_set_in_one_form(client, agent, ticket):
    parent, team = make_ticket("The cause"), default_queue().teams.first()
    data = shown(ticket, agent)
    data.update({})
    for name, value in {
        "title": "Export stops early",
        "type": str(next(iter(configuration().types))),
        "priority": "urgent",
        "assignee": agent.email,
        "team": str(team.pk),
        "due_at": "2027-01-31T16:00",
        "parent": f"#{parent.pk}",
        "tags.added": "vip, Late payer",
        "requester": "New Person <new@example.com>",
    }.items():
        data[name] = value
    assert change(client, ticket, data).status_code == 302
    ticket.refresh_from_db()
    assert ticket.title == "Export stops early" and ticket.priority == "urgent"
    assert ticket.assignee == agent and ticket.team == team and ticket.parent == parent
    assert ticket.due_at.isoformat() == "2027-01-31T16:00:00+00:00"
    assert [tag.name for tag in ticket.tag_list] == ["Late payer", "vip"]
    assert ticket.requester.email == "new@example.com" and str(ticket.requester) == "New Person"
    assert ticket.changes.count() == 2


def test_what_is_there_is_taken_away(client, agent, ticket):
    actions.change_ticket(ticket, by=actor_of(agent), assignee=agent, tags=["a", "b"])
    ticket.refresh_from_db()
    data = shown(ticket, agent)
    data.setlist("tags", ["b"])
    data["assignee"] = data["requester"] = ""
    change(client, ticket, data)
    ticket.refresh_from_db()
    assert [tag.name for tag in ticket.tag_list] == ["b"]
    assert ticket.assignee is None and ticket.requester is None


def make_every_field():
    make_field("order"), make_field("workaround", "textarea"), make_field("seats", "number")
    make_field("day", "date"), make_field("blocked", "toggle")
    make_field("region", "choice", ["EU", "US"]), make_field("products", "choices", ["A", "B", "C"])
    make_field("managers", "people"), make_field("contact", "email"), make_field("page", "url")


def every_value(person) -> dict:
    return {
        "order": "2026-10",
        "workaround": "Wait\nand see",
        "seats": 12.5,
        "day": "2026-11-16",
        "blocked": True,
        "region": "EU",
        "products": ["A", "B"],
        "managers": [person.pk],
        "contact": "ops@example.com",
        "page": "https://example.com/",
    }


def option(label) -> str:
    return str(FieldOption.objects.get(label=label).uuid)


def test_every_kind_of_custom_field_is_set(client, agent, ticket):
    make_every_field()
    person = make_user("Priya Raman")
    data = shown(ticket, agent)
    typed = {
        "order": "2026-10",
        "workaround": "Wait\r\nand see",
        "seats": "12.5",
        "day": "2026-11-16",
        "blocked": "on",
        "region": option("EU"),
        "managers.added": "Priya Raman",
        "contact": "ops@example.com",
        "page": "https://example.com/",
    }
    for key, value in typed.items():
        data[f"custom.{key}"] = value
    data.setlist("custom.products", [option("B"), option("A")])
    assert change(client, ticket, data).status_code == 302
    ticket.refresh_from_db()
    expected = every_value(person)
    expected |= {"region": option("EU"), "products": [option("A"), option("B")]}
    assert ticket.custom == expected
    html = client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Priya Raman" in html and 'href="https://example.com/"' in html and "12.5" in html


def test_every_kind_of_custom_field_is_cleared(client, agent, ticket):
    make_every_field()
    person = make_user("Priya Raman")
    actions.set_custom(ticket, every_value(person), by=actor_of(agent))
    ticket.refresh_from_db()
    data = shown(ticket, agent)
    for name in [name for name in data if name.startswith("custom.")]:
        data[name] = ""
    for name in ("custom.blocked", "custom.products", "custom.managers"):
        data.pop(name)
    change(client, ticket, data)
    ticket.refresh_from_db()
    assert ticket.custom == {"blocked": False}


WRONG = [
    ("seats", "twelve", "Enter a number"),
    ("day", "tomorrow", "Enter a date"),
    ("contact", "ops@nowhere", "valid email"),
    ("page", "javascript:alert(1)", "Enter an address that starts with"),
    ("region", "made-up", "is not one of the available choices"),
    ("managers.added", "Nobody Known", "Nobody is known as"),
]


@pytest.mark.parametrize(("key", "value", "words"), WRONG)
def test_a_wrong_value_stays_beside_its_error(client, agent, ticket, key, value, words):
    make_every_field()
    data = shown(ticket, agent)
    data[f"custom.{key}"], data["title"] = value, "My new subject"
    answer = change(client, ticket, data)
    html = answer.content.decode()
    assert answer.status_code == 422 and words in html and "My new subject" in html
    assert "1 field needs attention" in html
    ticket.refresh_from_db()
    assert ticket.title == "Export stops" and not ticket.custom


def test_a_required_field_is_not_emptied_and_never_asked_of_old_tickets(client, agent, ticket):
    make_field("order", required=True)
    data = shown(ticket, agent)
    data["title"] = "New subject"
    assert change(client, ticket, data).status_code == 302
    actions.set_custom(ticket, {"order": "1"}, by=actor_of(agent))
    ticket.refresh_from_db()
    data = shown(ticket, agent)
    data["custom.order"] = ""
    assert change(client, ticket, data).status_code == 422


def test_a_small_form_sets_its_field_alone(client, agent, ticket):
    change(client, ticket, {"only": "priority", "priority": "high", "version": ticket.version})
    change(client, ticket, {"only": "assignee", "assignee": agent.email})
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.assignee, ticket.title) == ("high", agent, "Export stops")


def test_a_customer_is_no_assignee(client, agent, ticket):
    customer = make_user("Cy Customer")
    for value in (customer.email, "Cy Customer", "nobody@example.com"):
        answer = change(client, ticket, {"only": "assignee", "assignee": value})
        assert answer.status_code == 422 and "Nobody is known as" in answer.content.decode()


def test_a_name_that_two_people_bear_asks_for_the_address(client, agent, ticket):
    make_agent("Sam Lee"), make_agent("Sam Lee")
    answer = change(client, ticket, {"only": "assignee", "assignee": "sam lee"})
    assert "Several people are called" in answer.content.decode()


def test_what_another_changed_is_shown_and_saved_only_after_a_second_look(client, agent, ticket):
    actions.change_ticket(ticket, by=actor_of(make_agent("Tomasz")), priority="low")
    data = {"only": "priority", "priority": "high", "version": ticket.version}
    answer = change(client, ticket, data)
    html = answer.content.decode()
    assert answer.status_code == 409 and "Save anyway" in html and "Tomasz" in html
    ticket.refresh_from_db()
    assert ticket.priority == "low"
    change(client, ticket, {**data, "version": ticket.version})
    ticket.refresh_from_db()
    assert ticket.priority == "high"


def test_two_who_change_different_fields_both_win(client, agent, ticket):
    data = shown(ticket, agent)
    actions.change_ticket(ticket, by=actor_of(make_agent("Tomasz")), priority="low")
    data["title"] = "New subject"
    assert change(client, ticket, data).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.title) == ("low", "New subject")


def test_queues_and_parents_out_of_reach_do_not_exist(client, agent, ticket):
    board = make_queue("Board")
    foreign = make_ticket("Not yours", queue=board)
    answers = []
    for queue, parent in ((board.pk, foreign.pk), (999_999, 999_999)):
        for data in ({"only": "queue", "queue": queue}, {"only": "parent", "parent": parent}):
            answer = change(client, ticket, data)
            answers.append((answer.status_code, str(queue) in answer.content.decode()))
    assert [status for status, _found in answers] == [422] * 4


def test_unknown_and_internal_names_change_nothing(client, agent, ticket):
    data = {"only": ["version_", "status", "created_at"], "status": "5", "created_at": "2001-01-01"}
    change(client, ticket, data)
    before = ticket.created_at
    ticket.refresh_from_db()
    assert ticket.version == 1 and ticket.created_at == before


def test_htmx_gets_the_changed_parts_and_errors_go_to_the_side(client, agent, ticket):
    hx = {"HX-Request": "true"}
    answer = change(client, ticket, {"only": "priority", "priority": "high"}, **hx)
    html = answer.content.decode()
    assert answer.status_code == 200 and 'id="ticket-top"' in html and "<html" not in html
    assert 'id="composer"' not in html and 'id="composer-send"' in html  # what is typed stays
    answer = change(client, ticket, {"only": "priority", "priority": "worst"}, **hx)
    assert answer.status_code == 422 and answer["HX-Retarget"] == "#side"


def test_people_in_fields_cost_the_same_however_many(client, agent, ticket):
    for key in ("one", "two", "three"):
        make_field(key, "people")
    by = actor_of(agent)
    counts = []
    for people in ([make_user()], [make_user() for _number in range(20)]):
        ids = [person.pk for person in people]
        actions.set_custom(ticket, {"one": ids, "two": ids, "three": ids}, by=by)
        for query in ("", "?edit=1"):
            client.get(f"/tickets/{ticket.pk}/{query}")
            with statements() as counted:
                client.get(f"/tickets/{ticket.pk}/{query}")
            counts.append(len(counted))
    assert counts[:2] == counts[2:]


# Status ------------------------------------------------------------------------------------------


def take(client, ticket, name, **fields):
    pk = Transition.objects.get(name=name).pk
    url = reverse("ticket-transition", args=[ticket.pk, pk])
    return client.post(url, {"version": ticket.version, **fields})


def test_an_action_changes_the_status(client, agent, ticket):
    assert take(client, ticket, "Wait").status_code == 302
    ticket.refresh_from_db()
    assert ticket.status.name == "Waiting"


def test_an_action_that_asks_has_a_page_of_its_own(client, agent, ticket):
    pk = Transition.objects.get(name="Resolve").pk
    url = reverse("ticket-transition", args=[ticket.pk, pk])
    html = client.get(url).content.decode()
    assert 'name="resolution"' in html and "Cannot be resolved" in html
    assert client.post(url, {}).status_code == 422
    client.post(url, {"resolution": "fixed", "comment": "Cleared the cache"})
    ticket.refresh_from_db()
    assert (ticket.status.name, ticket.resolution) == ("Resolved", "fixed")
    assert ticket.resolution_comment == "Cleared the cache"


def test_a_comment_that_an_action_wants_becomes_a_note(client, agent, ticket):
    way = Transition.objects.get(name="Wait")
    way.needs_comment = True
    way.save()
    assert take(client, ticket, "Wait").status_code == 422
    assert take(client, ticket, "Wait", comment="For the customer").status_code == 302
    assert not ticket.comments.get().public


def test_an_action_that_is_not_open_says_what_is(client, agent, ticket):
    answer = take(client, ticket, "Reopen")
    assert answer.status_code == 409 and "is not open from here" in answer.content.decode()


def test_an_action_is_held_when_the_status_changed_meanwhile(client, agent, ticket):
    actions.take_transition(ticket, "Start", by=actor_of(make_agent("Tomasz")))
    answer = take(client, ticket, "Wait")
    assert answer.status_code == 409 and "In progress" in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.status == Status.objects.get(name="In progress")


def test_an_action_for_administrators_is_refused_to_agents(client, agent, ticket):
    way = Transition.objects.get(name="Close")
    way.takers = Transition.Takers.ADMINS
    way.save()
    assert take(client, ticket, "Close").status_code == 403


def test_what_another_added_meanwhile_is_not_taken_away(client, agent, ticket):
    actions.tag(ticket, by=actor_of(agent), add=["a"])
    ticket.refresh_from_db()
    data = shown(ticket, agent)
    actions.tag(ticket, by=actor_of(make_agent("Tomasz")), add=["theirs"])
    data["title"] = "New subject"
    assert change(client, ticket, data).status_code == 302
    ticket.refresh_from_db()
    assert [tag.name for tag in ticket.tag_list] == ["a", "theirs"]


@pytest.mark.parametrize("seen", ["{", "[]", '{"title": 7, "tags": [1, {}]}', "[" * 5_000])
def test_a_forged_memory_of_the_page_breaks_nothing(client, agent, ticket, seen):
    data = shown(ticket, agent)
    data["seen"], data["title"] = seen, "New subject"
    assert change(client, ticket, data).status_code == 302
    ticket.refresh_from_db()
    assert ticket.title == "New subject"


def test_an_open_form_is_answered_alone_and_replaced_by_no_other(client, agent, ticket):
    editor = {"HX-Request": "true", "HX-Target": "properties-edit"}
    html = client.get(f"/tickets/{ticket.pk}/?edit=1", headers=editor).content.decode()
    assert html.strip().startswith('<div id="properties-edit">')
    data = shown(ticket, agent)
    data["title"] = " "
    answer = change(client, ticket, data, **editor)
    assert answer.status_code == 422 and "HX-Retarget" not in answer
    assert '<div id="properties-edit">' in answer.content.decode()
    data["title"] = "New subject"
    assert '<div id="properties">' in change(client, ticket, data, **editor).content.decode()
    other = change(
        client, ticket, {"only": "priority", "priority": "low"}, **{"HX-Request": "true"}
    )
    assert '<div id="properties" hx-swap-oob="true">' in other.content.decode()
