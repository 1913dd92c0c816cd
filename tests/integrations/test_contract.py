"""What every service folder promises, asked of each one there is. No service is named here."""

import contextlib
import json
import logging
import re
import socket
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache, partial

import pytest
from django import forms
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug import Response

from integrations.connector import (
    PRIORITIES,
    RESOLUTIONS,
    STATUSES,
    ConnectorError,
    NewAttachment,
    NewComment,
    RemoteAttachment,
    RemotePerson,
    SecretField,
    load_connector,
    service_names,
)
from integrations.exchange import Limits
from integrations.http import Session
from integrations.merge import same

REFERENCE = "11111111-1111-4111-8111-111111111111/c1/22222222-2222-4222-8222-222222222222"
LIMITS = Limits(read_seconds=2, total_seconds=3, pause_between_tries=0)
WORDS = {"status": STATUSES, "priority": PRIORITIES}
SECRET = "s3cr3t-of-"
ANYTHING = re.compile("/.*")

CLIENTS = {name: load_connector(name) for name in service_names()}
every_service = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)


# Setting up --------------------------------------------------------------------------------------


def entered(client, address: str, **changed) -> dict:
    """A filled form, as a browser would send it."""
    data = {}
    for name, field in client.Setup.base_fields.items():
        data[name] = changed.get(name, typed(name, field, address))
    return {name: value for name, value in data.items() if value is not None}


def typed(name: str, field: forms.Field, address: str):
    if isinstance(field, SecretField):
        return f"{SECRET}{name}"
    if isinstance(field, forms.URLField):
        return address
    if isinstance(field, forms.EmailField):
        return "desk@here.example"
    if isinstance(field, forms.BooleanField):
        return None
    if isinstance(field, forms.ChoiceField):
        initial = field.initial() if callable(field.initial) else field.initial
        choices = [key for key, _words in field.choices]
        return initial if initial in choices else choices[0]
    if not field.required:
        return field.initial
    if isinstance(field, forms.IntegerField):
        return str(field.initial or field.min_value or 5)
    return str(field.initial or f"{name}-1")


def connector_of(client, address="https://there.example/api", *, maps=None, memory=None, **options):
    form = client.Setup(entered(client, address))
    assert form.is_valid(), form.errors
    given_by_mirror = {
        "allowed_networks": ["127.0.0.0/8"],
        "limits": LIMITS,
        "sleep": lambda seconds: None,
        **options,
    }
    open_session = partial(Session, **given_by_mirror)
    return client(
        form.cleaned_data,
        open_session=open_session,
        maps=maps or {},
        origin="11111111-1111-4111-8111-111111111111/c1",
        memory=memory,
    )


@every_service
def test_the_form_takes_what_a_person_types_and_gives_json(client):
    form = client.Setup(entered(client, "https://there.example/api"))
    assert form.is_valid(), form.errors
    assert json.loads(json.dumps(form.cleaned_data)) == form.cleaned_data
    assert client.Setup.secret_names(), "a service without any credential"
    for name, field in client.Setup.base_fields.items():
        assert str(field.label or "").strip(), f"{name} has no label"


@every_service
def test_secrets_are_never_shown_and_stay_when_left_empty(client):
    first = client.Setup(entered(client, "https://there.example/api"))
    assert first.is_valid()
    again = client.Setup(stored=first.cleaned_data)
    shown = again.as_p()
    for name in client.Setup.secret_names():
        assert first.cleaned_data[name] not in shown
    empty = dict.fromkeys(client.Setup.secret_names(), "")
    edited = client.Setup(
        entered(client, "https://there.example/api", **empty), stored=first.cleaned_data
    )
    assert edited.is_valid(), edited.errors
    assert edited.cleaned_data == first.cleaned_data


@every_service
def test_a_repr_tells_no_secret(client):
    connector = connector_of(client, memory={"token": f"{SECRET}memory"})
    for shown in (connector, connector.session):
        assert SECRET not in f"{shown!r} {shown!s}"


