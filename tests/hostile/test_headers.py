"""What every page tells the browser to refuse, and that no change comes without its form."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_user
from tests.hostile.addresses import Address, addresses
from tests.hostile.test_foreign_ids import NAMED, NOT_THE_SAME_TWICE, values_of
from tests.hostile.world import World, signed_in

pytestmark = pytest.mark.django_db
DOCS = "/api/v1/docs/"
STRICT = {
    "default-src": {"'self'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "object-src": {"'none'"},
    "base-uri": {"'none'"},
    "form-action": {"'self'"},
    "frame-ancestors": {"'none'"},
}
# These take keys or signatures, which no browser sends by itself.
OPEN_TO_THE_WORLD = ("api/", "compat/", "integrations/webhooks/", "mail/leave/", "mail/in/")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def admin(world) -> Client:
    return signed_in(make_user("Ada", "admin"))


def pages(world: World) -> list[tuple[Address, str]]:
    """Every address with ids that exist."""
    found = []
    for address in addresses():
        if address.name in NAMED:
            kinds = NAMED[address.name]
            own = {name: values_of(world, kind)[0] for name, kind in kinds.items()}
            found.append((address, address.path(own)))
        elif address.parameters:
            own = dict.fromkeys(address.parameters, world.ours.ticket.pk)
            uuids = dict.fromkeys(address.uuids, world.ours.ticket.uuid)
            found.append((address, address.path(own | uuids)))
        else:
            found.append((address, address.path({})))
    return found


def policy_of(response) -> dict[str, set[str]]:
    words = response.headers.get("Content-Security-Policy", "")
    directives = (part.split() for part in words.split(";") if part.strip())
    return {name: set(sources) for name, *sources in directives}


def allowed_on(path: str) -> dict[str, set[str]]:
    """The strict policy, with what the administration and the API's pages need besides."""
    more = {}
    if path.startswith("/admin/"):
        more = {"script-src": {"'unsafe-eval'"}, "style-src": {"'unsafe-inline'"}}
    if path == DOCS:
        more = {"style-src": {"'unsafe-inline'"}}
    return {name: sources | more.get(name, set()) for name, sources in STRICT.items()}


def too_much(path: str, response) -> list[str]:
    """What the policy of a page permits beyond what it may, or leaves unsaid."""
    policy, allowed = policy_of(response), allowed_on(path)
    wrong = [f"{name} is missing" for name in STRICT if name not in policy]
    for name, sources in policy.items():
        more = {one for one in sources - allowed.get(name, set()) if not one.startswith("'nonce-")}
        if more:
            wrong.append(f"{name} permits {' '.join(sorted(more))}")
    return wrong


@pytest.mark.parametrize("visitor", ["admin", "agent", "nobody"])
def test_every_page_is_strict(world, visitor, request):
    client = request.getfixturevalue("admin") if visitor == "admin" else world.visitors[visitor]
    wrong, seen = [], 0
    for _address, path in pages(world):
        response = client.get(path)
        headers = response.headers
        if headers.get("X-Content-Type-Options") != "nosniff":
            wrong.append(f"{path}: no nosniff")
        if not headers.get("Content-Type", "").startswith("text/html"):
            continue
        seen += 1
        wrong += [f"{path} ({response.status_code}): {words}" for words in too_much(path, response)]
        if headers.get("X-Frame-Options") != "DENY":
            wrong.append(f"{path}: may be framed")
        if visitor != "nobody" and response.status_code == 200:
            wrong += kept_by_others(path, headers)
    assert not wrong, "\n".join(wrong)
    assert seen > {"admin": 60, "agent": 30, "nobody": 3}[visitor]


def kept_by_others(path: str, headers) -> list[str]:
    """A page of a person must not stay in a cache that others read."""
    words = headers.get("Cache-Control", "")
    is_kept = not any(one in words for one in ("private", "no-store", "no-cache"))
    varies = "cookie" in headers.get("Vary", "").lower()
    return [f"{path}: caches may keep it"] if is_kept and not varies else []


def text_of(response) -> str:
    return NOT_THE_SAME_TWICE.sub("", words_of(response))


def test_what_depends_on_the_asker_says_so(world, admin):
    """A fragment must never be taken for the page by a cache or the browser's history."""
    wrong = []
    for address, path in pages(world):
        if address.is_admin or address.route.startswith(OPEN_TO_THE_WORLD):
            continue
        whole = admin.get(path)
        part = admin.get(path, headers={"HX-Request": "true"})
        if text_of(part) != text_of(whole) == text_of(admin.get(path)):  # it is not the time alone
            for one in (whole, part):
                if "hx-request" not in one.headers.get("Vary", "").lower():
                    wrong.append(path)
    assert not wrong, wrong


def words_of(response) -> str:
    words = b"".join(response) if response.streaming else response.content
    return words.decode("utf-8", "replace")


def test_no_change_comes_without_a_token_of_our_form(world):
    """Every address that a browser's cookie opens, asked to change something by another site."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("Ada", "admin"))
    wrong, refused = [], 0
    for address, path in pages(world):
        if address.route.startswith(OPEN_TO_THE_WORLD):
            continue
        status = client.post(path).status_code
        refused += status == 403
        if status not in (403, 405):
            wrong.append(f"POST {path}: {status}")
    assert not wrong, "\n".join(wrong)
    assert refused > 100


def test_other_methods_change_nothing_without_a_token(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("Ada", "admin"))
    path = reverse("ticket-delete", args=[world.ours.ticket.pk])
    for method in ("put", "patch", "delete"):
        assert getattr(client, method)(path).status_code in (403, 405)
    world.ours.ticket.refresh_from_db()
    assert world.ours.ticket.deleted_at is None


def test_a_file_is_fenced_from_our_pages(world, admin):
    response = admin.get(reverse("attachment", args=[world.ours.file.uuid]))
    assert policy_of(response) == {"default-src": {"'none'"}, "sandbox": set()}
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "a\tb"])
def test_a_foreign_host_is_refused_and_never_written_into_an_address(client, host):
    for path in ("/", "/accounts/login/", "/tickets/", "/api/v1/me/", "/healthz"):
        response = client.get(path, headers={"host": host})
        assert response.status_code == 400
        assert "evil.example" not in response.headers.get("Location", "")


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "http://testserver@evil.example/",
    "\x01https://evil.example/",
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_no_way_back_leads_to_another_site(world, elsewhere):
    agent = world.visitors["agent"]
    answers = [
        agent.get("/accounts/login/", {"next": elsewhere}),
        agent.post("/preferences/layout/", {"layout": "table", "next": elsewhere}),
        agent.get("/admin/login/", {"next": elsewhere}),
        Client().get("/admin/login/", {"next": elsewhere}),
        Client().get("/tickets/", headers={"HX-Request": "true", "HX-Current-URL": elsewhere}),
        Client().post("/preferences/", headers={"referer": elsewhere}),
        agent.post("/accounts/logout/", {"next": elsewhere}),
    ]
    for response in answers:
        for name in ("Location", "HX-Redirect", "HX-Location"):
            place = response.headers.get(name, "")
            assert "evil" not in place.partition("?")[0] and "script" not in place, place
