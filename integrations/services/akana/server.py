"""Akana's tickets API, served by us at `/compat/akana/api/`.

A sign-in stands for a key: its e-mail may be any, its password is the key's secret, its tenant the
short name of the key's home queue. Cookies are signed and kept nowhere. Our own internal notes are
never shown. What the contract leaves open is in `docs/akana-endpoint.md`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.urls import path, re_path
from django.utils.translation import gettext as _
from rest_framework.request import Request

from integrations import gateway
from integrations.gateway import board, downloads, early_files, tokens
from integrations.remote import RemotePerson
from integrations.services.akana import (
    bodies,
    comments,
    cookies,
    listing,
    lists,
    media,
    served,
    values,
)

CALLS = 1000  # a minute
SETTINGS = "ticketsettings"
SAFE = ("GET", "HEAD")


class View(gateway.ServedView):
    dialect = gateway.Dialect(
        service="akana",
        secret=cookies.token_in,
        credential=tokens.credential,
        envelope=lambda refusal: " ".join(refusal.message.split()),
        misread=(values.WireError,),
        names=served.NAMES,
        calls=CALLS,
    )
    parser_classes = (gateway.FilesBody,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE:
            cookies.refuse_forged(request)

    def handle_exception(self, error: Exception) -> HttpResponse:
        """One line of text."""
        refused = super().handle_exception(error)
        answer = media.text(refused.data)
        answer.status_code = refused.status_code
        for name, value in refused.headers.items():
            if name != "Content-Type":
                answer[name] = value
        return answer

    def ticket(self, identity: str) -> Any:
        return gateway.ticket(self.caller, values.local_part(identity))

    @property
    def markdown(self) -> bool:
        """Whether a text is Markdown that does not say what it is."""
        found = board.shared(self.caller, SETTINGS, str(self.caller.queue.uuid))
        return bodies.is_on(found.get("MarkdownSupport"))


# Signing in --------------------------------------------------------------------------------------


def _password(request: Request) -> str:
    body = media.read_body(request)
    email, password = body.get("email"), body.get("password")
    if not isinstance(email, str) or not isinstance(password, str) or not email.strip():
        raise gateway.Refused(400, _("email, password: are required."))
    return password


class Login(View):
    dialect = gateway.Dialect(
        service="akana",
        secret=_password,
        envelope=View.dialect.envelope,
        misread=View.dialect.misread,
        calls=CALLS,
        writes=False,
    )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nobody is signed in yet, so that there is nothing to forge."""
        if request.method == "POST":
            gateway.ServedView.initial(self, request, *args, **kwargs)

    def post(self, request: Request) -> HttpResponse:
        said = {"UserName": self.caller.key.name, "UserID": served.user_id(self.caller)}
        answer = media.answer(request, "Login", said)
        cookies.set_on(answer, request, self.caller)
        return answer


class Renewal(Login):
    """A new cookie for one that is good still."""

    dialect = gateway.Dialect(
        service="akana",
        secret=cookies.token_in,
        credential=tokens.credential,
        envelope=View.dialect.envelope,
        misread=View.dialect.misread,
        calls=CALLS,
        writes=False,
    )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        View.initial(self, request, *args, **kwargs)


# Tickets -----------------------------------------------------------------------------------------


class Tickets(View):
    def get(self, request: Request) -> HttpResponse:
        media.object_type(request)
        query = listing.read_query(gateway.query(request))
        wanted = served.wanted_in(query, self.caller)
        found = gateway.page_of(self.caller, wanted) if wanted else gateway.Page([], 0, "")
        items = served.ticket_items(found.rows, self.caller, request, query)
        page = lists.write_page("Ticket", items, total=found.total, start=query.start)
        return media.answer(request, "Tickets", page)

    def post(self, request: Request) -> HttpResponse:
        media.refuse_unless_text(request)
        body = media.read_body(request, "Ticket")
        new = bodies.read_ticket(body, served.maps_of(self.caller), markdown=self.markdown)
        user = new.user if new.user.id else RemotePerson(id=served.user_id(self.caller))
        requester = served.person_named(new.user.id, self.caller)
        files = early_files.named(self.caller, new.files)
        ticket = gateway.create(
            self.caller,
            {
                **new.fields,
                "tags": served.tags_kept(new.fields["tags"], self.caller),
                "requester": requester,
                "rows": {"attachments": files},
            },
            user=user,
            kept=new.kept,
        )
        return media.text(values.with_tenant(str(ticket.uuid), served.tenant_of(self.caller)))


