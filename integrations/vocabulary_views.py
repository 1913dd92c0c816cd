"""The vocabulary of a connection: which word, field, tag and person there is which of ours."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from integrations import asking, console, mirror
from integrations.access import administrator, client_or_404, connection_of, read_or_write
from integrations.connector import ConnectorError, Maps
from integrations.mirror.maps import take_up
from integrations.vocabulary_page import VocabularyPage
from integrations.vocabulary_store import change_maps, keep_description


@administrator
@read_or_write
def vocabulary(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = connection_of(uuid)
    client_or_404(found.service)
    page = VocabularyPage(found, request.POST if request.method == "POST" else {})
    context = {"connection": found, "service": console.service_title(found.service)}
    try:
        page.client_under  # noqa: B018 – the credentials may be lost
    except ConnectorError as error:
        return render(request, "integrations/vocabulary.html", {**context, "error": error.message})
    if request.method == "POST" and _is_saved(request, page):
        return redirect("connection-vocabulary", found.uuid)
    status = 422 if page.errors else 200
    return render(request, "integrations/vocabulary.html", {**context, "page": page}, status=status)


@administrator
@require_POST
def ask(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Ask the service what it has, and propose what is of the same name."""
    found = connection_of(uuid)
    client_or_404(found.service)
    try:
        with asking.calling_client(found, as_stored=True) as client:
            said = client.describe()
            keep_description(found, said)
            take_up(found, client, said)
    except ConnectorError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("%(name)s said what it has.") % {"name": client.title})
    is_from_people = request.POST.get("next") == "people"
    return redirect("connection-people" if is_from_people else "connection-vocabulary", found.uuid)


def say_sent_again(request: HttpRequest, count: int | None) -> None:
    """What a change of the vocabulary sets going; None: nothing was changed."""
    if count is None:
        messages.info(request, _("Nothing was changed."))
    elif not count:
        messages.success(request, _("Saved."))
    else:
        words = ngettext(
            "Saved. %(count)s ticket of which something was left out is sent again.",
            "Saved. %(count)s tickets of which something was left out are sent again.",
            count,
        )
        messages.success(request, words % {"count": count})
        mirror.nudge()


def _is_saved(request: HttpRequest, page: VocabularyPage) -> bool:
    _read_all(page)
    count = change_maps(page.connection, lambda maps: _chosen(page, maps))
    if page.errors:
        return False
    say_sent_again(request, count)
    return True


def _chosen(page: VocabularyPage, maps: Maps) -> Maps:
    before = dict(maps)
    after = page.choose(maps)
    return before if page.errors else after


def _read_all(page: VocabularyPage) -> None:
    """Work out the facts before the transaction that stores the choice."""
    for fact in (page.tables, page.pairs, page.tags, page.allowed_ways):
        len(fact)
