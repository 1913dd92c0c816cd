"""A new ticket that was begun before: its form as it was left."""

from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict

from helpdesk.actions.drafts import drafts_of
from helpdesk.lookup import uuid_of
from helpdesk.models import Draft
from helpdesk.web.forms.files import KeptFile
from helpdesk.web.forms.opening import NewTicketForm


def begun_ticket(request: HttpRequest) -> NewTicketForm:
    """The form of a new ticket; with `?draft=` that draft, without any choice the last one."""
    chosen = request.GET.get("draft", "")
    if request.GET and not chosen:
        return NewTicketForm(request.actor, initial=request.GET.dict())
    drafts = drafts_of(request.actor, None)
    draft = next((one for one in drafts if str(one.uuid) == chosen), None)
    draft = draft or (drafts[0] if drafts and not chosen else None)
    if draft is None:
        return NewTicketForm(request.actor)
    return _as_left(request, draft, [one for one in drafts if one is not draft])


def seen_draft(data: QueryDict) -> tuple[UUID | None, dict]:
    """Which draft a form stands for; its window, and the revision that this one saw last."""
    revision = data.get("revision", "")
    seen = int(revision) if revision.isdecimal() and len(revision) < 10 else None
    return uuid_of(data.get("draft")), {"writer": data.get("writer", "")[:40], "revision": seen}


def _as_left(request: HttpRequest, draft: Draft, others: list[Draft]) -> NewTicketForm:
    posted = QueryDict(draft.fields.get("form", ""), mutable=True)
    posted["body"] = draft.body
    chosen = {"queue": posted.get("queue"), "type": posted.get("type")}
    form = NewTicketForm(request.actor, initial=chosen)
    form.remember(posted, MultiValueDict())
    form.kept = [KeptFile(**one) for one in draft.files]
    form.begun, form.more_drafts = draft, others
    return form
