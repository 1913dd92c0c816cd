"""What people write and how they look at it: long words, many tags, other scripts and directions,
German words, high contrast. Nothing may leave its place, at any width."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Queue, Ticket, User
from helpdesk.models.configuration import touch
from helpdesk.permissions import actor_of
from helpdesk.web.bulk_running import freeze
from tests.browser.looks import EVERYTHING, WIDTHS, overflow, violations
from tests.factories import make_agent, make_comment, make_tag, make_user

pytestmark = pytest.mark.browser
WORD = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenanträge"  # 62 letters
ARABIC = "تتوقف عملية التصدير الليلية دون رسالة خطأ ولا يعرف أحد السبب"
TURNED = "\u202egnp.exe Leila\u202c \u2067حداد"
MOST = 3840, 2560, *WIDTHS, 360


@pytest.fixture(scope="module")
def full(house) -> Ticket:
    """A ticket with everything that takes room."""
    by = system("rule")
    names = [f"{WORD[:50]} {number}" for number in range(20)]
    tags = [make_tag(name) for name in [*names, *(f"{ARABIC[:30]} {n}" for n in range(20))]]
    requester = make_user(f"{TURNED} {'X' * 60}", email=f"{'x' * 60}@example.com")
    touch()
    ticket = actions.open_ticket(
        by=by, title=f"{WORD} {ARABIC} {WORD}", body=f"{WORD * 3}\n\n{ARABIC * 3}",
        requester=requester, queue=Queue.objects.earliest("pk"), tags=tags,
    )  # fmt: skip
    make_comment(ticket, f"{WORD * 4} https://example.com/{'path/' * 40}", by=actor_of(requester))
    make_comment(ticket, f"{ARABIC * 4} `{'code' * 60}`", public=False)
    actions.open_ticket(by=by, title="x" * 190, requester=requester, queue=ticket.queue)
    return ticket


def paths(ticket: Ticket, person: User) -> list[str]:
    job = freeze([ticket.pk], by=actor_of(person), back="/tickets/")
    at = f"/tickets/{ticket.pk}/"
    return [
        "/tickets/", at, f"{at}?edit=1", f"{at}?compose=note", f"{at}print/", f"{at}history/",
        f"{at}peek/", f"{at}links/", f"{at}snooze/", f"{at}checklist/", f"{at}time/", "/home/",
        f"{at}splitting/",
        f"/tickets/bulk/{job.uuid}/?action=tags", "/tickets/new/", "/tickets/columns/", "/views/",
        "/settings/", "/settings/tags/", "/settings/workflows/", "/preferences/",
    ]  # fmt: skip


def too_wide(page: Page, widths=WIDTHS) -> list[str]:
    """What leaves the page to the right or, from right to left, to the left."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        found += overflow(page, width)
    return found


