"""Words are read by PostgreSQL once for a ticket without internal notes, which most are.

`both_vector` was made of public and internal words for every ticket, at the cost of `public_vector`
once more. Now it is empty where nothing internal is said: `public_vector` has all words then. What
was stored before stays until a document is written anew, so that no row is touched here: a search
takes either.
"""

from django.db import migrations

BUILD = [
    "ALTER TABLE helpdesk_searchdocument ALTER COLUMN both_vector DROP EXPRESSION",
    """CREATE FUNCTION helpdesk_both_vector() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.both_vector := CASE WHEN NEW.internal <> ''
            THEN to_tsvector('simple', NEW.public || ' ' || NEW.internal) END;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER both_vector BEFORE INSERT OR UPDATE ON helpdesk_searchdocument FOR EACH ROW
    WHEN (NEW.internal <> '' OR NEW.both_vector IS NOT NULL)
    EXECUTE FUNCTION helpdesk_both_vector()""",
]
DROP = [
    "DROP TRIGGER both_vector ON helpdesk_searchdocument",
    "DROP FUNCTION helpdesk_both_vector",
    """ALTER TABLE helpdesk_searchdocument DROP COLUMN both_vector, ADD COLUMN both_vector tsvector
    GENERATED ALWAYS AS (to_tsvector('simple', public || ' ' || internal)) STORED""",
    "CREATE INDEX search_both ON helpdesk_searchdocument USING gin (both_vector)",
]


def build(apps, schema_editor):
    _carry_out(BUILD, schema_editor)


def drop(apps, schema_editor):
    _carry_out(DROP, schema_editor)


def _carry_out(statements, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in statements:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("helpdesk", "0027_forwards")]

    operations = [migrations.RunPython(build, drop)]