# Words -------------------------------------------------------------------------------------------


@every_service
@pytest.mark.parametrize("name", WORDS)
def test_the_tables_are_total(client, name):
    connector = connector_of(client)
    if name not in connector.capabilities.fields:
        assert name not in connector.vocabularies
        return
    table = connector.vocabularies[name]
    assert set(table.out) == set(WORDS[name])
    assert set(table.out.values()) <= set(table.back)
    assert set(table.back.values()) <= set(WORDS[name])


@every_service
def test_what_is_written_is_in_the_words_of_the_tables(client):
    connector = connector_of(client)
    for name, table in connector.vocabularies.items():
        for word in WORDS[name]:
            [shown] = connector.written({name: word}).values()
            understood = connector.understood({name: shown})[name]
            assert understood == table.back[table.out[word]]
            assert (understood != word) == (word in table.lossy)


@every_service
def test_what_a_person_mapped_goes_before_the_tables(client):
    for name, (one, other) in {
        "status": ("waiting", "resolved"),
        "priority": ("low", "urgent"),
    }.items():
        plain = connector_of(client)
        if name not in plain.capabilities.fields:
            continue
        table = plain.vocabularies[name]
        word = table.out[other]
        mapped = connector_of(client, maps={f"{name}_out": {one: word}, name: {word: one}})
        [shown] = mapped.written({name: one}).values()
        assert shown == plain.written({name: other})[name]
        assert mapped.understood({name: shown})[name] == one


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)
lines = words.map(lambda text: " ".join(text.split()))
addresses = st.sampled_from(["ann@here.example", "Bob.B+x@there.example", "", "ü@here.example"])
persons = st.none() | st.builds(
    lambda name, email: {"id": "", "name": name or email, "email": email}, lines, addresses
).filter(lambda person: person["name"])
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0).isoformat()
)
VALUES = {
    "title": lines.filter(bool),
    "body": words,
    "body_format": st.sampled_from(["plain", "markdown", "html"]),
    "status": st.sampled_from(STATUSES),
    "priority": st.sampled_from(PRIORITIES),
    "resolution": st.sampled_from(["", *RESOLUTIONS]),
    "resolution_comment": lines,
    "type": st.sampled_from(["", "Question", "Incident"]),
    "requester": persons,
    "assignee": persons,
    "assignees": st.lists(
        persons.filter(bool), max_size=2, unique_by=lambda one: one["email"] or one["name"]
    ),
    "tags": st.lists(lines.filter(bool), max_size=3, unique_by=str.casefold),
    "due_at": st.none() | moments,
    "custom": st.just({}),
    "custom_words": st.dictionaries(lines.filter(bool), lines.filter(bool), max_size=2),
}
tickets = st.fixed_dictionaries(VALUES)


def travelling(connector, fields: dict) -> dict:
    names = {*connector.capabilities.fields, "body_format"}
    return {name: value for name, value in fields.items() if name in names}


@every_service
@settings(max_examples=150, deadline=None)
@given(fields=tickets)
def test_a_round_trip_settles_after_one_turn(client, fields):
    connector = connector_of(client)
    written = connector.written(travelling(connector, fields))
    assert connector.written(connector.understood(written)) == written


@every_service
@settings(max_examples=150, deadline=None)
@given(fields=tickets)
def test_a_round_trip_loses_what_is_declared_and_nothing_else(client, fields):
    connector = connector_of(client)
    can = connector.capabilities
    fields = travelling(connector, fields)
    back = connector.understood(connector.written(fields))
    for name, value in fields.items():
        if name in can.lossy or name == "body_format":
            continue
        table = connector.vocabularies.get(name)
        if table is not None and value in table.lossy:
            assert back[name] != value
        else:
            assert same(back.get(name), value), name


@every_service
def test_what_is_declared_lossy_can_be_lost(client):
    """A field that always survives is not to be called lossy: people are warned of it."""
    connector = connector_of(client)
    for name in connector.capabilities.lossy & AWKWARD.keys():
        assert any(not _survives(connector, name, value) for value in AWKWARD[name]), name


