"""A day of an agent by keys alone: what lies on the desk, and each thing that is done to it.

Every step can be done by itself and begun anew: it makes what it needs once, goes where it has to
go from any page that has a search box, and leaves alone what is done already.
"""

import re
from datetime import timedelta
from functools import cached_property
from itertools import count

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from helpdesk import actions
from helpdesk.actions import canned, macros, sending
from helpdesk.actions.views import save_view
from helpdesk.actor import system
from helpdesk.models import Comment, Draft, Job, Mention, Queue, Ticket, User
from helpdesk.web import bulk_running
from helpdesk.web.tour import DONE
from tests.browser.keyboard import Keyboard
from tests.factories import actor_of, make_agent, make_comment, make_ticket, make_user

NUMBERS = count(1)
PASSWORD = "a long and quiet word"
MANY = 200
FILE = {"name": "steps.txt", "mimeType": "text/plain", "buffer": b"1. Turn it off\n2. Wait\n"}


class Desk:
    """The agent, a word that nothing else has, and what is to be done: made when it is needed."""

    def __init__(self, fresh: int = 10):
        self.fresh = fresh  # so many tickets wait in the morning
        self.word = f"quokka{next(NUMBERS)}z"
        preferences = {"undo_send": 30, "tour": DONE}
        name = f"Day {self.word.title()}"
        self.person = make_agent(name, list(Queue.objects.all()), preferences=preferences)
        self.person.set_password(PASSWORD)
        self.person.save()

    def ticket(self, title: str, **fields) -> Ticket:
        customer = make_user(f"Lea {self.word}")
        return make_ticket(f"{title} of {self.word}", requester=customer, body="Help!", **fields)

    def _listed(self, view: str, title: str, number: int) -> list[Ticket]:
        """Tickets of nobody, and a view that shows them."""
        rows = [{"title": f"{title}{self.word} {n:03}"} for n in range(number)]
        tickets = actions.open_tickets(rows, by=system("rule"))
        save_view(
            by=actor_of(self.person), owner_id=self.person.pk, name=f"{view} {self.word}",
            query={"search": f"{title}{self.word}"}, sort="title",
        )  # fmt: skip
        return list(tickets)

    @cached_property
    def new(self) -> list[Ticket]:
        return self._listed("Morning", "fresh", self.fresh)

    @cached_property
    def many(self) -> list[Ticket]:
        return self._listed("Afternoon", "flood", MANY)

    def begun(self, step) -> str:
        """Lays out the view with which a step begins; its name, or nothing."""
        if step is triage:
            return self.new and f"Morning {self.word}"
        return self.many and f"Afternoon {self.word}" if step is bulk else ""

    @cached_property
    def asked(self) -> Ticket:
        canned.save_reply(
            by=actor_of(self.person), owner_id=self.person.pk, name=f"Restart {self.word}",
            body="Hello {{requester.name}}, please restart it.",
        )  # fmt: skip
        return self.ticket("It hangs")

    @cached_property
    def noted(self) -> Ticket:
        return self.ticket("It smells")

    @cached_property
    def colleague(self) -> User:
        return make_agent(f"{self.word.title()} Odette", list(Queue.objects.all()))

    @cached_property
    def usual(self) -> Ticket:
        """For which there is a macro."""
        macros.save_macro(
            by=actor_of(self.person), owner_id=self.person.pk, name=f"Escalate {self.word}",
            body="We look at it today.", says="reply",
            sets={"priority": "high", "assignee": self.person.pk},
        )  # fmt: skip
        return self.ticket("As ever")

    @cached_property
    def later(self) -> Ticket:
        return self.ticket("Not today")

    @cached_property
    def twins(self) -> tuple[Ticket, Ticket]:
        first, second = self.ticket("Twin one"), self.ticket("Twin two")
        make_comment(first, "Said of the first twin", by=actor_of(first.requester))
        return first, second

    @cached_property
    def double(self) -> Ticket:
        """One that speaks of two things."""
        ticket = self.ticket("Door and lamp")
        make_comment(ticket, "And the lamp flickers", by=actor_of(ticket.requester))
        return ticket

    @cached_property
    def old(self) -> Ticket:
        ticket = self.ticket("Long ago")
        make_comment(ticket, f"It was the chrysanthemum{self.word}", public=False)
        then = timezone.now() - timedelta(days=700)
        Ticket.objects.filter(pk=ticket.pk).update(created_at=then, last_activity_at=then)
        return ticket


