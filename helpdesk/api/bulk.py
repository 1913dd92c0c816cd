"""One call for up to a thousand tickets: at once, or in the background with progress."""

from uuid import uuid4

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled

from helpdesk.actions.bulk import undo_change_set
from helpdesk.api import repeats
from helpdesk.api.base import ApiView, answer
from helpdesk.api.bulk_input import Bulk, BulkInput, bulk_of
from helpdesk.api.bulk_items import carry_out_all, is_refused
from helpdesk.api.jobs import job_shape
from helpdesk.api.schemas.bulk import bulk_post, change_set_undo
from helpdesk.api.tickets import TicketView
from helpdesk.imports.leases import ACTIVE
from helpdesk.models import Job, Ticket

AT_ONCE = 100  # items; more are carried out in the background
MAX_WAITING = 10  # jobs of a key
COME_AGAIN = 5  # seconds


class BulkTickets(TicketView):
    """A dry run is carried out at once, whatever its size: it leaves no job behind."""

    xml = None
    http_method_names = ("post",)

    @bulk_post
    def post(self, request) -> HttpResponse:
        tickets = Ticket.objects.visible_to(self.actor)
        bulk = bulk_of(self.checked(BulkInput), tickets, self.actor)
        if len(bulk) > AT_ONCE and not repeats.is_dry_run(request):
            return self._begun(bulk)
        change_set = uuid4()
        by = self.actor.in_set(change_set)
        results = carry_out_all(bulk, by=by, base=self.base())
        failed = sum(map(is_refused, results))
        return answer(
            {
                "operation": bulk.operation,
                "change_set": change_set,
                "total": len(results),
                "succeeded": len(results) - failed,
                "failed": failed,
                "results": results,
            }
        )

    def _begun(self, bulk: Bulk) -> HttpResponse:
        key = self.request.auth
        if Job.objects.filter(key=key, kind=Job.Kind.BULK, state__in=ACTIVE).count() >= MAX_WAITING:
            raise Throttled(wait=COME_AGAIN)
        job = Job(
            kind=Job.Kind.BULK,
            state=Job.State.WAITING,
            name=_("%(operation)s %(count)s tickets")
            % {"operation": bulk.operation, "count": len(bulk)},
            key=key,
            owner_id=self.actor.person_id,
            total=len(bulk),
            options={"bulk": bulk.as_json(), "base": self.base()},
        )
        job.save()
        shape = job_shape(job, self.url("/").rstrip("/"))
        return answer(shape, 202, {"Location": shape["url"]})


class UndoneChangeSet(ApiView):
    """What one bulk call changed, changed back where nobody has changed it since."""

    http_method_names = ("post",)

    @change_set_undo
    def post(self, request, change_set) -> HttpResponse:
        undone = undo_change_set(change_set, by=self.actor)
        if not undone.found:
            raise Http404
        return answer(
            {
                "change_set": undone.change_set,
                "undone": undone.undone,
                "left": undone.left,
                "skipped": [
                    {"ticket": one.ticket, "field": one.field, "reason": one.reason}
                    for one in undone.skipped
                ],
            }
        )
