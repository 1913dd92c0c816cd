"""A step on its own page: what will happen in words, what it needs to know, one button."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

from helpdesk.doors.pages import put_errors


def step(
    admin: ModelAdmin,
    request: HttpRequest,
    row: Model,
    *,
    title: str,
    words: str,
    button: str,
    do: Callable[[forms.Form], str],
    form_class: type[forms.Form] = forms.Form,
    danger: bool = False,
) -> HttpResponse:
    """Ask on GET; on POST call `do`, which answers what happened, and return to the row.

    If `do` refuses with ValidationError, the page says why.
    """
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            said = do(form)
        except ValidationError as refused:
            put_errors(form, refused)
        else:
            messages.success(request, said)
            return redirect(change_url(admin, row))
    return page(
        admin,
        request,
        "admin/step.html",
        row,
        title=title,
        words=words,
        button=button,
        form=form,
        danger=danger,
    )


def page(
    admin: ModelAdmin, request: HttpRequest, template: str, row: Model, **context
) -> TemplateResponse:
    """A page of the admin site about one row."""
    return TemplateResponse(
        request,
        template,
        {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "original": row,
            "back": change_url(admin, row),
            **context,
        },
    )


def change_url(admin: ModelAdmin, row: Model) -> str:
    name = f"{admin.opts.app_label}_{admin.opts.model_name}_change"
    return reverse(f"{admin.admin_site.name}:{name}", args=(row.pk,))
