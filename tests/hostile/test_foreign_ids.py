"""What one may not see answers exactly as what does not exist: every id in every address."""

import base64
import re

import pytest
from django.test import Client

from helpdesk.models import ApiKey
from integrations.gateway import tokens
from integrations.models import Record
from tests.factories import default_queue
from tests.hostile.addresses import Address, addresses
from tests.hostile.world import MADE_UP, MADE_UP_UUID, SECRET_WORD, World

pytestmark = pytest.mark.django_db
TICKET, COMMENT, FILE = {"number": "number"}, {"uuid": "comment"}, {"uuid": "file"}
KEY, VIEW = {"uuid": "key"}, {"uuid": "view"}
KEY_REF = {"ref": "key"}
JOB, CONNECTION = {"uuid": "job"}, {"uuid": "connection"}
SELECTION = {"uuid": "selection"}
MAIL = {"uuid": "mail"}
REF = {"ref": "ref"}
DELIVERY = {"ref": "webhook", "delivery_ref": "delivery"}
COMPAT = "compat/teamswork/ticketing/v1/tickets"

APIDECK = "compat/apideck/issue-tracking/collections"
APIDECK_TICKET = {"collection": "queue", "ticket": "ticket"}
OF_APIDECK = {
    "<str:collection>": {"collection": "queue"},
    "<str:collection>/tickets": {"collection": "queue"},
    "<str:collection>/tickets/<str:ticket>": APIDECK_TICKET,
    "<str:collection>/tickets/<str:ticket>/comments": APIDECK_TICKET,
    "<str:collection>/tickets/<str:ticket>/comments/<str:comment>": APIDECK_TICKET
    | {"comment": "comment"},
    "<str:collection>/users": {"collection": "queue"},
    "<str:collection>/users/<str:user>": {"collection": "queue", "user": "agent"},
    "<str:collection>/tags": {"collection": "queue"},
}

AKANA = "compat/akana/api"
AKANA_ITEM = {"identity": "ticket"}
OF_AKANA = {
    "tickets/<str:identity>": AKANA_ITEM,
    "tickets/<str:identity>/actions": AKANA_ITEM,
    "tickets/<str:identity>/comments": AKANA_ITEM,
    "tickets/<str:identity>/marks": AKANA_ITEM,
    "boards/items/comments/<str:identity>/artifacts": {"identity": "comment"},
    "boards/items/comments/<str:identity>/artifacts/<str:name>": {
        "identity": "comment",
        "name": "file name",
    },
    "boards/items/<str:identity>/artifacts": AKANA_ITEM,
    "boards/items/<str:identity>/artifacts/<str:name>": AKANA_ITEM | {"name": "file name"},
    "boards/items/<str:identity>/commentdetails": AKANA_ITEM,
    "workflow/objects/<str:identity>/actions": AKANA_ITEM,
    "businesses/<str:identity>/ticketsettings": {"identity": "queue"},
}

STACKONE = "compat/stackone/unified/ticketing"
STACKONE_TICKET, STACKONE_PROJECT = {"identity": "ticket"}, {"identity": "queue"}
OF_STACKONE = {
    "tickets/<str:identity>": STACKONE_TICKET,
    "tickets/<str:identity>/statuses": STACKONE_TICKET,
    "tickets/<str:identity>/comments": STACKONE_TICKET,
    "tickets/<str:identity>/comments/<str:part>": STACKONE_TICKET | {"part": "comment"},
    "tickets/<str:identity>/attachments": STACKONE_TICKET,
    "tickets/<str:identity>/attachments/<str:part>": STACKONE_TICKET | {"part": "file"},
    "tickets/<str:identity>/attachments/<str:part>/download": STACKONE_TICKET | {"part": "file"},
    "users/<str:identity>": {"identity": "agent"},
    "projects/<str:identity>": STACKONE_PROJECT,
    "projects/<str:identity>/components": STACKONE_PROJECT,
    "projects/<str:identity>/components/<str:part>": STACKONE_PROJECT | {"part": "team"},
    "projects/<str:identity>/ticket_types": STACKONE_PROJECT,
    "collections/<str:identity>": STACKONE_PROJECT,
}

