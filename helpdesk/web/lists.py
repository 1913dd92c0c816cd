"""The ticket list."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from helpdesk.doors.pages import agent, respond


def home(request: HttpRequest) -> HttpResponse:
    return redirect("tickets")


@require_safe
@agent
def tickets(request: HttpRequest) -> HttpResponse:
    return respond(request, "tickets/list.html", "list")
