"""The vocabulary page: what becomes of each word and field, and what a person may choose."""

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations import asking
from integrations import console as figures
from integrations.matrix import Word, table_of
from integrations.models import Connection, Link
from integrations.remote import Instance, RemoteField, RemoteOption, RemoteTag
from integrations.vocabulary_page import VocabularyPage
from integrations.vocabulary_store import description_of, keep_description
from tests.budget import statements
from tests.factories import make_agent, make_field, make_tag, make_ticket
from tests.integrations.console.conftest import connect, cost, page

pytestmark = pytest.mark.django_db
WORDS = [Word(word, word) for word in ("new", "open", "started", "waiting", "resolved", "closed")]
TOLD = Instance(
    statuses=(
        RemoteOption(key="todo", text="To do"),
        RemoteOption(key="doing", text="In Arbeit"),
        RemoteOption(key="done", text="Done"),
        RemoteOption(key="wont", text="Won't do"),
    ),
    types=(RemoteOption(key="t1", text="Request"), RemoteOption(key="t2", text="Fault")),
    fields=(
        RemoteField(
            id="f1",
            title="Plan",
            type="list",
            options=(RemoteOption(key="1", text="Gold"), RemoteOption(key="2", text="Tin")),
            kinds=("choice",),
        ),
        RemoteField(id="f2", title="Since", type="date", kinds=("date",), required=True),
    ),
    tags=(
        RemoteTag(text="vip", category_id="c1", category="Customers"),
        RemoteTag(text="slow", category_id="c2", category="Feelings"),
    ),
)


@pytest.fixture
def made(acme) -> Connection:
    return connect()


@pytest.fixture
def told(made) -> Connection:
    keep_description(made, TOLD)
    return made


def table(connection, name="status", instance=TOLD, words=WORDS, maps=None):
    return table_of(name, asking.silent_clients(connection), instance, words, maps or {})


def post(client, connection, typed: dict, follow=True):
    url = reverse("connection-vocabulary", args=[connection.uuid])
    answer = client.post(url, typed, follow=follow)
    connection.refresh_from_db()
    return answer


# What the matrix says ----------------------------------------------------------------------------


def test_the_matrix_shows_each_way_as_the_connector_goes_it(made):
    found = table(made)
    ways = {word.key: {there.key: way for there, way in cells} for word, cells in found.rows}
    assert ways["open"] == {"todo": "both", "doing": "", "done": "", "wont": ""}
    assert ways["new"]["todo"] == "out" and ways["waiting"]["doing"] == "out"
    assert ways["resolved"]["done"] == "both"


def test_many_to_one_unmapped_and_lost_words_are_named(made):
    found = table(made)
    assert [(there.key, [word.key for word in ours]) for there, ours in found.crowded] == [
        ("todo", ["new", "open"]),
        ("doing", ["started", "waiting"]),
        ("done", ["resolved", "closed"]),
    ]
    assert [word.key for word in found.unmapped_there] == ["wont"]
    assert [(word.key, becomes.key) for word, becomes in found.lost] == [
        ("new", "open"),
        ("waiting", "started"),
        ("closed", "resolved"),
    ]
    assert found.lost and {word.key for word, _to in found.lost} == set(
        figures.load_connector("acme").vocabularies["status"].lossy
    )


def test_what_is_chosen_shows_at_once_in_all_of_it(made):
    maps = {"status": {"wont": "closed"}, "status_out": {"closed": "wont"}}
    found = table(made, maps=maps)
    assert found.unmapped_there == []
    assert [word.key for word, _becomes in found.lost] == ["new", "waiting"]
    assert found.usual_out["closed"] == "done" and found.usual_back["wont"] == ""


def test_a_service_that_tells_nothing_has_its_own_table(made):
    found = table(made, instance=Instance())
    assert [word.key for word in found.theirs] == ["todo", "doing", "done"]
    assert not found.is_closed


def test_the_page_says_what_is_wrong_in_words(console, told):
    text = page(console, "connection-vocabulary", told.uuid)
    for words in [
        "Won&#x27;t do",
        "there means nothing here",
        "does not survive a round trip",
        "all are “To do” there.",
        "In Arbeit",
        "it demands this one",
    ]:
        assert words in text, words


# Choosing ----------------------------------------------------------------------------------------