ONNA = "compat/onna/v1"
OF_ONNA = {
    "workspaces/<str:identity>": {"identity": "onna workspace"},
    "workspaces/<str:identity>/customFields": {"identity": "onna workspace"},
    "workspaces/<str:identity>/customFields/<str:field>": {
        "identity": "onna workspace",
        "field": "word",
    },
    "folders/<str:identity>": {"identity": "onna folder"},
    "resources/tickets/<str:identity>": {"identity": "onna ticket"},
    "resources/files/<str:identity>": {"identity": "onna file"},
    "upload/<str:identity>/tus": {"identity": "onna ticket"},
}

# For each address what its parameters name. An address that is not here fails a test.
NAMED: dict[str, dict[str, str]] = {
    "ticket": TICKET,
    "ticket-comments": TICKET,
    "draft": TICKET,
    "composer-recipients": TICKET,
    "composer-options": TICKET,
    "composer-preview": TICKET,
    "composer-fill": TICKET,
    "draft-forward": TICKET,
    "draft-undo": {"uuid": "draft"},
    "draft-discard": {"uuid": "draft"},
    "comment-edit": TICKET | COMMENT,
    "comment-redact": TICKET | COMMENT,
    "ticket-change": TICKET,
    "ticket-description": TICKET,
    "ticket-transition": TICKET | {"transition": "transition"},
    "ticket-follow": TICKET,
    "ticket-links": TICKET,
    "ticket-unlink": TICKET | {"other": "linked"},
    "ticket-person-remove": TICKET,
    "ticket-history": TICKET,
    "ticket-snooze": TICKET,
    "ticket-presence": TICKET,
    "ticket-undo": TICKET | {"change_set": "change set"},
    "ticket-why": TICKET | {"field": "word"},
    "ticket-menu": TICKET | {"name": "word"},
    "ticket-checklist": TICKET,
    "ticket-step": TICKET | {"step": "step"},
    "ticket-time": TICKET,
    "ticket-time-remove": TICKET | {"entry": "entry"},
    "ticket-print": TICKET,
    "ticket-peek": TICKET,
    "ticket-beside": TICKET | {"way": "word"},
    "comment-menu": TICKET | COMMENT,
    "comment-deliveries": TICKET | COMMENT,
    "opening-deliveries": TICKET,
    "comment-resend": TICKET | COMMENT | {"mail": "outgoing"},
    "opening-resend": TICKET | {"mail": "first mail"},
    "comment-original": TICKET | COMMENT,
    "comment-document": TICKET | COMMENT,
    "comment-move": TICKET | COMMENT,
    "ticket-attach": TICKET,
    "ticket-merge": TICKET,
    "ticket-unmerge": TICKET,
    "ticket-split": TICKET,
    "ticket-delete": TICKET,
    "ticket-restore": TICKET,
    "attachment": FILE,
    "attachment-remove": FILE,
    "mail-message": MAIL,
    "mail-source": MAIL,
    "mail-designed": MAIL,
    "mail-decide": MAIL,
    "mail-approve": MAIL,
    "mailbox": {"uuid": "mailbox"},
    "mailbox-test": {"uuid": "mailbox"},
    "mailbox-remove": {"uuid": "mailbox"},
    "mailbox-sign-in": {"uuid": "mailbox"},
    "mailbox-authorise": {"uuid": "mailbox"},
    "mailbox-sign-in-remove": {"uuid": "mailbox"},
    "mailbox-sending": {"uuid": "mailbox"},
    "mailbox-pause": {"uuid": "mailbox"},
    "mailbox-door": {"uuid": "mailbox"},
    "mail-door": {"uuid": "mailbox"},
    "mail-sender-remove": {"number": "sender rule"},
    "bulk-one": SELECTION,
    "bulk-undo": SELECTION,
    "bulk-stop": SELECTION,
    "import": JOB,
    "import-start": JOB,
    "import-pause": JOB,
    "import-discard": JOB,
    "import-refused": JOB,
    "worded": {"kind": "text kind"},
    "worded-new": {"kind": "text kind"},
    "worded-one": {"kind": "text kind", "uuid": "canned reply uuid"},
    "worded-retire": {"kind": "text kind", "uuid": "canned reply uuid"},
    "worded-remove": {"kind": "text kind", "uuid": "canned reply uuid"},
    "view-edit": VIEW,
    "view-move": VIEW,
    "view-delete": VIEW,
    "key": KEY,
    "key-edit": KEY,
    "key-rotate": KEY,
    "key-end-overlap": KEY,
    "key-revoke": KEY,
    "key-sandbox": KEY,
    "key-sandbox-reset": KEY,
    "key-faults": KEY,
    "connection": CONNECTION,
    "connection-edit": CONNECTION,
    "connection-secret": CONNECTION,
    "connection-vocabulary": CONNECTION,
    "connection-ask": CONNECTION,
    "connection-scope": CONNECTION,
    "connection-people": CONNECTION,
    "connection-part": CONNECTION | {"link": "match"},
    "connection-test": CONNECTION,
    "connection-pause": CONNECTION,
    "connection-resume": CONNECTION,
    "connection-dry-run": CONNECTION,
    "connection-backfill": CONNECTION,
    "connection-backfill-pause": CONNECTION,
    "connection-backfill-resume": CONNECTION,
    "connection-backfill-cancel": CONNECTION,
    "connection-failures": CONNECTION,
    "connection-drift": CONNECTION,
    "exchange": {"exchange": "exchange"},
    "ticket-mirror": TICKET,
    "link-existing": TICKET | {"connection": "connection number"},
    "link-pause": {"link": "mirrored"},
    "link-skip": {"link": "mirrored"},
    "link-unlink": {"link": "mirrored"},
    "link-arrived": {"link": "mirrored"},
    "connection-retry": CONNECTION,
    "connection-unlink": CONNECTION,
    "connection-delete": CONNECTION,
    "connection-journal": CONNECTION,
    "doorbell": CONNECTION,
    "connection-new": {"service": "service"},
    "link-retry": {"link": "mirrored"},
    "link-settle": {"link": "mirrored"},
    "link-begin": TICKET | {"connection": "connection number"},
    "api:by-source": {"source": "word", "source_ref": "word"},
    "api:ticket": REF,
    "api:restore": REF,
    "api:merge": REF,
    "api:unmerge": REF,
    "api:split": REF,
    "api:snooze": REF,
    "api:checklist": REF,
    "api:step": REF | {"step": "step"},
    "api:times": REF,
    "api:time": REF | {"entry": "entry"},
    "api:move-comments": REF,
    "api:ticket-tags": REF,
    "api:children": REF,
    "api:transitions": REF,
    "api:comments": REF,
    "api:comment": REF | {"comment_ref": "comment"},
    "api:redact": REF | {"comment_ref": "comment"},
    "api:forward-comment": REF | {"comment_ref": "comment"},
    "api:forward-opening": REF,
    "api:comment-mail": REF | {"comment_ref": "comment"},
    "api:comment-mail-resend": REF | {"comment_ref": "comment", "mail": "outgoing"},
    "api:ticket-mail": REF,
    "api:ticket-mail-resend": REF | {"mail": "first mail"},
    "api:attachments": REF,
    "api:activities": REF,
    "api:links": REF,
    "api:link": REF | {"link": "link"},
    "api:followers": REF,
    "api:follower": REF | {"person": "follower"},
    "api:attachment": FILE,
    **{f"api:webhook{end}": {"ref": "webhook"} for end in ("", "-rotate", "-test", "-replay")},
    "api:deliveries": {"ref": "webhook"},
    "api:delivery": DELIVERY,
    "api:delivery-replay": DELIVERY,
    "api:import": JOB,
    "api:import-try": JOB,
    "api:import-start": JOB,
    "api:import-pause": JOB,
    "api:import-rows": JOB,
    "api:job": {"uuid": "bulk job"},
    "api:job-results": {"uuid": "bulk job"},
    "api:undo": {"change_set": "change set"},
    "api:user": {"ref": "customer"},
    "api:user-erase": {"ref": "customer"},
    "api:key": KEY_REF,
    "api:key-rotate": KEY_REF,
    "api:key-end-overlap": KEY_REF,
    "api:key-sandbox": KEY_REF,
    "api:organisation": {"ref": "organisation"},
    "api:queues-one": {"ref": "queue"},
    "api:connection": {"ref": "connection"},
    "api:connection-links": {"ref": "connection"},
    "api:connection-pause": {"ref": "connection"},
    "api:connection-resume": {"ref": "connection"},
    "api:connection-retry": {"ref": "connection"},
    **{
        f"api:mail-{end}": {"ref": "mail"}
        for end in ("message", "source", "release", "retry", "discard", "approve")
    },
    **{f"api:mailbox{end}": {"ref": "mailbox"} for end in ("", "-test", "-pause", "-resume")},
    "api:mailbox-door": {"ref": "mailbox"},
    "api:mailbox-sign-in": {"ref": "mailbox"},
    "api:mail-sender": {"ref": "sender rule"},
    "api:view": {"ref": "view"},
    "api:view-tickets": {"ref": "view"},
    "api:canned-reply": {"ref": "canned reply"},
    "api:macro": {"ref": "macro"},
    "api:workflows-one": {"ref": "workflow"},
    "api:odata-set": {"entity_set": "odata ticket"},
    "api:odata-count": {"entity_set": "odata ticket"},
    f"{COMPAT}/activity/<str:identity>/attachments": {"identity": "comment"},
    f"{COMPAT}/<str:identity>": {"identity": "ticket"},
    f"{COMPAT}/<str:identity>/status": {"identity": "ticket"},
    f"{COMPAT}/<str:identity>/activities": {"identity": "ticket"},
    f"{COMPAT}/<str:identity>/comments": {"identity": "ticket"},
    f"{COMPAT}/<str:identity>/attachments": {"identity": "ticket"},
    **{
        f"{APIDECK}/{route}{end}": named for route, named in OF_APIDECK.items() for end in ("", "/")
    },
    **{f"{AKANA}/{route}": named for route, named in OF_AKANA.items()},
    **{f"{STACKONE}/{path}": named for path, named in OF_STACKONE.items()},
    **{f"{ONNA}/{path}": named for path, named in OF_ONNA.items()},
    "account_reset_password_from_key": {"uidb36": "person", "key": "secret"},
}
# What every key and agent may know: configuration is the same for all queues.
OPEN_TO_ALL = {
    "report-table",
    "api:tag",
    "api:statuses-one",
    "api:types-one",
    "api:teams-one",
    "api:tag-categories-one",
    "api:custom-fields-one",
    "api:statuses-replace",
    "api:types-replace",
    "api:teams-replace",
    "api:tags-replace",
    "api:members",
    "api:member",
    "api:option-replace",
    "setting",
    "settings-list",
    "setting-new",
    "setting-move",
    "setting-remove",
    "setting-workflow",
    "setting-member",
    "setting-rule",
    "setting-unrule",
    "api:field-rule",
    f"{STACKONE}/ticket_types/<str:identity>",
    "account_confirm_email",  # takes a signed secret, no id
    "mail-template",  # takes a word of a list
    "mail-template-reset",
    "api:mail-template",
    "mail-file",  # signed too: see tests/mail/outgoing
    "mail-leave",
}
OF_THE_WEB = ("GET", "POST")
OF_KEYS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NOT_THE_SAME_TWICE = re.compile(
    r'name="csrfmiddlewaretoken" value="\w+"|"x-csrftoken": "\w+"|nonce="[^"]+"'
    r'|"request_id":"[^"]*"|"resetsIn":\d+|"timestamp":"[^"]*"|"id":"[0-9a-f-]{36}","status"'
)