ANN = {"id": "", "name": "Ann", "email": ""}
BOB = {"id": "", "name": "Bob B", "email": "bob@here.example"}
AWKWARD = {
    "title": ["  A title\t of its own ", "x" * 5000],
    "body": ["<p>Some <b>HTML</b> &amp; more</p>", "a\n\n\tb\r\n  c", "x" * 100_000],
    "status": STATUSES,
    "priority": PRIORITIES,
    "resolution": ["fixed", "cannot_resolve", "cancelled"],
    "resolution_comment": ["<b>No</b>\nway"],
    "type": ["A type of ours"],
    "requester": [ANN, BOB],
    "assignee": [ANN, BOB],
    "assignees": [[ANN], [BOB], [ANN, BOB]],
    "tags": [["One tag", "another, with comma"], ["UPPER"], ["ü" * 300]],
    "due_at": ["2026-03-04T05:06:07+00:00"],
}


def _survives(connector, name: str, value) -> bool:
    for format_ in ("plain", "markdown", "html"):
        back = connector.understood(connector.written({name: value, "body_format": format_}))
        if back.get(name) != value or (name == "body" and back.get("body_format") != format_):
            return False
    return True


# Verbs -------------------------------------------------------------------------------------------

FIELDS = {
    "title": "Printer on fire",
    "body": "It burns.",
    "body_format": "plain",
    "status": "open",
    "priority": "high",
    "resolution": "",
    "resolution_comment": "",
    "type": "",
    "requester": {"id": "", "name": "Rita", "email": "rita@example.org"},
    "assignee": None,
    "assignees": [],
    "tags": ["hot"],
    "due_at": None,
    "custom": {},
}
PUBLIC = NewComment(
    body="We are on it",
    public=True,
    author=RemotePerson("", "Ann", "ann@here.example"),
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
)
FILE = NewAttachment(name="log.txt", content_type="text/plain", content=b"smoke")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def _attachment(connector) -> RemoteAttachment:
    base = connector.setup.get("base_url") or ""
    return RemoteAttachment(id="f1", name="log.txt", url=f"{base}/f1")


# Each verb: the capability that names it, how it is called, and whether it may change anything.
VERBS = {
    "check": (lambda can: True, lambda c: c.check(), False),
    "create": (lambda can: can.create, lambda c: c.create(travelling(c, FIELDS), REFERENCE), True),
    "read": (lambda can: True, lambda c: c.read("t1", reference=REFERENCE), False),
    "update": (
        lambda can: can.update,
        lambda c: c.update(
            "t1",
            {name: FIELDS[name] for name in _changeable(c)},
            whole=travelling(c, FIELDS),
            reference=REFERENCE,
        ),
        True,
    ),
    "replace": (
        lambda can: can.replaces,
        lambda c: c.replace("t1", travelling(c, FIELDS), comments=(), reference=REFERENCE),
        True,
    ),
    "delete": (lambda can: can.delete, lambda c: c.delete("t1", reference=REFERENCE), True),
    "begin": (lambda can: can.list, lambda c: c.begin(), False),
    "all tickets": (lambda can: can.list, lambda c: list(c.all_tickets()), False),
    "find": (
        lambda can: can.can_find,
        lambda c: c.find(travelling(c, FIELDS), since=LONG_AGO, reference=REFERENCE),
        False,
    ),
    "comments": (
        lambda can: can.read_comments,
        lambda c: c.comments("t1", reference=REFERENCE),
        False,
    ),
    "add comment": (
        lambda can: can.add_comments,
        lambda c: c.add_comment("t1", PUBLIC, reference=REFERENCE),
        True,
    ),
    "find comment": (
        lambda can: can.add_comments and can.can_find_comments,
        lambda c: c.find_comment("t1", PUBLIC, since=LONG_AGO, reference=REFERENCE),
        False,
    ),
    "edit comment": (
        lambda can: can.edit_comments,
        lambda c: c.edit_comment("t1", "c1", PUBLIC, reference=REFERENCE),
        True,
    ),
    "delete comment": (
        lambda can: can.delete_comments,
        lambda c: c.delete_comment("t1", "c1", reference=REFERENCE),
        True,
    ),
    "attachments": (
        lambda can: can.read_attachments,
        lambda c: c.attachments("t1", reference=REFERENCE),
        False,
    ),
    "download": (
        lambda can: can.download_attachments,
        lambda c: c.download("t1", _attachment(c), reference=REFERENCE),
        False,
    ),
    "add attachment": (
        lambda can: can.add_attachments,
        lambda c: c.add_attachment("t1", FILE, reference=REFERENCE),
        True,
    ),
}


