"""What the composer looks up as one types: canned replies, people, tickets; and its preview."""

import json
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.actions.canned import replies_of
from helpdesk.actions.drafts import save_draft
from helpdesk.actions.forwarding import said_above
from helpdesk.actions.macros import macros_of
from helpdesk.canned_text import filled, unresolved, values_for
from helpdesk.doors.pages import agent, wants_fragment
from helpdesk.lookup import number_of, uuid_of
from helpdesk.models import CannedReply, Format, Macro, Ticket, User
from helpdesk.permissions import authorise
from helpdesk.text import excerpt, fold, to_text
from helpdesk.text import render as render_text
from helpdesk.web.drafts import drafted
from helpdesk.web.forms.conversation import FORWARD, REPLY, ComposerForm
from helpdesk.web.ticket_page import fragments, show, ticket_or_404, ticket_to_show

SHOWN = 8
LISTED = 100  # in the menu
PREVIEWED = 300  # characters
LONGEST = 200_000


@dataclass(frozen=True)
class Option:
    """One line of the list that opens while one types; `insert` replaces what was typed."""

    key: str
    words: str
    insert: str
    detail: str = ""
    preview: str = ""
    gaps: tuple[str, ...] = ()


@require_safe
@agent
def options(request: HttpRequest, number: int) -> HttpResponse:
    """What fits behind `/`, `@` or `#`: parameters `sign` and `q`."""
    ticket = ticket_or_404(request, number)
    words = request.GET.get("q", "")[:80]
    find = {"/": canned_options, "@": people_options, "#": ticket_options}
    if request.GET.get("sign") not in find:
        raise Http404
    found = find[request.GET["sign"]](request, ticket, words)
    context = {"options": found, "sign": request.GET["sign"], "q": words}
    return render(request, "tickets/composer-options.html", context)


def canned_options(request: HttpRequest, ticket: Ticket, words: str) -> list[Option]:
    """Canned replies whose name has the words, with this ticket's values in them."""
    rows = list(replies_of(request.actor).filter(retired_at=None))
    wanted = fold(words.strip())
    named = [one for one in rows if wanted in fold(one.name)]
    named.sort(key=lambda one: (not fold(one.name).startswith(wanted), fold(one.name)))
    values, kind = values_for(ticket, request.user), request.GET.get("kind", REPLY)
    return [_canned(one, values, kind) for one in named[:SHOWN]]


def _canned(reply: CannedReply, values: dict[str, str], kind: str) -> Option:
    body = filled(words_for(kind, reply.body, reply.format), values)
    return Option(
        key=str(reply.uuid),
        words=reply.name,
        insert=body,
        detail=str(reply.team or "") if reply.team_id else "",
        preview=excerpt(body, PREVIEWED),
        gaps=tuple(unresolved(body)),
    )


def as_markdown(reply: CannedReply) -> str:
    """The words of a canned reply as a reply takes them."""
    return words_for(REPLY, reply.body, reply.format)


def words_for(kind: str, body: str, format: str) -> str:
    """Words as the composer takes them: Markdown, but for a forward, which is plain text."""
    is_as_written = format != Format.HTML and kind != FORWARD
    return body if is_as_written else to_text(body, format)


def people_options(request: HttpRequest, ticket: Ticket, words: str) -> list[Option]:
    wanted = fold(words.strip())
    staff = User.objects.staff().exclude(pk=request.user.pk)
    if wanted:
        staff = staff.filter(
            Q(name_folded__startswith=wanted)
            | Q(name_folded__contains=f" {wanted}")
            | Q(email__startswith=wanted)
        )
    return [
        Option(str(one.uuid), str(one), f"@{one} ", one.email_written)
        for one in staff.order_by("name_folded", "pk")[:SHOWN]
    ]


def ticket_options(request: HttpRequest, ticket: Ticket, words: str) -> list[Option]:
    rows = Ticket.objects.visible_to(request.actor).exclude(pk=ticket.pk)
    number = number_of(words)
    if number is not None:
        rows = rows.filter(pk=number)
    elif words.strip():
        rows = rows.filter(title_folded__startswith=fold(words.strip())[:160])
    found = rows.order_by("-last_activity_at", "-pk").values_list("pk", "title")[:SHOWN]
    return [Option(str(pk), f"#{pk}", f"#{pk} ", title) for pk, title in found]


@require_POST
@agent
def preview(request: HttpRequest, number: int) -> HttpResponse:
    """What is being written as it will look, with values in place of variables."""
    ticket = ticket_or_404(request, number)
    return render(request, "tickets/composer-preview.html", _preview(ticket, request))


def _preview(ticket: Ticket, request: HttpRequest) -> dict:
    body = filled(request.POST.get("body", "")[:LONGEST], values_for(ticket, request.user))
    return {"html": render_text(body, Format.MARKDOWN), "gaps": unresolved(body)}


