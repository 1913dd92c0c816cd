"""The session that every connector talks through, against servers that misbehave."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from werkzeug import Response

from helpdesk.outbound.fence import is_allowed, networks
from integrations.connector import ConnectorError
from integrations.exchange import Limits

KEY = "s3cret/key +1"


@pytest.fixture
def session(httpserver, open_session):
    def add_key(request):
        request.query["key"] = KEY
        request.headers["Authorization"] = f"Bearer {KEY}"

    return open_session(
        httpserver.url_for("/v1"),
        authenticate=add_key,
        secrets=[KEY],
        secret_names=["key"],
        explain=lambda body: body.get("message"),
    )


def failure(call, *arguments, **options) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        call(*arguments, **options)
    return caught.value


def test_an_answer_is_read_to_its_end(httpserver, session):
    httpserver.expect_request("/v1/things", query_string={"a": "1", "key": KEY}).respond_with_json(
        {"ä": [1]}
    )

    answer = session.get("/things", query={"a": 1, "left out": None})

    assert session.json(answer) == {"ä": [1]}


def test_the_origin_is_sent_and_the_installation_that_answers_is_remembered(httpserver, session):
    httpserver.expect_request("/v1/", headers={"Helpdesk-Origin": "one/7/abc"}).respond_with_data(
        headers={"Helpdesk-Installation": "two"}
    )

    session.post("/", payload={}, origin="one/7/abc")

    assert session.installation == "two"


@pytest.mark.parametrize(
    ("status", "permanent", "scope", "maybe_done"),
    [
        (400, True, "ticket", False),
        (401, True, "connection", False),
        (402, True, "connection", False),
        (403, True, "connection", False),
        (404, True, "ticket", False),
        (405, True, "ticket", False),
        (408, False, "ticket", True),
        (409, False, "ticket", False),
        (410, True, "ticket", False),
        (413, True, "ticket", False),
        (418, True, "ticket", False),
        (422, True, "ticket", False),
        (429, False, "connection", False),
        (500, False, "ticket", True),
        (501, True, "ticket", False),
        (502, False, "connection", True),
        (503, False, "connection", True),
        (599, False, "connection", True),
    ],
)
def test_a_refused_post_says_what_it_stops(
    httpserver, session, status, permanent, scope, maybe_done
):
    httpserver.expect_request("/v1/").respond_with_json({"message": "No."}, status=status)

    error = failure(session.post, "/", payload={})

    assert (error.permanent, error.scope, error.maybe_done) == (permanent, scope, maybe_done)
    assert error.status == status
    assert error.gone is (status in (404, 410))
    assert error.message.startswith("Acme ") and "It said: No." in error.message


def test_a_get_is_tried_again_once_when_the_service_is_out_of_order(httpserver, session):
    httpserver.expect_ordered_request("/v1/").respond_with_data(status=503)
    httpserver.expect_ordered_request("/v1/").respond_with_json([])

    assert session.json(session.get("/")) == []


def test_a_post_is_never_repeated_after_a_failure(httpserver, session):
    httpserver.expect_request("/v1/").respond_with_data(status=503)

    failure(session.post, "/", payload={})

    assert len(httpserver.log) == 1


def test_a_short_wait_is_waited_for(httpserver, session):
    httpserver.expect_ordered_request("/v1/").respond_with_data(
        status=429, headers={"Retry-After": "2"}
    )
    httpserver.expect_ordered_request("/v1/").respond_with_json({}, status=201)

    assert session.post("/", payload={}).status == 201


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, 60),
        ("", 60),
        ("soon", 60),
        ("nan", 60),
        ("30", 30),
        ("1e9", 3600),
        ("1000000000", 3600),
        ("inf", 3600),
        (format_datetime(datetime(2999, 1, 1, tzinfo=UTC), usegmt=True), 3600),
    ],
)
def test_a_long_wait_is_handed_on_within_reason(httpserver, session, said, seconds):
    headers = {} if said is None else {"Retry-After": said}
    httpserver.expect_request("/v1/").respond_with_data(status=429, headers=headers)

    assert failure(session.get, "/").retry_after == seconds
    assert len(httpserver.log) == 1


@pytest.mark.parametrize("unit", [1, 1000])
def test_a_limit_may_say_in_headers_of_its_own_when_it_begins_anew(httpserver, session, unit):
    moment = (datetime.now(UTC) + timedelta(seconds=90)).timestamp()
    answers = [
        ({"X-Downstream-RateLimit-Reset": "45"}, 45),
        ({"X-Downstream-RateLimit-Reset": str(int(moment * unit))}, 90),
        ({"X-Downstream-RateLimit-Reset": "45", "Retry-After": "7"}, 7),
        ({"X-RateLimit-Reset": "soon"}, 60),
    ]
    for headers, seconds in answers:
        httpserver.expect_oneshot_request("/v1/").respond_with_data(status=429, headers=headers)

        assert failure(session.get, "/").retry_after == pytest.approx(seconds, abs=20)
    httpserver.expect_oneshot_request("/v1/").respond_with_data(
        status=403, headers={"X-RateLimit-Reset": "45"}
    )
    assert failure(session.get, "/").retry_after is None


def test_a_wait_until_a_date_is_counted_in_seconds(httpserver, session):
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    httpserver.expect_request("/v1/").respond_with_data(status=429, headers={"Retry-After": date})

    assert failure(session.get, "/").retry_after == pytest.approx(90, abs=3)


def test_a_date_in_the_past_means_at_once(httpserver, session):
    httpserver.expect_request("/v1/").respond_with_data(
        status=429, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    )

    assert failure(session.get, "/").retry_after == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_a_metadata_address_is_not_followed(httpserver, session, status):
    httpserver.expect_request("/v1/").respond_with_data(
        status=status, headers={"Location": "http://169.254.169.254/latest/meta-data/"}
    )

    error = failure(session.get, "/")

    assert error.permanent and error.scope == "connection"
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]
)
def test_a_private_address_is_refused_before_anything_is_sent(httpserver, open_session, host):
    session = open_session(f"http://{host}:{httpserver.port}", allowed_networks=[])

    error = failure(session.get, "/")

    assert error.permanent and error.scope == "connection" and "OUTBOUND_ALLOW" in error.message
    assert httpserver.log == []


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch, open_session):
    addresses = [(2, 1, 6, "", (found, 80)) for found in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr("helpdesk.outbound.fence.socket.getaddrinfo", lambda *a, **o: addresses)

    error = failure(open_session("http://rebinding.example").get, "/")

    assert "10.0.0.1" in error.message


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
    ],
)
def test_addresses_that_are_not_public_are_fenced(address):
    assert not is_allowed(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1", "64:ff9b::5db8:d822"])
def test_public_addresses_are_free(address):
    assert is_allowed(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1"])
def test_an_operator_can_allow_a_network(address):
    assert is_allowed(address, networks(["127.0.0.0/8"]))
    assert not is_allowed("10.0.0.1", networks(["127.0.0.0/8"]))


def test_a_body_that_drips_is_cut_at_the_deadline(raw_server, open_session):
    def drip(connection, done):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
        while not done.wait(0.05):
            connection.sendall(b"x")

    error = failure(open_session(raw_server(drip)).post, "/", payload={})

    assert "longer than 0.6 s" in error.message
    assert error.maybe_done and not error.permanent and error.scope == "connection"


def test_headers_that_drip_are_cut_at_the_deadline(raw_server, open_session):
    def drip(connection, done):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not done.wait(0.05):
            connection.sendall(b"x")

    error = failure(open_session(raw_server(drip)).post, "/", payload={})

    assert "longer than 0.6 s" in error.message


def test_a_body_without_length_that_is_cut_at_the_deadline_is_no_answer(raw_server, open_session):
    def drip(connection, done):
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}")
        while not done.wait(0.05):
            connection.sendall(b" ")

    assert failure(open_session(raw_server(drip)).post, "/", payload={}).maybe_done


def test_silence_after_a_post_leaves_open_whether_it_was_done(raw_server, open_session):
    error = failure(
        open_session(raw_server(lambda connection, done: done.wait(2))).post, "/", payload={}
    )

    assert error.maybe_done and "did not answer in time" in error.message


def test_a_cut_body_is_no_answer(raw_server, open_session):
    def cut(connection, done):
        connection.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"item": {"id": "7')

    error = failure(open_session(raw_server(cut)).post, "/", payload={})

    assert error.maybe_done and not error.permanent


def test_a_connection_closed_without_a_word_after_a_put_may_simply_be_repeated(
    raw_server, open_session
):
    error = failure(open_session(raw_server(lambda connection, done: None)).put, "/", payload={})

    assert not error.maybe_done and not error.permanent


def test_an_answer_that_is_too_large_is_not_read(httpserver, open_session):
    session = open_session(httpserver.url_for(""), limits=Limits(answer_bytes=1024 * 1024))
    httpserver.expect_request("/").respond_with_data(b"x" * (1024 * 1024 + 1))

    assert "more than 1 MB" in failure(session.get, "/").message


def test_a_compressed_answer_is_not_unpacked(httpserver, session):
    httpserver.expect_request("/v1/").respond_with_data(
        b"\x1f\x8b", headers={"Content-Encoding": "gzip"}
    )

    assert "compressed" in failure(session.get, "/").message


def test_a_service_that_is_not_there_can_be_tried_again(open_session):
    error = failure(open_session("http://127.0.0.1:1").post, "/", payload={})

    assert not error.permanent and not error.maybe_done and "cannot be reached" in error.message


def test_an_unknown_host_is_named(monkeypatch, open_session):
    def fail(*arguments, **options):
        raise __import__("socket").gaierror(-2, "Name or service not known")

    monkeypatch.setattr("helpdesk.outbound.fence.socket.getaddrinfo", fail)

    assert "no-such.example" in failure(open_session("https://no-such.example").get, "/").message


def test_a_server_without_tls_behind_https_gets_nothing(httpserver, open_session):
    error = failure(
        open_session(httpserver.url_for("").replace("http:", "https:")).post, "/", payload={}
    )

    assert not error.maybe_done and "certificate" in error.message
    assert httpserver.log == []


@pytest.mark.parametrize("address", ["ftp://example.org", "example.org", "http://", "http://a:b"])
def test_an_address_that_is_none_is_refused_with_words(open_session, address):
    assert "https://" in failure(open_session, address).message


@pytest.mark.parametrize("body", ["<html>Sign in</html>", "", '{"a": NaN}', "[" * 100_000])
def test_what_is_not_json_is_said_in_words(httpserver, session, body):
    httpserver.expect_request("/v1/").respond_with_data(body)

    error = failure(session.json, session.get("/"), maybe_done=True)

    assert "not JSON" in error.message and error.maybe_done


def test_no_secret_reaches_the_journal_the_log_or_a_repr(
    httpserver, session, journal, caplog, open_session
):
    caplog.set_level("DEBUG")
    httpserver.expect_request("/v1/").respond_with_handler(
        lambda request: Response(
            f'{{"message": "bad key {KEY}", "access_token": "abc123", "url": "{request.url}"}}',
            status=400,
        )
    )

    error = failure(session.post, "/", query={"page": 1}, payload={"password": "hunter2", "k": KEY})

    logged = [log.getMessage() for log in caplog.records if log.name.startswith("integrations")]
    assert logged
    written = f"{journal} {logged} {session!r} {error!r} {session.redactor!r}"
    for secret in (KEY, "s3cret", "abc123", "hunter2"):
        assert secret not in written
    assert "page=1" in journal[0].url and "key=[redacted]" in journal[0].url


def test_each_try_is_in_the_journal_with_its_outcome(httpserver, session, journal):
    httpserver.expect_ordered_request("/v1/a").respond_with_data("down", status=502)
    httpserver.expect_ordered_request("/v1/a").respond_with_data('{"fine": "ü"}')

    session.get("/a", origin="one/7/abc")

    assert [entry.status for entry in journal] == [502, 200]
    assert journal[0].error and not journal[1].error
    assert journal[1].response_body == '{"fine": "ü"}'
    assert journal[1].origin == "one/7/abc"


def test_long_and_binary_bodies_are_kept_short_in_the_journal(httpserver, session, journal):
    httpserver.expect_request("/v1/").respond_with_data(b"\0" * 99, content_type="image/png")

    session.post("/", body=b"\xff" * 5000, content_type="multipart/form-data; boundary=x")
    session.post("/", payload={"text": "x" * 9000})

    assert journal[0].request_body == "<multipart/form-data, 5000 bytes>"
    assert journal[0].response_body == "<image/png, 99 bytes>"
    assert len(journal[1].request_body) == 4000


def test_the_budget_is_asked_before_every_request(httpserver, open_session, journal):
    def spent():
        raise ConnectorError("Wait.", permanent=False, scope="connection", retry_after=7)

    session = open_session(httpserver.url_for(""), budget=spent)

    assert failure(session.get, "/").retry_after == 7
    assert httpserver.log == [] and journal == []