def _changeable(connector) -> set[str]:
    can = connector.capabilities
    return {name for name in can.fields - can.create_only if name in FIELDS and name != "custom"}


def verbs_of(client) -> list[str]:
    can = connector_of(client).capabilities
    return [name for name, (offered, _call, _writes) in VERBS.items() if offered(can)]


every_verb = pytest.mark.parametrize(
    ("client", "verb"),
    [
        pytest.param(client, verb, id=f"{name}-{verb}")
        for name, client in CLIENTS.items()
        for verb in verbs_of(client)
    ],
)


def failure_of(connector, verb: str) -> ConnectorError:
    _offered, call, _writes = VERBS[verb]
    with pytest.raises(ConnectorError) as caught:
        call(connector)
    assert caught.value.message.strip()
    return caught.value


LATER = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
# status, headers → permanent, scope, the least and most seconds to wait
ANSWERS = {
    "400": (400, {}, True, "ticket", None),
    "401": (401, {}, True, "connection", None),
    "402": (402, {}, True, "connection", None),
    "403": (403, {}, True, "connection", None),
    "404": (404, {}, True, "ticket", None),
    "405": (405, {}, True, "ticket", None),
    "409": (409, {}, False, "ticket", None),
    "410": (410, {}, True, "ticket", None),
    "422": (422, {}, True, "ticket", None),
    "429": (429, {}, False, "connection", (1, 3600)),
    "429, after 7 s": (429, {"Retry-After": "7"}, False, "connection", (7, 7)),
    "429, by a date": (429, {"Retry-After": LATER}, False, "connection", (1, 90)),
    "429, far off": (429, {"Retry-After": "1000000000"}, False, "connection", (3600, 3600)),
    "500": (500, {}, False, "ticket", None),
    "502": (502, {}, False, "connection", None),
    "503": (503, {}, False, "connection", None),
    "503, after 9 s": (503, {"Retry-After": "9"}, False, "connection", (9, 9)),
    "504": (504, {}, False, "connection", None),
}
# What asks for the whole connection, not for one ticket, may say so of any failure.
NOT_OFFERED, GONE = (403, 404, 405), (404, 410)
OF_THE_CONNECTION = ("check", "begin", "all tickets", "find", "download")


@every_verb
@pytest.mark.parametrize("answer", [*ANSWERS, "400 as a page", "500 as a page"])
def test_each_refusal_becomes_the_right_error(httpserver, client, verb, answer):
    number, is_page, _rest = answer.partition(" as a page")
    status, headers, permanent, scope, waits = ANSWERS[number]
    body, kind = ("<html><h1>Sorry</h1>", "text/html") if is_page else ("{}", "application/json")
    httpserver.expect_request(ANYTHING).respond_with_response(
        Response(body, status, headers, content_type=kind)
    )
    connector = connector_of(client, httpserver.url_for("/api"))
    if status in NOT_OFFERED and verb in ("comments", "attachments"):
        try:
            assert VERBS[verb][1](connector) == []  # the service behind has none
            return
        except ConnectorError as error:
            assert error.message
    if status in GONE and verb in ("delete", "delete comment"):
        with contextlib.suppress(ConnectorError):
            VERBS[verb][1](connector)  # it is done, however it came to be
        return
    error = failure_of(connector, verb)
    if status in GONE:  # everything being gone, what the connection stands on is gone too
        assert error.permanent
        return
    assert error.status == status
    if status in (401, 402, 403, 429) or not (verb in OF_THE_CONNECTION or signs_in(client)):
        assert (error.permanent, error.scope) == (permanent, scope)
    if status >= 500:
        assert not error.permanent
    if waits is None:
        assert error.retry_after is None
    else:
        assert waits[0] - 5 <= error.retry_after <= waits[1]
    if status < 500 and status != 409:  # another may be at it
        assert not error.maybe_done


