"""Files of our Onna endpoint, by TUS."""

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk import actions
from helpdesk.models import Attachment
from integrations.models import Record
from tests.integrations.onna.caller import Caller, refused, ticket_of

pytestmark = pytest.mark.django_db


def named(name: str) -> str:
    return f"name {base64.b64encode(name.encode()).decode()}"


def begin(api, identity, length=10, name="log.txt"):
    answer = api.tus("POST", identity, Upload_Length=length, Upload_Metadata=named(name))
    assert answer.status_code == 200, answer.content
    return answer


def files_of(identity: str) -> list[tuple[str, bytes]]:
    rows = ticket_of(identity).attachments.filter(state="stored", deleted_at=None).order_by("pk")
    return [(one.name, one.file.read()) for one in rows]


def test_what_is_spoken_is_told(api):
    answer = api.tus("OPTIONS", api.create())
    assert (answer.status_code, answer["Tus-Version"]) == (204, "1.0.0")
    assert "creation" in answer["Tus-Extension"] and int(answer["Tus-Max-Size"]) > 0
    assert answer["Tus-Resumable"] == "1.0.0"


def test_a_file_comes_in_pieces_and_lies_on_its_ticket(api):
    ticket = api.create()
    assert begin(api, ticket)["Upload-Offset"] == "0"
    for offset, piece in ((0, b"0123"), (4, b"45678"), (9, b"9")):
        head = api.tus("HEAD", ticket)
        assert (head.status_code, head["Upload-Offset"]) == (200, str(offset))
        assert (head["Upload-Length"], head["Upload-Metadata"]) == ("10", named("log.txt"))
        answer = api.tus("PATCH", ticket, piece, Upload_Offset=offset)
        assert (answer.status_code, answer["Upload-Offset"]) == (200, str(offset + len(piece)))
    assert files_of(ticket) == [("log.txt", b"0123456789")]
    assert api.tus("HEAD", ticket)["Upload-Offset"] == "10"
    assert Attachment.objects.count() == 1  # no piece is left


def test_a_whole_file_in_one_request(api):
    ticket = api.create()
    answer = api.tus("PUT", ticket, b"whole", Upload_Metadata=named("a.txt"))
    assert answer.status_code == 201
    assert files_of(ticket) == [("a.txt", b"whole")]


def test_an_empty_file_is_there_at_once(api):
    ticket = api.create()
    begin(api, ticket, length=0)
    assert files_of(ticket) == [("log.txt", b"")]


def test_a_length_may_come_later(api):
    ticket = api.create()
    assert api.tus("POST", ticket, Upload_Defer_Length=1).status_code == 200
    api.tus("PATCH", ticket, b"01", Upload_Offset=0)
    assert api.tus("HEAD", ticket)["Upload-Defer-Length"] == "1"
    api.tus("PATCH", ticket, b"2", Upload_Offset=2, Upload_Length=3)
    assert files_of(ticket) == [("file", b"012")]


def test_without_a_length_it_does_not_grow_beyond_what_a_file_may_have(api, settings):
    settings.MAX_UPLOAD_MB = 1
    ticket = api.create()
    api.tus("POST", ticket, Upload_Defer_Length=1)
    half = b"x" * (600 * 1024)
    assert api.tus("PATCH", ticket, half, Upload_Offset=0).status_code == 200
    refused(api.tus("PATCH", ticket, half, Upload_Offset=len(half)), 413)
    assert api.tus("HEAD", ticket)["Upload-Offset"] == str(len(half))


def test_it_comes_in_so_many_pieces_and_no_more(api, monkeypatch):
    monkeypatch.setattr("integrations.gateway.uploads.MOST_PIECES", 2)
    ticket = api.create()
    begin(api, ticket)
    for offset in (0, 1):
        assert api.tus("PATCH", ticket, b"x", Upload_Offset=offset).status_code == 200
    refused(api.tus("PATCH", ticket, b"x", Upload_Offset=2), 413)


def test_an_upload_is_begun_anew_until_it_is_complete(api):
    ticket = api.create()
    begin(api, ticket)
    api.tus("PATCH", ticket, b"0123", Upload_Offset=0)
    begin(api, ticket, length=3, name="b.txt")
    assert api.tus("HEAD", ticket)["Upload-Offset"] == "0"
    api.tus("PATCH", ticket, b"abc", Upload_Offset=0)
    assert files_of(ticket) == [("b.txt", b"abc")]
    assert "one" in refused(api.tus("POST", ticket, Upload_Length=3), 412)
    assert Attachment.objects.count() == 1


def test_a_piece_at_another_offset_is_refused_and_told_the_right_one(api):
    ticket = api.create()
    begin(api, ticket)
    api.tus("PATCH", ticket, b"0123", Upload_Offset=0)
    for offset in (0, 3, 5, 10**9):
        answer = api.tus("PATCH", ticket, b"x", Upload_Offset=offset)
        assert (answer["Upload-Offset"], refused(answer, 412)) is not None
    assert api.tus("HEAD", ticket)["Upload-Offset"] == "4"