class Ticket(View):
    def get(self, request: Request, identity: str) -> HttpResponse:
        media.object_type(request)
        found = self.ticket(identity)
        query = listing.read_query(gateway.query(request))
        [item] = served.ticket_items([found], self.caller, request, query)
        return media.answer(request, "Ticket", item)


class Actions(View):
    def post(self, request: Request, identity: str) -> HttpResponse:
        media.refuse_unless_text(request)
        ticket = self.ticket(identity)
        body = media.read_body(request, "Action")
        state, words = comments.read_action(body)
        if comments.ACTIONS[state] not in served.actions_now(ticket, self.caller):
            words = _("ActionName: %(action)s is not allowed now.")
            raise gateway.Refused(400, words % {"action": comments.ACTIONS[state]})
        said = {"comment" if state == "REOPEN" else "resolution_comment": words} if words else {}
        fields = {"status": served.STATUS_OF_ACTION[state], **said}
        user = bodies.read_user(body)
        ticket = gateway.set_status(self.caller, ticket, fields, user=user)
        [item] = served.ticket_items([ticket], self.caller, request, listing.ListQuery())
        return media.text(item["State"])


class Comments(View):
    def post(self, request: Request, identity: str) -> HttpResponse:
        media.refuse_unless_text(request)
        ticket = self.ticket(identity)
        body = media.read_body(request, "Comment")
        new = bodies.read_comment(body, markdown=self.markdown)
        new = replace(new, author=served.author_named(new.author.id, self.caller))
        files = early_files.named(self.caller, bodies.read_files(body))
        comment = gateway.comment(self.caller, ticket, new, attachments=files)
        return media.text(values.with_tenant(str(comment.uuid), served.tenant_of(self.caller)))


class Marks(View):
    def post(self, request: Request, identity: str) -> HttpResponse:
        """A user marks a ticket; whoever is signed in, if the body names nobody."""
        media.refuse_unless_text(request)
        ticket = self.ticket(identity)
        user = bodies.read_id("UserID", media.read_text(request)) or served.user_id(self.caller)
        return media.text(str(board.mark(self.caller, ticket, user)))


class CommentDetails(View):
    def get(self, request: Request, identity: str) -> HttpResponse:
        media.object_type(request)
        ticket = self.ticket(identity)
        asked = gateway.query(request)
        part = listing.read_part(asked)
        found, total = board.comments_between(self.caller, ticket, **part)
        files = board.files_of_comments(found)
        items = served.comment_items(found, ticket, self.caller, request, files)
        page = lists.write_page("Comment", items, total=total, start=part["start"])
        if listing.read_flag(asked, "IncludeActions"):
            page |= comments.write_actions(served.actions_now(ticket, self.caller))
        return media.answer(request, "Comments", page)


class Workflow(View):
    def get(self, request: Request, identity: str) -> HttpResponse:
        """The actions that a ticket allows now."""
        media.object_type(request)
        names = served.actions_now(self.ticket(identity), self.caller)
        return media.answer(request, "Actions", comments.write_actions(names))


