"""The administrators' pages of how a mailbox signs in by OAuth 2, and the way to a provider and
back."""

from uuid import UUID

from django import forms
from django.contrib import messages as notices
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from helpdesk.actions.mail_grants import FIELDS, remove_grant, set_grant
from helpdesk.doors.pages import put_errors
from helpdesk.encryption import LostKey
from helpdesk.mail.fetching import authorising
from helpdesk.mail.fetching.authorising import Asked
from helpdesk.mail.fetching.grants import Unrenewed
from helpdesk.mail.mailbox_pages import keeper, read_or_write
from helpdesk.models import Mailbox, MailGrant

REMEMBERED = "mail-sign-in"


def _field(column: models.Field, **options) -> forms.Field | None:
    """Addresses that name no scheme mean HTTPS."""
    if isinstance(column, models.URLField):
        options["assume_scheme"] = "https"
    return column.formfield(**options)


class GrantForm(forms.ModelForm):
    """The registration at a provider. Its secret is written, never shown."""

    client_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        max_length=1000,
        strip=True,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("Empty: the present one stays. Another provider needs it anew."),
    )

    class Meta:
        model = MailGrant
        fields = FIELDS
        formfield_callback = _field


@keeper
@read_or_write
def sign_in(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """How a mailbox signs in, and what it takes to agree."""
    mailbox = get_object_or_404(Mailbox, uuid=uuid)
    grant = MailGrant.objects.filter(mailbox=mailbox).first()
    data = request.POST if request.method == "POST" else None
    form = GrantForm(data, instance=grant or MailGrant(mailbox=mailbox))
    if form.is_valid():
        try:
            set_grant(mailbox, by=request.actor, **form.cleaned_data)
        except ValidationError as error:
            put_errors(form, error)
        else:
            notices.success(request, _("%(name)s is saved.") % {"name": mailbox})
            return redirect("mailbox-sign-in", mailbox.uuid)
    context = {
        "mailbox": mailbox,
        "grant": MailGrant.objects.filter(mailbox=mailbox).first(),
        "form": form,
        "redirect_address": authorising.redirect_address(),
    }
    return render(request, "mail/sign-in.html", context, status=422 if form.errors else 200)


@keeper
@require_safe
def authorise(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """To the provider. A link, since a form may not lead elsewhere."""
    mailbox = get_object_or_404(Mailbox, uuid=uuid)
    grant = get_object_or_404(MailGrant.objects.select_related("mailbox"), mailbox=mailbox)
    try:
        address, asked = authorising.begin(grant)
    except Unrenewed as error:
        notices.error(request, str(error))
        return redirect("mailbox-sign-in", mailbox.uuid)
    request.session[REMEMBERED] = asked.as_dict()
    return HttpResponseRedirect(address)


@keeper
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """From the provider, with a code or a refusal: only for the browser that went there."""
    remembered = request.session.pop(REMEMBERED, None)
    asked = Asked(**remembered) if remembered else None
    if asked is None or not authorising.is_own(asked, request.GET.get("state", "")):
        notices.error(request, _("Nothing was asked for by this browser. Begin anew."))
        return redirect("mailboxes")
    try:
        grant = authorising.finish(asked, request.META["QUERY_STRING"])
    except (Unrenewed, LostKey) as error:
        notices.error(request, str(error))
        grant = MailGrant.objects.select_related("mailbox").filter(pk=asked.grant).first()
    else:
        if grant.refresh_words:
            words = _("%(name)s signs in by OAuth 2 from now on.")
            notices.success(request, words % {"name": grant.mailbox})
        else:
            words = _("The provider gave no refresh token: this sign-in ends soon.")
            notices.warning(request, words)
    if grant is None:
        return redirect("mailboxes")
    return redirect("mailbox-sign-in", grant.mailbox.uuid)


@keeper
@require_POST
def remove(request: HttpRequest, uuid: UUID) -> HttpResponse:
    mailbox = get_object_or_404(Mailbox, uuid=uuid)
    remove_grant(mailbox, by=request.actor)
    notices.success(request, _("%(name)s signs in by password.") % {"name": mailbox})
    return redirect("mailbox", mailbox.uuid)
