"""A foreign id inside a body or a query answers as one that nobody has, and names its field."""

import json
import re

import pytest
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from helpdesk.models import Queue, Ticket
from tests.factories import make_user
from tests.hostile.world import MADE_UP, MADE_UP_UUID, SECRET_WORD, World

pytestmark = pytest.mark.django_db
API = "/api/v1"
TEAMSWORK = "/compat/teamswork/ticketing/v1"
SENT_BACK = re.compile(r'"request_id":"[^"]*"')

# Fields and parameters of the API by what they refer to; None for what refers to nothing that is
# hidden. A field or parameter that is not here fails a test.
FIELDS: dict[str, str | None] = {
    "queue": "queue",
    "requester": "person",
    "assignee": "person",
    "author": "person",
    "person": "person",
    "organisation": "organisation",
    "parent": "ticket",
    "merged_into": "ticket",
    "into": "ticket",
    "comments": "messages",
    "ticket": "ticket",
    "attachments": "files",
    "id": "ticket",
    "on_behalf_of": "person",
    "queues": "queue",
    "home_queue": "queue",
} | dict.fromkeys(
    """
    add body body_format category channel closed_at closed_at_after closed_at_before color comment
    count created_at created_at_after created_at_before cursor custom domains dry_run due_at
    due_at_after due_at_before email expand fields file first_response_at first_response_at_after
    first_response_at_before first_resolved_at first_resolved_at_after first_resolved_at_before
    format forward happened_at_after happened_at_before hue kind
    last_activity_at_after last_activity_at_before last_customer_at
    last_customer_at_after last_customer_at_before
    limit locale name next_due_at next_due_at_after next_due_at_before not_tag notes offset
    overdue position priority public q remove reopened_count requester_name resolution
    resolution_comment resolved_at resolved_at_after resolved_at_before role search shares_tickets
    silent snoozed_until snoozed_until_after snoozed_until_before sort source source_ref source_url
    status stored_at
    stored_at_after stored_at_before tag tags
    team timezone title transition type updated_at_after updated_at_before updated_since url
    version
    """.split()
)
# Of bulk calls and imports.
FIELDS |= dict.fromkeys("atomic ids items operation".split())
FIELDS |= dict.fromkeys("announce columns delimiter encoding outcome timezone values".split())
# Of keys, canned replies and views.
FIELDS |= dict.fromkeys(
    """
    all_queues allowed_from columns expires_at group link says sets retired rate_limit scope scopes
    shared_with sources until with_twin writes_for_others
    """.split()
)
# Of what is configured: only keys of all queues write it, and they see every queue.
FIELDS |= dict.fromkeys(
    """
    access any_test description domains effect field email_address email_name help_text initial
    is_default is_lead key keys needs_comment noun options pauses_sla reopens_closed required
    required_to_resolve row slug staff_only takers teams tests transitions types user workflow
    """.split()
)

# Of webhooks.
FIELDS |= dict.fromkeys("done minutes note text worked_on".split())  # checklists and time spent
FIELDS |= dict.fromkeys("event events overlap_hours query state with_internal".split())
FIELDS |= {"files": "files"} | dict.fromkeys("to cc bcc".split())  # what is forwarded, and to whom
# Of mail. What a mailbox is called narrows what is seen already; only keys of all queues write one.
FIELDS |= dict.fromkeys(
    """
    address afterwards aliases authorise_url by_grant client_id client_secret copies done_folder
    every folder host mail_requester mailbox max_megabytes
    pattern password port protocol provider refresh_token security sender sends smtp_host smtp_port
    smtp_security speaking subject tenant token_url trusted_server username verdict
    """.split()
)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def key(world):
    return world.visitors["writing key"]


def described() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


def names_in(schema: dict, document: dict) -> set[str]:
    """The members of a body, wherever its description keeps them."""
    if "$ref" in schema:
        return names_in(document["components"]["schemas"][schema["$ref"].split("/")[-1]], document)
    inner = [one for word in ("allOf", "oneOf", "anyOf") for one in schema.get(word, [])]
    found = {name for one in inner for name in names_in(one, document)}
    return found | set(schema.get("properties", {}))