def test_more_than_was_announced_is_refused(api):
    ticket = api.create()
    begin(api, ticket, length=3)
    refused(api.tus("PATCH", ticket, b"0123", Upload_Offset=0), 413)
    assert files_of(ticket) == []


def test_a_file_larger_than_the_limit_is_refused(api, settings):
    settings.MAX_UPLOAD_MB = 1
    ticket = api.create()
    refused(api.tus("POST", ticket, Upload_Length=1024 * 1024 + 1), 413)
    refused(api.tus("PUT", ticket, b"x" * (1024 * 1024 + 1)), 413)
    assert files_of(ticket) == []


@pytest.mark.parametrize("value", ["x", "-1", ""])
def test_wrong_numbers_are_422(api, value):
    ticket = api.create()
    refused(api.tus("POST", ticket, Upload_Length=value), 422)
    refused(api.tus("PATCH", ticket, b"x", Upload_Offset=value), 422)


def test_what_is_missing_is_422_and_what_was_not_begun_404(api):
    ticket = api.create()
    refused(api.tus("POST", ticket), 422)
    refused(api.tus("PATCH", ticket, b"x"), 422)
    refused(api.tus("PATCH", ticket, b"x", Upload_Offset=0), 404)
    assert api.tus("HEAD", ticket).status_code == 404
    refused(api.tus("POST", ticket, Upload_Length=1, Upload_Metadata="name ***"), 422)


def test_another_version_is_412_and_another_content_type_415(api):
    ticket = api.create()
    answer = api.tus("POST", ticket, Tus_Resumable="0.2.2")
    assert (answer["Tus-Version"], bool(refused(answer, 412))) == ("1.0.0", True)
    begin(api, ticket)
    answer = api.call("PATCH", f"/upload/{ticket}/tus", "{}", headers={"Upload-Offset": "0"})
    refused(answer, 415)


def test_an_abandoned_upload_is_cleaned_up(api):
    ticket = api.create()
    begin(api, ticket)
    api.tus("PATCH", ticket, b"0123", Upload_Offset=0)
    old = timezone.now() - timedelta(days=2)
    Attachment.objects.update(created_at=old)
    Record.objects.filter(kind="upload").update(created_at=old)
    assert actions.delete_unclaimed() == 1
    assert api.tus("HEAD", ticket).status_code == 404
    assert not Record.objects.filter(kind="upload").exists()
    other = api.create(ref="2")
    begin(api, other, length=1)
    api.tus("PATCH", other, b"x", Upload_Offset=0)
    assert files_of(other) == [("log.txt", b"x")]


# Resources beside a ticket -----------------------------------------------------------------------


def new_file(api, ref="12345/a", **said):
    said = {"onna_parent_id": api.folder, "ref": ref, "url": "", "name": "b.txt", **said}
    return api.post("/resources/files", said)


def test_further_files_lie_beside_the_ticket(api):
    ticket = api.create()
    api.tus("PUT", ticket, b"one", Upload_Metadata=named("a.txt"))
    made = new_file(api)
    identity = made.json()["onna_id"]
    assert made.status_code == 201 and identity.startswith("fs")
    assert new_file(api).json()["onna_id"] == identity
    api.tus("PUT", identity, b"two", Upload_Metadata=named("b.txt"))
    assert files_of(ticket) == [("a.txt", b"one"), ("b.txt", b"two")]
    read = api.get(f"/resources/files/{identity}").json()
    assert read["ref"] == "12345/a" and read["onna_id"] == identity and read["url"] == ""
    assert api.call("DELETE", f"/resources/files/{identity}").status_code == 204
    assert files_of(ticket) == [("a.txt", b"one")]
    refused(api.get(f"/resources/files/{identity}"), 404)


def test_a_file_of_no_ticket_is_refused(api):
    api.create()
    assert "ref" in refused(new_file(api, "99/a"), 422)
    assert "ref" in refused(new_file(api, "123456"), 422)
    refused(new_file(api, onna_parent_id="fd" + "0" * 30), 404)
    refused(api.post("/resources/files", {"ref": "12345/a"}), 422)


def test_files_of_another_key_are_not_there(api):
    api.create()
    identity = new_file(api).json()["onna_id"]
    stranger = Caller()
    assert stranger.tus("HEAD", identity).status_code == 404
    refused(stranger.get(f"/resources/files/{identity}"), 404)


def test_files_of_a_deleted_ticket_are_gone(api):
    ticket = api.create()
    identity = new_file(api).json()["onna_id"]
    api.call("DELETE", f"/resources/tickets/{ticket}")
    refused(api.get(f"/resources/files/{identity}"), 404)
    assert api.tus("HEAD", identity).status_code == 404
    refused(api.tus("POST", ticket, Upload_Length=1), 404)
