"""Where the database searches: FTS5 on SQLite, stored tsvectors with GIN on PostgreSQL."""

from django.db import migrations

POSTGRESQL = [
    """ALTER TABLE helpdesk_searchdocument
       ADD COLUMN public_vector tsvector
           GENERATED ALWAYS AS (to_tsvector('simple', public)) STORED,
       ADD COLUMN both_vector tsvector
           GENERATED ALWAYS AS (to_tsvector('simple', public || ' ' || internal)) STORED""",
    "CREATE INDEX search_public ON helpdesk_searchdocument USING gin (public_vector)",
    "CREATE INDEX search_both ON helpdesk_searchdocument USING gin (both_vector)",
]
SQLITE = [
    """CREATE VIRTUAL TABLE helpdesk_fts
       USING fts5(public, internal, tokenize = "unicode61 remove_diacritics 0", prefix = '3')""",
]


def build(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE helpdesk_fts")
    else:
        schema_editor.execute(
            "ALTER TABLE helpdesk_searchdocument DROP COLUMN public_vector, DROP COLUMN both_vector"
        )


class Migration(migrations.Migration):
    dependencies = [("helpdesk", "0001_initial")]
    operations = [migrations.RunPython(build, drop)]
