"""Every page of ours as a browser shows it: wide and narrow, light and dark, and what axe finds."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk import actions
from helpdesk.actions import keys
from helpdesk.actor import system
from helpdesk.models import ApiKey, Comment, Queue, SavedView, Ticket, Transition, User
from helpdesk.models.configuration import touch
from integrations.models import Connection, Exchange, Link, Record
from integrations.remote import Instance, RemoteField, RemoteOption, RemotePerson, RemoteTag
from integrations.vocabulary_store import keep_description
from tests.browser.looks import examine, grave
from tests.factories import make_agent, make_user

pytestmark = pytest.mark.browser
TOLD = Instance(
    people=(
        RemotePerson(id="1", name="ليلى حداد", email="leila@acme.example"),
        RemotePerson(id="2", name="Maren there", email="maren@helpdesk.example"),
    ),
    statuses=(RemoteOption(key="Open", text="Open"), RemoteOption(key="Won't do", text="مؤجل")),
    fields=(RemoteField(id="f1", title="Since", type="date", kinds=("date",), required=True),),
    tags=(RemoteTag(text="vip", category_id="c1", category="Customers"),),
)


def talked_about() -> Ticket:
    """The ticket of the demo with the longest conversation."""
    notes = Comment.objects.filter(public=False).values("ticket")
    return Ticket.objects.filter(pk__in=notes).earliest("pk")


def ticket_path(rest: str = "") -> Callable[[], str]:
    return lambda: f"/tickets/{talked_about().pk}/{rest}"


def connection_path(rest: str = "") -> Callable[[], str]:
    def path() -> str:
        queue = Queue.objects.get(is_default=True)
        values = {"service": "teamswork", "queue": queue, "state": Connection.State.PAUSED}
        row, is_new = Connection.objects.get_or_create(name="Acme's TeamsWork", defaults=values)
        if is_new:
            address = {"base_url": "https://acme.example/ticketing/v1", "user_email": "a@b.example"}
            row.enter({**address, "key": "a key"}, ("key",))
            row.query = "category=unresolved"
            row.save()
            keep_description(row, TOLD)
        return f"/connections/{row.uuid}/{rest}"

    return path


def troubled() -> Connection:
    """A connection with everything that its operations can show."""
    queue, now = talked_about().queue, timezone.now()
    row, is_new = Connection.objects.get_or_create(
        name="Büro für Störungen", defaults={"service": "teamswork", "queue": queue}
    )
    if not is_new:
        return row
    row.enter(
        {"base_url": "https://acme.example/ticketing/v1", "user_email": "a@b.example", "key": "k"},
        ("key",),
    )
    began = now.isoformat()
    row.backfill = {
        "state": "running", "query": "tag=vip", "whole": False, "last": 0, "until": 0, "total": 90,
        "passed": 60, "made": 60, "skipped": 3, "began_at": began, "by": "Ann",
        "samples": [[100, 0], [160, 40]],
    }  # fmt: skip
    row.drift = {
        "state": "done", "by": "Ann", "began_at": began, "ended_at": began, "unchecked": ["Files."],
        "counts": {"equal": 4000, "different": 1},
    }  # fmt: skip
    row.save()
    tickets = Ticket.objects.filter(queue=queue, deleted_at=None)[: len(Link.State.values)]
    for ticket, state in zip(tickets, Link.State.values, strict=True):
        clash = {"field": "title", "ours": "x" * 90, "theirs": "نص طويل", "winner": "ask", "at": ""}
        Link.objects.create(
            connection=row,
            ticket=ticket,
            state=state,
            error="" if state in ("ok", "paused") else "TeamsWork refused a value. " * 8,
            remote_id=f"r-{ticket.pk}" if state != "maybe_created" else "",
            attempt_began_at=now if state == "maybe_created" else None,
            conflicts=[clash] if state == "conflict" else [],
            left_out=["files", "Colour"],
            due_at=now if state == "waiting" else None,
        )
    link = row.links.get(state="conflict")
    fields = [{"field": "title", "ours": "One", "written": "One", "theirs": "Two", "read": "Two"}]
    content = {
        "kind": "different", "link": link.pk, "ticket": link.ticket_id, "remote_id": "r-1",
        "number": "1", "title": "", "said": "", "fields": fields,
    }  # fmt: skip
    Record.objects.create(
        service="teamswork", kind="drift", name=f"{row.pk}/000001", content=content
    )
    for status in (200, 422):
        Exchange.objects.create(
            connection=row, ticket=link.ticket, at=now, method="PUT", status=status,
            url="https://acme.example/" + "long/" * 60, request_body='{"title": "One"}',
            response_body="word " * 200, error="" if status == 200 else "Refused.",
        )  # fmt: skip
    return row


def troubled_path(rest: str) -> Callable[[], str]:
    return lambda: f"/connections/{troubled().uuid}/{rest}"


def mirror_path(state: str, rest: str = "") -> Callable[[], str]:
    def path() -> str:
        link = troubled().links.get(state=state)
        return f"/tickets/{link.ticket_id}/mirror/{rest.format(connection=link.connection_id)}"

    return path


def exchange_path() -> str:
    return f"/exchanges/{troubled().exchanges.latest('pk').pk}/"


def key_path(rest: str = "") -> Callable[[], str]:
    def path() -> str:
        key = ApiKey.objects.filter(name="Acme's sandbox").first()
        if key is None:
            key = ApiKey(name="Acme's sandbox", scope="write", sources=["acme"], rate_limit=600)
            keys.make_key(key, [], by=system("rule"))
            key = keys.enter_sandbox(key, by=system("rule"))
            keys.rotate_key(
                key, by=system("rule"), overlap_until=timezone.now() + timedelta(days=1)
            )
        return f"/keys/{key.uuid}/{rest}"

    return path


def merge_path() -> str:
    ticket = talked_about()
    other = Ticket.objects.exclude(queue=ticket.queue).filter(merged_into=None).earliest("pk")
    return f"/tickets/{ticket.pk}/merging/?into={other.pk}"


def merged_path() -> str:
    ticket = Ticket.objects.filter(title="W" * 90).first()
    if ticket is None:
        by = system("rule")
        ticket = actions.open_ticket(by=by, title="W" * 90)
        actions.merge(ticket, actions.open_ticket(by=by, title="نص طويل " * 20), by=by)
    return f"/tickets/{ticket.pk}/"


def views_path(rest: str = "") -> Callable[[], str]:
    def path() -> str:
        ada = User.objects.filter(role="admin").earliest("pk")
        values = {"query": {"search": "x" * 80}, "columns": ["priority", "age"], "sort": "title"}
        for name, owner in (("نوافذ مفتوحة", ada), ("V" * 110, ada), ("Rückläufer", None)):
            row, is_new = SavedView.objects.get_or_create(name=name, owner=owner, defaults=values)
            if is_new:
                touch()
        return f"/views/{rest.format(uuid=row.uuid)}"

    return path


def comment_path(rest: str) -> Callable[[], str]:
    def path() -> str:
        comment = talked_about().comments.filter(public=True).earliest("pk")
        return f"/tickets/{comment.ticket_id}/comments/{comment.uuid}/{rest}"

    return path


def transition_path() -> str:
    way = Transition.objects.filter(needs_resolution=True).earliest("pk")
    ticket = Ticket.objects.filter(status_category="open", deleted_at=None).earliest("pk")
    return f"/tickets/{ticket.pk}/transitions/{way.pk}/"


PAGES: dict[str, str | Callable[[], str]] = {
    "list": "/tickets/",
    "list with a filter": "/tickets/?status=open&sort=-priority",
    "list by a typed query": "/tickets/?q=is:unresolved+-priority:low+created:%3E1h",
    "views": views_path(),
    "view, edited": views_path("{uuid}/"),
    "view, deletion": views_path("{uuid}/deletion/"),
    "view, new": "/views/new/?priority=urgent",
    "empty list": "/tickets/?search=nothingiscalledthis",
    "wrong filter": "/tickets/?status=nonsense&colour=red",
    "filters": "/tickets/filters/",
    "columns": "/tickets/columns/",
    "ticket": ticket_path(),
    "ticket, a note": ticket_path("?compose=note"),
    "ticket, properties": ticket_path("?edit=1"),
    "ticket, links": ticket_path("links/"),
    "ticket, history": ticket_path("history/"),
    "ticket, merge": ticket_path("merging/"),
    "ticket, merge found": ticket_path("merging/?into=export"),
    "ticket, merge previewed": merge_path,
    "ticket, merged": merged_path,
    "ticket, split": ticket_path("splitting/"),
    "ticket, deletion": ticket_path("deletion/"),
    "ticket, description": ticket_path("description/"),
    "comment, edited": comment_path(""),
    "comment, redacted": comment_path("redaction/"),
    "transition": transition_path,
    "new ticket": "/tickets/new/",
    "preferences": "/preferences/",
    "trash": "/tickets/trash/",
    "imports": "/imports/",
    "connections": "/connections/",
    "connections, services": "/connections/new/",
    "connection, new": "/connections/new/teamswork/",
    "connection": connection_path(),
    "connection, edited": connection_path("edit/"),
    "connection, secret": connection_path("secret/"),
    "connection, vocabulary": connection_path("vocabulary/"),
    "connection, people": connection_path("people/"),
    "connection, scope": connection_path("scope/"),
    "connection, journal": connection_path("journal/"),
    "connection, dry run": troubled_path("dry-run/?query=category%3Dunresolved"),
    "connection, dry run of one": troubled_path("dry-run/?ticket=1"),
    "connection, backfill": troubled_path("backfill/"),
    "connection, drift": troubled_path("drift/"),
    "connection, problems": troubled_path("problems/"),
    "connection, journal searched": troubled_path("journal/?outcome=4xx"),
    "exchange": exchange_path,
    "ticket, mirrors": mirror_path("conflict"),
    "ticket, an existing one": mirror_path("maybe_created", "{connection}/existing/"),
    "connection, deletion": connection_path("delete/"),
    "keys": "/keys/?state=all",
    "keys, none": "/keys/?state=revoked",
    "key, new": "/keys/new/",
    "key": key_path(),
    "key, edited": key_path("edit/"),
    "key, rotated": key_path("rotate/"),
    "key, revoked": key_path("revoke/"),
    "key, sandbox reset": key_path("sandbox/reset/"),
    "key, fault lab": key_path("faults/"),
    "password": "/accounts/password/change/",
    "sign out": "/accounts/logout/",
    "not found": "/tickets/999999999/",
}
REFUSED = {"not found": [404], "wrong filter": [422]}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_workspace_is_whole(name, admin_page, watch):
    path = PAGES[name]
    watch.expect(*REFUSED.get(name, ()))
    admin_page.goto(path if isinstance(path, str) else path())
    found = examine(admin_page, watch)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/"])
def test_a_page_before_sign_in_is_whole(path, visit, watch):
    page = visit()
    page.goto(path)
    found = examine(page, watch)
    assert not found, "\n".join(found)


def test_a_wrong_query_is_whole_and_its_word_is_ready_to_be_mended(admin_page, watch):
    watch.expect(422)
    admin_page.goto("/tickets/?q=printer+is:lost+colour:red+" + "x" * 60)
    assert admin_page.evaluate(
        "() => { const one = document.activeElement;"
        " return one.value.slice(one.selectionStart, one.selectionEnd) }"
    ) == ("is:lost")
    found = examine(admin_page, watch, skip_first=False)
    assert not found, "\n".join(found)


def test_the_list_beside_a_ticket_is_whole(visit, watch):
    agent = make_agent("Split Sam", list(Queue.objects.all()), preferences={"layout": "split"})
    page = visit(agent)
    page.goto("/tickets/")
    found = examine(page, watch)
    page.goto(f"/tickets/{talked_about().pk}/")
    found += examine(page, watch)
    assert not found, "\n".join(found)


def test_a_refusal_is_a_whole_page(visit, watch):
    watch.expect(403)
    page = visit(make_user("Cleo Customer"))
    page.goto("/tickets/")
    found = examine(page, watch)
    page = visit(make_agent("No Admin"))
    page.goto("/imports/")
    found += examine(page, watch)
    assert not found, "\n".join(found)


def test_new_ticket_with_errors_is_whole(admin_page, watch):
    watch.expect(422)
    admin_page.goto("/tickets/new/")
    admin_page.locator("main form").first.evaluate("form => { form.noValidate = true }")
    admin_page.locator("main form button.primary").first.click()
    admin_page.locator("[aria-invalid=true]").first.wait_for()
    found = examine(admin_page, watch, skip_first=False)
    assert not found, "\n".join(found)


def test_the_secret_of_a_new_key_is_a_whole_page(admin_page, watch):
    admin_page.goto("/keys/new/")
    admin_page.get_by_label("Name", exact=False).first.fill("Shown once")
    admin_page.get_by_label("All queues").check()
    admin_page.get_by_label("With a secondary key that only reads").check()
    admin_page.get_by_role("button", name="Make the key").click()
    admin_page.get_by_text("never shown again").wait_for()
    found = examine(admin_page, watch, skip_first=False)
    assert not found, "\n".join(found)


# What others made: the administration and the pages of the API -------------------------------


ADMIN = """
    apikey change customfield delivery job organisation queue status tag tagcategory team ticket
    tickettype user webhook workflow
""".split()


@pytest.mark.parametrize("name", ADMIN)
def test_the_administration_has_no_grave_fault(name, admin_page, watch):
    admin_page.goto(f"/admin/helpdesk/{name}/")
    found = grave(admin_page, watch)
    first = admin_page.locator("#result_list tbody a[href*='/change/']").first
    if first.count():
        admin_page.goto(first.get_attribute("href"))
        found += grave(admin_page, watch)
    assert not found, "\n".join(dict.fromkeys(found))


@pytest.mark.parametrize(
    "path",
    ["/admin/", "/admin/health/", "/admin/helpdesk/user/add/", "/admin/helpdesk/webhook/add/"],
)
def test_the_rooms_of_the_administration_have_no_grave_fault(path, admin_page, watch):
    admin_page.goto(path)
    found = grave(admin_page, watch)
    assert not found, "\n".join(dict.fromkeys(found))


def test_the_pages_of_the_api_have_no_grave_fault(visit, watch):
    page = visit()
    page.goto("/api/v1/docs/")
    page.locator(".opblock").first.wait_for()
    found = grave(page, watch)
    assert not found, "\n".join(dict.fromkeys(found))
