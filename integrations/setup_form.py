"""What a person enters to connect a service: the form that each service's `Setup` builds on."""

from __future__ import annotations

from typing import Any

from django import forms


class SecretField(forms.CharField):
    """A credential: never shown again, kept when left empty, encrypted where it is stored."""

    def __init__(self, **options: Any) -> None:
        attributes = {"autocomplete": "off"}
        options.setdefault("widget", forms.PasswordInput(attrs=attributes, render_value=False))
        super().__init__(**options)


class ThereField(forms.CharField):
    """The id of something there, such as a folder or project; `Connector.choices` lists them."""


class Setup(forms.Form):
    """What a person enters to connect a service. `cleaned_data` is JSON and is what `Client` gets.

    `stored`: the values entered before, when they are being edited.
    """

    def __init__(self, *args: Any, stored: dict[str, Any] | None = None, **options: Any) -> None:
        self.stored = stored or {}
        secrets = self.secret_names()
        shown = {name: value for name, value in self.stored.items() if name not in secrets}
        options["initial"] = shown | (options.get("initial") or {})
        super().__init__(*args, **options)
        for name in secrets:
            if self.stored.get(name):
                self.fields[name].required = False

    @classmethod
    def secret_names(cls) -> tuple[str, ...]:
        declared = cls.base_fields.items()
        return tuple(name for name, field in declared if isinstance(field, SecretField))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in self.secret_names():
            if not cleaned.get(name) and self.stored.get(name):
                cleaned[name] = self.stored[name]
        return cleaned