@cache
def signs_in(client) -> bool:
    """Whether a sign-in goes before a call: what fails may be that, and then it concerns all."""
    heard = []

    def listen(listening):
        with contextlib.suppress(OSError):
            while True:
                accepted, _address = listening.accept()
                with accepted:
                    heard.append(accepted.recv(4096))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=listen, args=[listening], daemon=True).start()
        connector = connector_of(client, f"http://127.0.0.1:{listening.getsockname()[1]}/api")
        with pytest.raises(ConnectorError):
            connector.read("t1")
        listening.shutdown(socket.SHUT_RDWR)
    return heard[0].startswith(b"POST")


NONSENSE = {
    "not JSON": b"{",
    "a page": b"<html><body>Sign in</body></html>",
    "nothing": b"",
    "null": b"null",
    "a list": b"[1, 2]",
    "a number": b"12",
    "a text": b'"hello"',
    "an empty object": b"{}",
    "other members": b'{"hello": {"world": []}}',
    "lists for objects": b'{"item": [], "data": [], "items": {}, "id": {}}',
    "not finite": b'{"id": NaN}',
    "deep": b"[" * 5000,
    "binary": bytes(range(256)),
}
# For these any success will do: nothing is read from the answer.
NEEDS_NO_ANSWER = ("delete", "delete comment", "download", "add attachment", "edit comment")


@every_verb
@pytest.mark.parametrize("body", NONSENSE)
def test_a_success_that_makes_no_sense_is_an_error_or_empty(httpserver, client, verb, body):
    httpserver.expect_request(ANYTHING).respond_with_data(
        NONSENSE[body], content_type="application/json"
    )
    _offered, call, writes = VERBS[verb]
    connector = connector_of(client, httpserver.url_for("/api"))
    try:
        result = call(connector)
    except ConnectorError as error:
        assert error.message.strip()
        if not signs_in(client):
            assert not error.permanent or not writes
            assert error.maybe_done or verb != "create"
        return
    if verb in NEEDS_NO_ANSWER or isinstance(result, (list, str, bytes)):
        return
    assert getattr(result, "id", ""), f"{verb} gave {result!r}"


@every_verb
def test_no_answer_at_all_is_an_error_in_words(raw_server, client, verb):
    address = raw_server(lambda accepted, done: None)
    connector = connector_of(client, f"{address}/api")
    error = failure_of(connector, verb)
    assert not error.permanent
    if not VERBS[verb][2]:
        assert not error.maybe_done or signs_in(client)


@every_verb
def test_a_cut_body_is_an_error_in_words(raw_server, client, verb):
    def cut(accepted, done):
        accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        accepted.sendall(b'Content-Length: 500\r\n\r\n{"id": 1, "data": {"id"')

    connector = connector_of(client, f"{raw_server(cut)}/api")
    error = failure_of(connector, verb)
    assert not error.permanent
    assert error.maybe_done or verb != "create" or signs_in(client)


@every_service
@pytest.mark.parametrize("verb", ["check", "create", "read"])
def test_a_slow_drip_is_cut(raw_server, client, verb):
    def drip(accepted, done):
        accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while not done.wait(0.05):
            accepted.sendall(b" ")

    limits = Limits(read_seconds=0.3, total_seconds=0.4, pause_between_tries=0)
    connector = connector_of(client, f"{raw_server(drip)}/api", limits=limits)
    error = failure_of(connector, verb)
    assert not error.permanent
    assert error.maybe_done or verb != "create" or signs_in(client)