def values_of(world: World, kind: str) -> tuple[object, list[tuple[object, object]]]:
    """A value of the visitors' own, and pairs of one of the others' and one that nobody has."""
    ours, theirs = world.ours, world.theirs
    both = {
        "number": [("ticket", "pk")],
        "ref": [("ticket", "pk"), ("ticket", "uuid")],
        "ticket": [("ticket", "uuid")],
        "linked": [("linked", "pk")],
        "comment": [("comment", "uuid"), ("note", "uuid")],
        "file": [("file", "uuid")],
        "mail": [("mail", "uuid"), ("held_mail", "uuid")],
        "outgoing": [("outgoing", "uuid")],
        "first mail": [("first_mail", "uuid")],
        "mailbox": [("mailbox", "uuid")],
        "sender rule": [("sender_rule", "pk")],
        "job": [("job", "uuid")],
        "bulk job": [("bulk_job", "uuid")],
        "selection": [("selection", "uuid")],
        "change set": [("bulk_job", "uuid")],
        "connection": [("connection", "uuid")],
        "key": [("key", "uuid")],
        "view": [("view", "uuid")],
        "connection number": [("connection", "pk")],
        "mirrored": [("mirrored", "pk")],
        "match": [("match", "pk")],
        "exchange": [("exchange", "pk")],
        "link": [("link", "pk")],
        "follower": [("follower", "pk")],
        "step": [("step", "pk")],
        "entry": [("entry", "pk")],
        "customer": [("customer", "pk"), ("customer", "uuid")],
        "organisation": [("organisation", "pk"), ("organisation", "uuid")],
        "agent": [("agent", "uuid")],
        "canned reply": [("reply", "pk"), ("reply", "uuid")],
        "canned reply uuid": [("reply", "uuid")],
        "macro": [("macro", "pk"), ("macro", "uuid")],
        "draft": [("draft", "uuid")],
        "queue": [("queue", "pk"), ("queue", "uuid"), ("queue", "slug")],
        "webhook": [("webhook", "pk"), ("webhook", "uuid")],
        "delivery": [("delivery", "pk"), ("delivery", "uuid")],
    }
    if kind.startswith("onna "):
        return onna_ids(world, kind.removeprefix("onna "))
    if kind == "odata ticket":
        both = (f"Tickets({theirs.ticket.pk})", f"Tickets({MADE_UP})")
        return f"Tickets({ours.ticket.pk})", [both]
    if kind == "word":  # of the caller's own choosing: it names nothing of anybody
        return "word", []
    if kind == "text kind":
        return "canned-replies", []
    if kind == "file name":
        return ours.file.name, [(theirs.file.name, "nobody.txt")]
    if kind == "team":
        own, foreign = (side.agent.memberships.get().team.uuid for side in (ours, theirs))
        return own, [(foreign, MADE_UP_UUID)]
    if kind == "transition":
        return world.own_transition.pk, [(world.transition.pk, MADE_UP)]
    if kind == "workflow":
        foreign = world.transition.workflow
        pairs = [(foreign.pk, MADE_UP), (foreign.uuid, MADE_UP_UUID)]
        return world.own_transition.workflow_id, pairs
    if kind == "service":
        return "teamswork", [("teamswork", "nonesuch")]
    if kind == "person":
        return "1", [(base36(theirs.customer.pk), "zzzz")]
    if kind == "secret":
        return "abc-def", []
    pairs = []
    for noun, column in both[kind]:
        made_up = {"pk": MADE_UP, "uuid": MADE_UP_UUID, "slug": "queue-nobody-has"}[column]
        pairs.append((getattr(getattr(theirs, noun), column), made_up))
    noun, column = both[kind][0]
    return getattr(getattr(ours, noun), column), pairs


