"""What lists can be narrowed and sorted by, and what they refuse."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.api.schemas.tickets import TicketRead
from helpdesk.doors.paging import valued
from helpdesk.filters import SORTS, TicketFilter, sort_keys
from helpdesk.models import Organisation, Ticket
from tests import factories
from tests.factories import actor_of, make_agent, make_field, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
ANYONE = system("rule")


def found(query: str, actor=ANYONE, **options) -> set[str]:
    result = TicketFilter(
        QueryDict(query), Ticket.objects.visible_to(actor), actor=actor, **options
    )
    assert result.is_valid(), result.errors
    return {ticket.title for ticket in result.qs}


def refused(query: str, actor=ANYONE, **options) -> dict:
    result = TicketFilter(
        QueryDict(query), Ticket.objects.visible_to(actor), actor=actor, **options
    )
    assert not result.is_valid()
    assert not result.qs.exists()
    return result.errors


def test_without_parameters_a_list_is_whole():
    make_ticket("One")
    assert found("") == {"One"}


def test_status_is_known_by_name_id_and_uuid_and_several_mean_any():
    waiting = factories.status("Waiting")
    make_ticket("Open")
    make_ticket("Waits", status=waiting)
    make_ticket("Closed", status=factories.status("Closed"))
    assert found("status=waiting") == {"Waits"}
    assert found(f"status={waiting.pk}") == {"Waits"}
    assert found(f"status={waiting.uuid}") == {"Waits"}
    assert found("status=Waiting,Closed") == {"Waits", "Closed"}
    assert found("status=Waiting&status=Closed") == {"Waits", "Closed"}


def test_an_unknown_status_names_itself_and_those_that_are_known():
    make_ticket()
    [words] = refused("status=Opne")["status"]
    assert "Opne" in words and "In progress" in words


def test_categories_are_asked_for_by_name_and_unresolved_is_three_of_them():
    make_ticket("Open")
    make_ticket("Waits", status=factories.status("Waiting"))
    make_ticket("Done", status=factories.status("Closed"))
    assert found("category=unresolved") == {"Open", "Waits"}
    assert found("category=closed,waiting") == {"Waits", "Done"}
    assert "unresolved" in refused("category=done")["category"][0]


@pytest.mark.parametrize(
    "query",
    [
        "assignee__password__startswith=a",
        "stauts=open",
        "custom.unheard=1",
        "queue=nowhere",
        "priority=huge",
        "type=Wish",
        "assignee=nobody@example.com",
        "assignee=99999999999999999999999",
        "requester=-1",
        "team=none-such",
        "tag=unheard",
        "-tag=unheard",
        "channel=pigeon",
        "parent=999999",
        "created_at_after=yesterday",
        "updated_since=2026-13-01",
        "due_at_before=0001-01-01T00:00:00%2B14:00",
        "overdue=perhaps",
        "overdue=true&overdue=false",
        "search=%00",
        "source=a%0Ab",
        "organisation=" + "x" * 600,
        "me=1",
    ],
)
def test_what_is_not_known_is_an_error_that_names_it(query):
    make_ticket()
    name = query.partition("=")[0].replace("-tag", "not_tag")
    assert list(refused(query)) == [name]


def test_the_lists_own_parameters_are_left_to_it():
    make_ticket("One")
    assert found("sort=title&limit=3", also_known={"sort", "limit"}) == {"One"}
    assert "limit" in refused("limt=3", also_known={"sort", "limit"})["limt"][0]


def test_blank_values_of_forms_are_left_out_unless_the_door_refuses_them():
    make_ticket("One")
    assert found("status=&queue=") == {"One"}
    assert list(refused("status=", blank_allowed=False)) == ["status"]


def test_a_queue_one_does_not_see_is_refused_like_one_that_is_not_there():
    foreign = make_queue("Secret")
    make_ticket("Theirs", queue=foreign)
    agent = actor_of(make_agent())
    [words] = refused(f"queue={foreign.pk}", agent)["queue"]
    [made_up] = refused("queue=987654", agent)["queue"]
    assert words.replace(str(foreign.pk), "?") == made_up.replace("987654", "?")
    assert "Secret" not in words
    assert found("queue=Secret") == {"Theirs"}
    assert found("queue=secret") == {"Theirs"}


def test_people_are_known_by_id_uuid_and_address_and_by_me_and_none():
    agent = make_agent("Ann")
    make_ticket("Mine", assignee=agent)
    make_ticket("Nobody's")
    for word in (agent.pk, agent.uuid, agent.email.upper(), "me"):
        assert found(f"assignee={word}", actor_of(agent)) == {"Mine"}
    assert found("assignee=none") == {"Nobody's"}
    assert found(f"assignee=none,{agent.email}") == {"Mine", "Nobody's"}


def test_a_key_of_one_queue_finds_only_the_people_it_meets_there(django_assert_num_queries):
    ours, theirs = make_queue("Ours"), make_queue("Theirs")
    near, far = make_user("Near"), make_user("Far")
    make_ticket("Near", queue=ours, requester=near)
    make_ticket("Far", queue=theirs, requester=far)
    key, _secret = factories.make_key(queues=[ours])
    actor = factories.key_actor(key)
    assert found(f"requester={near.email}", actor) == {"Near"}
    [words] = refused(f"requester={far.pk}", actor)["requester"]
    [made_up] = refused("requester=987654", actor)["requester"]
    assert words.replace(str(far.pk), "?") == made_up.replace("987654", "?")
    with django_assert_num_queries(2):  # one for those whom it named itself
        refused_filter = TicketFilter(
            QueryDict(f"requester={near.pk},{far.pk}"), Ticket.objects.all(), actor=actor
        )
        assert not refused_filter.is_valid()


def test_tags_narrow_to_those_that_bear_one_or_none_of_them():
    make_ticket("Both", tags=["vip", "late"])
    make_ticket("Late", tags=["late"])
    make_ticket("Plain")
    assert found("tag=VIP") == {"Both"}
    assert found("tag=vip,late") == {"Both", "Late"}
    assert found("not_tag=vip") == {"Late", "Plain"}
    assert found("-tag=vip&tag=late") == {"Late"}


def test_dates_are_half_open_and_take_days_and_moments():
    now = timezone.now()
    make_ticket("Old", created_at=now - timedelta(days=9))
    make_ticket("New", created_at=now - timedelta(hours=1))
    day = (now - timedelta(days=2)).date()
    assert found(f"created_at_after={day}") == {"New"}
    assert found(f"created_at_before={day}") == {"Old"}
    moment = (now - timedelta(hours=1)).isoformat()
    assert found(f"created_at_after={moment}") == {"New"}  # its plus sign read as a space
    assert found(f"created_at_before={moment.replace('+', '%2B')}") == {"Old"}


def test_overdue_is_what_is_late_and_unresolved():
    past = timezone.now() - timedelta(hours=1)
    make_ticket("Late", due_at=past)
    make_ticket("Done", due_at=past, status=factories.status("Closed"))
    make_ticket("Free")
    assert found("overdue=true") == {"Late"}
    assert found("overdue=false") == {"Done", "Free"}


def test_sources_and_parents_narrow():
    parent = make_ticket("Above")
    make_ticket("Below", parent=parent, source="shop", source_ref="A,1")
    assert found("source=shop") == {"Below"}
    assert found("source_ref=A,1") == {"Below"}
    assert found(f"parent={parent.pk}") == {"Below"}
    assert found("parent=none") == {"Above"}
    assert found(f"id={parent.uuid}") == {"Above"}


def test_organisations_are_known_by_name_even_with_a_comma():
    acme = Organisation.objects.create(name="Acme, Inc")
    make_ticket("Theirs", requester=make_user(organisation=acme))
    make_ticket("Other")
    assert found("organisation=acme, inc") == {"Theirs"}
    assert found("organisation=none") == {"Other"}


CUSTOM = [
    ("text", "EU, west", "EU, west", "EU"),
    ("number", 3.5, "3.50", "4"),
    ("number", 3, "3.0", "4"),
    ("date", "2026-11-16", "2026-11-16", "2026-11-17"),
    ("toggle", True, "yes", "no"),
    ("choice", "Gold", "gold", "Silver"),
    ("choices", ["Gold", "Silver"], "silver", "Bronze"),
    ("email", "a@example.com", "a@example.com", "b@example.com"),
    ("url", "https://example.com/", "https://example.com/", "https://example.com/b"),
]


@pytest.mark.parametrize(("kind", "value", "same", "other"), CUSTOM)
def test_custom_fields_of_every_kind_narrow(kind, value, same, other):
    make_field("level", kind, options=["Gold", "Silver", "Bronze"] if "choice" in kind else ())
    make_ticket("Has", custom={"level": value})
    make_ticket("Has not")
    assert found(f"custom.level={same}") == {"Has"}
    assert found(f"custom.level={other}") == set()
    assert found("custom.level=none") == {"Has not"}


def test_custom_people_and_options_by_uuid_narrow():
    people, level = make_field("who", "people"), make_field("level", "choice", ["Gold", "Silver"])
    ann = make_user("Ann")
    gold = level.options.get(label="Gold")
    make_ticket("Ann's", custom={"who": [ann.email], "level": "Gold"})
    make_ticket("Silver", custom={"level": "Silver"})
    assert people.is_many
    assert found(f"custom.who={ann.email}") == {"Ann's"}
    assert found(f"custom.level={gold.uuid}") == {"Ann's"}
    assert found("custom.level=Gold,Silver") == {"Ann's", "Silver"}
    assert "Gold" in refused("custom.level=Lead")["custom.level"][0]
    assert list(refused("custom.who=nobody@example.com")) == ["custom.who"]


def test_staff_only_fields_do_not_exist_for_customers():
    make_field("secret", staff_only=True)
    customer = make_user()
    make_ticket(requester=customer)
    [words] = refused("custom.secret=x", actor_of(customer))["custom.secret"]
    assert "Known" in words and "custom.secret," not in words


def test_search_finds_words_and_numbers_within_what_is_visible():
    ticket = make_ticket("A broken lamp")
    actions.add_note(ticket, by=ANYONE, body="fuse")
    make_ticket("Another")
    assert found("search=lamp") == {"A broken lamp"}
    assert found("search=fuse") == {"A broken lamp"}
    assert found(f"search=%23{ticket.pk}") == {"A broken lamp"}


def test_filters_by_configuration_cost_no_statement(django_assert_num_queries, settings):
    settings.CONFIGURATION_CHECK_SECONDS = 3600  # else one look at the stamp a second
    make_field("level", "choice", ["Gold"])
    make_ticket(tags=["vip"], custom={"level": "Gold"})
    query = "status=Open&queue=support&type=Task,none&tag=vip&custom.level=Gold&team=none"
    found(query)
    with django_assert_num_queries(0):
        one = TicketFilter(QueryDict(query), Ticket.objects.all(), actor=ANYONE)
        assert one.is_valid(), one.errors
        one.qs  # noqa: B018


def test_every_sort_runs_both_ways():
    make_ticket("b", requester=make_user("Zoe"))
    make_ticket("a")
    for name in SORTS:
        for word in (name, f"-{name}"):
            [key] = sort_keys(word)
            assert key.descending == word.startswith("-")
            assert valued(Ticket.objects.all(), [key]).order_by(key.path).count() == 2


@pytest.mark.parametrize("word", ["assignee__password", "", "-", "title,", "custom", "pk"])
def test_an_unknown_sort_is_an_error_that_names_it(word):
    with pytest.raises(ValidationError) as refusal:
        sort_keys(word)
    assert list(refusal.value.message_dict) == ["sort"]
    assert "created_at" in refusal.value.message_dict["sort"][0]


@pytest.mark.parametrize("dashes", [2, 3, 3000])
def test_one_dash_is_the_only_one_that_means_something(dashes):
    name = "-" * dashes + "status"
    assert list(refused(f"{name}=Open")) == [name]


OF_OTHER_KINDS = {"body", "body_format", "custom", "resolution_comment"}  # searched, or by its key
COMPUTED = {"url", "web_url", "uuid"}


def test_every_member_of_a_ticket_can_be_filtered_by():
    names = set(TicketFilter.declared_filters)
    names |= {name.removesuffix("_after") for name in names} | {"tags" if "tag" in names else ""}
    assert set(TicketRead().fields) - OF_OTHER_KINDS - COMPUTED <= names


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("title=Late, too", {"Late, too"}),
        ("reopened_count=0", {"Early"}),
        ("reopened_count=1,2", {"Late, too"}),
        ("-reopened_count=0", {"Late, too"}),
        ("version=1", {"Early", "Late, too"}),
        ("requester_name=Rita", {"Late, too"}),
        ("source_url=https://shop.example/1", {"Late, too"}),
        ("first_resolved_at=none", {"Early"}),
        ("first_resolved_at_after=-1d", {"Late, too"}),
        ("last_customer_at=none", {"Early"}),
        ("last_customer_at_before=1d", {"Late, too"}),
        ("stored_at_after=-1d", {"Early", "Late, too"}),
    ],
)
def test_what_no_page_asks_for_narrows_too(query, titles):
    make_ticket("Early")
    late = make_ticket("Late, too", requester_name="Rita", source_url="https://shop.example/1")
    now = timezone.now()
    Ticket.objects.filter(pk=late.pk).update(
        reopened_count=2, first_resolved_at=now, last_customer_at=now
    )
    assert found(query) == titles


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "٣", "99999999999", "9" * 5000])
def test_a_count_is_a_whole_number(value):
    assert list(refused(f"reopened_count={value}")) == ["reopened_count"]
