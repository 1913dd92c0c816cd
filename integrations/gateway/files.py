"""Files of a served API: kept as they come, shown by an address that works without a key."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk import actions
from helpdesk.actor import Actor
from helpdesk.models import ApiKey, Attachment, Comment, Ticket
from helpdesk.permissions import actor_of_key
from integrations.gateway import people
from integrations.gateway.caller import Caller, caller_of, door_of
from integrations.gateway.reading import tickets
from integrations.remote import RemoteAttachment, RemotePerson

SALT = "helpdesk.file"
VALID_FOR = 24 * 3600  # seconds that the address of a file works


def keep(
    uploads: Sequence[File], links: Sequence[RemoteAttachment], *, by: Actor
) -> list[Attachment]:
    """Store files and links that a verb claims afterwards. Outside any transaction."""
    kept = [actions.keep_file(upload, by=by) for upload in uploads]
    return kept + [actions.keep_link(link.url, by=by, name=link.name) for link in links]


def name_once(kept: Sequence[Attachment], ticket: Ticket, caller: Caller) -> list[Attachment]:
    """Give files the identity that their origin says; answer those that came before.

    A repeated call thus meets the unique constraint on the identity.
    """
    if not caller.origin.part:
        return []
    before = []
    for number, attachment in enumerate(kept):
        name = f"{caller.origin.source}/{caller.origin.part}/{number}"
        identity = uuid.uuid5(ticket.uuid, name)
        try:
            with transaction.atomic():
                Attachment.objects.filter(pk=attachment.pk).update(uuid=identity)
            attachment.uuid = identity
        except IntegrityError:
            first = Attachment.objects.filter(uuid=identity, ticket=ticket).first()
            if first is None:
                words = _("This reference is taken. Try again.")
                raise ValidationError({"attachments": words}) from None
            before.append(first)
    return before


def shown(caller: Caller, ticket: Ticket) -> QuerySet[Attachment]:
    """The files of a ticket that its service shows: none of an internal note from elsewhere."""
    rows = Attachment.objects.filter(
        ticket=ticket, deleted_at=None, state=Attachment.State.STORED
    ).filter(Q(comment=None, public=True) | Q(comment__in=comments_shown(caller, ticket)))
    return rows.select_related("uploaded_by", "uploaded_with", "comment").order_by("-pk")


def of_comment(caller: Caller, comment: Comment) -> list[Attachment]:
    return list(shown(caller, comment.ticket).filter(comment=comment))


def comments_shown(caller: Caller, ticket: Ticket) -> QuerySet:
    """Public comments, and private ones that came through the same service.

    Our own internal notes are not among them: a mirror could show them as public.
    """
    rows = ticket.comments.shown_to(caller.actor)
    return rows.filter(Q(public=True) | Q(origin=caller.actor.origin))


def read(
    attachment: Attachment, caller: Caller, request: HttpRequest
) -> tuple[RemoteAttachment, RemotePerson]:
    """A file as the service lists it, and who added it."""
    is_link = bool(attachment.url)
    author = people.as_remote(attachment.uploaded_by)
    if attachment.comment_id and attachment.comment:
        author = RemotePerson(name=attachment.comment.author_words)
    elif attachment.uploaded_by_id is None and attachment.uploaded_with_id:
        author = RemotePerson(name=attachment.uploaded_with.name)
    remote = RemoteAttachment(
        id=str(attachment.uuid),
        name=attachment.name,
        url=attachment.url if is_link else address(attachment, caller, request),
        is_link=is_link,
        created_at=attachment.created_at,
    )
    return remote, author


def address(attachment: Attachment, caller: Caller, request: HttpRequest) -> str:
    """An address that gives the file for a day, as long as the key sees it."""
    said = [caller.service, caller.key.pk, str(attachment.uuid)]
    signature = signing.dumps(said, salt=SALT)
    return request.build_absolute_uri(f"{reverse('compat-file')}?signature={signature}")


def _caller(service: str, key: ApiKey) -> Caller | None:
    actor = actor_of_key(key, list(key.queues.values_list("pk", flat=True)), door_of(service))
    return caller_of(service, key, actor)


@require_safe
def download(request: HttpRequest) -> FileResponse:
    """A file by such an address; always as a download."""
    try:
        said = signing.loads(request.GET.get("signature", ""), salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature as error:
        raise Http404 from error
    service, key_id, identity = said
    key = ApiKey.objects.filter(pk=key_id).first()
    caller = _caller(service, key) if key is not None and key.is_usable else None
    found = Attachment.objects.filter(uuid=identity).first()
    if caller is None or found is None or not found.file:
        raise Http404
    ticket = tickets(caller).filter(pk=found.ticket_id).first()
    if ticket is None or not shown(caller, ticket).filter(pk=found.pk).exists():
        raise Http404
    try:
        content = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        content,
        as_attachment=True,
        filename=found.name,
        content_type="application/octet-stream",
    )