def test_words_are_chosen_and_only_what_differs_is_kept(console, told):
    post(
        console,
        told,
        {
            "status.out.closed": "wont",
            "status.out.open": "todo",
            "status.back.wont": "closed",
            "status.back.todo": "open",
        },
    )
    assert told.maps["status_out"] == {"closed": "wont"}
    assert told.maps["status"] == {"wont": "closed"}
    post(console, told, {"status.out.closed": "done", "status.back.wont": ""})
    assert told.maps["status_out"] == {} and told.maps["status"] == {}


def test_a_word_that_the_service_did_not_tell_can_be_added(console, made):
    post(console, made, {"status.new": "Geschlossen", "status.new_as": "closed"})
    assert made.maps["status"] == {"Geschlossen": "closed"}
    assert "Geschlossen" in page(console, "connection-vocabulary", made.uuid)
    post(console, made, {"status.out.closed": "Geschlossen"})
    assert made.maps["status_out"] == {"closed": "Geschlossen"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"status.out.closed": "made up"}, "There is no such word there."),
        ({"status.back.wont": "made up"}, "There is no such word here."),
        ({"status.back.todo": ""}, "cannot mean nothing"),
        ({"status.new": "x", "status.new_as": ""}, "Choose what it means here."),
        ({"status.new": "x" * 201, "status.new_as": "open"}, "at most 200 characters"),
        ({"custom.since": "f1"}, "cannot hold Date"),
        ({"custom.since": "f9"}, "There is no such field there."),
        ({"tag.vip": "c9"}, "There is no such category there."),
        ({"tag_category": "c9"}, "There is no such category there."),
        ({"direction.status": "sideways"}, "The service cannot do that."),
    ],
)
def test_what_cannot_be_is_refused_with_words_and_nothing_is_saved(console, told, typed, words):
    make_field("since", "date")
    make_tag("vip")
    answer = post(console, told, {"status.out.closed": "wont", **typed})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert told.maps == {}


def test_a_field_is_mapped_with_the_options_of_the_same_name(console, told):
    plan = make_field("plan", "choice", ["Gold", "Silver"], name="Level")
    gold, silver = plan.options.order_by("position")
    post(console, told, {"custom.plan": "f1"})
    assert told.maps["custom"]["plan"] == {
        "id": "f1",
        "type": "list",
        "multiple": False,
        "kind": "choice",
        "options": {str(gold.uuid): "1"},
        "chosen": True,
    }
    assert "1 is not sent" in page(console, "connection-vocabulary", told.uuid)
    post(console, told, {"custom.plan": "f1", f"custom.plan.option.{silver.uuid}": "1"})
    assert told.maps["custom"]["plan"]["options"][str(silver.uuid)] == "1"
    assert "all are “Gold” there." in page(console, "connection-vocabulary", told.uuid)
    answer = post(console, told, {f"custom.plan.option.{silver.uuid}": "made up"})
    assert "There is no such option there." in answer.content.decode()
    post(console, told, {"custom.plan": ""})
    assert told.maps["custom"] == {} and "plan" in told.maps["decided"]["custom"]


def test_two_fields_never_share_one(console, told):
    make_field("plan", "choice", name="Plan")
    make_field("level", "choice", name="Level")
    answer = post(console, told, {"custom.plan": "f1", "custom.level": "f1"})
    assert "two fields cannot share one" in answer.content.decode()
    assert told.maps == {}


def test_a_field_that_does_not_fit_is_shown_but_not_offered(console, told):
    make_field("since", "date")
    text = page(console, "connection-vocabulary", told.uuid)
    assert "<option disabled>Plan (list)</option>" in text
    assert '<option value="f2">Since</option>' in text


def test_types_are_mapped_both_ways(console, told):
    post(console, told, {"type.out.Question": "t1", "type.back.t1": "Question"})
    assert told.maps["type_out"] == {"Question": "t1"} and told.maps["type"] == {"t1": "Question"}


def test_tags_go_into_the_category_that_was_chosen(console, told):
    make_tag("vip")
    make_tag("ok")
    post(console, told, {"tag_category": "c2", "tag.vip": "c2"})
    assert told.maps["tag_category"] == "c2" and told.maps["tags"] == {"vip": "c2"}
    assert told.maps["decided"]["tags"] == ["vip"]