@require_http_methods(["GET", "HEAD", "POST"])
@agent
def fill(request: HttpRequest, number: int) -> HttpResponse:
    """Put a canned reply or a macro into the form as it stands; nothing is sent or changed.

    Without either: what there is to choose from, or with `preview` how the words will look.
    """
    ticket = ticket_or_404(request, number)
    authorise(request.actor, "note", ticket)
    if request.method != "POST":
        context = {"ticket": ticket, **_fillers(request)}
        return render(request, "tickets/composer-fillers.html", context)
    posted = ComposerForm(ticket, request.actor, request.POST, request.FILES, person=request.user)
    posted.is_valid()  # takes the files
    data = request.POST.copy()
    data.setlist("kept", [name for name, _file in posted.kept_files])
    if request.POST.get("macro"):
        macro = get_object_or_404(macros_of(request.actor), uuid=uuid_of(request.POST["macro"]))
        _fill_by_macro(request, ticket, posted, macro, data)
    elif request.POST.get("canned"):
        reply = get_object_or_404(replies_of(request.actor), uuid=uuid_of(request.POST["canned"]))
        _put_words(data, posted, reply.body, reply.format)
        if names := [tag.name for tag in reply.tags.all()]:
            _set(data, posted.sets | {"add_tags": [*posted.sets.get("add_tags", ()), *names]})
    chosen = request.POST.get("macro") or request.POST.get("canned")
    data.setlist("used", [*data.getlist("used"), *([chosen] if chosen else [])])
    ticket = ticket_to_show(request, number)
    form = ComposerForm(ticket, request.actor, data, person=request.user)
    form.is_valid()
    form.forgive()
    own: dict = {"composer": form}
    if "list" in request.POST:
        own["fillers"] = _fillers(request)
    if "preview" in request.POST:
        own["preview"] = _preview(ticket, request)
    if not wants_fragment(request):
        return show(request, number, **own)
    return fragments(request, ticket, with_composer=True, **own)


def _fillers(request: HttpRequest) -> dict:
    """`macros` and `replies` to choose from, by name."""
    return {
        "macros": macros_of(request.actor).filter(retired_at=None)[:LISTED],
        "replies": replies_of(request.actor).filter(retired_at=None)[:LISTED],
    }


def _fill_by_macro(
    request: HttpRequest, ticket: Ticket, posted: ComposerForm, macro: Macro, data: QueryDict
) -> None:
    """Words that are there stay of their kind: what was a note never becomes a reply.

    A forward takes the words of a reply. Those of a note do not leave the house: they open a note.
    """
    kind, sets = posted.chosen_kind, posted.sets
    says = kind if kind == FORWARD and macro.says == REPLY else macro.says
    if macro.body.strip() and says != kind and (says in posted.kinds or kind == FORWARD):
        if data.get("body", "").strip():
            _put_aside(request, ticket, posted, data)
        if kind == FORWARD:
            sets = {}
            for name in [one for one in data if one not in ("kind", "version", "writer")]:
                del data[name]
        data["draft"], data["revision"] = str(uuid4()), "0"
        data["kind"], data["body"] = says, ""
    if macro.body.strip() and says == data.get("kind", kind):
        _put_words(data, posted, macro.body, Format.MARKDOWN)
    _set(data, sets | macro.sets)


def _put_aside(request: HttpRequest, ticket: Ticket, posted: ComposerForm, data: QueryDict) -> None:
    """Keep what is written as a draft. Of a reply and a note files and changes stay in the form."""
    what, is_forward = drafted(posted), posted.chosen_kind == FORWARD
    if not is_forward:
        del what["fields"]["sets"]
    save_draft(
        UUID(posted.draft_uuid),
        by=request.actor,
        ticket=ticket,
        body=data["body"],
        writer=data.get("writer", ""),
        revision=number_of(data.get("revision", "")) or 0,
        files=posted.kept if is_forward else (),
        **what,
    )


def _put_words(data: QueryDict, posted: ComposerForm, words: str, format: str) -> None:
    """Below what is said, and above what is quoted in a forward."""
    kind, body = data.get("kind", posted.chosen_kind), data.get("body", "")
    more = filled(words_for(kind, words, format), posted.values)
    data["body"] = said_above(body, more) if kind == FORWARD else _joined(body, more)


def _set(data: QueryDict, sets: dict) -> None:
    """What is set with the message, as boxes that can be unticked."""
    data.setlist("set", [f"{name}:{json.dumps(value)}" for name, value in sets.items()])


def _joined(body: str, more: str) -> str:
    return f"{body.rstrip()}\n\n{more}" if body.strip() else more
