"""Importing tickets from CSV files."""

import io
import json
from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import OperationalError

from helpdesk import actions
from helpdesk.actor import system
from helpdesk.imports import jobs, running
from helpdesk.imports.mapping import Mapping, guess
from helpdesk.imports.reading import recognise, rows
from helpdesk.imports.rows import moment
from helpdesk.models import Change, CustomField, Job, Ticket, User
from tests.factories import actor_of, default_queue, make_agent

pytestmark = pytest.mark.django_db
BY = system("import")
HEADER = "Ref,Subject,Mail,Name,State\n"
COLUMNS = {
    "Ref": "source_ref",
    "Subject": "title",
    "Mail": "requester.email",
    "Name": "requester.name",
    "State": "status",
}


def prepared(text, columns=COLUMNS, values=None, **options) -> Job:
    content = text if isinstance(text, bytes) else text.encode()
    job = jobs.begin(ContentFile(content, name="old.csv"), by=BY)
    mapping = Mapping(columns, values or {}, options.pop("timezone", "UTC"), "old")
    jobs.prepare(job, mapping, default_queue(), by=BY, **options)
    return job


def imported(text, columns=COLUMNS, values=None, **options) -> Job:
    job = prepared(text, columns, values, **options)
    jobs.start(job, by=BY)
    running.run(job)
    assert job.state == Job.State.DONE, job.error
    return job


def counts(job):
    return tuple(job.progress[name] for name in ("imported", "unchanged", "refused"))


def reasons(job):
    return {row.number: row.message for row in job.rows.order_by("number")}


def test_rows_become_tickets_and_a_second_run_changes_nothing():
    text = HEADER + '1,"Two\nlines",cy@example.com,Cy,open\n2,Other,CY@example.com,Cyrus,Closed\n'
    assert counts(imported(text)) == (2, 0, 0)
    assert counts(imported(text)) == (0, 2, 0)
    first, second = Ticket.objects.order_by("pk")
    assert first.title == "Two lines" and first.source_ref == "1"
    assert first.requester == second.requester and second.requester_words == "Cyrus"
    assert second.status_category == "closed"
    assert User.objects.filter(role="customer").count() == 1


def test_nothing_is_announced_to_others_unless_asked():
    imported(HEADER + "1,One,,,\n")
    assert Change.objects.get().silent
    imported(HEADER + "2,Two,,,\n", announce=True)
    assert not Change.objects.order_by("pk").last().silent


def test_refused_rows_say_the_column_and_the_remedy():
    job = imported(
        HEADER
        + "1,,,,\n2,Two,nonsense,,\n3,Three,,,Mystery\n4,Four\n5,Five,,,open,more\n6,Six,,,\n"
    )
    assert counts(job) == (1, 0, 5)
    said = reasons(job)
    assert said[2].startswith("Subject: Enter a subject")
    assert said[3].startswith("Mail:")
    assert "There is no status “Mystery”. Known: New, Open" in said[4]
    assert said[5] == "This row has 2 cells, the header has 5."
    assert said[6] == "This row has 6 cells, the header has 5."


def test_the_second_row_with_a_reference_is_refused_and_names_the_first():
    job = imported(HEADER + "1,One,,,\n2,Two,,,\n1,Again,,,\n")
    assert counts(job) == (2, 0, 1)
    assert reasons(job)[4] == "Row 2 has the same reference."
    assert counts(imported(HEADER + "1,One,,,\n2,Two,,,\n1,Again,,,\n")) == (0, 2, 1)


def test_values_are_mapped_the_empty_cell_too():
    values = {"status": {"Pending": "waiting", "": "New"}}
    imported(HEADER + "1,One,,,Pending\n2,Two,,,\n", values=values)
    one, two = Ticket.objects.order_by("pk")
    assert (one.status_category, two.status_category) == ("waiting", "new")


