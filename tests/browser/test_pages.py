"""Every page of ours as a browser shows it: wide and narrow, light and dark, and what axe finds."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk import actions
from helpdesk.actions import keys
from helpdesk.actions.configuring import make_setting
from helpdesk.actions.field_rules import save_rule
from helpdesk.actor import system
from helpdesk.models import (
    ApiKey,
    CannedReply,
    Comment,
    CustomField,
    Macro,
    Mailbox,
    OutgoingMail,
    Queue,
    Recipient,
    SavedView,
    Status,
    Tag,
    Team,
    Ticket,
    TicketType,
    Transition,
    User,
    Workflow,
)
from helpdesk.models.configuration import touch
from helpdesk.permissions import actor_of
from helpdesk.web.bulk_errand import Wanted
from helpdesk.web.bulk_running import freeze, start
from integrations.models import Connection, Exchange, Link, Record
from integrations.remote import Instance, RemoteField, RemoteOption, RemotePerson, RemoteTag
from integrations.vocabulary_store import keep_description
from tests.browser.conftest import PATIENCE
from tests.browser.looks import examine, grave
from tests.factories import make_agent, make_ticket, make_user

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


def said() -> Comment:
    return Comment.objects.filter(ticket=talked_about()).earliest("pk")


def original_path() -> str:
    """A mail of the longest words and a picture from elsewhere, as it was sent."""
    ticket = talked_about()
    body = f"<p>{'word' * 40}</p><img src='https://track.example/p.gif'>"
    found = Comment.objects.filter(ticket=ticket, format="html").first()
    if found is None:
        found = actions.add_note(ticket, by=system("rule"), body=body, format="html")
    return f"/tickets/{ticket.pk}/comments/{found.uuid}/original/"


def speaking_path() -> str:
    queue = Queue.objects.get(is_default=True)
    fields = {"queue": queue, "address": "speaks@helpdesk.example", "protocol": "pipe"}
    box, _is_new = Mailbox.objects.get_or_create(name="Sprechende Mailbox", defaults=fields)
    return f"/mail/mailboxes/{box.uuid}/sending/"


def delivery_path() -> str:
    """A message to two, one of whom could not be reached, for long reasons."""
    comment = Comment.objects.filter(ticket=talked_about(), public=True).earliest("pk")
    said = (("cc", "sent", ""), ("to", "failed", "550 5.1.1 " + "no such person, " * 12))
    for kind, state, why in said if not comment.outgoing.exists() else ():
        address = f"{kind}.{'long-name' * 4}@customer.example"
        recipient = Recipient.objects.create(
            comment=comment, kind=kind, address=address, name="ليلى حداد"
        )
        OutgoingMail.objects.create(
            kind="reply",
            ticket=comment.ticket,
            comment=comment,
            recipient=recipient,
            address=address,
            name=recipient.name,
            message_id=f"{kind}@helpdesk.example",
            state=state,
            last_error=why,
            tries=3,
            give_up_at=timezone.now(),
        )
    return f"/tickets/{comment.ticket_id}/comments/{comment.uuid}/deliveries/"


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


def bulk_path(action: str) -> Callable[[], str]:
    def path() -> str:
        ada = User.objects.filter(role="admin").earliest("pk")
        ids = list(Ticket.objects.filter(deleted_at=None).values_list("pk", flat=True)[:5])
        job = freeze(ids, by=actor_of(ada), back="/tickets/")
        return f"/tickets/bulk/{job.uuid}/?action={action}"

    return path


def bulk_result_path() -> str:
    ada = User.objects.filter(role="admin").earliest("pk")
    ids = list(Ticket.objects.filter(deleted_at=None).values_list("pk", flat=True)[:3])
    job = freeze(ids, by=actor_of(ada), back="/tickets/")
    start(job, Wanted(add=["swept " * 8]), name="Change 3 tickets")
    return f"/tickets/bulk/{job.uuid}/"


def comment_path(rest: str) -> Callable[[], str]:
    def path() -> str:
        comment = talked_about().comments.filter(public=True).earliest("pk")
        return f"/tickets/{comment.ticket_id}/comments/{comment.uuid}/{rest}"

    return path


def transition_path() -> str:
    way = Transition.objects.filter(needs_resolution=True).earliest("pk")
    ticket = Ticket.objects.filter(status_category="open", deleted_at=None).earliest("pk")
    return f"/tickets/{ticket.pk}/transitions/{way.pk}/"


def setting_path(noun: str, rest: str = "") -> Callable[[], str]:
    """A setting with long words and everything that its page can show."""

    def path() -> str:
        model = {"custom-fields": CustomField, "statuses": Status, "tags": Tag, "teams": Team}
        model |= {"queues": Queue, "workflows": Workflow, "types": TicketType}
        row = model[noun].objects.filter(deleted_at=None).earliest("pk")
        by = system("rule")
        if noun == "custom-fields" and not row.rules.exists():
            both = (["low", "high"], ["urgent"])  # never: it is there to be looked at
            tests = [{"field": "priority", "is": "is", "values": one} for one in both]
            save_rule(row, by=by, effect="require", tests=tests)
        if noun == "tags" and not Tag.objects.filter(name__startswith="نص").exists():
            make_setting(Tag, by=by, name=f"نص {'W' * 90}")
        return f"/settings/{noun}/{row.uuid}/{rest}"

    return path


def worded_path(kind: str, rest: str = "") -> Callable[[], str]:
    """A canned reply or macro with words that are long, and from right to left; it is shown with
    the values of a ticket whose requester has a long name."""

    def path() -> str:
        ada = User.objects.filter(role="admin").earliest("pk")
        said = {"name": f"مرحبا {'W' * 90}", "body": "نص {{requester.name}} {{order.ref}} " * 9}
        if kind == "macros":
            sets = {"priority": "high", "assignee": ada.pk, "add_tags": ["x" * 60]}
            row, _new = Macro.objects.get_or_create(owner=ada, defaults={**said, "sets": sets})
        else:
            row, _new = CannedReply.objects.get_or_create(owner=ada, defaults=said)
        make_ticket("The newest", requester={"name": "W" * 90, "email": "wide@x.example"})
        return f"/texts/{kind}/{row.uuid}/{rest}"

    return path


PAGES: dict[str, str | Callable[[], str]] = {
    "settings": "/settings/",
    "settings, tags": "/settings/tags/",
    "settings, none found": "/settings/tags/?search=nothingiscalledthis",
    "settings, statuses": "/settings/statuses/",
    "settings, queues": "/settings/queues/",
    "settings, queue": setting_path("queues"),
    "settings, fields": "/settings/custom-fields/",
    "settings, new field": "/settings/custom-fields/new/",
    "settings, field": setting_path("custom-fields"),
    "settings, condition": setting_path("custom-fields", "conditions/new/"),
    "settings, category": "/settings/tag-categories/new/",
    "settings, team": setting_path("teams"),
    "settings, workflow": setting_path("workflows"),
    "settings, removal": setting_path("types", "removal/"),
    "settings, tag": setting_path("tags"),
    "settings, order": "/settings/field-order/",
    "settings, changes": "/settings/changes/",
    "canned replies": lambda: worded_path("canned-replies")()[:-37],
    "canned reply": lambda: worded_path("canned-replies")(),
    "canned reply, deletion": lambda: worded_path("canned-replies", "deletion/")(),
    "macros": lambda: worded_path("macros")()[:-37],
    "macro": lambda: worded_path("macros")(),
    "macro, new": "/texts/macros/new/",
    "macros, none retired": "/texts/macros/?state=retired&search=nothingiscalledthis",
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
    "home": "/home/",
    "selected, status": bulk_path("status"),
    "selected, fields": bulk_path("field"),
    "selected, merge": bulk_path("merge"),
    "selected, deletion": bulk_path("delete"),
    "selected, result": bulk_result_path,
    "ticket": ticket_path(),
    "ticket, a note": ticket_path("?compose=note"),
    "ticket, properties": ticket_path("?edit=1"),
    "ticket, links": ticket_path("links/"),
    "ticket, history": ticket_path("history/"),
    "ticket, notes": ticket_path("?show=notes"),
    "ticket, snooze": ticket_path("snooze/"),
    "ticket, tasks": ticket_path("checklist/"),
    "ticket, time": ticket_path("time/"),
    "ticket, why": ticket_path("fields/priority/"),
    "ticket, print": ticket_path("print/"),
    "ticket, look": ticket_path("peek/"),
    "message, menu": lambda: f"/tickets/{talked_about().pk}/comments/{said().uuid}/menu/",
    "message, moving": lambda: f"/tickets/{talked_about().pk}/comments/{said().uuid}/moving/",
    "message, original": lambda: original_path(),
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
    "reports": "/reports/?period=90",
    "reports, two dates": "/reports/?from=2001-01-01&to=2001-01-02",
    "notifications": "/notifications/",
    "what I am told": "/notifications/settings/",
    "mail that leaves": "/mail/sending/",
    "words of an acknowledgement": "/mail/templates/ack/",
    "how a mailbox speaks": speaking_path,
    "delivery of a message": delivery_path,
    "keys, own": "/preferences/keys/",
    "keys, sheet": "/shortcuts/",
    "commands": "/go/",
    "commands, actions": "/go/?q=%3E&on=1",
    "search": "/search/",
    "search, found": "/search/?q=export",
    "search, none found": "/search/?q=nothingiscalledthis",
    "tour": "/tour/",
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
HOLDS_BACK = {"message, original"}  # pictures from elsewhere, which the browser says aloud
REFUSED = {"not found": [404], "wrong filter": [422]}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_workspace_is_whole(name, admin_page, watch):
    path = PAGES[name]
    watch.expect(*REFUSED.get(name, ()))
    with watch.deaf() if name in HOLDS_BACK else nullcontext():
        admin_page.goto(path if isinstance(path, str) else path())
    found = examine(admin_page, watch)
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
    page.locator(".opblock").first.wait_for(timeout=3 * PATIENCE)  # the document is put together
    found = grave(page, watch)
    assert not found, "\n".join(dict.fromkeys(found))
