"""With Tab through whole pages: every stop is seen, and nothing that stays on top hides it."""

import pytest

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.models import Ticket, User
from tests.browser.looks import FOCUS_IS_SEEN
from tests.factories import actor_of, make_comment

pytestmark = pytest.mark.browser
MOST = 70  # stops of a page; the rows of a list repeat themselves
HIDDEN = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const at = (share) => [0.1, 0.5, 0.9].map((down) => [share, down]);
  const points = [0.1, 0.5, 0.9].flatMap(at).map(([along, down]) =>
    document.elementFromPoint(box.x + box.width * along, box.y + box.height * down));
  const around = one.closest("label, .composer") ?? one;
  const isSeen = points.some((there) => there && (around.contains(there) || there.contains(one)));
  return isSeen ? "" : `${one.outerHTML.slice(0, 90)} is hidden by something`;
}"""


@pytest.fixture
def ticket(house, agent) -> Ticket:
    queue = Ticket.objects.visible_to(actor_of(agent)).latest("pk").queue
    requester = User.objects.filter(role="customer", email__isnull=False).earliest("pk")
    by = system("rule")
    ticket = actions.open_ticket(by=by, title="Walked", requester=requester, queue=queue, body="x")
    for number in range(8):
        make_comment(ticket, f"Line {number}\n\n" * 4)
    return ticket


@pytest.mark.parametrize("path", ["/tickets/", "/home/", "/tickets/new/", "{ticket}"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_stop_of_tab_is_seen(path, width, agent_page, ticket):
    page = agent_page
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(path.format(ticket=f"/tickets/{ticket.pk}/"))
    found, stops = [], 0
    for _ in range(MOST):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement === document.body"):
            break  # the end: the browser's own buttons come next
        stops += 1
        found += [words for look in (FOCUS_IS_SEEN, HIDDEN) if (words := page.evaluate(look))]
    assert not found, "\n".join(found)
    assert stops > 10
