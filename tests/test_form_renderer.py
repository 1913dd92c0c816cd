"""The commonest widgets are written without a template, and say what Django's templates say."""

from datetime import datetime

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from helpdesk.form_renderer import INPUTS, FormRenderer

WIDGETS = [
    forms.TextInput(),
    forms.NumberInput(attrs={"min": 1, "step": 0.5}),
    forms.EmailInput(attrs={"required": True, "disabled": False, "class": 'a"b'}),
    forms.URLInput(attrs={"title": gettext_lazy("Reply"), "data-<x>": "'"}),
    forms.HiddenInput(),
    forms.DateInput(),
    forms.DateTimeInput(attrs={"type": "datetime-local"}),
    forms.TimeInput(),
    forms.Textarea(attrs={"rows": 3, "data-autosize": True}),
]
VALUES = [None, "", 0, "<b>\"'&", mark_safe("<i>"), 12_345, datetime(2026, 3, 1, 9, 5), "\nline"]


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_widget_is_written_as_django_writes_it(widget, value):
    attrs = {"id": "id_x", "aria-describedby": "x_error"}
    said = [widget.render("a<b", value, attrs, one()) for one in (DjangoTemplates, FormRenderer)]
    assert said[0] == said[1]


def test_a_widget_of_another_kind_has_its_template():
    select = forms.Select(choices=[("a", "A"), ("b", "B")])
    said = [select.render("x", "b", None, one()) for one in (DjangoTemplates, FormRenderer)]
    assert said[0] == said[1]
    assert select.template_name not in INPUTS
