"""Widgets of forms by Django's own templates, read as quickly as those of the pages; the commonest
are written without one."""

from collections.abc import Mapping
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import SafeData, SafeString

INPUTS = tuple(
    one.template_name
    for one in (
        forms.TextInput,
        forms.NumberInput,
        forms.EmailInput,
        forms.URLInput,
        forms.HiddenInput,
        forms.DateInput,
        forms.DateTimeInput,
        forms.TimeInput,
    )
)
TEXTAREA = forms.Textarea.template_name


class FormRenderer(DjangoTemplates):
    @cached_property
    def engine(self):
        return self.backend(
            {
                "APP_DIRS": False,
                "DIRS": [Path(forms.__file__).parent / self.backend.app_dirname],
                "NAME": "djangoforms",
                "OPTIONS": {"loaders": [settings.TEMPLATE_LOADER]},
            }
        )

    def render(self, template_name: str, context: dict, request: Any = None) -> SafeString:
        if template_name in INPUTS:
            return SafeString(_input(context["widget"]))
        if template_name == TEXTAREA:
            return SafeString(_textarea(context["widget"]))
        return super().render(template_name, context, request)


def _input(widget: dict) -> str:
    said = "" if widget["value"] is None else f' value="{_escaped(widget["value"])}"'
    begin = f'<input type="{_escaped(widget["type"])}" name="{_escaped(widget["name"])}"'
    return f"{begin}{said}{_attributes(widget['attrs'])}>"


def _textarea(widget: dict) -> str:
    begin = f'<textarea name="{_escaped(widget["name"])}"{_attributes(widget["attrs"])}>'
    return f"{begin}\n{_escaped(widget['value'] or '')}</textarea>"


def _attributes(given: Mapping[str, Any]) -> str:
    return "".join(
        f" {_escaped(name)}" if value is True else f' {_escaped(name)}="{_escaped(value)}"'
        for name, value in given.items()
        if value is not False
    )


def _escaped(value: Any) -> str:
    """As a template shows it, which leaves alone what is said to be safe."""
    return value if isinstance(value, SafeData) else escape(str(value))
