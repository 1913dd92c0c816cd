"""Drafts at the browser's door: saved as one types, thrown away, brought back from the queue."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.actions.drafts import discard_draft, save_draft
from helpdesk.actions.filling import checked_sets
from helpdesk.actions.sending import unqueue_reply
from helpdesk.doors.pages import agent, wants_fragment
from helpdesk.lookup import number_of, uuid_of
from helpdesk.models import Draft, Ticket
from helpdesk.permissions import authorise
from helpdesk.text import fold
from helpdesk.web.composing import buttons, copied_in
from helpdesk.web.forms.conversation import NOTE, ComposerForm, sets_in
from helpdesk.web.forms.files import FilesForm
from helpdesk.web.forms.recipients import offered
from helpdesk.web.ticket_page import (
    done,
    go,
    ticket_or_404,
    ticket_to_show,
    transition_choices,
)

LEFT_OUT = ("csrfmiddlewaretoken", "draft", "revision", "writer", "body", "kept", "refresh")
BESIDE = {"with_composer": True, "is_beside": True}  # asked for by a button outside the composer


@require_POST
@agent
def save(request: HttpRequest, number: int) -> HttpResponse:
    """Keep what is being written on a ticket: JSON for the script, the page for everyone else."""
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "note", ticket)
    form = ComposerForm(ticket, request.actor, request.POST, request.FILES)
    form.is_valid()  # takes the files; a draft may be unfinished in every other way
    what = drafted(form)
    if not (form.data.get("body", "").strip() or form.kept) and _names_others(form):
        what["fields"]["keep"] = True
    return _saved(request, form, reverse("ticket", args=[ticket.pk]), ticket=ticket, **what)


def drafted(form: ComposerForm) -> dict:
    """What a draft keeps of the composer beside its words and files, once the form is judged."""
    chips, minutes = form.posted_chips, form.cleaned_data.get("minutes")
    fields = {"sets": _sets(form.data), **({"minutes": minutes} if minutes else {})}
    if form.forward_of:
        fields["forwards"] = form.forwards
    if typed := form.typed:
        fields["typed"] = typed
    recipients = None if chips is None else [one.stored() for one in chips]
    return {"kind": form.chosen_kind, "recipients": recipients, "fields": fields}


@require_POST
@agent
def save_new(request: HttpRequest) -> HttpResponse:
    """Keep the form of a new ticket."""
    authorise(request.actor, "open")
    form = FilesForm(request.actor, request.POST, request.FILES)
    form.is_valid()
    rest = QueryDict(mutable=True)
    for name, values in request.POST.lists():
        if name not in LEFT_OUT:
            rest.setlist(name, values)
    fields = {"form": rest.urlencode(), "keep": bool(request.POST.get("title", "").strip())}
    return _saved(
        request, form, reverse("ticket-new"), ticket=None, kind=Draft.Kind.TICKET, fields=fields
    )


@require_POST
@agent
def discard(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Throw a draft away, and return to where it stood."""
    draft = _draft_or_404(request, uuid)
    discard_draft(draft, by=request.actor)
    if draft.ticket_id is None:
        return redirect("ticket-new")
    said = _("The draft was discarded.")
    return done(request, draft.ticket_id, said, **BESIDE)


@require_POST
@agent
def undo(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Bring a reply that waits back to the composer: words, files, recipients, changes."""
    draft = unqueue_reply(uuid, by=request.actor)
    if draft is None:
        said = request.actor.person_id
        ticket = get_object_or_404(
            Ticket.objects.visible_to(request.actor),
            comments__uuid=uuid,
            comments__author=said,
        )
        messages.warning(request, _("Too late: the reply has left."))
        return done(request, ticket.pk, told=True, **BESIDE)
    ticket = ticket_or_404(request, draft.ticket_id)
    address = f"{reverse('ticket', args=[ticket.pk])}?draft={draft.uuid}"
    if not wants_fragment(request):
        return redirect(f"{address}#composer")
    here = (request.htmx.current_url_abs_path or "").partition("?")[0]
    if here != reverse("ticket", args=[ticket.pk]):
        return go(request, address)
    said = _("It is back in the composer.")
    if draft.kind == Draft.Kind.REPLY:
        said = _("The reply is back in the composer.")
    return done(request, ticket.pk, said, **BESIDE)


@require_POST
@agent
def file(request: HttpRequest) -> HttpResponse:
    """Keep one file as soon as it is chosen: its box, or why it is refused."""
    authorise(request.actor, "attach")
    form = FilesForm(request.actor, request.POST, request.FILES)
    form.is_valid()
    context = {"form": form, "errors": form.errors.get("files", [])}
    status = 200 if form.kept and not context["errors"] else 422
    return render(request, "tickets/composer-file.html", context, status=status)


@require_POST
@agent
def recipients(request: HttpRequest, number: int) -> HttpResponse:
    """Recipients as they are ticked and typed so far, and buttons that say how many they are."""
    ticket = ticket_to_show(request, number)
    authorise(request.actor, "note", ticket)
    form = ComposerForm(ticket, request.actor, request.POST, person=request.user)
    transitions = transition_choices(ticket, request.actor)
    context = {
        "ticket": ticket,
        "composer": form,
        "transitions": transitions,
        "send": buttons(form, request.user),
        "version": number_of(request.POST.get("version", "")),
        "oob": True,
    }
    response = render(request, "tickets/composer-recipients.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _saved(request: HttpRequest, form: FilesForm, back: str, **what) -> HttpResponse:
    post, wants_json = request.POST, "application/json" in request.headers.get("Accept", "")
    try:
        draft = save_draft(
            uuid_of(post.get("draft")) or uuid4(),
            by=request.actor,
            body=post.get("body", ""),
            writer=post.get("writer", "")[:40],
            revision=number_of(post.get("revision", "")) or 0,
            files=form.kept,
            **what,
        )
    except ValidationError as error:
        if wants_json:
            return JsonResponse({"errors": error.messages}, status=422)
        messages.error(request, " ".join(error.messages))
        return redirect(back)
    if not wants_json:
        for words in form.errors.get("files", []):
            messages.error(request, words)
        messages.success(request, _("The draft is saved."))
        return redirect(f"{back}?draft={draft.uuid}" if draft else back)
    if draft is None:
        return JsonResponse({"uuid": None})
    at = timezone.localtime(draft.updated_at)
    words = _("Saved %(time)s") % {"time": f"{at:%H:%M}"}
    return JsonResponse({"uuid": draft.uuid, "revision": draft.revision, "words": words})


def _sets(data) -> dict:
    """What is set with it, as far as it is understood."""
    try:
        return checked_sets(sets_in(data))
    except ValidationError:
        return {}


def _names_others(form: ComposerForm) -> bool:
    """Whether it is addressed otherwise than the ticket offers: that is worth keeping alone."""
    if form.chosen_kind == NOTE or form.posted_chips is None:
        return False
    if form.typed:
        return True
    usual = []
    if not form.forward_of:
        rows = Ticket.objects.filter(pk=form.ticket.pk).select_related("requester")
        usual = offered(rows.annotate(copied_in=copied_in()).get())
    here, there = ([(one.kind, fold(one.address)) for one in all] for all in (form.chips, usual))
    return sorted(here) != sorted(there)


def _draft_or_404(request: HttpRequest, uuid: UUID) -> Draft:
    return get_object_or_404(Draft, uuid=uuid, person=request.actor.person_id)
