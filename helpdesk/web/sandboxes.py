"""The sandbox of an API key: in and out of it, emptied, and the faults that its calls meet."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from helpdesk.actions import keys
from helpdesk.actions.sandboxes import reset_sandbox
from helpdesk.models import ApiKey, FaultLab, Ticket
from helpdesk.web.forms.keys import FaultsForm
from helpdesk.web.keys import found_or_404, keeper, read_or_write


@keeper
@require_POST
def switch(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Into the sandbox with `sandbox=1`, out of it with anything else."""
    key = found_or_404(uuid)
    try:
        if request.POST.get("sandbox") == "1":
            keys.enter_sandbox(key, by=request.actor)
            messages.success(request, _("The key reaches its sandbox and nothing else."))
        else:
            keys.leave_sandbox(key, by=request.actor)
            messages.success(request, _("The key reaches what was chosen for it."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("key", uuid)


@keeper
@read_or_write
def reset(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Remove every ticket of a sandbox, after a question."""
    key = _with_sandbox(uuid)
    if request.method == "POST":
        emptied = reset_sandbox(key, by=request.actor)
        words = ngettext(
            "%(count)s ticket is removed.", "%(count)s tickets are removed.", emptied.removed
        )
        messages.success(request, words % {"count": emptied.removed})
        if emptied.left:
            words = _("%(count)s are left. Press Reset again.")
            messages.info(request, words % {"count": emptied.left})
        return redirect("key", uuid)
    count = Ticket.objects.filter(queue=key.sandbox_id).count()
    return render(request, "keys/reset.html", {"key": key, "count": count})


@keeper
@read_or_write
def fault_lab(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The mix of faults that the calls of a sandbox key meet, and what was dealt out so far."""
    key = _with_sandbox(uuid)
    lab = FaultLab.objects.filter(key=key).first() or FaultLab(key=key)
    form = FaultsForm(request.POST if request.method == "POST" else None, instance=lab)
    if form.is_valid():
        form.save()
        words = _("Faults are dealt out.") if lab.is_on else _("No faults are dealt out.")
        messages.success(request, words)
        return redirect("key-faults", uuid)
    context = {"key": key, "form": form, "lab": lab}
    return render(request, "keys/faults.html", context, status=422 if form.errors else 200)


def _with_sandbox(uuid: UUID) -> ApiKey:
    key = found_or_404(uuid)
    key = key.primary or key
    if key.sandbox_id is None:
        raise Http404
    return key