@every_verb
def test_a_redirect_to_a_metadata_address_is_not_followed(httpserver, client, verb):
    httpserver.expect_request(ANYTHING).respond_with_response(
        Response("", 302, {"Location": "http://169.254.169.254/latest/meta-data/"})
    )
    error = failure_of(connector_of(client, httpserver.url_for("/api")), verb)
    assert error.permanent
    assert not error.maybe_done


@every_verb
def test_a_private_address_is_refused_before_anything_leaves(httpserver, client, verb):
    connector = connector_of(client, httpserver.url_for("/api"), allowed_networks=[])
    error = failure_of(connector, verb)
    assert error.permanent
    assert not error.maybe_done
    assert connector.writes == 0
    assert not httpserver.log


# Secrets and notes -------------------------------------------------------------------------------


@every_verb
def test_no_secret_reaches_the_journal_an_error_or_the_log(httpserver, client, verb, caplog):
    """Even from a service that repeats everything it was sent."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.CRITICAL, "werkzeug")
    journal = []

    def echo(request):
        said = {
            "message": f"{request.url} {dict(request.headers)}",
            "error": request.get_data(as_text=True),
            "secrets": [f"{SECRET}{name}" for name in client.Setup.secret_names()],
        }
        return Response(json.dumps(said), 422, content_type="application/json")

    httpserver.expect_request(ANYTHING).respond_with_handler(echo)
    connector = connector_of(client, httpserver.url_for("/api"), journal=journal.append)
    error = failure_of(connector, verb)
    assert journal
    ours = [record for record in caplog.records if record.name.startswith("integrations")]
    written = [error.message, repr(error), *map(repr, journal)]
    written += [record.getMessage() for record in ours]
    for text in written:
        assert SECRET not in text


@every_service
def test_a_note_never_leaves(httpserver, client):
    connector = connector_of(client, httpserver.url_for("/api"))
    if connector.capabilities.private_notes:
        return
    note = NewComment(body="He is a fool", public=False)
    with pytest.raises(ConnectorError) as caught:
        connector.add_comment("t1", note, reference=REFERENCE)
    assert caught.value.permanent
    assert not httpserver.log


@every_service
def test_a_webhook_of_nobody_is_not_genuine(client):
    setup = client.Setup(entered(client, "https://there.example/api"))
    assert setup.is_valid()
    for headers in ({}, {"Authorization": "x"}, {"X-Apideck-Signature": "x", "Signature": "ü"}):
        for body in (b"", b"{}", b"\xff", b'{"payload": {}}'):
            assert not client.verify_webhook(setup.cleaned_data, headers, body)


# Abilities ---------------------------------------------------------------------------------------


@every_service
def test_abilities_agree_with_each_other(client):
    connector = connector_of(client)
    can = connector.capabilities
    known = {*VALUES} - {"body_format"}
    assert can.fields <= known
    for names in (can.after_create, can.create_only, can.lossy):
        assert names <= can.fields
    assert not can.after_create or can.update
    assert not can.replaces or (can.delete and not can.update and can.create)
    assert not can.ticket_attachments or can.read_attachments
    assert not can.keeps_reference or can.can_find or can.replaces
    assert "title" in can.fields


# The mirror asks for these by the abilities alone.
NEVER_ASKED = ("find", "find comment", "begin", "all tickets", "attachments", "comments")


@every_service
def test_what_is_not_offered_says_so_in_words(client):
    connector = connector_of(client)
    for verb, (offered, call, _writes) in VERBS.items():
        if offered(connector.capabilities) or verb in NEVER_ASKED:
            continue
        with pytest.raises(ConnectorError) as caught:
            call(connector)
        assert caught.value.permanent
        assert connector.title in caught.value.message
