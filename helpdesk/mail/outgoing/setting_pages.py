"""The administrators' pages of how mailboxes speak, and in which words."""

from uuid import UUID

from django import forms
from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from helpdesk.actions.mailboxes import SPEAKING, speak
from helpdesk.mail.mailbox_pages import keeper, read_or_write
from helpdesk.mail.outgoing import templates
from helpdesk.mail.outgoing.templates import EXPLAINED, KINDS, VARIABLES, Value, plain
from helpdesk.mail.outgoing.writing import sending_of
from helpdesk.models import Mailbox, MailSending, MailTemplate


class SendingForm(forms.ModelForm):
    class Meta:
        model = MailSending
        fields = SPEAKING
        widgets = {"signature": forms.Textarea({"rows": 3})}


class TemplateForm(forms.Form):
    """A subject and a text; only the variables of their kind, and those that it needs."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=300)
    body = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=20_000,
        widget=forms.Textarea({"rows": 12}),
        help_text=gettext_lazy("Markdown. Variables stand in double braces."),
    )

    def __init__(self, kind: str, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean(self) -> dict:
        said = super().clean()
        if not self.errors:
            templates.refuse_wrong(self.kind, said["subject"], said["body"])
        return said


@keeper
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """The templates, and how each mailbox speaks."""
    own = set(MailTemplate.objects.values_list("kind", flat=True))
    kinds = [(kind, words, EXPLAINED[kind], kind in own) for kind, words in KINDS.items()]
    mailboxes = Mailbox.objects.select_related("sending", "queue")[:500]
    context = {"kinds": kinds, "mailboxes": mailboxes}
    return render(request, "mail/sending.html", context)


@keeper
@read_or_write
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """Write one; `preview` shows it filled with an example and saves nothing."""
    if kind not in KINDS:
        raise Http404
    subject, body = templates.chosen(kind)
    data = request.POST if request.method == "POST" else None
    form = TemplateForm(kind, data, initial={"subject": subject, "body": body})
    preview = None
    if form.is_valid():
        said = form.cleaned_data
        if "preview" not in request.POST:
            templates.write(kind, by=request.actor, **said)
            notices.success(request, _("The words are saved."))
            return redirect("mail-sending")
        preview = templates.fill_in(kind, said["subject"], said["body"], _examples(kind))
    context = {
        "form": form,
        "kind": kind,
        "name": KINDS[kind],
        "explained": EXPLAINED[kind],
        "variables": [(f"{{{{{name}}}}}", words) for name, words in VARIABLES[kind].items()],
        "is_own": MailTemplate.objects.filter(kind=kind).exists(),
        "preview": preview,
    }
    return render(request, "mail/template.html", context, status=422 if form.errors else 200)


@keeper
@require_POST
def back_to_ours(request: HttpRequest, kind: str) -> HttpResponse:
    """Use the words that came with the helpdesk again."""
    if kind not in KINDS:
        raise Http404
    templates.back_to_ours(kind, by=request.actor)
    notices.success(request, _("The original words are used again."))
    return redirect("mail-template", kind=kind)


@keeper
@read_or_write
def speaking(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """How a mailbox speaks."""
    mailbox = get_object_or_404(Mailbox, uuid=uuid)
    form = SendingForm(
        request.POST if request.method == "POST" else None, instance=sending_of(mailbox)
    )
    if form.is_valid():
        speak(mailbox, by=request.actor, **form.cleaned_data)
        notices.success(request, _("%(name)s is saved.") % {"name": mailbox})
        return redirect("mail-sending")
    context = {"form": form, "mailbox": mailbox}
    return render(request, "mail/speaking.html", context, status=422 if form.errors else 200)


def _examples(kind: str) -> dict[str, Value]:
    """What stands for each variable in a preview: its meaning, and words for what is said."""
    said = _("The printer on the second floor works again.\nPlease try it.")
    values = {name: plain(str(words)) for name, words in VARIABLES[kind].items()}
    values |= {
        "ticket.number": plain("812"),
        "ticket.subject": plain(_("Printer on fire")),
        "requester.name": plain("Ann Miller"),
        "requester.first_name": plain("Ann"),
        "message.text": plain(said),
        "message.signature": plain("-- \nMaren"),
    }
    return {name: value for name, value in values.items() if name in VARIABLES[kind]}