def test_every_field_and_parameter_of_the_api_is_known_here():
    document, found = described(), set()
    for path in document["paths"].values():
        for operation in path.values():
            for one in operation.get("parameters", []):
                found |= {one["name"]} if one["in"] == "query" else set()
            for content in operation.get("requestBody", {}).get("content", {}).values():
                found |= names_in(content["schema"], document)
    assert {"title", "queue", "ticket", "cursor"} <= found
    new = sorted(name for name in found if name not in FIELDS and not name.startswith("custom."))
    assert not new, f"Say in FIELDS what these refer to: {new}"


def pairs(world: World, noun: str) -> list[tuple[object, object]]:
    """How the others' row may be called, and the same for one that is not there."""
    theirs = world.theirs
    if noun == "queue":
        queue = theirs.queue
        return [
            (queue.pk, MADE_UP),
            (str(queue.uuid), MADE_UP_UUID),
            (queue.slug, "queue-of-nobody"),
            (queue.name, "Queue of nobody"),
            ({"id": queue.pk, "name": queue.name}, {"id": MADE_UP, "name": "Queue of nobody"}),
        ]
    if noun == "messages":
        return [([str(theirs.comment.uuid)], [MADE_UP_UUID])]
    if noun == "files":
        return [([str(theirs.file.uuid)], [MADE_UP_UUID])]
    row = {
        "person": theirs.customer,
        "organisation": theirs.organisation,
        "ticket": theirs.ticket,
    }[noun]
    found = [(row.pk, MADE_UP), (str(row.uuid), MADE_UP_UUID)]
    if noun == "person":
        found.append((row.email, "nobody.at.all@example.com"))
    if noun == "organisation":
        found.append((row.name, "Org nobody"))
    return [*found, ({"id": row.pk}, {"id": MADE_UP})]


BODIES = [  # method, address, the field, what else the body needs
    ("post", "/tickets/", "queue", {"title": "T"}),
    ("post", "/tickets/", "requester", {"title": "T"}),
    ("post", "/tickets/", "assignee", {"title": "T"}),
    ("post", "/tickets/", "organisation", {"title": "T"}),
    ("post", "/tickets/", "parent", {"title": "T"}),
    ("post", "/tickets/", "attachments", {"title": "T"}),
    ("patch", "/tickets/{own}/", "queue", {}),
    ("patch", "/tickets/{own}/", "requester", {}),
    ("patch", "/tickets/{own}/", "assignee", {}),
    ("patch", "/tickets/{own}/", "organisation", {}),
    ("patch", "/tickets/{own}/", "parent", {}),
    ("post", "/tickets/{own}/links/", "ticket", {}),
    ("post", "/tickets/{own}/followers/", "person", {}),
    ("post", "/tickets/{own}/comments/", "attachments", {"body": "b", "public": True}),
    ("post", "/tickets/{own}/forward/", "attachments", {"to": ["bob@supplier.example"]}),
    ("post", "/tickets/{own}/forward/", "files", {"to": ["bob@supplier.example"]}),
    ("post", "/tickets/{own}/merge/", "into", {}),
    ("post", "/tickets/{own}/split/", "comments", {"title": "T"}),
    ("post", "/tickets/{own}/comments/move/", "into", {"comments": [MADE_UP_UUID]}),
]


@pytest.mark.parametrize(("method", "path", "field", "more"), BODIES)
def test_a_foreign_row_in_a_body_of_the_api_is_refused_by_its_field(
    world, key, method, path, field, more
):
    address = API + path.format(own=world.ours.ticket.pk)
    before = Ticket.objects.count()
    for theirs, made_up in pairs(world, FIELDS[field]):
        answers = []
        for value in (theirs, made_up):
            body = json.dumps({**more, field: value})
            response = getattr(key, method)(address, body, content_type="application/json")
            answers.append((response.status_code, told(response, theirs, made_up)))
            named = [one["field"] for one in response.json().get("errors", ())]
            assert response.status_code == 400 and field in named, (value, response.content)
        assert answers[0] == answers[1], answers
        assert SECRET_WORD not in answers[0][1]
    assert Ticket.objects.count() == before


