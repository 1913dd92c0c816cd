"""Rows of a subquery as one JSON list, on both databases."""

from django.db.models import Aggregate, JSONField


class JsonList(Aggregate):
    """A list of what `JSONObject` makes of each row."""

    function = "JSONB_AGG"
    output_field = JSONField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **context)
