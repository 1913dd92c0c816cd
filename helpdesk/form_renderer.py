"""Widgets of forms by Django's own templates, read as quickly as those of the pages."""

from functools import cached_property
from pathlib import Path

from django import forms
from django.conf import settings
from django.forms.renderers import DjangoTemplates


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