def test_directions_are_those_that_service_and_connection_can_go(console, told):
    post(console, told, {"direction.status": "in", "direction.title": "both"})
    assert told.maps["directions"] == {"status": "in"}
    post(console, told, {"direction.status": "both"})
    assert told.maps["directions"] == {}
    Connection.objects.update(direction="out")
    told.refresh_from_db()
    assert set(VocabularyPage(told).allowed_ways["status"]) == {"out", "off"}
    answer = post(console, told, {"direction.status": "both"})
    assert answer.status_code == 422


def test_a_custom_field_has_a_direction_of_its_own(console, told):
    make_field("since", "date")
    post(console, told, {"custom.since": "f2"})
    post(console, told, {"direction.custom.since": "off"})
    assert told.maps["directions"] == {"custom.since": "off"}


def test_what_was_left_out_is_sent_again_and_nothing_else(console, told):
    now = timezone.now()
    left = Link.objects.create(
        connection=told, ticket=make_ticket(), state="ok", left_out=["Plan is not there."]
    )
    wrong = Link.objects.create(connection=told, ticket=make_ticket(), state="error", error="No.")
    well = Link.objects.create(connection=told, ticket=make_ticket(), state="ok")
    paused = Link.objects.create(
        connection=told, ticket=make_ticket(), state="paused", left_out=["Plan is not there."]
    )
    live = Link.objects.create(
        connection=told, ticket=make_ticket(), state="ok", left_out=["x"], due_at=now
    )
    answer = post(console, told, {"status.out.closed": "wont"})
    assert "2 tickets of which something was left out are sent again" in answer.content.decode()
    due = {link.pk: link for link in Link.objects.exclude(due_at=None)}
    assert set(due) == {left.pk, wrong.pk, live.pk}
    assert due[left.pk].urgency == Link.Urgency.BACKFILL and due[left.pk].must_read
    assert due[live.pk].urgency == Link.Urgency.LIVE
    assert well.pk not in due and paused.pk not in due


def test_nothing_changed_is_said_and_sends_nothing(console, told):
    Link.objects.create(connection=told, ticket=make_ticket(), state="ok", left_out=["x"])
    answer = post(console, told, {"status.out.closed": "done"})
    assert "Nothing was changed." in answer.content.decode()
    assert not Link.objects.exclude(due_at=None).exists()


# Asking the service ------------------------------------------------------------------------------


def test_the_service_is_asked_and_what_is_of_the_same_name_is_proposed(
    console, acme, vendor, settings
):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    vendor.says["/description"] = {
        "statuses": [["todo", "To do"]],
        "fields": [[{"id": "f2", "title": "Since", "type": "date", "kinds": ["date"]}, []]],
    }
    make_field("since", "date")
    made = connect(base_url=vendor.url)
    answer = console.post(reverse("connection-ask", args=[made.uuid]), follow=True)
    assert "Acme said what it has." in answer.content.decode()
    made.refresh_from_db()
    assert made.maps["custom"]["since"]["id"] == "f2"
    assert description_of(made)[0].statuses[0].text == "To do"


def test_a_service_that_does_not_answer_is_said_in_words(console, acme, vendor, settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    vendor.keys.clear()
    made = connect(base_url=vendor.url)
    answer = console.post(reverse("connection-ask", args=[made.uuid]), follow=True)
    assert "refused the key" in answer.content.decode()
    assert description_of(made)[1] is None


def test_lost_keys_are_said_in_place_of_the_matrix(console, made):
    Connection.objects.update(credentials="not what our keys encrypted")
    assert "Enter them anew" in page(console, "connection-vocabulary", made.uuid)


def test_the_page_has_a_budget_however_much_there_is(console, told):
    page(console, "connection-vocabulary", told.uuid)
    with statements() as few:
        page(console, "connection-vocabulary", told.uuid)
    for number in range(25):
        make_field(f"field_{number}", "choice", ["Gold", "Tin"])
        make_tag(f"tag {number}")
    page(console, "connection-vocabulary", told.uuid)
    with statements() as many:
        page(console, "connection-vocabulary", told.uuid)
    assert cost(many) <= cost(few) <= 12


def test_agents_do_not_get_in(client, told):
    client.force_login(make_agent())
    for name in ("connection-vocabulary", "connection-ask"):
        assert client.post(reverse(name, args=[told.uuid])).status_code == 403