def onna_ids(world: World, noun: str) -> tuple[str, list[tuple[str, str]]]:
    """Ids of Onna: two letters in place of the first two digits of a uuid."""
    letters = {"ticket": "tk", "file": "fs", "workspace": "ws", "folder": "fd"}[noun]
    both = [side.ticket if noun == "ticket" else side.key for side in (world.ours, world.theirs)]
    own, foreign = (letters + one.uuid.hex[2:] for one in both)
    if noun != "ticket":
        Record.objects.get_or_create(
            service="onna",
            key=world.theirs.key,
            kind=noun,
            name=foreign,
            defaults={"content": {"name": SECRET_WORD, "ticket": str(world.theirs.ticket.uuid)}},
        )
    return own, [(foreign, letters + MADE_UP_UUID.replace("-", "")[2:])]


def base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits


def attempts(world: World, kinds: dict[str, str]) -> list[tuple[dict, dict]]:
    """Values for an address that differ in one foreign or made-up id, the others being our own;
    and where there are several, all foreign against all made up."""
    own = {name: values_of(world, kind)[0] for name, kind in kinds.items()}
    pairs = {name: values_of(world, kind)[1] for name, kind in kinds.items()}
    found = [
        (own | {name: theirs}, own | {name: made_up})
        for name in kinds
        for theirs, made_up in pairs[name]
    ]
    several = {name: pairs[name][0] for name in kinds if pairs[name]}
    if len(several) > 1:
        foreign = own | {name: pair[0] for name, pair in several.items()}
        made_up = own | {name: pair[1] for name, pair in several.items()}
        found.append((foreign, made_up))
    return found


