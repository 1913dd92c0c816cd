from django.db import migrations

LATEST = """
CREATE INDEX ticket_by_due_latest ON helpdesk_ticket (due_at DESC NULLS LAST, id DESC)
WHERE deleted_at IS NULL
"""


def build(apps, schema_editor):
    """Latest due first, what is not due still last. SQLite sorts nulls so by itself, and reads
    `ticket_by_due` from its end."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(LATEST)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX ticket_by_due_latest")


class Migration(migrations.Migration):
    dependencies = [("helpdesk", "0018_list_indexes")]

    operations = [migrations.RunPython(build, drop)]
