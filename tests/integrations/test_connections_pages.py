"""The console: connections as administrators see, add, test, pause and remove them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from helpdesk.actor import Role
from integrations.models import Connection, Exchange, Link
from tests.factories import default_queue, make_agent, make_key, make_ticket, make_user

pytestmark = pytest.mark.django_db
SECRET = "a-key-nobody-may-see"


@pytest.fixture
def admin():
    return make_user("Ada Admin", Role.ADMIN)


@pytest.fixture
def console(client, admin):
    client.force_login(admin)
    return client


def connect(name="Ledger", **fields) -> Connection:
    made = Connection(name=name, service="teamswork", queue=default_queue(), **fields)
    cleaned = {
        "region": "",
        "base_url": "https://ledger.example/ticketing/v1",
        "key": SECRET,
        "user_email": "bot@desk.example",
        "user_name": "",
        "timezone": 0,
        "body_spelling": "ticket",
        "poll_seconds": 10,
    }
    made.enter(cleaned, ("key",))
    made.save()
    return made


def posted(**changed) -> dict:
    return {
        "name": "Ledger",
        "queue": default_queue().pk,
        "direction": "both",
        "scope": "born_here",
        "winner": "later",
        "on_delete": "close",
        "calls_per_minute": "",
        "setup-region": "",
        "setup-base_url": "https://ledger.example/ticketing/v1",
        "setup-key": SECRET,
        "setup-user_email": "bot@desk.example",
        "setup-poll_seconds": "5",
    } | changed


def page(client, name: str, *args) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def pages_of(connection: Connection) -> list[tuple[str, str]]:
    """Every page and deed of the console, with its method."""
    names = ["connection", "connection-edit", "connection-journal", "connection-delete"]
    deeds = ["test", "pause", "resume", "retry", "unlink", "delete"]
    return [
        ("GET", reverse("connections")),
        ("GET", reverse("connection-choose")),
        ("GET", reverse("connection-new", args=["teamswork"])),
        ("POST", reverse("connection-new", args=["teamswork"])),
        *(("GET", reverse(name, args=[connection.uuid])) for name in names),
        *(("POST", reverse(f"connection-{deed}", args=[connection.uuid])) for deed in deeds),
    ]


def test_only_administrators_see_and_do_anything(client):
    made = connect()
    for person, expected in [(None, 302), (make_agent(), 403), (make_user(), 403)]:
        if person:
            client.force_login(person)
        for method, url in pages_of(made):
            answer = client.generic(method, url)
            assert answer.status_code == expected, (person, url)
    made.refresh_from_db()
    assert made.state == Connection.State.ACTIVE


def test_a_made_up_connection_is_not_found(console):
    made = connect()
    made_up = [
        (method, url.replace(str(made.uuid), "3fa85f64-5717-4562-b3fc-2c963f66afa6"))
        for method, url in pages_of(made)
        if str(made.uuid) in url
    ]
    for method, url in [*made_up, ("GET", reverse("connection-new", args=["nothing"]))]:
        assert console.generic(method, url).status_code == 404, url


def test_deeds_take_a_post(console):
    made = connect()
    for method, url in pages_of(made):
        if method == "POST" and "delete" not in url and "new" not in url:
            assert console.get(url).status_code == 405, url


def test_the_list_says_how_each_connection_is(console):
    now = timezone.now()
    connect("Well", last_success_at=now)
    connect("Fresh")
    connect("Paused one", state=Connection.State.PAUSED)
    connect("Stopped", state=Connection.State.FAILED, error="TeamsWork refused the key.")
    connect("Slow", resume_at=now + timedelta(minutes=5), last_success_at=now)
    troubled = connect("Troubled", last_success_at=now)
    Link.objects.create(connection=troubled, ticket=make_ticket(), state=Link.State.CONFLICT)
    text = page(console, "connections")
    for words in [
        "In sync",
        "Not run yet",
        "Paused",
        "Stopped, needs you",
        "TeamsWork refused the key.",
        "Slowed",
        "1 ticket needs you",
        "ledger.example",
        "Both ways",
    ]:
        assert words in text, words


def test_an_empty_list_says_what_to_do(console):
    assert "No connection yet" in page(console, "connections")


def test_the_list_costs_the_same_for_one_and_for_many(console, django_assert_max_num_queries):
    connect()
    page(console, "connections")
    with django_assert_max_num_queries(20) as short:
        page(console, "connections")
    few = len(short)
    for number in range(8):
        Link.objects.create(connection=connect(f"More {number}"), ticket=make_ticket())
    page(console, "connections")
    with django_assert_max_num_queries(few):
        page(console, "connections")


def test_a_connection_is_added_on_the_page_of_its_service(console, admin):
    assert "TeamsWork" in page(console, "connection-choose")
    form = page(console, "connection-new", "teamswork")
    for name in ["name", "queue", "direction", "winner", "setup-key", "setup-base_url"]:
        assert f'name="{name}"' in form
    answer = console.post(reverse("connection-new", args=["teamswork"]), posted())
    made = Connection.objects.get()
    assert answer.status_code == 302 and answer["Location"].endswith(f"/connections/{made.uuid}/")
    assert made.entered["key"] == SECRET and made.entered["poll_seconds"] == 5
    assert (made.queue, made.created_by, made.service) == (default_queue(), admin, "teamswork")
    assert "key" not in made.setup and SECRET not in made.credentials


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "required"),
        ({"queue": "99999"}, "valid choice"),
        ({"direction": "sideways"}, "valid choice"),
        ({"setup-key": ""}, "required"),
        ({"setup-base_url": ""}, "Choose a region or enter an address"),
        ({"setup-base_url": "javascript:alert(1)"}, "valid URL"),
        ({"setup-user_email": "nobody"}, "valid email"),
        ({"setup-poll_seconds": "0"}, "greater than or equal"),
        ({"calls_per_minute": "-1"}, "greater than or equal"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(console, changed, words):
    answer = console.post(reverse("connection-new", args=["teamswork"]), posted(**changed))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert SECRET not in answer.content.decode()
    assert not Connection.objects.exists()


def test_a_secret_is_never_shown_and_kept_when_left_empty(console):
    made = connect(error="The key was refused.", state=Connection.State.FAILED)
    for name in ["connection", "connection-edit", "connection-delete", "connection-journal"]:
        assert SECRET not in page(console, name, made.uuid)
    url = reverse("connection-edit", args=[made.uuid])
    console.post(url, posted(name="Renamed", **{"setup-key": ""}))
    made.refresh_from_db()
    assert (made.name, made.entered["key"], made.entered["poll_seconds"]) == ("Renamed", SECRET, 5)
    assert (made.state, made.error) == (Connection.State.ACTIVE, "")
    console.post(url, posted(**{"setup-key": "another"}))
    made.refresh_from_db()
    assert made.entered["key"] == "another"


def test_editing_overwrites_nothing_that_a_worker_wrote_meanwhile(console, monkeypatch):
    made = connect()
    original = Connection.enter

    def enter_while_a_worker_works(self, *args):
        Connection.objects.filter(pk=self.pk).update(cursor="further")
        return original(self, *args)

    monkeypatch.setattr(Connection, "enter", enter_while_a_worker_works)
    console.post(reverse("connection-edit", args=[made.uuid]), posted())
    made.refresh_from_db()
    assert made.cursor == "further"


def test_lost_encryption_keys_are_said_and_the_form_still_opens(console):
    made = connect()
    Connection.objects.update(credentials="not what our keys encrypted")
    assert "Enter them anew" in page(console, "connection", made.uuid)
    assert "Enter them anew" in page(console, "connection-edit", made.uuid)
    answer = console.post(reverse("connection-test", args=[made.uuid]), follow=True)
    assert "Enter them anew" in answer.content.decode()
    console.post(reverse("connection-edit", args=[made.uuid]), posted())
    made.refresh_from_db()
    assert made.entered["key"] == SECRET


def test_a_connection_is_paused_and_resumed(console):
    made = connect()
    console.post(reverse("connection-pause", args=[made.uuid]))
    made.refresh_from_db()
    assert made.state == Connection.State.PAUSED
    assert "Resume" in page(console, "connection", made.uuid)
    Connection.objects.update(error="Refused.", failures=9, resume_at=timezone.now())
    console.post(reverse("connection-edit", args=[made.uuid]), posted(**{"setup-key": ""}))
    made.refresh_from_db()
    assert made.state == Connection.State.PAUSED
    console.post(reverse("connection-resume", args=[made.uuid]))
    made.refresh_from_db()
    assert (made.state, made.error, made.failures) == (Connection.State.ACTIVE, "", 0)
    assert made.resume_at is None


def test_failing_tickets_are_listed_retried_and_unlinked(console):
    made = connect()
    failing = Link.objects.create(
        connection=made,
        ticket=make_ticket("<b>Printer</b>"),
        remote_number="812",
        state=Link.State.ERROR,
        error="TeamsWork refused what was sent.",
    )
    well = Link.objects.create(connection=made, ticket=make_ticket(), state=Link.State.OK)
    text = page(console, "connection", made.uuid)
    assert "TeamsWork refused what was sent." in text and "812" in text
    assert "&lt;b&gt;Printer&lt;/b&gt;" in text
    console.post(reverse("connection-retry", args=[made.uuid]), {"link": failing.pk})
    failing.refresh_from_db()
    assert failing.state == Link.State.WAITING and failing.due_at
    Link.objects.filter(pk=failing.pk).update(state=Link.State.ERROR, due_at=None)
    console.post(reverse("connection-retry", args=[made.uuid]))
    failing.refresh_from_db()
    well.refresh_from_db()
    assert failing.due_at and well.due_at is None
    console.post(reverse("connection-unlink", args=[made.uuid]), {"link": failing.pk})
    failing.refresh_from_db()
    assert (failing.state, failing.due_at) == (Link.State.ENDED, None)


def test_a_crowd_of_failures_is_retried_in_parts_and_said_so(console, monkeypatch):
    monkeypatch.setattr("integrations.operations.failures.AT_ONCE", 2)
    made = connect()
    for _number in range(3):
        Link.objects.create(connection=made, ticket=make_ticket(), state=Link.State.ERROR)
    answer = console.post(reverse("connection-retry", args=[made.uuid]), follow=True)
    assert "At most 2 at once" in answer.content.decode()
    assert made.links.filter(state=Link.State.WAITING).count() == 2


@pytest.mark.parametrize("link", ["0", "-1", "x", "9" * 30, "²"])
def test_a_link_of_another_connection_or_none_is_not_found(console, link):
    made = connect()
    other = Link.objects.create(
        connection=connect("Other"), ticket=make_ticket(), state=Link.State.ERROR
    )
    for deed in ("retry", "unlink"):
        url = reverse(f"connection-{deed}", args=[made.uuid])
        for wrong in (link, other.pk):
            assert console.post(url, {"link": wrong}).status_code == 404
    assert console.post(reverse("connection-unlink", args=[made.uuid])).status_code == 404


def test_removing_says_what_goes_and_leaves_the_tickets(console):
    made = connect()
    ticket = make_ticket()
    Link.objects.create(connection=made, ticket=ticket, remote_id="1", due_at=timezone.now())
    text = page(console, "connection-delete", made.uuid)
    assert "tickets would no longer be mirrored" in text
    console.post(reverse("connection-delete", args=[made.uuid]))
    assert not Connection.objects.exists() and not Link.objects.exists()
    ticket.refresh_from_db()
    assert ticket.deleted_at is None


def test_the_journal_is_paged_and_escaped(console):
    made, now = connect(), timezone.now()
    Exchange.objects.bulk_create(
        Exchange(
            connection=made,
            at=now,
            method="PUT",
            url=f"https://ledger.example/tickets/{number}?key=[redacted]",
            request_body="<script>alert(1)</script>",
            status=500,
            response_body="<img src=x onerror=alert(1)>",
            error="TeamsWork failed inside.",
        )
        for number in range(60)
    )
    first = console.get(reverse("connection-journal", args=[made.uuid]))
    text = first.content.decode()
    assert "tickets/59" in text and "tickets/9?" not in text
    assert "<script>alert" not in text and "<img src=x" not in text
    second = console.get(reverse("connection-journal", args=[made.uuid]) + first.context["next"])
    assert "tickets/9?" in second.content.decode() and second.context["next"] is None
    for before in ("x", "-1", "9" * 40, "٣"):
        url = reverse("connection-journal", args=[made.uuid])
        assert console.get(url, {"before": before}).status_code == 200


# Testing a connection: the one call a page makes itself ------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_test_button_says_what_was_found(live_server, client):
    client.force_login(make_user("Ada Admin", Role.ADMIN))
    secret = make_key()[1]
    address = f"{live_server.url}/compat/teamswork/ticketing/v1"
    form = posted(**{"setup-base_url": address, "setup-key": secret})
    new = reverse("connection-new", args=["teamswork"])
    tried = client.post(new, form | {"test": "1"}).content.decode()
    assert "Connected to Support." in tried and "Nothing is saved yet" in tried
    assert secret not in tried and not Connection.objects.exists()
    client.post(new, form)
    test = reverse("connection-test", args=[Connection.objects.get().uuid])
    assert "Connected to Support." in client.post(test, follow=True).content.decode()
    wrong = client.post(new, form | {"test": "1", "setup-key": "wrong"}).content.decode()
    assert "refused the key" in wrong


def test_a_test_of_a_refused_address_is_said_in_words(console, settings):
    settings.OUTBOUND_ALLOW = []
    form = posted(**{"setup-base_url": "http://127.0.0.1:9/ticketing/v1", "test": "1"})
    answer = console.post(reverse("connection-new", args=["teamswork"]), form)
    said = answer.content.decode()
    assert answer.status_code == 422 and "OUTBOUND_ALLOW" in said
    assert not Connection.objects.exists()
    console.post(reverse("connection-new", args=["teamswork"]), form | {"test": ""})
    assert not Connection.objects.exists()