def methods(visitor: str, address: Address) -> tuple[str, ...]:
    """What a visitor tries: keys the APIs, people the pages, nobody both."""
    is_api = address.route.startswith(("api/", "compat/"))
    if visitor == "nobody":
        return OF_THE_WEB
    if "key" not in visitor:
        return () if is_api else OF_THE_WEB
    if not is_api:
        return ()
    return OF_KEYS if visitor == "writing key" else OF_THE_WEB


def call(client: Client, method: str, path: str):
    if path.startswith("/compat/") and hasattr(client, "secret"):
        path += f"?key={client.secret}"
    body = {"content_type": "application/json", "data": "{}"}
    if path.startswith(f"/{AKANA}/") and hasattr(client, "secret"):
        body["headers"] = signed_in_to_akana(client)
        if method == "GET":
            return client.get(path, headers=body["headers"])
    if path.startswith(f"/{STACKONE}/") and hasattr(client, "secret"):
        key = base64.b64encode(f"{client.secret}:".encode()).decode()
        headers = {"authorization": f"Basic {key}", "x-account-id": default_queue().slug}
        if method == "GET":
            return client.get(path, headers=headers)
        body["headers"] = headers
    if path.startswith(f"/{ONNA}/") and hasattr(client, "secret"):
        body["headers"] = {"authorization": f"Bearer {onna_token(client)}"}
        if method == "GET":
            return client.get(path, headers=body["headers"])
    if not path.startswith(("/api/", "/compat/")):
        body = {}
    return getattr(client, method.lower())(path, **({} if method == "GET" else body))