@pytest.mark.parametrize("field", ["helpers"])
def test_a_foreign_person_in_a_custom_field_is_refused_by_its_key(world, key, field):
    for theirs, made_up in pairs(world, "person"):
        answers = []
        for value in (theirs, made_up):
            body = json.dumps({"title": "T", "custom": {field: [value]}})
            response = key.post(f"{API}/tickets/", body, content_type="application/json")
            assert response.status_code == 400, response.content
            assert response.json()["errors"][0]["field"] == f"custom.{field}"
            answers.append(told(response, theirs, made_up))
        assert answers[0] == answers[1]


QUERIES = [
    ("/tickets/", "queue"),
    ("/tickets/", "requester"),
    ("/tickets/", "assignee"),
    ("/tickets/", "organisation"),
    ("/tickets/", "parent"),
    ("/tickets/", "id"),
    ("/users/", "organisation"),
]


@pytest.mark.parametrize(("path", "field"), QUERIES)
def test_a_foreign_row_in_a_query_of_the_api_is_as_one_that_nobody_has(world, key, path, field):
    for theirs, made_up in pairs(world, FIELDS[field]):
        if isinstance(theirs, dict):
            continue
        answers = []
        for value in (theirs, made_up):
            response = key.get(API + path, {field: value})
            answers.append((response.status_code, told(response, theirs, made_up)))
        assert answers[0] == answers[1], answers
        assert SECRET_WORD not in answers[0][1]


def told(response, *values) -> str:
    """The words of an answer without what the caller said."""
    text = SENT_BACK.sub("", response.content.decode())
    said = [inner for one in values for inner in flat(one)]
    for one in sorted(map(str, said), key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(one)}(?![\w-])", "…", text)
    return text


def flat(value) -> list:
    if isinstance(value, dict):
        return [inner for one in value.values() for inner in flat(one)]
    if isinstance(value, list):
        return [inner for one in value for inner in flat(one)]
    return [value]


FORMS = [  # the form's address, the field, what it refers to, what else it needs
    ("ticket-new", "queue", "queue", {"title": "T", "priority": "normal"}),
    ("ticket-change", "queue", "queue", {"only": "queue"}),
    ("ticket-change", "parent", "ticket", {"only": "parent"}),
    ("ticket-links", "other", "ticket", {"kind": "related"}),
    ("ticket-person-remove", "person", "person", {}),
]


@pytest.mark.parametrize(("name", "field", "noun", "more"), FORMS)
def test_a_foreign_row_in_a_form_is_refused_as_one_that_nobody_has(world, name, field, noun, more):
    client = world.visitors["agent"]
    arguments = [] if name == "ticket-new" else [world.ours.ticket.pk]
    version = Ticket.objects.get(pk=world.ours.ticket.pk).version
    for theirs, made_up in pairs(world, noun)[:2]:
        answers = []
        for value in (theirs, made_up):
            response = client.post(reverse(name, args=arguments), {**more, field: value})
            assert response.status_code in (404, 422), (value, response.status_code)
            errors = [] if response.status_code == 404 else errors_of(response)
            answers.append((response.status_code, str(errors).replace(str(value), "…")))
        assert answers[0] == answers[1]
        assert answers[0][0] == 404 or field in answers[0][1]
    assert Ticket.objects.get(pk=world.ours.ticket.pk).version == version


def errors_of(response) -> list[dict]:
    """The errors of whichever form the page shows."""
    forms = [response.context.get(name) for name in ("form", "edit")]
    return [dict(form.errors) for form in forms if form is not None and form.errors]


LISTS = ["queue", "parent", "id"]


@pytest.mark.parametrize("field", LISTS)
def test_a_foreign_row_in_a_list_s_filter_is_as_one_that_nobody_has(world, field):
    client = world.visitors["agent"]
    for theirs, made_up in pairs(world, FIELDS[field])[:3]:
        answers = [client.get(reverse("tickets"), {field: value}) for value in (theirs, made_up)]
        assert answers[0].status_code == answers[1].status_code
        page = answers[0].content.decode().replace(str(theirs), "")
        assert SECRET_WORD not in page