class Hands(Keyboard):
    """On the keys of the workspace; looks at what they do."""

    def __init__(self, page: Page):
        super().__init__(page)
        page.on("filechooser", lambda chooser: None)  # from the beginning, or the first is missed

    def jump(self, ticket: Ticket) -> None:
        """To a ticket by its number."""
        self.search(str(ticket.pk))
        self.page.wait_for_url(f"**/tickets/{ticket.pk}/**")
        self.sees(ticket)

    def search(self, words: str) -> None:
        self.page.wait_for_load_state()  # a key is heard once the page is there
        self.press("Escape", "/")
        expect(self.page.locator("#search input")).to_be_focused()
        self.press("Control+A")
        self.type(words)
        self.press("Enter")

    def sees(self, ticket: Ticket) -> None:
        self.arrives(ticket.title)

    def arrives(self, heading: str) -> None:
        """At a page that is there, with the scripts that listen to keys."""
        expect(self.page.locator("h1")).to_have_text(heading)
        self.page.wait_for_load_state()

    def command(self, words: str, line: str) -> None:
        """By the palette: the first line that these words leave, which must say `line`."""
        self.press("Control+k")
        dialog = self.page.get_by_role("dialog", name="Commands")
        expect(dialog.locator("[role=combobox]")).to_be_focused()
        self.type(words)
        expect(dialog.locator("[aria-selected=true]")).to_contain_text(line)
        self.press("Enter")
        expect(dialog).to_have_count(0)

    def view(self, title: str, rows: int) -> None:
        """One of one's own views, by the palette."""
        self.command(title, title)
        self.arrives(title)
        expect(self.page.locator("#bulk .ticket-subject")).to_have_count(rows)

    def pick(self, key: str, line: str) -> None:
        """A line of the menu that a key opens."""
        self.press(key)
        menu = self.page.locator("details[open]", has=self.page.locator(f"[data-key='{key}']"))
        self.down_to(menu.locator(".menu-item", has_text=line).first)
        self.press("Enter")

    def down_to(self, wanted: Locator) -> None:
        """With the arrow, once it is there."""
        expect(wanted).to_be_visible()
        for _ in range(30):
            if wanted.evaluate("one => one === document.activeElement"):
                return
            self.press("ArrowDown")
        raise AssertionError(f"The arrow does not reach {wanted}")

    @property
    def text(self) -> Locator:
        return self.page.locator("#composer textarea[name=body]")

    def begin(self, key: str) -> None:
        """A reply (`r`) or a note (`c`)."""
        self.press("Escape", key)
        expect(self.text).to_be_focused()

    def holds(self, words: str) -> bool:
        """Whether they stand in the composer, from before."""
        return self.text.input_value() == words

    def wrote(self, words: str) -> None:
        """What stands there now is what was meant."""
        expect(self.text).to_have_value(words)

    def take(self, typed: str, line: str) -> None:
        """What is offered behind a sign while one writes."""
        self.type(typed)
        options = self.page.locator("#composer-options")
        expect(options.locator("[aria-selected=true]")).to_contain_text(line)
        self.press("Enter")
        expect(options).to_be_hidden()

    def attach(self) -> None:
        """A file to what is being written, unless it hangs there from before."""
        kept = self.page.locator("#composer [data-kept-list]")
        if FILE["name"] in kept.inner_text():
            return
        self.reach(self.page.locator("#composer input[type=file]"))
        with self.page.expect_file_chooser() as chooser:
            self.press("Space")
        chooser.value.set_files(FILE)
        expect(kept.locator("[name=kept]")).to_have_count(1)


# The steps ---------------------------------------------------------------------------------------


def sign_in(desk: Desk, hands: Hands) -> None:
    page = hands.page
    page.goto("/accounts/login/")
    if "/accounts/" in page.url:
        hands.fill(page.locator("[name=login]"), desk.person.email)
        hands.fill(page.locator("[name=password]"), PASSWORD)
        hands.press("Enter")
        page.wait_for_url(lambda url: "/accounts/" not in url)
    expect(page.locator("nav.nav")).to_be_visible()


def triage(desk: Desk, hands: Hands) -> None:
    """The new tickets of a view: whose they are, how much they press, how they stand."""
    page, tickets = hands.page, desk.new
    top = page.locator("#ticket-top")
    hands.view(f"Morning {desk.word}", len(tickets))
    hands.press("j", "o")
    for at, ticket in enumerate(tickets):
        hands.sees(ticket)
        ticket.refresh_from_db()
        if ticket.assignee_id is None and at % 2:
            hands.command(">to me", "Assign to me")
        elif ticket.assignee_id is None:
            hands.press("m", "m")
        expect(top.locator("summary[data-key=m]")).to_contain_text(desk.person.name)
        if ticket.priority != PRIORITIES[at % 3]:
            hands.command(f">{PRIORITIES[at % 3]}", "Set priority") if at % 2 else hands.pick(
                "p", PRIORITIES[at % 3].title()
            )
        expect(top.locator("summary[data-key=p]")).to_contain_text(PRIORITIES[at % 3].title())
        if at % 2 and ticket.status.name != "Waiting":
            hands.pick("s", "Wait")
            expect(top.locator("summary[data-key=s]")).to_contain_text("Waiting")
        hands.press("]")
    hands.arrives(f"Morning {desk.word}")  # the list again
    rows = Ticket.objects.filter(pk__in=[one.pk for one in tickets]).order_by("pk")
    assert {one.assignee_id for one in rows} == {desk.person.pk}
    assert [one.priority for one in rows] == [PRIORITIES[at % 3] for at in range(desk.fresh)]
    assert [one.status.name == "Waiting" for one in rows] == [at % 2 for at in range(desk.fresh)]