def signed_in_to_akana(client: Client) -> dict[str, str]:
    """What a call there bears: the cookies of a sign-in, and the token of writes."""
    if not hasattr(client, "akana"):
        portal = Client()
        credentials = {"email": "any@example.com", "password": client.secret}
        portal.post(f"/{AKANA}/login", credentials, content_type="application/json")
        cookies = {name: morsel.value for name, morsel in portal.cookies.items()}
        [token] = [name for name in cookies if name.startswith("Csrf-Token_")]
        said = "; ".join(f"{name}={value}" for name, value in cookies.items())
        client.akana = {"Cookie": said, f"X-{token}": cookies[token]}
    return client.akana


def onna_token(client: Client) -> str:
    key = ApiKey.objects.get(digest=ApiKey.digest_of(client.secret))
    return tokens.hand_out(key, "compat:onna", seconds=600)


def seen(response, given: dict, others: dict) -> tuple:
    """What a visitor gets, without the ids that the two attempts give themselves."""
    words = b"".join(response) if response.streaming else response.content
    text = NOT_THE_SAME_TWICE.sub("", words.decode("utf-8", "replace"))
    location = response.headers.get("Location", "")
    values = sorted({str(value) for value in [*given.values(), *others.values()]}, key=len)
    numbers = "|".join(re.escape(value) for value in reversed(values))
    given_back = re.compile(rf"(?<![\w-])(?:{numbers})(?![\w-])")
    text, location = (given_back.sub("…", words) for words in (text, location))
    return response.status_code, response.headers.get("Content-Type"), location, text


