from django.db import migrations

PEOPLE = ("requester", "assignee")
LATEST = """
CREATE INDEX ticket_{by}_by_due_latest ON helpdesk_ticket ({by}_id, due_at DESC NULLS LAST, id DESC)
WHERE deleted_at IS NULL
"""


def build(apps, schema_editor):
    """Latest due first of one person, who has few of all tickets; see 0019."""
    if schema_editor.connection.vendor == "postgresql":
        for by in PEOPLE:
            schema_editor.execute(LATEST.format(by=by))


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for by in PEOPLE:
            schema_editor.execute(f"DROP INDEX ticket_{by}_by_due_latest")


class Migration(migrations.Migration):
    dependencies = [("helpdesk", "0025_mail_grants_and_tests")]

    operations = [migrations.RunPython(build, drop)]