def test_an_agent_s_list_counts_and_search_know_nothing_of_the_others(world):
    client = world.visitors["agent"]
    for query in ("", "?search=words", f"?search={SECRET_WORD}", "?sort=-number"):
        page = client.get(reverse("tickets") + query).content.decode().replace(f"{query[1:]}", "")
        page = page.replace(f'value="{SECRET_WORD}"', "").replace(f"={SECRET_WORD}", "")
        assert f"Ticket {SECRET_WORD}" not in page and f"Queue {SECRET_WORD}" not in page, query


# TeamsWork ---------------------------------------------------------------------------------------


def teamswork(client, method: str, path: str, body: dict):
    body = {"user": {"name": "Jo", "email": "jo@example.com"}, **body}
    address = f"{TEAMSWORK}{path}?key={client.secret}"
    return getattr(client, method)(address, json.dumps(body), content_type="application/json")


def test_teamswork_never_says_who_is_known_elsewhere(world, key):
    """A person is named by id, name and address: one of the others' is as a stranger."""
    theirs = world.theirs.customer
    stranger = {"id": MADE_UP_UUID, "name": theirs.name, "email": "stranger@example.com"}
    known = {"id": str(theirs.uuid), "name": theirs.name, "email": theirs.email}
    shapes = []
    for person in (known, stranger):
        response = teamswork(
            key, "post", "/tickets", {"ticket": {"title": "T", "requestor": person}}
        )
        assert response.status_code == 201, response.content
        shapes.append({name: type(value) for name, value in response.json()["item"].items()})
    assert shapes[0] == shapes[1]


def test_teamswork_takes_no_foreign_assignee(world, key):
    own = world.ours.ticket
    answers = []
    for person in (world.theirs.agent, None):
        said = {
            "id": str(person.uuid) if person else MADE_UP_UUID,
            "name": person.name if person else "No Body",
            "email": person.email if person else "no.body@example.com",
        }
        response = teamswork(key, "put", f"/tickets/{own.uuid}", {"ticket": {"assignee": said}})
        answers.append((response.status_code, told(response, said)))
    assert answers[0][0] == answers[1][0], answers
    if answers[0][0] != 200:
        assert "assignee" in answers[0][1] and answers[0] == answers[1]


def test_a_token_of_another_s_list_opens_nothing(world, key):
    other = world.visitors["reading key"]
    headers = {"continuationToken": "WyIxIiwgMV0:abc:def"}
    for client in (key, other):
        response = client.get(f"{TEAMSWORK}/tickets?key={client.secret}", headers=headers)
        assert response.status_code in (400, 404)
        assert SECRET_WORD not in response.content.decode()


# What a body may never set -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "field",
    ["role", "is_staff", "created_at", "stored_at", "version", "id", "uuid", "key", "extra"],
)
def test_what_is_not_written_by_callers_is_refused_by_name(world, key, field):
    body = json.dumps({"title": "T", field: 1})
    response = key.post(f"{API}/tickets/", body, content_type="application/json")
    assert response.status_code == 400
    assert [one["field"] for one in response.json()["errors"]] == [field]
    made = json.dumps({"name": "N", "email": "n@example.com", field: 1})
    assert key.post(f"{API}/users/", made, content_type="application/json").status_code >= 400


def test_a_form_sets_nothing_beside_its_fields(world):
    client = world.visitors["agent"]
    person = world.ours.agent
    client.post(
        reverse("preferences"),
        {"name": "Ann", "role": "admin", "is_staff": "1", "is_superuser": "1", "email": "x@y.zz"},
    )
    person.refresh_from_db()
    assert person.role == "agent" and not person.is_superuser
    queue = Queue.objects.get(pk=world.theirs.queue.pk)
    made = make_user("Someone")
    client.post(reverse("ticket-new"), {"title": "T", "queue_id": queue.pk, "created_by": made.pk})
    assert not Ticket.objects.filter(queue=queue, title="T").exists()