@pytest.fixture
def world() -> World:
    return World()


def with_parameters() -> list[Address]:
    return [one for one in addresses() if one.parameters]


def test_every_address_with_an_id_is_known_here():
    known = {*NAMED, *OPEN_TO_ALL}
    new = [one.name for one in with_parameters() if not one.is_admin and one.name not in known]
    assert not new, f"Say in NAMED what these addresses name: {new}"
    for one in with_parameters():
        if one.name in NAMED:
            assert set(one.parameters) == set(NAMED[one.name]), one.name


@pytest.mark.parametrize(
    "visitor", ["agent", "light agent", "customer", "writing key", "reading key", "nobody"]
)
def test_a_foreign_id_answers_as_one_that_nobody_has(world, visitor):
    client = world.visitors[visitor]
    wrong = []
    for address in with_parameters():
        if address.name not in NAMED:
            continue
        for foreign, made_up in attempts(world, NAMED[address.name]):
            for method in methods(visitor, address):
                wrong += differences(client, method, address, foreign, made_up)
    assert not wrong, "\n".join(wrong)


def differences(client: Client, method: str, address: Address, foreign: dict, made_up: dict):
    path = address.path(foreign)
    first = call(client, method, path)
    one = seen(first, foreign, made_up)
    other = seen(call(client, method, address.path(made_up)), made_up, foreign)
    where = f"{method} {path}"
    if one[0] == 429:
        return [f"{where}: out of calls, so that nothing was seen"]
    if one != other:
        detail = [(this, that) for this, that in zip(one, other, strict=True) if this != that]
        return [f"{where}: {str(detail)[:400]}"]
    if one[0] < 300 and address.name != "account_reset_password_from_key":
        return [f"{where}: answered {one[0]}"]
    if SECRET_WORD in one[3]:
        return [f"{where}: says what it must not know"]
    return []


OPEN = {"agent": 10, "writing key": 15, "reading key": 15}  # at least so many with GET


@pytest.mark.parametrize("visitor", OPEN)
def test_one_s_own_ids_open_the_same_addresses(world, visitor):
    """Else the test above would compare closed doors."""
    opened = set()
    for address in with_parameters():
        if address.name in NAMED:
            kinds = NAMED[address.name]
            own = {name: values_of(world, kind)[0] for name, kind in kinds.items()}
            if call(world.visitors[visitor], "GET", address.path(own)).status_code == 200:
                opened.add(address.name)
    assert len(opened) >= OPEN[visitor], sorted(opened)


@pytest.mark.parametrize("visitor", ["agent", "nobody"])
def test_the_administration_answers_all_others_alike(world, visitor):
    client = world.visitors[visitor]
    wrong = []
    for address in with_parameters():
        if not address.is_admin:
            continue
        for method in ("GET", "POST"):
            answers = []
            for value in (world.theirs.ticket.pk, MADE_UP):
                path = address.path(dict.fromkeys(address.parameters, value))
                answers.append(seen(call(client, method, path), {"id": value}, {}))
            if answers[0] != answers[1] or answers[0][0] not in (302, 403, 404):
                wrong.append(f"{method} {path}: {[one[:3] for one in answers]}")
    assert not wrong, "\n".join(wrong)
