"""Conditions of custom fields as sentences."""

from django.utils.translation import gettext as _

from helpdesk.models import CustomField, FieldRule, custom_values
from helpdesk.models.configuration import configuration
from helpdesk.web.forms.settings import TEST_WORDS


def rule_words(row: FieldRule) -> str:
    """A condition as a sentence."""
    known = configuration()
    parts = [_test_words(one) for one in row.tests]
    word = _("or") if row.any_test else _("and")
    places = [known.queues.get(row.queue_id), known.types.get(row.type_id)]
    words = f" {word} ".join(parts) if parts else _("always")
    left = ", ".join(filter(None, map(custom_values.option_label, row.options)))
    said = row.get_effect_display() + (f" ({left})" if left else "")
    where = " · ".join(str(one) for one in places if one is not None)
    return f"{said}: {words}" + (f" ({where})" if where else "")


def _test_words(test: dict) -> str:
    known, name = configuration(), test["field"]
    rows = {"queue": known.queues, "type": known.types, "tags": known.tags}.get(name)
    labels = {"queue": _("Queue"), "type": _("Type"), "tags": _("Tags"), "priority": _("Priority")}
    custom: CustomField | None = known.fields.get(name.removeprefix("custom."))
    label = labels.get(name) or (custom.name if custom else name)
    values = [
        str(rows[int(word)])
        if rows and int(word) in rows
        else custom_values.option_label(word) or word
        for word in test["values"]
    ]
    return " ".join([label, str(TEST_WORDS[test["is"]]), ", ".join(values)]).strip()


def _value_words(rows, word: str) -> str:
    if rows is not None:
        return str(rows[int(word)]) if int(word) in rows else word
    return custom_values.option_label(word) or word
