"""The administrators' pages of mailboxes, and of who is blocked or always taken."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages as notices
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.actions.mailboxes import (
    change_mailbox,
    forget_rule,
    make_mailbox,
    pause_mailbox,
    remove_mailbox,
    resume_mailbox,
    rule_sender,
)
from helpdesk.actions.mailboxes import renew_door as renew_door_of
from helpdesk.doors.pages import agent, put_errors
from helpdesk.mail import door
from helpdesk.mail.fetching import try_out
from helpdesk.mail.forms import MailboxForm, SenderRuleForm
from helpdesk.mail.outgoing.probing import probe
from helpdesk.models import Mailbox, MailGrant, SenderRule, StoredMessage
from helpdesk.permissions import authorise

View = Callable[..., HttpResponse]
read_or_write = require_http_methods(["GET", "HEAD", "POST"])
SHOWN = 500
State = StoredMessage.State


def keeper(view: View) -> View:
    """A page of whoever configures the helpdesk."""

    @agent
    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        authorise(request.actor, "configure")
        return view(request, *args, **kwargs)

    return guarded


@keeper
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    held = Count("messages", filter=Q(messages__state=State.QUARANTINED))
    rows = Mailbox.objects.select_related("queue", "grant").annotate(held=held)
    return render(request, "mail/mailboxes.html", {"mailboxes": rows[:SHOWN]})


@keeper
@read_or_write
def new(request: HttpRequest) -> HttpResponse:
    return _form(request, Mailbox())


@keeper
@read_or_write
def edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _form(request, get_object_or_404(Mailbox, uuid=uuid))


@keeper
@require_POST
def test(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Sign in and count what waits, taking nothing; and have it write to itself."""
    mailbox = get_object_or_404(Mailbox, uuid=uuid)
    number, error = try_out(mailbox) if mailbox.is_fetched else (0, "")
    if error:
        notices.error(request, error)
        return redirect("mailboxes")
    if mailbox.is_fetched:
        words = ngettext(
            "It works: %(count)s message waits.", "It works: %(count)s messages wait.", number
        )
        notices.success(request, words % {"count": number})
    probe(mailbox, by=request.actor)
    words = _("A test is on its way to %(address)s. Once it is back, plus addresses are used.")
    notices.info(request, words % {"address": mailbox.address})
    return redirect("mailboxes")


@keeper
@require_POST
def pause(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """`paused`: 1 or 0."""
    mailbox = get_object_or_404(Mailbox, uuid=uuid)
    is_paused = request.POST.get("paused") == "1"
    verb = pause_mailbox if is_paused else resume_mailbox
    verb(mailbox, by=request.actor)
    words = _("%(name)s is paused.") if is_paused else _("%(name)s goes on.")
    notices.success(request, words % {"name": mailbox})
    return redirect("mailboxes")


@keeper
@require_POST
def remove(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Remove one that no message came into."""
    mailbox = get_object_or_404(Mailbox, uuid=uuid)
    try:
        remove_mailbox(mailbox, by=request.actor)
    except ValidationError as error:
        notices.error(request, " ".join(error.messages))
        return redirect("mailbox", mailbox.uuid)
    notices.success(request, _("%(name)s is removed.") % {"name": mailbox})
    return redirect("mailboxes")


@keeper
@require_POST
def renew_door(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A new address for the provider; that of before no longer opens."""
    mailbox = get_object_or_404(Mailbox, uuid=uuid, protocol=Mailbox.Protocol.HTTP)
    renew_door_of(mailbox, by=request.actor)
    notices.success(request, _("The address is new. Give it to the provider now."))
    return redirect("mailbox", mailbox.uuid)


@keeper
@read_or_write
def senders(request: HttpRequest) -> HttpResponse:
    """Who is blocked or always taken, and one more."""
    form = SenderRuleForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            rule = rule_sender(by=request.actor, **form.cleaned_data)
        except ValidationError as error:
            put_errors(form, error)
        else:
            notices.success(request, _("%(pattern)s is on the list.") % {"pattern": rule})
            return redirect("mail-senders")
    rules = SenderRule.objects.select_related("made_by")[:SHOWN]
    context = {"form": form, "rules": rules}
    return render(request, "mail/senders.html", context, status=422 if form.errors else 200)


@keeper
@require_POST
def forget_sender(request: HttpRequest, number: int) -> HttpResponse:
    rule = get_object_or_404(SenderRule, pk=number)
    forget_rule(rule, by=request.actor)
    notices.success(request, _("%(pattern)s is off the list.") % {"pattern": rule})
    return redirect("mail-senders")


def _form(request: HttpRequest, mailbox: Mailbox) -> HttpResponse:
    form = MailboxForm(request.POST if request.method == "POST" else None, instance=mailbox)
    if form.is_valid():
        try:
            return _saved(request, mailbox, form.cleaned_data)
        except ValidationError as error:
            put_errors(form, error)
    context = {"form": form, "mailbox": mailbox, "door": door.address_of(mailbox)}
    return render(request, "mail/mailbox.html", context, status=422 if form.errors else 200)


def _saved(request: HttpRequest, mailbox: Mailbox, fields: dict) -> HttpResponse:
    """Raises ValidationError."""
    had_door = bool(mailbox.door_secret)
    if mailbox.pk is None:
        saved = make_mailbox(by=request.actor, **fields)
    else:
        saved = change_mailbox(mailbox, by=request.actor, **fields)
    if saved.door_secret and not had_door:
        notices.info(request, _("Give its address to the provider: it is shown below."))
        return redirect("mailbox", saved.uuid)
    notices.success(request, _("%(name)s is saved.") % {"name": saved})
    if fields["by_grant"] and not MailGrant.objects.filter(mailbox=saved).exists():
        return redirect("mailbox-sign-in", saved.uuid)
    return redirect("mailboxes")