def walk(page: Page, ticket: Ticket, person: User, turn: str = "") -> None:
    found = []
    for path in paths(ticket, person):
        page.goto(path)
        if turn:
            page.evaluate(turn)
        found += [f"{path}: {words}" for words in too_wide(page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("layout", ["table", "split"])
def test_long_words_many_tags_and_turned_names_stay_in_their_place(layout, visit, full):
    person = make_agent(
        f"{TURNED} {layout}", list(Queue.objects.all()), email=f"{layout}@acme.example"
    )
    person.preferences = {"layout": layout}
    person.role = "admin"
    person.save()
    walk(visit(person), full, person)


def test_german_stays_in_its_place(visit, full):
    person = make_user("Jörg Übermäßig", role="admin", locale="de", email="joerg@acme.example")
    page = visit(person, locale="de-DE")
    walk(page, full, person)
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_from_right_to_left_everything_stays_in_its_place(visit, full, admin):
    walk(visit(admin), full, admin, "document.documentElement.dir = 'rtl'")


def test_from_right_to_left_the_page_is_mirrored(admin_page, full):
    page = admin_page
    page.goto(f"/tickets/{full.pk}/")
    turned = []
    for direction in ("ltr", "rtl"):
        page.evaluate("to => { document.documentElement.dir = to }", direction)
        boxes = [page.locator(one).bounding_box() for one in (".nav", "main", "#side")]
        turned.append([box["x"] for box in boxes])
    (nav, main, side), (nav_there, main_there, side_there) = turned
    assert nav < main < side
    assert nav_there > main_there > side_there


@pytest.mark.parametrize("path", ["/tickets/", "/home/", "{ticket}"])
def test_the_smallest_and_the_widest_screens_have_room(path, admin_page, full):
    admin_page.goto(path.format(ticket=f"/tickets/{full.pk}/"))
    assert too_wide(admin_page, MOST) == []


@pytest.mark.parametrize("path", ["/tickets/", "/home/", "/settings/", "/preferences/", "{ticket}"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_high_contrast_is_seven_to_one(path, scheme, admin_page, full, watch):
    page = admin_page
    page.emulate_media(color_scheme=scheme, contrast="more")
    page.goto(path.format(ticket=f"/tickets/{full.pk}/"))
    rules = EVERYTHING | {"runOnly": ["color-contrast-enhanced"]}
    with watch.deaf():
        found = violations(page, rules)
    assert not found, "\n".join(found)


def test_high_contrast_is_chosen_and_stays(agent_page):
    page = agent_page
    page.goto("/tickets/")
    ink = "getComputedStyle(document.body).color"
    before = page.evaluate(ink)
    page.locator(".me > summary").click()
    page.get_by_role("button", name="High contrast").first.click()
    assert page.evaluate(ink) == "rgb(0, 0, 0)" != before
    page.goto("/home/")
    assert page.evaluate(ink) == "rgb(0, 0, 0)"


def test_what_is_ticked_is_seen_in_the_colours_of_the_system(agent_page):
    page = agent_page
    page.emulate_media(forced_colors="active")
    page.goto("/tickets/")
    box = page.locator("#bulk input[name=ticket]").first
    box.check()
    assert box.evaluate("one => getComputedStyle(one).appearance") == "auto"


def test_nothing_moves_where_less_motion_is_wanted(agent_page, full):
    agent_page.goto(f"/tickets/{full.pk}/")
    agent_page.locator("summary[data-key=s]").click()
    moving = "document.getAnimations().filter(one => one.effect.getTiming().duration > 1).length"
    assert agent_page.evaluate(moving) == 0


def test_a_list_with_a_network_says_nothing_of_it(agent_page):
    agent_page.goto("/tickets/")
    assert not agent_page.locator(".offline").is_visible()


def test_paper_has_the_ticket_alone_in_ink_on_white(visit, admin, full):
    page = visit(admin, color_scheme="dark")
    page.goto(f"/tickets/{full.pk}/print/")
    page.emulate_media(media="print")
    for around in (".topbar", ".nav", ".bottombar", ".no-print"):
        assert not page.locator(around).first.is_visible(), around
    expect(page.locator("h1")).to_be_visible()
    red = page.evaluate("getComputedStyle(document.querySelector('h1')).color.match(/\\d+/)[0]")
    assert int(red) < 60


def test_no_rule_of_ours_speaks_of_left_and_right():
    """Logical properties turn with the direction; what is drawn by hand says so with :dir()."""
    sided = re.compile(r"(?<![-\w])(?:margin|padding|border|inset)?-?(?:left|right)\s*:")
    found = []
    for path in sorted(Path(settings.BASE_DIR, "static/css").rglob("*.css")):
        if path.name not in ("admin.css", "api-docs.css"):
            found += [
                f"{path.name}:{number}: {line.strip()}"
                for number, line in enumerate(path.read_text().splitlines(), 1)
                if sided.search(line)
            ]
    assert not found, "\n".join(found)