def reply(desk: Desk, hands: Hands) -> None:
    """With canned words and a file, called back once, then sent."""
    page, ticket = hands.page, desk.asked
    words = f"Hello {ticket.requester}, please restart it. Thank you."
    hands.jump(ticket)
    if not ticket.comments.exists():
        _write(desk, hands, words)
        _call_back(hands, words)
        assert not ticket.comments.exists()
        hands.begin("r")
        hands.press("Control+Enter")
        expect(page.locator("#queued")).to_contain_text("Thank you.")
        time_passes(ticket)
        hands.jump(ticket)
    expect(page.locator("#timeline")).to_contain_text("Thank you.")
    expect(page.locator("#timeline")).to_contain_text(FILE["name"])
    said = Comment.objects.get(ticket=ticket, public=True)
    assert said.body == words and said.author == desk.person
    assert said.attachments.get().file.read() == FILE["buffer"]


def _write(desk: Desk, hands: Hands, words: str) -> None:
    """And send it, unless it waits already to be sent."""
    if not desk.asked.drafts.filter(state="queued").exists():
        hands.begin("r")
        if not hands.holds(words):
            hands.press("Control+A", "Delete")
            hands.take("/restart", f"Restart {desk.word}")
            hands.type(" Thank you.")
        hands.wrote(words)
        hands.attach()
        hands.press("Control+Enter")
    expect(hands.page.locator("#queued")).to_contain_text("Thank you.")
    expect(hands.text).to_have_value("")


def _call_back(hands: Hands, words: str) -> None:
    hands.press("Escape", "z")
    expect(hands.text).to_have_value(words)
    expect(hands.page.locator("#composer [data-kept-list]")).to_contain_text(FILE["name"])
    expect(hands.page.locator("#queued article")).to_have_count(0)


def note(desk: Desk, hands: Hands) -> None:
    """Among agents, and one of them is told."""
    ticket, colleague = desk.noted, desk.colleague
    words = f"@{colleague} knows the smell of {desk.word}"
    hands.jump(ticket)
    if not ticket.comments.exists():
        hands.begin("c")
        if not hands.holds(words):
            hands.press("Control+A", "Delete")
            hands.take(f"@{desk.word}", colleague.name)
            hands.type(f"knows the smell of {desk.word}")
        hands.wrote(words)
        hands.press("Control+Enter")
    expect(hands.page.locator("#timeline")).to_contain_text("knows the smell")
    said = Comment.objects.get(ticket=ticket)
    assert said.body == words and not said.public
    assert Mention.objects.get(comment=said).person == colleague


def macro(desk: Desk, hands: Hands) -> None:
    """It fills the form; what is there is sent by hand."""
    ticket, words = desk.usual, "We look at it today."
    hands.jump(ticket)
    if not ticket.drafts.filter(state="queued").exists() and not ticket.comments.exists():
        hands.begin("r")
        if not hands.holds(words):
            hands.press("Control+A", "Delete", "Escape")
            hands.command(f">escalate {desk.word}", "Apply macro")
        hands.wrote(words)
        expect(hands.page.locator("#composer-sets")).to_contain_text("High")
        ticket.refresh_from_db()
        assert ticket.priority == "normal" and not ticket.comments.exists()
        expect(hands.text).to_be_focused()
        hands.press("Control+Enter")
        expect(hands.page.locator("#queued")).to_contain_text(words)
    time_passes(ticket)
    hands.jump(ticket)
    expect(hands.page.locator("#timeline")).to_contain_text(words)
    ticket.refresh_from_db()
    assert ticket.priority == "high" and ticket.assignee == desk.person


def snooze(desk: Desk, hands: Hands) -> None:
    ticket = desk.later
    hands.jump(ticket)
    if ticket.snoozed_until is None:
        hands.pick("h", "In two weeks")
    expect(hands.page.locator("#ticket-top")).to_contain_text("Snoozed until")
    ticket.refresh_from_db()
    assert ticket.snoozed_until > timezone.now() + timedelta(days=12)