def test_missing_custom_fields_are_made_as_text_and_types_by_name():
    columns = {"Ref": "source_ref", "Subject": "title", "Mail": "custom.product", "State": "type"}
    imported(HEADER + "1,One,GoPro,,Complaint\n", columns=columns)
    field = CustomField.objects.get(key="product")
    assert (field.kind, field.name) == ("text", "Mail")
    ticket = Ticket.objects.get()
    assert ticket.custom == {"product": "GoPro"} and ticket.type.name == "Complaint"


def test_original_times_are_kept_even_if_they_contradict_each_other_and_counted():
    text = "r,t,made,answered,solved\n1,One,2023-06-01 12:15,2023-06-02 1:00,2023-06-01 23:00\n"
    columns = {
        "r": "source_ref",
        "t": "title",
        "made": "created_at",
        "answered": "first_response_at",
        "solved": "resolved_at",
    }
    job = imported(text, columns=columns, timezone="Europe/Berlin")
    ticket = Ticket.objects.get()
    assert ticket.created_at == datetime(2023, 6, 1, 10, 15, tzinfo=UTC)
    assert ticket.resolved_at < ticket.first_response_at
    assert job.progress["contradicting"] == 1
    assert ticket.changes.get().at == ticket.created_at


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2022/07/26 12:33:39", datetime(2022, 7, 26, 12, 33, 39, tzinfo=UTC)),
        ("2023-06-01 7:29", datetime(2023, 6, 1, 7, 29, tzinfo=UTC)),
        ("2023-06-01T07:29:00+02:00", datetime(2023, 6, 1, 5, 29, tzinfo=UTC)),
        ("2023-06-01", datetime(2023, 6, 1, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_exports_write_them(written, expected):
    assert moment(written, "UTC") == expected


@pytest.mark.parametrize("written", ["01/02/2023", "yesterday", "2023-13-01", "2023-06-01 25:00"])
def test_times_that_could_mean_anything_are_refused(written):
    with pytest.raises(ValidationError, match="is no time"):
        moment(written, "UTC")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_in_usual_encodings_are_read(encoding):
    text = HEADER + "".join(f"{n},Grüße aus Köln über die Straße,,,\n" for n in range(20))
    imported(text.encode(encoding))
    assert Ticket.objects.first().title == "Grüße aus Köln über die Straße"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter):
    table = recognise(io.BytesIO(delimiter.join(["a", "b", "c"]).encode() + b"\n" * 2))
    assert (table.delimiter, table.columns) == (delimiter, ["a", "b", "c"])


@pytest.mark.parametrize("content", [b"", b"   \n", b"a,a\n1,2\n"])
def test_files_that_are_no_table_are_refused_in_words(content):
    with pytest.raises(ValidationError):
        recognise(io.BytesIO(content))


def test_bytes_that_are_no_text_end_in_refused_rows_or_a_refused_file_never_in_a_crash():
    garbage = bytes(range(256)) * 50
    try:
        table = recognise(io.BytesIO(garbage))
    except ValidationError:
        return
    list(rows(io.BytesIO(garbage), table))


def test_a_cell_too_long_is_a_refused_row_and_the_next_goes_on():
    job = imported(HEADER + f"1,{'x' * 600},,,\n2,Two,,,\n")
    assert counts(job) == (1, 0, 1)
    assert "Subject" in reasons(job)[2]


def test_a_shortcut_export_is_known_by_its_columns():
    columns = "id,url,title,description,type,state,requester,owners,created_at,updated_at,labels"
    line = (
        "12345,https://app.example/story/12345,As a developer,Text,feature,In progress,"
        'ana@example.com,"bo@example.com,cy@example.com",2022/07/26 12:33:39,'
        '2022/07/26 12:33:46,"front-end, ux"\n'
    )
    bo = make_agent("Bo")
    User.objects.filter(pk=bo.pk).update(email="bo@example.com")
    job = imported(f"{columns}\n{line}", columns=guess(columns.split(",")))
    ticket = Ticket.objects.get()
    assert (ticket.source_ref, str(ticket.status), str(ticket.type)) == (
        "12345",
        "In progress",
        "feature",
    )
    assert ticket.assignee == bo and ticket.requester.email == "ana@example.com"
    assert [tag.name for tag in ticket.tag_list] == ["front-end", "ux"]
    assert ticket.updated_at == datetime(2022, 7, 26, 12, 33, 46, tzinfo=UTC)
    assert "cy@example.com" in reasons(job)[2]
    assert ticket.extra == {"import": {"assignees": ["cy@example.com"]}}


def test_a_paused_import_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setitem(running.BATCHES, "sqlite", 2)
    monkeypatch.setitem(running.BATCHES, "postgresql", 2)
    job = prepared(HEADER + "".join(f"{n},Ticket {n},,,\n" for n in range(1, 8)))
    jobs.start(job, by=BY)
    running.run(job, seconds=0)
    assert job.progress["imported"] == 2 and job.state == Job.State.RUNNING
    jobs.pause(job, by=BY)
    assert running.run(job) is False
    jobs.start(job, by=BY)
    assert running.run_jobs() == 1
    job.refresh_from_db()
    assert counts(job) == (7, 0, 0) and job.done == 7


def test_a_batch_that_dies_is_done_again_and_only_once(monkeypatch):
    job = prepared(HEADER + "1,One,,,\n2,Two,,,\n")
    jobs.start(job, by=BY)

    def die(*args, **kwargs):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(running.JobRow.objects, "bulk_create", die)
        with pytest.raises(SystemExit):
            running.run(job)
    assert not Ticket.objects.exists()
    running.run(job)
    assert counts(job) == (2, 0, 0) and Ticket.objects.count() == 2


def test_an_import_that_meets_a_fault_of_ours_stops_and_says_so(monkeypatch):
    job = prepared(HEADER + "1,One,,,\n")
    jobs.start(job, by=BY)

    def fail(*args, **kwargs):
        raise KeyError("k")

    monkeypatch.setattr(running.actions, "open_tickets", fail)
    assert running.run(job) is True
    assert job.state == "failed" and "KeyError" in job.error


def test_an_import_whose_database_is_away_is_taken_up_again(monkeypatch):
    job = prepared(HEADER + "1,One,,,\n")
    jobs.start(job, by=BY)

    def fail(*args, **kwargs):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(running.actions, "open_tickets", fail)
        with pytest.raises(OperationalError):
            running.run(job)
    running.run(job)
    assert counts(job) == (1, 0, 0)


def test_two_workers_never_run_one_import_together():
    job = prepared(HEADER + "1,One,,,\n")
    jobs.start(job, by=BY)
    Job.objects.update(leased_until=datetime(2999, 1, 1, tzinfo=UTC))
    assert running.run(job) is False


def test_a_dry_run_says_what_would_happen_and_keeps_nothing():
    actions.open_ticket(by=BY, title="Here", source="old", source_ref="1")
    columns = COLUMNS | {"State": "custom.state", "Name": "tags"}
    job = prepared(HEADER + "1,One,,,\n2,Two,new@example.com,fresh,x\n3,,,,\n", columns=columns)
    tried = [(row.number, made and made.exists, why) for row, made, why in running.dry_run(job)]
    assert tried[:2] == [(2, True, []), (3, False, [])]
    assert tried[2][1] is None and "Subject" in tried[2][2][0]
    assert Ticket.objects.count() == 1
    assert not CustomField.objects.exists() and not User.objects.exists()


def test_only_administrators_import():
    with pytest.raises(PermissionDenied):
        jobs.begin(ContentFile(b"a,b\n", name="x.csv"), by=actor_of(make_agent()))


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ({"columns": {"a": "nonsense"}}, "no target “nonsense”"),
        ({"columns": {"a": "assignee__password"}}, "no target"),
        ({"columns": {"a": "body"}}, "needs a subject"),
        ({"columns": {"a": "title", "b": "title"}}, "Two columns"),
        ({"columns": []}, "names a target"),
        ({"columns": {"a": "title"}, "values": {"status": 1}}, "names our value"),
        ([], "is an object"),
    ],
)
def test_a_wrong_map_is_refused_in_words(stored, words):
    with pytest.raises(ValidationError, match=words):
        Mapping.from_json(stored)