class Settings(View):
    def put(self, request: Request, identity: str) -> HttpResponse:
        """Of a queue, which is also called `tenantbusiness.<tenant>`. They are kept and answered.

        `MarkdownSupport` decides what a text is that does not say its type.
        """
        media.object_type(request)
        queue = self.caller.queue
        if values.local_part(identity).casefold() not in (str(queue.uuid), "tenantbusiness"):
            raise gateway.Refused(404, _("There is nothing at this address."))
        said = bodies.read_settings(media.read_body(request, "TicketSettings"))
        kept = board.share(self.caller, SETTINGS, str(queue.uuid), **said)
        return media.answer(request, "TicketSettings", kept)


# Files -------------------------------------------------------------------------------------------


class FirstFile(View):
    """The first file of a new ticket or comment; the answer says where others go."""

    of_comment = False

    def post(self, request: Request) -> HttpResponse:
        media.object_type(request)
        file = early_files.keep(self.caller, media.one_file(request))
        return self.answered(request, file)

    def answered(self, request: Request, file: Any) -> HttpResponse:
        said = served.early_artifact(file, self.caller, request, of_comment=self.of_comment)
        return media.answer(request, "BoardItemArtifact", said)


class FirstFileOfComment(FirstFile):
    of_comment = True


class MoreFiles(FirstFile):
    """Another file for what is not there yet, or one for what is."""

    def post(self, request: Request, identity: str) -> HttpResponse:
        media.object_type(request)
        place = values.local_part(identity)
        if early_files.is_open(self.caller, place):
            file = early_files.keep(self.caller, media.one_file(request), place)
            return self.answered(request, file)
        ticket, subject = self.subject(place)
        kept = gateway.keep_files([media.one_file(request)], [], by=self.caller.actor)
        nobody = RemotePerson()
        kept = gateway.attach(self.caller, ticket, kept, user=nobody)
        [said] = served.artifacts(kept[:1], subject, self.caller, request)
        return media.answer(request, "BoardItemArtifact", said)

    def subject(self, place: str) -> tuple[Any, str]:
        """The ticket that the file goes to, and the id under which it is found again."""
        ticket = self.ticket(place)
        return ticket, str(ticket.uuid)


class MoreFilesOfComment(MoreFiles):
    """A file that comes after its comment belongs to the ticket."""

    of_comment = True

    def subject(self, place: str) -> tuple[Any, str]:
        ticket = board.ticket_of_comment(self.caller, place)
        return ticket, str(ticket.uuid)


class File(View):
    def get(self, request: Request, identity: str, name: str) -> HttpResponse:
        """Always a download, whatever `download` says: nothing is shown in this address."""
        listing.read_flag(gateway.query(request), "download")
        place = values.local_part(identity)
        return downloads.content_of(early_files.find(self.caller, place, name))


class Unknown(gateway.Unknown, View):
    pass


ITEMS = "api/boards/items/"
urlpatterns = [
    path("api/login", Login.as_view()),
    path("api/login/renewToken", Renewal.as_view()),
    path("api/tickets", Tickets.as_view()),
    path("api/tickets/<str:identity>", Ticket.as_view()),
    path("api/tickets/<str:identity>/actions", Actions.as_view()),
    path("api/tickets/<str:identity>/comments", Comments.as_view()),
    path("api/tickets/<str:identity>/marks", Marks.as_view()),
    path(f"{ITEMS}artifacts", FirstFile.as_view()),
    path(f"{ITEMS}comments/artifacts", FirstFileOfComment.as_view()),
    path(f"{ITEMS}comments/<str:identity>/artifacts", MoreFilesOfComment.as_view()),
    path(f"{ITEMS}comments/<str:identity>/artifacts/<str:name>", File.as_view()),
    path(f"{ITEMS}<str:identity>/artifacts", MoreFiles.as_view()),
    path(f"{ITEMS}<str:identity>/artifacts/<str:name>", File.as_view()),
    path(f"{ITEMS}<str:identity>/commentdetails", CommentDetails.as_view()),
    path("api/workflow/objects/<str:identity>/actions", Workflow.as_view()),
    path("api/businesses/<str:identity>/ticketsettings", Settings.as_view()),
    re_path(r"^", Unknown.as_view()),
]