def merge(desk: Desk, hands: Hands) -> None:
    """Two tickets become one, and two again."""
    page, (first, second) = hands.page, desk.twins
    hands.jump(first)
    first.refresh_from_db()
    if first.merged_into_id is None:
        hands.command(">merge", "Merge into another")
        hands.fill(page.locator("#into"), str(second.pk))
        hands.press("Enter")
        hands.choose(page.get_by_role("button", name=f"Merge #{first.pk} into #{second.pk}"))
    else:
        hands.jump(second)
    hands.sees(second)
    expect(page.locator("#timeline")).to_contain_text("Said of the first twin")
    hands.jump(first)
    back = page.get_by_role("button", name="Take the merge back")
    hands.choose(back)
    expect(back).to_have_count(0)
    expect(page.locator("#timeline")).to_contain_text("Said of the first twin")
    first.refresh_from_db()
    assert first.merged_into_id is None
    assert [one.body for one in first.comments.all()] == ["Said of the first twin"]
    assert not second.comments.filter(deleted_at=None).exists()


def split(desk: Desk, hands: Hands) -> None:
    """A message becomes a ticket of its own."""
    page, ticket, title = hands.page, desk.double, f"The lamp {desk.word}"
    hands.jump(ticket)
    if not Ticket.objects.filter(title=title).exists():
        hands.choose(page.locator("#timeline summary", has_text="Message actions").last)
        hands.down_to(page.locator("#timeline details[open] a", has_text="Split to a new"))
        hands.press("Enter")
        expect(page.get_by_role("checkbox", name="And the lamp flickers")).to_be_checked()
        hands.fill(page.locator("[name=title]"), title)
        hands.press("Enter")
        hands.arrives(title)
    new = Ticket.objects.get(title=title)
    hands.jump(new)
    expect(page.locator("#timeline")).to_contain_text("And the lamp flickers")
    hands.jump(ticket)
    expect(page.locator("#timeline")).not_to_contain_text("And the lamp flickers")
    assert new.requester == ticket.requester


def bulk(desk: Desk, hands: Hands) -> None:
    """All of a view given to one agent, and taken back; a worker does it behind the scenes."""
    page, ids = hands.page, [one.pk for one in desk.many]
    jobs = Job.objects.filter(owner=desk.person, kind=Job.Kind.SELECTION)
    job = jobs.exclude(state=Job.State.DRAFT).first()
    if job is None:
        _assign(desk, hands)
    else:
        page.goto(f"/tickets/bulk/{job.uuid}/")
    bulk_running.run_jobs()
    if job is None or "undoing" not in job.options:
        undo = page.get_by_role("button", name=f"Undo {MANY} changes")
        expect(undo).to_be_visible()
        assert Ticket.objects.filter(pk__in=ids, assignee=desk.person).count() == MANY
        hands.press("z")
        expect(undo).to_have_count(0)
        bulk_running.run_jobs()
    expect(page.get_by_text("taken back")).to_be_visible()
    assert Ticket.objects.filter(pk__in=ids, assignee=None).count() == MANY


def _assign(desk: Desk, hands: Hands) -> None:
    hands.view(f"Afternoon {desk.word}", 50)
    hands.press("j", "x")
    hands.choose(hands.page.locator("#bulk [name=all]"), "Space")
    hands.press("m")
    sheet = hands.page.get_by_role("dialog", name="Assign")
    expect(sheet.get_by_label("Assignee", exact=True)).to_be_focused()
    hands.type("me")
    hands.press("Tab")
    hands.choose(sheet.get_by_role("button", name=f"Change {MANY} tickets"))
    hands.page.wait_for_url(re.compile("/tickets/bulk/"))


def find(desk: Desk, hands: Hands) -> None:
    """A ticket of two years ago, by a word of a note."""
    old = desk.old
    hands.search(f"chrysanthemum{desk.word}")
    expect(hands.page.locator("#bulk .ticket-subject")).to_have_text([old.title])
    hands.page.wait_for_load_state()
    hands.press("j", "o")
    hands.sees(old)


def sign_out(desk: Desk, hands: Hands) -> None:
    page = hands.page
    if "/accounts/" not in page.url:
        hands.choose(page.locator("summary[aria-label*='sign out']"))
        hands.down_to(page.get_by_role("button", name="Sign out").first)
        hands.press("Enter")
    page.wait_for_url(re.compile("/accounts/login/"))
    page.goto("/tickets/")
    page.wait_for_url(re.compile("/accounts/login/"))


PRIORITIES = ("high", "urgent", "low")
STEPS = (triage, reply, note, macro, snooze, merge, split, bulk, find)


def time_passes(ticket: Ticket) -> None:
    """The seconds in which a reply can be called back are over, and a worker sends it."""
    due = timezone.now() - timedelta(seconds=1)
    Draft.objects.filter(ticket=ticket, state="queued").update(send_after=due)
    sending.send_due()
