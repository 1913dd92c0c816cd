"""The door at which mail providers hand messages over: stored first, and 200 only once it is.

Whoever calls knows the secret in the mailbox's own address; Mailgun signs its calls besides.
What anymail makes of a call is the message as the provider understood it; where the call brings
the message as it came, that is taken.
"""

import json
import logging
from base64 import b64decode
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.utils import get_request_basic_auth
from anymail.webhooks.mailgun import MailgunInboundWebhookView
from anymail.webhooks.mailjet import MailjetInboundWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView
from anymail.webhooks.sparkpost import SparkPostInboundWebhookView
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from helpdesk.encryption import LostKey, decrypt
from helpdesk.mail import headers, mime
from helpdesk.mail.store import TooLarge, store
from helpdesk.models import Mailbox

log = logging.getLogger(__name__)
NAME = "helpdesk"  # the user in the address
Provider = Mailbox.Provider
VIEWS = {
    Provider.MAILGUN: MailgunInboundWebhookView,
    Provider.MAILJET: MailjetInboundWebhookView,
    Provider.POSTMARK: PostmarkInboundWebhookView,
    Provider.SPARKPOST: SparkPostInboundWebhookView,
}
FORM = "multipart/form-data"


def address_of(mailbox: Mailbox) -> str:
    """Where the provider is to post, the secret in it; empty where none may. Raises LostKey."""
    if mailbox.protocol != Mailbox.Protocol.HTTP or not mailbox.door_secret:
        return ""
    base = urlsplit(settings.PUBLIC_URL)
    secret = f"{NAME}:{decrypt(mailbox.door_secret)}@"
    path = reverse("mail-door", args=[mailbox.uuid])
    return urlunsplit((base.scheme, f"{secret}{base.netloc}", path, "", ""))


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def take(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A message of a provider. 401, 404 and 413 are final; 503: it is to be sent again."""
    if request.method == "HEAD":  # how some providers try an address
        return HttpResponse()
    try:
        mailbox = _mailbox(uuid)
        if not _is_known(request, mailbox):
            return HttpResponse("unknown secret", status=401, content_type="text/plain")
        request._body = _read(request, mailbox)
        for raw, recipient in _messages(request, mailbox):
            store(raw, mailbox, envelope_to=recipient)
    except (AnymailWebhookValidationFailure, UnicodeError):
        return HttpResponse("wrong signature", status=401, content_type="text/plain")
    except (TooLarge, RequestDataTooBig) as error:
        return HttpResponse(str(error), status=413, content_type="text/plain")
    except (DatabaseError, LostKey, OSError) as error:
        log.warning("A message could not be stored: %s", error)
        return HttpResponse("try again later", status=503, headers={"Retry-After": "60"})
    return HttpResponse("stored", content_type="text/plain")


def _mailbox(uuid: UUID) -> Mailbox:
    found = Mailbox.objects.filter(uuid=uuid, protocol=Mailbox.Protocol.HTTP)
    mailbox = found.select_related("queue").first()
    if mailbox is None or not mailbox.door_secret:
        raise Http404
    return mailbox


def _is_known(request: HttpRequest, mailbox: Mailbox) -> bool:
    said = get_request_basic_auth(request) or ""
    return constant_time_compare(said, f"{NAME}:{decrypt(mailbox.door_secret)}")


def _read(request: HttpRequest, mailbox: Mailbox) -> bytes:
    """The body, up to what the mailbox takes and its wrapping; the usual limit is for pages."""
    limit = mailbox.max_size * 3 // 2 + 1024 * 1024
    body = request.read(limit + 1)
    if len(body) > limit:
        raise TooLarge(len(body), mailbox)
    return body


def _messages(request: HttpRequest, mailbox: Mailbox) -> Iterator[tuple[bytes, str]]:
    """The messages of a call, each with the recipient on its envelope."""
    if mailbox.provider == Provider.RAW:
        yield request.body, request.headers.get("X-Envelope-To", "")
        return
    more = {"basic_auth": [f"{NAME}:{decrypt(mailbox.door_secret)}"]}
    if mailbox.provider == Provider.MAILGUN:
        more["webhook_signing_key"] = mailbox.password
    view = VIEWS[mailbox.provider](**more)
    if request.content_type == FORM:
        _read_form(request)
    view.run_validators(request)  # that of Mailgun checks the signature
    try:
        if raw := _as_it_came(request, mailbox.provider):
            yield raw
            return
        for event in view.parse_events(request):
            yield event.message.as_bytes(policy=SMTP), event.message.envelope_recipient or ""
    except DatabaseError:
        raise
    except Exception as error:
        log.warning("A call of %s cannot be read: %s", mailbox.provider, error)
        yield _kept(request, mailbox), ""


def _as_it_came(request: HttpRequest, provider: str) -> tuple[bytes, str] | None:
    """The message as the provider got it, where the call brings it."""
    if provider == Provider.MAILGUN:
        raw = request.POST.get("body-mime", "")
        return (_bytes(raw), request.POST.get("recipient", "")) if raw else None
    said = json.loads(request.body)
    if provider == Provider.POSTMARK and said.get("RawEmail"):
        return _bytes(said["RawEmail"]), str(said.get("OriginalRecipient", ""))
    if provider == Provider.SPARKPOST and len(said) == 1:
        relayed = said[0]["msys"]["relay_message"]
        raw = relayed["content"]["email_rfc822"]
        is_packed = relayed["content"].get("email_rfc822_is_base64")
        return b64decode(raw) if is_packed else _bytes(raw), str(relayed.get("rcpt_to", ""))
    return None


def _bytes(words: str) -> bytes:
    return words.encode("utf-8", "surrogateescape")


def _read_form(request: HttpRequest) -> None:
    """A form of any size, cut by our own parser: Django's refuses fields beyond a page's limit."""
    kind = f"Content-Type: {request.META['CONTENT_TYPE']}\r\n\r\n".encode("latin-1")
    fields, files = QueryDict(mutable=True), MultiValueDict()
    for part in mime.cut(kind + request.body).leaves:
        name = mime.parameter(part.headers, "name", "Content-Disposition")
        if file_name := headers.file_name(part.headers):
            files.appendlist(name, SimpleUploadedFile(file_name, part.decoded, part.type))
        elif name:
            fields.appendlist(name, part.decoded.decode("utf-8", "surrogateescape"))
    request._post, request._files = fields, files


def _kept(request: HttpRequest, mailbox: Mailbox) -> bytes:
    """What could not be read, as a message that ends in quarantine: nothing is lost."""
    mail = EmailMessage()
    mail["Subject"] = f"{mailbox.get_provider_display()}: a call that cannot be read"
    mail.set_content("The call is kept as a file.")
    mail.add_attachment(
        request.body[: mailbox.max_size // 2], "application", "octet-stream", filename="call.bin"
    )
    return mail.as_bytes(policy=SMTP)