def test_refused_rows_come_back_as_csv_without_formulas():
    job = imported(HEADER + "=1+1,,a,,\n")
    lines = list(jobs.refused_csv(job))
    assert lines[0].startswith("Row,Reason,Ref,Subject")
    assert "'=1+1" in lines[1]


def test_the_command_imports_and_says_its_counts(tmp_path, capsys):
    (tmp_path / "old.csv").write_text(HEADER + "1,One,,,\n2,,,,\n")
    (tmp_path / "map.json").write_text(json.dumps({"columns": COLUMNS}))
    options = {"queue": "support", "source": "old", "map": tmp_path / "map.json"}
    call_command("import_tickets", str(tmp_path / "old.csv"), dry_run=True, **options)
    assert capsys.readouterr().out.endswith("imported 1, unchanged 0, refused 1\n")
    assert not Job.objects.exists()
    refused = tmp_path / "refused.csv"
    call_command("import_tickets", str(tmp_path / "old.csv"), refused=refused, **options)
    assert capsys.readouterr().out == "imported 1, unchanged 0, refused 1\n"
    assert "Enter a subject" in refused.read_text()
    with pytest.raises(CommandError, match="no queue “nowhere”"):
        call_command("import_tickets", str(tmp_path / "old.csv"), **options | {"queue": "nowhere"})


@pytest.mark.parametrize(
    ("stored", "options", "words"),
    [
        ({"columns": COLUMNS}, {"encoding": "klingon"}, "no encoding “klingon”"),
        ({"columns": COLUMNS}, {"encoding": "base64"}, "no encoding “base64”"),
        ({"columns": COLUMNS}, {"delimiter": ";;"}, "one character"),
        ({"columns": COLUMNS}, {"timezone": "Mars/North"}, "no time zone"),
        ({"columns": {"Other": "title"}}, {}, "no column “Other”"),
        ([], {}, "an object with"),
        ({}, {}, "names a target for each column"),
    ],
)
def test_the_command_refuses_in_words_and_leaves_nothing_behind(tmp_path, stored, options, words):
    (tmp_path / "old.csv").write_text(HEADER + "1,One,,,\n")
    (tmp_path / "map.json").write_text(json.dumps(stored))
    options = {"queue": "support", "source": "old", "map": tmp_path / "map.json", **options}
    with pytest.raises(CommandError, match=words):
        call_command("import_tickets", str(tmp_path / "old.csv"), **options)
    assert not Job.objects.exists()


def test_a_quotation_mark_that_is_never_closed_swallows_no_rows_silently():
    job = imported(HEADER + '1,One,,,\n2,"Two,,,\n3,Three,,,\n')
    assert counts(job) == (1, 0, 1)
    assert "never closed" in reasons(job)[3]
    whole = imported(HEADER + '4,"Four",,,"open"')
    assert counts(whole) == (1, 0, 0)


def test_bytes_of_another_encoding_are_refused_and_not_replaced(tmp_path, capsys):
    (tmp_path / "old.csv").write_bytes(HEADER.encode() + b"1,One,,,\n2,Gr\xf6\xdfe,,,\n")
    (tmp_path / "map.json").write_text(json.dumps({"columns": COLUMNS}))
    options = {"queue": "support", "source": "old", "map": tmp_path / "map.json"}
    refused = tmp_path / "refused.csv"
    options |= {"encoding": "utf-8", "refused": refused}
    call_command("import_tickets", str(tmp_path / "old.csv"), **options)
    assert capsys.readouterr().out == "imported 1, unchanged 0, refused 1\n"
    assert "bytes that are not utf-8" in refused.read_text()
